import Statistics
import Support
import Tasks

/// When a cell may end before its last sample, with intervals that hold nevertheless.
///
/// The samples then run in an order that the seed shuffles: without that no interval would hold. The order costs speed where
/// a task's neighbouring prompts share their beginnings.
public struct StopRule: Sendable, Equatable {
  public enum Condition: Sendable, Equatable {
    /// The confidence sequence of the main metric is no wider than twice this, as a share of the metric's range.
    case halfWidth(Double)
    /// The two models, by name, are told apart on the main metric: the second of them in the plan stops.
    case decided(String, String)
  }

  public let condition: Condition
  public let seed: Int

  private static let keys = ["half_width", "decided", "seed"]

  /// Reads {"half_width": 0.02} or {"decided": ["a", "b"]}, either with "seed"; the models are those of the plan.
  init(_ value: JSONValue, models: [String], _ place: PlanPlace) throws(BenchmarkError) {
    let object = try PlanObject(value, place, known: Self.keys).object
    guard let seed = (object["seed"] ?? 1234).integerValue, seed >= 0 else {
      throw BenchmarkError(.invalidArgument, "\(place): seed: a whole number of 0 or more was expected")
    }
    self.seed = seed
    switch (object["half_width"], object["decided"]) {
    case (let width?, nil):
      guard let halfWidth = width.doubleValue, halfWidth >= 0.001, halfWidth < 0.5 else {
        throw BenchmarkError(.invalidArgument, "\(place): half_width: a number from 0.001 to 0.5 was expected")
      }
      condition = .halfWidth(halfWidth)
    case (nil, let pair?):
      let names = pair.arrayValue?.compactMap(\.stringValue) ?? []
      guard names.count == 2, names[0] != names[1], pair.arrayValue?.count == 2 else {
        throw BenchmarkError(.invalidArgument, "\(place): decided: the names of two models were expected")
      }
      for name in names where !models.contains(name) {
        let hint = NearestName.hint(name, among: models)
        throw BenchmarkError(.invalidArgument, "\(place): decided: no such model: \"\(name)\"\(hint)")
      }
      condition = .decided(names[0], names[1])
    default:
      throw BenchmarkError(.invalidArgument, "\(place): either \"half_width\" or \"decided\" was expected")
    }
  }

  /// The rule as the plan has it.
  public var json: JSONValue {
    switch condition {
    case .halfWidth(let width): ["half_width": .number(width), "seed": JSONValue(seed)]
    case .decided(let first, let second):
      ["decided": [.string(first), .string(second)], "seed": JSONValue(seed)]
    }
  }
}

/// What a stop rule did to a run.
public struct EarlyStop: Sendable {
  public let rule: StopRule
  /// Samples the run did not need: what stopping saved. 0 if it ran to its end.
  public let savedCount: Int
  /// The confidence sequence of the main metric when the run ended: of the mean over all the samples that were planned.
  public let interval: ConfidenceInterval?
  /// For two models: the confidence sequence of their difference, first less second; nil for the first that ran.
  public let differenceInterval: ConfidenceInterval?
  /// For two models: the better one's name, if they were told apart.
  public let better: String?

  /// The outcome as JSON; what there is not is null.
  var json: JSONValue {
    func ends(_ interval: ConfidenceInterval?) -> JSONValue {
      interval.map { ["lower": .number($0.lower), "upper": .number($0.upper), "level": .number($0.level)] } ?? .null
    }
    return [
      "rule": rule.json, "saved_samples": JSONValue(savedCount), "interval": ends(interval),
      "difference_interval": ends(differenceInterval), "better": better.map { .string($0) } ?? .null,
    ]
  }
}

/// Watches a run's samples and says when its rule is met.
///
/// It sees them in the shuffled order, whole batches at a time: a batch's samples finish in the order that suits the
/// engine, and to look between them would favour the fast ones.
struct StopWatch {
  let rule: StopRule
  private let metric: Metric
  private let scale: Double
  private let modelName: String
  /// The other model's scores by sample, where two models are to be told apart.
  private let otherScores: [String: Double]
  private var sequence: ConfidenceSequence
  private var paired: PairedSequence?

  /// The watch of a cell; nil if the metric has no range, there is nothing to run, or no other run to compare with.
  init?(
    _ rule: StopRule, metric: Metric, modelName: String, population: Int, level: Double, other: RunRecord?
  ) {
    scale = metric.upperBound - metric.lowerBound
    var resolution = 1000
    if case .halfWidth(let width) = rule.condition { resolution = max(1000, Int(20 / width)) }
    guard scale > 0, scale.isFinite,
      let sequence = ConfidenceSequence(population: population, level: level, resolution: resolution)
    else { return nil }
    self.rule = rule
    self.metric = metric
    self.modelName = modelName
    self.sequence = sequence
    var scores: [String: Double] = [:]
    if case .decided = rule.condition {
      guard let other else { return nil }  // the first of the two, or alone: nothing to be told apart from
      for sample in other.samples { scores[sample.id] = sample.score.value(of: metric.name) }
      paired = PairedSequence(population: population, level: level)
    }
    otherScores = scores
  }

  /// The order to run positions in.
  func order(_ positions: [Int]) -> [Int] {
    var stream = RandomStream(seed: UInt64(rule.seed), purpose: .order)
    return stream.order(positions.count).map { positions[$0] }
  }

  /// Samples to run before looking again: a tenth of those seen, so that little is run past the moment.
  var batchSize: Int { max(32, sequence.count / 10) }

  /// Takes in a batch, in the shuffled order; true if the rule is met.
  mutating func observe(_ records: [SampleRecord]) -> Bool {
    for record in records {
      let value = record.score.value(of: metric.name).map(share)
      let otherValue = otherScores[record.id].map(share)
      sequence.observe(value)
      paired?.observe(value, otherValue)
    }
    switch rule.condition {
    case .halfWidth(let width): return sequence.interval.map { $0.width <= 2 * width } ?? false
    case .decided: return paired?.decision != nil
    }
  }

  /// A score as a share of the metric's range.
  private func share(_ value: Double) -> Double { (value - metric.lowerBound) / scale }

  /// What came of it, for a run that left so many samples out.
  func outcome(savedCount: Int) -> EarlyStop {
    var better: String?
    var difference = paired?.interval.map {
      ConfidenceInterval(lower: $0.lower * scale, upper: $0.upper * scale, level: $0.level, method: $0.method)
    }
    if case .decided(let first, let second) = rule.condition, let paired {
      let otherName = modelName == first ? second : first
      better = paired.decision.map { $0 == .first ? modelName : otherName }
      if modelName == second {  // the watch sees its own model first
        difference = difference.map {
          ConfidenceInterval(lower: -$0.upper, upper: -$0.lower, level: $0.level, method: $0.method)
        }
      }
    }
    let interval = sequence.interval.map {
      ConfidenceInterval(
        lower: metric.lowerBound + $0.lower * scale, upper: metric.lowerBound + $0.upper * scale, level: $0.level,
        method: $0.method)
    }
    return EarlyStop(
      rule: rule, savedCount: savedCount, interval: interval, differenceInterval: difference, better: better)
  }
}
