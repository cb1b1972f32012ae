import Checkpoints
import Support
import Tensors

/// Hands out a checkpoint's tensors by name and shape, and keeps account of what nobody asked for.
///
/// Without a checkpoint it keeps account of the shapes alone, and what it hands out must not be read.
struct WeightLoader {
  let checkpoint: Checkpoint?
  let arithmetic: ComputeType
  private let stored: LanguageTensors?
  /// Whether 1 is to be added to the gains of norms.
  let completesGains: Bool
  /// What matrices are quantised to while they are loaded; nil leaves them as they are stored.
  let quantization: QuantizationScheme?
  private let tiesEmbeddings: Bool
  private let layerCount: Int
  private var claimed: Set<String> = []
  /// Beginnings of names that are left alone on purpose.
  private var ignoredPrefixes = LanguageTensors.otherParts
  private(set) var elementCount = 0
  private(set) var byteCount = 0
  /// Numbers in matrices, by the length of their rows; the rest of `elementCount` stands in vectors.
  private(set) var matrixElements: [Int: Int] = [:]
  /// Numbers in the claimed matrices that are multiplied, by the type that they have in memory.
  private var matrixTypes: [ElementType: Int] = [:]
  /// What is to be brought into memory before the weights are used.
  private(set) var loads: [TensorLoad] = []

  /// Claims on the tensors of a checkpoint.
  init(
    _ checkpoint: Checkpoint, _ configuration: TransformerConfiguration, arithmetic: ComputeType,
    quantization: QuantizationScheme? = nil
  ) throws(BenchmarkError) {
    self.checkpoint = checkpoint
    self.arithmetic = arithmetic
    self.quantization = quantization?.type == nil ? nil : quantization
    tiesEmbeddings = configuration.tiesEmbeddings
    layerCount = configuration.layerCount
    stored = try LanguageTensors(checkpoint, tiesEmbeddings: configuration.tiesEmbeddings)
    completesGains = configuration.traits.storesGainsLessOne && checkpoint.gguf == nil
  }

  /// Claims that only count.
  init(counting configuration: TransformerConfiguration) {
    checkpoint = nil
    arithmetic = .ordered
    stored = nil
    completesGains = false
    quantization = nil
    tiesEmbeddings = configuration.tiesEmbeddings
    layerCount = configuration.layerCount
  }

  /// The tensor of a name (a bare decoder's) and shape; nil without a checkpoint.
  private mutating func claim(_ name: String, _ shape: [Int]) throws(BenchmarkError) -> StoredTensor? {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow {
        throw BenchmarkError(.invalidFile, "tensor \(name): shape \(shape) is too large: its size overflows 64 bits")
      }
      count = product
    }
    let (total, overflow) = elementCount.addingReportingOverflow(count)
    if overflow {
      throw BenchmarkError(.invalidFile, "the model's tensors are too large: their size overflows 64 bits")
    }
    elementCount = total
    if shape.count > 1, let columns = shape.last { matrixElements[columns, default: 0] += count }
    guard let checkpoint, let stored else { return nil }
    guard let tensor = stored.tensors[name] else {
      if let other = stored.others[name] { throw other.refusal }
      let shown = name == LanguageTensors.output ? name : stored.prefix + name
      throw BenchmarkError(.invalidFile, "\(checkpoint.folder): tensor \(shown): missing, expected shape \(shape)")
    }
    guard tensor.shape == (checkpoint.gguf == nil ? shape : StoredTensor.plainShape(shape)) else {
      throw BenchmarkError(
        .invalidFile, "\(tensor.file.path): tensor \(tensor.name): shape \(tensor.shape), expected \(shape)")
    }
    claimed.insert(name)
    byteCount += tensor.range.count
    return tensor
  }

  /// A matrix of the language model, `[rows, columns]`, left in its file or to be repacked, as its arithmetic wants.
  mutating func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    try repacked(name, try claim(name, [rows, columns]), rows, columns)
  }

  /// A matrix whose rows are only looked up, `[rows, columns]`: left in its file, or quantised.
  mutating func table(_ name: String, _ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    guard let tensor = try claim(name, [rows, columns]) else { return matrix(nil, rows, columns) }
    let conversion = try conversion(name, of: tensor, rows, columns)
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
    let tensor = try claim(name, [count, rows, columns])
    let step = (tensor?.range.count ?? 0) / count
    return try (0..<count).map { index throws(BenchmarkError) in
      try repacked(name, tensor, rows, columns, part: index * step..<(index + 1) * step)
    }
  }

  /// The output matrix, `[vocabularySize, hiddenSize]`, which stands outside the decoder.
  mutating func outputMatrix(_ rows: Int, _ columns: Int) throws(BenchmarkError) -> WeightMatrix {
    try matrix(LanguageTensors.output, rows, columns)
  }

  /// The embedding as output matrix; an equal of it that the checkpoint may hold under the output's name is not read.
  mutating func tiedOutputMatrix(_ embedding: WeightMatrix) -> WeightMatrix {
    claimed.insert(LanguageTensors.output)
    return embedding
  }

  /// A matrix in the form that its products want, from the bytes of a tensor or a part of them.
  private mutating func repacked(
    _ name: String, _ tensor: StoredTensor?, _ rows: Int, _ columns: Int, part: Range<Int>? = nil
  ) throws(BenchmarkError) -> WeightMatrix {
    var stored = matrix(tensor, rows, columns, offset: part?.lowerBound ?? 0)
    guard let tensor else { return stored }
    let conversion = try conversion(name, of: tensor, rows, columns)
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
  private func conversion(_ name: String, of tensor: StoredTensor, _ rows: Int, _ columns: Int)
    throws(BenchmarkError) -> TensorConversion?
  {
    guard let quantization else { return nil }
    guard !tensor.elementType.isQuantized else {
      throw BenchmarkError(
        .unsupported,
        "\(tensor.file.path): tensor \(tensor.name): quantised already, to \(tensor.elementType.name); "
          + "load it without quantization")
    }
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
    if let tensor = try claim(name, [count]) {
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
      "precision bfloat16: \(checkpoint.folder): needs bfloat16 weights, but these are \(other.key.name);"
        + " use \(remedy)")
  }

  /// Leaves alone what stands under a name in the language model, if it is there.
  mutating func ignore(_ name: String) { ignoredPrefixes.append(name) }

  /// How many tensors are left alone, and a warning that names those of them that nothing is known of: transformers leaves
  /// them out of a folder with such a warning, and llama.cpp refuses a file with them, as this does.
  func finish() throws(BenchmarkError) -> (ignoredCount: Int, warning: String?) {
    guard let stored else { return (0, nil) }
    func isIgnored(_ name: String) -> Bool {
      LanguageTensors.isConstant(name) || ignoredPrefixes.contains { name.hasPrefix($0) }
    }
    let unclaimed = stored.tensors.filter { !claimed.contains($0.key) }
    let count = unclaimed.count + stored.others.count
    let unused =
      unclaimed.filter { !isIgnored($0.key) }.map { ($0.value.name, $0.value.file.path) }
      + stored.others.filter { !isIgnored($0.key) }.map { ($0.value.name, $0.value.file.path) }
    guard let first = unused.min(by: { $0.0 < $1.0 }) else { return (count, nil) }
    let others = unused.count > 1 ? " (and \(unused.count - 1) more)" : ""
    let message = "\(first.1): tensor \(first.0): not used by this model\(others)"
    if checkpoint?.gguf != nil { throw BenchmarkError(.invalidFile, message) }
    return (count, "\(message); ignored, as in transformers")
  }

  /// Tensors that the language model has, those included that no layer reads, by their plain names.
  var languageTensors: [(name: String, tensor: StoredTensor)] {
    (stored?.tensors ?? [:]).filter { name, _ in
      !LanguageTensors.isConstant(name) && !LanguageTensors.otherParts.contains { name.hasPrefix($0) }
    }.map { ($0.key, $0.value) }
  }
}
