import Evaluation
import Plan
import Records
import Statistics
import Support

extension SweepReport {
  /// Options of the call `table`.
  package static let pivotOptions = [
    OptionSpecification(
      "rows", default: "model",
      help: "axis of the rows of a table: model, task, run, or a key of a plan's model such as precision"),
    OptionSpecification("columns", default: "task", help: "axis of the columns"),
  ]

  /// The table that the options request.
  package func pivot(_ options: CallOptions) throws(BenchmarkError) -> Table {
    try pivot(rows: options["rows"]?.text ?? "model", columns: options["columns"]?.text ?? "task")
  }

  /// The main metrics with one axis of the runs down and another across: each with its interval, or, of several runs, their
  /// mean and standard deviation.
  ///
  /// - Parameters: names of axes (`RunAxes`), such as "quantization" and "task".
  /// Errors: no such axis; runs of different models or tasks in one place.
  package func pivot(rows: String, columns: String) throws(BenchmarkError) -> Table {
    let runs = RunAxes.all(record)
    try RunAxes.check(rows, "rows")
    try RunAxes.check(columns, "columns")
    var (down, across) = ([String](), [String]())
    var places: [[String]: [(run: RunRecord, axes: RunAxes)]] = [:]
    for (run, axes) in runs {
      let (row, column) = (axes[rows], axes[columns])
      if !down.contains(row) { down.append(row) }
      if !across.contains(column) { across.append(column) }
      let there = places[[row, column], default: []]
      if let other = there.first, other.axes["model"] != axes["model"] || other.axes["task"] != axes["task"] {
        throw BenchmarkError(
          .invalidArgument, "table: several runs have \(rows) \(row) and \(columns) \(column); take other axes")
      }
      places[[row, column]] = there + [(run, axes)]
    }
    let cells = down.map { row in
      [row] + across.map { column in places[[row, column]].map { scores($0.map(\.run)) } ?? "" }
    }
    return Table(header: [rows] + across, rows: cells, numericColumns: Set(1..<across.count + 1))
  }

  /// The runs of one place in words.
  private func scores(_ runs: [RunRecord]) -> String {
    guard let metric = runs.first?.metrics.first else { return "–" }
    let estimates = runs.map { $0.estimate(metric, level: record.plan.confidenceLevel) }
    let means = estimates.compactMap { $0.mean ?? $0.median }
    guard let mean = Moments.mean(means) else { return "–" }
    if runs.count == 1 {
      return metric.text(mean) + (estimates[0].interval.map { " (\(Self.words($0, metric.unit)))" } ?? "")
    }
    let deviation = Moments.standardDeviation(means)
    return metric.text(mean) + (deviation.map { " ± " + metric.text($0) } ?? "") + " (\(means.count) runs)"
  }
}
