import Evaluation
import Plan
import Records
import Statistics
import Store
import Support
import Tasks

/// Watches a run's samples and says when its rule is met.
///
/// It sees them in the shuffled order, whole batches at a time: a batch's samples finish in the order that suits the
/// engine, and to look between them would favour the fast ones.
struct SequentialMonitor {
  let rule: StopRule
  private let modelName: String
  private let mainMetric: Metric
  /// The sequences of the metrics, in their order, and of the main one by subject.
  private var sequences: [MetricSequence]
  private var subjectSequences: [String: MetricSequence]
  /// The other model's scores by sample, where two models are to be told apart.
  private let otherScores: [String: Double]
  private var paired: PairedSequence?
  private(set) var count = 0

  /// The watch of a cell; nil if there is nothing to run, no metric, or no other run to compare with.
  ///
  /// subjects: how many samples of each are planned, nil for those without one.
  init?(
    _ rule: StopRule, metrics: [Metric], modelName: String, subjects: [String?: Int], level: Double, other: RunRecord?
  ) {
    let population = subjects.values.reduce(0, +)
    guard let main = metrics.first, population > 0 else { return nil }
    var resolution = 1000
    if case .halfWidth(let width) = rule.condition { resolution = max(1000, Int(20 / width)) }
    self.rule = rule
    self.modelName = modelName
    mainMetric = main
    sequences = metrics.enumerated().map { number, metric in
      MetricSequence(metric, population: population, level: level, resolution: number == 0 ? resolution : 1000)
    }
    subjectSequences = [:]
    for (subject, count) in subjects {
      guard let subject else { continue }
      subjectSequences[subject] = MetricSequence(main, population: count, level: level, resolution: 1000)
    }
    var scores: [String: Double] = [:]
    if case .decided = rule.condition {
      guard let other else { return nil }  // the first of the two, or alone: nothing to be told apart from
      for sample in other.samples { scores[sample.id] = sample.score.value(of: main.name) }
      // Not of the finite population: there, equals that differ by chance are told apart for certain at the last sample.
      paired = PairedSequence(level: level)
    }
    otherScores = scores
  }

  /// The order to run positions in: that of the run's own seed, else that of the rule's.
  func order(_ positions: [Int], _ seeds: RunSeeds) -> [Int] {
    var stream = RandomStream(seed: UInt64(seeds[.itemOrder] ?? rule.seed), purpose: .order)
    return stream.order(positions.count).map { positions[$0] }
  }

  /// Samples to run before looking again: a tenth of those seen, so that little is run past the moment.
  var batchSize: Int { max(32, count / 10) }

  /// Takes in a batch, in the shuffled order; true if the rule is met.
  mutating func observe(_ records: [SampleRecord]) -> Bool {
    for record in records {
      count += 1
      for index in sequences.indices { sequences[index].observe(record.score) }
      if let subject = record.subject { subjectSequences[subject]?.observe(record.score) }
      if paired == nil { continue }
      let own = record.score.value(of: mainMetric.name).flatMap(share)
      let others = otherScores[record.id].flatMap(share)
      let isTaken = paired?.observe(own, others) ?? true
      // A score outside the metric's range: nothing can be said any more, and the run goes on to its end.
      if !isTaken { paired = nil }
    }
    switch rule.condition {
    case .halfWidth(let width): return sequences[0].shareWidth.map { $0 <= 2 * width } ?? false
    case .decided: return paired?.decision != nil
    }
  }

  /// A score as a share of the main metric's range; nil for one that is no number.
  private func share(_ value: Double) -> Double? {
    value.isFinite ? (value - mainMetric.lowerBound) / (mainMetric.upperBound - mainMetric.lowerBound) : nil
  }

  /// What came of it, for a run that left so many samples out.
  func outcome(savedCount: Int) -> EarlyStop {
    var better: String?
    var difference: ConfidenceInterval?
    if case .decided(let first, let second) = rule.condition, let paired {
      let scale = mainMetric.upperBound - mainMetric.lowerBound
      let otherName = modelName == first ? second : first
      // The decision is which one's scores are higher.
      better = paired.decision.map { ($0 == .first) == mainMetric.higherIsBetter ? modelName : otherName }
      difference = paired.interval.map {
        ConfidenceInterval(lower: $0.lower * scale, upper: $0.upper * scale, level: $0.level, method: $0.method)
      }
      if modelName == second { difference = difference?.negated }  // the watch sees its own model first
    }
    var intervals: [String: ConfidenceInterval] = [:]
    for sequence in sequences { intervals[sequence.metric.name] = sequence.interval }
    return EarlyStop(
      rule: rule, savedCount: savedCount, intervals: intervals,
      subjectIntervals: subjectSequences.compactMapValues(\.interval), differenceInterval: difference, better: better)
  }
}

/// The confidence sequence of a metric in the metric's own range.
private struct MetricSequence {
  let metric: Metric
  /// Nil for a metric without a finite range, and once a score lay outside it.
  private var sequence: ConfidenceSequence?

  init(_ metric: Metric, population: Int, level: Double, resolution: Int) {
    self.metric = metric
    let scale = metric.upperBound - metric.lowerBound
    guard scale > 0, scale.isFinite else { return }
    sequence = ConfidenceSequence(population: population, level: level, resolution: resolution)
  }

  mutating func observe(_ score: Score) {
    let value = score.value(of: metric.name).flatMap { $0.isFinite ? $0 : nil }
    let isTaken =
      sequence?.observe(value.map { ($0 - metric.lowerBound) / (metric.upperBound - metric.lowerBound) }) ?? true
    if !isTaken { sequence = nil }
  }

  /// The width as a share of the metric's range.
  var shareWidth: Double? { sequence?.interval?.width }

  var interval: ConfidenceInterval? {
    let scale = metric.upperBound - metric.lowerBound
    return sequence?.interval.map {
      ConfidenceInterval(
        lower: metric.lowerBound + $0.lower * scale, upper: metric.lowerBound + $0.upper * scale, level: $0.level,
        method: $0.method)
    }
  }
}
