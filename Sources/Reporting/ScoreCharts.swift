import Charts
import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// Charts of the scores themselves: heatmap, comparison, subjects.
struct ScoreCharts {
  let source: ChartSource

  /// More tasks than this become rows, and the models columns.
  private static let mostColumns = 12

  /// The models by the tasks whose scores are shares.
  var heatmap: ChartOutcome {
    let tasks = source.shares
    if tasks.isEmpty { return .nothing(reason: "no task has scores that are fractions") }
    let merits = tasks.flatMap { task in
      source.models.compactMap { source.estimate(task, $0)?.mean.map(task.metric.merit) }
    }
    guard !merits.isEmpty else { return .nothing(reason: "no cell has a score") }
    let (low, high) = Self.colorRange(merits)
    let isTurned = tasks.contains { !$0.metric.higherIsBetter }
    var data = Self.table()
    var rows = source.models.map { model in
      Heatmap.Row(
        label: model,
        cells: tasks.map { task in
          let estimate = source.estimate(task, model)
          Self.add(estimate, model: model, task: task, to: &data)
          guard let mean = estimate?.mean else { return .absent(source.absence(task, model)) }
          return Heatmap.Cell(
            level: (task.metric.merit(mean) - low) / (high - low), lines: Self.lines(estimate),
            tooltip: tooltip(estimate, task, model))
        })
    }
    var columns = tasks.map(\.title)
    if columns.count > Self.mostColumns, columns.count > rows.count {
      // Pages are longer than wide: many tasks stand below each other.
      (columns, rows) = (
        rows.map(\.label),
        columns.indices.map { task in Heatmap.Row(label: columns[task], cells: rows.map { $0.cells[task] }) }
      )
    }
    let middle = (low + high) / 2
    let others = source.tasks.filter { !$0.isShare }.map(\.name)
    var notes = [
      isTurned
        ? "The darker a cell, the better: if lower is better, the colour is that of 1 minus the score. –: no score."
        : "The darker a cell, the higher its score. –: no score."
    ]
    if !others.isEmpty {
      notes.append("Left out, because their scores are not fractions: \(others.joined(separator: ", ")).")
    }
    return .charts([
      Chart(
        name: ChartKind.heatmap.name, title: "Scores of models by task",
        subtitle: "The mean score of each model on each task, with its \(source.intervalName)", notes: notes,
        body: .matrix(
          Heatmap(
            columns: columns, groups: [Heatmap.Group(rows: rows)],
            key: Heatmap.Key(
              title: isTurned ? "score, or 1 minus the score if lower is better" : "score",
              labels: [low, middle, high].map { ValueFormat.percent.text($0) }))),
        data: data)
    ])
  }

  /// Models below each other, a panel a task.
  var comparison: ChartOutcome {
    let tasks = source.tasks.filter { task in source.models.contains { source.estimate(task, $0)?.mean != nil } }
    if tasks.isEmpty { return .nothing(reason: "no cell has a score") }
    var data = Self.table()
    let rows = source.models.map { model in
      ForestPlot.Row(
        label: model,
        values: tasks.map { task in
          let estimate = source.estimate(task, model)
          Self.add(estimate, model: model, task: task, to: &data)
          guard let estimate, let mean = estimate.mean else { return [] }
          return [
            ForestPlot.Value(
              mean, interval: estimate.interval?.range, tooltip: tooltip(estimate, task, model))
          ]
        },
        absence: tasks.filter { source.estimate($0, model)?.mean == nil }.map { source.absence($0, model) }
          .joined(separator: "; "))
    }
    return .charts([
      Chart(
        name: ChartKind.comparison.name, title: "Comparison of models",
        subtitle: "Dots are mean scores, lines their \(source.intervalName)",
        notes: [
          "Overlapping intervals do not mean a tie: every model got the same items. See the paired differences."
        ],
        body: .intervals(
          ForestPlot(
            panels: tasks.map { ForestPlot.Panel(title: $0.title, axis: $0.metric.axis) },
            groups: [ForestPlot.Group(rows: rows)])),
        data: data)
    ])
  }

  /// A task's subjects, grouped by area, best first; one chart a task.
  var subjects: ChartOutcome {
    let charts = source.tasks.filter { !$0.metric.isTimed }.compactMap(subjects(of:))
    return charts.isEmpty
      ? .nothing(reason: "no task has scores of two subjects or more") : .charts(Chart.numbered(charts))
  }

  /// Up to so many models have their dots in one row; more are a heatmap.
  private static let mostSeries = 4

  private func subjects(of task: ChartSource.TaskColumn) -> Chart? {
    let runs = source.models.compactMap { task.entries[$0]?.runs.first }
    var estimates: [String: [Int: Estimate]] = [:]
    for (number, run) in runs.enumerated() {
      for subject in run.subjects {
        let estimate = run.estimate(task.metric, level: source.level, subject: subject)
        if estimate.mean != nil { estimates[subject, default: [:]][number] = estimate }
      }
    }
    guard estimates.count >= 2 else { return nil }
    func mean(_ subject: String) -> Double {
      Moments.mean((estimates[subject] ?? [:]).values.compactMap(\.mean)) ?? 0
    }
    let sorted = estimates.keys.sorted {
      task.metric.isBetter(mean($0), than: mean($1)) || (mean($0) == mean($1) && $0 < $1)
    }
    // The task's own groups, and what is in none of them.
    let areas = (runs.first?.groups ?? []).map { area in
      (title: area.title as String?, subjects: sorted.filter { area.subjects.contains($0) })
    }
    let known = Set(areas.flatMap(\.subjects))
    let rest = sorted.filter { !known.contains($0) }
    let groups =
      areas.filter { !$0.subjects.isEmpty }
      + (rest.isEmpty ? [] : [(title: known.isEmpty ? nil : "Own", subjects: rest)])
    var data = DataTable(["model", "task", "area", "subject", "score", "lower", "upper", "samples"])
    for group in groups {
      for subject in group.subjects {
        for (number, run) in runs.enumerated() {
          guard let estimate = estimates[subject]?[number] else { continue }
          data.add(
            .text(run.modelName), .text(task.name), .text(group.title ?? ""), .text(subject), .number(estimate.mean),
            .number(estimate.interval?.lower), .number(estimate.interval?.upper), .number(Double(estimate.count)))
        }
      }
    }
    let names = runs.map(\.modelName)
    func tip(_ subject: String, _ number: Int) -> String {
      "\(names[number]) · \(subject): \(Self.words(estimates[subject]?[number], task.metric.format))"
    }
    let body: Chart.Body
    if names.count <= Self.mostSeries {
      body = .intervals(
        ForestPlot(
          panels: [ForestPlot.Panel(axis: task.metric.axis)],
          groups: groups.map { group in
            ForestPlot.Group(
              title: group.title,
              rows: group.subjects.map { subject in
                ForestPlot.Row(
                  label: Self.spaced(subject),
                  values: [
                    names.indices.compactMap { number in
                      estimates[subject]?[number].flatMap { estimate in
                        estimate.mean.map {
                          ForestPlot.Value(
                            $0, interval: estimate.interval?.range, series: number, tooltip: tip(subject, number))
                        }
                      }
                    }
                  ])
              })
          }, series: names.count > 1 ? names : []))
    } else {
      let means = estimates.values.flatMap { $0.values.compactMap(\.mean) }
      let (low, high) = task.isShare ? Self.colorRange(means) : Self.wholeRange(means)
      let (worst, best) = task.metric.isBetter(high, than: low) ? (low, high) : (high, low)
      body = .matrix(
        Heatmap(
          columns: names,
          groups: groups.map { group in
            Heatmap.Group(
              title: group.title,
              rows: group.subjects.map { subject in
                Heatmap.Row(
                  label: Self.spaced(subject),
                  cells: names.indices.map { number in
                    guard let mean = estimates[subject]?[number]?.mean else {
                      return .absent("\(names[number]) · \(subject): no score")
                    }
                    return Heatmap.Cell(
                      level: task.metric.advantage(of: mean, over: worst)
                        / (high - low),
                      lines: [task.metric.format.text(mean)],
                      tooltip: tip(subject, number))
                  })
              })
          },
          key: Heatmap.Key(
            title: task.metric.title,
            labels: [worst, (low + high) / 2, best]
              .map { task.metric.format.text($0) })))
    }
    return Chart(
      name: Chart.fileName(.subjects, task.name), title: "\(task.name) by subject",
      subtitle: "The mean score of each subject"
        + (names.count <= Self.mostSeries ? " with its \(source.intervalName)" : "") + ", best first",
      notes: names.count == 1 ? ["Model: \(names[0])"] : [], body: body, data: data)
  }

  private static func spaced(_ subject: String) -> String { String(subject.map { $0 == "_" ? " " : $0 }) }

  /// The scores' range, widened to whole tenths and at least two of them, so that colours differ where scores do.
  static func colorRange(_ means: [Double]) -> (low: Double, high: Double) {
    var low = ((means.min() ?? 0) * 10 + 1e-9).rounded(.down)
    var high = ((means.max() ?? 1) * 10 - 1e-9).rounded(.up)
    while high - low < 2 {
      if high < 10 { high += 1 }
      if high - low < 2, low > 0 { low -= 1 }
    }
    return (low / 10, high / 10)
  }

  /// The range of scores of another unit, never empty.
  private static func wholeRange(_ means: [Double]) -> (low: Double, high: Double) {
    let (low, high) = (means.min() ?? 0, means.max() ?? 1)
    return low < high ? (low, high) : (low - 1, high + 1)
  }

  private static func lines(_ estimate: Estimate?) -> [String] {
    guard let mean = estimate?.mean else { return ["–"] }
    guard let interval = estimate?.interval else { return [ValueFormat.percent.text(mean)] }
    return [
      ValueFormat.percent.text(mean), "\((interval.lower * 100).fixed(1))–\((interval.upper * 100).fixed(1))",
    ]
  }

  static func words(_ estimate: Estimate?, _ format: ValueFormat) -> String {
    guard let estimate, let mean = estimate.mean else { return "no score" }
    let interval = estimate.interval.map { " (\(format.text($0.lower)) – \(format.text($0.upper)))" } ?? ""
    return "\(format.text(mean))\(interval), \(estimate.count) samples"
  }

  private func tooltip(_ estimate: Estimate?, _ task: ChartSource.TaskColumn, _ model: String) -> String {
    "\(model) · \(task.name), \(task.metric.name): \(Self.words(estimate, task.metric.format))"
  }

  private static func table() -> DataTable {
    DataTable([
      "model", "task", "metric", "score", "lower", "upper", "samples", "unscored", "unit", "higher_is_better",
    ])
  }

  private static func add(
    _ estimate: Estimate?, model: String, task: ChartSource.TaskColumn, to table: inout DataTable
  ) {
    table.add(
      .text(model), .text(task.name), .text(task.metric.name), .number(estimate?.mean),
      .number(estimate?.interval?.lower), .number(estimate?.interval?.upper),
      .number(estimate.map { Double($0.count) }), .number(estimate.map { Double($0.unscoredCount) }),
      .text(task.metric.unit.name), .text(task.metric.higherIsBetter ? "yes" : "no"))
  }
}
