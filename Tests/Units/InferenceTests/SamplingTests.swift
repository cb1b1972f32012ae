import Evaluation
import Glibc
import Statistics
import Support
import Testing

@testable import Inference
@testable import Transformer

/// Drawn tokens: with the probabilities of the formula, and the same ones whatever else runs.
@Suite struct SamplingTests {
  /// Logits of the tiny model after a prompt, and what softmax makes of them.
  private static func logits() throws -> Logits {
    let model = try Fixtures.model()
    let tokens = model.tokenizer.encode(GenerationTests.prompt, addBeginningOfSequence: true)
    return try model.logits(of: tokens)
  }

  /// A row as a model gives it to be sampled from.
  private static func summary(_ logits: Logits) -> LogitSummary {
    LogitSummary(
      greatest: logits.greatest(0), logProbabilities: [],
      row: logits.withRow(0) { LogitRow(owner: logits, values: $0) })
  }

  @Test(
    "What is drawn has the probabilities of softmax (chi-square, at one in ten thousand)",
    arguments: [
      (1.0, 0, 1.0, 0, 1), (0.5, 0, 1.0, 0, 1), (1.0, 20, 1.0, 0, 1), (1.0, 0, 0.8, 0, 1), (0.7, 40, 0.9, 0, 1),
      (2.0, 300, 0.999, 0, 1), (1.0, 0, 1.0, 0.05, 1), (1.5, 60, 0.95, 0.1, 1), (1.0, 0, 1.0, 0.05, 1.3),
    ] as [(Double, Int, Double, Double, Double)])
  func probabilities(temperature: Double, topK: Int, topP: Double, minP: Double, penalty: Double) throws {
    let logits = try Self.logits()
    let seen: Set<Int32> = [2, logits.greatest(0), 300, 301]
    // What Tests/Goldens/sampling holds to transformers.
    let probabilities = try SamplingParameters(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: penalty, seed: 0
    ).probabilities(logits.row(0), sequence: Array(seen))
    let draws = minP == 0 ? 40_000 : 10_000
    var counts = [Int](repeating: 0, count: probabilities.count)
    for seed in 0..<draws {
      let sampling = try SamplingParameters(
        temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: penalty, seed: UInt64(seed))
      counts[Int(sampling.choose(Self.summary(logits), index: seed % 3, seen: seen))] += 1
    }
    for (token, count) in counts.enumerated() where probabilities[token] == 0 {
      #expect(count == 0, "token \(token) is filtered out")
    }
    // Tokens that are expected less than five times are taken together.
    var statistic = 0.0
    var cells = 0
    var rest = (expected: 0.0, found: 0)
    for (token, probability) in probabilities.enumerated() {
      let expected = probability * Double(draws)
      if expected < 5 {
        rest = (rest.expected + expected, rest.found + counts[token])
        continue
      }
      statistic += (Double(counts[token]) - expected) * (Double(counts[token]) - expected) / expected
      cells += 1
    }
    if rest.expected >= 5 {
      statistic += (Double(rest.found) - rest.expected) * (Double(rest.found) - rest.expected) / rest.expected
      cells += 1
    }
    try #require(cells > 3)
    // The quantile of chi-square by E. Wilson, M. Hilferty, PNAS 17, 1931.
    let freedom = Double(cells - 1)
    let z = try #require(NormalDistribution.quantile(0.9999))
    let limit = freedom * pow(1 - 2 / (9 * freedom) + z * (2 / (9 * freedom)).squareRoot(), 3)
    #expect(statistic < limit, "chi-square \(statistic) with \(cells - 1) degrees of freedom")
  }

  @Test("Whole generations with a repetition penalty or min_p are those of transformers") func transformers() throws {
    let model = try Fixtures.model()
    let lines = try FileSystem.readText("\(Fixtures.folder)/sampling/generations.jsonl").split(separator: "\n")
    #expect(lines.count == 20)
    for line in lines {
      let golden = try #require(JSONReader.parse(String(line)).objectValue)
      let prompt = try #require(golden["prompt"]?.stringValue)
      func tokens(_ key: String) -> [Int32] {
        golden[key]?.arrayValue?.compactMap { $0.integerValue.map { Int32($0) } } ?? []
      }
      // Sums in another order must not decide it.
      try #require((golden["gap"]?.doubleValue ?? 0) > 1e-3)
      #expect(try model.promptTokens(prompt) == tokens("prompt_tokens"))
      let minP = golden["min_p"]?.doubleValue ?? 0
      let sampling = try SamplingParameters(
        temperature: minP == 0 ? 0 : 1, minP: minP, repetitionPenalty: golden["repetition_penalty"]?.doubleValue ?? 1,
        seed: 7)
      let made = try model.generate(prompt: prompt, stops: [], maximumTokens: 24, sampling: sampling)
      #expect(made.tokens == tokens("tokens"), "\(line.prefix(120))")
    }
    // A greedy text is made once also with a penalty.
    let penalized = try SamplingParameters(temperature: 0, repetitionPenalty: 1.3, seed: 7)
    let request = Request.generation(prompt: "One", stop: [], maxTokens: 4, sampling: penalized, repeats: 3)
    #expect(request.seeded(for: "task", "1") == request)
    let answer = try #require(try model.answers(to: [request])[0])
    guard case .generated(let texts) = answer.response else {
      Issue.record("no texts")
      return
    }
    #expect(texts.count == 3 && answer.usage.outputTokens == 4)
  }

  @Test("Temperature 0 is greedy, and so is drawing from one token") func greedy() throws {
    let logits = try Self.logits()
    for seed in 0..<50 {
      #expect(
        try SamplingParameters(temperature: 3, topK: 1, seed: UInt64(seed)).choose(Self.summary(logits), index: 0)
          == logits.greatest(0))
    }
    #expect(SamplingParameters.greedy.choose(Self.summary(logits), index: 7) == logits.greatest(0))
    #expect(try SamplingParameters(temperature: 0, seed: 5) == .greedy)
  }

  @Test("Batch, order, threads and company change nothing that is drawn") func invariance() throws {
    let model = try Fixtures.model()
    func requests(_ model: LocalProvider) throws -> [TokenRequest] {
      try (0..<24).map { index in
        .generate(
          try model.requestTokenizer.generationRequest(
            prompt: Fixtures.contexts[index % Fixtures.contexts.count], stops: [], maximumTokens: 6 + index % 5,
            sampling: SamplingParameters(
              temperature: 1.2, topK: index % 3 * 50, seed: SamplingParameters.seed(9, of: "task", "\(index)"))))
      }
    }
    func run(_ model: LocalProvider, _ sequences: Int, reversed: Bool) throws -> [[Int32]] {
      var limits = BatchLimits()
      limits.sequences = sequences
      let asked = try requests(model)
      var found = [[Int32]](repeating: [], count: asked.count)
      try model.scheduler(limits).run(reversed ? asked.reversed() : asked) { index, response, _ in
        guard case .generate(let made) = response else { return }
        found[reversed ? asked.count - 1 - index : index] = made.tokens
      }
      return found
    }
    let first = try run(model, 1, reversed: false)
    #expect(Set(first).count > 12, "different samples draw different texts")
    for (sequences, threads, reversed) in [(7, 2, false), (64, 1, true), (3, 1, false)] {
      #expect(try run(try Fixtures.model(threads: threads), sequences, reversed: reversed) == first)
    }
    for (request, tokens) in zip(try requests(model), first) {
      guard case .generate(let request) = request else { continue }
      #expect(try model.generate(request).tokens == tokens)
    }
  }

  @Test("Seeds of samples differ by every part of their name, and lengths keep the parts apart") func seeds() {
    let seeds = [
      SamplingParameters.seed(1, of: "a", "b"), SamplingParameters.seed(2, of: "a", "b"),
      SamplingParameters.seed(1, of: "b", "a"),
      SamplingParameters.seed(1, of: "ab", ""), SamplingParameters.seed(1, of: "", "ab"),
      SamplingParameters.seed(1, of: "a", "b", ""),
    ]
    #expect(Set(seeds).count == seeds.count)
    #expect(SamplingParameters.seed(1, of: "a", "b") == seeds[0])
  }

  @Test(
    "Values that cannot be drawn with are errors that name them",
    arguments: [
      (-1, 0, 1, "temperature"), (.nan, 0, 1, "temperature"), (101, 0, 1, "temperature"), (1, -1, 1, "top_k"),
      (1, 0, 0, "top_p"), (1, 0, 1.5, "top_p"), (0, 5, 1, "top_k"), (0, 0, 0.9, "top_p"),
    ] as [(Double, Int, Double, String)])
  func errors(temperature: Double, topK: Int, topP: Double, name: String) {
    let error = #expect(throws: BenchmarkError.self) {
      try SamplingParameters(temperature: temperature, topK: topK, topP: topP, seed: 1)
    }
    #expect(error?.message.contains(name) == true)
  }

  @Test("What is drawn belongs to what names an answer") func answerKeys() throws {
    let model = try Fixtures.model()
    func key(_ sampling: SamplingParameters) throws -> String {
      TokenRequest.generate(
        try model.requestTokenizer.generationRequest(prompt: "x", stops: [], maximumTokens: 4, sampling: sampling)
      ).cacheKey
    }
    let keys = try [
      key(.greedy), key(SamplingParameters(temperature: 1, seed: 1)), key(SamplingParameters(temperature: 1, seed: 2)),
      key(SamplingParameters(temperature: 2, seed: 1)), key(SamplingParameters(temperature: 1, topK: 3, seed: 1)),
      key(SamplingParameters(temperature: 1, topP: 0.5, seed: 1)),
    ]
    #expect(Set(keys).count == keys.count)
  }
}
