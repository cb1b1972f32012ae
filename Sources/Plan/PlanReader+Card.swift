import Support
import Tasks

/// The task `card` of a plan, which stands for those that the model cards of its models name.
extension PlanReader {
  /// The tasks of the models' cards with the cards' shots, each on the models whose card has it. What cannot be measured is a
  /// warning, with the reason.
  ///
  /// Errors: a model without a card; a card of which nothing can be measured.
  ///
  /// - Parameter others: the other tasks of the plan, whose names are taken.
  mutating func panel(
    _ card: TaskSpecification, _ models: [SweepPlan.ModelEntry], beside others: [TaskSpecification],
    _ place: DocumentPlace
  ) throws(BenchmarkError) -> [TaskSpecification] {
    if card.name != nil { throw place.error("the tasks of a card have names of their own; leave \"name\" out") }
    for name in card.models ?? [] where !models.contains(where: { $0.name == name }) {
      throw place["models"].error("no such model: \"\(name)\"\(NearestName.hint(name, among: models.map(\.name)))")
    }
    let asked = models.filter { card.models?.contains($0.name) ?? true }
    let without = try CardEntry.without(card)
    var names: [String] = []
    var wanted: [(task: CardEntry.Panel.Task, models: [String])] = []
    for model in asked {
      guard let name = model.publishedName else { throw place.error(Self.unknown(model), .notFound) }
      let panel = CardEntry.Panel(of: name, without: without)
      names += panel.names
      if panel.tasks.isEmpty {
        throw place.error(
          "nothing of the card of \(name) can be measured: \(CardEntry.Panel.words(panel.missing))", .unsupported)
      }
      for task in panel.tasks {
        if let index = wanted.firstIndex(where: { $0.task == task }) {
          wanted[index].models.append(model.name)
        } else {
          wanted.append((task, [model.name]))
        }
      }
      if !panel.missing.isEmpty {
        warn(place, "of the card of \(name) this is not measured: \(CardEntry.Panel.words(panel.missing))")
      }
      if panel.thinks, model.settings.thinking != .on {
        warn(place, "the card of \(name) is of a model that thinks; set thinking to on to measure the same")
      }
    }
    for name in without where !names.contains(name) {
      throw place["without"].error(
        "no benchmark or task of the card is called \"\(name)\"\(NearestName.hint(name, among: names))")
    }
    let taken = others.map { $0.name ?? TaskCatalogue.name(of: $0.json) }
    var tasks: [TaskSpecification] = []
    for (task, names) in wanted {
      var object: JSONObject = ["type": .string(task.name)]
      if let shots = task.shots { object["shots"] = JSONValue(shots) }
      let hasNamesake = taken.contains(task.name) || wanted.count { $0.task.name == task.name } > 1
      if hasNamesake {
        object["name"] = .string(task.name + (task.shots.map { "_\($0)shot" } ?? "_card"))
      }
      if names.count < models.count { object["models"] = .array(names.map { .string($0) }) }
      let given = card.json
      for key in ["limit", "data"] where given[key] != nil { object[key] = given[key] }
      tasks.append(try TaskSpecification(.object(object), key: nil, at: place) { path, _ in path })
    }
    return tasks
  }

  private static func unknown(_ model: SweepPlan.ModelEntry) -> String {
    let name = model.path.split(separator: "/").last.map(String.init) ?? model.path
    return
      "no published scores of a model called \"\(name)\" are known\(NearestName.hint(name, among: PublishedScore.models)); say whose"
      + " card is meant with the model's \"card\" (--card), such as gemma-3-1b-it"
  }
}
