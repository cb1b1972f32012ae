import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

extension SweepReport {
  /// A value without its unit, which the column names: seconds as milliseconds.
  private static func number(_ value: Double, _ unit: ValueUnit) -> String {
    let scaled = unit == .seconds ? value * 1000 : value
    return scaled.fixed(unit == .seconds && scaled < 10 ? 2 : scaled < 1000 ? 1 : 0)
  }

  /// An interval of a metric's values, for people.
  static func words(_ interval: ConfidenceInterval, _ unit: ValueUnit) -> String {
    unit.text(interval.lower, interval.upper)
  }

  /// The metrics that a cell's rows show: of what is timed the ones a reader asks for first, else every one, the main
  /// one first.
  static func shownMetrics(_ run: RunRecord) -> [Metric] {
    guard run.isTimed else { return run.metrics }
    let first: [TimingMetric] = [.decodeRate, .prefillRate, .timeToFirstToken, .peakMemory]
    let shown = first.compactMap { name in run.metrics.first { $0.name == name.rawValue } }
    return shown.isEmpty ? run.metrics : shown
  }

  /// What a reader must know of measured times that do not belong together; nil where they do.
  ///
  /// Repetitions of a sample do the same work, so one that takes far longer says that the machine did something else.
  static func outlierNote(_ run: RunRecord) -> String? {
    let names = [TimingMetric.decodeRate, .prefillRate].map(\.rawValue)
    let metrics = run.metrics.filter { names.contains($0.name) }
    var (outliers, repetitions) = (0, 0)
    for sample in run.samples {
      guard case .measured(let measurements) = sample.response else { continue }
      repetitions += measurements.count
      outliers += metrics.map { Outliers.count(sample.repetitions(of: $0)) }.max() ?? 0
    }
    if outliers == 0 { return nil }
    return
      "warning: \(outliers) of \(repetitions) repetitions \(outliers == 1 ? "is an outlier" : "are outliers") (more than ten robust"
      + " standard deviations away); the machine was busy or not warm: repeat it on a quiet machine, or with a larger warmup"
  }

  /// Processors that others may use before a reader is told.
  private static let mostOtherProcessors = 0.5

  /// How busy others kept the machine while times were measured; nil where they did not, or too little time was measured to know:
  /// the system counts in hundredths of a second.
  static func busyNote(_ run: RunRecord) -> String? {
    var (others, seconds) = (0.0, 0.0)
    for sample in run.samples {
      guard case .measured(let measurements) = sample.response else { continue }
      for measurement in measurements {
        guard let other = measurement.otherProcessorSeconds else { continue }
        others += other
        seconds += measurement.seconds
      }
    }
    guard seconds >= 0.2, others / seconds > mostOtherProcessors else { return nil }
    return
      "warning: other processes kept \((others / seconds).fixed(1)) processors busy during the measurement; times are longer"
      + " and rates lower than on a quiet machine"
  }

  /// The title and the table of what each prompt and each output length took; empty without such a task.
  var efficiencyTables: [(title: String, table: Table)] {
    let level = record.plan.confidenceLevel
    var rows: [[String]] = []
    // A sample that was measured too few times has no interval.
    var hasIntervals = false
    for run in record.runs where run.isTimed {
      for sample in run.samples {
        let cells = TimingMetric.allCases.dropLast().map { metric -> String in
          guard let metric = run.metrics.first(where: { $0.name == metric.rawValue }) else { return "–" }
          let estimate = run.estimate(metric, of: sample, level: level)
          guard let median = estimate.median else { return "–" }
          guard let interval = estimate.interval else { return Self.number(median, metric.unit) }
          hasIntervals = true
          let ends = [interval.lower, interval.upper].map { Self.number($0, metric.unit) }
          return "\(Self.number(median, metric.unit)) (\(ends[0]) – \(ends[1]))"
        }
        rows.append([run.modelName, sample.id, "\(sample.promptTokens)", "\(sample.answerTokens)"] + cells)
      }
    }
    if rows.isEmpty { return [] }
    let header = [
      "model", "sample", "prompt", "generated", "decode /s", "prefill /s", "first token ms", "next token ms", "p95 ms",
      "p99 ms",
    ]
    return [
      (
        title: "Efficiency of each prompt/length: medians of repetitions"
          + (hasIntervals ? " (bootstrap intervals)" : "") + ", end tokens ignored",
        table: Table(header: header, rows: rows, numericColumns: Set(2..<header.count))
      )
    ]
  }
}
