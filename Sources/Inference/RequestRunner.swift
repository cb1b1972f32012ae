import Support
import Transformer

/// Runs many requests on a model: what they share from the first token on is computed once, what they do not is packed
/// into passes of many rows, and generations go on side by side.
///
/// A response is the same bits whatever the other requests are, in whatever order they stand, and whatever the limits.
package final class RequestRunner {
  /// How much goes on at a time; none of it changes a response.
  package struct Limits: Sendable, Equatable {
    /// Tokens of one pass.
    package var rows = 256
    /// Rows of logits of one pass; each takes four bytes for every entry of the vocabulary.
    package var logitRows = 64
    /// Generations side by side; nil for as many as `keyValueBytes` holds, up to 64.
    package var sequences: Int?
    /// Memory that the keys and values of generations may take together; at least one goes on at any time.
    package var keyValueBytes = Limits.mostKeyValueBytes
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
  }

  /// Tokens that the requests held and made.
  package private(set) var tokensAsked = 0
  /// Tokens that went through the model.
  package private(set) var tokensComputed = 0
  /// Of these, tokens that generations made.
  package private(set) var tokensGenerated = 0
  /// Tokens whose keys and values another request had left.
  package var tokensSaved: Int { tokensAsked - tokensComputed }

  /// Asked before each pass: once it says so, generations under way go on to their ends, and nothing else begins; while there
  /// is none, a run goes on.
  package var isEnding: () -> Bool = { false }
  /// Who measures; nil: the runner, one repetition right after the other.
  package var measuring: MeasurementHandler?
  /// Generations that go on side by side at the moment.
  package private(set) var generationCount = 0

  let model: Model
  private let limits: Limits

  package init(model: Model, limits: Limits = Limits()) {
    self.model = model
    self.limits = limits
  }

  /// Runs the requests, and calls `onResponse` with each one's index and response as soon as it is there, and with the seconds
  /// that it took of the model: its share of the passes that it was in, by the tokens computed for it; what requests share
  /// is divided among them. The seconds of all requests are those of all passes together.
  ///
  /// `onPass` is called after each pass; where it returns false the run ends early, and the rest stay unanswered.
  package func run(
    _ requests: [TokenRequest], onPass: () -> Bool = { true },
    onResponse: (_ index: Int, _ response: TokenResponse, _ seconds: Double) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    for (index, request) in requests.enumerated() {
      guard case .measure(let request) = request else { continue }
      guard let timed = try measure(request, onPass) else { return }
      try onResponse(index, .measure(timed), timed.reduce(0) { $0 + $1.measurement.seconds })
      if !onPass() { return }
    }
    let places = requests.indices.filter { !requests[$0].isMeasurement }
    if places.isEmpty { return }
    let plan = RequestPlan(places.map { requests[$0] }, sharesPrefixes: limits.sharesPrefixes)
    tokensAsked += plan.inputs.reduce(0) { $0 + $1.count }
    let run = RequestRun(model: model, plan: plan, limits: limits, sequences: sequenceLimit(requests))
    defer { generationCount = 0 }
    while !run.isFinished {
      if run.generationCount > 0, isEnding() { run.dropUnbegun() }
      for (index, response, seconds) in try run.step() { try onResponse(places[index], response, seconds) }
      tokensComputed += run.lastRowCount
      tokensAsked += run.lastGeneratedCount
      tokensGenerated += run.lastGeneratedCount
      generationCount = run.generationCount
      if !onPass() { return }
    }
  }

  /// Runs a measurement; nil if `onPass`, which is asked between tokens now and then, said to stop.
  private func measure(_ request: MeasurementRequest, _ onPass: () -> Bool) throws(BenchmarkError)
    -> [TimedGeneration]?
  {
    let interval = 0.1
    var asked = Clock.seconds()
    func goesOn() -> Bool {
      if Clock.seconds() - asked < interval { return true }
      asked = Clock.seconds()
      return onPass()
    }
    let made: [TimedGeneration]?
    if let measuring { made = try measuring(request, goesOn) } else { made = try repeated(request, goesOn) }
    guard let made else { return nil }
    let rows = made.reduce(0) { $0 + request.generation.prompt.count + $1.tokens.count - 1 }
    tokensAsked += rows
    tokensComputed += rows
    tokensGenerated += made.reduce(0) { $0 + $1.tokens.count - 1 }
    return Array(made.dropFirst(request.warmup))
  }

  /// One repetition of a measurement right after the other, the warm-up first.
  private func repeated(_ request: MeasurementRequest, _ onToken: () -> Bool) throws(BenchmarkError)
    -> [TimedGeneration]?
  {
    var timed: [TimedGeneration] = []
    for _ in 0..<request.warmup + request.repetitions {
      guard let made = try model.time(request, onToken: onToken) else { return nil }
      timed.append(made)
    }
    return timed
  }

  /// Generations that may go on side by side.
  private func sequenceLimit(_ requests: [TokenRequest]) -> Int {
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
