import Evaluation
@preconcurrency import Glibc
import Plan
import Statistics
import Support
import Tasks

/// The options of a comparison of two runs.
package struct ComparisonOptions: Sendable {
  /// Nil: the first run's main metric.
  package var metric: String?
  /// The attribute whose samples of one value form a cluster: `subject`, or another of `SampleRecord.attributes`; nil: no clusters.
  package var clusters: String?
  /// Level, margin, replicates, seed.
  package var paired: PairedComparison.Options

  package init(
    metric: String? = nil, clusters: String? = nil, paired: PairedComparison.Options = PairedComparison.Options()
  ) {
    self.metric = metric
    self.clusters = clusters
    self.paired = paired
  }

  /// Options of the calls `compare` and `compare_reports`.
  package static let options =
    SharedOptions.all + [
      OptionSpecification(
        "margin", .number, range: .above(0),
        help: "adds an equivalence test: differences below this margin count as equivalent")
    ]

  package init(_ options: CallOptions) {
    self.init(
      metric: options["metric"]?.text, clusters: options["clusters"]?.text,
      paired: PairedComparison.Options(
        level: SharedOptions.level(options), margin: options["margin"]?.number,
        replicates: SharedOptions.replicates(options), seed: SharedOptions.seed(options)))
  }
}

/// Two runs of one task, sample by sample.
package struct RunComparison: Sendable {
  package let firstName: String
  package let secondName: String
  package let taskName: String
  package let metric: Metric
  package let level: Double
  /// What the samples were clustered by; nil: each was taken by itself.
  package let clusterKind: String?
  /// Samples that only one of the runs holds; they enter nothing.
  package let unpairedCount: Int
  /// Samples of both runs that one of them has no score for; they enter nothing.
  package let unscoredCount: Int
  /// Samples whose prompts differ: the runs asked differently, and what differs is not only the model.
  package let differentPromptCount: Int
  /// Nil if no sample has a score in both runs. For a run that a stop rule ended, only its means and difference hold.
  package let comparison: PairedComparison?
  /// Samples whose score is higher, or lower, with the first.
  private let higherCount: Int
  private let lowerCount: Int
  /// Whether a stop rule ended one of the runs: intervals and tests of a fixed number of samples then do not hold.
  package let isStoppedEarly: Bool
  /// The confidence sequence of the difference, first less second, where a rule was to tell these two apart.
  package let sequenceInterval: ConfidenceInterval?

  /// Pairs the runs by the samples' names.
  ///
  /// Errors: runs of different tasks, no sample in common, an unknown metric, clusters that a sample knows nothing of, an impossible level
  /// or margin.
  package init(_ first: RunRecord, _ second: RunRecord, options: ComparisonOptions = ComparisonOptions())
    throws(BenchmarkError)
  {
    if !first.isOfSameTask(as: second) {
      throw BenchmarkError(
        .invalidArgument, "\(first.taskName) and \(second.taskName) are different tasks: compare runs of the same items"
      )
    }
    let metric = try first.metric(options.metric)
    _ = try second.metric(metric.name)
    if metric.isTimed {
      throw BenchmarkError(
        .invalidArgument,
        "\(first.taskName): \(metric.name) is not a per-sample score and cannot be paired; compare the medians and intervals of the runs"
      )
    }
    if metric.aggregate.isOfCorpus {
      throw BenchmarkError(
        .invalidArgument,
        "\(first.taskName): \(metric.name) is taken of all samples together and cannot be paired; compare the intervals of the runs"
      )
    }
    let level = options.paired.level
    if !(level > 0 && level < 1) {
      throw BenchmarkError(.invalidArgument, "confidence_level \(level): must be between 0 and 1, such as 0.95")
    }
    if let margin = options.paired.margin, !(margin > 0 && margin.isFinite) {
      throw BenchmarkError(.invalidArgument, "margin \(margin): must be above 0, such as 0.01")
    }
    var others: [String: SampleRecord] = [:]
    for sample in second.samples { others[sample.id] = sample }
    var (pairs, unscored, different) = ([(Double, Double)](), 0, 0)
    var labels: [String] = []
    var common = 0
    for sample in first.samples {
      guard let other = others[sample.id] else { continue }
      common += 1
      if sample.promptSHA256 != other.promptSHA256 { different += 1 }
      guard let a = sample.score.value(of: metric.name), let b = other.score.value(of: metric.name), a.isFinite,
        b.isFinite
      else {
        unscored += 1
        continue
      }
      if let kind = options.clusters { labels.append(try sample.cluster(kind)) }
      pairs.append((a, b))
    }
    if common == 0 {
      throw BenchmarkError(
        .invalidArgument,
        "\(first.taskName) and \(second.taskName) have no sample in common: compare runs with the same samples"
      )
    }
    firstName = first.modelName
    secondName = second.modelName
    taskName = first.taskName
    self.metric = metric
    self.level = level
    clusterKind = options.clusters
    unpairedCount = first.samples.count + second.samples.count - 2 * common
    unscoredCount = unscored
    differentPromptCount = different
    higherCount = pairs.count { $0.0 > $0.1 }
    lowerCount = pairs.count { $0.0 < $0.1 }
    isStoppedEarly = first.isStoppedEarly || second.isStoppedEarly
    let stops = [first, second].filter { $0.metrics.first == metric }.compactMap(\.earlyStop)
    sequenceInterval =
      stops.lazy.compactMap { $0.difference(of: first.modelName, and: second.modelName) }.first
    comparison = PairedComparison(
      pairs.map(\.0), pairs.map(\.1), clusters: options.clusters == nil ? nil : Clusters(labels),
      options: options.paired)
  }

  /// The name of the model that is better by more than chance; nil where the difference is not significant at the level.
  package var better: String? {
    guard let comparison else { return nil }
    if isStoppedEarly {
      guard let interval = sequenceInterval, interval.lower > 0 || interval.upper < 0 else { return nil }
      return metric.isBetter(interval.lower > 0 ? 1 : -1, than: 0) ? firstName : secondName
    }
    guard let probability = comparison.probability, probability < 1 - level else { return nil }
    return metric.isBetter(comparison.firstMean, than: comparison.secondMean) ? firstName : secondName
  }

  /// Samples on which the first does better than the second, and the second better than the first.
  package var gainedCount: Int { metric.higherIsBetter ? higherCount : lowerCount }
  package var lostCount: Int { metric.higherIsBetter ? lowerCount : higherCount }

  /// Why the interval and the test do not say the same; nil where they do.
  ///
  /// The interval of clusters is Student's, the test counts the signs of whole clusters: of G clusters there are 2^G choices of
  /// signs, so with few of them no probability below 2 / 2^G can come out.
  package var disagreement: String? {
    guard !isStoppedEarly, let comparison, let interval = comparison.interval, let probability = comparison.probability
    else { return nil }
    let excludesZero = interval.lower > 0 || interval.upper < 0
    if excludesZero == (probability < 1 - level) { return nil }
    let percent = ValueUnit.plainPercent(level)
    let opening =
      "the \(percent) interval \(excludesZero ? "excludes" : "includes") 0, but p is \(probability.fixed(4)): "
    if let clusters = comparison.clusterCount, clusters < 30 {
      let smallest = 2 * pow(0.5, Double(clusters))
      return opening
        + "with \(clusters) clusters the interval rests on a t distribution of \(clusters - 1) degrees of freedom, and the "
        + "permutation test has \(clusters < 20 ? "\(1 << clusters)" : "2^\(clusters)") choices of signs, so p cannot be below "
        + "\(smallest < 0.0001 ? "0.0001" : smallest.fixed(4)); neither is reliable, use more clusters"
    }
    return opening + "two methods disagree close to the threshold; treat the difference as undecided"
  }

  /// The comparison as JSON; what it cannot say is null.
  package var json: JSONValue {
    var object: JSONObject = [
      "first": .string(firstName), "second": .string(secondName), "task": .string(taskName),
      "metric": .string(metric.name), "unit": .string(metric.unit.name),
      "higher_is_better": .bool(metric.higherIsBetter), "confidence_level": .number(level),
      "count": JSONValue(comparison?.count ?? 0), "unpaired": JSONValue(unpairedCount),
      "unscored": JSONValue(unscoredCount), "different_prompts": JSONValue(differentPromptCount),
    ]
    object["stopped_early"] = .bool(isStoppedEarly)
    object["first_mean"] = JSONValue(optional: comparison?.firstMean)
    object["second_mean"] = JSONValue(optional: comparison?.secondMean)
    object["difference"] = JSONValue(optional: comparison?.difference)
    object["first_better"] = JSONValue(gainedCount)
    object["second_better"] = JSONValue(lostCount)
    object["better"] = better.map { .string($0) } ?? .null
    object["disagreement"] = disagreement.map { .string($0) } ?? .null
    // From here on, what takes the number of samples for fixed.
    let found = isStoppedEarly ? nil : comparison
    let interval = isStoppedEarly ? sequenceInterval : found?.interval
    object["confidence_level"] = .number(interval?.level ?? level)
    object["clusters"] = found?.clusterCount.map { JSONValue($0) } ?? .null
    object["clustered_by"] = found == nil ? .null : clusterKind.map { .string($0) } ?? .null
    object["standard_error"] = JSONValue(optional: found?.standardError)
    object["lower"] = JSONValue(optional: interval?.lower)
    object["upper"] = JSONValue(optional: interval?.upper)
    object["method"] = interval.map { .string($0.method.rawValue) } ?? .null
    object["p_value"] = JSONValue(optional: found?.probability)
    object["p_value_method"] = found.map { .string($0.probabilityMethod) } ?? .null
    object["bootstrap"] =
      found?.bootstrapProbability.map { probability in
        [
          "lower": JSONValue(optional: found?.bootstrapInterval?.lower),
          "upper": JSONValue(optional: found?.bootstrapInterval?.upper), "p_value": .number(probability),
        ]
      } ?? .null
    object["permutation"] =
      found?.permutation.map {
        ["p_value": .number($0.probability), "exact": .bool($0.isExact), "draws": JSONValue($0.draws)]
      } ?? .null
    object["proportions"] = found?.proportions.map { Self.json($0, level: level) } ?? .null
    object["equivalence"] =
      found?.equivalence.map {
        [
          "margin": .number($0.margin), "lower_p_value": .number($0.lowerProbability),
          "upper_p_value": .number($0.upperProbability), "p_value": .number($0.probability),
        ]
      } ?? .null
    return .object(object)
  }

  private static func json(_ table: PairedProportions, level: Double) -> JSONValue {
    let odds = table.oddsRatioInterval(level: level)
    return [
      "both_right": JSONValue(table.bothRight), "only_first": JSONValue(table.onlyFirst),
      "only_second": JSONValue(table.onlySecond), "both_wrong": JSONValue(table.bothWrong),
      "mcnemar_exact": JSONValue(optional: table.mcNemar?.exactProbability),
      "mcnemar_mid_p": JSONValue(optional: table.mcNemar?.midProbability), "cohen_h": JSONValue(optional: table.cohenH),
      "odds_ratio": JSONValue(optional: table.oddsRatio), "odds_ratio_lower": JSONValue(optional: odds?.lower),
      "odds_ratio_upper": JSONValue(optional: odds?.upper),
    ]
  }
}
