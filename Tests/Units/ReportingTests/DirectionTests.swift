import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting
@testable import Running
@testable import Store

/// A metric that is better the lower it is, in a unit of its own, through everything that is printed.
struct DirectionTests {
  static let errors = Metric(
    name: "errors", summary: "mistakes in a text", lowerBound: 0, upperBound: 100, higherIsBetter: false,
    isBinary: false,
    unit: .own("errors"))
  static let leaks = Metric(name: "leaks", summary: "the share of answers that leak", higherIsBetter: false)

  static func cell(_ model: String, task: String, _ metric: Metric, number: Int = 0, _ scores: [Double]) -> CellRecord {
    let samples = scores.enumerated().map { index, score in
      SampleRecord(
        id: "s\(index)", attributes: SampleAttributes(subject: index % 2 == 0 ? "even" : "odd"),
        promptSHA256: SHA256.hexadecimal("\(index)"),
        prompt: "solved\n\nquestion \(index)", target: "A", response: .generated(text: "A", finishReason: .endOfText),
        score: Score(metrics: [MetricValue(name: metric.name, value: score, prediction: "A")], flags: []), flags: [],
        promptTokens: 10, answerTokens: 2, seconds: 0.5)
    }
    let run = RunRecord(
      modelName: model,
      model: [
        "name": .string(model), "parameters": 270_000_000, "element_type": "bfloat16", "compute_type": "float32",
      ],
      taskName: task, specification: ["type": "custom", "name": .string(task), "shots": 1], dataFiles: [],
      metrics: [metric],
      limit: nil, samples: samples, plannedCount: samples.count, seconds: 1, tokensAsked: 0, tokensComputed: 0,
      startedAt: "2026-01-02T03:04:05Z")
    return CellRecord(cell: Fixtures.cell(of: model, task: number), taskName: task, outcome: .success(run))
  }

  /// "careful" makes 39.75 errors on average and "hasty" 59.75, sample by sample 20 more.
  static func report() throws -> SweepReport {
    let counts: [Double] = [38, 39, 40, 42]
    let low: [Double] = (0..<40).map { counts[$0 % 4] }
    let high: [Double] = low.map { $0 == 38 ? 58.5 : $0 + 20 }
    return try Fixtures.report(
      cells: [
        cell("hasty", task: "typos", errors, high),
        cell("careful", task: "typos", errors, low),
      ])
  }

  @Test("The model with fewer errors is ranked first, wins, and is called better")
  func ranking() throws {
    let report = try Self.report()
    let ranking = try #require(report.analysis?.tasks.first?.ranking)
    #expect(ranking.order == [1, 0] && ranking.leaders == [1] && ranking.places[1].rank == 1)
    #expect(ranking.places[1].bestRank == 1 && ranking.places[0].bestRank == 2)
    #expect(ranking.places[1].rankProbabilities == [1, 0] && ranking.pairs[0].better == 1)
    #expect(report.analysis?.tasks.first?.difficulty == nil && report.analysis?.overall == nil)
    #expect(report.executiveSummary.contains("**careful** is ahead of hasty by"))
    #expect(report.executiveSummary.contains("lower is better"))
    #expect(try report.render("leaderboard").contains("| 1 | careful | **39.75 errors"))
    #expect(try report.render("leaderboard").contains("typos: careful is ahead of every other model"))
    #expect(try report.render("table").contains("careful is better"))
  }

  @Test("Leaderboard and summary name the arithmetic of each model")
  func arithmetic() throws {
    let report = try Self.report()
    let line = "- Arithmetic (weights with activations): careful bfloat16 with float32, hasty bfloat16 with float32"
    #expect(try report.render("leaderboard").contains(line))
    #expect(report.executiveSummary.contains("| hasty | bfloat16 | float32 |"))
  }

  @Test("The mean of tasks says which of them it turns, also in the short form")
  func turned() throws {
    let low: [Double] = (0..<40).map { $0 % 4 == 0 ? 1 : 0 }
    let cells = ["a", "b"].flatMap { model in
      [
        Self.cell(model, task: "secrets", Self.leaks, low),
        Self.cell(model, task: "facts", Fixtures.accuracy, number: 1, low),
      ]
    }
    for form in ["short", "leaderboard"] {
      let text = try Fixtures.report(cells: cells).render(form)
      let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(
        words.contains("each counting the same, secrets as 1 minus the score because lower is better there"), "\(words)"
      )
    }
  }

  @Test("Tasks of different units: each lead has its unit, and what keeps models from a rank over all is said")
  func mixedUnits() throws {
    let low: [Double] = (0..<40).map { Double(38 + $0 % 4) }
    let cells = [
      Self.cell("good", task: "typos", Self.errors, low),
      Self.cell("good", task: "facts", Fixtures.accuracy, number: 1, Array(repeating: 1, count: 40)),
      Self.cell("bad", task: "typos", Self.errors, low.map { $0 + 20 }),
      Self.cell("bad", task: "facts", Fixtures.accuracy, number: 1, Array(repeating: 0, count: 40)),
    ]
    let report = try Fixtures.report(cells: cells)
    #expect(report.executiveSummary.contains("100.0 points before bad"))
    #expect(report.executiveSummary.contains("20 errors before bad"))
    let page = try report.render("leaderboard")
    #expect(page.contains("No ranks over all tasks: only one task has scores that are fractions"))
    #expect(page.contains("facts: good is ahead of every other model"))
  }

  @Test("No form prints a count as a share")
  func unit() throws {
    let report = try Self.report()
    for form in ["table", "terminal", "short", "markdown", "leaderboard", "summary", "html"] {
      let text = try report.render(form)
      #expect(!text.contains("3975.0%") && !text.contains("5987.5%"), "\(form)")
      #expect(text.contains("39.75 errors"), "\(form)")
    }
    #expect(try report.render("short").contains("lower is better") && report.render("html").contains("lower is better"))
  }

  @Test("Charts order, colour and label by direction and unit")
  func charts() throws {
    let report = try Self.report()
    guard case .charts(let differences) = report.charts(.differences), case .charts(let ranks) = report.charts(.ranks),
      case .charts(let comparison) = report.charts(.comparison), case .charts(let subjects) = report.charts(.subjects),
      case .charts(let significance) = report.charts(.significance)
    else {
      Issue.record("a kind of chart is missing")
      return
    }
    #expect(differences[0].name == "differences-typos")
    #expect(differences[0].data.text.contains("typos,careful,hasty,20.125,"))
    #expect(ranks[0].data.text.split(separator: "\n")[1].hasPrefix("careful,1,1"))
    #expect(comparison[0].data.text.contains("errors,no"))
    #expect(subjects[0].data.text.contains("careful"))
    for chart in differences + ranks + comparison + subjects + significance {
      let drawing = try String(decoding: chart.rendered(.svg), as: UTF8.self)
      #expect(
        !drawing.contains("%</text>") || chart.name.hasPrefix("ranks"), "\(chart.name)")
    }
    guard case .matrix(let matrix) = significance[0].body else {
      Issue.record("significance is no matrix")
      return
    }
    // The better row is at the same end of the colours as where more is better.
    #expect(matrix.groups[0].rows[0].label == "careful" && (matrix.groups[0].rows[0].cells[1].level ?? 0) > 0.5)
    #expect(
      matrix.groups[0].rows[0].cells[1].lines[0].hasPrefix("-20.13")
        && matrix.groups[0].rows[0].cells[1].lines[0].hasSuffix("errors"))
  }

  @Test("Shares that are better the lower they are count as what is missing from 1 among all tasks")
  func shares() throws {
    let good = (0..<40).map { $0 < 36 ? 1.0 : 0 }
    let report = try Fixtures.report(
      cells: [
        Self.cell("leaky", task: "secrets", Self.leaks, (0..<40).map { $0 < 30 ? 1.0 : 0 }),
        Self.cell("leaky", task: "gsm8k", Fixtures.accuracy, number: 1, good),
        Self.cell("tight", task: "secrets", Self.leaks, (0..<40).map { $0 < 2 ? 1.0 : 0 }),
        Self.cell("tight", task: "gsm8k", Fixtures.accuracy, number: 1, good),
      ])
    let overall = try #require(report.analysis?.overall)
    #expect(overall.models[overall.ranking.order[0]] == "tight")
    #expect(abs(overall.ranking.places[overall.ranking.order[0]].mean - 0.925) < 1e-12)
    let secrets = try #require(report.analysis?.tasks.first { $0.name == "secrets" })
    // The models leak in (30 + 2) of 80 answers.
    #expect(abs((secrets.difficulty?.value ?? 0) - 0.4) < 1e-12)
    guard case .charts(let heatmaps) = report.charts(.heatmap), case .matrix(let map) = heatmaps[0].body else {
      Issue.record("no heatmap")
      return
    }
    let leaky = try #require(map.groups[0].rows[0].cells[0].level)
    let tight = try #require(map.groups[0].rows[1].cells[0].level)
    #expect(leaky < tight && map.columns[0] == "secrets (lower is better)")
    // In the page a 0 is right.
    #expect(try report.render("html").contains("\"scores\":\"" + String(repeating: "0", count: 30)))
  }

  @Test("Direction and unit are read back from a written report, and from one of an earlier version")
  func saved() throws {
    let folder = "/tmp/gemmabench-direction-\(UInt64.random(in: 0...UInt64.max))"
    try Self.report().write(to: folder)
    let metric = try #require(SavedSweep.read(folder).record.runs.first?.metrics.first)
    #expect(metric == Self.errors)
    let old: JSONValue = [
      "name": "errors", "lower_bound": 0, "upper_bound": 100, "higher_is_better": false, "binary": false,
      "unit": "fraction",
      "aggregate": "mean",
    ]
    #expect(Metric(saved: old)?.unit == .number && Metric(saved: old)?.higherIsBetter == false)
    // Another file beside the report is not the report.
    try FileSystem.write("{}", to: folder + "/notes.json")
    let error = #expect(throws: BenchmarkError.self) { try SavedSweep.readRun(folder + "/notes.json") }
    #expect(error?.message.contains("notes.json: not a report") == true)
  }

  @Test("A comparison names the better one by the metric's direction, and counts what was gained and lost")
  func comparison() throws {
    let runs = try Self.report().record.runs
    let found = try RunComparison(runs[0], runs[1])
    #expect(found.better == "careful" && found.gainedCount == 0 && found.lostCount == 40)
    let json = try #require(found.json.objectValue)
    #expect(json["better"] == "careful" && json["unit"] == "errors" && json["higher_is_better"] == false)
    #expect(json["first_better"] == 0 && json["second_better"] == 40)
  }

  @Test("With few clusters, where interval and test disagree, the reader is told why")
  func fewClusters() throws {
    let scores = [0.30, 0.31, 0.29, 0.32]
    func run(_ model: String, _ scores: [Double]) throws -> RunRecord {
      let metric = Metric(name: "score", summary: "", isBinary: false)
      return try Self.cell(model, task: "own", metric, scores).outcome.get()
    }
    let samples = scores.flatMap { [$0, $0] }
    let found = try RunComparison(
      try run("a", samples.map { $0 + 0.3 }),
      try run("b", samples.enumerated().map { $0.element * (0.9 + 0.01 * Double($0.offset)) }),
      options: ComparisonOptions(clusters: "subject"))
    // Two clusters have four choices of signs, so p is 0.5 at least, while Student's interval leaves out 0.
    #expect(found.comparison?.clusterCount == 2 && found.comparison?.probability == 0.5)
    #expect((found.comparison?.interval?.lower ?? 0) > 0)
    #expect(found.disagreement?.contains("with 2 clusters") == true && found.disagreement?.contains("0.5000") == true)
  }

  @Test("The page searches the question, not the examples before it")
  func question() {
    func sample(_ id: Int, _ prompt: String) -> SampleRecord {
      var record = Fixtures.sample(id, score: 1)
      record.prompt = prompt
      return record
    }
    let shared = "About bones.\n\nHyoid?\nA\n\nFemur?\nB\n\n"
    let texts = [shared + "Skull?", shared + "Spine\n\nor rib?"]
    let fixed = QuestionStarts(texts.enumerated().map { sample($0.offset, $0.element) }, specification: ["shots": 2])
    for text in texts { #expect(fixed.start(of: nil, Array(text.utf8)) == shared.utf8.count) }
    let drawn = ["Q: hyoid\nA: 1\n\nQ: one", "Q: tibia\nA: 2\n\nQ: two"]
    let each = QuestionStarts(drawn.enumerated().map { sample($0.offset, $0.element) }, specification: ["shots": 1])
    #expect(each.start(of: nil, Array(drawn[0].utf8)) == 15)
    let none = QuestionStarts([sample(0, "One?"), sample(1, "Two?")], specification: [:])
    #expect(none.start(of: nil, Array("One?".utf8)) == 0)
  }

  /// A run of the efficiency task whose repetitions take so long, while others kept so many processors busy.
  private func timed(_ seconds: [Double], others: Double?) -> RunRecord {
    let measurements = seconds.map { seconds in
      Measurement(
        promptTokens: 10, timeToFirstTokenSeconds: 0.1, prefillSeconds: 0.1, interTokenSeconds: [seconds],
        ignoredEndTokens: 0, peakMemoryBytes: nil, otherProcessorSeconds: others.map { $0 * (seconds + 0.1) })
    }
    let sample = SampleRecord(
      id: "1/2", promptSHA256: "", target: "", response: .measured(measurements),
      score: Score(metrics: [], flags: []), flags: [], promptTokens: 10, answerTokens: 2, seconds: 1)
    return RunRecord(
      modelName: "a", model: [:], taskName: "efficiency", specification: ["type": "efficiency"], dataFiles: [],
      metrics: TimingMetric.metrics, limit: nil, samples: [sample], plannedCount: 1, seconds: 1, tokensAsked: 1,
      tokensComputed: 1, startedAt: "2026-01-02T03:04:05Z")
  }

  @Test("Outliers and a busy machine are warned of where speed is measured")
  func warnings() {
    let calm = timed([0.1, 0.101, 0.102, 0.103, 0.104], others: 0.1)
    #expect(SweepReport.outlierNote(calm) == nil && SweepReport.busyNote(calm) == nil)
    let busy = timed([0.1, 0.101, 0.102, 0.103, 0.9], others: 1.5)
    #expect(SweepReport.outlierNote(busy)?.contains("1 of 5 repetitions is an outlier") == true)
    #expect(SweepReport.busyNote(busy)?.contains("kept 1.5 processors busy") == true)
    #expect(SweepReport.busyNote(timed([0.1], others: nil)) == nil)
    // Too short to tell from ticks of a hundredth of a second.
    #expect(SweepReport.busyNote(timed([0.01], others: 2)) == nil)
  }
}
