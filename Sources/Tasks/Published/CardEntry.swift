import Support

/// The tasks of a model card: the type `card`, which a plan replaces by them.
package enum CardEntry {
  package static let type = "card"
  private static let withoutKey = "without"

  /// The benchmarks and tasks that a specification of a card leaves out.
  package static func without(_ card: TaskSpecification) throws(BenchmarkError) -> [String] {
    try card.optionalTexts(withoutKey) ?? []
  }

  static let entry = TaskEntry(
    type: type, title: "What Google's model card reports of the model, published beside measured",
    options: [
      TaskOption("data", default: .null, help: "folder of the data sets, as of the card's tasks", isPath: true),
      TaskOption(
        withoutKey, .texts, default: .null, help: "benchmarks or tasks of the card that are left out, such as mmlu_pro"),
    ],
    load: { (given: TaskSpecification) throws(BenchmarkError) in
      throw BenchmarkError(
        .invalidArgument, "\(given.type): stands for several tasks, which depend on the model; give it in a plan",
        key: "type")
    })

  /// What a card asks of a model: tasks, each with its shots, in the card's order; and what cannot be measured, with the reason.
  package struct Panel: Sendable {
    package struct Task: Sendable, Equatable {
      package let name: String
      /// Nil: the task's own.
      package let shots: Int?
    }

    package private(set) var tasks: [Task] = []
    package private(set) var missing: [(benchmark: String, reason: String)] = []
    /// Whether the card's scores are of a model that thinks.
    package private(set) var thinks = false

    /// What of the panel can be left out: its benchmarks, and all tasks by which they could be measured.
    package private(set) var names: [String] = []

    /// - Parameters:
    ///   - without: benchmarks and tasks that are left out.
    ///   - has: whether there is a task of a name.
    package init(of model: String, without: [String] = [], has: (String) -> Bool = TaskCatalogue.has) {
      for score in PublishedScore.of(model) where score.isOfCard {
        let protocols = score.protocols
        var wanted = protocols.compactMap { way in way.task.map { Task(name: $0, shots: way.shots(for: score)) } }
        names += [score.benchmark] + wanted.map(\.name)
        wanted.removeAll { without.contains($0.name) || without.contains(score.benchmark) }
        let there = wanted.filter { has($0.name) }
        tasks += there.filter { !tasks.contains($0) }
        if score.thinks == true, !there.isEmpty { thinks = true }
        if there.isEmpty, !missing.contains(where: { $0.benchmark == score.benchmark }) {
          let isLeftOut = wanted.isEmpty && protocols.contains { $0.task != nil }
          missing.append((score.benchmark, isLeftOut ? "left out" : Self.reason(protocols)))
        }
      }
    }

    /// Why there is no task for a score.
    package static func reason(_ protocols: [ScoreProtocol]) -> String {
      protocols.lazy.compactMap(\.reason).first ?? "the catalogue has no such task"
    }

    /// What cannot be measured, those of one reason together.
    package static func words(_ missing: [(benchmark: String, reason: String)]) -> String {
      var reasons: [String] = []
      for entry in missing where !reasons.contains(entry.reason) { reasons.append(entry.reason) }
      return reasons.map { reason in
        "\(missing.filter { $0.reason == reason }.map(\.benchmark).joined(separator: ", ")) (\(reason))"
      }.joined(separator: "; ")
    }
  }
}
