import Evaluation
@preconcurrency import Glibc
import Support
import Testing

@testable import Inference

/// Scores that do not depend on what else is scored, and requests that cannot be scored.
@Suite struct ScoringTests {
  static let continuations = [" Then", " it slept, and woke", " A", "B"]

  @Test("Continuations in company have the bits of each alone, in any order")
  func prefixReuse() throws {
    let model = try Fixtures.model()
    var fresh: [String: [ContinuationScore]] = [:]
    for context in Fixtures.contexts {
      fresh[context] = try Self.continuations.flatMap { continuation in
        try model.score(context: context, continuations: [continuation])
      }
    }
    let session = model
    var generator = SeededGenerator(state: 1234)
    for round in 0..<4 {
      for context in Fixtures.contexts.shuffled(using: &generator) {
        let order = Self.continuations.indices.shuffled(using: &generator)
        let scores = try session.score(context: context, continuations: order.map { Self.continuations[$0] })
        for (score, index) in zip(scores, order) {
          #expect(score == fresh[context]?[index], "round \(round), \"\(context.prefix(20))\", continuation \(index)")
        }
      }
    }
  }

  @Test("A generation between two scores changes neither, and they do not change it")
  func mixedRequests() throws {
    let model = try Fixtures.model()
    let prompt = "The fox ran over the hill."
    let freshScores = try model.score(context: prompt, continuations: Self.continuations)
    let freshText = try model.generate(prompt: prompt, stops: [], maximumTokens: 12)
    let session = model
    for _ in 0..<2 {
      #expect(try session.score(context: prompt, continuations: Self.continuations) == freshScores)
      #expect(try session.generate(prompt: prompt, stops: [], maximumTokens: 12).tokens == freshText.tokens)
    }
  }

  @Test("The same question twice is computed once")
  func repeated() throws {
    let model = try Fixtures.model()
    let request = try model.requestTokenizer.scoreRequests(context: "Answer:", continuations: [" A"])[0]
    let scheduler = try model.scheduler()
    var scores: [ContinuationScore] = []
    try scheduler.run([.score(request), .score(request)]) { _, response, _ in
      if case .score(let score) = response { scores.append(score) }
    }
    #expect(scores.count == 2 && scores[0] == scores[1])
    #expect(scheduler.tokensComputed == request.input.count)
    #expect(scheduler.tokensHeld == 2 * request.input.count)
  }

  @Test("Four one-token choices after one context take one pass over it")
  func choices() throws {
    let model = try Fixtures.model()
    let requests = try model.requestTokenizer.scoreRequests(
      context: Fixtures.contexts[4], continuations: [" A", " B", " C", " D"])
    let scheduler = try model.scheduler()
    var passes = 0
    try scheduler.run(
      requests.map { .score($0) },
      onPass: { _ in
        passes += 1
        return true
      }
    ) { _, response, _ in
      guard case .score(let score) = response else { return }
      #expect(score.logProbabilities.count == 1)
    }
    #expect(passes == 1 && scheduler.tokensComputed == requests[0].input.count)
    #expect(scheduler.tokensHeld == 4 * scheduler.tokensComputed)
  }

  @Test("Probabilities of all tokens after a context sum to one")
  func distribution() throws {
    let session = try Fixtures.model()
    var sum = 0.0
    var greedyCount = 0
    for token in Int32(0)..<1280 {
      let score = try session.score(context: [2, 906, 275], continuation: [token])
      sum += exp(score.logLikelihood)
      greedyCount += score.isGreedy ? 1 : 0
    }
    #expect(abs(sum - 1) < 1e-5)
    #expect(greedyCount == 1)
  }

  @Test("A context too long keeps BOS and its end, and says how many tokens were dropped")
  func truncation() throws {
    let session = try Fixtures.model(contextLength: 16)
    let context = [2] + (0..<30).map { Int32(300 + $0) }
    let continuation: [Int32] = [400, 401, 402]
    let score = try session.score(context: context, continuation: continuation)
    // 31 and 3 tokens, the last of which is not put in: 33 for 16 places.
    #expect(score.truncatedTokens == 17)
    #expect(score.tokenCount == 34)
    let kept = [2] + context.suffix(13)
    let short = try Fixtures.model(contextLength: 16).score(context: kept, continuation: continuation)
    #expect(short.truncatedTokens == 0)
    #expect(score.logProbabilities == short.logProbabilities)
  }

  @Test("What just fits is not truncated; one token more is")
  func truncationBorder() throws {
    let session = try Fixtures.model(contextLength: 16)
    let context = [2] + (0..<14).map { Int32(300 + $0) }
    #expect(try session.score(context: context, continuation: [7, 8]).truncatedTokens == 0)
    #expect(try session.score(context: context + [9], continuation: [7, 8]).truncatedTokens == 1)
  }

  @Test("The longest continuation there is room for still follows BOS and one token of the context")
  func longestContinuation() throws {
    let continuation = (0..<7).map { Int32(300 + $0) }
    let score = try Fixtures.model(contextLength: 8).score(context: [2, 500, 501, 502], continuation: continuation)
    #expect(score.truncatedTokens == 2)
    let short = try Fixtures.model().score(context: [2, 502], continuation: continuation)
    #expect(score.logProbabilities == short.logProbabilities)
  }

  @Test("Empty, unknown and oversized requests are errors that name the value, and leave the session usable")
  func errors() throws {
    let session = try Fixtures.model(contextLength: 8)
    let before = try session.score(context: [2, 300], continuation: [301])
    let wrong: [(context: [Int32], continuation: [Int32], words: String)] = [
      ([], [5], "at least one token"), ([2], [], "at least one token"), ([2], [1280], "token 1280"),
      ([2], [-1], "token -1"), ([2, 99_999], [5], "token 99999"),
      ([2], (0..<8).map { Int32($0 + 300) }, "8 tokens does not fit the context length 8"),
    ]
    for (context, continuation, words) in wrong {
      let error = #expect(throws: BenchmarkError.self) {
        try session.score(context: context, continuation: continuation)
      }
      #expect(error?.kind == .invalidArgument)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
    #expect(try session.score(context: [2, 300], continuation: [301]) == before)
  }

  @Test("A continuation without a token of its own is an error that quotes it")
  func emptyContinuation() throws {
    let session = try Fixtures.model()
    for (context, continuation) in [("The fox", ""), ("So it was th", "e")] {
      let error = #expect(throws: BenchmarkError.self) {
        try session.score(context: context, continuations: [continuation])
      }
      #expect(error?.kind == .invalidArgument)
      #expect(error?.message.contains("\"\(continuation)\"") == true)
    }
  }
}

/// SplitMix64 (Steele et al. 2014): the same order of requests in every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
