extension Quantiles {
  /// The median of repeated measurements under several fixed conditions, with a bootstrap percentile interval.
  ///
  /// The conditions (strata) are not a sample of anything: each replicate draws, within every condition, as many of its
  /// values as it has. So the interval speaks of the spread between repetitions, not of that between conditions. Nil without
  /// values, for a value that is not finite, or an impossible level; no interval where resampling shows no spread, or where
  /// a condition has too few values for it: as in `estimates`, 5 at 95%.
  /// Source: A. Davison, D. Hinkley, "Bootstrap Methods and their Application", 1997, 3.2 (several samples).
  package static func stratifiedMedian(
    _ strata: [[Double]], level: Double = 0.95, replicates: Int = 2000, seed: UInt64 = 1234
  ) -> Estimate? {
    let values = strata.flatMap { $0 }
    guard values.allSatisfy(\.isFinite), level > 0, level < 1, replicates >= 1,
      let median = quantile(sorted: values.sorted(), 0.5)
    else { return nil }
    let fewest = strata.map(\.count).filter { $0 > 0 }.min() ?? 0
    if !isReached(0.5, fewest, level) { return Estimate(share: 0.5, value: median, interval: nil) }
    var medians: [Double] = []
    medians.reserveCapacity(replicates)
    var drawn = values
    for replicate in 0..<replicates {
      var stream = RandomStream(seed: seed, purpose: .quantiles, stream: UInt64(replicate))
      var place = 0
      for stratum in strata {
        for _ in stratum {
          drawn[place] = stratum[Int(stream.below(UInt64(stratum.count)))]
          place += 1
        }
      }
      medians.append(quantile(sorted: drawn.sorted(), 0.5) ?? median)
    }
    return Estimate(share: 0.5, value: median, interval: interval(medians.sorted(), level))
  }
}
