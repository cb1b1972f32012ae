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
  /// How the embedding matrix is stored: `bfloat16`, `float16` or `float32`.
  public let elementTypeName: String
  /// Who multiplies the matrices, and with which instruction set: `ordered AVX-512`, or `openblas`.
  public var arithmeticName: String {
    head.arithmetic == .ordered ? "ordered \(Self.instructionSet)" : head.arithmetic.rawValue
  }
  /// The instruction set that the kernels use on this machine: `AVX-512`, `AVX2` or `generic`.
  public static var instructionSet: String { Kernels.instructionSet }
  /// Threads of one forward pass.
  public var threadCount: Int { pool.threadCount }

  let checkpoint: Checkpoint  // keeps the mapped weights alive
  let embedding: WeightMatrix  // [vocabularySize, hiddenSize]
  let layers: [GemmaLayer]
  let finalNorm: FloatBuffer  // [hiddenSize]
  let head: WeightMatrix  // [vocabularySize, hiddenSize], the embedding if tied
  let localRotary: RotaryEmbedding
  let globalRotary: RotaryEmbedding
  let pool: WorkerPool
  private let idleWorkspaces = Mutex<[Workspace]>([])

  /// Tokens that go through the layers together; a longer prompt goes in several such chunks.
  static let chunkTokens = 256

  private init(
    _ configuration: GemmaConfiguration, _ checkpoint: Checkpoint, threads: Int, arithmetic: MatrixArithmetic
  ) throws(BenchmarkError) {
    var claims = try TensorClaims(checkpoint, arithmetic: arithmetic)
    let hidden = configuration.hiddenSize
    embedding = try claims.matrix("embed_tokens.weight", configuration.vocabularySize, hidden)
    var layers: [GemmaLayer] = []
    for index in 0..<configuration.layerCount { layers.append(try GemmaLayer(index, configuration, &claims)) }
    self.layers = layers
    finalNorm = try claims.gain("norm.weight", hidden)
    head = configuration.tiesEmbeddings ? embedding : try claims.outputMatrix(configuration.vocabularySize, hidden)
    try claims.finish(ignoringVision: configuration.modelType == "gemma3")
    localRotary = RotaryEmbedding(configuration.localRotary, headSize: configuration.headSize)
    globalRotary = RotaryEmbedding(configuration.globalRotary, headSize: configuration.headSize)
    parameterCount = claims.elementCount
    weightBytes = claims.byteCount
    elementTypeName = embedding.elementType.name
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
    return try KeyValueCache(configuration, capacity: capacity)
  }

  /// Appends tokens to a cache and returns the logits of the last `logitCount` of them.
  ///
  /// Logits are the same bits however a text is cut into calls, whatever the number of threads. On an error the cache
  /// is as before. Several threads may call this at once with caches of their own.
  public func forward(_ tokens: [Int32], cache: KeyValueCache, logitCount: Int) throws(BenchmarkError) -> Logits {
    try check(tokens, cache: cache, logitCount: logitCount)
    let logits = try Logits(rowCount: logitCount, vocabularySize: configuration.vocabularySize)
    let chunk = min(tokens.count, Self.chunkTokens)
    let workspace = try takeWorkspace(tokens: chunk, positions: cache.count + tokens.count)
    defer { idleWorkspaces.withLock { $0.append(workspace) } }
    let pass = ForwardPass(model: self, cache: cache, workspace: workspace)
    let firstWanted = tokens.count - logitCount
    for start in stride(from: 0, to: tokens.count, by: chunk) {
      let end = min(start + chunk, tokens.count)
      let wanted = max(0, end - max(start, firstWanted))
      let firstRow = max(0, start - firstWanted)
      pass.run(
        tokens[start..<end], wanted: wanted, logits: logits.buffer.start + firstRow * configuration.vocabularySize)
    }
    return logits
  }

  private func check(_ tokens: [Int32], cache: KeyValueCache, logitCount: Int) throws(BenchmarkError) {
    guard !tokens.isEmpty else { throw BenchmarkError(.invalidArgument, "no tokens to run the model on") }
    guard logitCount >= 0, logitCount <= tokens.count else {
      throw BenchmarkError(.invalidArgument, "logits of \(logitCount) positions asked of \(tokens.count) tokens")
    }
    guard tokens.count <= cache.capacity - cache.count else {
      throw BenchmarkError(
        .invalidArgument, "\(cache.count) + \(tokens.count) tokens exceed the cache's capacity of \(cache.capacity)")
    }
    guard cache.keys.count == configuration.layerCount, cache.headSize == configuration.headSize,
      cache.keyValueHeadCount == configuration.keyValueHeadCount
    else { throw BenchmarkError(.invalidArgument, "the cache belongs to a model of another shape") }
    let size = Int32(configuration.vocabularySize)
    if let token = tokens.first(where: { $0 < 0 || $0 >= size }) {
      throw BenchmarkError(.invalidArgument, "token \(token) is outside the vocabulary of \(size)")
    }
  }

  private func takeWorkspace(tokens: Int, positions: Int) throws(BenchmarkError) -> Workspace {
    let idle = idleWorkspaces.withLock { $0.popLast() }
    if let idle, idle.tokens >= tokens, idle.positions >= positions { return idle }
    // Room to grow by half, so that generation does not make a new one for each token.
    let rounded = max(positions, min(positions + positions / 2 + 256, configuration.maximumPositions))
    return try Workspace(
      configuration, tokens: max(tokens, idle?.tokens ?? 0), positions: max(rounded, idle?.positions ?? 0),
      threads: pool.threadCount)
  }
}
