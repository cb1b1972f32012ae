import Evaluation
import Support
import Testing

@testable import Tasks

/// What functions give is checked before it is used, and every complaint names the sample.
struct CallbackTaskTests {
  static func task(
    _ description: JSONValue = ["name": "own"], count: Int = 2, sample: JSONValue? = nil,
    prompt: JSONValue = ["prompt": "Say"], score: JSONValue? = nil
  ) throws -> CallbackTask {
    typealias Ask = CallbackTask.Functions.Ask
    typealias Judge = CallbackTask.Functions.Judge
    let ask: Ask? = sample.map { value in Self.answering(value) }
    var judge: Judge?
    if let score { judge = { (_: Int, _: JSONValue) throws(BenchmarkError) -> JSONValue in score } }
    return try CallbackTask(
      description: description, count: count,
      functions: CallbackTask.Functions(sample: ask, prompt: answering(prompt), score: judge))
  }

  /// A function that gives one answer to everything.
  private static func answering(_ value: JSONValue) -> CallbackTask.Functions.Ask {
    { (_: Int) throws(BenchmarkError) -> JSONValue in value }
  }

  private static let words = Response.generated(text: " yes \n", finishReason: .stop)

  @Test("Without more than a prompt, samples are called by their positions and generate 256 tokens")
  func least() throws {
    let task = try Self.task()
    #expect(try task.sample(at: 1) == Sample(id: "1", target: "", document: [:]))
    #expect(try task.prompt(at: 1).request == .generation(prompt: "Say", stop: [], maxTokens: 256))
    #expect(task.mainMetric == "score" && task.metrics[0].isBinary)
  }

  @Test("Without a function that scores, the target decides")
  func target() throws {
    let task = try Self.task(count: 1, sample: ["target": "yes"])
    #expect(try task.score(0, Self.words).metrics == [MetricValue(name: "score", value: 1, prediction: "yes")])
    let choice = try Self.task(
      count: 1, sample: ["target": "no"], prompt: ["prompt": "Is it?", "continuations": [" yes", " no"]])
    #expect(try choice.score(0, .logLikelihoods([-2, -1], tokenCounts: [1, 1])).value(of: "score") == 1)
    #expect(try choice.score(0, .logLikelihoods([-1, -1], tokenCounts: [1, 1])).flags == ["tied_choices"])
    #expect(
      try choice.score(0, .logLikelihoods([-1, .nan], tokenCounts: [1, 1])).flags == ["undefined_log_likelihood"])
    #expect(try choice.score(0, .logLikelihoods([-1], tokenCounts: [1])).flags == ["mismatched_response"])
  }

  @Test(
    "A score is a number, a boolean, null or an object",
    arguments: [
      (1, [1, nil], nil, []), (true, [1, nil], nil, []), (.null, [nil, nil], nil, ["unscored_by_task"]),
      (["score": 0, "prediction": 7, "flags": "odd"], [0, nil], "7", ["odd"]),
      (["scores": ["right": true, "words": 3]], [1, 3], nil, []),
    ] as [(JSONValue, [Double?], String?, [String])])
  func scores(reply: JSONValue, values: [Double?], prediction: String?, flags: [String]) throws {
    let description: JSONValue = [
      "name": "own", "metrics": ["right", ["name": "words", "binary": false, "upper": 100]],
    ]
    let score = try Self.task(description, score: reply).score(0, Self.words)
    #expect(score.metrics.map(\.value) == values && score.prediction == prediction && score.flags == flags)
  }

  @Test(
    "A reply that cannot be used names the sample",
    arguments: [
      (0.5, "\"binary\": false"), (2, "outside 0"), ("yes", "must be a number"), ([1], "must be a number"),
      (["scored": 1], "unknown key \"scored\"; did you mean \"score\"?"),
      (["scores": ["scor": 1]], "no metric \"scor\""),
      (["flags": [1]], "\"flags\" must be a list of texts"),
    ] as [(JSONValue, String)])
  func badScores(reply: JSONValue, expected: String) throws {
    let task = try Self.task(score: reply)
    let message = TestData.message { _ = try task.score(1, Self.words) }
    #expect(message.hasPrefix("own: sample 1: score: ") && message.contains(expected), "\(message)")
  }

  @Test("A count with a unit has no upper bound unless one is given")
  func counts() throws {
    let cases: [(String, Double, Bool)] = [
      ("errors", 39.75, true), ("seconds", 7, true), ("errors", -1, false), ("fraction", 2, false),
    ]
    for (unit, score, isFine) in cases {
      let metric: JSONValue = ["name": "own", "binary": false, "higher_is_better": false, "unit": .string(unit)]
      let task = try Self.task(["name": "own", "metric": metric], score: .number(score))
      if isFine {
        #expect(try task.score(0, Self.words).metrics[0].value == score)
      } else {
        #expect(TestData.message { _ = try task.score(0, Self.words) }.contains("give the metric other bounds"))
      }
    }
  }

  @Test(
    "A prompt that cannot be used names the sample",
    arguments: [
      ([:], "\"prompt\" is missing"), (["prompt": "x", "continuations": []], "none of them empty"),
      (["prompt": "x", "continuations": [" a"], "stops": ["b"]], "leave out"),
      (["prompt": "x", "max_tokens": 0], "from 1"),
      (["promt": "x"], "did you mean \"prompt\"?"), ("x", "an object was expected"),
    ] as [(JSONValue, String)])
  func badPrompts(reply: JSONValue, expected: String) throws {
    let task = try Self.task(prompt: reply)
    let message = TestData.message { _ = try task.prompt(at: 1) }
    #expect(message.hasPrefix("own: sample 1: prompt: ") && message.contains(expected), "\(message)")
  }

  @Test(
    "A bad description is an error",
    arguments: [
      ([:], "needs a \"name\""), (["name": "x", "metrik": "y"], "did you mean \"metric\"?"),
      (["name": "x", "metric": "a", "metrics": ["a"]], "the same option"),
      (["name": "x", "metrics": ["a", "a"]], "two metrics"),
      (["name": "x", "metric": ["name": "a", "lower": 2]], "\"lower\" must be below"), ([], "an object was expected"),
    ] as [(JSONValue, String)])
  func badDescriptions(description: JSONValue, expected: String) throws {
    let message = TestData.message { _ = try Self.task(description) }
    #expect(message.contains(expected), "\(message)")
  }

  @Test("What samples share goes along with their prompts, and is part of what the task is")
  func clusters() throws {
    let plain = try Self.task(count: 1)
    let shared = try Self.task(count: 1, sample: ["clusters": ["passage": "p1", "template": 3]])
    #expect(try shared.sample(at: 0).attributes.others == ["passage": "p1", "template": "3"])
    #expect(try shared.prompt(at: 0).attributes.others == ["passage": "p1", "template": "3"])
    #expect(try plain.prompt(at: 0).attributes.others.members.isEmpty && plain.specification != shared.specification)
    #expect(try Self.task(count: 1, sample: ["clusters": []]).specification == plain.specification)
    #expect(try Self.task(count: 1, sample: ["clusters": .null]).specification == plain.specification)
  }

  @Test(
    "Clusters that cannot be used name the sample",
    arguments: [
      ("p1", "must be an object"), (["p1"], "must be an object"), (["passage": ["p1"]], "\"passage\" must be a text"),
      (["passage": .null], "\"passage\" must be a text"), (["": "p1"], "the name of a kind is empty"),
      (["subject": "p1"], "use the option \"subject\""),
    ] as [(JSONValue, String)])
  func badClusters(value: JSONValue, expected: String) throws {
    let message = TestData.message { _ = try Self.task(sample: ["clusters": value]) }
    #expect(message.hasPrefix("own: sample 0: ") && message.contains(expected), "\(message)")
  }

  @Test("Two samples of one name are an error, and changed samples change the specification")
  func identity() throws {
    #expect(TestData.message { _ = try Self.task(sample: ["id": "a"]) }.contains("two samples have the id \"a\""))
    let first = try Self.task(count: 1, sample: ["target": "a"]).specification
    #expect(try Self.task(count: 1, sample: ["target": "b"]).specification != first)
    #expect(try Self.task(count: 1, sample: ["target": "a"]).specification == first)
  }
}
