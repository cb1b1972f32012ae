import Support
import Tokenization

/// How much of a run goes on at a time; none of it changes a response.
package struct BatchLimits: Sendable, Equatable {
  /// Tokens of one pass.
  package var rows = 256
  /// Rows of logits of one pass; each takes four bytes for every entry of the vocabulary.
  package var logitRows = 64
  /// Generations side by side; nil for as many as `keyValueBytes` holds, up to 64.
  package var sequences: Int?
  /// Memory that the keys and values of generations may take together; at least one goes on at any time.
  package var keyValueBytes = BatchLimits.mostKeyValueBytes
  /// Whether what requests have in common from the first token on is computed once.
  package var sharesPrefixes = true

  static let mostKeyValueBytes = 2 << 30

  package init() {}

  /// The limits for so many sequences side by side, nil for as many as the budget holds: half of the memory that is
  /// available, at most 2 GiB.
  package init(sequences: Int?, memory: MachineMemory? = .current) {
    self.sequences = sequences
    if let memory { keyValueBytes = min(Self.mostKeyValueBytes, memory.availableBytes / 2) }
  }

  /// Generations that may go on side by side, if each takes so many bytes of keys and values.
  func sequences(bytesOfEach bytes: Int) -> Int {
    sequences.map { max(1, $0) } ?? min(64, max(1, bytes == 0 ? 64 : keyValueBytes / bytes))
  }
}

/// A pass of a model that is done.
package struct Pass: Sendable {
  /// Tokens that went through the model, and those of them that generations had made.
  package let rows: Int
  package let generatedRows: Int
  /// What the model took for it; sampling and decoding of tokens are not in it.
  package let seconds: Double
}

/// Runs requests on a model: what they share from the first token on is computed once, what they do not is packed into passes of
/// many rows, and generations go on side by side. Whatever puts tokens through a model goes through here: runs of tasks, single
/// texts, scores of tokens, timing and the speed benchmark.
///
/// A response is the same bits whatever the other requests are, in whatever order they stand, and whatever the limits. A
/// scheduler belongs to one thread at a time; open several on one model to work side by side.
package final class Scheduler {
  /// Tokens that the requests held and made.
  package private(set) var tokensHeld = 0
  /// Tokens that went through the model.
  package private(set) var tokensComputed = 0
  /// Of these, tokens that generations made.
  package private(set) var tokensGenerated = 0
  /// Tokens whose keys and values another request had left.
  package var tokensReused: Int { tokensHeld - tokensComputed }
  /// Generations that go on side by side at the moment.
  package private(set) var generationCount = 0

  private let model: any SequenceModel
  private let tokenizer: Tokenizer
  private let contextLength: Int
  private let limits: BatchLimits

  /// - Parameter contextLength: tokens that prompt and answer may take together.
  package init(
    model: any SequenceModel, tokenizer: Tokenizer, contextLength: Int, limits: BatchLimits = BatchLimits()
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.contextLength = contextLength
    self.limits = limits
  }

  /// Runs the requests, and calls `onResponse` with each one's index and response as soon as it is there, and with the seconds
  /// that it took of the model: its share of the passes that it was in, by the tokens computed for it; what requests share
  /// is divided among them. The seconds of all requests are those of all passes together.
  ///
  /// - Parameters:
  ///   - isEnding: asked before each pass; once it says so, generations under way go on to their ends, and nothing else begins;
  ///     while there is none, a run goes on.
  ///   - onToken: sees each token that a generation makes, the text it adds and the part that this belongs to; ends that
  ///     generation by returning false. Where thoughts are kept apart, a token that adds to several parts is seen once for each.
  ///   - onPass: called after each pass; where it returns false the run ends early, and the rest stay unanswered.
  package func run(
    _ requests: [TokenRequest], isEnding: () -> Bool = { false },
    onToken: ((_ index: Int, _ token: Int32, _ text: String, _ part: TextPart) -> Bool)? = nil,
    onPass: (Pass) throws(BenchmarkError) -> Bool = { (_) throws(BenchmarkError) in true },
    onResponse: (_ index: Int, _ response: TokenResponse, _ seconds: Double) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    if requests.isEmpty { return }
    let plan = BatchPlan(requests, sharesPrefixes: limits.sharesPrefixes)
    tokensHeld += plan.inputs.reduce(0) { $0 + $1.count }
    let batch = Batch(
      model: model, tokenizer: tokenizer, contextLength: contextLength, plan: plan, limits: limits,
      sequences: limits.sequences(bytesOfEach: model.keyValueBytes(positions: plan.longestGeneration)))
    defer { generationCount = 0 }
    while !batch.isFinished {
      if batch.generationCount > 0, isEnding() { batch.dropUnbegun() }
      for (index, response, seconds) in try batch.step(onToken) { try onResponse(index, response, seconds) }
      let pass = batch.lastPass
      tokensComputed += pass.rows
      tokensHeld += pass.generatedRows
      tokensGenerated += pass.generatedRows
      generationCount = batch.generationCount
      if try !onPass(pass) { return }
    }
  }
}
