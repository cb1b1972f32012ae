import Evaluation
import Support

/// A kind of task that can be asked for by name.
package struct TaskEntry: Sendable {
  /// The value of `type` in a specification.
  package let type: String
  package let title: String
  /// The options of the type, after the one that every type has.
  package let options: [TaskOption]
  /// Subjects that belong together, as charts group them, whatever the options.
  package let groups: [SampleGroup]
  /// What scores of the type hold, whatever the options; empty where the options say it.
  package let metrics: [Metric]
  let load: @Sendable (JSONObject) throws(BenchmarkError) -> any BenchmarkTask

  init(
    type: String, title: String, options: [TaskOption], groups: [SampleGroup] = [], metrics: [Metric] = [],
    load: @escaping @Sendable (JSONObject) throws(BenchmarkError) -> any BenchmarkTask
  ) {
    self.type = type
    self.title = title
    self.options = [NamedTask.option] + options
    self.groups = groups
    self.metrics = metrics
    self.load = load
  }

  /// Gives an option in a specification, in place of whatever stands there under any of its names.
  func set(_ name: String, _ value: JSONValue, in specification: inout JSONObject) {
    for other in options.first(where: { $0.name == name })?.names ?? [] { specification[other] = nil }
    specification[name] = value
  }
}

/// The tasks that come with the library.
package enum TaskCatalogue {
  package static let entries: [TaskEntry] = [MMLUTask.entry, GSM8KTask.entry, EfficiencyTask.entry, CustomTask.entry]

  /// The types that say nothing of what is asked.
  package static let ownTypes = [CallbackTask.type, CustomTask.entry.type]

  /// A specification with its options under their present names: records of earlier versions have older ones.
  package static func canonical(_ specification: JSONObject) -> JSONObject {
    let options = entries.first { $0.type == specification["type"]?.stringValue }?.options ?? []
    return specification.members.reduce(into: JSONObject()) { object, member in
      object[options.first { $0.names.contains(member.key) }?.name ?? member.key] = member.value
    }
  }

  /// The groups of subjects that tasks of a type publish: for records from before they were kept with each run.
  package static func groups(ofType type: String) -> [SampleGroup] { entries.first { $0.type == type }?.groups ?? [] }

  /// Whether a specification is of a type that measures what the machine takes: known before the task is loaded, and where it
  /// could not be.
  package static func isTimed(_ specification: JSONObject) -> Bool {
    let type = specification["type"]?.stringValue
    return entries.first { $0.type == type }?.metrics.contains(where: \.isTimed) ?? false
  }

  /// Reads a task and its data.
  ///
  /// A specification is an object with `type` and the options of that type, or a text that is a type alone.
  /// - Throws: `.invalidArgument` for an unknown type, key or value; `.notFound` for missing data, with the file's name
  ///   and where to get it; `.invalidFile` for malformed data, with file and line.
  package static func load(specification: JSONValue) throws(BenchmarkError) -> any BenchmarkTask {
    let object: JSONObject
    switch specification {
    case .object(let value): object = value
    case .string(let type): object = ["type": .string(type)]
    default:
      throw BenchmarkError(.invalidArgument, "a task must be an object with \"type\", not \(specification.typeName)")
    }
    guard let type = object["type"]?.stringValue else {
      throw BenchmarkError(
        .invalidArgument, "a task needs a \"type\": \(entries.map(\.type).joined(separator: ", "))")
    }
    let task = try entry(type).load(object)
    guard let name = try NamedTask.name(in: object, of: type) else { return task }
    return NamedTask(task, name: name)
  }

  /// The entry of a type; an error with the nearest if there is none.
  package static func entry(_ type: String) throws(BenchmarkError) -> TaskEntry {
    guard let entry = entries.first(where: { $0.type == type }) else {
      let hint = NearestName.hint(type, among: entries.map(\.type))
      throw BenchmarkError(.notFound, "no such task: \"\(type)\"\(hint)")
    }
    return entry
  }
}
