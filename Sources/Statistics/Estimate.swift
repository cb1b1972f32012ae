/// What a list of scores says about the mean behind it. Nil stands for what it cannot say.
package struct Estimate: Sendable, Equatable {
  /// The number of scores that have a value.
  package let count: Int
  /// The number of scores without one; they enter nothing else here, and a report must show them.
  package let unscoredCount: Int
  /// Nil where nothing has a value, and where a median stands for the scores.
  package let mean: Double?
  /// The median, where it stands for the scores instead of the mean; the interval is then the median's.
  package let median: Double?
  /// The sample standard deviation over the root of the count; nil for fewer than two values. All right or all wrong
  /// gives 0, which is what the formula says, while the interval still has a width.
  package let standardError: Double?
  package let interval: ConfidenceInterval?
  /// The clusters that the scores with a value form; nil: each was taken by itself.
  package let clusterCount: Int?

  private init(
    count: Int, unscoredCount: Int, mean: Double?, median: Double? = nil, standardError: Double?,
    interval: ConfidenceInterval?, clusterCount: Int? = nil
  ) {
    self.count = count
    self.unscoredCount = unscoredCount
    self.mean = mean
    self.median = median
    self.standardError = standardError
    self.interval = interval
    self.clusterCount = clusterCount
  }

  /// The estimate of scores; nil marks an unscored one, and so does a value that is not finite.
  ///
  /// Binary scores (0 or 1) get Wilson's interval, others Student's. A list that is called binary and holds another
  /// value is treated as not binary. Student's needs two values that differ; otherwise there is no interval.
  package init(scores: [Double?], isBinary: Bool, level: Double = 0.95) {
    let values = scores.compactMap { $0 }.filter(\.isFinite)
    count = values.count
    unscoredCount = scores.count - values.count
    mean = Moments.mean(values)
    median = nil
    clusterCount = nil
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

extension Estimate {
  /// The estimate of scores with an interval of one's choice, and clusters of the scores that have a value, if any.
  ///
  /// With clusters the standard error is the clustered one, and Student's interval has one degree of freedom fewer than
  /// clusters. A method that does not fit (Wilson's for scores other than 0 and 1, or with clusters) gives no interval.
  package init(
    scores: [Double?], method: ConfidenceInterval.Method, clusters: Clusters? = nil, level: Double = 0.95,
    replicates: Int = Bootstrap.defaultReplicates, seed: UInt64 = 1234
  ) {
    let values = scores.compactMap { $0 }.filter(\.isFinite)
    let mean = Moments.mean(values)
    let error = clusters.map { $0.standardError(values) } ?? Moments.standardError(values)
    let parts = clusters?.count ?? values.count
    let successes = values.count { $0 == 1 }
    let isBinary = clusters == nil && values.allSatisfy { $0 == 0 || $0 == 1 }
    var interval: ConfidenceInterval?
    switch method {
    case .normal:
      if let mean, let error { interval = .normal(mean: mean, standardError: error, level: level) }
    case .student:
      if let mean, let error { interval = .student(mean: mean, standardError: error, count: parts, level: level) }
    case .wilson where isBinary:
      interval = .wilson(successes: successes, count: values.count, level: level)
    case .clopperPearson where isBinary:
      interval = .clopperPearson(successes: successes, count: values.count, level: level)
    case .jeffreys where isBinary:
      interval = .jeffreys(successes: successes, count: values.count, level: level)
    case .bootstrap:
      interval = Bootstrap(values: values, clusters: clusters, replicates: replicates, seed: seed)?
        .interval(level: level)
    default: interval = nil
    }
    self.init(
      count: values.count, unscoredCount: scores.count - values.count, mean: mean, standardError: error,
      interval: interval, clusterCount: clusters?.count)
  }

  /// The median of scores that were measured several times each, with a bootstrap interval; see
  /// `Quantiles.stratifiedMedian`. A score without values is unscored.
  package init(medianOf repetitions: [[Double]], level: Double = 0.95) {
    let scored = repetitions.filter { !$0.isEmpty }
    let found = Quantiles.stratifiedMedian(scored, level: level)
    self.init(
      count: scored.count, unscoredCount: repetitions.count - scored.count, mean: nil, median: found?.value,
      standardError: nil, interval: found?.interval)
  }

  /// A statistic of all items together with its own error and interval.
  init(value: Double, count: Int, unscoredCount: Int, standardError: Double?, interval: ConfidenceInterval?) {
    self.init(
      count: count, unscoredCount: unscoredCount, mean: value, standardError: standardError, interval: interval)
  }

  /// The same with an interval cut at bounds that no mean can pass: with two clusters Student's would reach far beyond them.
  package func within(_ lower: Double, _ upper: Double) -> Estimate {
    guard let interval, interval.lower < lower || interval.upper > upper else { return self }
    return with(
      interval: ConfidenceInterval(
        lower: max(interval.lower, lower), upper: min(interval.upper, upper), level: interval.level,
        method: interval.method))
  }

  /// The same with another interval.
  package func with(interval: ConfidenceInterval?) -> Estimate {
    Estimate(
      count: count, unscoredCount: unscoredCount, mean: mean, median: median, standardError: standardError,
      interval: interval, clusterCount: clusterCount)
  }
}
