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
  /// The data sets of the Hub that a task reads, so that they can be fetched, or shown, before it is made.
  let dataSets: @Sendable (TaskSpecification) throws(BenchmarkError) -> [TaskDataSet]
  let load: @Sendable (TaskSpecification) throws(BenchmarkError) -> any BenchmarkTask
  /// What is said of a benchmark that comes with the library; nil of others.
  package let about: TaskAbout?

  init(
    type: String, title: String, options: [TaskOption], groups: [SampleGroup] = [], metrics: [Metric] = [],
    about: TaskAbout? = nil,
    dataSets: @escaping @Sendable (TaskSpecification) throws(BenchmarkError) -> [TaskDataSet] = { _ in [] },
    load: @escaping @Sendable (TaskSpecification) throws(BenchmarkError) -> any BenchmarkTask
  ) {
    self.type = type
    self.title = title
    self.options = [NamedTask.option] + options
    self.groups = groups
    self.metrics = metrics
    self.about = about
    self.dataSets = dataSets
    self.load = load
  }
}

/// The tasks that come with the library.
package enum TaskCatalogue {
  package static let entries: [TaskEntry] = {
    let tasks = CatalogueTask.known
    let first = CatalogueTask.ownEntries.compactMap { own in tasks.first { $0.name == own.name } }
    let others = tasks.filter { task in !first.contains { $0.name == task.name } }
    return first.map(\.entry) + [EfficiencyTask.entry, CustomTask.entry, HarnessEntry.entry, CardEntry.entry]
      + TaskBand.all.map(\.entry) + others.map(\.entry)
  }()

  /// The types that say nothing of what is asked.
  package static let ownTypes = [CallbackTask.type, CustomTask.entry.type, DescribedTask.harnessType]

  /// The type of tasks that files of lm-evaluation-harness describe.
  package static let harnessType = DescribedTask.harnessType

  /// A specification with its options under their present names: records of earlier versions have older ones.
  package static func canonical(_ specification: JSONObject) -> JSONObject {
    let options = entries.first { $0.type == specification["type"]?.stringValue }?.options ?? []
    return specification.members.reduce(into: JSONObject()) { object, member in
      object[options.first { $0.names.contains(member.key) }?.name ?? member.key] = member.value
    }
  }

  /// Whether a task of a specification ran Python of its files.
  package static func runsPython(_ specification: JSONObject) -> Bool {
    specification[HarnessEntry.hooksKey]?.stringValue == HarnessEntry.Hooks.python
  }

  /// The groups of subjects that tasks of a type publish: for records from before they were kept with each run.
  package static func groups(ofType type: String) -> [SampleGroup] { entries.first { $0.type == type }?.groups ?? [] }

  /// Whether tasks of a type measure what the machine takes: known before a task is loaded, and where it could not be.
  package static func isTimed(type: String) -> Bool {
    entries.first { $0.type == type }?.metrics.contains(where: \.isTimed) ?? false
  }

  /// Makes a task of its specification, and reads its data: the only time that they are read.
  ///
  /// - Throws: `.invalidArgument` for options that contradict each other or the data, with the option's place in the plan;
  ///   `.notFound` for missing data, with the file's name and where to get it; `.invalidFile` for malformed data, with file
  ///   and line.
  package static func load(_ specification: TaskSpecification) throws(BenchmarkError) -> any BenchmarkTask {
    do throws(BenchmarkError) {
      let task = try entry(specification.type).load(specification)
      return specification.name.map { NamedTask(task, name: $0) } ?? task
    } catch { throw specification.located(error) }
  }

  /// A specification whose type is an entry: a path of a task file, or a name that only lm-evaluation-harness has, becomes one
  /// of the type `harness`.
  static func resolved(_ object: JSONObject) throws(BenchmarkError) -> JSONObject {
    guard let type = object["type"]?.stringValue, type != CallbackTask.type,
      !entries.contains(where: { $0.type == type }),
      let meant = try HarnessEntry.resolved(type)
    else { return object }
    var resolved = meant
    for (key, value) in object.members where key != "type" { resolved[key] = value }
    return resolved
  }

  /// Throws if the folder of further tasks cannot be read.
  package static func check() throws(BenchmarkError) { _ = try CatalogueTask.all.get() }

  /// The entry of a type; an error with the nearest if there is none.
  package static func entry(_ type: String) throws(BenchmarkError) -> TaskEntry {
    guard let entry = entries.first(where: { $0.type == type }) else {
      // A folder of further tasks that cannot be read may be why.
      try check()
      let hint = NearestName.hint(type, among: entries.map(\.type))
      // Without a harness on this machine its names are not known.
      let harness =
        hint.contains("did you mean")
        ? "" : "; names of lm-evaluation-harness need LM_EVAL_TASKS, its folder of task files"
      throw BenchmarkError(.notFound, "no such task: \"\(type)\"\(hint)\(harness)")
    }
    return entry
  }
}
