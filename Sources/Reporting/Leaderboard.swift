import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// The models in the order of their ranks, by the tasks: one table, and the notes needed to read it.
///
/// Ranks are those of all tasks together, or of the only task that ranks. A model that does not differ significantly from others
/// has a range of ranks and is called tied. A model that lacks a task, or was stopped early on one, is listed below, without
/// a rank.
struct Leaderboard {
  private let report: SweepReport
  private let source: ChartSource
  /// What ranks the models, and the models it knows by the places of its ranking; nil where nothing does.
  private let standing: (ranking: Ranking, models: [String], isOfAllTasks: Bool)?

  init(_ report: SweepReport) {
    self.report = report
    source = ChartSource(report.record)
    if let overall = report.analysis?.overall {
      standing = (overall.ranking, overall.models, true)
    } else if let parts = report.analysis?.tasks.filter({ $0.ranking != nil }), parts.count == 1,
      let ranking = parts[0].ranking
    {
      standing = (ranking, parts[0].models, false)
    } else {
      standing = nil
    }
  }

  /// Every model of the report: the ranked ones from the best mean down, then the others in the order of the plan.
  var models: [String] {
    guard let standing else { return source.models }
    return standing.ranking.order.map { standing.models[$0] } + source.models.filter { !standing.models.contains($0) }
  }

  private func place(of model: String) -> Ranking.Place? {
    standing.flatMap { standing in standing.models.firstIndex(of: model).map { standing.ranking.places[$0] } }
  }

  /// "1", or "1 – 2 (tie)"; "–" without a rank.
  private func rank(of model: String) -> String {
    guard let place = place(of: model) else { return "–" }
    return SweepReport.ranks(place) + (place.bestRank == place.worstRank ? "" : " (tie)")
  }

  var table: Table {
    let models = models
    let hasRanks = standing != nil
    let hasMeans = standing?.isOfAllTasks == true
    let leading = (hasRanks ? ["rank"] : []) + ["model"] + (hasMeans ? ["all tasks"] : [])
    let rows = models.map { model in
      (hasRanks ? [rank(of: model)] : []) + [model]
        + (hasMeans ? [place(of: model).map { SweepReport.percent($0.mean) } ?? "–"] : [])
        + source.tasks.map { cell($0, model) }
    }
    let header =
      leading
      + source.tasks.map { task in
        task.metric.directed(task.metric.isShare ? task.name : "\(task.name) \(task.metric.name)")
      }
    return Table(
      header: header, rows: rows, numericColumns: Set(header.indices.filter { $0 != (hasRanks ? 1 : 0) })
    ) { row, column in
      if column >= leading.count { return mark(source.tasks[column - leading.count], models[row]) }
      guard hasMeans, column == leading.count - 1, let standing,
        let place = standing.models.firstIndex(of: models[row])
      else { return nil }
      return SweepReport.mark(place, standing.ranking)
    }
  }

  /// The value with its interval; what there is in its place otherwise.
  private func cell(_ task: ChartSource.TaskColumn, _ model: String) -> String {
    guard let estimate = source.estimate(task, model), let value = estimate.mean ?? estimate.median else {
      return task.entries[model]?.failure == nil ? "–" : "failed"
    }
    let interval = estimate.interval.map { " (\(SweepReport.words($0, task.metric.unit)))" } ?? ""
    return task.metric.text(value) + interval
  }

  private func mark(_ task: ChartSource.TaskColumn, _ model: String) -> Table.Mark? {
    if source.estimate(task, model) == nil, task.entries[model]?.failure != nil { return .failed }
    return report.mark(ofModel: model, taskNumber: task.number)
  }

  /// Who is ahead where, which ties there are, and who has no rank and why.
  var remarks: [String] {
    var remarks: [String] = []
    if let standing {
      if standing.isOfAllTasks {
        remarks.append(remark(Self.scope(report.analysis?.tasks ?? []), standing.ranking, standing.models))
      }
      let unranked = source.models.filter { !standing.models.contains($0) }
      if !unranked.isEmpty {
        remarks.append(
          "Not ranked, because a run of a ranked task is missing or incomplete: \(unranked.joined(separator: ", "))")
      }
    } else if source.models.count > 1 {
      remarks.append(noRanks)
    }
    for part in report.analysis?.tasks ?? [] {
      if let ranking = part.ranking { remarks.append(remark(part.name, ranking, part.models)) }
    }
    var key = "In brackets: the \(source.intervalName)"
    if standing != nil {
      key +=
        ". Ranks: by paired differences over the same samples after Holm's adjustment; a range of ranks is a tie."
        + " Bold: the best of a column, or tied with it"
    }
    return remarks + (arithmetic.map { [$0] } ?? []) + [key]
  }

  /// Why no model has a rank.
  private var noRanks: String {
    if !report.record.plan.runsStatisticalTests { return "No ranks: statistical_tests is off" }
    let ranked = report.analysis?.tasks.filter { $0.ranking != nil } ?? []
    let shares = ranked.count(where: \.metric.isShare)
    if ranked.count > 1, shares < 2 {
      return
        "No ranks over all tasks: \(shares == 0 ? "no task has" : "only one task has") scores that are fractions; below, each task"
        + " by itself"
    }
    return "No ranks: fewer than two models share scores of every task"
  }

  /// What each model's weights are stored in and what activations meet them as: scores differ by both. Nil where no record says.
  private var arithmetic: String? {
    let facts = models.compactMap { model -> String? in
      guard let run = report.record.runs.first(where: { $0.modelName == model }) else { return nil }
      let facts = ModelFacts(run)
      return facts.compute.map { "\(model) \(facts.weights ?? "unknown") with \($0)" }
    }
    return facts.isEmpty ? nil : "Arithmetic (weights with activations): \(facts.joined(separator: ", "))"
  }

  /// What the ranks of all tasks rest on: scores where lower is better become 1 minus the score, and scores that are not fractions are left out.
  static func scope(_ parts: [SweepAnalysis.TaskPart]) -> String {
    let turned = parts.filter { $0.metric.isShare && !$0.metric.higherIsBetter }.map(\.name)
    let left = parts.filter { !$0.metric.isShare }.map(\.name)
    var scope = "All tasks, each counting the same"
    if !turned.isEmpty {
      scope += ", \(turned.joined(separator: ", ")) as 1 minus the score because lower is better there"
    }
    if !left.isEmpty { scope += ", without \(left.joined(separator: ", ")), whose scores are not fractions" }
    return scope
  }

  private func remark(_ place: String, _ ranking: Ranking, _ models: [String]) -> String {
    let leaders = ranking.leaders.map { models[$0] }
    return leaders.count == 1
      ? "\(place): \(leaders[0]) is ahead of every other model"
      : "\(place): a tie for the best: \(leaders.joined(separator: ", "))"
  }

  /// The table with its remarks.
  var body: String { table.markdown + "\n" + remarks.map { "- \(SweepReport.plain($0))\n" }.joined() }

  /// A page of its own.
  var markdown: String { "# \(SweepReport.plain(report.record.plan.name)): leaderboard\n\n\(body)" }
}
