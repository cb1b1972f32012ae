import Support

/// One number that a score holds: what it is called, which way is better, and how it is printed.
///
/// A metric carries its direction and its unit wherever it goes: records, stores, reports and callbacks hold `json`, and
/// whoever orders models or speaks of a winner asks `isBetter`.
public struct Metric: Sendable, Equatable {
  /// How the samples' values become one: a mean of latencies says little.
  public enum Aggregate: String, Sendable { case mean, median }

  /// The key in records, such as `accuracy`.
  public let name: String
  /// What it measures, in one sentence.
  public let summary: String
  /// The key lm-evaluation-harness gives the same number, such as `acc,none`; nil where it has none.
  public let harnessName: String?
  public let lowerBound: Double
  public let upperBound: Double
  public let higherIsBetter: Bool
  /// Whether a sample's value is always 0 or 1, so that binomial intervals apply to the mean.
  public let isBinary: Bool
  public let aggregate: Aggregate
  /// What a value counts, which decides how it is printed.
  public let unit: ValueUnit

  /// - Parameter unit: nil: a share where the bounds are 0 and 1, a number without a unit otherwise.
  public init(
    name: String, summary: String, harnessName: String? = nil, lowerBound: Double = 0, upperBound: Double = 1,
    higherIsBetter: Bool = true, isBinary: Bool = true, aggregate: Aggregate = .mean, unit: ValueUnit? = nil
  ) {
    self.name = name
    self.summary = summary
    self.harnessName = harnessName
    self.lowerBound = lowerBound
    self.upperBound = upperBound
    self.higherIsBetter = higherIsBetter
    self.isBinary = isBinary
    self.aggregate = aggregate
    self.unit = unit ?? (lowerBound == 0 && upperBound == 1 ? .fraction : .number)
  }

  /// Whether a first value is better than a second.
  public func isBetter(_ first: Double, than second: Double) -> Bool {
    higherIsBetter ? first > second : first < second
  }

  /// By how much a first value is better than a second; below 0 if it is worse.
  public func advantage(of first: Double, over second: Double) -> Double {
    higherIsBetter ? first - second : second - first
  }

  /// Whether values are shares of 1 printed in percent, so that tasks can be set beside each other.
  public var isShare: Bool { lowerBound == 0 && upperBound == 1 && unit == .fraction }

  /// A share as one that is better the higher it is: itself, or what is missing from 1.
  public func merit(_ share: Double) -> Double { higherIsBetter ? share : 1 - share }

  /// "less is better", where it is so; a reader expects the other.
  public var directionNote: String? { higherIsBetter ? nil : "less is better" }

  /// The name with the direction where it is not the usual one: "word_error_rate (less is better)". Of times and memory
  /// everybody knows it.
  public var title: String {
    if unit == .seconds || unit == .bytes { return name }
    return directionNote.map { "\(name) (\($0))" } ?? name
  }

  /// A value, for people.
  public func text(_ value: Double) -> String { unit.text(value) }
}

extension Metric {
  /// The metric as records, stores and reports hold it. Bounds that are not finite are null.
  public var json: JSONObject {
    [
      "name": .string(name), "summary": .string(summary), "harness_name": harnessName.map { .string($0) } ?? .null,
      "lower_bound": .number(lowerBound), "upper_bound": .number(upperBound),
      "higher_is_better": .bool(higherIsBetter), "binary": .bool(isBinary),
      "aggregate": .string(aggregate.rawValue), "unit": .string(unit.name),
    ]
  }

  /// Reads what `json` wrote, also before it named a unit of shares and numbers apart; nil without a name.
  public init?(saved value: JSONValue) {
    guard let object = value.objectValue, let name = object["name"]?.stringValue else { return nil }
    let lower = object["lower_bound"]?.doubleValue ?? -.infinity
    let upper = object["upper_bound"]?.doubleValue ?? .infinity
    var unit = object["unit"]?.stringValue.flatMap { ValueUnit(name: $0) }
    // Older stores call every unit of a task of one's own a fraction, whatever its bounds.
    if unit == .fraction, lower < -1 || upper > 1 { unit = .number }
    self.init(
      name: name, summary: object["summary"]?.stringValue ?? "", harnessName: object["harness_name"]?.stringValue,
      lowerBound: lower, upperBound: upper, higherIsBetter: object["higher_is_better"]?.boolValue ?? true,
      isBinary: object["binary"]?.boolValue ?? false,
      aggregate: object["aggregate"]?.stringValue.flatMap(Aggregate.init) ?? .mean, unit: unit)
  }
}
