import Checkpoints
import Support
import Tensors
import Tokenization
import Transformer

/// Writes a checkpoint folder, or a GGUF file whose matrices are not quantised, as one GGUF file that llama.cpp loads, its
/// matrices quantised; a few rows at a time, so that a model larger than memory passes through.
package struct ModelQuantizer {
  /// What came out.
  package struct Summary: Sendable, Equatable {
    /// Bytes of the tensors in the checkpoint and in the file.
    package let bytesBefore: Int
    package let bytesAfter: Int
    package let parameterCount: Int
    /// Tensors by the name of their type, in order of the names.
    package let tensorsByType: [(name: String, count: Int)]

    /// Bits of the file's tensors for each number of the model.
    package var bitsPerWeight: Double { 8 * Double(bytesAfter) / Double(max(1, parameterCount)) }

    package var json: JSONObject {
      [
        "parameters": JSONValue(parameterCount), "bytes_before": JSONValue(bytesBefore),
        "bytes": JSONValue(bytesAfter), "bits_per_weight": .number(bitsPerWeight),
        "tensors": .object(tensorsByType.reduce(into: JSONObject()) { $0[$1.name] = JSONValue($1.count) }),
      ]
    }

    package static func == (left: Summary, right: Summary) -> Bool {
      left.bytesBefore == right.bytesBefore && left.bytesAfter == right.bytesAfter
        && left.parameterCount == right.parameterCount
        && left.tensorsByType.elementsEqual(right.tensorsByType) { $0 == $1 }
    }
  }

  /// Numbers that are in memory at a time, as float32 and quantised: 16 MB and less.
  private static let chunkNumbers = 4 << 20

  private let tensors: [QuantizedTensor]
  private let metadata: GGUFMetadata
  private let parameterCount: Int

  /// Reads a checkpoint and decides what becomes of each tensor.
  ///
  /// Errors: whatever loading it would refuse; tensors that are quantised already; a configuration that llama.cpp's files
  /// cannot express.
  package init(model: String, scheme: QuantizationScheme) throws(BenchmarkError) {
    let inventory = try ModelInventory(path: model)
    let configuration = inventory.configuration
    parameterCount = inventory.tensors.reduce(0) { $0 + $1.tensor.elementCount }
    if let file = inventory.checkpoint.gguf {
      tensors = try QuantizedTensor.plan(file, scheme, configuration)
      let embedding = file.tensors["model.embed_tokens.weight"]?.elementType ?? .float32
      metadata = file.metadata(fileType: scheme.fileType(stored: embedding))
      return
    }
    tensors = try QuantizedTensor.plan(inventory, scheme)
    guard let embedding = inventory.tensors.first(where: { $0.name == "embed_tokens.weight" })?.tensor else {
      throw BenchmarkError(.internalError, "\(model): no embedding")
    }
    var metadata = GGUFMetadata()
    metadata.set("general.architecture", configuration.architecture.name)
    metadata.set("general.type", "model")
    metadata.set("general.name", Self.name(of: model))
    metadata.set(GGUFModel.quantizationVersionKey, 2 as UInt32)
    metadata.set(GGUFModel.fileTypeKey, scheme.fileType(stored: embedding.elementType))
    try configuration.write(to: &metadata, path: "\(model)/config.json")
    try GGUFVocabularyWriter.write(
      folder: model, size: configuration.vocabularySize,
      allowsSentencePiece: configuration.architecture.hasSentencePieceVocabulary,
      to: &metadata)
    self.metadata = metadata
  }

  private static func name(of path: String) -> String {
    path.split(separator: "/").last { $0 != "." && $0 != ".." }.map(String.init) ?? path
  }

  /// What comes out, known before it is written.
  package var summary: Summary {
    var counts: [String: Int] = [:]
    for tensor in tensors { counts[tensor.entry.elementType.name, default: 0] += 1 }
    return Summary(
      bytesBefore: tensors.reduce(0) { $0 + $1.sources.reduce(0) { $0 + $1.range.count } },
      bytesAfter: tensors.reduce(0) { $0 + $1.entry.byteCount }, parameterCount: parameterCount,
      tensorsByType: counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  /// Writes the file; until the end there is nothing at the path.
  ///
  /// - Parameters:
  ///   - threads: that quantise; 0 for all processors.
  ///   - progress: told the bytes of the file done and in all; cancels by throwing.
  /// - Throws: numbers that are not finite or do not fit, by tensor; a disk that is full.
  package func write(
    to path: String, threads: Int, progress: (_ bytesDone: UInt64, _ bytesTotal: UInt64) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    let writer = try GGUFWriter(path, metadata: metadata, tensors: tensors.map(\.entry))
    let pool = WorkerPool(threads: threads)
    let total = UInt64(tensors.reduce(0) { $0 + $1.entry.byteCount })
    var done = 0
    try progress(0, total)
    for tensor in tensors {
      let rowBytes = tensor.entry.byteCount / max(1, tensor.rows)
      let step = max(1, min(tensor.rows, Self.chunkNumbers / tensor.columns))
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: step * rowBytes, alignment: 64)
      defer { memory.deallocate() }
      for first in stride(from: 0, to: tensor.rows, by: step) {
        let rows = first..<min(first + step, tensor.rows)
        let target = UnsafeMutableRawBufferPointer(rebasing: memory[..<(rows.count * rowBytes)])
        try quantize(tensor, rows, target, pool)
        try writer.write(UnsafeRawBufferPointer(target))
        done += rows.count * rowBytes
        try progress(UInt64(done), total)
      }
    }
    try writer.finish()
  }

  /// Quantises some rows of a tensor into `target`, shared among the threads.
  private func quantize(
    _ tensor: QuantizedTensor, _ rows: Range<Int>, _ target: UnsafeMutableRawBufferPointer, _ pool: WorkerPool
  ) throws(BenchmarkError) {
    let reader = RowReader(tensor)
    guard let base = target.baseAddress else { return }
    for part in reader.parts(of: rows) { try part.file.load(part.range) }
    let failed = RowQuantizer.quantize(
      rows, columns: tensor.columns, to: tensor.entry.elementType, base, on: pool,
      read: { row, numbers in reader.read(row, to: numbers) })
    for part in reader.parts(of: rows) { part.file.release(part.range) }
    if let row = failed {
      let source = tensor.sources.first
      throw BenchmarkError(
        .invalidFile,
        "\(source?.file.path ?? ""): tensor \(source?.name ?? tensor.entry.name): row \(row) has a number that is not"
          + " finite or too large for \(tensor.entry.elementType.name)")
    }
  }
}

/// Reads rows of a tensor in the making as float32.
private struct RowReader: @unchecked Sendable {
  private let tensor: QuantizedTensor
  private let rowsOfSource: [Int]

  init(_ tensor: QuantizedTensor) {
    self.tensor = tensor
    rowsOfSource = tensor.sources.map { $0.elementCount / tensor.columns }
  }

  /// Where the rows lie in the checkpoint's files.
  func parts(of rows: Range<Int>) -> [(file: ModelFile, range: Range<Int>)] {
    var result: [(file: ModelFile, range: Range<Int>)] = []
    var start = 0
    let size = tensor.pairedRows ?? 1
    let rows = rows.lowerBound / size * size..<(rows.upperBound + size - 1) / size * size
    for (source, count) in zip(tensor.sources, rowsOfSource) {
      let own = rows.clamped(to: start..<start + count)
      let rowBytes = source.range.count / max(1, count)
      if !own.isEmpty {
        let first = source.range.lowerBound + (own.lowerBound - start) * rowBytes
        result.append((source.file, first..<first + own.count * rowBytes))
      }
      start += count
    }
    return result
  }

  /// One row, `[columns]`; zeros beyond the sources.
  func read(_ row: Int, to target: UnsafeMutablePointer<Float>) {
    let columns = tensor.columns
    if !tensor.constants.isEmpty {
      for column in 0..<columns { target[column] = tensor.constants[column] }
      return
    }
    let isVector = tensor.entry.shape.count == 1
    var row = isVector ? row : tensor.source(of: row)
    for (source, count) in zip(tensor.sources, rowsOfSource) {
      if row < count, let base = source.memory.baseAddress {
        let start = base + row * (source.range.count / count)
        WeightMatrix(start: start, elementType: source.elementType, rows: 1, columns: columns).copyRow(0, to: target)
        if tensor.offset != 0 { for column in 0..<columns { target[column] += tensor.offset } }
        if isVector, tensor.pairedRows != nil {
          let copy = Array(UnsafeBufferPointer(start: target, count: columns))
          for column in 0..<columns { target[column] = copy[tensor.source(of: column)] }
        }
        return
      }
      row -= count
    }
    target.update(repeating: 0, count: columns)
  }
}
