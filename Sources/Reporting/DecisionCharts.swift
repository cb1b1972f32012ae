import Charts
import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// Charts of what the sweep decides: paired differences, significance, ranks.
struct DecisionCharts {
  let source: ChartSource
  let analysis: SweepAnalysis?

  /// With more models than this only the best one is set against the others: all pairs would be hundreds of rows.
  private static let mostModelsForAllPairs = 8

  private static let tooFew =
    "fewer than two models have scores of the same samples, or statistical_tests is off"

  /// A ranking with its models and what it is of.
  private struct Part {
    let name: String
    let fileName: String
    let models: [String]
    let ranking: Ranking
    let unit: ValueUnit
    /// The head of the differences' column: "points", or the unit's.
    var changeTitle: String {
      unit == .fraction ? "percentage points" : unit.axisTitle.isEmpty ? "score" : unit.axisTitle
    }
  }

  private var parts: [Part] {
    guard let analysis else { return [] }
    let parts = analysis.tasks.compactMap { task in
      task.ranking.map {
        Part(
          name: task.metric.directed(task.name), fileName: task.name,
          models: task.models, ranking: $0, unit: task.metric.unit)
      }
    }
    let overall = analysis.overall.map {
      [Part(name: "All tasks", fileName: "all-tasks", models: $0.models, ranking: $0.ranking, unit: .fraction)]
    }
    return parts + (overall ?? [])
  }

  /// Forest plots: by how much the better model is better than the other on the same samples, with interval and adjusted
  /// probability. One chart of the tasks whose scores are shares, one of each other.
  var differences: ChartOutcome {
    let tasks = (analysis?.tasks ?? []).filter { $0.ranking != nil }
    if tasks.isEmpty { return .nothing(reason: Self.tooFew) }
    let shares = tasks.filter(\.metric.differsByPoints)
    let others = tasks.filter { !$0.metric.differsByPoints }
    return .charts(
      Chart.numbered((shares.isEmpty ? [] : [differences(of: shares, nil)]) + others.map { differences(of: [$0], $0) }))
  }

  private func differences(of tasks: [SweepAnalysis.TaskPart], _ single: SweepAnalysis.TaskPart?) -> Chart {
    let unit = single?.metric.unit ?? .fraction
    var data = DataTable([
      "task", "first", "second", "difference", "lower", "upper", "p", "p_holm", "verdict",
    ])
    var isShortened = false
    let groups = tasks.compactMap { task -> ForestPlot.Group? in
      guard let ranking = task.ranking else { return nil }
      let best = ranking.order.first
      let shortens = task.models.count > Self.mostModelsForAllPairs
      isShortened = isShortened || shortens
      var rows: [(difference: Double, row: ForestPlot.Row)] = []
      for pair in ranking.pairs {
        let (first, second) = (pair.better, pair.worse)
        // Where lower is better, the better one's lead is the other's score minus its own.
        let (higher, lower) = ranking.higherIsBetter ? (first, second) : (second, first)
        let interval = Self.interval(task.grid.scores[0][higher], task.grid.scores[0][lower], level: source.level)
        let difference = pair.difference.magnitude
        let verdict = pair.isTie ? "tie" : "better"
        data.add(
          .text(task.name), .text(task.models[first]), .text(task.models[second]), .number(difference),
          .number(interval?.lower), .number(interval?.upper), .number(pair.probability?.raw),
          .number(pair.probability?.holm), .text(verdict))
        if shortens, first != best { continue }
        let names = "\(task.models[first]) − \(task.models[second])"
        let points = ValueFormat.change(unit)
        let words = interval.map { "\(points.text(difference)) [\(points.text($0.lower)), \(points.text($0.upper))]" }
        let value = ForestPlot.Value(
          difference, interval: interval?.range, isHollow: pair.isTie,
          tooltip: "\(names) · \(task.name): \(words ?? points.text(difference)), \(verdict)")
        rows.append(
          (
            difference,
            ForestPlot.Row(
              label: names, values: [[value]],
              texts: [
                words ?? points.text(difference), Self.words(pair.probability?.raw), Self.words(pair.probability?.holm),
                verdict,
              ])
          ))
      }
      return ForestPlot.Group(
        title: task.metric.directed(task.name),
        rows: rows.sorted { $0.difference > $1.difference }.map(\.row))
    }
    let notes =
      ["Full dots: significant after Holm's adjustment for all pairs of a task; hollow dots: a tie."]
      + (isShortened ? ["Only the best model's pairs are shown; the table of numbers has all."] : [])
    let inUnit = unit == .fraction ? "percentage points" : single?.metric.name ?? ""
    let isTurned = tasks.contains { !$0.metric.higherIsBetter }
    return Chart(
      name: single.map { Chart.fileName(.differences, $0.name) } ?? ChartKind.differences.name,
      title: "Paired differences",
      subtitle: (isTurned
        ? "By how much the first model is better than the second"
        : "The first model's score minus the second's") + " on the same samples, with the \(source.intervalName)",
      notes: notes,
      body: .intervals(
        ForestPlot(
          panels: [ForestPlot.Panel(axis: Axis(title: "difference in \(inUnit)", format: .change(unit)))],
          groups: groups, columns: ["\(unit.changeTitle) [interval]", "p", "p (Holm)", "verdict"], reference: 0,
          showsValues: false)),
      data: data)
  }

  private static func interval(_ first: [Double], _ second: [Double], level: Double) -> ConfidenceInterval? {
    if let table = PairedProportions(first, second) { return table.interval(level: level) }
    return Estimate(scores: zip(first, second).map { $0 - $1 }, isBinary: false, level: level).interval
  }

  /// Row minus column for each pair of models: coloured where it is more than chance. One chart a task, one for all.
  var significance: ChartOutcome {
    let parts = parts
    if parts.isEmpty { return .nothing(reason: Self.tooFew) }
    return .charts(Chart.numbered(parts.map(significance(of:))))
  }

  private func significance(of part: Part) -> Chart {
    let order = order(part)
    var data = DataTable(["first", "second", "difference", "p", "p_holm", "significant"])
    var pairs: [[Int]: Ranking.Pair] = [:]
    for pair in part.ranking.pairs {
      pairs[[pair.first, pair.second]] = pair
      data.add(
        .text(part.models[pair.first]), .text(part.models[pair.second]), .number(pair.difference),
        .number(pair.probability?.raw), .number(pair.probability?.holm), .text(pair.isTie ? "no" : "yes"))
    }
    let greatest = part.ranking.pairs.map(\.difference.magnitude).max() ?? 0
    let widest = part.unit == .fraction ? max(0.01, greatest) : greatest > 0 ? greatest : 1
    // The better row is blue, whichever way scores are better.
    let sign = part.ranking.higherIsBetter ? 1.0 : -1.0
    let rows = order.map { row in
      Heatmap.Row(
        label: part.models[row],
        cells: order.map { column in
          if row == column { return Heatmap.Cell(level: nil, lines: [""], tooltip: part.models[row]) }
          guard let pair = pairs[[min(row, column), max(row, column)]] else { return .absent("not compared") }
          let difference = row < column ? pair.difference : -pair.difference
          let points = part.unit.change(difference)
          return Heatmap.Cell(
            level: pair.isTie ? nil : 0.5 + sign * difference / widest / 2,
            lines: [points, "p " + Self.words(pair.probability?.holm)],
            tooltip:
              "\(part.models[row]) minus \(part.models[column]) · \(part.name): \(points)\(part.unit == .fraction ? " points" : ""), p \(Self.words(pair.probability?.holm)) (Holm)\(pair.isTie ? ", a tie" : "")"
          )
        })
    }
    let ends = [-widest, 0, widest].map { part.unit.change(sign * $0) }
    return Chart(
      name: Chart.fileName(.significance, part.fileName), title: "\(part.name): which differences are significant",
      subtitle: "Row minus column in \(part.changeTitle); p after Holm's adjustment",
      notes: ["Coloured: significant. Grey: a tie."],
      body: .matrix(
        Heatmap(
          columns: order.map { part.models[$0] }, groups: [Heatmap.Group(rows: rows)], map: .diverging,
          key: Heatmap.Key(title: "row minus column, \(part.unit.changeTitle)", labels: ends))),
      data: data)
  }

  /// How probable each rank is for each model. One chart a task, one for all.
  var ranks: ChartOutcome {
    let parts = parts
    if parts.isEmpty { return .nothing(reason: Self.tooFew) }
    return .charts(
      Chart.numbered(
        parts.map { part in
          var data = DataTable(["model", "rank", "probability"])
          let rows = order(part).map { model in
            Heatmap.Row(
              label: part.models[model],
              cells: part.ranking.places[model].rankProbabilities.enumerated().map { rank, probability in
                data.add(.text(part.models[model]), .number(Double(rank + 1)), .number(probability))
                let percent = (probability * 100).fixed(0) + "%"
                return Heatmap.Cell(
                  level: probability, lines: [probability == 0 ? "" : probability < 0.005 ? "<1%" : percent],
                  tooltip:
                    "\(part.models[model]) · \(part.name): rank \(rank + 1) with probability \(probability.fixed(4))")
              })
          }
          return Chart(
            name: Chart.fileName(.ranks, part.fileName), title: "\(part.name): probability of each rank",
            subtitle: "By resampling the items; models from the best mean down",
            notes: ["Empty: the model never had this rank."],
            body: .matrix(
              Heatmap(
                columns: part.models.indices.map { "\($0 + 1)" }, columnTitle: "rank",
                groups: [Heatmap.Group(rows: rows)],
                key: Heatmap.Key(title: "probability", labels: ["0%", "50%", "100%"]))),
            data: data)
        }))
  }

  /// The models from the best mean down.
  private func order(_ part: Part) -> [Int] { part.ranking.order }

  private static func words(_ probability: Double?) -> String {
    guard let probability else { return "–" }
    return probability < 0.001 ? "<0.001" : probability.fixed(3)
  }
}
