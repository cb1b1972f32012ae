import Statistics
import Support
import Sweeps
import Tasks

extension SweepReport {
  /// A value of a metric, for people.
  static func words(_ value: Double, _ unit: Metric.Unit) -> String {
    switch unit {
    case .fraction: percent(value)
    case .perSecond: "\(value.fixed(1))/s"
    case .seconds: value < 1 ? "\((value * 1000).fixed(value < 0.01 ? 2 : 1)) ms" : "\(value.fixed(2)) s"
    case .bytes: value < 1e9 ? "\((value / 1e6).fixed(1)) MB" : "\((value / 1e9).fixed(2)) GB"
    }
  }

  /// A value without its unit, which the column names: seconds as milliseconds.
  private static func number(_ value: Double, _ unit: Metric.Unit) -> String {
    let scaled = unit == .seconds ? value * 1000 : value
    return scaled.fixed(unit == .seconds && scaled < 10 ? 2 : scaled < 1000 ? 1 : 0)
  }

  /// An interval, with the unit at its end alone.
  static func words(_ interval: ConfidenceInterval, _ unit: Metric.Unit) -> String {
    "\(words(interval.lower, unit)) – \(words(interval.upper, unit))"
  }

  /// The metrics that a cell's rows show: of an efficiency task the ones a reader asks for first, else the main one.
  static func shownMetrics(_ run: RunRecord) -> [Metric] {
    let first: [EfficiencyMetric] = [.decodeRate, .prefillRate, .timeToFirstToken, .peakMemory]
    let shown = first.compactMap { name in run.metrics.first { $0.name == name.rawValue } }
    return shown.isEmpty ? Array(run.metrics.prefix(1)) : shown
  }

  /// The title and the table of what each prompt and each output length took; empty without such a task.
  var efficiencyTables: [(title: String, table: Table)] {
    let level = record.plan.confidenceLevel
    var rows: [[String]] = []
    for run in record.runs where run.metrics.first?.name == EfficiencyMetric.decodeRate.rawValue {
      for sample in run.samples {
        let cells = EfficiencyMetric.allCases.dropLast().map { metric -> String in
          guard let metric = run.metrics.first(where: { $0.name == metric.rawValue }) else { return "–" }
          let estimate = run.estimate(metric, of: sample, level: level)
          guard let median = estimate.median else { return "–" }
          guard let interval = estimate.interval else { return Self.number(median, metric.unit) }
          let ends = [interval.lower, interval.upper].map { Self.number($0, metric.unit) }
          return "\(Self.number(median, metric.unit)) (\(ends[0]) – \(ends[1]))"
        }
        rows.append([run.modelName, sample.id, "\(sample.promptTokens)", "\(sample.answerTokens)"] + cells)
      }
    }
    if rows.isEmpty { return [] }
    let header = [
      "model", "sample", "read", "made", "decode /s", "prefill /s", "first token ms", "next token ms", "p95 ms",
      "p99 ms",
    ]
    return [
      (
        title: "Efficiency of each prompt/length: medians of repetitions (bootstrap intervals), end tokens passed over",
        table: Table(header: header, rows: rows, numericColumns: Set(2..<header.count))
      )
    ]
  }
}
