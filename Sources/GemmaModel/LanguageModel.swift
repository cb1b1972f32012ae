import Checkpoints
import Support
import Synchronization
import Tensors

/// A Gemma language model with its weights mapped from a checkpoint folder; immutable, shared freely between threads.
public final class LanguageModel: Sendable {
  public let configuration: GemmaConfiguration
  /// Numbers in the tensors of the language model; tied matrices count once.
  public let parameterCount: Int
  /// Bytes of those tensors in their files.
  public let weightBytes: Int
  /// Tensors of the checkpoint that are left alone on purpose: of a vision or audio tower, or keys that no layer reads.
  public let ignoredTensorCount: Int
  /// How the embedding matrix is stored: `bfloat16`, `float16` or `float32`.
  public let elementTypeName: String
  /// Who multiplies the matrices, and with which instruction set: `ordered AVX-512`, or `openblas`.
  public var arithmeticName: String {
    weights.head.arithmetic == .ordered
      ? "ordered \(Self.instructionSet)" : weights.head.arithmetic.rawValue
  }
  /// The instruction set that the kernels use on this machine: `AVX-512`, `AVX2` or `generic`.
  public static var instructionSet: String { Kernels.instructionSet }
  /// Threads of one forward pass.
  public var threadCount: Int { pool.threadCount }

  let checkpoint: Checkpoint  // keeps the mapped weights alive
  let weights: GemmaWeights
  let rotaries: [RotaryEmbedding]
  /// Which of `rotaries` a layer uses. // [layers]
  let rotaryOfLayer: [Int]
  /// The last layer that stores keys and values: after it, only rows whose logits are wanted go on.
  let lastStoringLayer: Int
  let ones: FloatBuffer  // [largest head size], the gain of values' norm
  let pool: WorkerPool
  /// Memory of all caches of this model.
  public let keyValuePages: KeyValuePages
  private let idleWorkspaces = Mutex<[Workspace]>([])

  /// Tokens that go through the layers together; a longer prompt goes in several such chunks.
  static let chunkTokens = 256

  private init(
    _ configuration: GemmaConfiguration, _ checkpoint: Checkpoint, threads: Int, arithmetic: MatrixArithmetic
  ) throws(BenchmarkError) {
    var claims = try TensorClaims(checkpoint, configuration, arithmetic: arithmetic)
    weights = try GemmaWeights(configuration, &claims)
    ignoredTensorCount = try claims.finish()
    let kinds = RotaryKind.all(of: configuration)
    rotaries = kinds.map { RotaryEmbedding($0.settings, headSize: $0.headSize) }
    rotaryOfLayer = configuration.layers.map { kinds.firstIndex(of: RotaryKind($0)) ?? 0 }
    lastStoringLayer = configuration.layers.last { $0.storesKeysAndValues }?.index ?? 0
    let headSize = configuration.layers.map(\.headSize).max() ?? 0
    ones = try FloatBuffer(count: headSize)
    for index in 0..<headSize { ones.start[index] = 1 }
    parameterCount = claims.elementCount
    weightBytes = claims.byteCount
    elementTypeName = weights.embedding.elementType.name
    keyValuePages = KeyValuePages(configuration)
    self.configuration = configuration
    self.checkpoint = checkpoint
    pool = WorkerPool(threads: threads)
  }

  /// Loads a checkpoint folder: config.json and safetensors, one file or shards.
  ///
  /// - Parameters:
  ///   - threads: of one forward pass; 0 for all processors, and never more than those.
  ///   - arithmetic: who multiplies the matrices; GB_MATMUL sets the standard.
  ///   - progress: told the bytes brought into memory so far and in all; cancels by throwing.
  /// - Throws: what is missing, unused, mis-shaped or malformed, by file, tensor or field.
  public static func load(
    folder: String, threads: Int, arithmetic: MatrixArithmetic = .standard,
    progress: (_ bytesDone: UInt64, _ bytesTotal: UInt64) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> LanguageModel {
    let checkpoint = try Checkpoint(folder: folder)
    let model = try LanguageModel(
      try GemmaConfiguration(folder: folder), checkpoint, threads: threads,
      arithmetic: arithmetic)
    let total = checkpoint.files.reduce(0) { $0 + $1.bytes.count }
    var done = 0
    try progress(0, UInt64(total))
    let step = 64 << 20
    for file in checkpoint.files {
      for start in stride(from: 0, to: file.bytes.count, by: step) {
        let end = min(start + step, file.bytes.count)
        try file.populate(start..<end)
        done += end - start
        try progress(UInt64(done), UInt64(total))
      }
    }
    return model
  }

  /// An empty cache with room for `capacity` tokens, whose memory is taken as it fills.
  public func makeCache(capacity: Int) throws(BenchmarkError) -> KeyValueCache {
    guard capacity >= 1, capacity <= configuration.maximumPositions else {
      throw BenchmarkError(
        .invalidArgument,
        "a cache of \(capacity) positions; this model has 1 to \(configuration.maximumPositions)")
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
