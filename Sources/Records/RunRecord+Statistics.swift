import Evaluation
import Plan
import Statistics
import Support
import Tasks

/// How the interval of a run's mean is computed.
package struct EstimateOptions: Sendable, Equatable {
  package var level: Double
  /// Nil: Wilson's for scores of 0 and 1, Student's otherwise; with clusters, Student's over clusters.
  package var method: ConfidenceInterval.Method?
  /// The attribute whose samples of one value form a cluster: `subject`, or another of `SampleRecord.attributes`; nil: no clusters.
  package var clusters: String?
  /// Of the bootstrap.
  package var replicates: Int
  package var seed: UInt64

  package init(
    level: Double = 0.95, method: ConfidenceInterval.Method? = nil, clusters: String? = nil,
    replicates: Int = Bootstrap.defaultReplicates, seed: UInt64 = 1234
  ) {
    self.level = level
    self.method = method
    self.clusters = clusters
    self.replicates = replicates
    self.seed = seed
  }

  /// The methods that can be requested by name.
  package static let methods: [ConfidenceInterval.Method] = [
    .wilson, .student, .normal, .clopperPearson, .jeffreys, .bootstrap,
  ]

  /// Options of the call `stats`: these, and those of each `RunStatistic`.
  package static let options =
    SharedOptions.all + [
      OptionSpecification(
        "interval", choices: methods.map(\.rawValue),
        help:
          "method of the interval: \(methods.map(\.rawValue).joined(separator: ", ")); by default wilson for scores of 0 and "
          + "1 without clusters, else student")
    ] + RunStatistic.all.flatMap(\.options)

  package init(_ options: CallOptions) {
    self.init(
      level: SharedOptions.level(options),
      method: options["interval"]?.text.flatMap { ConfidenceInterval.Method(rawValue: $0) },
      clusters: options["clusters"]?.text, replicates: SharedOptions.replicates(options),
      seed: SharedOptions.seed(options))
  }
}

/// What the calls `stats`, `compare` and `compare_reports` have in common.
enum SharedOptions {
  private static let defaultLevel = 0.95
  private static let defaultSeed = 1234

  static let all = [
    OptionSpecification(
      "confidence_level", default: .number(defaultLevel), range: .between(0, and: 1),
      help: "confidence level of the intervals"),
    OptionSpecification("metric", help: "one metric of the task; by default its main one"),
    OptionSpecification(
      "clusters", help: "cluster the samples by this kind: subject, or a kind that the task names, such as passage"),
    OptionSpecification(
      "replicates", default: JSONValue(Bootstrap.defaultReplicates), range: .from(1, to: 10_000_000),
      help: "replicates of the bootstrap and the permutation test"),
    OptionSpecification(
      "seed", default: JSONValue(defaultSeed), range: .from(0), help: "seed of the bootstrap and the permutation test"),
  ]

  static func level(_ options: CallOptions) -> Double { options["confidence_level"]?.number ?? defaultLevel }
  static func replicates(_ options: CallOptions) -> Int {
    options["replicates"]?.integer ?? Bootstrap.defaultReplicates
  }
  static func seed(_ options: CallOptions) -> UInt64 { UInt64(max(0, options["seed"]?.integer ?? defaultSeed)) }
}

extension RunRecord {
  /// Mean, standard error and interval of a metric over the samples, or over those of one subject.
  ///
  /// Where a stop rule ended the run, the interval is that of the confidence sequence, at its own level: others do not hold for
  /// a run that ended when it looked well.
  package func estimate(_ metric: Metric, level: Double, subject: String? = nil) -> Estimate {
    let chosen = subject == nil ? samples[...] : samples.filter { $0.subject == subject }[...]
    if metric.aggregate == .median {
      return Estimate(medianOf: chosen.map { $0.repetitions(of: metric) }, level: level)
    }
    if metric.aggregate.isOfCorpus {
      return Estimate(sums: chosen.map { $0.score.sums(of: metric.name) }, level: level) {
        metric.aggregate.value(ofSums: $0)
      }
    }
    // Of several responses a value lies between 0 and 1; where none does, the items are right or wrong all the same.
    let isBinary = metric.isBinary || (repeats > 1 && metric.isShare)
    let estimate = Estimate(
      scores: chosen.map { $0.score.value(of: metric.name) }, isBinary: isBinary, level: level
    ).within(metric.lowerBound, metric.upperBound)
    guard let earlyStop, isStoppedEarly else { return estimate }
    guard let subject else { return estimate.with(interval: earlyStop.intervals[metric.name]) }
    return estimate.with(interval: metric == metrics.first ? earlyStop.subjectIntervals[subject] : nil)
  }

  /// The estimate with an interval of one's choice.
  ///
  /// Errors: a method for scores of 0 and 1 where others occur, or one that knows no clusters; clusters that a
  /// sample knows nothing of; any choice for a run that a stop rule ended.
  package func estimate(_ metric: Metric, options: EstimateOptions) throws(BenchmarkError) -> Estimate {
    if metric.aggregate == .median, options.method != nil || options.clusters != nil {
      throw BenchmarkError(
        .invalidArgument,
        "\(taskName): \(metric.name) is a median with a bootstrap interval over repetitions; leave interval and clusters out"
      )
    }
    if metric.aggregate.isOfCorpus, options.method != nil || options.clusters != nil {
      throw BenchmarkError(
        .invalidArgument,
        "\(taskName): \(metric.name) is taken of all samples together, with a bootstrap interval; leave interval and clusters out"
      )
    }
    if options.method == nil, options.clusters == nil { return estimate(metric, level: options.level) }
    if isStoppedEarly {
      throw BenchmarkError(
        .invalidArgument,
        "\(taskName): a stop rule ended the run, so only its confidence sequence is valid; leave out interval"
      )
    }
    var scores: [Double?] = []
    var labels: [String] = []
    for sample in samples {
      let value = sample.score.value(of: metric.name).flatMap { $0.isFinite ? $0 : nil }
      scores.append(value)
      if value == nil { continue }
      if let kind = options.clusters { labels.append(try sample.cluster(kind)) }
    }
    let values = scores.compactMap { $0 }
    let method = options.method
    if let method, [.wilson, .clopperPearson, .jeffreys].contains(method) {
      if !values.allSatisfy({ $0 == 0 || $0 == 1 }) {
        throw BenchmarkError(
          .invalidArgument, "\(method.rawValue): for scores of 0 and 1 only; \(metric.name) has others: use \"student\""
        )
      }
      if options.clusters != nil {
        throw BenchmarkError(
          .invalidArgument, "\(method.rawValue): does not support clusters; use \"student\" or \"bootstrap\"")
      }
    }
    let clusters = options.clusters == nil ? nil : Clusters(labels)
    return Estimate(
      scores: scores, method: method ?? .student, clusters: clusters, level: options.level,
      replicates: options.replicates, seed: options.seed
    ).within(metric.lowerBound, metric.upperBound)
  }

  /// The variance of single responses' scores, split into what sampling and what the samples add; nil for a metric that single
  /// responses have no score of.
  package func responseVariance(_ metric: Metric) -> RepeatedAnswers.Variance? {
    RepeatedAnswers.variance(
      samples.map { sample in sample.score.responses.compactMap { $0.value(of: metric.name) } })
  }

  /// Micro and macro averages of the main metric over subjects; nil for fewer than two of them.
  package func groupAverages(level: Double) -> GroupAverages? {
    guard let metric = metrics.first, metric.aggregate == .mean, subjects.count >= 2 else { return nil }
    var groups: [String: [Double]] = [:]
    for sample in samples {
      guard let value = sample.score.value(of: metric.name), value.isFinite else { continue }
      groups[sample.subject ?? "", default: []].append(value)
    }
    return GroupAverages(groups.keys.sorted().compactMap { groups[$0] }, level: level)
  }

  /// The averages as JSON; null without them. A run that a stop rule ended gets no intervals here.
  func averages(level: Double) -> JSONValue {
    guard let averages = groupAverages(level: level) else { return .null }
    func json(_ average: GroupAverages.Average) -> JSONValue {
      let stratified = isStoppedEarly ? nil : average.stratifiedInterval
      let clustered = isStoppedEarly ? nil : average.clusteredInterval
      return [
        "mean": .number(average.mean), "stratified_error": JSONValue(optional: average.stratifiedError),
        "stratified_lower": JSONValue(optional: stratified?.lower),
        "stratified_upper": JSONValue(optional: stratified?.upper),
        "clustered_error": JSONValue(optional: average.clusteredError),
        "clustered_lower": JSONValue(optional: clustered?.lower),
        "clustered_upper": JSONValue(optional: clustered?.upper),
      ]
    }
    return [
      "subjects": JSONValue(averages.groupCount), "level": .number(level), "micro": json(averages.micro),
      "macro": json(averages.macro),
    ]
  }

  /// What each sample of a task that is timed took: every metric's median over the repetitions; null for other tasks.
  func timings(level: Double) -> JSONValue {
    let measured = samples.filter { if case .measured = $0.response { true } else { false } }
    if measured.isEmpty { return .null }
    return .array(
      measured.map { sample in
        var object: JSONObject = ["id": .string(sample.id), "output_tokens": JSONValue(sample.answerTokens)]
        object["prompt_tokens"] = JSONValue(sample.promptTokens)
        for metric in metrics { object[metric.name] = estimate(metric, of: sample, level: level).json }
        return .object(object)
      })
  }

  /// The median of one sample's repetitions, with the interval that they give.
  package func estimate(_ metric: Metric, of sample: SampleRecord, level: Double) -> Estimate {
    Estimate(medianOf: [sample.repetitions(of: metric)], level: level)
  }

  /// Seconds of the model's time that a sample took: median and percentiles with bootstrap intervals, never a mean; null without samples.
  func sampleSeconds(level: Double) -> JSONValue {
    let found = Quantiles.estimates(samples.map(\.seconds), shares: [0.5, 0.9, 0.99], level: level, replicates: 1000)
    guard let found, found.count == 3 else { return .null }
    var object: JSONObject = ["level": .number(level)]
    for (name, estimate) in zip(["median_seconds", "p90_seconds", "p99_seconds"], found) {
      object[name] = [
        "value": .number(estimate.value), "lower": JSONValue(optional: estimate.interval?.lower),
        "upper": JSONValue(optional: estimate.interval?.upper),
      ]
    }
    return .object(object)
  }
}

extension SampleRecord {
  /// Repetitions that have a value of a metric; 1 where the score itself is the only one.
  package func repetitionCount(of metric: Metric) -> Int { repetitions(of: metric).count }

  /// The values of a metric: one for each repetition of a measurement, else the score itself; empty if there is none.
  package func repetitions(of metric: Metric) -> [Double] {
    if case .measured(let measurements) = response, let reading = TimingMetric(rawValue: metric.name) {
      return measurements.compactMap { reading.value(of: $0) }
    }
    return score.value(of: metric.name).map { [$0] } ?? []
  }
}
