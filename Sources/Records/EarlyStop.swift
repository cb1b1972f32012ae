import Plan
import Statistics
import Support

/// The effect of a stop rule on a run.
///
/// The scores decided when the run ended, so intervals for a fixed number of samples are not valid. These are confidence
/// sequences, which are valid at any moment, of the mean over all planned samples.
package struct EarlyStop: Sendable {
  package let rule: StopRule
  /// Samples the run did not need: what stopping saved. 0 if it ran to its end.
  package let savedCount: Int
  /// By metric; a metric without a finite range has none.
  package let intervals: [String: ConfidenceInterval]
  /// Of the main metric, by subject.
  package let subjectIntervals: [String: ConfidenceInterval]
  /// For two models: of their difference, first less second, over samples such as these; nil for the first that ran.
  package let differenceInterval: ConfidenceInterval?
  /// For two models: the better one's name, if they differ significantly.
  package let better: String?

  /// The outcome as JSON; missing values are null.
  package var json: JSONValue {
    func ends(_ intervals: [String: ConfidenceInterval]) -> JSONValue {
      var object = JSONObject()
      for (name, interval) in intervals.sorted(by: { $0.key < $1.key }) { object[name] = Self.ends(interval) }
      return .object(object)
    }
    return [
      "rule": rule.json, "saved_samples": JSONValue(savedCount), "intervals": ends(intervals),
      "subject_intervals": ends(subjectIntervals), "difference_interval": Self.ends(differenceInterval),
      "better": better.map { .string($0) } ?? .null,
    ]
  }

  /// What `json` says, read back for the rule of its plan.
  package init(saved value: JSONValue, rule: StopRule) {
    let object = value.objectValue ?? [:]
    func intervals(_ key: String) -> [String: ConfidenceInterval] {
      var found: [String: ConfidenceInterval] = [:]
      for (name, value) in object[key]?.objectValue?.members ?? [] { found[name] = Self.interval(value) }
      return found
    }
    self.init(
      rule: rule, savedCount: object["saved_samples"]?.integerValue ?? 0, intervals: intervals("intervals"),
      subjectIntervals: intervals("subject_intervals"),
      differenceInterval: Self.interval(object["difference_interval"]), better: object["better"]?.stringValue)
  }

  package init(
    rule: StopRule, savedCount: Int, intervals: [String: ConfidenceInterval],
    subjectIntervals: [String: ConfidenceInterval], differenceInterval: ConfidenceInterval?, better: String?
  ) {
    self.rule = rule
    self.savedCount = savedCount
    self.intervals = intervals
    self.subjectIntervals = subjectIntervals
    self.differenceInterval = differenceInterval
    self.better = better
  }

  /// The interval of the difference of two models, first less second, if the rule is of these two.
  package func difference(of first: String, and second: String) -> ConfidenceInterval? {
    guard case .decided(let one, let other) = rule.condition, let differenceInterval else { return nil }
    if (first, second) == (one, other) { return differenceInterval }
    return (first, second) == (other, one) ? differenceInterval.negated : nil
  }

  private static func ends(_ interval: ConfidenceInterval?) -> JSONValue {
    interval.map { ["lower": .number($0.lower), "upper": .number($0.upper), "level": .number($0.level)] } ?? .null
  }

  private static func interval(_ value: JSONValue?) -> ConfidenceInterval? {
    guard let object = value?.objectValue, let lower = object["lower"]?.doubleValue,
      let upper = object["upper"]?.doubleValue, let level = object["level"]?.doubleValue
    else { return nil }
    return ConfidenceInterval(lower: lower, upper: upper, level: level, method: .betting)
  }
}

extension ConfidenceInterval {
  /// The interval of the negative.
  package var negated: ConfidenceInterval {
    ConfidenceInterval(lower: -upper, upper: -lower, level: level, method: method)
  }
}
