import Checkpoints
import Support
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// Hands out a checkpoint's tensors by name and shape, and keeps account of what nobody asked for.
///
/// Without a checkpoint it keeps account of the shapes alone, and what it hands out must not be read.
struct TensorClaims {
  let checkpoint: Checkpoint?
  let arithmetic: MatrixArithmetic
  /// What stands before `embed_tokens.weight` in this checkpoint.
  let prefix: String
  /// Whether 1 is to be added to the gains of norms.
  let completesGains: Bool
  /// What matrices are quantised to while they are loaded; nil leaves them as they are stored.
  let quantization: QuantizationScheme?
  private let tiesEmbeddings: Bool
  private let layerCount: Int
  private var claimed: Set<String> = []
  /// Beginnings of names that are left alone on purpose.
  private var ignoredPrefixes: [String] = []
  private(set) var elementCount = 0
  private(set) var byteCount = 0
  /// Numbers in matrices, by the length of their rows; the rest of `elementCount` stands in vectors.
  private(set) var matrixElements: [Int: Int] = [:]
  /// Numbers in the claimed matrices that are multiplied, by the type that they have in memory.
  private var matrixTypes: [ElementType: Int] = [:]
  /// What is to be brought into memory before the weights are used.
  private(set) var loads: [TensorLoad] = []

  /// Prefixes in use: a language model, one inside a multimodal model (older and newer names), a bare decoder.
  static let prefixes = ["model.", "language_model.model.", "model.language_model.", ""]
  /// What a language model inside a multimodal one leaves alone.
  static let otherParts = [
    "vision_tower.", "multi_modal_projector.", "audio_tower.", "embed_vision.", "embed_audio.", "vision_embedder.",
    "multimodal_embedder.",
  ]

  /// Claims on the tensors of a checkpoint.
  init(
    _ checkpoint: Checkpoint, _ configuration: GemmaConfiguration, arithmetic: MatrixArithmetic,
    quantization: QuantizationScheme? = nil
  ) throws(BenchmarkError) {
    self.checkpoint = checkpoint
    self.arithmetic = arithmetic
    self.quantization = quantization?.type == nil ? nil : quantization
    tiesEmbeddings = configuration.tiesEmbeddings
    layerCount = configuration.layerCount
    guard let prefix = Self.prefixes.first(where: { checkpoint.tensors["\($0)embed_tokens.weight"] != nil }) else {
      throw BenchmarkError(.invalidFile, "\(checkpoint.folder): tensor model.embed_tokens.weight: missing")
    }
    self.prefix = prefix
    completesGains = configuration.generation.storesGainsLessOne && !checkpoint.normsIncludeOne
    if configuration.isMultimodal { ignoredPrefixes = Self.otherParts + Self.otherParts.map { "model.\($0)" } }
  }

  /// Claims that only count.
  init(counting configuration: GemmaConfiguration) {
    checkpoint = nil
    arithmetic = .ordered
    prefix = "model."
    completesGains = false
    quantization = nil
    tiesEmbeddings = configuration.tiesEmbeddings
    layerCount = configuration.layerCount
  }

  /// The tensor of a name and shape; nil without a checkpoint.
  private mutating func claim(_ name: String, _ shape: [Int]) throws(BenchmarkError) -> StoredTensor? {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow { throw BenchmarkError(.invalidFile, "tensor \(name): a shape of \(shape) is beyond 64 bits") }
      count = product
    }
    let (total, overflow) = elementCount.addingReportingOverflow(count)
    if overflow { throw BenchmarkError(.invalidFile, "the model's tensors hold more numbers than 64 bits count") }
    elementCount = total
    if shape.count > 1, let columns = shape.last { matrixElements[columns, default: 0] += count }
    guard let checkpoint else { return nil }
    guard let tensor = checkpoint.tensors[name] else {
      throw BenchmarkError(.invalidFile, "\(checkpoint.folder): tensor \(name): missing, expected shape \(shape)")
    }
    guard tensor.shape == shape else {
      throw BenchmarkError(
        .invalidFile, "\(tensor.file.path): tensor \(name): shape \(tensor.shape), expected \(shape)")
    }
    claimed.insert(name)
    byteCount += tensor.range.count
    return tensor
  }

  /// A matrix of the language model, `[rows, columns]`, left in its file or to be repacked, as its arithmetic wants.
  mutating func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    try repacked(try claim(prefix + name, [rows, columns]), rows, columns)
  }

  /// A matrix whose rows are only looked up, `[rows, columns]`: left in its file, or quantised.
  mutating func table(_ name: String, _ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    guard let tensor = try claim(prefix + name, [rows, columns]) else { return matrix(nil, rows, columns) }
    let conversion = try conversion(of: tensor, rows, columns)
    loads.append(TensorLoad(file: tensor.file, range: tensor.range, panels: nil, conversion: conversion))
    return conversion.map { matrix(of: $0) } ?? matrix(tensor, rows, columns)
  }

  /// The matrix that a conversion makes.
  private func matrix(of conversion: TensorConversion) -> WeightMatrix {
    WeightMatrix(
      start: conversion.buffer.start, elementType: conversion.target, rows: conversion.rows,
      columns: conversion.columns, arithmetic: arithmetic)
  }

  /// The matrices of a tensor with three axes, `[count]` of `[rows, columns]`, as `matrix` has them.
  mutating func matrices(_ name: String, _ count: Int, _ rows: Int, _ columns: Int) throws(BenchmarkError)
    -> [WeightMatrix]
  {
    let tensor = try claim(prefix + name, [count, rows, columns])
    let step = (tensor?.range.count ?? 0) / count
    return try (0..<count).map { index throws(BenchmarkError) in
      try repacked(tensor, rows, columns, part: index * step..<(index + 1) * step)
    }
  }

  /// The output matrix, `[vocabularySize, hiddenSize]`, which stands outside the decoder.
  mutating func outputMatrix(_ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    try repacked(try claim(outputName, [rows, columns]), rows, columns)
  }

  /// The embedding as output matrix; a copy that the checkpoint may hold under the output's name must be its equal.
  mutating func tiedOutputMatrix(_ embedding: WeightMatrix) throws(BenchmarkError) -> WeightMatrix {
    guard let checkpoint, let copy = checkpoint.tensors[outputName],
      let original = checkpoint.tensors["\(prefix)embed_tokens.weight"]
    else { return embedding }
    var isEqual = copy.shape == original.shape && copy.elementType == original.elementType
    if isEqual { isEqual = try original.hasEqualBytes(copy) }
    guard isEqual else {
      throw BenchmarkError(
        .invalidFile,
        "\(copy.file.path): tensor \(outputName): differs from the embedding that it should be tied to; "
          + "if it is meant, set tie_word_embeddings to false in config.json")
    }
    claimed.insert(outputName)
    return embedding
  }

  private var outputName: String {
    prefix == "language_model.model." ? "language_model.lm_head.weight" : "lm_head.weight"
  }

  /// A matrix in the form that its products want, from the bytes of a tensor or a part of them.
  private mutating func repacked(_ tensor: StoredTensor?, _ rows: Int, _ columns: Int, part: Range<Int>? = nil)
    throws(BenchmarkError) -> WeightMatrix
  {
    var stored = matrix(tensor, rows, columns, offset: part?.lowerBound ?? 0)
    guard let tensor else { return stored }
    let conversion = try conversion(of: tensor, rows, columns)
    if let conversion { stored = matrix(of: conversion) }
    let matrix: WeightMatrix
    do {
      matrix = try stored.repacked()
    } catch {
      throw BenchmarkError(error.kind, "\(tensor.file.path): tensor \(tensor.name): \(error.message)")
    }
    matrixTypes[matrix.elementType, default: 0] += rows * columns
    let start = tensor.range.lowerBound
    let range = part.map { start + $0.lowerBound..<start + $0.upperBound } ?? tensor.range
    loads.append(TensorLoad(file: tensor.file, range: range, panels: matrix.panels, conversion: conversion))
    return matrix
  }

  /// How a matrix is quantised while it is loaded; nil if it stays as it is stored.
  private func conversion(of tensor: StoredTensor, _ rows: Int, _ columns: Int) throws(BenchmarkError)
    -> TensorConversion?
  {
    guard let quantization else { return nil }
    guard !tensor.elementType.isQuantized else {
      throw BenchmarkError(
        .unsupported,
        "\(tensor.file.path): tensor \(tensor.name): quantised already, to \(tensor.elementType.name); "
          + "load it without quantization")
    }
    let name = tensor.name == outputName ? "lm_head.weight" : String(tensor.name.dropFirst(prefix.count))
    let wanted = quantization.elementType(
      of: name, shape: tensor.shape, stored: tensor.elementType, tiesEmbeddings: tiesEmbeddings,
      layerCount: layerCount)
    guard wanted != tensor.elementType, wanted.isQuantized || wanted == quantization.type else { return nil }
    guard let bytes = wanted.byteCount(of: rows * columns) else { return nil }
    return TensorConversion(
      name: tensor.name, path: tensor.file.path, source: tensor.elementType, target: wanted, rows: rows,
      columns: columns, buffer: try BlockBuffer(byteCount: bytes))
  }

  private func matrix(_ tensor: StoredTensor?, _ rows: Int, _ columns: Int, offset: Int = 0) -> WeightMatrix {
    // Nobody reads the address that stands in for a tensor that is only counted.
    let nowhere = UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
    return WeightMatrix(
      start: (tensor?.memory.baseAddress).map { $0 + offset } ?? nowhere, elementType: tensor?.elementType ?? .float32,
      rows: rows, columns: columns, arithmetic: arithmetic)
  }

  /// A row of numbers as float32, `[count]`.
  mutating func numbers(_ name: String, _ count: Int) throws(BenchmarkError) -> FloatBuffer {
    let buffer = try FloatBuffer(count: checkpoint == nil ? 0 : count)
    if let tensor = try claim(prefix + name, [count]) {
      loads.append(TensorLoad(file: tensor.file, range: tensor.range, panels: nil, conversion: nil))
      try tensor.withBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        WeightMatrix(start: start, elementType: tensor.elementType, rows: 1, columns: count).copyRow(
          0, to: buffer.start)
      }
    }
    return buffer
  }

  /// A single number, `[1]`; 1 where tensors are only counted.
  mutating func number(_ name: String) throws(BenchmarkError) -> Float {
    let buffer = try numbers(name, 1)
    return withExtendedLifetime(buffer) { checkpoint == nil ? 1 : buffer.start[0] }
  }

  /// The gain of a norm as float32, times a factor, `[count]`.
  mutating func gain(_ name: String, _ count: Int, times factor: Float = 1) throws(BenchmarkError) -> FloatBuffer {
    let gain = try numbers(name, count)
    if checkpoint == nil { return gain }
    for index in 0..<count { gain.start[index] = (gain.start[index] + (completesGains ? 1 : 0)) * factor }
    return gain
  }

  /// Throws for a precision that the claimed matrices cannot have.
  func check(_ precision: Precision?) throws(BenchmarkError) {
    guard precision == .bfloat16, let checkpoint,
      let other = matrixTypes.filter({ $0.key != .bfloat16 }).max(by: { $0.value < $1.value }),
      other.key.isQuantized || other.value > matrixTypes[.bfloat16, default: 0]
    else { return }
    let remedy = other.key.isQuantized ? "float32, or leave it out for activations of 8 bits" : "float32"
    throw BenchmarkError(
      .unsupported,
      "precision bfloat16: \(checkpoint.folder): the weights are \(other.key.name), and it is for bfloat16 ones;"
        + " use \(remedy)")
  }

  /// Leaves alone what stands under a name in the language model, if it is there.
  mutating func ignore(_ name: String) { ignoredPrefixes.append(prefix + name) }

  /// How many tensors are left alone on purpose; throws if another is left that nothing uses.
  func finish() throws(BenchmarkError) -> Int {
    guard let checkpoint else { return 0 }
    let unclaimed = checkpoint.tensors.values.filter { !claimed.contains($0.name) }
    let unused = unclaimed.filter { tensor in !ignoredPrefixes.contains { tensor.name.hasPrefix($0) } }
    guard let first = unused.min(by: { $0.name < $1.name }) else { return unclaimed.count }
    let others = unused.count > 1 ? " (and \(unused.count - 1) more)" : ""
    throw BenchmarkError(
      .invalidFile, "\(first.file.path): tensor \(first.name): not used by this model\(others)")
  }
}

extension StoredTensor {
  /// Whether the bytes are the same as those of a tensor of the same length; some at a time, none are kept.
  fileprivate func hasEqualBytes(_ other: StoredTensor) throws(BenchmarkError) -> Bool {
    guard range.count == other.range.count else { return false }
    let step = 1 << 22
    let (left, right) = (
      UnsafeMutableRawPointer.allocate(byteCount: step, alignment: 64),
      UnsafeMutableRawPointer.allocate(byteCount: step, alignment: 64)
    )
    defer {
      left.deallocate()
      right.deallocate()
    }
    for offset in stride(from: 0, to: range.count, by: step) {
      let count = min(step, range.count - offset)
      try file.read(range.lowerBound + offset..<range.lowerBound + offset + count, into: left)
      try other.file.read(other.range.lowerBound + offset..<other.range.lowerBound + offset + count, into: right)
      if memcmp(left, right, count) != 0 { return false }
    }
    return true
  }
}
