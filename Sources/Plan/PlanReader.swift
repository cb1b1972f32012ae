import Checkpoints
import Configuration
import ModelHub
import Support
import Tasks

/// Reads the one form that every front's plan has: the keys of a plan beside each other, or in the sections `evaluation`,
/// `hardware` and `output`; models and tasks in lists, or in maps by name.
struct PlanReader {
  /// What a plan must have stands first: an error about an unknown key lists them in this order.
  static let keys =
    ["name", "models", "tasks"] + PlanSchema.plan.map(\.name).filter { $0 != "name" }
    + PlanSchema.commonKeys + ["evaluation", "hardware", "output"]
  private static let hardwareKeys = ["device", "precision", "quantization", "threads"]
  /// Keys of other programs, of which people's files are full: they decide how a GPU is used, and nothing here.
  static let foreignKeys = ["use_flash_attention", "mixed_precision", "max_memory"]
  /// More cells than anybody has the time for are a typing error.
  private static let maximumCells = 100_000

  var warnings: [String] = []
  let folder: PlanFolder
  var relativePaths: Set<String> = []

  /// The plan of a text: JSON if it begins like an object of JSON, else YAML. Its relative paths are from `folder`.
  static func read(_ text: String, name: String, folder: PlanFolder = PlanFolder()) throws(BenchmarkError) -> SweepPlan
  {
    let value: JSONValue
    let place: DocumentPlace
    let isJSON = text.utf8.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } == UInt8(ascii: "{")
    do throws(BenchmarkError) {
      if isJSON {
        value = try JSONReader.parse(text, name: name)
        // A text handed over by a program has no lines that anybody would look at; a file has, and JSON is YAML.
        place = DocumentPlace(name: name, document: name == "plan" ? nil : try? YAMLReader.parse(text, name: name))
      } else {
        let document = try YAMLReader.parse(text, name: name)
        value = document.value
        place = DocumentPlace(name: name, document: document)
      }
    } catch { throw BenchmarkError(.invalidArgument, error.message) }
    var reader = PlanReader(folder: folder)
    return try reader.plan(value, place)
  }

  /// The plan of a value that a program made.
  static func read(_ value: JSONValue, name: String) throws(BenchmarkError) -> SweepPlan {
    var reader = PlanReader(folder: PlanFolder())
    return try reader.plan(value, DocumentPlace(name: name))
  }

  init(folder: PlanFolder) { self.folder = folder }

  private mutating func plan(_ value: JSONValue, _ place: DocumentPlace) throws(BenchmarkError) -> SweepPlan {
    if value.isNull { throw place.error("empty; a plan names models and tasks") }
    let top = try ObjectDecoder(value, place, known: Self.keys + Self.foreignKeys)
    warnOfForeignKeys(top)
    let settings = try settings(of: top)
    let models = try models(top, settings)
    let tasks = try tasks(top, models)
    return try plan(settings, models: models, tasks: tasks)
  }

  // MARK: Settings

  /// What stands at the top of a plan, and in its sections.
  struct Settings {
    let top: ObjectDecoder
    let evaluation: ObjectDecoder
    let hardware: ObjectDecoder

    /// What a key stands in.
    func holder(_ key: String) -> ObjectDecoder {
      if top[key] != nil { return top }
      return hardware[key] != nil ? hardware : evaluation
    }

    /// The value of an option, or its default; nil where it has none.
    func value(_ name: String) throws(BenchmarkError) -> OptionValue? {
      let option = try PlanSchema.option(name)
      if let value = try holder(name).value(option) { return value }
      return option.defaultValue.isNull ? nil : try option.decode(option.defaultValue, at: top.place)
    }

    func required<Value>(_ name: String, _ read: (OptionValue) -> Value?) throws(BenchmarkError) -> Value {
      guard let value = try value(name).flatMap(read) else {
        throw BenchmarkError(.internalError, "plan: the schema has no default for \"\(name)\"")
      }
      return value
    }

    /// A count of which 0 means the default.
    func positive(_ name: String) throws(BenchmarkError) -> Int? {
      try value(name)?.integer.flatMap { $0 == 0 ? nil : $0 }
    }
  }

  mutating func settings(of top: ObjectDecoder) throws(BenchmarkError) -> Settings {
    let evaluation = try section("evaluation", of: top, known: PlanSchema.evaluationKeys)
    let hardware = try section("hardware", of: top, known: Self.hardwareKeys)
    for section in [evaluation, hardware] {
      for key in section.object.keys where top[key] != nil && section[key] != nil {
        throw section.place[key].error("\"\(key)\" is given both at the top level and in the section; remove one")
      }
    }
    try checkDevice(hardware, "device")
    return Settings(top: top, evaluation: evaluation, hardware: hardware)
  }

  mutating func plan(_ settings: Settings, models: [SweepPlan.ModelEntry], tasks: [TaskSpecification])
    throws(BenchmarkError) -> SweepPlan
  {
    let top = settings.top
    let runs = try settings.required("runs", \.integer)
    let cellCount = models.count * tasks.count * runs
    if cellCount > Self.maximumCells {
      throw BenchmarkError(
        .invalidArgument,
        "\(top.place.name): \(models.count) models, \(tasks.count) tasks and \(runs) runs make \(cellCount) cells; at most"
          + " \(Self.maximumCells) are supported")
    }
    var stopRule: StopRule?
    let holder = settings.holder("stop_when")
    if let rule = holder["stop_when"] {
      stopRule = try StopRule(rule, models: models.map(\.name), holder.place["stop_when"])
    }
    for (number, task) in tasks.enumerated() {
      for name in task.models ?? [] where !models.contains(where: { $0.name == name }) {
        let hint = NearestName.hint(name, among: models.map(\.name))
        throw top.place["tasks"][number]["models"].error("no such model: \"\(name)\"\(hint)")
      }
    }
    let vary = try settings.holder("vary").names(
      "vary", known: Variation.allCases.map(\.rawValue), what: "unknown variation")
    var output = OutputSettings()
    if let value = top["output"] { output = try OutputSettings(value, top.place["output"], folder) }
    let name = try settings.required("name", \.text)
    if name.isEmpty { throw top.place["name"].error("a text was expected, not an empty one") }
    return SweepPlan(
      name: name, models: models, tasks: tasks, runs: runs,
      seed: try settings.required("seed", \.integer),
      vary: vary.map { $0.compactMap(Variation.init(rawValue:)) } ?? Variation.allCases,
      design: try settings.required("design") { $0.text.flatMap(RunDesign.init(rawValue:)) },
      limit: try settings.positive("limit"), threads: try settings.positive("threads"),
      batchSize: try batchSize(settings), confidenceLevel: try settings.required("confidence_level", \.number),
      runsStatisticalTests: try settings.required("statistical_tests", \.flag), stopRule: stopRule, output: output,
      warnings: warnings, origin: PlanOrigin(relativePaths: relativePaths))
  }

  private func batchSize(_ settings: Settings) throws(BenchmarkError) -> Int? {
    let option = try PlanSchema.option("batch_size")
    let holder = settings.holder(option.name)
    guard let size = holder[option.name], size != option.defaultValue else { return nil }
    guard let count = size.integerValue, let range = option.range, range.contains(Double(count)) else {
      let words = option.range?.words ?? ""
      throw holder.place[option.name].error("auto or a whole number (\(words)) was expected, not \(size.text())")
    }
    return count
  }

  private mutating func section(_ name: String, of top: ObjectDecoder, known: [String]) throws(BenchmarkError)
    -> ObjectDecoder
  {
    let section = try ObjectDecoder(top[name] ?? .object([:]), top.place[name], known: known + Self.foreignKeys)
    warnOfForeignKeys(section)
    return section
  }

  // MARK: Warnings

  mutating func warn(_ place: DocumentPlace, _ reason: String) { warnings.append("\(place.ofKey): \(reason)") }

  mutating func warnOfForeignKeys(_ object: ObjectDecoder) {
    for key in Self.foreignKeys where object[key] != nil && object[key] != false {
      if warnings.contains(where: { $0.contains(": \(key): ") }) { continue }  // one warning each
      warn(object.place[key], "an option for graphics cards; ignored")
    }
  }

  /// A path of the plan, or the text as it is written, with a warning, where the plan's folder has no such thing and the
  /// current folder has: plans of before their paths were relative to their files.
  mutating func found(_ path: String, of text: String, _ place: DocumentPlace) -> String {
    func isThere(_ path: String) -> Bool { FileSystem.isFolder(path) || FileSystem.isFile(path) }
    if !text.hasPrefix("/"), !text.hasPrefix("~") { relativePaths.formUnion([path, text]) }
    if path == text || text.hasPrefix("~") || isThere(path) || !isThere(text) { return path }
    warn(
      place,
      "\(path) does not exist, so \(text) in the current folder is used; paths in a plan are relative to its file")
    return text
  }

  // MARK: Models and tasks

  /// The entries of a list, or of a map by name, with their places.
  func entries(_ key: String, of top: ObjectDecoder) throws(BenchmarkError)
    -> [(name: String?, value: JSONValue, place: DocumentPlace)]
  {
    let place = top.place[key]
    switch top[key] {
    case .array(let elements)? where !elements.isEmpty:
      return elements.enumerated().map { (nil, $0.element, place[$0.offset]) }
    case .object(let object)? where !object.members.isEmpty:
      return object.members.map { ($0.key, $0.value, place[$0.key]) }
    default:
      throw top.place.error("\"\(key)\" must be a list with at least one entry, or a map of entries by name")
    }
  }

  private mutating func tasks(_ top: ObjectDecoder, _ models: [SweepPlan.ModelEntry])
    throws(BenchmarkError) -> [TaskSpecification]
  {
    var tasks: [TaskSpecification] = []
    var cards: [(task: TaskSpecification, place: DocumentPlace, position: Int)] = []
    for (key, value, place) in try entries("tasks", of: top) {
      let task = try TaskSpecification(value, key: key, at: place) { found(folder.path($0), of: $0, $1) }
      if let ways = try TaskBand.tasks(of: task, at: place) {
        tasks += ways
        continue
      }
      if task.type == CardEntry.type { cards.append((task, place, tasks.count)) } else { tasks.append(task) }
    }
    // Each where it was written: the last first, so that positions stay.
    for card in cards.reversed() {
      tasks.insert(contentsOf: try panel(card.task, models, beside: tasks, card.place), at: card.position)
    }
    return tasks
  }
}
