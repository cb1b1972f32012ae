import Evaluation
import Support
import Testing

@testable import Inference

/// Responses of many requests together are those of each request alone.
@Suite struct RequestRunnerTests {
  /// Scores and generations over contexts that share much, some of them twice.
  private static func requests(_ model: Model) throws -> [TokenRequest] {
    var requests: [TokenRequest] = []
    for context in Fixtures.contexts + [Fixtures.contexts[1]] {
      for request in try model.scoreRequests(context: context, continuations: ScoringTests.continuations) {
        requests.append(.score(request))
      }
      requests.append(
        .generate(try model.generationRequest(prompt: context, stops: ["zq"], maximumTokens: context.count % 9 + 3)))
    }
    return requests
  }

  /// What a response says, timings aside.
  private static func essence(_ response: TokenResponse) -> String {
    switch response {
    case .score(let score): "\(score)"
    case .generate(let generation): "\(generation.tokens) \(generation.text) \(generation.finishReason)"
    case .measure(let timed): "\(timed.map(\.tokens))"
    }
  }

  private static func run(_ requests: [TokenRequest], _ runner: RequestRunner) throws -> [String?] {
    var found = [String?](repeating: nil, count: requests.count)
    try runner.run(requests) { index, response, _ in
      if found[index] != nil { Issue.record("request \(index) was answered twice") }
      found[index] = essence(response)
    }
    return found
  }

  @Test("Every limit, number of threads and order gives the bits of each request alone") func invariance() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    let alone = try requests.map { request -> String? in
      let session = try InferenceSession(model: model)
      switch request {
      case .score(let request): return Self.essence(.score(try session.score(request)))
      case .generate(let request): return Self.essence(.generate(try session.generate(request)))
      case .measure: return nil  // none of these is one
      }
    }
    var generator = SeededGenerator(state: 99)
    for (rows, logitRows, sequences, threads) in [
      (256, 64, nil, 2), (1, 1, 1, 1), (7, 2, 3, 2), (64, 5, 64, 1), (256, 64, 1, 2), (19, 64, 2, 2),
    ] as [(Int, Int, Int?, Int)] {
      let order = requests.indices.shuffled(using: &generator)
      var limits = RequestRunner.Limits()
      (limits.rows, limits.logitRows, limits.sequences) = (rows, logitRows, sequences)
      let other = threads == 2 ? model : try Fixtures.model(threads: threads)
      let found = try Self.run(order.map { requests[$0] }, RequestRunner(model: other, limits: limits))
      for (place, index) in order.enumerated() {
        #expect(found[place] == alone[index], "rows \(rows), request \(index)")
      }
    }
  }

  @Test("What requests share is computed once, and memory is given back") func savings() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    let runner = RequestRunner(model: model)
    _ = try Self.run(requests, runner)
    let scores = requests.filter { if case .score = $0 { true } else { false } }
    let expected = PrefixTrie(scores.map(\.input)).tokenCount
    let again = RequestRunner(model: model)
    _ = try Self.run(scores, again)
    #expect(again.tokensComputed == expected)
    #expect(again.tokensAsked == scores.reduce(0) { $0 + $1.input.count })
    #expect(again.tokensSaved == again.tokensAsked - expected)
    #expect(runner.tokensSaved > 0)
    let pages = model.language.keyValuePages.byteCount
    for _ in 0..<3 { _ = try Self.run(requests, RequestRunner(model: model)) }
    #expect(model.language.keyValuePages.byteCount == pages)
  }

  @Test("A run that is told to stop ends after a pass, with what it has") func stops() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    var limits = RequestRunner.Limits()
    limits.rows = 16
    var passes = 0
    var answered = 0
    try RequestRunner(model: model, limits: limits).run(requests) {
      passes += 1
      return passes < 3
    } onResponse: { _, _, _ in
      answered += 1
    }
    #expect(passes == 3)
    #expect(answered < requests.count)
    try RequestRunner(model: model).run([]) { _, _, _ in Issue.record("nothing was asked") }
  }

  @Test("A request's seconds are its share of the passes: they add up, and a long answer takes more than a short one")
  func seconds() throws {
    let model = try Fixtures.model()
    let requests = try [(4, "The fox"), (48, "The fox"), (4, "One day"), (48, "One day")].map { count, prompt in
      TokenRequest.measure(try model.measurementRequest(prompt: prompt, tokens: count, repetitions: 1, warmup: 0))
    }
    var generations: [TokenRequest] = []
    for case .measure(let request) in requests { generations.append(.generate(request.generation)) }
    var found = [Double](repeating: 0, count: generations.count)
    var tokens = [Int](repeating: 0, count: generations.count)
    let start = Clock.seconds()
    try RequestRunner(model: model).run(generations) { index, response, seconds in
      found[index] = seconds
      guard case .generate(let made) = response else { return }
      tokens[index] = made.tokens.count
      #expect(abs(made.prefillSeconds + made.decodeSeconds - seconds) < 1e-9)
    }
    let elapsed = Clock.seconds() - start
    #expect(found.allSatisfy { $0 > 0 } && found.reduce(0, +) <= elapsed, "\(found) of \(elapsed)")
    // Those that ran together took the same time of each pass that both were in.
    if tokens[1] > tokens[0] { #expect(found[1] > found[0]) }
    if tokens[3] > tokens[2] { #expect(found[3] > found[2]) }
  }

  @Test("What requests share is divided among them") func sharedSeconds() throws {
    let model = try Fixtures.model()
    let requests = try model.scoreRequests(context: Fixtures.contexts[6], continuations: [" A", " B", " C", " D"])
    var found: [Double] = []
    try RequestRunner(model: model).run(requests.map { .score($0) }) { _, _, seconds in found.append(seconds) }
    let least = try #require(found.min())
    let greatest = try #require(found.max())
    #expect(found.count == 4 && greatest - least < 1e-9, "the same text of one token less: \(found)")
  }

  @Test("An error of the caller ends the run and is passed on") func errors() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    #expect(throws: BenchmarkError.self) {
      try RequestRunner(model: model).run(requests) { _, _, _ throws(BenchmarkError) in
        throw BenchmarkError(.cancelled, "enough")
      }
    }
  }
}
