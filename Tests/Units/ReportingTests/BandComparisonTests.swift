import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// The same questions put in several ways: what a plan makes of a band, and how a report shows it.
@Suite struct BandComparisonTests {
  private func report(_ runs: [(type: String, shots: Int, right: Int, of: Int)]) throws -> SweepReport {
    let plan = try SweepPlan(
      [
        "models": ["some/model"],
        "tasks": .array(runs.map { ["type": .string($0.type), "shots": JSONValue($0.shots)] }),
      ])
    let cells = runs.enumerated().map { number, run -> CellRecord in
      let samples = (0..<run.of).map { index in
        SampleRecord(
          id: "s\(index)", attributes: SampleAttributes(), promptSHA256: "", target: "A",
          response: .logLikelihoods([-1, -2], tokenCounts: [1, 1]),
          score: Score(
            metrics: [MetricValue(name: "score", value: index < run.right ? 1 : 0, prediction: "A")], flags: []),
          flags: [], promptTokens: 1, answerTokens: 1, seconds: 0)
      }
      let record = RunRecord(
        modelName: plan.models[0].name, model: .null, taskName: run.type,
        specification: ["type": .string(run.type), "shots": JSONValue(run.shots)], dataFiles: [],
        metrics: [Metric(name: "score", summary: "")], limit: nil, samples: samples, plannedCount: run.of, seconds: 1,
        tokensAsked: 0, tokensComputed: 0, startedAt: "", settings: [:])
      let cell = Cell(plan, modelNumber: 0, taskNumber: number, seeds: .canonical)
      return CellRecord(cell: cell, taskName: run.type, outcome: .success(record))
    }
    let record = SweepRecord(plan: plan, cells: cells, isCancelled: false, seconds: 1, startedAt: "")
    return SweepReport(record: record, libraryVersion: "1.2.3")
  }

  @Test("A plan has a band's tasks in its place, with its options")
  func expansion() throws {
    let plan = try SweepPlan(
      json: #"{"models": ["some/model"], "tasks": ["efficiency", {"type": "mmlu_band", "limit": 3}, "gsm8k"]}"#)
    #expect(plan.tasks.map(\.type) == ["efficiency", "mmlu", "mmlu_continuation", "mmlu_generative", "gsm8k"])
    #expect(plan.tasks[1...3].allSatisfy { $0.json["shots"] == 5 && $0.limit == 3 })
    let none = try SweepPlan(json: #"{"models": ["some/model"], "tasks": [{"type": "mmlu_band", "shots": 0}]}"#)
    #expect(none.tasks.count == 3 && none.tasks.allSatisfy { $0.json["shots"] == 0 })
    #expect(throws: BenchmarkError.self) {
      try SweepPlan(json: #"{"models": ["some/model"], "tasks": [{"type": "mmlu_band", "name": "mine"}]}"#)
    }
  }

  @Test("The band goes from the lowest to the highest score of the ways")
  func band() throws {
    let report = try report([
      ("mmlu", 5, 30, 100), ("mmlu_continuation", 5, 42, 100), ("mmlu_generative", 5, 25, 100),
    ])
    #expect(report.bands.count == 1)
    let band = try #require(report.bands.first)
    #expect(band.table.header == ["model", "letters", "full answers", "generated letters", "band", "shots"])
    #expect(band.table.rows == [["model", "30.0%", "42.0%", "25.0%", "25.0% – 42.0%", "5"]])
    #expect(report.markdown.contains("## MMLU in several ways: how far the scores lie apart"))
    let json = try #require(report.json.objectValue?["bands"]?.arrayValue?.first?.objectValue)
    let row = try #require(json["rows"]?.arrayValue?.first?.objectValue)
    #expect(row["lowest"] == 0.25 && row["highest"] == 0.42)
  }

  @Test("Ways with other examples or other questions are not set beside each other")
  func strangers() throws {
    #expect(try report([("mmlu", 5, 30, 100), ("mmlu_continuation", 0, 42, 100)]).bands.isEmpty)
    #expect(try report([("mmlu", 5, 30, 100), ("mmlu_continuation", 5, 42, 90)]).bands.isEmpty)
    #expect(try report([("mmlu", 5, 30, 100)]).bands.isEmpty)
  }
}
