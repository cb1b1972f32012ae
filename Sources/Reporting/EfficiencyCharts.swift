import Charts
import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// Charts of tasks that are timed, where a sweep has them: a sample is a prompt and a count of tokens to be made after it, and
/// its numbers are medians over repetitions with their bootstrap intervals.
struct EfficiencyCharts {
  let source: ChartSource

  private static let curves = [
    (metric: TimingMetric.decodeRate, title: "tokens generated per second", unit: "tokens/s"),
    (metric: .timeToFirstToken, title: "seconds to the first token", unit: "s"),
  ]
  private static let percentiles = [
    (metric: TimingMetric.interTokenMedian, name: "median", percentile: 50.0),
    (metric: .interTokenP95, name: "95th percentile", percentile: 95),
    (metric: .interTokenP99, name: "99th percentile", percentile: 99),
  ]

  /// The tasks of the plan that are timed: usually one, several where their prompts or lengths differ.
  private var tasks: [ChartSource.TaskColumn] { source.tasks.filter(\.metric.isTimed) }

  /// A sample's median over its repetitions, with the interval that they give; nil where nothing was measured.
  private struct Reading {
    let sample: SampleRecord
    let median: Double
    let interval: ConfidenceInterval?
    /// Repetitions with a value.
    let count: Int

    init?(_ timing: TimingMetric, of sample: SampleRecord, in run: RunRecord, level: Double) {
      guard let metric = run.metrics.first(where: { $0.name == timing.rawValue }) else { return nil }
      let estimate = run.estimate(metric, of: sample, level: level)
      guard let median = estimate.median, median.isFinite else { return nil }
      self.sample = sample
      self.median = median
      interval = estimate.interval
      count = sample.repetitionCount(of: metric)
    }
  }

  private func record(_ task: ChartSource.TaskColumn, _ model: String) -> RunRecord? { task.entries[model]?.runs.first }

  /// What a subtitle says of intervals: a sample that was measured too few times has none.
  private func intervalWords(_ task: ChartSource.TaskColumn) -> String {
    let hasIntervals = source.models.contains { model in
      guard let run = record(task, model) else { return false }
      return run.samples.contains { Reading(.decodeRate, of: $0, in: run, level: source.level)?.interval != nil }
    }
    return hasIntervals ? " with their \(source.intervalName) by the bootstrap" : ", too few for an interval"
  }

  /// Rate and waiting time against output length: a row a prompt, a line a model; one chart a task.
  var byLength: ChartOutcome {
    let tasks = tasks
    if tasks.isEmpty { return .nothing(reason: "no run of the efficiency task") }
    let charts = tasks.compactMap { byLength($0, title: tasks.count > 1 ? ": \($0.name)" : "") }
    return charts.isEmpty
      ? .nothing(reason: "no measurement of the efficiency task is complete") : .charts(Chart.numbered(charts))
  }

  private func byLength(_ task: ChartSource.TaskColumn, title: String) -> Chart? {
    var data = DataTable([
      "model", "prompt", "prompt_tokens", "output_tokens", "metric", "median", "lower", "upper", "repetitions",
    ])
    var prompts: [String] = []
    for sample in source.models.flatMap({ record(task, $0)?.samples ?? [] }) {
      let prompt = Self.prompt(of: sample)
      if !prompts.contains(prompt) { prompts.append(prompt) }
    }
    var panels: [XYChart.Panel] = []
    for prompt in prompts {
      for curve in Self.curves {
        var series: [XYChart.Series] = []
        var promptTokens: Set<Int> = []
        for (number, model) in source.models.enumerated() {
          guard let run = record(task, model) else { continue }
          let readings = run.samples.filter { Self.prompt(of: $0) == prompt }
            .compactMap { Reading(curve.metric, of: $0, in: run, level: source.level) }
          if readings.isEmpty { continue }
          for reading in readings {
            promptTokens.insert(reading.sample.promptTokens)
            data.add(
              .text(model), .text(prompt), .number(Double(reading.sample.promptTokens)),
              .number(Double(reading.sample.answerTokens)), .text(curve.metric.rawValue), .number(reading.median),
              .number(reading.interval?.lower), .number(reading.interval?.upper), .number(Double(reading.count)))
          }
          let spots = readings.map { reading in
            XYChart.Spot(
              Double(reading.sample.answerTokens), reading.median, yInterval: reading.interval?.range,
              tooltip: "\(model): \(Self.words(reading, curve.unit)), \(reading.sample.answerTokens) tokens generated")
          }
          series.append(
            XYChart.Series(name: model, number: number, spots: spots.sorted { $0.x < $1.x }, join: .lines))
        }
        if series.isEmpty { continue }
        let counts = promptTokens.sorted()
        let range = counts.count == 1 ? "\(counts[0])" : "\(counts[0]) to \(counts[counts.count - 1])"
        panels.append(
          XYChart.Panel(
            title: "\(curve.title), after a prompt of \(range) tokens",
            xAxis: Axis(title: "tokens generated", format: .number(unit: ""), includes: [0]),
            yAxis: Axis(title: curve.unit, format: .number(unit: ""), includes: [0]), series: series))
      }
    }
    if panels.isEmpty { return nil }
    return Chart(
      name: ChartKind.efficiency.name, title: "Efficiency by output length\(title)",
      subtitle: "Medians over repetitions\(intervalWords(task)); each prompt ran alone, without the prefix cache",
      notes: ["The numbers are for this machine."], body: .plane(XYChart(panels: panels)), data: data)
  }

  /// The time from a token to the next, of each prompt and length, a group a model; one chart a task with measurements.
  var betweenTokens: [Chart] {
    let tasks = tasks
    return Chart.numbered(tasks.compactMap { betweenTokens($0, title: tasks.count > 1 ? ": \($0.name)" : "") })
  }

  private func betweenTokens(_ task: ChartSource.TaskColumn, title: String) -> Chart? {
    var data = DataTable([
      "model", "prompt", "prompt_tokens", "output_tokens", "percentile", "seconds", "lower", "upper", "repetitions",
    ])
    let groups = source.models.compactMap { model -> ForestPlot.Group? in
      guard let run = record(task, model) else { return nil }
      let rows = run.samples.compactMap { sample -> ForestPlot.Row? in
        var values: [ForestPlot.Value] = []
        for (number, shown) in Self.percentiles.enumerated() {
          guard let reading = Reading(shown.metric, of: sample, in: run, level: source.level), reading.median > 0 else {
            continue
          }
          data.add(
            .text(model), .text(Self.prompt(of: sample)), .number(Double(sample.promptTokens)),
            .number(Double(sample.answerTokens)), .number(shown.percentile), .number(reading.median),
            .number(reading.interval?.lower), .number(reading.interval?.upper), .number(Double(reading.count)))
          values.append(
            ForestPlot.Value(
              reading.median, interval: reading.interval?.range, series: number,
              tooltip: "\(model), \(sample.id): \(shown.name) \(Self.words(reading, "s"))"))
        }
        let label = "prompt of \(sample.promptTokens), \(sample.answerTokens) generated"
        return values.isEmpty ? nil : ForestPlot.Row(label: label, values: [values])
      }
      return rows.isEmpty ? nil : ForestPlot.Group(title: model, rows: rows)
    }
    if groups.isEmpty { return nil }
    return Chart(
      name: "\(ChartKind.latency.name)-between-tokens", title: "Time between tokens\(title)",
      subtitle: "Percentiles of a generation: medians over repetitions\(intervalWords(task))",
      body: .intervals(
        ForestPlot(
          panels: [
            ForestPlot.Panel(axis: Axis(title: "seconds", format: .number(unit: "s"), isLogarithmic: true))
          ], groups: groups, series: Self.percentiles.map(\.name))),
      data: data)
  }

  private static func words(_ reading: Reading, _ unit: String) -> String {
    func text(_ value: Double) -> String {
      unit == "s" ? CostCharts.time(value) : ValueFormat.number(unit: unit).text(value)
    }
    let interval = reading.interval.map { " (\(text($0.lower)) – \(text($0.upper)))" } ?? ""
    return text(reading.median) + interval
  }

  /// The name of a sample is the number of its prompt, "/", the tokens made.
  private static func prompt(of sample: SampleRecord) -> String {
    sample.id.split(separator: "/").first.map(String.init) ?? sample.id
  }
}
