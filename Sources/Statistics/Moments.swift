/// Mean and spread of a list of numbers. Nil stands for what a list cannot tell; nothing here returns NaN.
package enum Moments {
  /// The arithmetic mean; nil for an empty list or one with a value that is not finite.
  package static func mean(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let result = sum(values) / Double(values.count)
    return result.isFinite ? result : nil
  }

  /// The sample standard deviation: the root of the squared deviations' sum over n - 1; nil for fewer than two values, 0
  /// for values that differ by no more than rounding.
  package static func standardDeviation(_ values: [Double]) -> Double? {
    guard values.count >= 2, let mean = mean(values) else { return nil }
    if !hasSpread(values) { return 0 }
    let result = (sum(values.map { ($0 - mean) * ($0 - mean) }) / Double(values.count - 1)).squareRoot()
    return result.isFinite ? result : nil
  }

  /// The standard error of the mean by the central limit theorem: the standard deviation over the root of n.
  package static func standardError(_ values: [Double]) -> Double? {
    standardDeviation(values).map { $0 / Double(values.count).squareRoot() }
  }

  /// What counts as rounding, as a share of the numbers that were added or subtracted.
  static let rounding = 1e-12

  /// Whether values differ by more than rounding: one number reached in two ways is no spread.
  static func hasSpread(_ values: [Double]) -> Bool {
    guard let least = values.min(), let greatest = values.max() else { return false }
    return greatest - least > rounding * max(least.magnitude, greatest.magnitude)
  }

  /// a - b, and 0 where they differ by no more than rounding.
  static func difference(_ a: Double, _ b: Double) -> Double {
    let difference = a - b
    return difference.magnitude <= rounding * max(a.magnitude, b.magnitude) ? 0 : difference
  }

  /// The sum with the rounding errors carried along (A. Neumaier, ZAMM 54, 1974).
  static func sum(_ values: [Double]) -> Double {
    var total = 0.0
    var carried = 0.0
    for value in values {
      let next = total + value
      carried += total.magnitude >= value.magnitude ? (total - next) + value : (value - next) + total
      total = next
    }
    return total + carried
  }
}
