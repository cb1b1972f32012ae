import Evaluation
import ModelHub
import Support

/// The descriptions that a file, a group or a tag stands for, and the tasks that are made of them with the options given.
struct DescribedLoader {
  /// What is given for every task of one specification, over what its files say.
  struct Changes {
    var shots: Int?
    var seeds = DescribedTask.Seeds()
    /// Whether the name of each task is mixed into its seeds.
    var isSeededByName = false
    /// Whether the examples' files stand first among those that were read.
    var readsExamplesFirst = false
    var repeats: Int?
    var maxTokens: Int?
    var temperature: Double?
    var stride: Int?
    /// Whether programs that the model writes may be run.
    var runsPrograms = false
  }

  /// Descriptions, and how they are grouped.
  struct Found {
    let name: String
    var descriptions: [TaskDescription]
    var groups: [SampleGroup] = []
    /// The data sets that it reads.
    var repositories: [String] { Array(Set(descriptions.map(\.dataset.path))).sorted() }
    /// Whether it is one task, not a group that may have one member.
    var isTask = false
  }

  let library: HarnessLibrary?
  /// Runs functions of Python, for all tasks of a group; nil where none are run.
  var python: PythonProcess?

  private func description(_ file: TaskFile) throws(BenchmarkError) -> TaskDescription {
    try TaskDescription(file, python: python.map { TaskPython($0) })
  }

  /// Makes the task of what was found.
  ///
  /// Errors: as of `DescribedTask` and `GroupTask`.
  /// - Parameter type: the entry of the catalogue.
  static func task(
    _ found: Found, type: String, source: any SplitSource, changes: Changes
  ) throws(BenchmarkError) -> any BenchmarkTask {
    try (source as? HubSplits)?.checkRevisions(of: found.repositories)
    var tasks: [DescribedTask] = []
    for var description in found.descriptions {
      if let limit = changes.maxTokens {
        description.generation.maxTokens = limit
        description.generation.hasOwnLimit = true
      }
      if let temperature = changes.temperature { description.generation.temperature = temperature }
      var seeds = changes.seeds
      if changes.isSeededByName { seeds.word = description.name }
      description.stride = changes.stride
      tasks.append(
        try DescribedTask(
          description, type: type, from: source, shots: changes.shots, seeds: seeds, repeats: changes.repeats,
          readsExamplesFirst: changes.readsExamplesFirst, runsPrograms: changes.runsPrograms))
    }
    let revisions = (source as? HubSplits)?.pinned ?? .null
    for index in tasks.indices { tasks[index].revisions = revisions }
    return found.isTask ? tasks[0] : try GroupTask(found.name, tasks, groups: found.groups)
  }

  /// The splits of data sets on the Hub that what was found reads; those that this machine has as files are left out.
  static func dataSets(_ found: Found, source: HubSplits, shots: Int?) throws(BenchmarkError) -> [TaskDataSet] {
    try source.checkRevisions(of: found.repositories)
    var dataSets: [TaskDataSet] = []
    for description in found.descriptions where description.madeData == nil {
      for split in description.splits(shots: shots ?? description.shots ?? 0) {
        guard let dataSet = try source.dataSet(split, of: description.dataset) else { continue }
        if let index = dataSets.firstIndex(where: { $0.reference == dataSet.reference && $0.split == split }) {
          dataSets[index].parts += dataSet.parts
        } else {
          dataSets.append(dataSet)
        }
      }
    }
    return dataSets
  }

  /// The description of a file, or those of a group or a tag.
  func found(_ entry: HarnessLibrary.Entry, named wanted: String?) throws(BenchmarkError) -> Found {
    switch entry {
    case .task(let file):
      let description = try self.description(file)
      return Found(name: description.name, descriptions: [description], isTask: true)
    case .group(let file): return try group(file)
    case .tag(let files):
      var members: [TaskDescription] = []
      for file in files { members.append(try description(file)) }
      return Found(name: wanted ?? "", descriptions: members)
    }
  }

  /// A group with the groups within it.
  private func group(_ file: TaskFile) throws(BenchmarkError) -> Found {
    let name = file["group"]?.value.stringValue ?? ""
    var object = JSONObject()
    for member in file.members { object[member.key] = member.value }
    var groups: [SampleGroup] = []
    let place = file["task"]?.place ?? DocumentPlace(name: file.path, kind: .invalidFile)
    let members = try members(
      object, name: name, overrides: [:], folder: Paths.folder(of: file.path), place, &groups, depth: 0)
    return Found(name: name, descriptions: members, groups: groups)
  }

  /// Keys of a group that say nothing of its tasks.
  private static let keys = ["group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag", "include"]

  private func members(
    _ group: JSONObject, name: String, overrides: JSONObject, folder: String?, _ place: DocumentPlace,
    _ groups: inout [SampleGroup], depth: Int
  ) throws(BenchmarkError) -> [TaskDescription] {
    if depth > 8 { throw place.error("groups are nested more than 8 deep") }
    var changes = JSONObject()
    for (key, value) in group.members where !Self.keys.contains(key) { changes[key] = value }
    for (key, value) in overrides.members { changes[key] = value }
    let items: [JSONValue]
    switch group["task"] {
    case .array(let values)?: items = values
    case .string(let text)?: items = [.string(text)]
    default: throw place.error("the group \(name) has no list \"task\"")
    }
    let named = items.compactMap {
      $0.stringValue ?? $0.objectValue?["group"]?.stringValue ?? $0.objectValue?["task"]?.stringValue
    }
    let known = try library?.find(named) ?? [:]
    // A group that lies elsewhere may have its tasks beside it.
    let missing = named.filter { known[$0] == nil }
    let local = missing.isEmpty ? [:] : try folder.map { HarnessLibrary(folder: $0) }?.find(missing) ?? [:]
    var tasks: [TaskDescription] = []
    for (position, item) in items.enumerated() {
      let place = place[position]
      var own = changes
      let object = item.objectValue
      for (key, value) in object?.members ?? [] where key != "group" && key != "task" { own[key] = value }
      guard let name = item.stringValue ?? object?["group"]?.stringValue ?? object?["task"]?.stringValue else {
        throw place.error("the name of a task or a group was expected, not \(item.text())")
      }
      let isInline = object?["group"] != nil && object?["task"]?.arrayValue != nil
      switch isInline ? nil : known[name] ?? local[name] {
      case .task(var file)?:
        file.override(own, at: place, folder: folder)
        tasks.append(try description(file))
      case .tag(let files)?:
        var made: [TaskDescription] = []
        for var file in files {
          file.override(own, at: place, folder: folder)
          made.append(try description(file))
        }
        groups.append(SampleGroup(title: name, subjects: made.map(\.name)))
        tasks += made
      case .group(let file)?:
        var inner = JSONObject()
        for member in file.members { inner[member.key] = member.value }
        let made = try members(
          inner, name: name, overrides: own, folder: Paths.folder(of: file.path), file["task"]?.place ?? place,
          &groups,
          depth: depth + 1)
        let title = file["group_alias"]?.value.stringValue ?? name
        if !groups.contains(where: { $0.title == title }) {
          groups.append(SampleGroup(title: title, subjects: made.map(\.name)))
        }
        tasks += made
      case nil:
        guard isInline, let object else { throw place.error("no task, group or tag \"\(name)\"", .notFound) }
        let made = try members(
          object, name: name, overrides: changes, folder: folder, place["task"], &groups, depth: depth + 1)
        groups.append(
          SampleGroup(title: object["group_alias"]?.stringValue ?? name, subjects: made.map(\.name)))
        tasks += made
      }
    }
    return tasks
  }
}
