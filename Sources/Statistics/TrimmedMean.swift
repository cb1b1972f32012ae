/// The mean of the values that are left after a share of them is cut at each end: one far-off value moves it little.
package struct TrimmedMean: Sendable, Equatable {
  package let value: Double
  /// Values that are left.
  package let count: Int
  /// The standard error by the winsorized variance: s_w / ((1 - 2 trim) sqrt(n)), where s_w is the sample standard deviation
  /// after the cut values are replaced by the nearest that is left. Nil where fewer than two values are left, or where the
  /// winsorized values do not differ.
  package let standardError: Double?
  /// Student's interval of `count` - 1 degrees of freedom; nil without a standard error.
  package let interval: ConfidenceInterval?

  /// Cuts floor(trim n) values at each end, as scipy's `trim_mean` does; nil where no value is left, or for a value that is not
  /// finite, or a share outside 0..<0.5.
  ///
  /// Source: J. Tukey, D. McLaughlin, Sankhya A 25, 1963; the standard error as in R. Wilcox, "Introduction to Robust Estimation
  /// and Hypothesis Testing", 2005, 3.3 and 4.3 (one sample of K. Yuen, Biometrika 61, 1974).
  package init?(_ values: [Double], trim: Double, level: Double = 0.95) {
    guard trim >= 0, trim < 0.5, values.allSatisfy(\.isFinite) else { return nil }
    let cut = Int(trim * Double(values.count))
    let sorted = values.sorted()
    let kept = Array(sorted.dropFirst(cut).dropLast(cut))
    guard let mean = Moments.mean(kept), let least = kept.first, let greatest = kept.last else { return nil }
    value = mean
    count = kept.count
    let winsorized = sorted.map { min(max($0, least), greatest) }
    var error: Double?
    if kept.count >= 2, let deviation = Moments.standardDeviation(winsorized), deviation > 0 {
      error = deviation / ((1 - 2 * trim) * Double(values.count).squareRoot())
    }
    standardError = error
    interval = error.flatMap { .student(mean: mean, standardError: $0, count: kept.count, level: level) }
  }
}
