import Evaluation
import Support
import Testing

@testable import Inference

/// Measurements: exactly the tokens asked for, alone and from nothing, warm-up apart.
@Suite struct MeasurementTests {
  private static func measure(_ model: Model, _ requests: [TokenRequest], _ runner: RequestRunner? = nil) throws
    -> [TokenResponse?]
  {
    var found = [TokenResponse?](repeating: nil, count: requests.count)
    try (runner ?? RequestRunner(model: model)).run(requests) { index, response, _ in found[index] = response }
    return found
  }

  @Test("The tokens are a generation's, one time for each, and warm-up is not among the repetitions")
  func tokens() throws {
    let model = try Fixtures.model()
    let prompt = GenerationTests.prompt
    let request = try model.measurementRequest(prompt: prompt, tokens: 12, repetitions: 3, warmup: 2)
    let made = try InferenceSession(model: model).generate(prompt: prompt, stops: [], maximumTokens: 12)
    let runner = RequestRunner(model: model)
    guard case .measure(let timed) = try Self.measure(model, [.measure(request)], runner)[0] else {
      Issue.record("no measurement")
      return
    }
    #expect(timed.count == 3)
    for one in timed {
      #expect(one.tokens == made.tokens)
      let took = one.measurement
      #expect(took.interTokenSeconds.count == 11 && took.interTokenSeconds.allSatisfy { $0 > 0 })
      #expect(took.prefillSeconds > 0 && took.timeToFirstTokenSeconds > took.prefillSeconds)
      #expect(took.ignoredEndTokens == 0 && took.promptTokens == request.generation.prompt.count)
    }
    // Nothing is shared: all five generations read the prompt whole.
    #expect(runner.tokensComputed == 5 * (request.generation.prompt.count + 11))
    #expect(runner.tokensSaved == 0)
  }

  @Test("A token that ends texts ends nothing here, and is counted")
  func endOfText() throws {
    let whole = try Fixtures.session().generate(prompt: GenerationTests.prompt, stops: [], maximumTokens: 8)
    let last = try #require(whole.tokens.firstIndex { $0 != whole.tokens[0] })
    let model = try Fixtures.model(endOfText: [1, whole.tokens[last]])
    let request = try model.measurementRequest(
      prompt: GenerationTests.prompt, tokens: 8, repetitions: 1, warmup: 0)
    guard case .measure(let timed) = try Self.measure(model, [.measure(request)])[0] else {
      Issue.record("no measurement")
      return
    }
    #expect(timed[0].tokens == whole.tokens)
    #expect(timed[0].measurement.ignoredEndTokens == whole.tokens.count { $0 == whole.tokens[last] })
  }

  @Test("Other requests of the same run are answered as without it")
  func mixed() throws {
    let model = try Fixtures.model()
    let prompt = GenerationTests.prompt
    let generation = TokenRequest.generate(try model.generationRequest(prompt: prompt, stops: [], maximumTokens: 6))
    let measurement = TokenRequest.measure(
      try model.measurementRequest(prompt: prompt, tokens: 4, repetitions: 1, warmup: 0))
    let found = try Self.measure(model, [generation, measurement, generation])
    let alone = try InferenceSession(model: model).generate(prompt: prompt, stops: [], maximumTokens: 6)
    for index in [0, 2] {
      guard case .generate(let made) = found[index] else {
        Issue.record("request \(index) has no generation")
        continue
      }
      #expect(made.tokens == alone.tokens)
    }
    guard case .measure = found[1] else {
      Issue.record("no measurement")
      return
    }
  }

  @Test("Whoever says stop stops it: nothing is answered after that")
  func cancellation() throws {
    let model = try Fixtures.model()
    let request = TokenRequest.measure(
      try model.measurementRequest(prompt: "The fox", tokens: 4, repetitions: 1, warmup: 0))
    var answers = 0
    try RequestRunner(model: model).run([request, request]) {
      false
    } onResponse: { _, _, _ in
      answers += 1
    }
    #expect(answers == 1)
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
