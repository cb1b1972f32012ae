import Support

/// What runs of the same thing can differ in, as a careful experimenter would have them differ.
package enum Variation: String, CaseIterable, Sendable {
  /// Which solved examples stand in front of a question, and in which order.
  case fewShotDraws = "few_shot_draws"
  /// Which letter stands in front of which choice.
  case choiceOrder = "choice_order"
  /// What is drawn where generation samples (a temperature above 0).
  case sampling
  /// In which order samples run, where a stop rule may end a run before its last: it decides which of them are asked.
  case itemOrder = "item_order"

  /// In words, for a report.
  package var words: String {
    switch self {
    case .fewShotDraws: "few-shot examples"
    case .choiceOrder: "order of choices"
    case .sampling: "sampling"
    case .itemOrder: "order of items"
    }
  }

  /// Whether the answer to an item can depend on it. On the order no answer does: it is the same bits whatever is asked before.
  package var changesAnswers: Bool { self != .itemOrder }
}

/// The seeds of one run, one for each thing that it varies.
///
/// Run 1 varies nothing but what is random in any case (sampling): it asks exactly what the task says, so that its score is
/// the one to publish. Every seed is a pure function of the plan's seed, the run and what the seed is for; the models of a
/// plan share them, so that run k of each asks the same questions.
package struct RunSeeds: Sendable, Equatable {
  /// From 1.
  package let run: Int
  private let values: [Variation: Int]

  /// The run that is as the task says.
  package static let canonical = RunSeeds(run: 1, values: [:])

  private init(run: Int, values: [Variation: Int]) {
    self.run = run
    self.values = values
  }

  /// The seeds of a run that varies all of these, derived from a plan's.
  package init(run: Int, planSeed: Int, varying: [Variation]) {
    self.init(run: run, planSeed: planSeed, levels: varying.map { ($0, run) })
  }

  /// The seeds of a run that takes each variation at a level, from 1: level k has the seed that run k has where everything
  /// varies, and level 1 is as the task says.
  package init(run: Int, planSeed: Int, levels: [(variation: Variation, level: Int)]) {
    var values: [Variation: Int] = [:]
    for (variation, level) in levels where level > 1 || variation == .sampling {
      values[variation] = Self.derived(planSeed, variation.rawValue, "run \(level)")
    }
    self.init(run: run, values: values)
  }

  /// Seeds that were written down: those of known names.
  package init(run: Int, json: JSONObject) {
    var values: [Variation: Int] = [:]
    for (key, value) in json.members {
      if let variation = Variation(rawValue: key), let seed = value.integerValue { values[variation] = seed }
    }
    self.init(run: run, values: values)
  }

  /// The seed of what is varied; nil: as the task says.
  package subscript(_ variation: Variation) -> Int? { values[variation] }

  /// The seed of texts that a model's settings sample, whatever the task.
  package var settingsSeed: UInt64 { UInt64(self[.sampling] ?? 1234) }

  /// What the run varies, in the order of `Variation`.
  package var varied: [Variation] { Variation.allCases.filter { values[$0] != nil } }

  /// The seeds of what changes answers alone.
  package var ofAnswers: RunSeeds { RunSeeds(run: run, values: values.filter { $0.key.changesAnswers }) }

  /// Whether a run of the other seeds would be the same run again.
  package func repeats(_ other: RunSeeds) -> Bool { values == other.values }

  /// The seeds by name.
  package var json: JSONObject {
    var object = JSONObject()
    for variation in varied { object[variation.rawValue] = values[variation].map { JSONValue($0) } }
    return object
  }

  /// A seed made of another one and of words: the first 53 bits of a SHA-256, so that any reader of JSON gets all of them.
  package static func derived(_ seed: Int, _ words: String...) -> Int {
    let digest = SHA256.hexadecimal("\(seed)\n" + words.joined(separator: "\n"))
    return Int((UInt64(digest.prefix(16), radix: 16) ?? 0) >> 11)
  }
}
