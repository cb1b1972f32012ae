/// What a list of scores says about the mean behind it. Nil stands for what it cannot say.
public struct Estimate: Sendable, Equatable {
  /// The number of scores that have a value.
  public let count: Int
  /// The number of scores without one; they enter nothing else here, and a report must show them.
  public let unscoredCount: Int
  /// Nil where nothing has a value.
  public let mean: Double?
  /// The sample standard deviation over the root of the count; nil for fewer than two values. All right or all wrong
  /// gives 0, which is what the formula says, while the interval still has a width.
  public let standardError: Double?
  public let interval: ConfidenceInterval?

  /// The estimate of scores; nil marks an unscored one, and so does a value that is not finite.
  ///
  /// Binary scores (0 or 1) get Wilson's interval, others Student's. A list that is called binary and holds another
  /// value is treated as not binary. Student's needs two values that differ; otherwise there is no interval.
  public init(scores: [Double?], isBinary: Bool, level: Double = 0.95) {
    let values = scores.compactMap { $0 }.filter(\.isFinite)
    count = values.count
    unscoredCount = scores.count - values.count
    mean = Moments.mean(values)
    standardError = Moments.standardError(values)
    if isBinary, values.allSatisfy({ $0 == 0 || $0 == 1 }) {
      interval = .wilson(successes: values.count { $0 == 1 }, count: values.count, level: level)
    } else if let mean, let standardError {
      interval = .student(mean: mean, standardError: standardError, count: values.count, level: level)
    } else {
      interval = nil
    }
  }
}
