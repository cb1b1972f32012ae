import Support
import Tensors

/// One safetensors file: its table of tensors, checked whole before any byte of them is used.
///
/// Layout (https://github.com/huggingface/safetensors#format): eight bytes of header length, little endian; a JSON
/// header; the tensors' bytes, without gaps or overlaps.
package struct SafetensorsFile: Sendable {
  /// In the order of the header.
  package let tensors: [StoredTensor]
  /// Those whose type of numbers is not read: whole numbers, FP8, blocks of other tools.
  package let foreignTensors: [ForeignTensor]

  /// The format's own limit on a header.
  static let maximumHeader = 100_000_000

  package init(_ path: String) throws(BenchmarkError) {
    let file = try ModelFile(path)
    let size = file.byteCount
    try file.loadFront(upTo: min(size, 16))
    if let format = Self.foreignFormat(UnsafeRawBufferPointer(rebasing: file.memory.prefix(16))) {
      throw BenchmarkError(.invalidFile, "\(path): \(format), not a safetensors file; download the file again")
    }
    guard size >= 8 else {
      throw BenchmarkError(
        .invalidFile, "\(path): \(size) bytes is too short for a safetensors file; download it again")
    }
    try file.loadFront(upTo: 8)
    let headerLength = UInt64(littleEndian: file.memory.loadUnaligned(as: UInt64.self))
    guard headerLength <= UInt64(size - 8) else {
      throw BenchmarkError(
        .invalidFile,
        "\(path): the header of \(headerLength) bytes is longer than the file of \(size); truncated?"
          + " download it again")
    }
    guard headerLength <= UInt64(Self.maximumHeader) else {
      throw BenchmarkError(.invalidFile, "\(path): a header of \(headerLength) bytes; at most \(Self.maximumHeader)")
    }
    let dataStart = 8 + Int(headerLength)
    try file.loadFront(upTo: dataStart)
    guard let table = try JSONReader.parse(Array(file.memory[8..<dataStart]), name: "\(path) header").objectValue else {
      throw BenchmarkError(.invalidFile, "\(path): the header is not a JSON object")
    }
    var tensors: [StoredTensor] = []
    var foreign: [ForeignTensor] = []
    for (name, value) in table.members where name != "__metadata__" {
      let tensor = try Self.tensor(name, value, file: file, dataStart: dataStart)
      if let type = Self.elementTypes[tensor.type] {
        tensors.append(try Self.stored(tensor, type))
      } else {
        foreign.append(tensor)
      }
    }
    try Self.checkCoverage(
      tensors.map { ($0.name, $0.range) } + foreign.map { ($0.name, $0.range) }, file: file, dataStart: dataStart)
    self.tensors = tensors
    foreignTensors = foreign
  }

  /// What a file is by its first bytes, if it is one of those that are met under a safetensors file's name.
  private static func foreignFormat(_ bytes: UnsafeRawBufferPointer) -> String? {
    let formats: [(start: [UInt8], name: String)] = [
      (Array("PK\u{3}\u{4}".utf8), "a zip archive (PyTorch's pickle format)"), ([0x80, 0x02, 0x7D], "a pickle"),
      (Array("<!DOCTYPE".utf8), "an HTML page"), (Array("<!doctype".utf8), "an HTML page"),
      (Array("<html".utf8), "an HTML page"), (Array("GGUF".utf8), "a GGUF file"),
      ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"),
    ]
    // Such bytes may be a header's length too, if a header follows.
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return nil }
    return formats.first { bytes.starts(with: $0.start) }?.name
  }

  private static let elementTypes: [String: ElementType] = ["BF16": .bfloat16, "F16": .float16, "F32": .float32]

  /// A tensor of whatever type, its bytes inside the file.
  private static func tensor(_ name: String, _ value: JSONValue, file: ModelFile, dataStart: Int)
    throws(BenchmarkError) -> ForeignTensor
  {
    func failure(_ reason: String) -> BenchmarkError {
      BenchmarkError(.invalidFile, "\(file.path): tensor \(name): \(reason)")
    }
    guard let entry = value.objectValue else { throw failure("its entry is \(value.typeName), not an object") }
    guard let type = entry["dtype"]?.stringValue else { throw failure("no \"dtype\"") }
    guard let dimensions = entry["shape"]?.arrayValue else { throw failure("no \"shape\"") }
    guard let offsets = entry["data_offsets"]?.arrayValue else { throw failure("no \"data_offsets\"") }
    var shape: [Int] = []
    for dimension in dimensions {
      guard let extent = dimension.integerValue, extent >= 0 else { throw failure("a malformed shape") }
      shape.append(extent)
    }
    guard offsets.count == 2, let begin = offsets[0].integerValue, let end = offsets[1].integerValue, begin >= 0,
      end >= begin
    else { throw failure("malformed data_offsets") }
    let available = file.byteCount - dataStart
    guard end <= available else {
      throw failure(
        "its bytes end at \(end), and the file holds \(available) bytes of tensors; truncated?"
          + " download it again")
    }
    return ForeignTensor(
      name: name, shape: shape, type: type, file: file, range: dataStart + begin..<dataStart + end)
  }

  /// The tensor as numbers of a type. Errors: bytes that are not those of its shape.
  private static func stored(_ tensor: ForeignTensor, _ type: ElementType) throws(BenchmarkError) -> StoredTensor {
    func failure(_ reason: String) -> BenchmarkError {
      BenchmarkError(.invalidFile, "\(tensor.file.path): tensor \(tensor.name): \(reason)")
    }
    var byteCount = type.blockBytes
    for extent in tensor.shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      if overflow { throw failure("a shape beyond 64 bits") }
      byteCount = product
    }
    guard tensor.range.count == byteCount else {
      throw failure("\(tensor.range.count) bytes for shape \(tensor.shape) of \(tensor.type), expected \(byteCount)")
    }
    return StoredTensor(
      name: tensor.name, shape: tensor.shape, elementType: type, file: tensor.file, range: tensor.range)
  }

  /// Refuses overlaps, gaps, and bytes after the last tensor.
  private static func checkCoverage(_ tensors: [(name: String, range: Range<Int>)], file: ModelFile, dataStart: Int)
    throws(BenchmarkError)
  {
    var position = dataStart
    let sorted = tensors.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for tensor in sorted {
      if tensor.range.lowerBound != position {
        let what = tensor.range.lowerBound < position ? "overlaps the tensor before it" : "leaves a gap before it"
        throw BenchmarkError(.invalidFile, "\(file.path): tensor \(tensor.name): \(what)")
      }
      position = tensor.range.upperBound
    }
    if position != file.byteCount {
      throw BenchmarkError(
        .invalidFile,
        "\(file.path): \(file.byteCount - position) unexpected bytes after the last tensor;"
          + " download the file again")
    }
  }
}
