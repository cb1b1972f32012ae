/// A weighted sum of the means of independent groups of values, such as tasks, with Student's test of its being zero.
///
/// Variance: sum of w^2 v / n; degrees of freedom by F. Satterthwaite, Biometrics Bulletin 2, 1946 (for two groups, Welch's).
public struct StratifiedContrast: Sendable, Equatable {
  /// sum of w m.
  public let value: Double
  public let standardError: Double
  public let degreesOfFreedom: Double
  /// Two-sided.
  public let probability: Double

  /// Groups of weight 0 enter nothing. Nil for a group of fewer than two values, values that are not finite, or no spread.
  public init?(_ groups: [(weight: Double, values: [Double])]) {
    let groups = groups.filter { $0.weight != 0 }
    var value = 0.0
    var variance = 0.0
    var denominator = 0.0
    for (weight, values) in groups {
      guard let mean = Moments.mean(values), let error = Moments.standardError(values) else { return nil }
      let part = weight * weight * error * error
      value += weight * mean
      variance += part
      denominator += part * part / Double(values.count - 1)
    }
    guard variance > 0, denominator > 0, value.isFinite, variance.isFinite else { return nil }
    self.value = value
    standardError = variance.squareRoot()
    degreesOfFreedom = variance * variance / denominator
    probability = StudentDistribution.twoSidedTail(value / standardError, degreesOfFreedom: degreesOfFreedom)
  }

  /// Student's interval of the sum; nil for an impossible level.
  public func interval(level: Double = 0.95) -> ConfidenceInterval? {
    guard level > 0, level < 1,
      let t = StudentDistribution.quantile((1 + level) / 2, degreesOfFreedom: degreesOfFreedom)
    else { return nil }
    let (lower, upper) = (value - t * standardError, value + t * standardError)
    guard lower.isFinite, upper.isFinite, lower < upper else { return nil }
    return ConfidenceInterval(lower: lower, upper: upper, level: level, method: .student)
  }
}
