/// One measurement made several times, such as a task run with several seeds.
public struct RunSummary: Sendable, Equatable {
  /// The number of runs.
  public let count: Int
  /// Nil without runs.
  public let mean: Double?
  /// With n - 1; nil for fewer than two runs: one run shows no spread.
  public let standardDeviation: Double?
  public let minimum: Double?
  public let maximum: Double?
  /// Student's interval of the mean over runs; nil for fewer than two runs or runs that are all equal.
  ///
  /// It speaks of other runs on the same items, not of other items.
  public let interval: ConfidenceInterval?

  /// The summary of one value a run; nil if a value is not finite.
  public init?(_ values: [Double], level: Double = 0.95) {
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
