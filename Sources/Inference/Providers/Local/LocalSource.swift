import Checkpoints
import Evaluation
@preconcurrency import Glibc
import ModelHub
import Support
import Transformer

/// A model wherever it is: a path, or a name on the Hub, whose files come from the cache or are downloaded.
package final class LocalSource: ProviderSource {
  package let specification: ModelSpecification
  private let build: BuildIdentity
  private let digests: (any DigestKeeping)?
  private let machine: MeasuredMachine
  private var fingerprint: Result<ModelFingerprint, BenchmarkError>?

  /// - Parameters:
  ///   - digests: of files that were read earlier.
  ///   - machine: what times are estimated by.
  init(
    _ specification: ModelSpecification, build: BuildIdentity, digests: (any DigestKeeping)?, machine: MeasuredMachine
  ) {
    self.specification = specification
    self.build = build
    self.digests = digests
    self.machine = machine
  }

  package convenience init(_ specification: ModelSpecification, build: BuildIdentity = BuildIdentity()) {
    self.init(specification, build: build, digests: nil, machine: MeasuredMachine())
  }

  package var name: String { specification.displayName }

  private var arithmetic: String { build.arithmetic(specification.precision) }

  package var capabilities: Capabilities {
    Capabilities(isBatchInvariant: LanguageModel.isBatchInvariant(arithmetic: arithmetic))
  }

  // MARK: Where it is

  private func hubSettings() throws(BenchmarkError) -> HubSettings {
    try HubSettings.current(cacheFolder: specification.cacheFolder)
  }

  /// The path on this machine of what is here already.
  private func pathHere() throws(BenchmarkError) -> String {
    try Hub.localPath(of: specification.location, settings: try hubSettings())
  }

  /// The path on this machine, downloaded if it must and may be.
  package func path(_ progress: SourceProgressHandler) throws(BenchmarkError) -> String {
    guard HubReference.ofPath(specification.location) != nil else { return specification.location }
    if !specification.allowsDownload { return try pathHere() }
    let settings = try hubSettings()
    return try withoutActuallyEscaping(progress) { (progress) throws(BenchmarkError) in
      try Hub.path(of: specification.location, settings: settings) { done, total in
        progress(SourceProgress(stage: .download, bytesDone: done, bytesTotal: total))
      }
    }
  }

  private func local(_ path: String) -> ModelSpecification {
    var local = specification
    local.location = path
    local.name = name
    return local
  }

  package var weightBytes: Double? {
    guard let path = try? pathHere() else { return nil }
    let names = FileSystem.isFolder(path) ? ((try? FileSystem.list(path)) ?? []).map { "\(path)/\($0)" } : [path]
    let bytes = names.filter { $0.hasSuffix(".safetensors") || $0.hasSuffix(".gguf") }.reduce(0) { sum, name in
      var status = stat()
      return stat(name, &status) == 0 ? sum + Int(status.st_size) : sum
    }
    return bytes > 0 ? Double(bytes) : nil
  }

  // MARK: What keeps it from being opened

  /// Throws what loading a model would, as far as it shows without its weights; of one that has to be downloaded, whether the
  /// Hub would give it.
  package func check(_ settings: ModelSettings, isEstimate: Bool) throws(BenchmarkError) {
    var path = specification.location
    if HubReference.ofPath(path) != nil {
      try Hub.checkAccess(to: path, isNeeded: !isEstimate, settings: try hubSettings())
      guard let here = try? pathHere() else { return }
      path = here
    }
    try LocalProvider.checkExistence(path)
    try checkMemory(path)
    let provider = try LocalProvider.forEstimates(local(path))
    _ = try provider.chatTemplate(settings.chatTemplate)
    if settings.sampling == .recommended { _ = try provider.recommendedSampling() }
  }

  /// - Parameter contextLength: nil: what loading takes by default.
  private func memoryStatement(_ path: String, contextLength: Int? = nil) throws(BenchmarkError) -> MemoryStatement {
    try MemoryStatement(
      path: path, contextLength: contextLength ?? specification.contextLength, threads: specification.threads,
      quantization: specification.quantization, precision: specification.precision)
  }

  /// Throws what the headers and the configuration show to be wrong, and for a model larger than the memory that is available;
  /// this last check the variable GEMMABENCH_MEMORY_CHECK=off turns off.
  private func checkMemory(_ path: String) throws(BenchmarkError) {
    // Keys and values take memory as texts grow: a model is not refused for a length of text that nobody asked for.
    var statement = try memoryStatement(path)
    let smallest = RequestTokenizer.smallestStandardContext
    if specification.contextLength == nil, statement.contextLength > smallest {
      statement = try memoryStatement(path, contextLength: smallest)
    }
    if getenv("GEMMABENCH_MEMORY_CHECK").map({ String(cString: $0) }) != "off" {
      try statement.check(name, memory: .current)
    }
  }

  /// Whether the model fits into memory beside what is there, room for a generation included.
  package var fitsBeside: Bool {
    guard let memory = MachineMemory.current, let path = try? pathHere(), let statement = try? memoryStatement(path)
    else { return false }
    return statement.totalBytes < memory.availableBytes / 10 * 9
  }

  /// What the model will take and what the machine has, without loading it; never downloads.
  package func memory() throws(BenchmarkError) -> JSONValue {
    let path = try pathHere()
    guard var object = try memoryStatement(path).json(memory: .current).objectValue else { return .null }
    object["model"] = .string(specification.location)
    object["path"] = .string(path)
    return .object(object)
  }

  // MARK: Opening

  package func identity(_ progress: SourceProgressHandler) throws(BenchmarkError) -> ProviderIdentity {
    let found = try files(progress)
    return ProviderIdentity(
      content: [
        "weights": .string(ModelFingerprint.digest(found.weights)),
        "tokenizer": .string(ModelFingerprint.digest(found.tokenizer)),
        "configuration": .string(ModelFingerprint.digest(found.configuration)),
        "quantization": .string(specification.quantization?.name ?? "none"),
        "arithmetic": .string(arithmetic), "gemmabench": .string(build.version),
        "instruction_set": .string(build.instructionSet),
      ],
      device: [
        "threads": JSONValue(specification.threads ?? Processors.available),
        "processor": Processors.name.map { .string($0) } ?? .null,
      ], fingerprint: found.json)
  }

  private func files(_ progress: SourceProgressHandler) throws(BenchmarkError) -> ModelFingerprint {
    if let fingerprint { return try fingerprint.get() }
    let result = Result<ModelFingerprint, BenchmarkError> { () throws(BenchmarkError) in
      let path = try path(progress)
      try LocalProvider.checkExistence(path)
      return try ModelFingerprint(path: path, cache: digests) { done, total throws(BenchmarkError) in
        if !progress(SourceProgress(stage: .fingerprint, bytesDone: done, bytesTotal: total)) {
          throw BenchmarkError(.cancelled, "\(name): fingerprinting was cancelled")
        }
      }
    }
    fingerprint = result
    return try result.get()
  }

  package func open(_ progress: SourceProgressHandler) throws(BenchmarkError) -> any Provider { try load(progress) }

  /// Loads the model.
  ///
  /// - Throws: what the Hub and the files throw; a model that does not fit the memory; a cancel.
  package func load(_ progress: SourceProgressHandler) throws(BenchmarkError) -> LocalProvider {
    let path = try path(progress)
    try LocalProvider.checkExistence(path)
    if !specification.ignoresMemory { try checkMemory(path) }
    return try LocalProvider.load(local(path), fingerprint: try? fingerprint?.get()) {
      (done, total) throws(BenchmarkError) in
      if !progress(SourceProgress(stage: .load, bytesDone: Int(done), bytesTotal: Int(total))) {
        throw BenchmarkError(.cancelled, "\(name): loading was cancelled")
      }
    }
  }

  package func openForEstimate() throws(BenchmarkError) -> any Provider {
    let path = try pathHere()
    return try LocalProvider.forEstimates(
      local(path), machine: try machine.limits(threads: specification.threads))
  }
}
