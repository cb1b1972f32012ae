/// The order of models by their mean score (from the highest down, or from the lowest up where lower is better), and how much of it is more than chance.
package struct Ranking: Sendable {
  /// Where one model stands.
  package struct Place: Sendable, Equatable {
    /// The mean over tasks of the means over items.
    package let mean: Double
    /// The rank by the mean, from 1; models with equal means share the middle of their ranks.
    package let rank: Double
    /// The probability of rank 1, 2, ... by the bootstrap over items. Models with equal means in a replicate share the
    /// probability of the ranks they hold together.
    package let rankProbabilities: [Double]
    /// One more than the models that are significantly better.
    package let bestRank: Int
    /// As many as there are models, less those that are significantly worse.
    package let worstRank: Int
  }

  /// Two models set against each other.
  package struct Pair: Sendable, Equatable {
    package let first: Int
    package let second: Int
    /// Mean of the first less mean of the second.
    package let difference: Double
    /// Two-sided, adjusted for all pairs; nil where the items show no spread to judge by.
    package let probability: AdjustedProbability?
    /// Not significantly different at the level after Holm's adjustment: a tie, whatever the means say.
    package let isTie: Bool
    /// The one with the better mean, by the ranking's direction; the first where means are equal.
    package let better: Int
    package var worse: Int { better == first ? second : first }
  }

  /// One a model, in the order of the grid.
  package let places: [Place]
  /// Every pair, the first model before the second in the order of the grid.
  package let pairs: [Pair]
  /// Which way means are better; every order and every "better" follows it.
  package let higherIsBetter: Bool

  /// The models from the best rank down; equals in the order of the grid.
  package var order: [Int] { places.indices.sorted { (places[$0].rank, $0) < (places[$1].rank, $1) } }

  /// The models that none is significantly better than, the best mean first: one winner, or a tie.
  package var leaders: [Int] { order.filter { places[$0].bestRank == 1 } }

  /// Two models' pair, whichever of them is its first; nil for a model and itself.
  package func pair(_ one: Int, _ other: Int) -> Pair? {
    pairs.first { ($0.first, $0.second) == (min(one, other), max(one, other)) }
  }

  /// Ranks the models of a grid; tasks count the same, and items are drawn within their tasks.
  ///
  /// Pairs of one task are tested as `PairedComparison` tests them (McNemar's mid-p for scores of 0 and 1, else the permutation
  /// test), of several tasks by the t test of `StratifiedContrast` on the differences; at 1 - level after Holm's adjustment. Rank probabilities: H. Goldstein, D.
  /// Spiegelhalter, JRSS A 159, 1996 (there by simulation). A pure function of grid and seed.
  package init(
    _ grid: ScoreGrid, higherIsBetter: Bool = true, level: Double = 0.95,
    replicates: Int = Bootstrap.defaultReplicates, seed: UInt64 = 1234, threads: Int = 0
  ) {
    let count = grid.modelCount
    let sign = higherIsBetter ? 1.0 : -1.0
    let means = (0..<count).map { grid.mean(model: $0) }
    let pairs = Self.pairs(grid, level, sign, replicates, seed, threads)
    var probabilities = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    let totals = Self.replicates(grid, replicates, seed, threads)
    for replicate in 0..<totals.count / count {
      let drawn = totals[replicate * count..<(replicate + 1) * count]
      for (model, ranks) in Self.ranks(drawn.map { sign * $0 }).enumerated() {
        for rank in ranks { probabilities[model][rank] += 1 / Double(ranks.count) }
      }
    }
    let drawn = Double(max(1, totals.count / count))
    let ranks = Self.ranks(means.map { sign * $0 })
    places = (0..<count).map { model in
      var better = 0
      var worse = 0
      for pair in pairs where !pair.isTie && (pair.first == model || pair.second == model) {
        if pair.better == model { worse += 1 } else { better += 1 }
      }
      return Place(
        mean: means[model], rank: Double(ranks[model].lowerBound + ranks[model].upperBound - 1) / 2 + 1,
        rankProbabilities: probabilities[model].map { $0 / drawn }, bestRank: 1 + better, worstRank: count - worse)
    }
    self.pairs = pairs
    self.higherIsBetter = higherIsBetter
  }

  /// The ranks, from 0, that each value holds: several where values are equal. The highest value is first.
  static func ranks(_ values: [Double]) -> [Range<Int>] {
    // Means that differ by rounding alone are equal.
    let tolerance = 1e-12 * (values.map(\.magnitude).max() ?? 0)
    return values.map { value in
      let better = values.count { $0 > value + tolerance }
      let equal = values.count { abs($0 - value) <= tolerance }
      return better..<better + equal
    }
  }

  /// The overall means of each replicate: [replicates, models].
  private static func replicates(_ grid: ScoreGrid, _ replicates: Int, _ seed: UInt64, _ threads: Int) -> [Double] {
    let models = grid.modelCount
    var totals = [Double](repeating: 0, count: replicates * models)
    for (number, task) in grid.scores.enumerated() {
      let items = task[0].count
      let rows = (0..<items).flatMap { item in task.map { $0[item] } }
      let sums = Resampling.sums(
        rows: rows, columns: models, replicates: replicates, seed: seed,
        firstStream: UInt64(number) << 32, threads: threads)
      for index in totals.indices { totals[index] += sums[index] / Double(items) / Double(grid.taskCount) }
    }
    return totals
  }

  private static func pairs(
    _ grid: ScoreGrid, _ level: Double, _ sign: Double, _ draws: Int, _ seed: UInt64, _ threads: Int
  ) -> [Pair] {
    var found: [(first: Int, second: Int, probability: Double?)] = []
    for first in 0..<grid.modelCount {
      for second in (first + 1)..<max(first + 1, grid.modelCount) {
        var probability: Double?
        if grid.taskCount == 1, let table = PairedProportions(grid.scores[0][first], grid.scores[0][second]) {
          probability = table.mcNemar?.midProbability
        } else if grid.taskCount == 1 {
          let differences = grid.differences(task: 0, first, second)
          probability =
            PermutationTest(differences: differences, draws: draws, seed: seed, threads: threads)?.probability
        } else {
          let weight = 1 / Double(grid.taskCount)
          probability =
            StratifiedContrast(
              (0..<grid.taskCount).map { (weight, grid.differences(task: $0, first, second)) })?.probability
        }
        found.append((first, second, probability))
      }
    }
    return zip(found, MultipleComparisons.adjust(found.map(\.probability))).map { pair, probability in
      let difference = grid.mean(model: pair.first) - grid.mean(model: pair.second)
      return Pair(
        first: pair.first, second: pair.second, difference: difference, probability: probability,
        isTie: (probability?.holm ?? 1) >= 1 - level, better: sign * difference >= 0 ? pair.first : pair.second)
    }
  }
}
