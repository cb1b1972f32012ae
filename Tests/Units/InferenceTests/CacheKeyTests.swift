import Evaluation
import Support
import Testing

@testable import Inference

/// What names a request, what a request costs, and answers that come back from text.
@Suite struct CacheKeyTests {
  private func generation(
    _ prompt: [Int32] = [2, 5], stops: [String] = ["a"], tokens: Int = 4, ends: Set<Int32> = [1]
  ) -> TokenRequest {
    .generate(
      GenerationRequest(
        prompt: prompt, promptTokenCount: prompt.count, truncatedTokens: 0, stops: stops, maximumTokens: tokens,
        endTokens: ends, sampling: .greedy))
  }

  private func score(_ context: [Int32], _ continuation: [Int32]) -> TokenRequest {
    .score(
      ScoreRequest(
        context: context, continuation: continuation, tokenCount: context.count + continuation.count,
        truncatedTokens: 0))
  }

  @Test("Every setting of a request is in its key")
  func keys() {
    let requests = [
      generation(), generation([2, 6]), generation(stops: ["b"]), generation(stops: []), generation(stops: ["a", ""]),
      generation(tokens: 5), generation(ends: [1, 9]), score([2, 5], [6]), score([2], [5, 6]), score([2, 5], [7]),
    ]
    #expect(Set(requests.map(\.cacheKey)).count == requests.count)
    #expect(generation().cacheKey == generation().cacheKey)
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
