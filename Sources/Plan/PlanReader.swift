import Checkpoints
import Configuration
import ModelHub
import Support
import Tasks

/// Reads the one form that every front's plan has: the keys of a plan beside each other, or in the sections `evaluation`,
/// `hardware` and `output`; models and tasks in lists, or in maps by name.
struct PlanReader {
  /// What a plan must have stands first: an error about an unknown key lists them in this order.
  private static let keys =
    ["name", "models", "tasks"] + PlanSchema.plan.map(\.name).filter { $0 != "name" }
    + ["evaluation", "hardware", "output"]
  private static let hardwareKeys = ["device", "precision", "quantization", "threads"]
  /// Keys of other programs, of which people's files are full: they decide how a GPU is used, and nothing here.
  private static let foreignKeys = ["use_flash_attention", "mixed_precision", "max_memory"]
  /// More runs than anybody means to wait for are a typing error.
  private static let maximumRuns = 1000
  /// Nor has anybody the time for more cells.
  private static let maximumCells = 100_000

  private var warnings: [String] = []
  private let folder: PlanFolder
  private var relativePaths: Set<String> = []

  /// The plan of a text: JSON if it begins like an object of JSON, else YAML. Its relative paths are from `folder`.
  static func read(_ text: String, name: String, folder: PlanFolder = PlanFolder()) throws(BenchmarkError) -> SweepPlan
  {
    let value: JSONValue
    let place: PlanPlace
    let isJSON = text.utf8.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } == UInt8(ascii: "{")
    do throws(BenchmarkError) {
      if isJSON {
        value = try JSONReader.parse(text, name: name)
        // A text handed over by a program has no lines that anybody would look at; a file has, and JSON is YAML.
        place = PlanPlace(name: name, document: name == "plan" ? nil : try? YAMLReader.parse(text, name: name))
      } else {
        let document = try YAMLReader.parse(text, name: name)
        value = document.value
        place = PlanPlace(name: name, document: document)
      }
    } catch { throw BenchmarkError(.invalidArgument, error.message) }
    var reader = PlanReader(folder: folder)
    return try reader.plan(value, place)
  }

  private init(folder: PlanFolder) { self.folder = folder }

  private mutating func plan(_ value: JSONValue, _ place: PlanPlace) throws(BenchmarkError) -> SweepPlan {
    let top = try PlanObject(value, place, known: Self.keys + Self.foreignKeys)
    warnOfForeignKeys(top)
    let evaluation = try section("evaluation", of: top, known: PlanSchema.evaluationKeys)
    let hardware = try section("hardware", of: top, known: Self.hardwareKeys)
    for section in [evaluation, hardware] {
      for key in section.object.keys where top[key] != nil && section[key] != nil {
        throw section.place[key].error("\"\(key)\" is given both at the top level and in the section; remove one")
      }
    }
    func holder(_ key: String) -> PlanObject { top[key] != nil ? top : evaluation }
    try checkHardware(hardware)
    var batchSize: Int?
    if let size = holder("batch_size")["batch_size"], size != "auto" {
      guard let count = size.integerValue, (1...4096).contains(count) else {
        throw holder("batch_size").place["batch_size"].error(
          "auto or a whole number of 1 or more (at most 4096) was expected, not \(size.text())")
      }
      batchSize = count
    }
    let runs = try holder("runs").count("runs") ?? 1
    if !(1...Self.maximumRuns).contains(runs) {
      throw holder("runs").place["runs"].error("a whole number from 1 to \(Self.maximumRuns) was expected")
    }
    let models = try models(top, hardware)
    var places = TaskPlaces()
    let tasks = try tasks(top, &places)
    places.relativePaths = relativePaths
    let cellCount = models.count * tasks.count * runs
    if cellCount > Self.maximumCells {
      throw BenchmarkError(
        .invalidArgument,
        "\(place.name): \(models.count) models, \(tasks.count) tasks and \(runs) runs make \(cellCount) cells; at most"
          + " \(Self.maximumCells) are supported")
    }
    var stopRule: StopRule?
    if let rule = holder("stop_when")["stop_when"] {
      stopRule = try StopRule(rule, models: models.map(\.name), holder("stop_when").place["stop_when"])
    }
    let vary = try holder("vary").names(
      "vary", known: Variation.allCases.map(\.rawValue), what: "unknown variation")
    return SweepPlan(
      name: try top.text("name") ?? "sweep", models: models, tasks: tasks, runs: runs,
      seed: try holder("seed").count("seed") ?? 1234,
      vary: vary.map { $0.compactMap(Variation.init(rawValue:)) } ?? Variation.allCases,
      design: try design(holder("design")),
      limit: try holder("limit").positive("limit"),
      threads: try (top["threads"] != nil ? top : hardware).positive("threads"),
      batchSize: batchSize, confidenceLevel: try level(holder("confidence_level")),
      runsStatisticalTests: try holder("statistical_tests").flag("statistical_tests") ?? true, stopRule: stopRule,
      output: try top["output"].map { (value) throws(BenchmarkError) in
        try OutputSettings(value, place["output"], folder)
      }
        ?? OutputSettings(), warnings: warnings, places: places)
  }

  private mutating func section(_ name: String, of top: PlanObject, known: [String]) throws(BenchmarkError)
    -> PlanObject
  {
    let section = try PlanObject(top[name] ?? .object([:]), top.place[name], known: known + Self.foreignKeys)
    warnOfForeignKeys(section)
    return section
  }

  // MARK: Warnings

  private mutating func warn(_ place: PlanPlace, _ reason: String) { warnings.append("\(place.ofKey): \(reason)") }

  private mutating func warnOfForeignKeys(_ object: PlanObject) {
    for key in Self.foreignKeys where object[key] != nil && object[key] != false {
      if warnings.contains(where: { $0.contains(": \(key): ") }) { continue }  // one warning each
      warn(object.place[key], "has no effect without a graphics card; ignored")
    }
  }

  /// A path of the plan, or the text as it is written, with a warning, where the plan's folder has no such thing and the
  /// current folder has: plans of before their paths were relative to their files.
  private mutating func found(_ path: String, of text: String, _ place: PlanPlace) -> String {
    func isThere(_ path: String) -> Bool { FileSystem.isFolder(path) || FileSystem.isFile(path) }
    if !text.hasPrefix("/"), !text.hasPrefix("~") { relativePaths.formUnion([path, text]) }
    if path == text || text.hasPrefix("~") || isThere(path) || !isThere(text) { return path }
    warn(
      place,
      "\(path) does not exist, so \(text) in the current folder is used; paths in a plan are relative to its file")
    return text
  }

  // MARK: Hardware

  private mutating func checkHardware(_ hardware: PlanObject) throws(BenchmarkError) {
    try checkDevice(hardware, "device")
  }

  /// There is one kind of device so far, so `auto` chooses it.
  private func checkDevice(_ object: PlanObject, _ key: String) throws(BenchmarkError) {
    if let device = try object.text(key), device != "auto", device != "cpu" {
      throw object.place[key].error("\"\(device)\" is not supported: auto or cpu", .unsupported)
    }
  }

  /// The precision that an object names; nil for auto, and where it names none.
  private mutating func namedPrecision(_ object: PlanObject) throws(BenchmarkError) -> Precision? {
    let known = ["auto", "float32", "bfloat16", "float16"]
    guard let name = try object.text("precision") else { return nil }
    if !known.contains(name) {
      throw object.place["precision"].error(
        "no such precision: \"\(name)\"\(NearestName.hint(name, among: known))")
    }
    if name == "float16", !warnings.contains(where: { $0.contains(": precision: ") }) {
      warn(
        object.place["precision"], "float16 activations are not supported; float32 is used instead")
    }
    return name == "float16" ? .float32 : Precision(rawValue: name)
  }

  private func level(_ object: PlanObject) throws(BenchmarkError) -> Double {
    guard let value = object["confidence_level"] else { return 0.95 }
    guard let level = value.doubleValue, level > 0, level < 1 else {
      throw object.place["confidence_level"].error("a number between 0 and 1 was expected")
    }
    return level
  }

  private func design(_ object: PlanObject) throws(BenchmarkError) -> RunDesign {
    guard let name = try object.text("design") else { return .together }
    guard let design = RunDesign(rawValue: name) else {
      let hint = NearestName.hint(name, among: RunDesign.allCases.map(\.rawValue))
      throw object.place["design"].error("no such design: \"\(name)\"\(hint)")
    }
    return design
  }

  // MARK: Models

  /// The entries of a list, or of a map by name, with their places.
  private func entries(_ key: String, of top: PlanObject) throws(BenchmarkError)
    -> [(name: String?, value: JSONValue, place: PlanPlace)]
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

  private mutating func models(_ top: PlanObject, _ hardware: PlanObject) throws(BenchmarkError)
    -> [SweepPlan.ModelEntry]
  {
    let common = try QuantizationScheme(
      option: hardware["quantization"], hardware.place["quantization"].description)
    let commonPrecision = try namedPrecision(hardware)
    var models: [SweepPlan.ModelEntry] = []
    for (name, value, place) in try entries("models", of: top) {
      let model = try model(name, value, place, common, commonPrecision)
      if models.contains(where: { $0.name == model.name }) {
        throw place.error("two models have the name \"\(model.name)\"; give one of them another \"name\"")
      }
      models.append(model)
    }
    return models
  }

  private mutating func model(
    _ key: String?, _ value: JSONValue, _ place: PlanPlace, _ commonQuantization: QuantizationScheme?,
    _ commonPrecision: Precision?
  ) throws(BenchmarkError) -> SweepPlan.ModelEntry {
    let given: JSONValue
    switch value {
    case .string(let path): given = ["path": .string(path)]
    case .object: given = value
    default: throw place.error("a path or an object was expected")
    }
    let entry = try PlanObject(given, place, known: PlanSchema.model.map(\.name) + Self.foreignKeys)
    warnOfForeignKeys(entry)
    try checkDevice(entry, "device_map")
    let precision = entry["precision"] == nil ? commonPrecision : try namedPrecision(entry)
    let path = try path(of: entry)
    let own = try QuantizationScheme(option: entry["quantization"], place["quantization"].description)
    // A model that says false or none keeps its weights whatever the others do.
    let quantization = entry["quantization"] == nil ? commonQuantization : own
    let name = try entry.text("name")
    if let key, let name, key != name {
      throw place["name"].error("the model already has the name \"\(key)\"; leave out one of the names")
    }
    return SweepPlan.ModelEntry(
      path: path, name: name ?? key ?? ModelName.standard(of: path, quantization: quantization, precision: precision),
      contextLength: try entry.positive("context_length"),
      cacheFolder: try entry.text("cache_dir").map { found(folder.path($0), of: $0, place["cache_dir"]) },
      usesChatTemplate: try entry.flag("chat_template") ?? false, quantization: quantization,
      precision: precision, base: try entry.text("base"))
  }

  /// The path of an entry, or the repository that its short form (type, generation, size, variant) names.
  private mutating func path(of entry: PlanObject) throws(BenchmarkError) -> String {
    let place = entry.place
    let revision = try entry.text("revision")
    let shortKeys = ["type", "generation", "size", "variant"].filter { entry[$0] != nil }
    let path: String
    if let given = try entry.text("path") {
      if let key = shortKeys.first(where: { $0 != "type" }) {
        throw place[key].error("\"path\" and \"\(key)\" both name the model; leave one out")
      }
      path = found(folder.model(given), of: given, place["path"])
    } else if shortKeys.isEmpty {
      throw place.error("\"path\" is missing: the folder of the checkpoint, or a name on the Hub")
    } else {
      guard let size = try entry.word("size") else { throw place.error("\"size\" is missing, such as \"2b\"") }
      let (type, generation) = (try entry.text("type") ?? "gemma", try entry.word("generation"))
      let variant = try entry.text("variant")
      do throws(BenchmarkError) {
        path = try GemmaNames.repository(type: type, generation: generation, size: size, variant: variant)
      } catch { throw place.error(error.message, error.kind) }
    }
    guard let revision else { return path }
    guard let reference = HubReference("\(path)@\(revision)"), !path.contains("@") else {
      throw place["revision"].error("\"\(revision)\": only a name on the Hub can have a revision, and only one")
    }
    return reference.description
  }

  // MARK: Tasks

  private mutating func tasks(_ top: PlanObject, _ places: inout TaskPlaces) throws(BenchmarkError) -> [JSONObject] {
    var tasks: [JSONObject] = []
    for (key, value, place) in try entries("tasks", of: top) {
      tasks.append(try task(key, value, place))
      places.append(value.objectValue ?? [:], place)
    }
    return tasks
  }

  private mutating func task(_ key: String?, _ value: JSONValue, _ place: PlanPlace) throws(BenchmarkError)
    -> JSONObject
  {
    var object: JSONObject
    switch value {
    case .string(let type): object = ["type": .string(type)]
    case .object(let given): object = given
    case .null where key != nil: object = [:]
    default: throw place.error("the name of a task or an object was expected")
    }
    if object["type"] == nil, let key {
      var named: JSONObject = ["type": .string(key)]
      for (option, value) in object.members { named[option] = value }
      object = named
    }
    guard let type = object["type"]?.stringValue else {
      throw place.error("\"type\" is missing, such as \"mmlu\"")
    }
    // Of two tasks of one type each needs a name, and the key is one.
    if let key, key != type, object["name"] == nil { object["name"] = .string(key) }
    if type == CallbackTask.type {
      let section = try PlanObject(.object(object), place, known: ["type", "name", SweepPlan.limitKey])
      _ = try section.count(SweepPlan.limitKey)
      if try section.text("name") == nil { throw place.error("a task of type \"\(type)\" needs its \"name\"") }
      return object
    }
    let entry: TaskEntry
    do throws(BenchmarkError) { entry = try TaskCatalogue.entry(type) } catch {
      throw place["type"].error(error.message, error.kind)
    }
    let section = try PlanObject(
      .object(object), place, known: ["type", SweepPlan.limitKey] + entry.options.flatMap(\.names))
    _ = try section.count(SweepPlan.limitKey)
    for option in entry.options {
      for key in option.names { try checkType(section, key, option.kind) }
    }
    for option in entry.options where option.isPath {
      for key in option.names {
        guard let text = object[key]?.stringValue, !text.isEmpty else { continue }
        object[key] = .string(found(folder.path(text), of: text, place[key]))
      }
    }
    return object
  }

  /// Whether a value is of its option's kind; ranges and names show when the task is loaded.
  private func checkType(_ task: PlanObject, _ key: String, _ kind: OptionSpecification.Kind) throws(BenchmarkError) {
    guard let value = task[key] else { return }
    switch kind {
    case .flag: _ = try task.flag(key)
    case .integer:
      if value.integerValue == nil { throw task.place[key].error("a whole number was expected, not \(value.text())") }
    case .number:
      if value.doubleValue == nil { throw task.place[key].error("a number was expected, not \(value.text())") }
    case .text, .texts, .integers, .any, .callback: break
    }
  }
}
