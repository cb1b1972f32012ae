/// A range that covers the true value at a stated rate over repeated experiments.
package struct ConfidenceInterval: Sendable, Equatable {
  /// How the range was computed.
  package enum Method: String, Sendable, Equatable, CaseIterable {
    case normal
    case student
    case wilson
    case clopperPearson = "clopper_pearson"
    case jeffreys
    /// The bootstrap, bias-corrected and accelerated.
    case bootstrap
    /// The bootstrap's plain percentiles.
    case percentile
    /// Tango's score interval of a paired difference.
    case tango
    /// A confidence sequence by betting, for the items not seen again.
    case betting
  }

  package let lower: Double
  package let upper: Double
  /// The nominal rate, such as 0.95.
  package let level: Double
  package let method: Method

  package var width: Double { upper - lower }

  /// An interval computed elsewhere, such as one of another scale.
  package init(lower: Double, upper: Double, level: Double, method: Method) {
    self.lower = lower
    self.upper = upper
    self.level = level
    self.method = method
  }
}

extension ConfidenceInterval {
  /// The normal interval of a mean: estimate -+ z standard errors, z = 1.96 for 95%.
  ///
  /// Nil for a standard error that is zero, negative or not finite, or a level outside 0..<1: no interval is honest
  /// where there is no spread to judge by.
  package static func normal(mean: Double, standardError: Double, level: Double = 0.95) -> ConfidenceInterval? {
    guard isLevel(level), let z = NormalDistribution.quantile((1 + level) / 2) else { return nil }
    return symmetric(mean, standardError, z, level, .normal)
  }

  /// Student's interval of a mean of n values: estimate -+ t standard errors, t of n - 1 degrees of freedom.
  ///
  /// Nil as for `normal`, and for fewer than two values. Source: Student, Biometrika 6, 1908.
  package static func student(mean: Double, standardError: Double, count: Int, level: Double = 0.95)
    -> ConfidenceInterval?
  {
    guard isLevel(level), count >= 2,
      let t = StudentDistribution.quantile((1 + level) / 2, degreesOfFreedom: Double(count) - 1)
    else { return nil }
    return symmetric(mean, standardError, t, level, .student)
  }

  /// Wilson's score interval of a proportion (E. B. Wilson, JASA 22, 1927), without continuity correction.
  ///
  /// Centre (p + z^2 / 2n) / (1 + z^2 / n), half width z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2 / n). Never of zero width.
  /// Nil for no trials, an impossible count of successes, or a level outside 0 < level < 1.
  package static func wilson(successes: Int, count: Int, level: Double = 0.95) -> ConfidenceInterval? {
    guard isLevel(level), isPossible(successes, count), let z = NormalDistribution.quantile((1 + level) / 2) else {
      return nil
    }
    let n = Double(count)
    let proportion = Double(successes) / n
    let square = z * z
    let centre = (proportion + square / (2 * n)) / (1 + square / n)
    let half = z * (proportion * (1 - proportion) / n + square / (4 * n * n)).squareRoot() / (1 + square / n)
    return between(
      successes == 0 ? 0 : max(0, centre - half), successes == count ? 1 : min(1, centre + half), level, .wilson)
  }

  /// The exact interval of a proportion (C. J. Clopper, E. S. Pearson, Biometrika 26, 1934), from beta quantiles.
  ///
  /// Covers at least at the nominal rate whatever the true proportion. Nil as for `wilson`.
  package static func clopperPearson(successes: Int, count: Int, level: Double = 0.95) -> ConfidenceInterval? {
    guard isLevel(level), isPossible(successes, count) else { return nil }
    let (right, wrong) = (Double(successes), Double(count) - Double(successes))
    let tail = (1 - level) / 2
    guard let lower = successes == 0 ? 0 : BetaDistribution.quantile(tail, right, wrong + 1),
      let upper = successes == count ? 1 : BetaDistribution.quantile(1 - tail, right + 1, wrong)
    else { return nil }
    return between(lower, upper, level, .clopperPearson)
  }

  /// Jeffreys' interval of a proportion: quantiles of beta(successes + 1/2, failures + 1/2).
  ///
  /// The lower end is 0 without successes and the upper end 1 without failures (L. D. Brown, T. T. Cai, A. DasGupta,
  /// Statistical Science 16, 2001). Nil as for `wilson`.
  package static func jeffreys(successes: Int, count: Int, level: Double = 0.95) -> ConfidenceInterval? {
    guard isLevel(level), isPossible(successes, count) else { return nil }
    let (right, wrong) = (Double(successes) + 0.5, Double(count) - Double(successes) + 0.5)
    let tail = (1 - level) / 2
    guard let lower = successes == 0 ? 0 : BetaDistribution.quantile(tail, right, wrong),
      let upper = successes == count ? 1 : BetaDistribution.quantile(1 - tail, right, wrong)
    else { return nil }
    return between(lower, upper, level, .jeffreys)
  }

  private static func isLevel(_ level: Double) -> Bool { level > 0 && level < 1 }

  private static func isPossible(_ successes: Int, _ count: Int) -> Bool {
    count > 0 && successes >= 0 && successes <= count
  }

  private static func symmetric(
    _ mean: Double, _ standardError: Double, _ multiple: Double, _ level: Double, _ method: Method
  ) -> ConfidenceInterval? {
    guard standardError > 0 else { return nil }
    return between(mean - multiple * standardError, mean + multiple * standardError, level, method)
  }

  /// Nil for ends that are not finite or have no width between them, as for a level too near to 0.
  private static func between(_ lower: Double, _ upper: Double, _ level: Double, _ method: Method)
    -> ConfidenceInterval?
  {
    guard lower.isFinite, upper.isFinite, lower < upper else { return nil }
    return ConfidenceInterval(lower: lower, upper: upper, level: level, method: method)
  }
}
