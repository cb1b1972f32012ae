import Glibc

/// Two models that answered the same items rightly or wrongly: the table of the four cases and what it tells.
package struct PairedProportions: Sendable, Equatable {
  package let bothRight: Int
  package let onlyFirst: Int
  package let onlySecond: Int
  package let bothWrong: Int

  package var count: Int { bothRight + onlyFirst + onlySecond + bothWrong }

  /// The table of scores that are all 0 or 1; nil otherwise, or if the lists differ in length.
  package init?(_ first: [Double], _ second: [Double]) {
    guard first.count == second.count, (first + second).allSatisfy({ $0 == 0 || $0 == 1 }) else { return nil }
    var counts = [0, 0, 0, 0]
    for (a, b) in zip(first, second) { counts[(a == 1 ? 0 : 2) + (b == 1 ? 0 : 1)] += 1 }
    (bothRight, onlyFirst, onlySecond, bothWrong) = (counts[0], counts[1], counts[2], counts[3])
  }

  /// The table by its counts; nil for a negative one.
  package init?(bothRight: Int, onlyFirst: Int, onlySecond: Int, bothWrong: Int) {
    guard min(bothRight, onlyFirst, onlySecond, bothWrong) >= 0 else { return nil }
    (self.bothRight, self.onlyFirst, self.onlySecond, self.bothWrong) = (bothRight, onlyFirst, onlySecond, bothWrong)
  }

  /// The first's share of right answers less the second's; nil without items.
  package var difference: Double? { count > 0 ? Double(onlyFirst - onlySecond) / Double(count) : nil }

  package var mcNemar: McNemarTest? { McNemarTest(onlyFirst: onlyFirst, onlySecond: onlySecond) }

  /// Cohen's h: 2 asin(sqrt(p1)) - 2 asin(sqrt(p2)) (J. Cohen, "Statistical Power Analysis", 1988, 6.2); nil without items.
  package var cohenH: Double? {
    guard count > 0 else { return nil }
    return EffectSize.cohenH(
      Double(bothRight + onlyFirst) / Double(count), Double(bothRight + onlySecond) / Double(count))
  }

  /// The conditional odds ratio: of the items that one model alone answers rightly, the first's to the second's.
  ///
  /// Nil where the second has none: the ratio has no finite estimate.
  package var oddsRatio: Double? { onlySecond > 0 ? Double(onlyFirst) / Double(onlySecond) : nil }

  /// The exact interval of the odds ratio: Clopper and Pearson's of onlyFirst in the discordant items, as odds.
  ///
  /// Its upper end is infinite, and so absent, where the second has none alone. Nil without discordant items.
  package func oddsRatioInterval(level: Double = 0.95) -> (lower: Double, upper: Double?)? {
    guard
      let share = ConfidenceInterval.clopperPearson(
        successes: onlyFirst, count: onlyFirst + onlySecond, level: level)
    else { return nil }
    return (share.lower / (1 - share.lower), share.upper < 1 ? share.upper / (1 - share.upper) : nil)
  }

  /// The score interval of the difference (T. Tango, Statistics in Medicine 17, 1998).
  ///
  /// Holds every difference d whose test statistic (b - c - n d) / sqrt(n (2 q + d (1 - d))) stays within -+ z; q, the
  /// most likely share of "only second" under d, is the larger root of 2 n q^2 + (-b - c + (2 n - b + c) d) q - c d (1 - d).
  /// Never of zero width. Nil without items or for a level outside 0 < level < 1.
  package func interval(level: Double = 0.95) -> ConfidenceInterval? {
    guard let difference, level > 0, level < 1, let z = NormalDistribution.quantile((1 + level) / 2) else { return nil }
    let lower = -(Self.upperEnd(Double(onlySecond), Double(onlyFirst), Double(count), -difference, z))
    let upper = Self.upperEnd(Double(onlyFirst), Double(onlySecond), Double(count), difference, z)
    guard lower < upper else { return nil }
    return ConfidenceInterval(lower: lower, upper: upper, level: level, method: .tango)
  }

  private static func upperEnd(_ b: Double, _ c: Double, _ n: Double, _ difference: Double, _ z: Double) -> Double {
    Bisection.solve(from: difference, to: 1) { d in
      let middle = (2 * n - b + c) * d - b - c
      let root = max(0, middle * middle + 8 * n * c * d * (1 - d)).squareRoot()
      let share = max(0, (root - middle) / (4 * n))
      let variance = n * (2 * share + d * (1 - d))
      return variance <= 0 ? d <= difference : (n * d - b + c) <= z * variance.squareRoot()
    }
  }
}

/// Sizes of effects, apart from how surely they are known.
package enum EffectSize {
  /// Cohen's h of two shares; nil outside 0...1.
  package static func cohenH(_ first: Double, _ second: Double) -> Double? {
    guard (0...1).contains(first), (0...1).contains(second) else { return nil }
    return 2 * asin(first.squareRoot()) - 2 * asin(second.squareRoot())
  }
}
