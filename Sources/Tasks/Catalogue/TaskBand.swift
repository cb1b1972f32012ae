import Support

/// Tasks that put the same questions in several ways. How far their scores lie apart says how much of a score is the way of
/// asking: a band that a single number hides.
///
/// A plan replaces a task of the band's name by its tasks, with the same options.
package struct TaskBand: Sendable {
  /// What a plan calls it, such as `mmlu_band`.
  package let name: String
  package let title: String
  /// Each with what tells it from the others.
  package let tasks: [(type: String, way: String)]

  package static let all = [
    TaskBand(
      name: "mmlu_band", title: "MMLU in several ways",
      tasks: ["mmlu", "mmlu_continuation", "mmlu_generative"].compactMap { name in
        CatalogueTask.known.first { $0.name == name }?.about.way.map { (name, $0) }
      })
  ]

  var entry: TaskEntry {
    TaskEntry(
      type: name, title: "\(title): \(tasks.map(\.way).joined(separator: ", "))",
      options: [
        TaskOption("shots", default: 5, range: .from(0, to: 5), help: "number of few-shot examples, of each way"),
        TaskOption("data", default: .null, help: "folder of the data set, as of the tasks", isPath: true),
      ],
      load: { (given: TaskSpecification) throws(BenchmarkError) in
        throw BenchmarkError(
          .invalidArgument, "\(given.type): stands for several tasks; give it in a plan, or run them one by one",
          key: "type")
      })
  }

  /// The tasks that a specification stands for; nil if it is no band's.
  ///
  /// Errors: a name, which several tasks cannot have.
  package static func tasks(of given: TaskSpecification, at place: DocumentPlace) throws(BenchmarkError)
    -> [TaskSpecification]?
  {
    guard let band = all.first(where: { $0.name == given.type }) else { return nil }
    if given.name != nil { throw place.error("the tasks of a band have names of their own; leave \"name\" out") }
    var found: [TaskSpecification] = []
    for task in band.tasks {
      var object: JSONObject = ["type": .string(task.type), "shots": JSONValue(try given.integer("shots"))]
      for (key, value) in given.json.members where key != "type" { object[key] = value }
      found.append(try TaskSpecification(.object(object), key: nil, at: place) { path, _ in path })
    }
    return found
  }
}
