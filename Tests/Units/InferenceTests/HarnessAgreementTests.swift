import Evaluation
import Support
import Testing

@testable import Inference

/// End to end, text to number: what lm-evaluation-harness with transformers in float32 makes of the same checkpoint.
@Suite struct HarnessAgreementTests {
  static let groups = HarnessGoldens.shared?.groups ?? []
  static let texts = HarnessGoldens.shared?.texts ?? []

  @Test("The goldens are there, a greedy continuation among them")
  func complete() throws {
    #expect(Self.groups.count >= 15 && Self.texts.count >= 20)
    #expect(Self.groups.contains { $0.continuations.contains(where: \.isGreedy) })
    #expect(Self.groups.contains { $0.contextTokens.count > 64 }, "longer than two sliding windows")
    #expect(Self.groups.contains { $0.continuations.contains { $0.tokens.count >= 8 } })
  }

  @Test("Log-likelihoods and greedy flags are those of lm-evaluation-harness", arguments: groups)
  func scores(group: HarnessGoldens.Group) throws {
    let scores = try Fixtures.model().score(
      context: group.context, continuations: group.continuations.map(\.text))
    try #require(scores.count == group.continuations.count)
    for (score, golden) in zip(scores, group.continuations) {
      #expect(score.logProbabilities.count == golden.tokens.count, "\"\(golden.text)\"")
      #expect(score.tokenCount == group.contextTokens.count + golden.tokens.count, "\"\(golden.text)\"")
      #expect(abs(score.logLikelihood - golden.logLikelihood) <= 1e-4, "\"\(golden.text)\"")
      #expect(score.isGreedy == golden.isGreedy, "\"\(golden.text)\"")
      #expect(score.truncatedTokens == 0)
    }
  }

  @Test("The texts' tokens, scored as tokens, give the bits of the texts", arguments: groups)
  func tokens(group: HarnessGoldens.Group) throws {
    let texts = try Fixtures.model().score(
      context: group.context, continuations: group.continuations.map(\.text))
    for (score, golden) in zip(texts, group.continuations) {
      let fresh = try Fixtures.model().score(context: group.contextTokens, continuation: golden.tokens)
      #expect(fresh == score, "\"\(golden.text)\"")
    }
  }

  @Test("Greedy texts before the first stop are those of lm-evaluation-harness", arguments: texts)
  func generations(golden: HarnessGoldens.Text) throws {
    let maximum = try #require(HarnessGoldens.shared).maximumTokens
    let generation = try Fixtures.model().generate(
      prompt: golden.prompt, stops: golden.stops, maximumTokens: maximum)
    #expect(generation.text == golden.text)
    #expect(generation.tokens.count <= maximum)
    if golden.stops == ["never made"] { #expect(generation.finishReason != .stop) }
  }
}
