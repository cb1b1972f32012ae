/// Measurements that stand far from the others: what a busy machine or a cold cache leaves behind.
package enum Outliers {
  /// Ten standard deviations: the median absolute deviation of a normal distribution is 1/1.4826 of one. It is the threshold
  /// that hyperfine warns at (src/outlier_detection.rs).
  static let threshold = 14.826

  /// How many of the values lie further from the median than ten robust standard deviations; 0 for fewer than four values, of
  /// which none can be told from the others.
  ///
  /// Source: B. Iglewicz, D. Hoaglin, "How to Detect and Handle Outliers", 1993 (modified z-scores, with another threshold).
  package static func count(_ values: [Double]) -> Int {
    let values = values.filter(\.isFinite)
    guard values.count >= 4, let median = Quantiles.quantile(sorted: values.sorted(), 0.5) else { return 0 }
    let deviations = values.map { ($0 - median).magnitude }
    guard let deviation = Quantiles.quantile(sorted: deviations.sorted(), 0.5) else { return 0 }
    // A spread below rounding is none: then whatever differs by more than rounding stands out.
    let smallest = max(deviation, median.magnitude * 1e-12)
    return deviations.count { $0 > threshold * smallest && $0 > median.magnitude * 0.01 }
  }
}
