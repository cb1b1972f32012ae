import Evaluation
import Support
import Testing

@testable import Inference

/// Requests of every kind, from their texts to their answers.
@Suite struct LocalProviderTests {
  private static func answers(_ requests: [Request], _ model: LocalProvider) throws -> [Answer] {
    try model.answers(to: requests).map { try #require($0) }
  }

  private static func values(_ answer: Answer) -> [LogLikelihood] {
    if case .logLikelihoods(let values) = answer.response { values } else { [] }
  }

  @Test("Log-likelihoods, and whether a continuation is the greedy one, are those of lm-evaluation-harness")
  func harness() throws {
    let groups = HarnessAgreementTests.groups
    let answers = try Self.answers(
      groups.map { .choice(context: $0.context, continuations: $0.continuations.map(\.text)) },
      try Fixtures.model())
    var greedyCount = 0
    for (group, answer) in zip(groups, answers) {
      let values = Self.values(answer)
      #expect(values.map(\.isGreedy) == group.continuations.map(\.isGreedy), "\(group.name)")
      #expect(values.map(\.tokenCount) == group.continuations.map(\.tokens.count), "\(group.name)")
      #expect(answer.tokens == group.continuations.flatMap(\.tokens), "\(group.name)")
      for (value, golden) in zip(values, group.continuations) {
        #expect(abs(value.value - golden.logLikelihood) <= 1e-4, "\(group.name): \"\(golden.text)\"")
        greedyCount += value.isGreedy == true ? 1 : 0
      }
      #expect(answer.usage.promptTokens == group.contextTokens.count)
      #expect(answer.usage.outputTokens == answer.logProbabilities?.count)
    }
    #expect(greedyCount >= 2)
  }

  @Test("A continuation is the greedy one exactly where each of its tokens has the highest logit")
  func greedy() throws {
    let model = try Fixtures.model()
    let prompt = GenerationTests.prompt
    let made = try model.generate(prompt: prompt, stops: [], maximumTokens: 6).tokens
    let context = try model.promptTokens(prompt)
    for length in 1...made.count {
      var tokens = Array(made[..<length])
      #expect(try model.score(context: context, continuation: tokens).isGreedy)
      // One other token, wherever it stands, and it is not.
      tokens[length / 2] = tokens[length / 2] == 300 ? 301 : 300
      #expect(try !model.score(context: context, continuation: tokens).isGreedy)
    }
  }

  @Test("Several contexts of one continuation are scored as each alone, and pairs as pairs")
  func contexts() throws {
    let model = try Fixtures.model()
    let contexts = Array(Fixtures.contexts.prefix(4))
    func alone(_ context: String, _ continuation: String) throws -> LogLikelihood {
      let answer = try Self.answers(
        [.choice(context: context, continuations: [continuation])], model)
      return try #require(Self.values(answer[0]).first)
    }
    let found = try Self.answers(
      [
        .logLikelihood(contexts: contexts, continuations: [" Then it slept"]),
        .logLikelihood(contexts: Array(contexts[..<2]), continuations: [" A", " B"]),
      ], model)
    #expect(try Self.values(found[0]) == contexts.map { try alone($0, " Then it slept") })
    #expect(try Self.values(found[1]) == [alone(contexts[0], " A"), alone(contexts[1], " B")])
    #expect(Set(Self.values(found[0]).map(\.value)).count == 4)
    #expect(found[0].usage.promptTokens == (try contexts.reduce(0) { $0 + (try model.promptTokens($1).count) }))
    #expect(throws: BenchmarkError.self) {
      try model.estimate([.logLikelihood(contexts: ["a", "b"], continuations: ["1", "2", "3"])])
    }
  }

  @Test(
    "Whole texts have the windows and the log-likelihoods of lm-evaluation-harness",
    arguments: [(8, nil), (8, 1), (8, 3), (8, 7), (64, nil), (64, 16), (512, nil)] as [(Int, Int?)])
  func rolling(contextLength: Int, stride: Int?) throws {
    let document = try JSONReader.parse(try FileSystem.read("\(Fixtures.folder)/engine/rolling.json"))
    let goldens = try #require(document.objectValue?["texts"]?.arrayValue).compactMap(\.objectValue)
      .filter { $0["context_length"]?.integerValue == contextLength && $0["stride"]?.integerValue == stride }
    #expect(goldens.count == 6)
    let texts = try goldens.map { try #require($0["text"]?.stringValue) }
    let model = try Fixtures.model(contextLength: contextLength)
    let answers = try Self.answers(texts.map { .rollingLogLikelihood(text: $0, stride: stride) }, model)
    var windowCount = 0
    for (index, golden) in goldens.enumerated() {
      let windows = try #require(golden["windows"]?.arrayValue)
      let requests = try model.requestTokenizer.rollingRequests(text: texts[index], stride: stride)
      #expect(requests.count == windows.count, "\(texts[index])")
      for (request, window) in zip(requests, windows) {
        let theirs = (window.arrayValue ?? []).map { ($0.arrayValue ?? []).compactMap(\.integerValue) }
        #expect([request.context, request.continuation].map { $0.map(Int.init) } == theirs, "\(texts[index])")
      }
      windowCount += windows.count
      let value = try #require(Self.values(answers[index]).first)
      let expected = try #require(golden["log_likelihood"]?.doubleValue)
      // The harness adds log-probabilities up in float32: two roundings of the sum beside the tolerance of a score.
      let tolerance = 1e-4 + 2 * Double(Float.ulpOfOne) * abs(expected)
      #expect(abs(value.value - expected) <= tolerance, "\(texts[index])")
      #expect(value.tokenCount == (try model.promptTokens(texts[index]).count))
      #expect(answers[index].logProbabilities?.count == value.tokenCount)
    }
    #expect(contextLength == 512 ? windowCount == 6 : windowCount > 6)
  }

  @Test("Repeats are texts of their own that share the reading of the prompt; the first is the one without repeats")
  func repeats() throws {
    let model = try Fixtures.model()
    let sampling = try SamplingParameters(temperature: 2, seed: 11)
    func request(_ repeats: Int, _ sampling: SamplingParameters) -> Request {
      .generation(
        prompt: Fixtures.contexts[6], stop: [], maxTokens: 6, sampling: sampling, repeats: repeats)
    }
    func texts(_ answer: Answer) -> [GeneratedText] {
      if case .generated(let texts) = answer.response { texts } else { [] }
    }
    let one = try Self.answers([request(1, sampling)], model)[0]
    var state = RunState()
    let many = try #require(
      try model.answers(to: [request(5, sampling)]) {
        state = $0
        return true
      }[0])
    let promptCount = try model.promptTokens(Fixtures.contexts[6]).count
    #expect(texts(many).count == 5 && texts(many).first == texts(one).first)
    #expect(Set(texts(many).map(\.text)).count >= 4)
    let made = texts(many).compactMap(\.outputTokens)
    #expect(many.tokens.count == made.reduce(0, +) && many.usage.outputTokens == many.tokens.count)
    #expect(many.usage.promptTokens == promptCount)
    // The prompt is computed once, and every token made but the last of each text.
    #expect(many.usage.computedTokens == promptCount + many.tokens.count - 5)
    #expect(many.usage.reusedTokens == 4 * promptCount)
    #expect(state.computedTokens == many.usage.computedTokens)
    // Each repeat is what its parameters give alone.
    for (index, text) in texts(many).enumerated() {
      let alone = try model.generate(
        prompt: Fixtures.contexts[6], stops: [], maximumTokens: 6, sampling: sampling.ofRepeat(index))
      #expect(alone.text == text.text && alone.tokens.count == text.outputTokens)
    }
    // A greedy text is made once, and stands for all.
    let greedy = try Self.answers([request(3, .greedy)], model)[0]
    #expect(texts(greedy).count == 3 && Set(texts(greedy).map(\.text)).count == 1)
    #expect(greedy.usage.outputTokens == texts(greedy)[0].outputTokens)
    #expect(throws: BenchmarkError.self) { try model.estimate([request(0, sampling)]) }
  }

  @Test("However many repeats one prompt has, no more go on side by side than the limit, and all give the same bits")
  func limitedRepeats() throws {
    let model = try Fixtures.model()
    let requests: [Request] = try ["The fox", "One day", "The fox"].enumerated().map { index, prompt in
      .generation(
        prompt: prompt, stop: [], maxTokens: 5,
        sampling: try SamplingParameters(temperature: 1.5, seed: UInt64(index + 1)), repeats: 4)
    }
    let expected = try Self.answers(requests, model).map(\.response)
    for sequences in [1, 2, 3] {
      var limits = BatchLimits()
      limits.sequences = sequences
      var most = 0
      let found = try model.answers(to: requests, limits) {
        most = max(most, $0.underWay)
        return true
      }
      #expect(found.map { $0?.response } == expected)
      #expect(most == sequences)
    }
  }

  @Test("A request to be timed is answered with measurements of exactly its tokens")
  func timing() throws {
    let model = try Fixtures.model()
    let answer = try Self.answers(
      [.timing(prompt: "The fox", outputTokens: 4, repetitions: 3, warmup: 1)], model)[0]
    guard case .measured(let measurements) = answer.response else {
      Issue.record("no measurements")
      return
    }
    #expect(measurements.map(\.outputTokens) == [4, 4, 4] && answer.tokens.count == 4)
    #expect(answer.usage.promptTokens == (try model.promptTokens("The fox").count))
    #expect(answer.seconds >= measurements.reduce(0) { $0 + $1.seconds } - 1e-6)
  }

  @Test("What is beyond the context length is fitted, and all else stays as it is")
  func fitted() throws {
    let model = try Fixtures.model(contextLength: 32)
    let long = Request.generation(prompt: "The fox", stop: ["x"], maxTokens: 99, repeats: 2)
    let count = try model.promptTokens("The fox").count
    #expect(
      try model.fitted(long) == .generation(prompt: "The fox", stop: ["x"], maxTokens: 32 - count, repeats: 2))
    for request in [
      Request.generation(prompt: "The fox", stop: [], maxTokens: 31), .choice(context: "a", continuations: ["b"]),
    ] {
      #expect(try model.fitted(request) == request)
    }
  }
}
