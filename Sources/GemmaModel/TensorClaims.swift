import Checkpoints
import Support
import Tensors

/// Hands out a checkpoint's tensors by name and shape, and keeps account of what nobody asked for.
struct TensorClaims {
  let checkpoint: Checkpoint
  let arithmetic: MatrixArithmetic
  /// What stands before `embed_tokens.weight` in this checkpoint.
  let prefix: String
  private(set) var claimed: Set<String> = []
  private(set) var elementCount = 0
  private(set) var byteCount = 0

  /// Prefixes in use: a language model, one inside a multimodal model (older and newer names), a bare decoder.
  static let prefixes = ["model.", "language_model.model.", "model.language_model.", ""]
  /// What a language model inside a multimodal one leaves alone.
  static let visionPrefixes = [
    "vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector.",
  ]

  init(_ checkpoint: Checkpoint, arithmetic: MatrixArithmetic) throws(BenchmarkError) {
    self.checkpoint = checkpoint
    self.arithmetic = arithmetic
    guard let prefix = Self.prefixes.first(where: { checkpoint.tensors["\($0)embed_tokens.weight"] != nil }) else {
      throw BenchmarkError(.invalidFile, "\(checkpoint.folder): tensor model.embed_tokens.weight: missing")
    }
    self.prefix = prefix
  }

  private mutating func claim(_ name: String, _ shape: [Int]) throws(BenchmarkError) -> StoredTensor {
    guard let tensor = checkpoint.tensors[name] else {
      throw BenchmarkError(.invalidFile, "\(checkpoint.folder): tensor \(name): missing, expected shape \(shape)")
    }
    guard tensor.shape == shape else {
      throw BenchmarkError(
        .invalidFile, "\(tensor.file.path): tensor \(name): shape \(tensor.shape), expected \(shape)")
    }
    claimed.insert(name)
    elementCount += tensor.elementCount
    byteCount += tensor.range.count
    return tensor
  }

  /// A matrix of the language model, `[rows, columns]`, left in its file.
  mutating func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    try wholeMatrix(prefix + name, rows, columns)
  }

  /// The output matrix, `[vocabularySize, hiddenSize]`, which stands outside the decoder.
  mutating func outputMatrix(_ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    let name = prefix == "language_model.model." ? "language_model.lm_head.weight" : "lm_head.weight"
    return try wholeMatrix(name, rows, columns)
  }

  private mutating func wholeMatrix(_ name: String, _ rows: Int, _ columns: Int) throws(BenchmarkError)
    -> WeightMatrix
  {
    let tensor = try claim(name, [rows, columns])
    return WeightMatrix(
      start: tensor.bytes.baseAddress!, elementType: tensor.elementType, rows: rows, columns: columns,
      arithmetic: arithmetic)
  }

  /// The gain of a norm, 1 + weight as float32, `[count]`.
  mutating func gain(_ name: String, _ count: Int) throws(BenchmarkError) -> FloatBuffer {
    let tensor = try claim(prefix + name, [count])
    let gain = try FloatBuffer(count: count)
    WeightMatrix(start: tensor.bytes.baseAddress!, elementType: tensor.elementType, rows: 1, columns: count)
      .copyRow(0, to: gain.start)
    for index in 0..<count { gain.start[index] += 1 }
    return gain
  }

  /// Throws if a tensor is left that nothing uses; those of a vision tower are left on purpose.
  func finish(ignoringVision: Bool) throws(BenchmarkError) {
    let unused = checkpoint.tensors.keys.filter { name in
      !claimed.contains(name) && !(ignoringVision && Self.visionPrefixes.contains { name.hasPrefix($0) })
    }
    guard let first = unused.min() else { return }
    let others = unused.count > 1 ? " (and \(unused.count - 1) more)" : ""
    throw BenchmarkError(
      .invalidFile, "\(checkpoint.tensors[first]!.file.path): tensor \(first): not used by this model\(others)")
  }
}
