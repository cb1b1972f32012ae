/// Mean and spread of a list of numbers. Nil stands for what a list cannot tell; nothing here returns NaN.
public enum Moments {
  /// The arithmetic mean; nil for an empty list or one with a value that is not finite.
  public static func mean(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let result = sum(values) / Double(values.count)
    return result.isFinite ? result : nil
  }

  /// The sample standard deviation: the root of the squared deviations' sum over n - 1; nil for fewer than two values.
  public static func standardDeviation(_ values: [Double]) -> Double? {
    guard values.count >= 2, let mean = mean(values) else { return nil }
    let result = (sum(values.map { ($0 - mean) * ($0 - mean) }) / Double(values.count - 1)).squareRoot()
    return result.isFinite ? result : nil
  }

  /// The standard error of the mean by the central limit theorem: the standard deviation over the root of n.
  public static func standardError(_ values: [Double]) -> Double? {
    standardDeviation(values).map { $0 / Double(values.count).squareRoot() }
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
