import Evaluation
@preconcurrency import Glibc
import Statistics
import Support
import Tasks
import Testing

@testable import Charts
@testable import Plan
@testable import Records
@testable import Reporting

/// What a sweep's charts show, and what is said where there is nothing to show.
@Suite struct SweepChartsTests {
  private func run(
    _ model: String, _ task: String = "mmlu", right: Int, of count: Int, subjects: [String] = ["algebra"],
    facts: JSONObject = [:]
  ) -> RunRecord {
    let samples = (0..<count).map { index in
      Fixtures.sample(index, score: index < right ? 1 : 0, subject: subjects[index % subjects.count])
    }
    var record = RunRecord(
      modelName: model, model: .object(facts), taskName: task, specification: ["type": .string(task)], dataFiles: [],
      metrics: [Fixtures.accuracy], limit: nil, samples: samples, plannedCount: count, seconds: 1, tokensAsked: 1,
      tokensComputed: 1, startedAt: "2026-01-02T03:04:05Z")
    record.groups = TaskCatalogue.groups(ofType: task)
    return record
  }

  private func charts(_ kind: ChartKind, _ runs: [RunRecord], failed: [CellRecord] = []) throws -> [Chart] {
    switch try Fixtures.report(cells: runs.map(Fixtures.cell) + failed).charts(kind) {
    case .charts(let charts): charts
    case .nothing: []
    }
  }

  private func reason(_ kind: ChartKind, _ runs: [RunRecord]) throws -> String? {
    switch try Fixtures.report(cells: runs.map(Fixtures.cell)).charts(kind) {
    case .charts: nil
    case .nothing(let reason): reason
    }
  }

  private var two: [RunRecord] {
    [
      run("good", right: 55, of: 60), run("good", "gsm8k", right: 30, of: 60), run("bad", right: 20, of: 60),
      run("bad", "gsm8k", right: 31, of: 60),
    ]
  }

  @Test(
    "The heatmap has every cell with score and interval; a failed one says why; the numbers are in the table beside it")
  func heatmap() throws {
    let chart = try #require(try charts(.heatmap, two, failed: [Fixtures.failed]).first)
    guard case .matrix(let matrix) = chart.body else { return #expect(Bool(false)) }
    #expect(matrix.columns == ["mmlu", "gsm8k"] && matrix.groups[0].rows.map(\.label) == ["good", "bad", "other"])
    let cell = matrix.groups[0].rows[0].cells[0]
    let interval = try #require(ConfidenceInterval.wilson(successes: 55, count: 60, level: 0.95))
    #expect(cell.lines == ["91.7%", "\((interval.lower * 100).fixed(1))–\((interval.upper * 100).fixed(1))"])
    let missing = matrix.groups[0].rows[2].cells
    #expect(missing[1].level == nil && missing[1].tooltip.contains("no such folder"))
    #expect(missing[0].tooltip.contains("not run"))
    #expect(
      chart.data.text.hasPrefix(
        "model,task,metric,score,lower,upper,samples,unscored,unit,higher_is_better\ngood,mmlu,accuracy,\(55.0 / 60),"))
    #expect(chart.data.rows.count == 6)
  }

  @Test("Colours span the scores' range, in whole tenths and at least two")
  func colorRange() {
    #expect(ScoreCharts.colorRange([0.42, 0.58]) == (0.4, 0.6))
    #expect(ScoreCharts.colorRange([0.5]) == (0.4, 0.6) || ScoreCharts.colorRange([0.5]) == (0.5, 0.7))
    #expect(ScoreCharts.colorRange([1]) == (0.8, 1) && ScoreCharts.colorRange([0, 1]) == (0, 1))
    #expect(ScoreCharts.colorRange([0]) == (0, 0.2))
  }

  @Test("Subjects stand in the groups that their task publishes, best first; many models make a heatmap of it")
  func subjects() throws {
    let names = ["abstract_algebra", "philosophy", "virology", "anatomy"]
    // Samples 0 to 5 of 12 are right: the first two subjects have one more right sample than the others.
    let chart = try #require(try charts(.subjects, [run("a", right: 6, of: 12, subjects: names)]).first)
    guard case .intervals(let intervals) = chart.body else { return #expect(Bool(false)) }
    #expect(intervals.groups.map(\.title) == ["Humanities", "STEM", "Other"])
    #expect(intervals.groups[1].rows.map(\.label) == ["abstract algebra", "anatomy"])
    let many = (0..<5).map { run("m\($0)", right: 6, of: 12, subjects: names) }
    guard case .matrix(let matrix) = try #require(try charts(.subjects, many).first).body else {
      return #expect(Bool(false))
    }
    #expect(matrix.columns.count == 5)
    let own = try #require(try charts(.subjects, [run("a", right: 2, of: 4, subjects: ["x", "y"])]).first)
    guard case .intervals(let plain) = own.body else { return #expect(Bool(false)) }
    #expect(plain.groups.map(\.title) == [nil])
  }

  @Test("The forest plot has the better model first, the analysis' probabilities, and hollow dots for ties")
  func differences() throws {
    let chart = try #require(try charts(.differences, two).first)
    guard case .intervals(let forest) = chart.body else { return #expect(Bool(false)) }
    #expect(forest.groups.map(\.title) == ["mmlu", "gsm8k"] && forest.reference == 0)
    let row = forest.groups[0].rows[0]
    #expect(row.label == "good − bad" && row.texts[3] == "better" && !row.values[0][0].isHollow)
    #expect(abs(row.values[0][0].value - 35.0 / 60) < 1e-12)
    #expect(forest.groups[1].rows[0].label == "bad − good" && forest.groups[1].rows[0].values[0][0].isHollow)
    let probability = try #require(McNemarTest(onlyFirst: 35, onlySecond: 0)?.midProbability)
    #expect(chart.data.rows[0][6] == .number(probability))
    // Many models: the best one's pairs are drawn, all are in the table.
    let many = try #require(try charts(.differences, (0..<10).map { run("m\($0)", right: 20 + 3 * $0, of: 60) }).first)
    guard case .intervals(let short) = many.body else { return #expect(Bool(false)) }
    #expect(short.groups[0].rows.count == 9 && many.data.rows.count == 45 && many.notes.count == 2)
  }

  @Test("Ranks and significance: a chart a task and one for all, models from the best down")
  func ranks() throws {
    let ranks = try charts(.ranks, two)
    #expect(ranks.map(\.name) == ["ranks-mmlu", "ranks-gsm8k", "ranks-all-tasks"])
    guard case .matrix(let matrix) = ranks[1].body else { return #expect(Bool(false)) }
    #expect(matrix.groups[0].rows.map(\.label) == ["bad", "good"] && matrix.columns == ["1", "2"])
    let significance = try charts(.significance, two)
    guard case .matrix(let pairs) = significance[0].body else { return #expect(Bool(false)) }
    let (first, second) = (pairs.groups[0].rows[0].cells[1], pairs.groups[0].rows[1].cells[0])
    #expect(first.lines[0] == "+58.3" && second.lines[0] == "-58.3" && first.level == 1 && second.level == 0)
    guard case .matrix(let ties) = significance[1].body else { return #expect(Bool(false)) }
    #expect(ties.groups[0].rows.allSatisfy { $0.cells.allSatisfy { $0.level == nil } })
  }

  @Test("The front holds what no other point is both cheaper and better than")
  func front() {
    #expect(CostCharts.front([(1, 0.5), (2, 0.4), (3, 0.9), (0.5, 0.2), (3, 0.8)]) == [3, 0, 2])
    #expect(CostCharts.front([(1, 0.5), (1, 0.5)]) == [0] && CostCharts.front([]).isEmpty)
  }

  @Test("Quantisations of one model are one ladder, whatever its files are called")
  func quantization() throws {
    func facts(_ path: String, _ type: JSONValue, bytes: Int) -> JSONObject {
      [
        "path": .string(path), "parameters": 1000, "weight_bytes": JSONValue(bytes), "quantization": type,
        "element_type": "bfloat16",
      ]
    }
    let runs = [
      run("a", right: 9, of: 10, facts: facts("models/a", .null, bytes: 2000)),
      run("a:q8_0", right: 8, of: 10, facts: facts("models/a", "q8_0", bytes: 1063)),
      run("a-q4", right: 6, of: 10, facts: facts("files/a-Q4_K_M.gguf", "q4_k", bytes: 563)),
      run("b", right: 6, of: 10, facts: facts("models/b", .null, bytes: 2000)),
    ]
    guard case .plane(let plane) = try #require(try charts(.quantization, runs).first).body else {
      return #expect(Bool(false))
    }
    #expect(plane.panels.count == 1 && plane.panels[0].series.count == 1)
    #expect(plane.panels[0].series[0].spots.map(\.label) == ["q4_k", "q8_0", "bfloat16"])
    #expect(plane.panels[0].series[0].spots.map(\.x) == [4.504, 8.504, 16])
    #expect(QualityCharts.Step.base(of: "x/gemma-3-1b-it.f16.gguf") == "gemma-3-1b-it")
    #expect(QualityCharts.Step.base(of: "google/gemma-3-1b-it") == "gemma-3-1b-it")
  }

  @Test("Files that a plan calls quantisations of one base are one ladder, whatever they are called")
  func base() throws {
    func facts(_ path: String, _ base: String?, _ type: String, bytes: Int) -> JSONObject {
      var facts: JSONObject = [
        "path": .string(path), "parameters": 1000, "weight_bytes": JSONValue(bytes), "element_type": .string(type),
      ]
      if let base { facts["base"] = .string(base) }
      return facts
    }
    let runs = [
      run("whole", right: 9, of: 10, facts: facts("models/a", nil, "bfloat16", bytes: 2000)),
      run("mine", right: 8, of: 10, facts: facts("files/tuned.gguf", "a", "q8_0", bytes: 1063)),
      run("blob", right: 6, of: 10, facts: facts("blobs/sha256-01", "a", "q4_k_m", bytes: 600)),
      run("other", right: 6, of: 10, facts: facts("blobs/sha256-02", nil, "q4_k_m", bytes: 600)),
    ]
    guard case .plane(let plane) = try #require(try charts(.quantization, runs).first).body else {
      return #expect(Bool(false))
    }
    #expect(plane.panels[0].series.map { $0.spots.map(\.label) } == [["q4_k_m", "q8_0", "bfloat16"]])
  }

  @Test("Runs of one model are small dots around their mean, with the interval over runs")
  func variation() throws {
    var runs = [run("a", right: 3, of: 10), run("a", right: 5, of: 10), run("a", right: 4, of: 10)]
    for index in runs.indices { runs[index].seeds = RunSeeds(run: index + 1, planSeed: 1234, varying: []) }
    let chart = try #require(try charts(.variation, runs).first)
    guard case .intervals(let intervals) = chart.body else { return #expect(Bool(false)) }
    let values = intervals.groups[0].rows[0].values[0]
    #expect(abs(values[0].value - 0.4) < 1e-12 && values.dropFirst().map(\.value) == [0.3, 0.5, 0.4])
    #expect(values.map(\.isSmall) == [false, true, true, true])
    let summary = try #require(RunSummary([0.3, 0.5, 0.4])?.interval)
    #expect(values[0].interval == summary.range)
  }

  @Test(
    "Efficiency has a line a model against the tokens made, a percentile each between tokens, and the peak of memory")
  func efficiency() throws {
    let names = [
      "decode_tokens_per_second", "time_to_first_token_seconds", "inter_token_median_seconds",
      "inter_token_p95_seconds", "peak_memory_bytes",
    ]
    func run(_ model: String, rate: Double) -> RunRecord {
      let samples = [("1/256", 256), ("1/128", 128), ("2/128", 128)].map { id, made in
        let values = [rate, 0.2, 1 / rate, 2 / rate, 3e9]
        return SampleRecord(
          id: id, promptSHA256: "", target: "", response: .logLikelihoods([], tokenCounts: []),
          score: Score(metrics: zip(names, values).map { MetricValue(name: $0, value: $1) }, flags: []), flags: [],
          promptTokens: 10,
          answerTokens: made, seconds: 1)
      }
      return RunRecord(
        modelName: model, model: [:], taskName: "efficiency", specification: ["type": "efficiency"], dataFiles: [],
        metrics: names.map { Metric(name: $0, summary: "", upperBound: .infinity, isBinary: false, kind: .timing) },
        limit: nil,
        samples: samples, plannedCount: 3, seconds: 1, tokensAsked: 1, tokensComputed: 1,
        startedAt: "2026-01-02T03:04:05Z")
    }
    let runs = [run("a", rate: 50), run("b", rate: 25)]
    guard case .plane(let plane) = try #require(try charts(.efficiency, runs).first).body else {
      return #expect(Bool(false))
    }
    #expect(plane.panels.count == 4 && plane.panels[0].series.map(\.name) == ["a", "b"])
    #expect(plane.panels[0].series[1].spots.map(\.x) == [128, 256] && plane.panels[0].series[1].spots[0].y == 25)
    let latency = try charts(.latency, runs)
    #expect(latency.map(\.name) == ["latency-between-tokens"] && latency[0].data.rows.count == 12)
    let memory = try #require(try charts(.memory, runs).first)
    #expect(memory.data.rows[0] == ["a", .number(nil), .number(3e9)])
    for chart in latency + [memory] { #expect(try !chart.drawing().marks.isEmpty) }
    #expect(try reason(.heatmap, runs) == "no task has scores that are fractions")
  }

  @Test("Times and rates have the bootstrap's intervals over repetitions, in the chart, on the drawing and in the data")
  func efficiencyIntervals() throws {
    let steps = [0.1, 0.2, 0.3, 0.15, 0.25]
    let run = try EfficiencyReportTests.run(steps: steps)
    let waits = try #require(Quantiles.stratifiedMedian([steps.map { $0 / 10 }]))
    let rates = try #require(Quantiles.stratifiedMedian([steps.map { 2 / (2 * $0) }]))
    let gaps = try #require(Quantiles.stratifiedMedian([steps]))
    let chart = try #require(try charts(.efficiency, [run]).first)
    guard case .plane(let plane) = chart.body else { return #expect(Bool(false)) }
    for (panel, expected) in zip(plane.panels, [rates, waits]) {
      let spot = try #require(panel.series.first?.spots.first)
      let interval = try #require(spot.yInterval)
      let wanted = try #require(expected.interval)
      #expect(spot.x == 3 && abs(spot.y - expected.value) < 1e-9 && interval.contains(spot.y))
      #expect(abs(interval.lowerBound - wanted.lower) < 1e-9 && abs(interval.upperBound - wanted.upper) < 1e-9)
    }
    #expect(chart.data.header.suffix(4) == ["median", "lower", "upper", "repetitions"])
    let row = try #require(chart.data.rows.first)
    let ends = try #require(plane.panels[0].series[0].spots[0].yInterval)
    #expect(row.suffix(3) == [.number(ends.lowerBound), .number(ends.upperBound), .number(5)])
    #expect(try chart.drawing().marks.count { $0.role == .interval } == 2)

    let latency = try #require(try charts(.latency, [run]).first { $0.name == "latency-between-tokens" })
    guard case .intervals(let intervals) = latency.body else { return #expect(Bool(false)) }
    let values = intervals.groups[0].rows[0].values[0]
    #expect(values.count == 3)
    for value in values {
      let interval = try #require(value.interval)
      let wanted = try #require(gaps.interval)
      #expect(abs(interval.lowerBound - wanted.lower) < 1e-9 && abs(interval.upperBound - wanted.upper) < 1e-9)
    }
    #expect(latency.data.header.suffix(4) == ["seconds", "lower", "upper", "repetitions"])
    #expect(try latency.drawing().marks.count { $0.role == .interval } == 3)
    // One repetition says nothing of the spread.
    let single = try #require(try charts(.efficiency, [try EfficiencyReportTests.run(steps: [0.1])]).first)
    #expect(try !single.drawing().marks.contains { $0.role == .interval })
    #expect(single.data.rows[0].suffix(3) == [.number(nil), .number(nil), .number(1)])
  }

  @Test("Flags are shares of a task's samples, a bar a model; tasks without flags are not shown")
  func flags() throws {
    func flagged(_ model: String, _ task: String, _ flags: [[String]]) -> RunRecord {
      Fixtures.run(
        model: model, task: task,
        samples: flags.enumerated().map { Fixtures.sample($0.offset, score: 0, flags: $0.element) })
    }
    let chart = try #require(
      try charts(
        .flags,
        [
          flagged("a", "mmlu", [["no_answer"], ["no_answer", "stopped_at_length"], [], []]),
          flagged("b", "mmlu", [[], [], [], ["no_answer"]]), run("a", "gsm8k", right: 1, of: 4),
        ]
      ).first)
    guard case .bars(let bars) = chart.body else { return #expect(Bool(false)) }
    #expect(bars.series == ["a", "b"] && bars.groups.map(\.title) == ["mmlu"])
    #expect(bars.groups[0].rows.map(\.label) == ["no_answer", "stopped_at_length"])
    #expect(bars.groups[0].rows.map { $0.bars.map(\.value) } == [[0.5, 0.25], [0.25, 0]])
    let wilson = try #require(ConfidenceInterval.wilson(successes: 2, count: 4, level: 0.95))
    #expect(bars.groups[0].rows[0].bars[0].interval == wilson.lower...wilson.upper)
    #expect(chart.data.rows.count == 4)
    // With several runs, a sample's share over them: no binomial interval for what was not independent.
    let runs = [flagged("a", "mmlu", [["x"], []]), flagged("a", "mmlu", [[], []])]
    let shares = try #require(try charts(.flags, runs).first)
    guard case .bars(let repeated) = shares.body else { return #expect(Bool(false)) }
    #expect(repeated.groups[0].rows[0].bars[0].value == 0.25)
  }

  @Test("What there is nothing of is left out, with the reason")
  func reasons() throws {
    let one = [run("a", right: 3, of: 10)]
    for kind in [ChartKind.differences, .significance, .ranks] {
      #expect(try reason(kind, one)?.contains("fewer than two models") == true)
    }
    #expect(try reason(.subjects, one) == "no task has scores of two subjects or more")
    #expect(try reason(.efficiency, one)?.contains("efficiency task") == true)
    #expect(try reason(.variation, one) == "no model ran a task more than once")
    #expect(try reason(.quantization, one) != nil && reason(.memory, one) != nil)
    for kind in ChartKind.all { #expect(try reason(kind, []) == "no cell has a run") }
  }

  @Test("Charts of a report are written with their numbers beside them; one of them by its name and the path's ending")
  func writing() throws {
    var template = Array("/tmp/gemmabench-charts-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    let folder = try #require(made)
    let report = try Fixtures.report(cells: two.map(Fixtures.cell))
    let written = try report.writeCharts(to: folder + "/all", formats: [.svg, .png, .pdf])
    let files = try FileSystem.list(folder + "/all")
    #expect(files == written.files.sorted())
    for name in ["heatmap", "comparison", "differences", "ranks-mmlu", "cost", "calibration-mmlu"] {
      for ending in ["svg", "png", "pdf", "csv"] { #expect(files.contains("\(name).\(ending)")) }
    }
    #expect(
      Set(written.omissions.map(\.kind)) == [
        .subjects, .efficiency, .latency, .memory, .quantization, .variation, .flags,
      ])
    #expect(try FileSystem.read(folder + "/all/heatmap.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try FileSystem.read(folder + "/all/heatmap.pdf").starts(with: Array("%PDF".utf8)))
    try report.writeChart("ranks-gsm8k", to: folder + "/r.csv")
    #expect(try FileSystem.readText(folder + "/r.csv").hasPrefix("model,rank,probability\n"))
    for (name, path) in [
      ("heatmop", "a.svg"), ("ranks", "a.svg"), ("memory", "a.svg"), ("heatmap", "a"), ("heatmap", "a.gif"),
    ] {
      let error = #expect(throws: BenchmarkError.self) { try report.writeChart(name, to: "\(folder)/\(path)") }
      #expect(error?.kind == .invalidArgument && error?.message.contains("\n") == false)
    }
    for file in files { unlink("\(folder)/all/\(file)") }
    for file in ["r.csv"] { unlink("\(folder)/\(file)") }
    rmdir(folder + "/all")
    #expect(rmdir(folder) == 0)
  }
}
