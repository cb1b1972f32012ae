/// A weighted sum of the means of independent groups of values, such as tasks, with Student's test of its being zero.
///
/// Variance: sum of w^2 v / n; degrees of freedom by F. Satterthwaite, Biometrics Bulletin 2, 1946 (for two groups, Welch's).
/// A group whose n values all equal the same c other than 0 shows no spread, which few values do by chance (three of three
/// questions right against none of three): its v is what one more value of 0 would give it, c^2 / (n + 1).
package struct StratifiedContrast: Sendable, Equatable {
  /// sum of w m.
  package let value: Double
  package let standardError: Double
  package let degreesOfFreedom: Double
  /// Two-sided.
  package let probability: Double

  /// Groups of weight 0 enter nothing. Nil for a group of fewer than two values, values that are not finite, or where all are 0.
  package init?(_ groups: [(weight: Double, values: [Double])]) {
    let groups = groups.filter { $0.weight != 0 }
    var value = 0.0
    var variance = 0.0
    var denominator = 0.0
    for (weight, values) in groups {
      guard let mean = Moments.mean(values), let error = Moments.standardError(values) else { return nil }
      let constant = values.allSatisfy { $0 == values[0] } ? values[0] : 0
      let count = Double(values.count)
      let part = weight * weight * max(error * error, constant * constant / ((count + 1) * count))
      value += weight * mean
      variance += part
      denominator += part * part / (count - 1)
    }
    guard variance > 0, denominator > 0, value.isFinite, variance.isFinite else { return nil }
    self.value = value
    standardError = variance.squareRoot()
    degreesOfFreedom = variance * variance / denominator
    probability = StudentDistribution.twoSidedTail(value / standardError, degreesOfFreedom: degreesOfFreedom)
  }

  /// Student's interval of the sum; nil for an impossible level.
  package func interval(level: Double = 0.95) -> ConfidenceInterval? {
    guard level > 0, level < 1,
      let t = StudentDistribution.quantile((1 + level) / 2, degreesOfFreedom: degreesOfFreedom)
    else { return nil }
    let (lower, upper) = (value - t * standardError, value + t * standardError)
    guard lower.isFinite, upper.isFinite, lower < upper else { return nil }
    return ConfidenceInterval(lower: lower, upper: upper, level: level, method: .student)
  }
}
