/// McNemar's test of two models on the same items (Q. McNemar, Psychometrika 12, 1947).
///
/// Only the items that one answers rightly and the other wrongly tell them apart; if the models are equally good, each
/// of these is a fair coin's toss.
package struct McNemarTest: Sendable, Equatable {
  /// The items only the first model answers rightly.
  package let onlyFirst: Int
  /// The items only the second model answers rightly.
  package let onlySecond: Int
  /// The two-sided probability of a split at least this uneven; keeps its level always, at the price of power.
  package let exactProbability: Double
  /// Twice the smaller tail with the observed split counted by half: closer to the level, seldom above it
  /// (M. Fagerland, S. Lydersen, P. Laake, BMC Medical Research Methodology 13:91, 2013); 1 for an even split.
  package let midProbability: Double

  /// Nil for a negative count or a sum beyond what an integer holds. Without discordant items both probabilities are 1.
  package init?(onlyFirst: Int, onlySecond: Int) {
    let (total, overflow) = onlyFirst.addingReportingOverflow(onlySecond)
    guard onlyFirst >= 0, onlySecond >= 0, !overflow else { return nil }
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
    if onlyFirst == onlySecond {
      exactProbability = 1
      midProbability = 1
    } else {
      // The tail of the binomial distribution up to k is I(1/2; n - k, k + 1) (Abramowitz and Stegun 26.5.24).
      let smaller = min(onlyFirst, onlySecond)
      let tail = BetaDistribution.regularized(
        0.5, complement: 0.5, Double(total) - Double(smaller), Double(smaller) + 1)
      exactProbability = min(1, 2 * tail)
      midProbability = max(
        0, min(1, 2 * tail - BinomialDensity.value(Double(smaller), Double(total - smaller), 0.5, 0.5)))
    }
  }
}
