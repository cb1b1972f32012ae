import Checkpoints
@preconcurrency import Glibc
import Inference
import ModelHub
import Plan
import Records
import Store
import Support

/// Loads a model wherever it is: a path, or a name on the Hub, whose files come from the cache or are downloaded.
package enum ModelLoader {
  /// Where a model comes from, and what stands in its way.
  package struct Source: Sendable {
    package var cacheFolder: String?
    /// Whether what is not here may be downloaded; HF_HUB_OFFLINE forbids it in any case.
    package var allowsDownload: Bool
    /// Whether a model larger than the memory available is loaded all the same.
    package var ignoresMemory: Bool

    package init(cacheFolder: String? = nil, allowsDownload: Bool = true, ignoresMemory: Bool = false) {
      self.cacheFolder = cacheFolder
      self.allowsDownload = allowsDownload
      self.ignoresMemory = ignoresMemory
    }
  }

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - model: a folder, or a name on the Hub such as `google/gemma-3-1b-it`.
  ///   - progress: of the stages download and load, in bytes.
  /// - Throws: what the Hub and the files throw; a model that does not fit the memory; a cancel.
  package static func load(
    _ model: String, options: Model.Options, source: Source = Source(), progress: ProgressHandler
  ) throws(BenchmarkError) -> Model {
    let name =
      options.name
      ?? ModelName.standard(
        of: model, quantization: options.quantization, precision: options.precision)
    let path = try localPath(of: model, name: name, source: source, progress: progress)
    try Model.checkExistence(path)
    if !source.ignoresMemory { try checkMemory(path, name, options) }
    var options = options
    options.name = name
    return try Model.load(path: path, options: options) { (done, total) throws(BenchmarkError) in
      let state = Progress(stage: .load, message: name, completed: Int(done), total: Int(total))
      if !progress(state) { throw BenchmarkError(.cancelled, "\(name): loading was cancelled") }
    }
  }

  /// Throws what the headers and the configuration show to be wrong, and for a model larger than the memory that is available;
  /// this last check the variable GEMMABENCH_MEMORY_CHECK=off turns off.
  static func checkMemory(_ path: String, _ name: String, _ options: Model.Options) throws(BenchmarkError) {
    let statement = try statement(path, options)
    if getenv("GEMMABENCH_MEMORY_CHECK").map({ String(cString: $0) }) != "off" {
      try statement.check(name, memory: .current)
    }
  }

  private static func statement(_ path: String, _ options: Model.Options) throws(BenchmarkError) -> MemoryStatement {
    try MemoryStatement(
      path: path, contextLength: options.contextLength, threads: options.threads,
      quantization: options.quantization, precision: options.precision)
  }

  /// The path of a model on this machine, downloaded if it must and may be; `name` is what progress calls it.
  package static func localPath(of model: String, name: String, source: Source, progress: ProgressHandler)
    throws(BenchmarkError) -> String
  {
    guard HubReference.ofPath(model) != nil else { return model }
    let settings = try HubSettings.current(cacheFolder: source.cacheFolder)
    if !source.allowsDownload { return try Hub.localPath(of: model, settings: settings) }
    return try withoutActuallyEscaping(progress) { (progress) throws(BenchmarkError) in
      try Hub.path(of: model, settings: settings) { done, total in
        progress(Progress(stage: .download, message: name, completed: done, total: total))
      }
    }
  }

  /// Throws if the Hub refuses a model that would have to be downloaded; where it is needed now, also if the Hub is out of reach.
  package static func checkAccess(to model: String, cacheFolder: String?, isNeeded: Bool) throws(BenchmarkError) {
    guard HubReference.ofPath(model) != nil else { return }
    try Hub.checkAccess(to: model, isNeeded: isNeeded, settings: try HubSettings.current(cacheFolder: cacheFolder))
  }

  /// What a model will take and what the machine has, without loading it; never downloads.
  package static func memory(of model: String, options: Model.Options, source: Source = Source())
    throws(BenchmarkError) -> JSONValue
  {
    let settings = try HubSettings.current(cacheFolder: source.cacheFolder)
    let path = try Hub.localPath(of: model, settings: settings)
    let statement = try statement(path, options)
    guard var object = statement.json(memory: .current).objectValue else { return .null }
    object["model"] = .string(model)
    object["path"] = .string(path)
    return .object(object)
  }
}
