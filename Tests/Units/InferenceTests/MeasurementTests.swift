import Evaluation
import Support
import Testing

@testable import Inference

/// Measurements: exactly the tokens asked for, alone and from nothing, warm-up apart.
@Suite struct MeasurementTests {
  private static let prompt = GenerationTests.prompt

  @Test("The tokens are a generation's, one time for each, and warm-up is not among the repetitions")
  func tokens() throws {
    let model = try Fixtures.model()
    let made = try model.generate(prompt: Self.prompt, stops: [], maximumTokens: 12)
    let promptCount = try model.promptTokens(Self.prompt).count
    let timed = try #require(try model.time(Self.prompt, outputTokens: 12) { true })
    #expect(timed.tokens == made.tokens)
    let request = Request.timing(prompt: Self.prompt, outputTokens: 12, repetitions: 3, warmup: 2)
    let answer = try #require(try model.answers(to: [request])[0])
    guard case .measured(let measurements) = answer.response else {
      Issue.record("no measurement")
      return
    }
    #expect(measurements.count == 3 && answer.tokens == made.tokens)
    for took in measurements + [timed.measurement] {
      #expect(took.interTokenSeconds.count == 11 && took.interTokenSeconds.allSatisfy { $0 > 0 })
      #expect(took.prefillSeconds > 0 && took.timeToFirstTokenSeconds > took.prefillSeconds)
      #expect(took.ignoredEndTokens == 0 && took.promptTokens == promptCount)
    }
    // Nothing is shared: all five generations read the prompt whole.
    #expect(answer.usage.computedTokens == 5 * (promptCount + 11) && answer.usage.reusedTokens == 0)
    // The estimate of the same request counts tokens made apart.
    let estimate = try model.estimate([request])
    #expect(estimate.computedTokens == 5 * promptCount && estimate.generatedTokens == 5 * 12 && estimate.runsAlone)
  }

  @Test("A token that ends texts ends nothing here, and is counted")
  func endOfText() throws {
    let whole = try Fixtures.model().generate(prompt: Self.prompt, stops: [], maximumTokens: 8)
    let last = try #require(whole.tokens.firstIndex { $0 != whole.tokens[0] })
    let model = try Fixtures.model(endOfText: [1, whole.tokens[last]])
    let timed = try #require(try model.time(Self.prompt, outputTokens: 8) { true })
    #expect(timed.tokens == whole.tokens)
    #expect(timed.measurement.ignoredEndTokens == whole.tokens.count { $0 == whole.tokens[last] })
  }

  @Test("Other requests of the same run are answered as without it")
  func mixed() throws {
    let model = try Fixtures.model()
    let generation = Request.generation(prompt: Self.prompt, stop: [], maxTokens: 6)
    let found = try model.answers(to: [
      generation, .timing(prompt: Self.prompt, outputTokens: 4, repetitions: 1, warmup: 0), generation,
    ])
    let alone = try model.answers(to: [generation])[0]
    #expect(found[0]?.response == alone?.response && found[2]?.response == alone?.response)
    #expect(found[0]?.tokens == (try model.generate(prompt: Self.prompt, stops: [], maximumTokens: 6).tokens))
    guard case .measured(let measurements) = found[1]?.response else {
      Issue.record("no measurement")
      return
    }
    #expect(measurements.map(\.outputTokens) == [4])
  }

  @Test("Whoever says stop stops it: nothing is answered after that")
  func cancellation() throws {
    let model = try Fixtures.model()
    let request = Request.timing(prompt: "The fox", outputTokens: 4, repetitions: 1, warmup: 0)
    #expect(try model.answers(to: [request, request]) { _ in false }.compactMap { $0 }.count == 1)
    #expect(try model.time("The fox", outputTokens: 4) { false } == nil)
  }

  @Test("The peak of memory is the process's, and no less than what is resident")
  func memory() throws {
    let peak = try #require(ProcessMemory.peakResidentBytes)
    #expect(peak > 1 << 20)
    var block = [UInt8](repeating: 1, count: 64 << 20)
    block[block.count - 1] = 2
    #expect(try #require(ProcessMemory.peakResidentBytes) >= peak)
    #expect(block.last == 2)
  }
}
