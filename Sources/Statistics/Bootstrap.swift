/// Bootstrap intervals of a mean: the spread of the means of items drawn again from the items there are.
package struct Bootstrap: Sendable {
  /// How often the items are drawn again.
  package static let defaultReplicates = 10_000

  /// The mean of the values as they are.
  package let mean: Double
  /// The mean of each replicate, in ascending order.
  package let replicates: [Double]
  /// How skewed the mean's distribution is, by the jackknife: see `acceleration(influences:)`.
  let acceleration: Double

  /// Draws items, or whole clusters of them, with replacement.
  ///
  /// Nil for fewer than two items (or clusters), values that are not finite, or values (cluster means) that are all equal: no
  /// draw can then show any spread. The replicates are a pure function of values and seed, whatever the number of threads (0: one
  /// a processor).
  package init?(
    values: [Double], clusters: Clusters? = nil, replicates: Int = defaultReplicates, seed: UInt64 = 1234,
    threads: Int = 0
  ) {
    guard let mean = Moments.mean(values), values.allSatisfy(\.isFinite), replicates >= 1,
      Moments.hasSpread(values)
    else { return nil }
    self.mean = mean
    let count = Double(values.count)
    let total = Moments.sum(values)
    if let clusters {
      guard clusters.count >= 2, let sums = clusters.sums(values) else { return nil }
      let sizes = clusters.sizes.map(Double.init)
      if !Moments.hasSpread(zip(sums, sizes).map { $0 / $1 }) { return nil }
      let rows: [Double] = zip(sums, sizes).flatMap { [$0.0, $0.1] }
      let drawn = Resampling.sums(rows: rows, columns: 2, replicates: replicates, seed: seed, threads: threads)
      let means: [Double] = stride(from: 0, to: drawn.count, by: 2).map { (at: Int) in drawn[at] / drawn[at + 1] }
      self.replicates = means.sorted()
      let left: [Double] = zip(sums, sizes).map { (sum: Double, size: Double) in (total - sum) / (count - size) }
      acceleration = Self.acceleration(leftOut: left)
    } else {
      let drawn = Resampling.sums(rows: values, columns: 1, replicates: replicates, seed: seed, threads: threads)
      self.replicates = drawn.map { $0 / count }.sorted()
      acceleration = Self.acceleration(leftOut: values.map { (total - $0) / (count - 1) })
    }
    if self.replicates.isEmpty { return nil }
  }

  /// The bias-corrected and accelerated interval (B. Efron, JASA 82, 1987; B. Efron, R. Tibshirani, "An Introduction to the
  /// Bootstrap", 1993, 14.3).
  ///
  /// Nil for a level outside 0 < level < 1, or where the replicates lie all on one side of the mean.
  package func interval(level: Double = 0.95) -> ConfidenceInterval? {
    guard level > 0, level < 1, let bias, let z = NormalDistribution.quantile((1 + level) / 2) else { return nil }
    func corrected(_ z: Double) -> Double? {
      let room = 1 - acceleration * (bias + z)
      return room > 0 ? NormalDistribution.cumulative(bias + (bias + z) / room) : nil
    }
    guard let low = corrected(-z), let high = corrected(z), let lower = Quantiles.quantile(sorted: replicates, low),
      let upper = Quantiles.quantile(sorted: replicates, high), Moments.hasSpread([lower, upper])
    else { return nil }
    return ConfidenceInterval(lower: lower, upper: upper, level: level, method: .bootstrap)
  }

  /// The two-sided probability of a value under resampling: 1 less the level of the interval that just reaches it.
  ///
  /// Inverts the bias-corrected and accelerated interval: with w the normal quantile of the share of replicates below the
  /// value (equal ones by half) and u = w - bias, z = u / (1 + a u) - bias and the probability is that of a value beyond z,
  /// on either side. The share counts half a replicate more than there are on each side, so that it is never 0. Nil as
  /// `interval`.
  package func probability(of value: Double) -> Double? {
    let reach = Moments.rounding * (replicates.map(\.magnitude).max() ?? 0)
    let below = replicates.count { $0 < value - reach }
    let equal = replicates.count { abs($0 - value) <= reach }
    let share = (Double(below) + 0.5 * Double(equal) + 0.5) / Double(replicates.count + 1)
    guard let bias, let w = NormalDistribution.quantile(share) else { return nil }
    let room = 1 + acceleration * (w - bias)
    if room <= 0 { return 0.5 / Double(replicates.count + 1) }
    return min(1, 2 * NormalDistribution.upperTail(abs((w - bias) / room - bias)))
  }

  /// The normal quantile of the share of replicates below the mean, equal ones by half; nil where they lie on one side.
  private var bias: Double? {
    let below = replicates.count { $0 < mean }
    let equal = replicates.count { $0 == mean }
    return NormalDistribution.quantile((Double(below) + 0.5 * Double(equal)) / Double(replicates.count))
  }

  /// sum of U^3 / (6 (sum of U^2)^(3/2)), U the deviations of the means with one part left out from their own mean.
  private static func acceleration(leftOut means: [Double]) -> Double {
    guard let centre = Moments.mean(means) else { return 0 }
    let influences = means.map { centre - $0 }
    let squares = Moments.sum(influences.map { $0 * $0 })
    let cubes = Moments.sum(influences.map { $0 * $0 * $0 })
    let result = cubes / (6 * squares * squares.squareRoot())
    return result.isFinite ? result : 0
  }
}
