/// One measurement made several times, such as a task run with several seeds.
package struct RunSummary: Sendable, Equatable {
  /// The number of runs.
  package let count: Int
  /// Nil without runs.
  package let mean: Double?
  /// With n - 1; nil for fewer than two runs: one run shows no spread.
  package let standardDeviation: Double?
  package let minimum: Double?
  package let maximum: Double?
  /// Student's interval of the mean over runs; nil for fewer than two runs or runs that are all equal.
  ///
  /// It speaks of other runs on the same items, not of other items.
  package let interval: ConfidenceInterval?

  /// The summary of one value a run; nil if a value is not finite.
  package init?(_ values: [Double], level: Double = 0.95) {
    guard values.allSatisfy(\.isFinite) else { return nil }
    count = values.count
    mean = Moments.mean(values)
    standardDeviation = Moments.standardDeviation(values)
    minimum = values.min()
    maximum = values.max()
    if let mean, let error = Moments.standardError(values) {
      interval = .student(mean: mean, standardError: error, count: values.count, level: level)
    } else {
      interval = nil
    }
  }
}
