import Statistics
import Support
import Sweeps

extension SweepReport {
  /// Titles and tables of what the sweep decides: the spread over runs, then rankings; empty for one model and one run.
  var analysisTables: [(title: String, table: Table)] {
    var tables = repeatedRunsTable.map { [(title: "Runs", table: $0)] } ?? []
    guard record.plan.runsStatisticalTests, let analysis = SweepAnalysis(record) else { return tables }
    for part in analysis.tasks {
      guard let ranking = part.ranking else { continue }
      tables.append((title: "\(part.name): ranking", table: Self.places(ranking, part.models)))
      tables.append((title: "\(part.name): pairs", table: Self.pairs(ranking, part.models)))
    }
    if let overall = analysis.overall {
      tables.append((title: "All tasks: ranking", table: Self.places(overall.ranking, overall.models)))
      tables.append((title: "Difficulty of the tasks", table: Self.difficulties(analysis.tasks)))
      let flagged = overall.strengths.filter(\.isSignificant)
      if !flagged.isEmpty {
        tables.append((title: "Strengths and weaknesses", table: Self.strengths(flagged, overall)))
      }
    }
    return tables
  }

  private static func places(_ ranking: Ranking, _ models: [String]) -> Table {
    let order = models.indices.sorted { (ranking.places[$0].rank, $0) < (ranking.places[$1].rank, $1) }
    let rows = order.map { model -> [String] in
      let place = ranking.places[model]
      let likely = place.rankProbabilities.enumerated().filter { $0.element >= 0.005 }
        .map { "\($0.offset + 1): \(percent($0.element))" }.joined(separator: ", ")
      let ranks = place.bestRank == place.worstRank ? "\(place.bestRank)" : "\(place.bestRank) – \(place.worstRank)"
      return [models[model], percent(place.mean), ranks, likely]
    }
    return Table(
      header: ["model", "score", "rank", "probability of each rank"], rows: rows, numericColumns: [1, 2])
  }

  private static func pairs(_ ranking: Ranking, _ models: [String]) -> Table {
    let rows = ranking.pairs.map { pair -> [String] in
      let points = (pair.difference * 100).fixed(1)
      let verdict =
        pair.isTie ? "tie" : "\(models[pair.difference > 0 ? pair.first : pair.second]) is better"
      return [
        models[pair.first], models[pair.second], pair.difference > 0 ? "+" + points : points,
        probability(pair.probability), probability(pair.adjustedProbability), verdict,
      ]
    }
    return Table(
      header: ["first", "second", "points", "p", "p (Holm)", "verdict"], rows: rows, numericColumns: [2, 3, 4])
  }

  private static func difficulties(_ parts: [SweepAnalysis.TaskPart]) -> Table {
    let rows = parts.map { part -> [String] in
      let interval = part.difficulty.interval
      return [
        part.name, percent(part.difficulty.value),
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
        probability(strength.adjustedProbability),
      ]
    }
    return Table(
      header: ["model", "task", "points beyond expectation", "p (Holm)"], rows: rows, numericColumns: [2, 3])
  }

  private static func probability(_ value: Double?) -> String {
    guard let value else { return "–" }
    return value < 0.0001 ? "<0.0001" : value.fixed(4)
  }
}
