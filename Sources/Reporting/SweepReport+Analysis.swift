import Evaluation
import Plan
import Records
import Statistics
import Support

extension SweepReport {
  /// Titles and tables of what the sweep decides: the spread over runs, then rankings; empty for one model and one run.
  var analysisTables: [(title: String, table: Table)] {
    var tables = repeatedRunsTable.map { [(title: "Runs", table: $0)] } ?? []
    tables += varianceSplits.map { (title: $0.title, table: $0.table) }
    guard let analysis else { return tables }
    for part in analysis.tasks {
      guard let ranking = part.ranking else { continue }
      let direction = part.metric.directionNote.map { " (\(part.metric.name): \($0))" } ?? ""
      tables.append(
        (title: "\(part.name): ranking\(direction)", table: Self.places(ranking, part.models, part.metric.unit)))
      tables.append(
        (title: "\(part.name): pairs\(direction)", table: Self.pairs(ranking, part.models, part.metric.unit)))
    }
    if let overall = analysis.overall {
      tables.append((title: "All tasks: ranking", table: Self.places(overall.ranking, overall.models, .fraction)))
      tables.append((title: "Difficulty of the tasks", table: Self.difficulties(analysis.tasks)))
      let flagged = overall.strengths.filter(\.isSignificant)
      if !flagged.isEmpty {
        tables.append((title: "Strengths and weaknesses", table: Self.strengths(flagged, overall)))
      }
      if !overall.agreements.isEmpty {
        tables.append((title: "Agreement between tasks", table: Self.agreements(overall)))
      }
    }
    return tables
  }

  /// How a model stands out on a task: significantly ahead of every other, or not significantly different from those ahead.
  func mark(ofModel name: String, taskNumber: Int) -> Table.Mark? {
    guard let part = analysis?.tasks.first(where: { $0.number == taskNumber }), let ranking = part.ranking,
      let place = part.models.firstIndex(of: name)
    else { return nil }
    return Self.mark(place, ranking)
  }

  static func mark(_ model: Int, _ ranking: Ranking) -> Table.Mark? {
    guard ranking.places[model].bestRank == 1 else { return nil }
    return ranking.places.count { $0.bestRank == 1 } == 1 ? .best : .tied
  }

  private static func places(_ ranking: Ranking, _ models: [String], _ unit: ValueUnit) -> Table {
    let order = ranking.order
    let rows = order.map { model -> [String] in
      let place = ranking.places[model]
      let likely = place.rankProbabilities.enumerated().filter { $0.element >= 0.005 }
        .map { "\($0.offset + 1): \(percent($0.element))" }.joined(separator: ", ")
      return [models[model], unit.text(place.mean), Self.ranks(place), likely]
    }
    return Table(
      header: ["model", "score", "rank", "probability of each rank"], rows: rows, numericColumns: [1, 2]
    ) { row, column in column == 1 ? mark(order[row], ranking) : nil }
  }

  /// The ranks that a model may have: several where it is tied.
  static func ranks(_ place: Ranking.Place) -> String {
    place.bestRank == place.worstRank ? "\(place.bestRank)" : "\(place.bestRank) – \(place.worstRank)"
  }

  private static func pairs(_ ranking: Ranking, _ models: [String], _ unit: ValueUnit) -> Table {
    let rows = ranking.pairs.map { pair -> [String] in
      let verdict = pair.isTie ? "tie" : "\(models[pair.better]) is better"
      return [models[pair.first], models[pair.second], unit.change(pair.difference)] + probabilities(pair.probability)
        + [verdict]
    }
    return Table(
      header: ["first", "second", unit.changeTitle] + probabilityHeader + ["verdict"], rows: rows,
      numericColumns: [2, 3, 4, 5]
    ) { row, column in column < 6 ? nil : ranking.pairs[row].isTie ? .faint : .best }
  }

  private static func difficulties(_ parts: [SweepAnalysis.TaskPart]) -> Table {
    let rows = parts.compactMap { part -> [String]? in
      guard let difficulty = part.difficulty else { return nil }
      let interval = difficulty.interval
      return [
        part.name, percent(difficulty.value),
        interval.map { "\(percent($0.lower)) – \(percent($0.upper))" } ?? "no interval",
      ]
    }
    return Table(header: ["task", "difficulty", "interval"], rows: rows, numericColumns: [1, 2])
  }

  private static func strengths(_ strengths: [Strength], _ overall: SweepAnalysis.Overall) -> Table {
    let rows = strengths.map { strength -> [String] in
      let points = (strength.residual * 100).fixed(1)
      return [
        overall.models[strength.model], overall.tasks[strength.task], strength.residual > 0 ? "+" + points : points,
      ] + probabilities(strength.probability)
    }
    return Table(
      header: ["model", "task", "points beyond expectation"] + probabilityHeader, rows: rows,
      numericColumns: [2, 3, 4, 5])
  }

  private static func agreements(_ overall: SweepAnalysis.Overall) -> Table {
    let rows = overall.agreements.map { pair in
      [overall.tasks[pair.first], overall.tasks[pair.second], pair.tau.fixed(2)] + probabilities(pair.probability)
    }
    return Table(
      header: ["task", "task", "Kendall's tau-b"] + probabilityHeader, rows: rows, numericColumns: [2, 3, 4, 5])
  }

  static let probabilityHeader = ["p", "p (Holm)", "p (B.-H.)"]

  /// Raw, and adjusted for the tests of the table, also those it does not show.
  static func probabilities(_ value: AdjustedProbability?) -> [String] {
    [probability(value?.raw), probability(value?.holm), probability(value?.benjaminiHochberg)]
  }

  private static func probability(_ value: Double?) -> String {
    guard let value else { return "–" }
    return value < 0.0001 ? "<0.0001" : value.fixed(4)
  }
}
