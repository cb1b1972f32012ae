import Statistics
import Support

/// The power analysis of a comparison: its power, the items and runs it needs, the smallest effect it can detect.
package struct PowerReport: Sendable {
  /// What is asked; nil where it is to be found.
  package struct Question: Sendable {
    package var kind: PowerDesign.Kind
    /// The share the first model answers rightly.
    package var baseline: Double
    /// Share of the second less that of the first.
    package var difference: Double?
    /// Items of each model.
    package var items: Int?
    /// The power that is wanted.
    package var power: Double
    package var significance: Double
    package var discordance: Double?
    package var runs: Int
    /// Responses to each item within a run.
    package var repeats: Int
    package var samplingVariance: Double
    /// Half of the width that Wilson's interval of the baseline is to have, at the level 1 - significance.
    package var halfWidth: Double?

    package init(
      kind: PowerDesign.Kind = .paired, baseline: Double = 0.5, difference: Double? = nil, items: Int? = nil,
      power: Double = 0.8, significance: Double = 0.05, discordance: Double? = nil, runs: Int = 1,
      repeats: Int = 1, samplingVariance: Double = 0, halfWidth: Double? = nil
    ) {
      self.kind = kind
      self.baseline = baseline
      self.difference = difference
      self.items = items
      self.power = power
      self.significance = significance
      self.discordance = discordance
      self.runs = runs
      self.repeats = repeats
      self.samplingVariance = samplingVariance
      self.halfWidth = halfWidth
    }

    /// Options of the call `power`.
    package static let options = [
      OptionSpecification(
        "design", default: "paired", choices: ["paired", "independent"],
        help: "paired: both models on the same items; independent: each on its own"),
      OptionSpecification(
        "baseline", default: .number(0.5), range: .from(0, to: 1), help: "accuracy of the first model"),
      OptionSpecification(
        "difference", .number, range: .from(-1, to: 1), help: "accuracy of the second model minus that of the first"),
      OptionSpecification("items", .integer, range: .from(1, to: 1_000_000_000), help: "items of each model"),
      OptionSpecification("power", default: .number(0.8), range: .between(0, and: 1), help: "target power"),
      OptionSpecification(
        "significance", default: .number(0.05), range: .between(0, and: 1), help: "two-sided significance level"),
      OptionSpecification(
        "discordance", .number, range: .above(0, to: 1),
        help: "share of items that exactly one model gets right; by default as if the models were independent"),
      OptionSpecification(
        "runs", default: 1, range: .from(1, to: 1_000_000), help: "runs of each item; their mean is its score"),
      OptionSpecification(
        "repeats", default: 1, range: .from(1, to: 1_000_000), help: "responses to each item within a run"),
      OptionSpecification(
        "sampling_variance", default: .number(0), range: .from(0, to: 0.25),
        help: "variance of one response's score around its item's mean, as stats gives it: 0 (greedy) to 0.25"),
      OptionSpecification(
        "half_width", .number, range: .between(0, and: 1), help: "half-width of the confidence interval of the baseline"
      ),
    ]

    package init(_ options: CallOptions) {
      self.init(
        kind: options["design"]?.text.flatMap { PowerDesign.Kind(rawValue: $0) } ?? .paired,
        baseline: options["baseline"]?.number ?? 0.5, difference: options["difference"]?.number,
        items: options["items"]?.integer, power: options["power"]?.number ?? 0.8,
        significance: options["significance"]?.number ?? 0.05, discordance: options["discordance"]?.number,
        runs: options["runs"]?.integer ?? 1, repeats: options["repeats"]?.integer ?? 1,
        samplingVariance: options["sampling_variance"]?.number ?? 0,
        halfWidth: options["half_width"]?.number)
    }
  }

  package let question: Question
  /// The power of the items asked for; nil without items and difference.
  package let power: Double?
  /// The items needed for the difference asked for; nil without one, or where no number suffices.
  package let itemsNeeded: Int?
  /// The runs of each item needed with the items asked for; nil without them, or where no number suffices.
  package let runsNeeded: Int?
  /// The responses to each item within a run that are needed instead, with the runs asked for.
  package let repeatsNeeded: Int?
  /// The smallest difference the items asked for find; nil without items, or where they find none.
  package let minimumDetectableEffect: Double?
  /// The items needed for the half width asked for.
  package let itemsForHalfWidth: Int?

  /// Errors: a value outside its range, with the range; nothing to answer from.
  package init(_ question: Question) throws(BenchmarkError) {
    func check(_ holds: Bool, _ words: String) throws(BenchmarkError) {
      if !holds { throw BenchmarkError(.invalidArgument, "power: \(words)") }
    }
    let values: [String: Double?] = [
      "baseline": question.baseline, "difference": question.difference, "items": question.items.map(Double.init),
      "power": question.power, "significance": question.significance, "discordance": question.discordance,
      "runs": Double(question.runs), "repeats": Double(question.repeats),
      "sampling_variance": question.samplingVariance, "half_width": question.halfWidth,
    ]
    for option in Question.options {
      guard let value = values[option.name] ?? nil, let range = option.range else { continue }
      try check(range.contains(value), "\(option.name) \(value): must be \(range.words)")
    }
    try check(
      question.difference != nil || question.items != nil || question.halfWidth != nil,
      "nothing to compute; give difference, items or half_width")
    guard
      let design = PowerDesign(
        kind: question.kind, baseline: question.baseline, significance: question.significance,
        discordance: question.discordance, runs: question.runs * question.repeats,
        samplingVariance: question.samplingVariance)
    else { throw BenchmarkError(.internalError, "power: the design was refused") }
    if let difference = question.difference {
      try check(difference != 0, "difference 0: no number of items detects it; give another, or leave it out")
      let other = question.baseline + difference
      try check(
        difference.isFinite && other >= 0 && other <= 1,
        "difference \(difference): with baseline \(question.baseline), it must be between \(Self.rounded(-question.baseline)) and \(Self.rounded(1 - question.baseline))"
      )
      try check(
        design.power(difference: difference, items: 1) != nil,
        "difference \(difference): more than the discordance or the sampling variance allows")
    }
    self.question = question
    power = question.difference.flatMap { difference in
      question.items.flatMap { design.power(difference: difference, items: $0) }
    }
    itemsNeeded = question.difference.flatMap { design.items(difference: $0, power: question.power) }
    let responsesNeeded =
      question.samplingVariance > 0
      ? question.difference.flatMap { difference in
        question.items.flatMap { design.runs(difference: difference, items: $0, power: question.power) }
      } : nil
    runsNeeded = responsesNeeded.map { Self.quotient($0, question.repeats) }
    repeatsNeeded = responsesNeeded.map { Self.quotient($0, question.runs) }
    minimumDetectableEffect = question.items.flatMap {
      design.minimumDetectableEffect(items: $0, power: question.power)
    }
    itemsForHalfWidth = question.halfWidth.flatMap {
      PowerDesign.items(share: question.baseline, halfWidth: $0, level: 1 - question.significance)
    }
  }

  /// The quotient, rounded up.
  private static func quotient(_ count: Int, _ size: Int) -> Int { (count + size - 1) / size }

  /// A number of a message, without the last digits that subtraction leaves: 1 - 0.98 is 0.02.
  private static func rounded(_ value: Double) -> Double { (value * 1e12).rounded() / 1e12 }

  /// Question and answers as JSON; what was not asked or has no answer is null.
  package var json: JSONValue {
    [
      "design": .string(question.kind.rawValue), "baseline": .number(question.baseline),
      "difference": JSONValue(optional: question.difference), "items": question.items.map { JSONValue($0) } ?? .null,
      "wanted_power": .number(question.power), "significance": .number(question.significance),
      "discordance": JSONValue(optional: question.discordance), "runs": JSONValue(question.runs),
      "repeats": JSONValue(question.repeats),
      "sampling_variance": .number(question.samplingVariance), "half_width": JSONValue(optional: question.halfWidth),
      "power": JSONValue(optional: power), "items_needed": itemsNeeded.map { JSONValue($0) } ?? .null,
      "runs_needed": runsNeeded.map { JSONValue($0) } ?? .null,
      "repeats_needed": repeatsNeeded.map { JSONValue($0) } ?? .null,
      "minimum_detectable_effect": JSONValue(optional: minimumDetectableEffect),
      "items_for_half_width": itemsForHalfWidth.map { JSONValue($0) } ?? .null,
    ]
  }
}
