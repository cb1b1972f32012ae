import Evaluation
import Support
import Tasks

@testable import Plan
@testable import Records
@testable import Reporting

/// Records made by hand: a report is a function of the record, so no model is needed.
enum Fixtures {
  static let accuracy = Metric(name: "accuracy", summary: "whether it is right")

  static func sample(_ index: Int, score: Double?, subject: String? = nil, flags: [String] = []) -> SampleRecord {
    SampleRecord(
      id: "s\(index)", attributes: SampleAttributes(subject: subject),
      promptSHA256: SHA256.hexadecimal("prompt \(index)"), target: "A",
      response: .logLikelihoods([-1.5, -2.25], tokenCounts: [1, 1]),
      score: Score(metrics: [MetricValue(name: "accuracy", value: score, prediction: "A")], flags: flags), flags: flags,
      promptTokens: 10, answerTokens: 2, seconds: 0.5)
  }

  static func run(
    model: String = "tiny", task: String = "mmlu", samples: [SampleRecord], plannedCount: Int? = nil,
    seeds: RunSeeds = .canonical, elementType: String? = nil
  ) -> RunRecord {
    var facts: JSONObject = ["name": .string(model)]
    if let elementType { facts["element_type"] = .string(elementType) }
    var record = RunRecord(
      modelName: model, model: .object(facts), taskName: task, specification: ["type": "mmlu", "shots": 0],
      dataFiles: [DataFile(path: "mmlu/test.csv", sha256: SHA256.hexadecimal(""))], metrics: [accuracy], limit: nil,
      samples: samples, plannedCount: plannedCount ?? samples.count, seconds: 12.34, tokensAsked: 400,
      tokensComputed: 120, startedAt: "2026-01-02T03:04:05Z")
    record.seeds = seeds
    return record
  }

  static func report(
    cells: [CellRecord], isCancelled: Bool = false, level: Double = 0.95, name: String = "a sweep",
    runs: Int = 1
  ) throws -> SweepReport {
    var models: [String] = []
    for cell in cells where !models.contains(cell.modelName) { models.append(cell.modelName) }
    let plan: JSONValue = [
      "name": .string(name), "models": .array((models.isEmpty ? ["tiny"] : models).map { .string($0) }),
      "tasks": ["mmlu", "gsm8k"], "confidence_level": .number(level), "runs": JSONValue(runs),
    ]
    let record = SweepRecord(
      plan: try SweepPlan(json: plan.text()), cells: cells, isCancelled: isCancelled, seconds: 20,
      startedAt: "2026-01-02T03:04:05Z")
    return SweepReport(record: record, libraryVersion: "1.2.3")
  }

  /// A cell of a plan of two tasks; the model is the plan's only one.
  static func cell(of model: String, task: Int = 0, seeds: RunSeeds = .canonical) -> Cell {
    let text: JSONValue = ["models": [.string(model)], "tasks": ["mmlu", "gsm8k"]]
    guard let plan = try? SweepPlan(json: text.text()) else { fatalError("the plan of the fixtures is malformed") }
    return Cell(plan, modelNumber: 0, taskNumber: task, seeds: seeds)
  }

  static func cell(_ run: RunRecord) -> CellRecord {
    CellRecord(
      cell: cell(of: run.modelName, task: run.taskName == "gsm8k" ? 1 : 0, seeds: run.seeds), taskName: run.taskName,
      outcome: .success(run))
  }

  /// Three of four right, one more unscored; two subjects.
  static var mixed: RunRecord {
    run(samples: [
      sample(0, score: 1, subject: "algebra"), sample(1, score: 0, subject: "algebra", flags: ["tied_choices"]),
      sample(2, score: 1, subject: "logic"), sample(3, score: 1, subject: "logic"),
      sample(4, score: nil, subject: "logic", flags: ["undefined_log_likelihood"]),
    ])
  }

  static var failed: CellRecord {
    CellRecord(
      cell: cell(of: "other", task: 1), taskName: "gsm8k",
      outcome: .failure(BenchmarkError(.notFound, "models/other: no such folder")))
  }
}
