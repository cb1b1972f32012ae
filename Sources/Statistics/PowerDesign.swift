import Glibc

/// A comparison of two models before it is run: how probably it would find a difference that is there.
///
/// Shares are of right answers. Tests are two-sided at `significance`.
package struct PowerDesign: Sendable, Equatable {
  /// Which items the two models answer.
  package enum Kind: String, Sendable, CaseIterable {
    /// Each model its own items: the z test of two shares.
    case independent
    /// Both the same items: McNemar's mid-p test.
    case paired
  }

  package let kind: Kind
  /// The share the first model answers rightly.
  package let baseline: Double
  package let significance: Double
  /// The share of items that just one of two paired models answers rightly; nil: what answers that have nothing to do with
  /// each other would give, p1 (1 - p2) + p2 (1 - p1), which is more than models of one family show.
  package let discordance: Double?
  /// Answers to each item, of runs or of repeats within them, whose mean is its score.
  package let runs: Int
  /// The variance of a single answer about its item's mean, averaged over items; 0 for greedy decoding, at most 0.25.
  package let samplingVariance: Double

  /// Nil for a value outside its range: baseline in 0...1, 0 < significance < 1, 0 < discordance <= 1, runs from 1 up,
  /// sampling variance in 0...0.25.
  package init?(
    kind: Kind, baseline: Double, significance: Double = 0.05, discordance: Double? = nil, runs: Int = 1,
    samplingVariance: Double = 0
  ) {
    guard (0...1).contains(baseline), significance > 0, significance < 1, runs >= 1,
      discordance.map({ $0 > 0 && $0 <= 1 }) ?? true, (0...0.25).contains(samplingVariance)
    else { return nil }
    self.kind = kind
    self.baseline = baseline
    self.significance = significance
    self.discordance = discordance
    self.runs = runs
    self.samplingVariance = samplingVariance
  }

  /// Above this many items McNemar's power is the normal approximation's, which then agrees to four digits.
  static let exactItems = 100_000
  static let mostItems = 1_000_000_000

  /// The probability of finding a difference, with so many items for each model.
  ///
  /// independent: the z test with the pooled variance under no difference (J. Fleiss, B. Levin, M. Paik, "Statistical Methods
  /// for Rates and Proportions", 2003, 4.2). paired: the exact power of McNemar's mid-p test over all numbers of discordant
  /// items (as S. Duffy, Biometrics 40, 1984, for the exact test). With several runs or a sampling variance: the z test whose
  /// variance per item is what the items add plus what sampling adds over the runs (E. Miller, "Adding Error Bars to Evals",
  /// arXiv 2411.00640, 2024, 5). Nil for no items, or a difference that the shares or the discordance do not allow.
  package func power(difference: Double, items: Int) -> Double? {
    guard items >= 1, items <= Self.mostItems, let spread = spread(difference) else { return nil }
    if kind == .paired, runs == 1, samplingVariance == 0, items <= Self.exactItems {
      return McNemarPower.midP(
        items: items, discordance: spread.discordance, difference: abs(difference), significance: significance)
    }
    guard let z = NormalDistribution.quantile(1 - significance / 2) else { return nil }
    let root = Double(items).squareRoot()
    if spread.alternative == 0 { return difference == 0 ? 0 : 1 }
    let shift = abs(difference) * root / spread.alternative
    let critical = z * spread.null / spread.alternative
    return NormalDistribution.upperTail(critical - shift) + NormalDistribution.upperTail(critical + shift)
  }

  /// The fewest items for each model with which the power reaches a wanted one; nil where no number up to a thousand million
  /// does, as for no difference.
  ///
  /// Found by halving. The power of a discrete test does not rise at every item: a slightly smaller number may reach it too.
  package func items(difference: Double, power wanted: Double) -> Int? {
    guard wanted > 0, wanted < 1, difference != 0 else { return nil }
    return Self.smallest(to: Self.mostItems) { items in power(difference: difference, items: items).map { $0 >= wanted }
    }
  }

  /// The fewest runs of each item with which the power reaches a wanted one; nil where no number up to a million does: runs
  /// take away what sampling adds, never what the items add.
  package func runs(difference: Double, items: Int, power wanted: Double) -> Int? {
    guard wanted > 0, wanted < 1 else { return nil }
    return Self.smallest(to: 1_000_000) { runs in
      let design = PowerDesign(
        kind: kind, baseline: baseline, significance: significance, discordance: discordance, runs: runs,
        samplingVariance: samplingVariance)
      return design?.power(difference: difference, items: items).map { $0 >= wanted }
    }
  }

  /// The smallest gain over the baseline that so many items find with a wanted power; nil where none up to 1 does.
  package func minimumDetectableEffect(items: Int, power wanted: Double) -> Double? {
    guard items >= 1, wanted > 0, wanted < 1 else { return nil }
    let most = kind == .paired ? min(1 - baseline, discordance ?? 1) : 1 - baseline
    guard most > 0, let best = power(difference: most, items: items), best >= wanted else { return nil }
    var lower = 0.0
    var upper = most
    while upper - lower > 1e-7 {
      let middle = (lower + upper) / 2
      if (power(difference: middle, items: items) ?? 0) < wanted { lower = middle } else { upper = middle }
    }
    return upper
  }

  /// The fewest items with which Wilson's interval of a share is no wider than twice a half width; nil where no number up to
  /// a thousand million suffices.
  package static func items(share: Double, halfWidth: Double, level: Double = 0.95) -> Int? {
    guard (0...1).contains(share), halfWidth > 0, level > 0, level < 1,
      let z = NormalDistribution.quantile((1 + level) / 2)
    else { return nil }
    return smallest(to: mostItems) { items in
      let n = Double(items)
      let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
      return half <= halfWidth
    }
  }

  /// Standard deviations per item under no difference and under the difference, and the discordance; nil if impossible.
  private func spread(_ difference: Double) -> (null: Double, alternative: Double, discordance: Double)? {
    let second = baseline + difference
    guard difference.isFinite, second >= 0, second <= 1 else { return nil }
    let noise = samplingVariance
    let kept = 1 - 1 / Double(runs)  // the part of the sampling variance that the runs take away
    switch kind {
    case .independent:
      let pooled = (baseline + second) / 2
      let own = baseline * (1 - baseline)
      let other = second * (1 - second)
      guard own >= noise, other >= noise else { return nil }
      let null = (2 * (pooled * (1 - pooled) - noise * kept)).squareRoot()
      return (null, (own + other - 2 * noise * kept).squareRoot(), 0)
    case .paired:
      let share = discordance ?? baseline * (1 - second) + second * (1 - baseline)
      guard share >= abs(difference), share - difference * difference >= 2 * noise else { return nil }
      let null = share - 2 * noise * kept
      return (null.squareRoot(), (null - difference * difference).squareRoot(), share)
    }
  }

  /// The smallest number from 1 up to a limit that satisfies a condition which holds from some number on; nil if none does,
  /// or the condition is nil.
  private static func smallest(to limit: Int, _ holds: (Int) -> Bool?) -> Int? {
    var upper = 1
    while true {
      guard let found = holds(upper) else { return nil }
      if found { break }
      if upper >= limit { return nil }
      upper = min(limit, upper * 2)
    }
    var lower = upper / 2  // holds(0) is taken to be false
    while upper - lower > 1 {
      let middle = (lower + upper) / 2
      if holds(middle) ?? false { upper = middle } else { lower = middle }
    }
    return upper
  }
}

/// The power of McNemar's test, summed over the number of discordant items.
enum McNemarPower {
  /// P(mid-p <= significance) if an item is discordant with one probability, and the discordant ones lean to one side so that
  /// the shares differ by `difference`. Numbers of discordant items further than ten standard deviations are left out.
  static func midP(items: Int, discordance: Double, difference: Double, significance: Double) -> Double {
    guard discordance > 0 else { return 0 }
    let lean = min(1, (1 + difference / discordance) / 2)
    let centre = Double(items) * discordance
    let reach = 10 * (centre * (1 - discordance)).squareRoot() + 10
    let from = max(1, Int((centre - reach).rounded(.down)))
    let to = min(items, Int((centre + reach).rounded(.up)))
    guard from <= to else { return 0 }
    var power = 0.0
    var critical = -1
    for discordant in from...to {
      critical = Self.critical(discordant, significance, near: critical)
      guard critical >= 0, let weight = BinomialDistribution.point(discordant, items, discordance), weight > 0,
        let low = BinomialDistribution.cumulative(critical, discordant, lean),
        let high = BinomialDistribution.cumulative(critical, discordant, 1 - lean)
      else { continue }
      power += weight * (low + high)
    }
    return min(1, power)
  }

  /// The largest k for which a split of k against the rest is significant; -1 if none is.
  private static func critical(_ discordant: Int, _ significance: Double, near guess: Int) -> Int {
    func isSignificant(_ k: Int) -> Bool {
      k >= 0 && 2 * k < discordant
        && (McNemarTest(onlyFirst: k, onlySecond: discordant - k)?.midProbability ?? 1) <= significance
    }
    if guess < 0 {  // halve: the probability rises with k
      var (lower, upper) = (-1, discordant / 2 + 1)
      while upper - lower > 1 {
        let middle = (lower + upper) / 2
        if isSignificant(middle) { lower = middle } else { upper = middle }
      }
      return lower
    }
    var k = guess
    while isSignificant(k + 1) { k += 1 }
    while k >= 0, !isSignificant(k) { k -= 1 }
    return k
  }
}
