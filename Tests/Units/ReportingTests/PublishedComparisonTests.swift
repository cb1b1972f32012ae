import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// Published scores beside measured ones, in every form of a report.
@Suite struct PublishedComparisonTests {
  /// A report of runs with made-up answers: so many of so many right.
  private func report(
    _ runs: [(task: JSONObject, right: Int, of: Int)], model: JSONValue = "google/gemma-3-4b-pt", limit: Int? = nil,
    settings: JSONObject = [:], metrics: [String] = ["accuracy"], subject: String? = nil
  ) throws -> SweepReport {
    let tasks = runs.map { run -> JSONValue in
      let type = run.task["type"] ?? ""
      // The plan need not know tasks that only the record has.
      return TaskCatalogue.has(type.stringValue ?? "") ? .object(run.task) : ["type": "custom", "name": type]
    }
    let plan = try SweepPlan(["models": [model], "tasks": .array(tasks)])
    let cells = runs.enumerated().map { number, run -> CellRecord in
      let samples = (0..<run.of).map { index in
        SampleRecord(
          id: "s\(index)", attributes: SampleAttributes(subject: subject), promptSHA256: "", target: "A",
          response: .logLikelihoods([-1, -2], tokenCounts: [1, 1]),
          score: Score(
            metrics: metrics.map { MetricValue(name: $0, value: index < run.right ? 1 : 0, prediction: "A") }, flags: []
          ),
          flags: [], promptTokens: 1, answerTokens: 1, seconds: 0)
      }
      let name = run.task["type"]?.stringValue ?? ""
      let record = RunRecord(
        modelName: plan.models[0].name, model: .null, taskName: name, specification: run.task, dataFiles: [],
        metrics: metrics.map { Metric(name: $0, summary: "") }, limit: limit, samples: samples, plannedCount: run.of,
        seconds: 1, tokensAsked: 0, tokensComputed: 0, startedAt: "", settings: settings)
      let cell = Cell(plan, modelNumber: 0, taskNumber: number, seeds: .canonical)
      return CellRecord(cell: cell, taskName: name, outcome: .success(record))
    }
    let record = SweepRecord(plan: plan, cells: cells, isCancelled: false, seconds: 1, startedAt: "")
    return SweepReport(record: record, libraryVersion: "1.2.3")
  }

  private let mmlu: JSONObject = ["type": "mmlu", "shots": 5]

  @Test("A measured score stands beside the published one with its interval and the verdict")
  func rows() throws {
    // 59.6 is published. Wilson's interval of 60 in 100 is 50.2% to 69.1%, of 500 in 1000 46.9% to 53.1%.
    let near = try #require(try report([(mmlu, 60, 100)]).published)
    #expect(near.rows.count == 1 && near.rows[0].isCompatible == true)
    #expect(abs((near.rows[0].difference ?? 0) - 0.004) < 1e-12)
    let far = try #require(try report([(mmlu, 500, 1000)]).published)
    #expect(far.rows[0].isCompatible == false)
    let table = far.tables()[0]
    #expect(table.title == "gemma-3-4b-pt: published (of gemma-3-4b-pt) and measured")
    #expect(
      table.table.rows == [
        [
          "MMLU", "59.6%", "50.0%", "46.9% – 53.1%", "-9.6", "no", "5", "mmlu", "accuracy", "1000", "[1]",
        ]
      ])
    #expect(table.notes[0] == "[1] Gemma 3 model card, https://ai.google.dev/gemma/docs/core/model_card_3")
  }

  @Test("Other shots, other tasks and other models are not compared")
  func strangers() throws {
    #expect(try report([(["type": "mmlu", "shots": 0], 60, 100)]).published == nil)
    #expect(try report([(["type": "efficiency"], 60, 100)]).published == nil)
    // A part of a benchmark is not the benchmark, nor are other questions in its layout.
    for part: JSONObject in [["subset": "stem"], ["split": "validation"]] {
      var task = mmlu
      for (key, value) in part.members { task[key] = value }
      #expect(try report([(task, 60, 100)]).published == nil)
    }
    let whole: JSONObject = ["type": "mmlu", "shots": 5, "subset": "all", "split": "test"]
    #expect(try report([(whole, 60, 100)], subject: "astronomy").published?.rows.count == 1)
    #expect(try report([(whole, 60, 100)], subject: "our_own").published == nil)
    #expect(try report([(mmlu, 60, 100)], model: "models/unknown").published == nil)
    #expect(try report([(mmlu, 60, 100)], model: ["path": "google/gemma-3-4b-pt", "card": "none"]).published == nil)
    let named = try report([(mmlu, 60, 100)], model: ["path": "models/unknown", "card": "gemma-3-12b-pt"])
    #expect(named.published?.rows.map(\.score.text) == ["74.5"])
  }

  @Test("Where the source does not say the metric, each stands in a row of its own, with its name")
  func severalMetrics() throws {
    let names = ["prompt_level_strict_acc", "inst_level_strict_acc", "prompt_level_loose_acc", "inst_level_loose_acc"]
    let task: JSONObject = ["type": "harness", "task": "ifeval", "shots": 0]
    let made = try report([(task, 80, 100)], model: "gemma-3-1b-it", metrics: names)
    let published = try #require(made.published)
    #expect(published.rows.map(\.metric.name) == names && published.rows.allSatisfy { $0.score.text == "80.2" })
    #expect(published.tables()[0].table.rows.map { $0[0] } == names.map { "IFEval · \($0)" })
    // And where a task has the first of two metrics alone, that.
    let one = try report([(task, 80, 100)], model: "gemma-3-1b-it", metrics: [names[2]])
    #expect(one.published?.rows.count == 1)
  }

  @Test("What was measured without the thinking that the card is of is not judged")
  func thinking() throws {
    let task: JSONObject = ["type": "harness", "task": "mmlu_pro", "shots": 5]
    func rows(_ settings: JSONObject) throws -> [PublishedComparison.Row] {
      try #require(
        try report(
          [(task, 60, 100)], model: "google/gemma-4-E2B-it", settings: settings, metrics: ["exact_match"]
        ).published
      ).rows
    }
    let off = try rows([:])
    #expect(off.map(\.isCompatible) == [nil] && off[0].obstacle == "published with thinking, measured without")
    #expect(try rows(["thinking": "on"]).map(\.isCompatible) == [true])
    #expect(try rows(["thinking": "off"]).map(\.isCompatible) == [nil])
  }

  @Test("Notes name the sources, a limit, and what the card has besides")
  func notes() throws {
    let limited = try #require(try report([(mmlu, 60, 100)], limit: 2).published)
    #expect(limited.tables()[0].table.rows[0][9] == "100 (limit 2)")
    #expect(limited.tables()[0].notes.contains { $0.hasPrefix("limited runs:") })
    // GSM8K could be measured.
    #expect(limited.tables()[0].notes.contains { $0.contains("can be measured: `gemmabench run MODEL card` does it") })
    let gsm = limited.missing.first { $0.score.benchmark == "GSM8K" }
    #expect(gsm?.reason == "not run" && gsm?.isNotAsked == true)
    let code = limited.missing.first { $0.score.benchmark == "HumanEval" }
    #expect(code?.reason == "runs what the model writes; the task humaneval does" && code?.isNotAsked == false)
  }

  @Test("Every form of the report has it")
  func forms() throws {
    let made = try report([(mmlu, 60, 100)])
    for form in ["short", "table", "markdown"] {
      let text = try made.render(form)
      #expect(text.contains("published (of gemma-3-4b-pt) and measured") && text.contains("59.6%"), "\(form)")
      #expect(text.contains("https://ai.google.dev/gemma/docs/core/model"), "\(form)")
    }
    #expect(try made.render("short").split(separator: "\n").allSatisfy { $0.count <= 80 })
    let page = try made.render("html")
    #expect(page.contains("<h2>Published and measured</h2>") && page.contains("<td class=\"number\">59.6%</td>"))
    let json = try #require(try JSONReader.parse(try made.render("json")).objectValue?["published"]?.objectValue)
    let row = try #require(json["rows"]?.arrayValue?.first?.objectValue)
    #expect(row["published"] == 0.596 && row["measured"] == 0.6 && row["compatible"] == true)
    #expect(row["published_text"] == "59.6" && row["questions"] == 100 && row["limit"] == .null)
    #expect(row["card"] == "gemma-3-4b-pt" && row["source_kind"] == "card")
    let missing = (json["not_measured"]?.arrayValue ?? []).compactMap { $0.objectValue?["benchmark"]?.stringValue }
    #expect(missing.contains("HumanEval") && !missing.contains("MMLU"))
    // A report of which nothing is published is as it was.
    let plain = try report([(mmlu, 60, 100)], model: "models/unknown")
    #expect(try JSONReader.parse(try plain.render("json")).objectValue?["published"] == nil)
    #expect(!(try plain.render("markdown")).contains("ublished"))
  }

  @Test("A task that failed is missing, with its reason")
  func failures() throws {
    let tasks: JSONValue = [["type": "mmlu", "shots": 5], ["type": "gsm8k", "shots": 8]]
    let plan = try SweepPlan(["models": ["gemma-3-4b-pt"], "tasks": tasks])
    let good = try report([(mmlu, 6, 10)], model: "gemma-3-4b-pt").record.cells[0]
    let bad = CellRecord(
      cell: Cell(plan, modelNumber: 0, taskNumber: 1, seeds: .canonical), taskName: "gsm8k",
      outcome: .failure(BenchmarkError(.notFound, "no rows")))
    let record = SweepRecord(plan: plan, cells: [good, bad], isCancelled: false, seconds: 1, startedAt: "")
    let published = try #require(PublishedComparison(record))
    #expect(published.missing.first { $0.score.benchmark == "GSM8K" }?.reason == "failed: no rows")
  }
}
