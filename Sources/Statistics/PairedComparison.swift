/// Two models on the same items: how much the first scores above the second, item by item, and how surely.
package struct PairedComparison: Sendable {
  /// What can be chosen.
  package struct Options: Sendable {
    /// The level of the intervals.
    package var level: Double
    /// Differences smaller than this count as none; asks for the test of equivalence. In units of the score.
    package var margin: Double?
    /// Replicates of the bootstrap and draws of the permutation test.
    package var replicates: Int
    package var seed: UInt64
    /// Threads for resampling; 0: one a processor. Changes no number.
    package var threads: Int

    package init(
      level: Double = 0.95, margin: Double? = nil, replicates: Int = Bootstrap.defaultReplicates, seed: UInt64 = 1234,
      threads: Int = 0
    ) {
      self.level = level
      self.margin = margin
      self.replicates = replicates
      self.seed = seed
      self.threads = threads
    }
  }

  /// Items that both models have a score for.
  package let count: Int
  /// Clusters of items; nil: the items were sampled independently.
  package let clusterCount: Int?
  package let firstMean: Double
  package let secondMean: Double
  /// firstMean - secondMean.
  package let difference: Double
  /// The standard error of the difference (with clusters, the clustered one); nil for fewer than two items or clusters.
  package let standardError: Double?
  /// Tango's interval for scores of 0 and 1 without clusters, else Student's on the differences; nil where all are equal.
  package let interval: ConfidenceInterval?
  /// The interval by the bootstrap over items (or clusters); nil where all differences are equal.
  package let bootstrapInterval: ConfidenceInterval?
  /// The two-sided probability of no difference by the bootstrap; nil as its interval.
  package let bootstrapProbability: Double?
  package let permutation: PermutationTest?
  /// The table of right and wrong; nil unless all scores are 0 or 1.
  package let proportions: PairedProportions?
  /// Nil unless a margin was given and the differences show a spread.
  package let equivalence: EquivalenceTest?

  /// The probability to judge by: McNemar's mid-p for scores of 0 and 1 without clusters, else the permutation test's.
  package var probability: Double? {
    if clusterCount == nil, let test = proportions?.mcNemar { return test.midProbability }
    return permutation?.probability
  }

  /// Which test `probability` is of.
  package var probabilityMethod: String {
    clusterCount == nil && proportions != nil ? "mcnemar_mid_p" : "permutation"
  }

  /// Compares scores of the same items in the same order; nil for no items, lists of different lengths, or a score that is
  /// not finite.
  package init?(_ first: [Double], _ second: [Double], clusters: Clusters? = nil, options: Options = Options()) {
    guard first.count == second.count, let firstMean = Moments.mean(first), let secondMean = Moments.mean(second),
      clusters == nil || clusters?.numbers.count == first.count
    else { return nil }
    let differences = zip(first, second).map { Moments.difference($0, $1) }
    guard differences.allSatisfy(\.isFinite), let difference = Moments.mean(differences) else { return nil }
    count = first.count
    clusterCount = clusters?.count
    self.firstMean = firstMean
    self.secondMean = secondMean
    self.difference = difference
    let error = clusters.map { $0.standardError(differences) } ?? Moments.standardError(differences)
    standardError = error
    let table = PairedProportions(first, second)
    proportions = table
    let parts = clusters?.count ?? first.count
    if clusters == nil, let table {
      interval = table.interval(level: options.level)
    } else {
      interval = error.flatMap {
        .student(mean: difference, standardError: $0, count: parts, level: options.level)
      }
    }
    let bootstrap = Bootstrap(
      values: differences, clusters: clusters, replicates: options.replicates, seed: options.seed,
      threads: options.threads)
    bootstrapInterval = bootstrap?.interval(level: options.level)
    bootstrapProbability = bootstrap?.probability(of: 0)
    permutation = PermutationTest(
      differences: differences, clusters: clusters, draws: options.replicates, seed: options.seed,
      threads: options.threads)
    equivalence = options.margin.flatMap { margin in
      error.flatMap { EquivalenceTest(difference: difference, standardError: $0, count: parts, margin: margin) }
    }
  }
}

/// Two one-sided tests: is the difference surely smaller than a margin, either way?
///
/// Source: D. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987; Student's t with one degree of freedom
/// fewer than items (or clusters).
package struct EquivalenceTest: Sendable, Equatable {
  package let margin: Double
  /// The probability of a difference this far above -margin, if -margin were true.
  package let lowerProbability: Double
  /// The probability of a difference this far below margin, if margin were true.
  package let upperProbability: Double
  /// The larger of the two: below 0.05, the models are equivalent within the margin at that level.
  package var probability: Double { max(lowerProbability, upperProbability) }

  /// Nil for a margin or standard error that is not positive and finite, or fewer than two items.
  package init?(difference: Double, standardError: Double, count: Int, margin: Double) {
    guard margin > 0, margin.isFinite, standardError > 0, standardError.isFinite, difference.isFinite, count >= 2 else {
      return nil
    }
    let freedom = Double(count) - 1
    self.margin = margin
    lowerProbability = StudentDistribution.upperTail((difference + margin) / standardError, degreesOfFreedom: freedom)
    upperProbability = StudentDistribution.upperTail((margin - difference) / standardError, degreesOfFreedom: freedom)
  }
}
