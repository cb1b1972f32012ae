import Checkpoints
import Support
import Synchronization
import Tensors

/// A language model with its weights in memory; immutable, shared freely between threads.
package final class LanguageModel: Sendable {
  package let configuration: TransformerConfiguration
  /// Numbers in the tensors of the language model; tied matrices count once.
  package let parameterCount: Int
  /// Bytes of those tensors in their files, or in the blocks that they were quantised to while loading.
  package let weightBytes: Int
  /// Bytes of the matrices as they lie in memory, read or repacked.
  package let residentBytes: Int
  /// Tensors of the checkpoint that are left alone: of a vision or audio tower, keys that no layer reads, unknown ones.
  package let ignoredTensorCount: Int
  /// What of the checkpoint is left out without being known, a line each.
  package let warnings: [String]
  /// How the embedding matrix is stored: `bfloat16`, `float16` or `float32`.
  package let elementTypeName: String
  /// How the matrices are multiplied, and with which instruction set: `ordered AVX-512`, `int8 AVX-512 VNNI`, `openblas`.
  package var arithmeticName: String {
    let matrix = weights.layers.first?.gate ?? weights.head
    switch matrix.arithmetic {
    case .openBLAS: return matrix.arithmetic.rawValue
    case .ordered: return "ordered \(Self.instructionSet)"
    case .automatic, .rounded:
      let form = matrix.activationForm
      return "\(form == .float32 ? "ordered" : form.rawValue) \(Kernels.instructionSet(for: form))"
    }
  }
  /// What the matrices' activations are rounded to: `float32`, `int8` or `bfloat16`.
  package var activationName: String { (weights.layers.first?.gate ?? weights.head).activationForm.rawValue }
  /// The instruction set that the kernels use on this machine: `AVX-512`, `AVX2`, `NEON` or `generic`.
  package static var instructionSet: String { Kernels.instructionSet }
  /// The arithmetic that a model of a precision computes with, as far as it shows in bits: `automatic`, `rounded`, `ordered`,
  /// or OpenBLAS with its build; nil is what GB_MATMUL says.
  package static func arithmetic(_ precision: Precision?) -> String {
    (precision.map { ComputeType($0) } ?? .standard).fullName
  }
  /// Whether an arithmetic gives the same bits whatever is asked beside a request.
  package static func isBatchInvariant(arithmetic: String) -> Bool {
    !arithmetic.hasPrefix(ComputeType.openBLAS.rawValue)
  }
  /// Threads of one forward pass.
  package var threadCount: Int { pool.threadCount }

  /// What the matrices were quantised to while they were loaded; nil if they are as they were stored.
  package let quantization: QuantizationScheme?

  let checkpoint: Checkpoint  // keeps the weights alive
  private let buffers: [BlockBuffer]  // keep quantised weights alive that are not repacked
  let weights: TransformerWeights
  let rotaries: [RotaryEmbedding]
  /// Which of `rotaries` a layer uses. // [layers]
  let rotaryOfLayer: [Int]
  /// The last layer that stores keys and values: after it, only rows whose logits are wanted go on.
  let lastStoringLayer: Int
  let ones: FloatBuffer  // [largest head size], the gain of values' norm
  let pool: WorkerPool
  /// Memory of all caches of this model.
  package let keyValuePages: KeyValuePages
  private let idleWorkspaces = Mutex<[Workspace]>([])
  let logitsMemory = LogitsMemory()

  /// Tokens that go through the layers together; a longer prompt goes in several such chunks.
  static let chunkTokens = 256

  private init(
    _ configuration: TransformerConfiguration, _ checkpoint: Checkpoint, _ weights: TransformerWeights,
    _ claims: WeightLoader,
    threads: Int
  ) throws(BenchmarkError) {
    self.weights = weights
    let rest = try claims.finish()
    ignoredTensorCount = rest.ignoredCount
    warnings = configuration.warnings + (rest.warning.map { [$0] } ?? [])
    let kinds = RotaryKind.all(of: configuration)
    rotaries = kinds.map { RotaryEmbedding($0.settings, headSize: $0.headSize) }
    rotaryOfLayer = configuration.layers.map { kinds.firstIndex(of: RotaryKind($0)) ?? 0 }
    lastStoringLayer = configuration.layers.last { $0.storesKeysAndValues }?.index ?? 0
    let headSize = configuration.layers.map(\.headSize).max() ?? 0
    ones = try FloatBuffer(count: headSize)
    for index in 0..<headSize { ones.start[index] = 1 }
    parameterCount = claims.elementCount
    weightBytes = claims.loads.reduce(claims.byteCount) { bytes, load in
      load.conversion.map { bytes + $0.buffer.byteCount - load.range.count } ?? bytes
    }
    residentBytes = claims.loads.reduce(0) { $0 + $1.residentBytes }
    elementTypeName = checkpoint.storedTypeName
    quantization = claims.quantization
    buffers = claims.loads.compactMap { $0.panels == nil ? $0.conversion?.buffer : nil }
    keyValuePages = KeyValuePages(configuration)
    self.configuration = configuration
    self.checkpoint = checkpoint
    pool = WorkerPool(threads: threads)
  }

  /// Loads a checkpoint: a folder with config.json and safetensors, one file or shards, or a GGUF file or its parts.
  ///
  /// - Parameters:
  ///   - threads: of one forward pass; 0 for all processors, and never more than those.
  ///   - arithmetic: who multiplies the matrices; GB_MATMUL sets the standard.
  ///   - quantization: what matrices are quantised to on their way; nil leaves them as they are stored.
  ///   - precision: of activations; goes before the arithmetic.
  ///   - progress: told the bytes brought into memory so far and in all; cancels by throwing.
  /// - Throws: what is missing, unused, mis-shaped or malformed, by file, tensor or field.
  package static func load(
    path: String, threads: Int, arithmetic: ComputeType = .standard, quantization: QuantizationScheme? = nil,
    precision: Precision? = nil, progress: (_ bytesDone: UInt64, _ bytesTotal: UInt64) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> LanguageModel {
    try Kernels.checkRequest()
    try ComputeType.checkRequest()
    let checkpoint = try Checkpoint(path: path)
    let configuration = try TransformerConfiguration(of: checkpoint)
    var claims = try WeightLoader(
      checkpoint, configuration, arithmetic: precision.map { ComputeType($0) } ?? arithmetic,
      quantization: quantization)
    let weights = try TransformerWeights(configuration, &claims)
    try claims.check(precision)
    let model = try LanguageModel(configuration, checkpoint, weights, claims, threads: threads)
    let total = claims.loads.reduce(0) { $0 + $1.range.count }
    var done = 0
    try progress(0, UInt64(total))
    for load in claims.loads {
      try load.run(on: model.pool) { bytes throws(BenchmarkError) in try progress(UInt64(done + bytes), UInt64(total)) }
      done += load.range.count
    }
    for file in checkpoint.files { try file.checkUnchanged() }
    return model
  }

  /// Loads a checkpoint folder; see `load(path:threads:arithmetic:progress:)`.
  package static func load(
    folder: String, threads: Int, arithmetic: ComputeType = .standard,
    progress: (_ bytesDone: UInt64, _ bytesTotal: UInt64) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> LanguageModel {
    try load(path: folder, threads: threads, arithmetic: arithmetic, progress: progress)
  }

  /// An empty cache with room for `capacity` tokens, whose memory is taken as it fills.
  package func makeCache(capacity: Int) throws(BenchmarkError) -> KeyValueCache {
    guard capacity >= 1, capacity <= configuration.maximumPositions else {
      throw BenchmarkError(
        .invalidArgument,
        "a cache of \(capacity) positions: must be between 1 and \(configuration.maximumPositions)")
    }
    return KeyValueCache(keyValuePages, capacity: capacity)
  }

  func takeWorkspace(tokens: Int, positions: Int) throws(BenchmarkError) -> Workspace {
    let idle = idleWorkspaces.withLock { $0.popLast() }
    if let idle, idle.tokens >= tokens, idle.positions >= positions { return idle }
    // Room to grow by half, so that generation does not make a new one for each token.
    let rounded = max(positions, min(positions + positions / 2 + 256, configuration.maximumPositions))
    return try Workspace(
      configuration, tokens: max(tokens, idle?.tokens ?? 0), positions: max(rounded, idle?.positions ?? 0),
      threads: pool.threadCount)
  }

  func giveBack(_ workspace: Workspace) { idleWorkspaces.withLock { $0.append(workspace) } }
}
