import Evaluation
import Support
import Testing

@testable import Inference

/// What names a request, what a request costs, and answers that come back from text.
@Suite struct CacheKeyTests {
  private func generation(
    _ prompt: [Int32] = [2, 5], stops: [String] = ["a"], tokens: Int = 4, ends: Set<Int32> = [1],
    sampling: SamplingParameters = .greedy, thinking: ThinkingTokens? = nil
  ) -> TokenRequest {
    .generate(
      GenerationRequest(
        prompt: prompt, promptTokenCount: prompt.count, truncatedTokens: 0, stops: stops, maximumTokens: tokens,
        endTokens: ends, sampling: sampling, thinking: thinking))
  }

  private func score(_ context: [Int32], _ continuation: [Int32]) -> TokenRequest {
    .score(
      ScoreRequest(
        context: context, continuation: continuation, tokenCount: context.count + continuation.count,
        truncatedTokens: 0))
  }

  private func thinking(
    _ markers: ThoughtMarkers = .think, opened: Bool = false, budget: Int? = nil, closing: [Int32] = [7], most: Int = 9
  ) -> ThinkingTokens {
    ThinkingTokens(
      markers: markers, startsInThought: opened, budget: budget, closing: closing, closingAtOnce: closing,
      closingToken: nil, mostTokens: most)
  }

  @Test("Every setting of a request is in its key")
  func keys() throws {
    func sampling(_ minP: Double, _ penalty: Double) throws -> SamplingParameters {
      try SamplingParameters(temperature: 1, minP: minP, repetitionPenalty: penalty, seed: 1)
    }
    let requests = [
      generation(), generation([2, 6]), generation(stops: ["b"]), generation(stops: []), generation(stops: ["a", ""]),
      generation(tokens: 5), generation(ends: [1, 9]), generation(sampling: try sampling(0, 1)),
      generation(sampling: try sampling(0.1, 1)), generation(sampling: try sampling(0, 1.1)),
      generation(sampling: try SamplingParameters(temperature: 0, repetitionPenalty: 1.1, seed: 1)),
      generation(thinking: thinking()), generation(thinking: thinking(.gemma4)),
      generation(thinking: thinking(opened: true)), generation(thinking: thinking(budget: 0)),
      generation(thinking: thinking(budget: 1)), generation(thinking: thinking(closing: [8])),
      generation(thinking: thinking(most: 10)), score([2, 5], [6]), score([2], [5, 6]), score([2, 5], [7]),
    ]
    #expect(Set(requests.map(\.cacheKey)).count == requests.count)
    #expect(generation().cacheKey == generation().cacheKey)
    // As caches have them since before thoughts, min_p and penalties: SHA-256 of the lengths and fields.
    #expect(generation().cacheKey == "de9f8f95e02fe5564cd827dbee3f40e65a4d25ae8ed78f3478e78a57d51b3b86")
    #expect(
      generation(sampling: try sampling(0, 1)).cacheKey
        == "3910e6fdfb17610ff3c61b85eb16881b25ada754b709da70d8fce8f82fd9eaf5")
  }

  @Test("An answer comes back from its text to the bit")
  func answers() throws {
    let score = ContinuationScore(
      logProbabilities: [-0.1, -.infinity, .leastNonzeroMagnitude], isGreedy: true, tokenCount: 9, truncatedTokens: 1)
    guard
      case .score(let back) = try TokenResponse(stored: JSONReader.parse(TokenResponse.score(score).stored.text()))
    else {
      Issue.record("no score")
      return
    }
    #expect(back == score)
    let made = Generation(
      text: "a\nb", tokens: [3, 1], promptTokenCount: 7, truncatedTokens: 2, finishReason: .endOfText,
      prefillSeconds: 0.25, decodeSeconds: 0.5)
    guard
      case .generate(let again) = try TokenResponse(
        stored: JSONReader.parse(TokenResponse.generate(made).stored.text()))
    else {
      Issue.record("no text")
      return
    }
    #expect(again.text == made.text && again.tokens == made.tokens && again.finishReason == made.finishReason)
    #expect(again.promptTokenCount == 7 && again.truncatedTokens == 2 && again.decodeSeconds == 0.5)
    #expect(again.thought == nil && again.answerTokens == nil)
    var thinking = made
    (thinking.thought, thinking.answerTokens) = (Thought(text: "t\n", tokens: 3, end: .forced), 2)
    guard
      case .generate(let thought) = try TokenResponse(
        stored: JSONReader.parse(TokenResponse.generate(thinking).stored.text()))
    else {
      Issue.record("no text")
      return
    }
    #expect(thought.thought == thinking.thought && thought.answerTokens == 2 && thought.text == made.text)
    #expect(TokenResponse(stored: ["text": "x"]) == nil)
  }

  @Test("What requests share is the cost of the first of them")
  func costs() {
    let costs = RequestCosts([
      score([2, 5, 6], [7]), score([2, 5, 6], [8, 9]), score([2, 5, 6], [7]), score([2, 4], [7]),
    ])
    #expect(costs.held == [3, 4, 3, 2])
    #expect(costs.computed == [3, 1, 0, 1])
    #expect(RequestCosts([]).computed.isEmpty)
  }
}
