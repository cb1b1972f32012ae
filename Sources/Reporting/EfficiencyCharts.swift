import Charts
import Statistics
import Support
import Sweeps
import Tasks

/// Charts of the efficiency task, where a sweep has it: a sample is a prompt and a count of tokens to be made after it, and
/// its scores are medians over repetitions.
struct EfficiencyCharts {
  let source: ChartSource

  /// The names that the task gives its metrics.
  static let peakMemory = "peak_memory_bytes"
  private static let decodeRate = "decode_tokens_per_second"
  private static let curves = [
    (metric: decodeRate, title: "tokens made a second", unit: "tokens/s"),
    (metric: "time_to_first_token_seconds", title: "seconds to the first token", unit: "s"),
  ]
  private static let percentiles = [
    (metric: "inter_token_median_seconds", name: "median", percentile: 50.0),
    (metric: "inter_token_p95_seconds", name: "95th percentile", percentile: 95),
    (metric: "inter_token_p99_seconds", name: "99th percentile", percentile: 99),
  ]

  private var task: ChartSource.TaskColumn? { source.tasks.first { $0.metric.name == Self.decodeRate } }

  private func samples(_ task: ChartSource.TaskColumn, _ model: String) -> [SampleRecord] {
    task.entries[model]?.runs.first?.samples ?? []
  }

  /// Rate and waiting time against output length: a row a prompt, a line a model.
  var byLength: ChartOutcome {
    guard let task else { return .nothing(reason: "no run of the efficiency task") }
    var data = DataTable(["model", "prompt", "prompt_tokens", "output_tokens", "metric", "median"])
    var prompts: [String] = []
    for sample in source.models.flatMap({ samples(task, $0) }) where !prompts.contains(Self.prompt(of: sample)) {
      prompts.append(Self.prompt(of: sample))
    }
    var panels: [PlaneChart.Panel] = []
    for prompt in prompts {
      for curve in Self.curves {
        var series: [PlaneChart.Series] = []
        var promptTokens: Set<Int> = []
        for (number, model) in source.models.enumerated() {
          var spots: [PlaneChart.Spot] = []
          for sample in samples(task, model) where Self.prompt(of: sample) == prompt {
            guard let value = sample.score.value(of: curve.metric), value.isFinite else { continue }
            promptTokens.insert(sample.promptTokens)
            let made = Double(sample.answerTokens)
            data.add(
              .text(model), .text(prompt), .number(Double(sample.promptTokens)), .number(made), .text(curve.metric),
              .number(value))
            let words = ValueFormat.number(unit: curve.unit).text(value)
            spots.append(
              PlaneChart.Spot(made, value, tooltip: "\(model): \(words), \(sample.answerTokens) tokens made"))
          }
          if spots.isEmpty { continue }
          series.append(
            PlaneChart.Series(name: model, number: number, spots: spots.sorted { $0.x < $1.x }, join: .lines))
        }
        if series.isEmpty { continue }
        let counts = promptTokens.sorted()
        let range = counts.count == 1 ? "\(counts[0])" : "\(counts[0]) to \(counts[counts.count - 1])"
        panels.append(
          PlaneChart.Panel(
            title: "\(curve.title), after a prompt of \(range) tokens",
            xAxis: Axis(title: "tokens made", format: .number(unit: ""), includes: [0]),
            yAxis: Axis(title: curve.unit, format: .number(unit: ""), includes: [0]), series: series))
      }
    }
    if panels.isEmpty { return .nothing(reason: "no measurement of the efficiency task is complete") }
    return .charts([
      Chart(
        name: ChartKind.efficiency.rawValue, title: "Efficiency by output length",
        subtitle: "Medians over repetitions; each prompt ran alone, from nothing",
        notes: ["Numbers are of this machine."], body: .plane(PlaneChart(panels: panels)), data: data)
    ])
  }

  /// The time from a token to the next, of each prompt and length, a group a model; nil without a measurement.
  var betweenTokens: Chart? {
    guard let task else { return nil }
    var data = DataTable(["model", "prompt_tokens", "output_tokens", "percentile", "seconds"])
    let groups = source.models.compactMap { model -> IntervalChart.Group? in
      let rows = samples(task, model).compactMap { sample -> IntervalChart.Row? in
        var values: [IntervalChart.Value] = []
        for (number, shown) in Self.percentiles.enumerated() {
          guard let seconds = sample.score.value(of: shown.metric), seconds > 0, seconds.isFinite else { continue }
          data.add(
            .text(model), .number(Double(sample.promptTokens)), .number(Double(sample.answerTokens)),
            .number(shown.percentile), .number(seconds))
          values.append(
            IntervalChart.Value(
              seconds, series: number, tooltip: "\(model), \(sample.id): \(shown.name) \(CostCharts.time(seconds))"))
        }
        let label = "prompt of \(sample.promptTokens), \(sample.answerTokens) made"
        return values.isEmpty ? nil : IntervalChart.Row(label: label, values: [values])
      }
      return rows.isEmpty ? nil : IntervalChart.Group(title: model, rows: rows)
    }
    if groups.isEmpty { return nil }
    return Chart(
      name: "\(ChartKind.latency.rawValue)-between-tokens", title: "Time from a token to the next",
      subtitle: "Percentiles of a generation, medians over repetitions",
      body: .intervals(
        IntervalChart(
          panels: [
            IntervalChart.Panel(axis: Axis(title: "seconds", format: .number(unit: "s"), isLogarithmic: true))
          ], groups: groups, series: Self.percentiles.map(\.name))),
      data: data)
  }

  /// The name of a sample is the number of its prompt, "/", the tokens made.
  private static func prompt(of sample: SampleRecord) -> String {
    sample.id.split(separator: "/").first.map(String.init) ?? sample.id
  }
}
