import Checkpoints
import Evaluation
import ModelHub
import Support
import Tasks

/// Entries of `models`, and what of the section `hardware` is theirs.
extension PlanReader {
  /// There is one kind of device so far, so `auto` chooses it.
  func checkDevice(_ object: ObjectDecoder, _ key: String) throws(BenchmarkError) {
    if let device = try object.text(key), device != "auto", device != "cpu" {
      throw object.place[key].error("\"\(device)\" is not supported: auto or cpu", .unsupported)
    }
  }

  /// The precision that an object names; nil for auto, and where it names none.
  private mutating func namedPrecision(_ object: ObjectDecoder) throws(BenchmarkError) -> Precision? {
    let option = try PlanSchema.option("precision", in: PlanSchema.model)
    guard let name = try object.value(option)?.text else { return nil }
    if name == "float16", !warnings.contains(where: { $0.contains(": precision: ") }) {
      warn(
        object.place["precision"], "float16 activations are not supported; float32 is used instead")
    }
    return name == "float16" ? .float32 : Precision(rawValue: name)
  }

  /// The models of a plan, each with what the section says of all.
  mutating func models(_ top: ObjectDecoder, _ settings: Settings) throws(BenchmarkError) -> [SweepPlan.ModelEntry] {
    let hardware = settings.hardware
    var common = Common()
    common.quantization = try QuantizationScheme(
      option: hardware["quantization"], hardware.place["quantization"].description)
    common.precision = try namedPrecision(hardware)
    for object in [settings.top, settings.evaluation] {
      try common.settings.read(object) { found(folder.path($0), of: $0, $1) }
    }
    var models: [SweepPlan.ModelEntry] = []
    for (name, value, place) in try entries("models", of: top) {
      let model = try model(name, value, place, common)
      models.append(model)
      try Self.checkLastName(of: models, place)
    }
    return models
  }

  /// Throws if the last model is called as one before it.
  static func checkLastName(of models: [SweepPlan.ModelEntry], _ place: DocumentPlace) throws(BenchmarkError) {
    if let name = models.last?.name, models.dropLast().contains(where: { $0.name == name }) {
      throw place.error("two models are called \"\(name)\"; give one of them another \"name\"")
    }
  }

  /// What a plan says of all of its models.
  struct Common {
    var quantization: QuantizationScheme?
    var precision: Precision?
    var settings = ModelSettings()
  }

  /// - Parameter key: what the map of models calls it, if they are in one.
  mutating func model(
    _ key: String?, _ value: JSONValue, _ place: DocumentPlace, _ common: Common
  ) throws(BenchmarkError) -> SweepPlan.ModelEntry {
    let given: JSONValue
    switch value {
    case .string(let path): given = ["path": .string(path)]
    case .object: given = value
    default: throw place.error("a path or an object was expected")
    }
    let entry = try ObjectDecoder(given, place, known: PlanSchema.model.map(\.name) + Self.foreignKeys)
    warnOfForeignKeys(entry)
    try checkDevice(entry, "device_map")
    let precision = entry["precision"] == nil ? common.precision : try namedPrecision(entry)
    let path = try path(of: entry)
    let own = try QuantizationScheme(option: entry["quantization"], place["quantization"].description)
    // A model that says false or none keeps its weights whatever the others do.
    let quantization = entry["quantization"] == nil ? common.quantization : own
    var settings = common.settings
    try settings.read(entry) { found(folder.path($0), of: $0, $1) }
    let name = try entry.text("name")
    if let key, let name, key != name {
      throw place["name"].error("the model already has the name \"\(key)\"; leave out one of the names")
    }
    return SweepPlan.ModelEntry(
      path: path, name: name ?? key ?? ModelName.standard(of: path, quantization: quantization, precision: precision),
      contextLength: try entry.value(PlanSchema.option("context_length", in: PlanSchema.model))?.integer.flatMap {
        $0 == 0 ? nil : $0
      },
      cacheFolder: try entry.text("cache_dir").map { found(folder.path($0), of: $0, place["cache_dir"]) },
      settings: settings, quantization: quantization,
      precision: precision, base: try entry.text("base"),
      card: try entry.text("card").map { (name) throws(BenchmarkError) in
        try PublishedModel.named(name, at: place["card"])
      })
  }

  /// The path of an entry, or the repository that its short form (type, generation, size, variant) names.
  private mutating func path(of entry: ObjectDecoder) throws(BenchmarkError) -> String {
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
}
