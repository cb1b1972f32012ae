import Evaluation
import Statistics
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// What a sweep of several models decides, and runs compared.
@Suite struct AnalysisTests {
  private func run(_ model: String, _ task: String = "mmlu", right: Int, of count: Int, subjects: Int = 1) -> RunRecord
  {
    Fixtures.run(
      model: model, task: task,
      samples: (0..<count).map { Fixtures.sample($0, score: $0 < right ? 1 : 0, subject: "s\($0 % subjects)") })
  }

  private var cells: [CellRecord] {
    [
      Fixtures.cell(run("good", right: 55, of: 60)), Fixtures.cell(run("good", "gsm8k", right: 30, of: 60)),
      Fixtures.cell(run("bad", right: 20, of: 60)), Fixtures.cell(run("bad", "gsm8k", right: 31, of: 60)),
    ]
  }

  @Test("Two models: pairs with raw and adjusted probabilities, ranks, strengths only where significant")
  func decided() throws {
    let report = try Fixtures.report(cells: cells)
    let text = try report.render("table")
    #expect(text.contains("good is better") && text.contains("tie") && text.contains("p (Holm)"))
    #expect(text.contains("Strengths and weaknesses") && text.contains("Agreement between tasks"))
    #expect(text.contains("p (B.-H.)"))
    let analysis = try #require(report.json.objectValue?["analysis"]?.objectValue)
    let tasks = try #require(analysis["tasks"]?.arrayValue)
    let pair = try #require(
      tasks[0].objectValue?["ranking"]?.objectValue?["pairs"]?.arrayValue?.first?.objectValue)
    let expected = McNemarTest(onlyFirst: 35, onlySecond: 0)?.midProbability
    #expect(pair["p_value"]?.doubleValue == expected && pair["tie"] == false)
    #expect(pair["holm"]?.doubleValue == expected && pair["benjamini_hochberg"]?.doubleValue == expected)
    let strengths = try #require(analysis["overall"]?.objectValue?["strengths"]?.arrayValue)
    #expect(strengths.count == 4 && strengths.allSatisfy { $0.objectValue?["significant"] == true })
    #expect(analysis["overall"]?.objectValue?["agreements"]?.arrayValue?.count == 1)
    #expect(try report.render("markdown").contains("## All tasks: ranking"))
  }

  @Test("One model, a model without runs, and nothing at all decide nothing")
  func undecided() throws {
    #expect(try Fixtures.report(cells: []).analysisTables.isEmpty)
    #expect(try Fixtures.report(cells: Array(cells.prefix(2))).analysisTables.isEmpty)
    let failed = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed), Fixtures.failed])
    #expect(failed.analysisTables.isEmpty && failed.json.objectValue?["analysis"] == .null)
  }

  @Test("Runs of one sample count with their mean, over the runs that every model has")
  func repeatedRuns() throws {
    func run(_ model: String, _ number: Int, _ scores: [Double]) -> CellRecord {
      Fixtures.cell(
        Fixtures.run(
          model: model, samples: scores.enumerated().map { Fixtures.sample($0, score: $1) },
          seeds: RunSeeds(run: number, planSeed: 1, varying: [.choiceOrder])))
    }
    let report = try Fixtures.report(
      cells: [
        run("a", 1, [1, 0, 1]), run("a", 2, [1, 1, 1]), run("a", 3, [0, 0, 0]), run("b", 1, [0, 0, 1]),
        run("b", 2, [0, 0, 1]),
      ], runs: 3)
    let part = try #require(SweepAnalysis(report.record)?.tasks.first)
    #expect(part.models == ["a", "b"] && part.grid.scores[0] == [[1, 0.5, 1], [0, 0, 1]])
    let text = try report.render("table")
    #expect(text.split(separator: "\n")[0].split(separator: " ").prefix(3) == ["model", "task", "run"])
  }

  @Test("Samples that only one model has a score for are dropped, and counted")
  func dropped() throws {
    let unscored = Fixtures.run(
      model: "other", samples: (0..<10).map { Fixtures.sample($0, score: $0 == 3 ? nil : 1) })
    let report = try Fixtures.report(cells: [Fixtures.cell(run("good", right: 5, of: 12)), Fixtures.cell(unscored)])
    let task = report.json.objectValue?["analysis"]?.objectValue?["tasks"]?.arrayValue?.first?.objectValue
    #expect(task?["samples"] == 9 && task?["dropped_samples"] == 3)
  }

  @Test("Clusters are subjects, or what else the samples share; an unknown kind names those there are")
  func clusterKinds() throws {
    var samples = (0..<12).map { Fixtures.sample($0, score: $0 < 7 ? 1 : 0, subject: "s\($0 % 3)") }
    for index in samples.indices {
      samples[index].attributes = SampleAttributes(
        subject: samples[index].subject,
        clusters: ["passage": "p\(index / 2)", "template": "t\(index % 5)"])
    }
    let run = Fixtures.run(samples: samples)
    var errors: Set<Double> = []
    for kind in ["subject", "passage", "template"] {
      let found = try run.estimate(Fixtures.accuracy, options: EstimateOptions(clusters: kind))
      errors.insert(try #require(found.standardError))
    }
    #expect(errors.count == 3)
    #expect(try RunComparison(run, run, options: ComparisonOptions(clusters: "passage")).comparison?.clusterCount == 6)
    let error = #expect(throws: BenchmarkError.self) {
      try run.estimate(Fixtures.accuracy, options: EstimateOptions(clusters: "pasage"))
    }
    #expect(error?.message.contains("passage") == true)
    let folder = "/tmp/gemmabench-clusters-\(UInt64.random(in: 0...UInt64.max))"
    try Fixtures.report(cells: [Fixtures.cell(run)]).write(to: folder)
    #expect(try SavedSweep.read(folder).record.runs[0].samples.map(\.attributes) == samples.map(\.attributes))
  }

  @Test("Runs are compared by the samples' names")
  func comparison() throws {
    let found = try RunComparison(run("a", right: 9, of: 12), run("b", right: 4, of: 10))
    #expect(found.comparison?.count == 10 && found.unpairedCount == 2 && found.comparison?.difference == 0.5)
    #expect(found.json.objectValue?["proportions"]?.objectValue?["only_first"] == 5)
    let clustered = try RunComparison(
      run("a", right: 9, of: 12, subjects: 4), run("b", right: 4, of: 12, subjects: 4),
      options: ComparisonOptions(clusters: "subject"))
    #expect(
      clustered.comparison?.clusterCount == 4 && clustered.json.objectValue?["p_value_method"] == "permutation")
    let nothing = try RunComparison(
      Fixtures.run(samples: [Fixtures.sample(0, score: nil)]), Fixtures.run(samples: [Fixtures.sample(0, score: 1)]))
    #expect(nothing.comparison == nil && nothing.unscoredCount == 1 && nothing.json.objectValue?["difference"] == .null)
  }

  @Test("Runs that cannot be compared are errors")
  func incomparable() throws {
    let first = run("a", right: 1, of: 3)
    #expect(throws: BenchmarkError.self) { try RunComparison(first, Fixtures.run(samples: [])) }
    for options in [
      ComparisonOptions(metric: "acuracy"), ComparisonOptions(paired: .init(level: 1)),
      ComparisonOptions(paired: .init(margin: -1)), ComparisonOptions(paired: .init(margin: .nan)),
    ] {
      #expect(throws: BenchmarkError.self) { try RunComparison(first, first, options: options) }
    }
    let plain = Fixtures.run(samples: [Fixtures.sample(0, score: 1)])
    #expect(throws: BenchmarkError.self) {
      try RunComparison(plain, plain, options: ComparisonOptions(clusters: "subject"))
    }
  }

  @Test("Intervals of one's choice, and what does not fit")
  func estimates() throws {
    let run = run("a", right: 7, of: 12, subjects: 3)
    for method in EstimateOptions.methods {
      let found = try run.estimate(Fixtures.accuracy, options: EstimateOptions(method: method, replicates: 500))
      #expect(found.interval?.method == method && found.mean == 7.0 / 12)
    }
    let clustered = try run.estimate(Fixtures.accuracy, options: EstimateOptions(clusters: "subject"))
    #expect(clustered.interval?.method == .student)
    #expect(clustered.standardError != (try run.estimate(Fixtures.accuracy, options: EstimateOptions())).standardError)
    for method in [ConfidenceInterval.Method.wilson, .jeffreys] {
      #expect(throws: BenchmarkError.self) {
        try run.estimate(Fixtures.accuracy, options: EstimateOptions(method: method, clusters: "subject"))
      }
    }
    let averages = run.json(level: 0.95).objectValue?["averages"]?.objectValue
    #expect(averages?["subjects"] == 3 && averages?["macro"]?.objectValue?["mean"]?.doubleValue == 7.0 / 12)
    #expect(
      run.json(level: 0.95).objectValue?["sample_seconds"]?.objectValue?["median_seconds"]?.objectValue?["lower"]
        == .null)
  }

  @Test("A report reads back as it was written")
  func savedReport() throws {
    let folder = "/tmp/gemmabench-saved-\(UInt64.random(in: 0...UInt64.max))"
    let failed = CellRecord(
      cell: Fixtures.cell(of: "bad", task: 1), taskName: "gsm8k",
      outcome: .failure(BenchmarkError(.notFound, "nowhere")))
    let report = try Fixtures.report(cells: Array(cells.prefix(3)) + [failed])
    try report.write(to: folder)
    for path in [folder, folder + "/comprehensive_report.json", folder + "/samples.jsonl"] {
      let saved = try SavedSweep.read(path)
      let again = SweepReport(record: saved.record, libraryVersion: saved.libraryVersion)
      #expect(try again.render("json") == report.render("json"))
      #expect(try again.render("samples") == report.render("samples"))
      #expect(try again.render("table") == report.render("table"))
    }
    let samples = try FileSystem.readText(folder + "/samples.jsonl")
    for broken in ["", "{}\n" + samples, samples + samples, samples.replacing("\"id\"", with: "\"name\""), "["] {
      try FileSystem.write(broken, to: folder + "/samples.jsonl")
      let error = #expect(throws: BenchmarkError.self) { try SavedSweep.read(folder) }
      #expect(error?.kind == .invalidFile && error?.message.contains("samples.jsonl") == true)
    }
    for broken in ["{}", "[]", "{\"gemmabench\": \"1\", \"plan\": {}, \"cells\": []}", "nonsense"] {
      try FileSystem.write(broken, to: folder + "/comprehensive_report.json")
      #expect(throws: BenchmarkError.self) { try SavedSweep.read(folder) }
    }
    let missing = #expect(throws: BenchmarkError.self) { try SavedSweep.read(folder + "/nowhere") }
    #expect(missing?.kind == .notFound)
  }

  @Test("Questions of power are answered, or refused with the range")
  func power() throws {
    let asked = try PowerReport(.init(baseline: 0.6, difference: 0.05, items: 800, discordance: 0.2, halfWidth: 0.02))
    #expect((asked.power ?? 0) > 0.8 && (asked.itemsNeeded ?? 0) < 800 && (asked.minimumDetectableEffect ?? 1) < 0.05)
    #expect(asked.itemsForHalfWidth != nil && asked.runsNeeded == nil)
    #expect(asked.json.objectValue?["items_needed"]?.integerValue == asked.itemsNeeded)
    // Responses within a run count as runs do.
    let repeats = try PowerReport(
      .init(baseline: 0.6, difference: 0.05, items: 800, runs: 2, repeats: 3, samplingVariance: 0.2))
    let runs = try PowerReport(.init(baseline: 0.6, difference: 0.05, items: 800, runs: 6, samplingVariance: 0.2))
    #expect(repeats.power == runs.power && repeats.itemsNeeded == runs.itemsNeeded)
    let needed = try #require(runs.runsNeeded)
    #expect(repeats.runsNeeded == (needed + 2) / 3 && repeats.repeatsNeeded == (needed + 1) / 2)
    let wrong: [PowerReport.Question] = [
      .init(), .init(baseline: 2, items: 5), .init(difference: 0.9), .init(difference: .nan), .init(items: -1),
      .init(items: 5, power: 1), .init(items: 5, significance: 0), .init(items: 5, runs: 0),
      .init(items: 5, samplingVariance: 1), .init(items: 5, discordance: -1), .init(halfWidth: 1),
      .init(difference: 0.3, discordance: 0.1),
    ]
    for question in wrong {
      let error = #expect(throws: BenchmarkError.self) { try PowerReport(question) }
      #expect(error?.kind == .invalidArgument && error?.message.hasPrefix("power: ") == true)
    }
  }
}
