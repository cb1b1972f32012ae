import Evaluation
import Support
import Testing

@testable import Inference

/// Responses of many requests together are those of each request alone.
@Suite struct SchedulerTests {
  /// Scores and generations over contexts that share much, some of them twice.
  private static func requests(_ model: LocalProvider) throws -> [TokenRequest] {
    var requests: [TokenRequest] = []
    for context in Fixtures.contexts + [Fixtures.contexts[1]] {
      for request in try model.requestTokenizer.scoreRequests(
        context: context, continuations: ScoringTests.continuations)
      {
        requests.append(.score(request))
      }
      requests.append(
        .generate(
          try model.requestTokenizer.generationRequest(
            prompt: context, stops: ["zq"], maximumTokens: context.count % 9 + 3)))
    }
    return requests
  }

  /// What a response says, timings aside.
  private static func essence(_ response: TokenResponse) -> String {
    switch response {
    case .score(let score): "\(score)"
    case .generate(let generation): "\(generation.tokens) \(generation.text) \(generation.finishReason)"
    }
  }

  private static func run(_ requests: [TokenRequest], _ scheduler: Scheduler) throws -> [String?] {
    var found = [String?](repeating: nil, count: requests.count)
    try scheduler.run(requests) { index, response, _ in
      if found[index] != nil { Issue.record("request \(index) was answered twice") }
      found[index] = essence(response)
    }
    return found
  }

  @Test("Every limit, number of threads and order gives the bits of each request alone") func invariance() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    let alone = try requests.map { try Self.essence(Reference(model).response(to: $0)) }
    var generator = SeededGenerator(state: 99)
    for (rows, logitRows, sequences, threads) in [
      (256, 64, nil, 2), (1, 1, 1, 1), (7, 2, 3, 2), (64, 5, 64, 1), (256, 64, 1, 2), (19, 64, 2, 2),
    ] as [(Int, Int, Int?, Int)] {
      let order = requests.indices.shuffled(using: &generator)
      var limits = BatchLimits()
      (limits.rows, limits.logitRows, limits.sequences) = (rows, logitRows, sequences)
      let other = threads == 2 ? model : try Fixtures.model(threads: threads)
      let found = try Self.run(order.map { requests[$0] }, try other.scheduler(limits))
      for (place, index) in order.enumerated() {
        #expect(found[place] == alone[index], "rows \(rows), request \(index)")
      }
    }
  }

  @Test("What requests share is computed once, and memory is given back") func savings() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    let scheduler = try model.scheduler()
    _ = try Self.run(requests, scheduler)
    let scores = requests.filter { if case .score = $0 { true } else { false } }
    let expected = PrefixTrie(scores.map(\.input)).tokenCount
    let again = try model.scheduler()
    _ = try Self.run(scores, again)
    #expect(again.tokensComputed == expected)
    #expect(again.tokensHeld == scores.reduce(0) { $0 + $1.input.count })
    #expect(again.tokensReused == again.tokensHeld - expected)
    #expect(scheduler.tokensReused > 0)
    let pages = try model.language.keyValuePages.byteCount
    for _ in 0..<3 { _ = try Self.run(requests, try model.scheduler()) }
    #expect(try model.language.keyValuePages.byteCount == pages)
  }

  @Test("A run that is told to stop ends after a pass, with what it has") func stops() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    var limits = BatchLimits()
    limits.rows = 16
    var passes = 0
    var answered = 0
    try model.scheduler(limits).run(
      requests,
      onPass: { _ in
        passes += 1
        return passes < 3
      }
    ) { _, _, _ in
      answered += 1
    }
    #expect(passes == 3)
    #expect(answered < requests.count)
    try model.scheduler().run([]) { _, _, _ in Issue.record("nothing was asked") }
  }

  @Test("A request's seconds are its share of the passes: they add up, and a long answer takes more than a short one")
  func seconds() throws {
    let model = try Fixtures.model()
    let generations = try [(4, "The fox"), (48, "The fox"), (4, "One day"), (48, "One day")].map { count, prompt in
      TokenRequest.generate(
        try model.requestTokenizer.generationRequest(prompt: prompt, stops: [], maximumTokens: count))
    }
    var found = [Double](repeating: 0, count: generations.count)
    var tokens = [Int](repeating: 0, count: generations.count)
    let start = Clock.seconds()
    try model.scheduler().run(generations) { index, response, seconds in
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
    let requests = try model.requestTokenizer.scoreRequests(
      context: Fixtures.contexts[6], continuations: [" A", " B", " C", " D"])
    var found: [Double] = []
    try model.scheduler().run(requests.map { .score($0) }) { _, _, seconds in found.append(seconds) }
    let least = try #require(found.min())
    let greatest = try #require(found.max())
    #expect(found.count == 4 && greatest - least < 1e-9, "the same text of one token less: \(found)")
  }

  @Test("An error of the caller ends the run and is passed on") func errors() throws {
    let model = try Fixtures.model()
    let requests = try Self.requests(model)
    #expect(throws: BenchmarkError.self) {
      try model.scheduler().run(requests) { _, _, _ throws(BenchmarkError) in
        throw BenchmarkError(.cancelled, "enough")
      }
    }
  }
}

/// What a request's response must be: each token's logits from the whole text before it, without caches that go on, prefixes that
/// are shared or rows of others.
struct Reference {
  let model: LocalProvider

  init(_ model: LocalProvider) { self.model = model }

  func response(to request: TokenRequest) throws -> TokenResponse {
    switch request {
    case .score(let request): .score(try score(request))
    case .generate(let request): .generate(try generate(request))
    }
  }

  func score(_ request: ScoreRequest) throws -> ContinuationScore {
    var values: [Float] = []
    var isGreedy = true
    for (index, token) in request.continuation.enumerated() {
      let logits = try model.logits(of: request.context + request.continuation[..<index])
      values.append(logits.logProbability(of: token, row: 0))
      if logits.greatest(0) != token { isGreedy = false }
    }
    return ContinuationScore(
      logProbabilities: values, isGreedy: isGreedy, tokenCount: request.tokenCount,
      truncatedTokens: request.truncatedTokens)
  }

  /// A greedy text; stops are looked for after each token.
  func generate(_ request: GenerationRequest) throws -> Generation {
    var tokens: [Int32] = []
    var text = StoppedText(stops: request.stops)
    var reason: FinishReason?
    while reason == nil {
      let token = try model.logits(of: request.prompt + tokens).greatest(0)
      tokens.append(token)
      if request.endTokens.contains(token) {
        reason = .endOfText
        break
      }
      _ = text.append(model.tokenizer.bytes(of: token, after: tokens.dropLast()))
      if text.isStopped { reason = .stop } else if tokens.count == request.maximumTokens { reason = .length }
    }
    return Generation(
      text: text.text, tokens: tokens, promptTokenCount: request.promptTokenCount,
      truncatedTokens: request.truncatedTokens, finishReason: reason ?? .cancelled, prefillSeconds: 0, decodeSeconds: 0)
  }
}
