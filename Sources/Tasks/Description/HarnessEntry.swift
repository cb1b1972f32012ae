import Evaluation
import Glibc
import Support

/// Makes tasks of lm-evaluation-harness's files: the type `harness` of the catalogue, which a path of a file or a name of the
/// harness also stands for.
enum HarnessEntry {
  static let digestKey = "description_sha256"

  static let entry = TaskEntry(
    type: DescribedTask.type, title: "A task file of lm-evaluation-harness, by its path or its name",
    options: [
      TaskOption("file", default: .null, help: "path of the task file", isPath: true),
      TaskOption(
        "task", default: .null, help: "name of a task, group or tag in LM_EVAL_TASKS, or in the installed lm_eval"),
      TaskOption(
        "shots", .integer, aliases: ["num_fewshot"], default: .null, range: .from(0),
        help: "number of few-shot examples; default: as the file says"),
      TaskOption("fewshot_seed", default: 1234, range: .from(0), help: "seed that samples the few-shot examples"),
      TaskOption(
        "sampling_seed", default: JSONValue(SamplingParameters.standardSeed), range: .from(0),
        help: "seed of the sampling, where the file samples"),
      TaskOption(
        "repeats", .integer, default: .null, range: .from(1, to: 1024),
        help: "responses to each sample; default: as the file says"),
      TaskOption(
        "data", default: .null,
        help:
          "folder with OWNER/NAME/CONFIGURATION/SPLIT.parquet (or .jsonl, .json, .csv); default GEMMABENCH_DATA, else the"
          + " Hub",
        isPath: true),
      TaskOption(
        digestKey, default: .null, help: "SHA-256 that what the files say must have; reports note it"),
    ], load: { (given: TaskSpecification) throws(BenchmarkError) in try load(given) })

  /// The specification that a type without an entry stands for: a path of a file or a name of the harness; nil if neither.
  ///
  /// Errors: `LM_EVAL_TASKS` names no folder; a task file that is malformed.
  static func resolved(_ type: String) throws(BenchmarkError) -> JSONObject? {
    if isFile(type) { return ["type": .string(DescribedTask.type), "file": .string(type)] }
    guard !type.isEmpty, let library = try HarnessLibrary.found(), try library.find(type) != nil else { return nil }
    return ["type": .string(DescribedTask.type), "task": .string(type)]
  }

  /// Whether a text is the path of a task file.
  static func isFile(_ text: String) -> Bool { text.hasSuffix(".yaml") || text.hasSuffix(".yml") }

  private static func load(_ given: TaskSpecification) throws(BenchmarkError) -> any BenchmarkTask {
    let wanted = try given.optionalText("task")
    let entry: HarnessLibrary.Entry
    if let path = try given.optionalText("file").map(Paths.expanded) {
      let file = try given.about("file") { () throws(BenchmarkError) in try TaskFile(path) }
      entry = file["group"] != nil ? .group(file) : .task(file)
    } else if let wanted {
      entry = try given.about("task") { () throws(BenchmarkError) in try found(wanted) }
    } else {
      throw BenchmarkError(
        .invalidArgument, "\(given.type): give \"file\", the path of a task file, or \"task\", a name of the harness")
    }
    // A folder that is given has the data or not; without one, the Hub has what is not here.
    let local = LocalSplits(folders: try folders(given))
    let loader = Loader(
      library: try HarnessLibrary.found(),
      source: given.given("data") == nil ? HubSplits(local) : local,
      shots: try given.optionalInteger("shots"),
      fewShotSeed: try given.integer("fewshot_seed"), samplingSeed: try given.integer("sampling_seed"),
      repeats: try given.optionalInteger("repeats"))
    let task: any BenchmarkTask
    switch entry {
    case .task(let file): task = try loader.task(file)
    case .group(let file): task = try loader.group(file)
    case .tag(let files):
      var members: [DescribedTask] = []
      for file in files { members.append(try loader.task(file)) }
      task = try GroupTask(wanted ?? "", members)
    }
    if let digest = try given.optionalText(digestKey),
      let found = task.specification[digestKey]?.stringValue, found != digest
    {
      throw given.failure(
        digestKey, "is \(digest.prefix(16))..., and what the task's files say now has \(found.prefix(16))...")
    }
    return task
  }

  private static func found(_ name: String) throws(BenchmarkError) -> HarnessLibrary.Entry {
    guard let library = try HarnessLibrary.found() else {
      throw BenchmarkError(
        .notFound,
        "\(name): no lm-evaluation-harness; set \(HarnessLibrary.environmentVariable) to a folder of task files, or install"
          + " lm_eval where python3 finds it")
    }
    guard let entry = try library.find(name) else {
      throw BenchmarkError(.notFound, "no task, group or tag \"\(name)\" in \(library.folder)")
    }
    return entry
  }

  private static func folders(_ given: TaskSpecification) throws(BenchmarkError) -> [String] {
    if let data = try given.optionalText("data") { return [Paths.expanded(data)] }
    guard let root = getenv(DataFolder.environmentVariable), root[0] != 0 else { return [] }
    let folder = Paths.expanded(String(cString: root))
    return [folder, folder + "/hub"]
  }

  /// Makes tasks of files with the options given.
  private struct Loader {
    let library: HarnessLibrary?
    let source: any SplitSource
    let shots: Int?
    let fewShotSeed: Int
    let samplingSeed: Int
    let repeats: Int?

    func task(_ file: TaskFile) throws(BenchmarkError) -> DescribedTask {
      try DescribedTask(
        TaskDescription(file), from: source, shots: shots, fewShotSeed: fewShotSeed, samplingSeed: samplingSeed,
        repeats: repeats)
    }

    /// A group with the groups within it.
    func group(_ file: TaskFile) throws(BenchmarkError) -> GroupTask {
      let name = file["group"]?.value.stringValue ?? ""
      var object = JSONObject()
      for member in file.members { object[member.key] = member.value }
      var groups: [SampleGroup] = []
      let place = file["task"]?.place ?? DocumentPlace(name: file.path, kind: .invalidFile)
      let members = try members(
        object, name: name, overrides: [:], folder: Paths.folder(of: file.path), place, &groups, depth: 0)
      return try GroupTask(name, members, groups: groups)
    }

    /// Keys of a group that say nothing of its tasks.
    private static let keys = ["group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag", "include"]

    private func members(
      _ group: JSONObject, name: String, overrides: JSONObject, folder: String?, _ place: DocumentPlace,
      _ groups: inout [SampleGroup], depth: Int
    ) throws(BenchmarkError) -> [DescribedTask] {
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
      var tasks: [DescribedTask] = []
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
          tasks.append(try task(file))
        case .tag(let files)?:
          var made: [DescribedTask] = []
          for var file in files {
            file.override(own, at: place, folder: folder)
            made.append(try task(file))
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
}
