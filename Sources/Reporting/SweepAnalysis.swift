import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// What a sweep of several models decides: rankings, significant differences, hard tasks, strengths. Nil if there are too few models or samples.
///
/// A task's ranking is over the samples that every model with a run of it has a score for, by the main metric. A sample of
/// several runs counts with its mean over the runs that every one of those models has.
package struct SweepAnalysis: Sendable {
  /// The models of one task that can be compared.
  package struct TaskPart: Sendable {
    /// The task's place in the plan.
    package let number: Int
    package let name: String
    /// The main metric, which the ranking is by.
    package let metric: Metric
    package let models: [String]
    package let grid: ScoreGrid
    /// Samples that not every model has a score for; they enter nothing here.
    package let droppedCount: Int
    /// Models whose run a stop rule ended: it has no scores for what it left out, so they are not ranked.
    package let stoppedModels: [String]
    /// Nil for fewer than two models.
    package let ranking: Ranking?
    /// Difficulty of a metric that is a share: 1 minus the mean over models and samples, or the mean if lower is better. Nil of
    /// other metrics.
    package let difficulty: (value: Double, interval: ConfidenceInterval?)?
  }

  /// Models, tasks and what they show together; for at least two models with runs of at least two tasks whose scores are
  /// shares. A share that is better the lower it is counts as what is missing from 1, so that more is better throughout.
  package struct Overall: Sendable {
    package let models: [String]
    package let tasks: [String]
    package let ranking: Ranking
    package let strengths: [Strength]
    /// How far each pair of tasks orders the models alike.
    package let agreements: [Agreement]
  }

  /// Kendall's tau-b of two tasks over the models' means.
  package struct Agreement: Sendable {
    /// Positions in `Overall.tasks`.
    package let first: Int
    package let second: Int
    package let tau: Double
    /// Adjusted for all pairs of tasks; nil as `KendallTau.probability`.
    package let probability: AdjustedProbability?
  }

  package let level: Double
  package let tasks: [TaskPart]
  package let overall: Overall?

  /// The analysis of a record, at the level of its plan; nil for fewer than two models with runs.
  package init?(_ record: SweepRecord) {
    level = record.plan.confidenceLevel
    var runs: [Int: [RunRecord]] = [:]
    var stopped: [Int: [String]] = [:]
    for cell in record.cells {
      guard case .success(let run) = cell.outcome else { continue }
      if run.isStoppedEarly {
        stopped[cell.cell.taskNumber, default: []].append(run.modelName)
      } else {
        runs[cell.cell.taskNumber, default: []].append(run)
      }
    }
    let level = level
    guard Set(record.cells.map(\.modelName)).count >= 2 else { return nil }
    tasks = runs.keys.sorted().compactMap { Self.part($0, runs[$0] ?? [], stopped[$0] ?? [], level) }
    overall = Self.overall(tasks, level)
    if !tasks.contains(where: { $0.ranking != nil }) { return nil }
  }

  private static func part(_ number: Int, _ runs: [RunRecord], _ stopped: [String], _ level: Double) -> TaskPart? {
    guard let first = runs.first, let metric = first.metrics.first, metric.aggregate == .mean else { return nil }
    var models: [String] = []
    for run in runs where !models.contains(run.modelName) { models.append(run.modelName) }
    let byModel = models.map { name in runs.filter { $0.modelName == name } }
    let numbers = byModel.map { Set($0.map(\.seeds.run)) }
    let common = numbers.dropFirst().reduce(numbers[0]) { $0.intersection($1) }
    let compared = byModel.map { $0.filter { common.contains($0.seeds.run) } }
    let tables = compared.map { means(of: metric.name, in: $0) }
    let all = Set(compared.joined().flatMap { $0.samples.map(\.id) })
    var taken: Set<String> = []
    let ids = compared[0].flatMap { $0.samples.map(\.id) }.filter { id in
      tables.allSatisfy { $0[id] != nil } && taken.insert(id).inserted
    }
    guard let grid = ScoreGrid([tables.map { table in ids.compactMap { table[$0] } }]) else { return nil }
    let merits = metric.isShare ? ScoreGrid(Self.merits(grid.scores, [metric])) : nil
    let difficulty = merits?.difficulties(level: level)[0]
    return TaskPart(
      number: number, name: first.taskName, metric: metric, models: models, grid: grid,
      droppedCount: all.count - ids.count, stoppedModels: stopped,
      ranking: models.count >= 2 ? Ranking(grid, higherIsBetter: metric.higherIsBetter, level: level) : nil,
      difficulty: difficulty.map { ($0.difficulty, $0.interval) })
  }

  /// The mean score of each sample over runs; of those that every one of the runs has a score for.
  private static func means(of metric: String, in runs: [RunRecord]) -> [String: Double] {
    var sums: [String: (sum: Double, count: Int)] = [:]
    for sample in runs.flatMap(\.samples) {
      guard let value = sample.score.value(of: metric), value.isFinite else { continue }
      let (sum, count) = sums[sample.id] ?? (0, 0)
      sums[sample.id] = (sum + value, count + 1)
    }
    return sums.compactMapValues { $0.count == runs.count ? $0.sum / Double($0.count) : nil }
  }

  /// Scores of shares as shares that are better the higher they are: [task][model][item].
  private static func merits(_ scores: [[[Double]]], _ metrics: [Metric]) -> [[[Double]]] {
    zip(scores, metrics).map { task, metric in task.map { $0.map(metric.merit) } }
  }

  private static func overall(_ parts: [TaskPart], _ level: Double) -> Overall? {
    let parts = parts.filter(\.metric.isShare)
    guard let first = parts.first else { return nil }
    let models = first.models.filter { name in parts.allSatisfy { $0.models.contains(name) } }
    guard models.count >= 2, parts.count >= 2 else { return nil }
    let scores = parts.map { part in
      models.compactMap { name in part.models.firstIndex(of: name).map { part.grid.scores[0][$0] } }
    }
    guard let grid = ScoreGrid(Self.merits(scores, parts.map(\.metric))),
      let strengths = Strength.all(grid, level: level)
    else { return nil }
    let means = parts.indices.map { task in models.indices.map { grid.mean(task: task, model: $0) } }
    var pairs: [(first: Int, second: Int, tau: KendallTau)] = []
    for second in parts.indices {
      for first in 0..<second {
        if let tau = KendallTau(means[first], means[second]) { pairs.append((first, second, tau)) }
      }
    }
    let agreements = zip(pairs, MultipleComparisons.adjust(pairs.map(\.tau.probability))).map { pair, probability in
      Agreement(first: pair.first, second: pair.second, tau: pair.tau.tau, probability: probability)
    }
    return Overall(
      models: models, tasks: parts.map(\.name), ranking: Ranking(grid, level: level), strengths: strengths,
      agreements: agreements)
  }
}

extension SweepAnalysis {
  /// The analysis as JSON; what cannot be said is null.
  var json: JSONValue {
    let tasks = tasks.map { part -> JSONValue in
      [
        "task": .string(part.name), "samples": JSONValue(part.grid.scores[0][0].count),
        "dropped_samples": JSONValue(part.droppedCount),
        "metric": .string(part.metric.name), "unit": .string(part.metric.unit.name),
        "higher_is_better": .bool(part.metric.higherIsBetter),
        "stopped_models": .array(part.stoppedModels.map { .string($0) }),
        "difficulty": JSONValue(optional: part.difficulty?.value),
        "difficulty_lower": JSONValue(optional: part.difficulty?.interval?.lower),
        "difficulty_upper": JSONValue(optional: part.difficulty?.interval?.upper),
        "ranking": part.ranking.map { Self.json($0, part.models) } ?? .null,
      ]
    }
    return ["level": .number(level), "tasks": .array(tasks), "overall": overall.map(Self.json) ?? .null]
  }

  private static func json(_ overall: Overall) -> JSONValue {
    let strengths = overall.strengths.map { strength -> JSONValue in
      var object: JSONObject = [
        "model": .string(overall.models[strength.model]), "task": .string(overall.tasks[strength.task]),
        "residual": .number(strength.residual), "standard_error": JSONValue(optional: strength.standardError),
      ]
      add(strength.probability, to: &object)
      object["significant"] = .bool(strength.isSignificant)
      return .object(object)
    }
    let agreements = overall.agreements.map { pair -> JSONValue in
      var object: JSONObject = [
        "first": .string(overall.tasks[pair.first]), "second": .string(overall.tasks[pair.second]),
        "kendall_tau": .number(pair.tau),
      ]
      add(pair.probability, to: &object)
      return .object(object)
    }
    return [
      "ranking": json(overall.ranking, overall.models), "strengths": .array(strengths),
      "agreements": .array(agreements),
    ]
  }

  private static func json(_ ranking: Ranking, _ models: [String]) -> JSONValue {
    let places = zip(models, ranking.places).map { model, place -> JSONValue in
      [
        "model": .string(model), "mean": .number(place.mean), "rank": .number(place.rank),
        "best_rank": JSONValue(place.bestRank), "worst_rank": JSONValue(place.worstRank),
        "rank_probabilities": .array(place.rankProbabilities.map { .number($0) }),
      ]
    }
    let pairs = ranking.pairs.map { pair -> JSONValue in
      var object: JSONObject = [
        "first": .string(models[pair.first]), "second": .string(models[pair.second]),
        "difference": .number(pair.difference),
      ]
      add(pair.probability, to: &object)
      object["tie"] = .bool(pair.isTie)
      object["better"] = pair.isTie ? .null : .string(models[pair.better])
      return .object(object)
    }
    return ["models": .array(places), "pairs": .array(pairs)]
  }

  /// A p-value, raw and adjusted, as the three keys it has everywhere.
  private static func add(_ probability: AdjustedProbability?, to object: inout JSONObject) {
    object["p_value"] = JSONValue(optional: probability?.raw)
    object["holm"] = JSONValue(optional: probability?.holm)
    object["benjamini_hochberg"] = JSONValue(optional: probability?.benjaminiHochberg)
  }
}
