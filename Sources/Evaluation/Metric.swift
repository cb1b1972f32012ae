import Support

/// One number that a score holds: what it is called, which way is better, and how it is printed.
///
/// A metric carries its direction, its unit and its kind wherever it goes: records, stores, reports and callbacks hold `json`;
/// whoever orders models or speaks of a winner uses `isBetter`, and whoever prints a value uses `text`.
package struct Metric: Sendable, Equatable {
  /// How the samples' values become one: a mean of latencies says little.
  package enum Aggregate: String, Sendable, CaseIterable {
    case mean, median
    /// Of sums over the samples, not of values that each sample has: see `value(ofSums:)`.
    case perplexity
    case weightedPerplexity = "weighted_perplexity"
    case bitsPerByte = "bits_per_byte"
    case f1
    case matthews = "matthews_corrcoef"
    case bleu, chrf
    case chrfWords = "chrf++"
    case ratio
  }

  /// What the values are about: the answers, or what giving them took.
  package enum Kind: String, Sendable {
    /// How good answers are: the same whenever and wherever a sample is answered.
    case quality
    /// What giving them took in tokens: the same whenever and wherever a sample is answered, and no measure of the answer.
    case cost
    /// What the machine took for it: every repetition gives another value, which says nothing of another machine.
    case timing
  }

  /// The key in records, such as `accuracy`.
  package let name: String
  /// What it measures, in one sentence.
  package let summary: String
  /// The key lm-evaluation-harness gives the same number, such as `acc,none`; nil where it has none.
  package let harnessName: String?
  package let lowerBound: Double
  package let upperBound: Double
  package let higherIsBetter: Bool
  /// Whether a sample's value is always 0 or 1, so that binomial intervals apply to the mean.
  package let isBinary: Bool
  package let aggregate: Aggregate
  /// What a value counts, which decides how it is printed.
  package let unit: ValueUnit
  package let kind: Kind

  /// - Parameter unit: nil: a share where the bounds are 0 and 1, a number without a unit otherwise.
  package init(
    name: String, summary: String, harnessName: String? = nil, lowerBound: Double = 0, upperBound: Double = 1,
    higherIsBetter: Bool = true, isBinary: Bool = true, aggregate: Aggregate = .mean, unit: ValueUnit? = nil,
    kind: Kind = .quality
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
    self.kind = kind
  }

  /// Whether values are what the machine took, so that a saved value cannot stand for a new one.
  package var isTimed: Bool { kind == .timing }

  /// Whether each sample has a value of its own that another run's can be paired with.
  package var isOfSamples: Bool { kind != .timing && !aggregate.isOfCorpus }

  /// Whether a first value is better than a second.
  package func isBetter(_ first: Double, than second: Double) -> Bool {
    higherIsBetter ? first > second : first < second
  }

  /// By how much a first value is better than a second; below 0 if it is worse.
  package func advantage(of first: Double, over second: Double) -> Double {
    higherIsBetter ? first - second : second - first
  }

  /// Whether values are shares of 1 printed in percent, so that tasks can be set beside each other.
  package var isShare: Bool { lowerBound == 0 && upperBound == 1 && unit == .fraction }

  /// A share as one that is better the higher it is: itself, or what is missing from 1.
  package func merit(_ share: Double) -> Double { higherIsBetter ? share : 1 - share }

  /// "lower is better", where a reader expects the other.
  package var directionNote: String? { unit.directionNote(higherIsBetter: higherIsBetter) }

  /// A text about the metric's values, with the direction where a reader expects the other: "leaks (lower is better)".
  package func directed(_ text: String) -> String { directionNote.map { "\(text) (\($0))" } ?? text }

  /// The name with the direction: "word_error_rate (lower is better)".
  package var title: String { directed(name) }

  /// A value, for people.
  package func text(_ value: Double) -> String { unit.text(value) }

  /// Two ends of an interval, for people.
  package func text(_ lower: Double, _ upper: Double) -> String { unit.text(lower, upper) }

  /// Whether differences are percentage points.
  package var differsByPoints: Bool { unit == .fraction }

  /// The size of a difference, for people; of shares in points, whose name stands elsewhere.
  package func gap(_ difference: Double, digits: Int = 1) -> String {
    differsByPoints ? (difference.magnitude * 100).fixed(digits) : text(difference.magnitude)
  }

  /// The better of two ends of a range.
  package func better(_ first: Double, _ second: Double) -> Double { isBetter(first, than: second) ? first : second }
}

extension Metric {
  /// The metric as records, stores and reports hold it. Bounds that are not finite are null.
  package var json: JSONObject {
    [
      "name": .string(name), "summary": .string(summary), "harness_name": harnessName.map { .string($0) } ?? .null,
      "lower_bound": .number(lowerBound), "upper_bound": .number(upperBound),
      "higher_is_better": .bool(higherIsBetter), "binary": .bool(isBinary),
      "aggregate": .string(aggregate.rawValue), "unit": .string(unit.name), "kind": .string(kind.rawValue),
    ]
  }

  /// Reads what `json` wrote, also before it named a kind, or a unit of shares and numbers apart; nil without a name.
  package init?(saved value: JSONValue) {
    guard let object = value.objectValue, let name = object["name"]?.stringValue else { return nil }
    let lower = object["lower_bound"]?.doubleValue ?? -.infinity
    let upper = object["upper_bound"]?.doubleValue ?? .infinity
    var unit = object["unit"]?.stringValue.flatMap { ValueUnit(name: $0) }
    // Older stores call every unit of a task of one's own a fraction, whatever its bounds.
    if unit == .fraction, lower < -1 || upper > 1 { unit = .number }
    let aggregate = object["aggregate"]?.stringValue.flatMap(Aggregate.init) ?? .mean
    // Before kinds were stored, medians were of what was timed, and of nothing else.
    let kind = object["kind"]?.stringValue.flatMap(Kind.init) ?? (aggregate == .median ? .timing : .quality)
    self.init(
      name: name, summary: object["summary"]?.stringValue ?? "", harnessName: object["harness_name"]?.stringValue,
      lowerBound: lower, upperBound: upper, higherIsBetter: object["higher_is_better"]?.boolValue ?? true,
      isBinary: object["binary"]?.boolValue ?? false,
      aggregate: aggregate, unit: unit, kind: kind)
  }
}
