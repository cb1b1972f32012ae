extension Estimate {
  /// The estimate of a statistic of sums over items, such as F1 or a perplexity, with a bootstrap percentile interval.
  ///
  /// sums: what each item adds, nil for an unscored one; those of another length than the first scored one are unscored. The
  /// value stands for the mean. Standard error and interval are of the value over resampled items, without replicates that
  /// have none; nil where resampling shows no spread.
  package init(
    sums: [[Double]?], level: Double = 0.95, replicates: Int = 2000, seed: UInt64 = 1234,
    value: ([Double]) -> Double?
  ) {
    let columns = sums.lazy.compactMap { $0 }.first?.count ?? 0
    let items = sums.compactMap { $0 }.filter { $0.count == columns && $0.allSatisfy(\.isFinite) }
    let total = (0..<columns).map { column in Moments.sum(items.map { $0[column] }) }
    guard !items.isEmpty, let whole = value(total) else {
      self.init(scores: sums.map { _ in nil }, isBinary: false, level: level)
      return
    }
    let drawn = Resampling.sums(rows: items.flatMap { $0 }, columns: columns, replicates: replicates, seed: seed)
    let values = stride(from: 0, to: drawn.count, by: max(1, columns))
      .compactMap { value(Array(drawn[$0..<$0 + columns])) }.filter(\.isFinite).sorted()
    let hasSpread = items.count >= 2 && level > 0 && level < 1 && Moments.hasSpread(values)
    var interval: ConfidenceInterval?
    if hasSpread, let lower = Quantiles.quantile(sorted: values, (1 - level) / 2),
      let upper = Quantiles.quantile(sorted: values, (1 + level) / 2)
    {
      interval = ConfidenceInterval(lower: lower, upper: upper, level: level, method: .bootstrap)
    }
    let error = hasSpread ? Moments.standardError(values).map { $0 * Double(values.count).squareRoot() } : nil
    self.init(
      value: whole, count: items.count, unscoredCount: sums.count - items.count, standardError: error,
      interval: interval)
  }
}
