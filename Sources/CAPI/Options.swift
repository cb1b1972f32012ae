import CGemmaBench
import Checkpoints
import Evaluation
import Inference
import Plan
import Records
import Running
import Store
import Support

/// Reads option structs whose size tells their version: fields beyond the caller's struct_size keep their zero.
enum Options {
  /// The options behind a pointer, all zero where the caller's struct ends; NULL is all zero.
  ///
  /// Errors: a struct_size too small to hold itself, or larger than this library knows with anything but zero in the
  /// part beyond (an option of a newer version that would be ignored silently).
  static func read<Value>(_ pointer: UnsafePointer<Value>?, zero: Value, _ name: String) throws(BenchmarkError)
    -> Value
  {
    guard let pointer else { return zero }
    let raw = UnsafeRawPointer(pointer)
    let given = Int(raw.loadUnaligned(as: UInt32.self))
    let known = MemoryLayout<Value>.size
    if given < 2 * MemoryLayout<UInt32>.size || given > 4096 {
      throw BenchmarkError(
        .invalidArgument, "\(name): struct_size \(given) is not sizeof(\(name)) (\(known)); use its _INIT macro")
    }
    for offset in min(known, given)..<given where raw.load(fromByteOffset: offset, as: UInt8.self) != 0 {
      throw BenchmarkError(
        .invalidArgument, "\(name): set options that this version (\(LibraryVersion.text)) does not know")
    }
    var value = zero
    let source = UnsafeRawBufferPointer(start: raw, count: min(known, given))
    withUnsafeMutableBytes(of: &value) { $0.copyMemory(from: source) }
    return value
  }

  /// Throws unless a reserved field is zero, so that a later version may give it a meaning.
  static func checkReserved(_ value: UInt32, _ name: String) throws(BenchmarkError) {
    if value != 0 { throw BenchmarkError(.invalidArgument, "\(name): reserved is \(value); it must be 0") }
  }

  /// The model at a path or of a name on the Hub, and how it is loaded.
  static func model(_ location: String, _ options: gb_load_options) throws(BenchmarkError) -> ModelSpecification {
    let known = GB_LOAD_LOCAL_ONLY | GB_LOAD_ANY_SIZE
    if options.flags & ~known != 0 {
      throw BenchmarkError(
        .invalidArgument,
        "gb_load_options: flags \(options.flags) has bits that this version"
          + " (\(LibraryVersion.text)) does not know")
    }
    var specification = ModelSpecification(
      location, name: try Boundary.optionalText(options.name, "gb_load_options: name"),
      threads: options.threads == 0 ? nil : Int(options.threads),
      contextLength: options.context_length == 0 ? nil : Int(options.context_length),
      quantization: try QuantizationScheme(
        option: try Boundary.optionalText(options.quantization, "gb_load_options: quantization").map { .string($0) },
        "gb_load_options: quantization"),
      precision: try Precision(
        option: try Boundary.optionalText(options.precision, "gb_load_options: precision").map { .string($0) },
        "gb_load_options: precision"),
      cacheFolder: try Boundary.optionalPath(options.cache_dir, "gb_load_options: cache_dir"))
    specification.allowsDownload = options.flags & GB_LOAD_LOCAL_ONLY == 0
    specification.ignoresMemory = options.flags & GB_LOAD_ANY_SIZE != 0
    return specification
  }

  /// What answers the models of a plan: all kinds of providers, as this build has them.
  static var registry: ProviderRegistry { ProviderRegistry(build: BuildIdentity(version: LibraryVersion.text)) }

  /// Where a plan's answers are kept.
  static func keeping(_ options: gb_plan_options, folder: String?) throws(BenchmarkError) -> Persistence {
    if options.flags & ~(GB_PLAN_NO_CACHE | GB_PLAN_FORCE) != 0 {
      throw BenchmarkError(
        .invalidArgument,
        "gb_plan_options: flags \(options.flags) has bits that this version (\(LibraryVersion.text)) does not know")
    }
    guard let output = folder else { return Persistence(environment: SystemInformation.json) }
    if output.isEmpty { throw BenchmarkError(.invalidArgument, "gb_plan_options: output is empty") }
    // Whoever keeps nothing writes nothing, to the user's cache neither.
    return Persistence(
      store: try RunStore(folder: output), cache: options.flags & GB_PLAN_NO_CACHE == 0 ? ResponseCache.ofUser() : nil,
      environment: SystemInformation.json)
  }

  /// A C progress callback as a handler; NULL never stops. Of a call that can finish the samples at work, the callback may ask
  /// for that.
  static func progress(
    _ callback: gb_progress_callback?, _ userData: UnsafeMutableRawPointer?, finishing: GracefulStop? = nil
  ) -> ProgressHandler {
    guard let callback else { return { _ in true } }
    return { progress in
      progress.stage.rawValue.withCString { stage in
        VisibleText.line(progress.message).withCString { message in
          var state = gb_progress(
            struct_size: UInt32(MemoryLayout<gb_progress>.size), stage: stage, message: message,
            completed: UInt64(max(0, progress.completed)), total: UInt64(max(0, progress.total)),
            score: progress.meanScore ?? 0, scored: UInt64(max(0, progress.scoredCount)),
            lower: progress.interval?.lower ?? 0, upper: progress.interval?.upper ?? 0,
            has_interval: progress.interval == nil ? 0 : 1, cell: UInt32(clamping: progress.cellNumber),
            cells: UInt32(clamping: progress.cellCount), found: UInt32(clamping: progress.foundCount),
            seconds_left: progress.secondsLeft ?? 0, has_seconds_left: progress.secondsLeft == nil ? 0 : 1, reserved: 0,
            prompt_tokens: UInt64(max(0, progress.promptTokens)),
            generated_tokens: UInt64(max(0, progress.generatedTokens)))
          let answer = callback(&state, userData)
          if answer == GB_FINISH_SAMPLES, progress.stage == .run, let finishing {
            finishing.make()
            return true
          }
          return answer == 0
        }
      }
    }
  }

  /// How a model is asked, and the object that says it with the call's other keys; NULL says nothing.
  ///
  /// Errors: an unknown key, with the nearest; a value that its option cannot have.
  /// - Parameter others: keys of the call that are not the model's.
  static func settings(
    _ pointer: UnsafePointer<CChar>?, call: String, besides others: [String] = []
  ) throws(BenchmarkError) -> (settings: ModelSettings, object: ObjectDecoder?) {
    var settings = ModelSettings()
    guard pointer != nil else { return (settings, nil) }
    let value = try Boundary.json(pointer, "settings")
    // An empty table of Lua is an empty list.
    if value == .array([]) { return (settings, nil) }
    let object = try ObjectDecoder(
      value, DocumentPlace(name: call), known: ModelSettings.options.map(\.name) + others)
    try settings.read(object) { path, _ in Paths.expanded(path) }
    return (settings, object)
  }

  /// A C callback of samples as a handler; nil where there is none.
  static func onSample(_ callback: gb_record_callback?, _ userData: UnsafeMutableRawPointer?)
    -> ((String, String, Int, SampleRecord) -> Bool)?
  {
    guard let callback else { return nil }
    return { model, task, run, sample in
      var object: JSONObject = ["model": .string(model), "task": .string(task), "run": JSONValue(run)]
      for (key, value) in sample.json.objectValue?.members ?? [] where key != "seconds" { object[key] = value }
      return callback(JSONValue.object(object).text(), userData) == 0
    }
  }

  /// A C callback of cells as a handler; nil where there is none.
  static func onCell(_ callback: gb_record_callback?, _ userData: UnsafeMutableRawPointer?, level: Double)
    -> ((Int, CellRecord) -> Bool)?
  {
    guard let callback else { return nil }
    return { index, cell in
      var object: JSONObject = [
        "cell": JSONValue(index), "model": .string(cell.modelName), "task": .string(cell.taskName),
        "run_number": JSONValue(cell.cell.run),
      ]
      switch cell.outcome {
      case .success(let run): object["run"] = run.json(level: level)
      case .failure(let error): object["error"] = .string(error.message)
      }
      return callback(JSONValue.object(object).text(), userData) == 0
    }
  }
}
