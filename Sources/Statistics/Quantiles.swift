import Glibc

/// Medians and percentiles, for times and other numbers whose mean says little.
package enum Quantiles {
  /// The value at a share (0 to 1) of values in ascending order, interpolated between its neighbours.
  ///
  /// The position is (n - 1) share, as in numpy's default (R. Hyndman, Y. Fan, The American Statistician 50, 1996, number 7).
  /// Nil for an empty list or a share outside 0...1.
  package static func quantile(sorted values: [Double], _ share: Double) -> Double? {
    guard !values.isEmpty, share >= 0, share <= 1 else { return nil }
    let (index, fraction) = position(share, values.count)
    let result =
      fraction == 0 ? values[index] : values[index] + fraction * (values[index + 1] - values[index])
    return result.isFinite ? result : nil
  }

  /// A quantile with a bootstrap percentile interval.
  package struct Estimate: Sendable, Equatable {
    /// Where the quantile lies: 0.5 for the median.
    package let share: Double
    package let value: Double
    /// Nil for values that show no spread under resampling, or too few of them: see `estimates`.
    package let interval: ConfidenceInterval?
  }

  /// Quantiles of values that are finite, each with the interval that holds the level's share of the replicates' quantiles.
  ///
  /// Redrawn values never leave the range of those there are, so there is no interval where that range itself would miss the
  /// true quantile on one side with a probability (share^n or (1 - share)^n) above 1 - level: at 95%, a median takes 5 values,
  /// a 90th percentile 29, a 99th 299. Nil for an empty list, a value that is not finite, or an impossible share or level. A
  /// pure function of values and seed.
  /// The percentile interval's source: B. Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", 1982, 10.4.
  package static func estimates(
    _ values: [Double], shares: [Double] = [0.5], level: Double = 0.95, replicates: Int = 2000, seed: UInt64 = 1234,
    threads: Int = 0
  ) -> [Estimate]? {
    guard !values.isEmpty, values.allSatisfy(\.isFinite), level > 0, level < 1, replicates >= 1,
      values.count <= Int(UInt32.max), shares.allSatisfy({ $0 >= 0 && $0 <= 1 })
    else { return nil }
    let sorted = values.sorted()
    let drawn = redrawn(sorted, shares, replicates, seed, threads)
    return shares.enumerated().compactMap { column, share in
      quantile(sorted: sorted, share).map { value in
        let column = (0..<replicates).map { drawn[$0 * shares.count + column] }.sorted()
        let isReached = isReached(share, sorted.count, level)
        return Estimate(share: share, value: value, interval: isReached ? interval(column, level) : nil)
      }
    }
  }

  /// Whether the range of so many values misses a quantile on one side no more often than the level allows: at 95%, a median
  /// takes 5 values.
  static func isReached(_ share: Double, _ count: Int, _ level: Double) -> Bool {
    pow(max(share, 1 - share), Double(count)) <= 1 - level
  }

  static func interval(_ replicates: [Double], _ level: Double) -> ConfidenceInterval? {
    guard let lower = quantile(sorted: replicates, (1 - level) / 2),
      let upper = quantile(sorted: replicates, (1 + level) / 2), Moments.hasSpread([lower, upper])
    else { return nil }
    return ConfidenceInterval(lower: lower, upper: upper, level: level, method: .percentile)
  }

  /// The quantiles of each replicate: [replicates, shares]. How often each of the sorted values was drawn says where the
  /// quantile lies, without sorting again.
  private static func redrawn(
    _ sorted: [Double], _ shares: [Double], _ replicates: Int, _ seed: UInt64, _ threads: Int
  ) -> [Double] {
    let count = sorted.count
    return [Double](unsafeUninitializedCapacity: replicates * shares.count) { output, filled in
      let result = SharedBuffer(output)
      Parallel.forEach(replicates, threads: count * replicates < 200_000 ? 1 : threads) { replicate in
        var times = [UInt32](repeating: 0, count: count)
        Resampling.draw(count, seed, UInt64(replicate), purpose: .quantiles) { times[$0] += 1 }
        for (column, share) in shares.enumerated() {
          let (index, fraction) = position(share, count)
          let low = ranked(index, times, sorted)
          let value = fraction == 0 ? low : low + fraction * (ranked(index + 1, times, sorted) - low)
          result.buffer[replicate * shares.count + column] = value
        }
      }
      filled = replicates * shares.count
    }
  }

  private static func ranked(_ rank: Int, _ times: [UInt32], _ sorted: [Double]) -> Double {
    var seen = 0
    for (index, count) in times.enumerated() {
      seen += Int(count)
      if seen > rank { return sorted[index] }
    }
    return sorted[sorted.count - 1]
  }

  /// The rank below a share of n sorted values, and how far towards the next one it lies.
  private static func position(_ share: Double, _ count: Int) -> (index: Int, fraction: Double) {
    let place = share * Double(count - 1)
    let index = min(count - 1, max(0, Int(place.rounded(.down))))
    return index == count - 1 ? (index, 0) : (index, place - Double(index))
  }
}
