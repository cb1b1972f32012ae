import GemmaModel
import Support

/// Runs many requests on a model: what they share from the first token on is computed once, what they do not is packed
/// into passes of many rows, and generations go on side by side.
///
/// A response is the same bits whatever the other requests are, in whatever order they stand, and whatever the limits.
public final class RequestRunner {
  /// How much goes on at a time; none of it changes a response.
  public struct Limits: Sendable, Equatable {
    /// Tokens of one pass.
    public var rows = 256
    /// Rows of logits of one pass; each takes four bytes for every entry of the vocabulary.
    public var logitRows = 64
    /// Generations side by side; nil for as many as `keyValueBytes` holds, up to 64.
    public var sequences: Int?
    /// Memory that the keys and values of generations may take together; at least one goes on at any time.
    public var keyValueBytes = 2 << 30

    public init() {}
  }

  /// Tokens that the requests held and made.
  public private(set) var tokensAsked = 0
  /// Tokens that went through the model.
  public private(set) var tokensComputed = 0
  /// Tokens whose keys and values another request had left.
  public var tokensSaved: Int { tokensAsked - tokensComputed }

  private let model: Model
  private let limits: Limits

  public init(model: Model, limits: Limits = Limits()) {
    self.model = model
    self.limits = limits
  }

  /// Runs the requests, and calls `onResponse` with each one's index and response as soon as it is there.
  ///
  /// `onPass` is called after each pass; where it returns false the run ends early, and the rest stay unanswered.
  public func run(
    _ requests: [EngineRequest], onPass: () -> Bool = { true },
    onResponse: (_ index: Int, _ response: EngineResponse) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    let plan = RequestPlan(requests)
    tokensAsked += plan.inputs.reduce(0) { $0 + $1.count }
    let run = RequestRun(model: model, plan: plan, limits: limits, sequences: sequenceLimit(requests))
    while !run.isFinished {
      for (index, response) in try run.step() { try onResponse(index, response) }
      tokensComputed += run.lastRowCount
      tokensAsked += run.lastGeneratedCount
      if !onPass() { return }
    }
  }

  /// Generations that may go on side by side.
  private func sequenceLimit(_ requests: [EngineRequest]) -> Int {
    var longest = 0
    for case .generate(let request) in requests {
      longest = max(longest, request.prompt.count + request.maximumTokens)
    }
    return Self.sequenceLimit(limits, bytesOfEach: model.language.configuration.keyValueBytes(positions: longest))
  }

  /// Generations that may go on side by side, if each takes so many bytes of keys and values.
  static func sequenceLimit(_ limits: Limits, bytesOfEach bytes: Int) -> Int {
    limits.sequences.map { max(1, $0) } ?? min(64, max(1, bytes == 0 ? 64 : limits.keyValueBytes / bytes))
  }
}
