import Evaluation
import Statistics
import Support

/// A statistic of a run's scores that is computed where one of its options is given: a line of `all` publishes it everywhere.
package struct RunStatistic: Sendable {
  /// Its key in `statistics` of a result.
  package let name: String
  package let options: [OptionSpecification]
  /// Its members, of the scores that have a value: `value`, `standard_error`, `lower` and `upper` in the metric's unit, null where
  /// the scores cannot tell, and what else there is to say.
  let compute: @Sendable (_ values: [Double], _ metric: Metric, _ level: Double, _ options: CallOptions) -> JSONObject

  package static let all = [
    RunStatistic(
      name: "trimmed_mean",
      options: [
        OptionSpecification(
          "trim", .number, range: .between(0, and: 0.5),
          help: "adds the trimmed mean: the share of samples cut at each end, such as 0.1")
      ]
    ) { values, metric, level, options in
      let trim = options["trim"]?.number ?? 0
      let found = TrimmedMean(values, trim: trim, level: level)
      return [
        "value": JSONValue(optional: found?.value), "standard_error": JSONValue(optional: found?.standardError),
        "lower": JSONValue(optional: found?.interval.map { max($0.lower, metric.lowerBound) }),
        "upper": JSONValue(optional: found?.interval.map { min($0.upper, metric.upperBound) }),
        "count": JSONValue(found?.count ?? 0), "trim": .number(trim),
      ]
    }
  ]
}

extension RunRecord {
  /// The statistics of a metric as JSON, as the options request them: those of `Estimate`, and `statistics`, an object of the
  /// further ones by name.
  ///
  /// Errors: an unknown metric, and those of `estimate`; a further statistic of a median, of clustered samples, or of a run that a
  /// stop rule ended.
  package func statistics(_ options: CallOptions) throws(BenchmarkError) -> JSONValue {
    let metric = try metric(options["metric"]?.text)
    let chosen = EstimateOptions(options)
    let estimate = try estimate(metric, options: chosen)
    var object: JSONObject = [
      "metric": .string(metric.name), "unit": .string(metric.unit.name),
      "higher_is_better": .bool(metric.higherIsBetter),
      "mean": .null, "median": .null, "standard_error": .null, "lower": .null, "upper": .null,
    ]
    for (key, value) in estimate.json.objectValue?.members ?? [] where key != "level" { object[key] = value }
    object["count"] = JSONValue(samples.count)
    object["confidence_level"] = .number(estimate.interval?.level ?? chosen.level)
    object["clustered_by"] = chosen.clusters.map { .string($0) } ?? .null
    object["clusters"] = estimate.clusterCount.map { JSONValue($0) } ?? .null
    if let variance = responseVariance(metric) {
      object["sampling_variance"] = .number(variance.withinItems)
      object["sampling_share"] = JSONValue(optional: variance.withinShare)
    }
    var statistics = JSONObject()
    let values = samples.compactMap { $0.score.value(of: metric.name) }.filter(\.isFinite)
    for statistic in RunStatistic.all {
      guard let option = statistic.options.map(\.name).first(where: options.given.contains) else { continue }
      try check(statistic, option, metric, chosen)
      statistics[statistic.name] = .object(statistic.compute(values, metric, chosen.level, options))
    }
    object["statistics"] = .object(statistics)
    return .object(object)
  }

  /// Throws where a further statistic, whose error takes single samples for independent and their number for fixed, means nothing.
  private func check(_ statistic: RunStatistic, _ option: String, _ metric: Metric, _ options: EstimateOptions)
    throws(BenchmarkError)
  {
    let reason: String? =
      if metric.aggregate == .median {
        "\(metric.name) is a median over repetitions"
      } else if metric.aggregate.isOfCorpus {
        "\(metric.name) is taken of all samples together"
      } else if options.clusters != nil {
        "it does not support clusters"
      } else if isStoppedEarly { "a stop rule ended the run, so only its confidence sequence is valid" } else { nil }
    if let reason {
      let name = statistic.name.replacing("_", with: " ")
      throw BenchmarkError(.invalidArgument, "\(taskName): no \(name): \(reason); leave out \(option)")
    }
  }
}
