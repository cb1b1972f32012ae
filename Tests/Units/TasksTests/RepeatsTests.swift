import Evaluation
import Support
import Testing

@testable import Tasks

/// Several responses to each sample: what is asked, the metrics, and the score of the responses together.
struct RepeatsTests {
  private static func texts(_ texts: String...) -> Response {
    .generated(texts.map { GeneratedText(text: $0, finishReason: .endOfText) })
  }

  @Test("repeats is in the request and, where it is not 1, in the specification")
  func asked() throws {
    let once = try TestData.gsm8k(["shots": 0, "temperature": 1])
    let often = try TestData.gsm8k(["shots": 0, "temperature": 1, "repeats": 5, "name": "often"])
    #expect(once.specification["repeats"] == nil && once.repeats == 1 && once.scoreMetrics == once.metrics)
    #expect(often.specification["repeats"] == 5 && often.repeats == 5)
    #expect(try often.prompt(at: 0).request.json["repeats"] == 5)
    #expect(try once.prompt(at: 0).request.json["repeats"] == nil)
    for wrong in [0, -1, 1025] {
      let message = TestData.message { _ = try TestData.gsm8k(["repeats": JSONValue(wrong)]) }
      #expect(message.contains("repeats") && message.contains("\(wrong)"), "\(message)")
    }
    #expect(try TestData.gsm8k(["repeats": 1024]).repeats == 1024)
  }

  @Test("Greedy repeats are refused where the sampling is final, not when the task is loaded")
  func greedy() throws {
    let request = try TestData.gsm8k(["shots": 0, "repeats": 3]).prompt(at: 0).request
    let error = #expect(throws: BenchmarkError.self) { try request.checkRepeats() }
    #expect(error?.message.contains("repeats 3") == true && error?.message.contains("temperature") == true)
    try TestData.gsm8k(["shots": 0, "repeats": 3, "temperature": 0.7]).prompt(at: 0).request.checkRepeats()
    try TestData.gsm8k(["shots": 0]).prompt(at: 0).request.checkRepeats()
    try TestData.mmlu(["subset": "abstract_algebra", "shots": 0]).prompt(at: 0).request.checkRepeats()
  }

  @Test("Metrics keep their names for the mean, and add pass@j and maj@k")
  func metrics() throws {
    let found = try TestData.gsm8k(["repeats": 6]).scoreMetrics
    #expect(
      found.map(\.name) == [
        "strict_match", "flexible_match", "strict_match_pass@2", "strict_match_pass@4", "strict_match_pass@6",
        "strict_match_maj@6", "flexible_match_pass@2", "flexible_match_pass@4", "flexible_match_pass@6",
        "flexible_match_maj@6",
      ])
    #expect(found.filter(\.isBinary).map(\.name) == ["strict_match_pass@6", "flexible_match_pass@6"])
    #expect(found[0].summary.hasPrefix("mean@6") && found[0].harnessName == "exact_match,strict-match")
    #expect(found.filter { !$0.isShare }.isEmpty)
    #expect(RepeatedScores.sizes(2) == [2] && RepeatedScores.sizes(8) == [2, 4, 8])
    let counted = Metric(name: "words", summary: "", upperBound: 100, isBinary: false)
    #expect(RepeatedScores([counted], 4)?.all.map(\.name) == ["words"])
  }

  @Test("A sample's score has the mean, Chen's pass@k and the vote; each response keeps its own")
  func scores() throws {
    let task = try TestData.gsm8k(["shots": 0, "temperature": 1, "repeats": 4])
    let target = try task.sample(at: 0).target
    let right = "so #### \(target)"
    let score = try task.scoreAll(0, Self.texts(right, "#### 7", right, "no number"))
    #expect(score.value(of: "strict_match") == 0.5)
    // 1 - C(2, 2) / C(4, 2), as openai/human-eval's estimate_pass_at_k(4, 2, 2) gives it.
    #expect(abs(try #require(score.value(of: "strict_match_pass@2")) - 5.0 / 6) < 1e-12)
    #expect(score.value(of: "strict_match_pass@4") == 1 && score.value(of: "strict_match_maj@4") == 1)
    #expect(score.prediction == target && score.flags == ["no_answer"])
    #expect(score.metrics.map(\.name) == task.scoreMetrics.map(\.name))
    #expect(score.responses.map { $0.value(of: "strict_match") } == [1, 0, 1, 0])
    #expect(score.responses.map(\.prediction) == [target, "7", target, nil])
    let tied = try task.scoreAll(0, Self.texts(right, "#### 7", right, "#### 7"))
    #expect(tied.value(of: "strict_match_maj@4") == 0.5)
    let wrong = try task.scoreAll(0, Self.texts("a", "b", "c", "d"))
    #expect(wrong.value(of: "strict_match_pass@4") == 0 && wrong.value(of: "strict_match_maj@4") == 0)
    #expect(wrong.flags == [String](repeating: "no_answer", count: 4))
    #expect(try task.scoreAll(0, Self.texts(right)).flags == ["mismatched_response"])
    // A record has all of it.
    var members = score.members
    members["predictions"] = .object(score.predictions)
    members["flags"] = .array(score.flags.map { .string($0) })
    #expect(Score(members: members) == score)
  }

  @Test("Declared tasks sample and repeat; what is scored by likelihood does neither")
  func declared() throws {
    let plain = try CustomTaskTests.problems(["shots": 0, "examples": .null])
    for option in ["temperature", "top_k", "top_p", "sampling_seed", "repeats"] {
      #expect(plain.specification[option] == nil, "\(option)")
    }
    let task = try CustomTaskTests.problems(["shots": 0, "examples": .null, "temperature": 0.5, "repeats": 2])
    #expect(task.specification["temperature"] == 0.5 && task.specification["repeats"] == 2)
    #expect(task.variations == [.sampling] && plain.variations.isEmpty)
    let varied = task.varied(by: RunSeeds(run: 2, planSeed: 1, varying: [.sampling]))
    #expect(varied.repeats == 2 && varied.specification["sampling_seed"] != task.specification["sampling_seed"])
    #expect(try varied.prompt(at: 0).request != task.prompt(at: 0).request)
    #expect(task.scoreMetrics.map(\.name) == ["exact_match", "exact_match_pass@2", "exact_match_maj@2"])
    let choices: JSONObject = [
      "data": .string(TestData.fixture + "/gsm8k/test.jsonl"), "prompt": "{question}", "choices": ["a", "b"],
      "answer": "a", "repeats": 2,
    ]
    #expect(TestData.message { _ = try CustomTaskTests.load(choices) }.contains("repeats"))
  }

  @Test("Functions score each response; a response without a prediction votes with its text")
  func functions() throws {
    let task = try CallbackTaskTests.task(
      ["name": "own", "repeats": 3, "temperature": 1, "sampling_seed": 5], sample: nil, score: true)
    #expect(task.specification["repeats"] == 3 && task.specification["sampling_seed"] == 5)
    #expect(task.variations == [.sampling])
    #expect(try task.prompt(at: 0).request.json["repeats"] == 3)
    let score = try task.scoreAll(0, Self.texts("x", " x", "y"))
    #expect(score.value(of: "score") == 1 && score.value(of: "score_maj@3") == 1 && score.prediction == "x")
    let plain = try CallbackTaskTests.task()
    #expect(plain.specification["repeats"] == nil && plain.specification["temperature"] == nil)
    let error = #expect(throws: BenchmarkError.self) {
      try CallbackTaskTests.task(["name": "own", "repeats": 3], prompt: ["prompt": "a", "continuations": [" b"]])
        .prompt(at: 0)
    }
    #expect(error?.message.contains("repeats") == true)
    for wrong in [["name": "own", "repeats": 0], ["name": "own", "top_k": 3]] as [JSONValue] {
      #expect(throws: BenchmarkError.self) { try CallbackTaskTests.task(wrong) }
    }
  }
}
