import Evaluation
import Inference
import Support
import Tasks

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Paths of the tiny checkpoint and of the small data, and models and tasks made of them.
enum Fixtures {
  static let folder: String = {
    let tests = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(tests)/Goldens"
  }()
  static var tiny: String { "\(folder)/tiny" }
  static var mmlu: String { "\(folder)/tasks/data/mmlu" }
  static var gsm8k: String { "\(folder)/tasks/data/gsm8k" }

  static func model(contextLength: Int? = nil) throws -> LocalProvider {
    try LocalProvider.load(ModelSpecification(tiny, threads: 2, contextLength: contextLength)) { _, _ in }
  }

  /// Passes of few tokens, so that few samples end in one.
  static var narrow: BatchLimits {
    var limits = BatchLimits(sequences: nil)
    limits.rows = 64
    limits.logitRows = 4
    return limits
  }

  /// Five subjects of three questions each.
  static func mathematics(shots: Int = 0) throws -> any BenchmarkTask {
    try TaskCatalogue.load(
      TaskSpecification([
        "type": "mmlu", "subset": "mathematics", "shots": JSONValue(shots), "data": .string(mmlu),
      ]))
  }

  /// Three problems, answers of at most eight tokens.
  static func problems(shots: Int = 1) throws -> any BenchmarkTask {
    try TaskCatalogue.load(
      TaskSpecification([
        "type": "gsm8k", "shots": JSONValue(shots), "maximum_tokens": 8, "data": .string(gsm8k),
      ]))
  }

  /// A plan of JSON; `models` and `tasks` are those of the fixtures unless given.
  static func plan(models: JSONValue? = nil, tasks: JSONValue? = nil, more: JSONObject = [:]) throws -> SweepPlan {
    var object: JSONObject = [
      "models": models ?? [["path": .string(tiny)]],
      "tasks": tasks ?? [
        ["type": "mmlu", "subset": "abstract_algebra", "shots": 0, "data": .string(mmlu)],
        ["type": "gsm8k", "shots": 0, "maximum_tokens": 4, "data": .string(gsm8k)],
      ],
      "threads": 2,
    ]
    for (key, value) in more.members { object[key] = value }
    return try SweepPlan(json: JSONValue.object(object).text())
  }
}

/// A task whose samples, requests and failures a test chooses.
struct StubTask: BenchmarkTask {
  let type = "stub"
  let name = "stub"
  let specification: JSONObject = ["type": "stub"]
  let dataFiles: [DataFile] = []
  let metrics = [
    Metric(name: "accuracy", summary: "whether the position is even"),
    Metric(name: "position", summary: "the position", upperBound: 100, isBinary: false),
  ]
  var subjects: [String?]
  var request = Request.choice(context: "The fox", continuations: [" ran", " slept"])
  /// The position that fails, if one does.
  var failure: Int?
  /// Positions that get no score.
  var unscored: Set<Int> = []

  var count: Int { subjects.count }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    Sample(id: "s\(index)", attributes: SampleAttributes(subject: subjects[index]), target: "t\(index)", document: [:])
  }

  func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    if index == failure { throw BenchmarkError(.invalidFile, "sample \(index) is broken") }
    return Prompt(
      sampleID: "s\(index)", attributes: SampleAttributes(subject: subjects[index]), request: request,
      target: "t\(index)")
  }

  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    if unscored.contains(index) {
      return Score(metrics: metrics.map { MetricValue(name: $0.name, value: nil) }, flags: ["unscored"])
    }
    return Score(
      metrics: [
        MetricValue(name: "accuracy", value: index % 2 == 0 ? 1 : 0, prediction: "p\(index)"),
        MetricValue(name: "position", value: Double(index)),
      ],
      flags: index == 0 ? ["first"] : [])
  }
}
