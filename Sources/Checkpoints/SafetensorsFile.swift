import Support
import Tensors

/// One safetensors file: its table of tensors, checked whole before any byte of them is used.
///
/// Layout (https://github.com/huggingface/safetensors#format): eight bytes of header length, little endian; a JSON
/// header; the tensors' bytes, without gaps or overlaps.
public struct SafetensorsFile: Sendable {
  /// In the order of the header.
  public let tensors: [StoredTensor]

  /// The format's own limit on a header.
  static let maximumHeader = 100_000_000

  public init(_ path: String) throws(BenchmarkError) {
    let file = try ModelFile(path)
    let size = file.byteCount
    guard size >= 8 else {
      throw BenchmarkError(.invalidFile, "\(path): \(size) bytes is too short for a safetensors file")
    }
    try file.loadFront(upTo: 8)
    let headerLength = UInt64(littleEndian: file.memory.loadUnaligned(as: UInt64.self))
    guard headerLength <= UInt64(size - 8) else {
      throw BenchmarkError(
        .invalidFile, "\(path): the header of \(headerLength) bytes is longer than the file of \(size); truncated?")
    }
    guard headerLength <= UInt64(Self.maximumHeader) else {
      throw BenchmarkError(.invalidFile, "\(path): a header of \(headerLength) bytes; at most \(Self.maximumHeader)")
    }
    let dataStart = 8 + Int(headerLength)
    try file.loadFront(upTo: dataStart)
    let header = file.memory[8..<dataStart].bindMemory(to: UInt8.self)
    guard let table = try JSONReader.parse(header, name: "\(path) header").objectValue else {
      throw BenchmarkError(.invalidFile, "\(path): the header is not a JSON object")
    }
    var tensors: [StoredTensor] = []
    for (name, value) in table.members where name != "__metadata__" {
      tensors.append(try Self.tensor(name, value, file: file, dataStart: dataStart))
    }
    try Self.checkCoverage(tensors, file: file, dataStart: dataStart)
    self.tensors = tensors
  }

  private static func tensor(_ name: String, _ value: JSONValue, file: ModelFile, dataStart: Int)
    throws(BenchmarkError) -> StoredTensor
  {
    func failure(_ reason: String) -> BenchmarkError {
      BenchmarkError(.invalidFile, "\(file.path): tensor \(name): \(reason)")
    }
    guard let entry = value.objectValue else { throw failure("its entry is \(value.typeName), not an object") }
    guard let type = entry["dtype"]?.stringValue else { throw failure("no \"dtype\"") }
    guard let dimensions = entry["shape"]?.arrayValue else { throw failure("no \"shape\"") }
    guard let offsets = entry["data_offsets"]?.arrayValue else { throw failure("no \"data_offsets\"") }
    let elementType: ElementType
    switch type {
    case "BF16": elementType = .bfloat16
    case "F16": elementType = .float16
    case "F32": elementType = .float32
    default:
      throw BenchmarkError(
        .unsupported, "\(file.path): tensor \(name): element type \"\(type)\"; supported: BF16, F16, F32")
    }
    var shape: [Int] = []
    var byteCount = elementType.blockBytes
    for dimension in dimensions {
      guard let extent = dimension.integerValue, extent >= 0 else { throw failure("a malformed shape") }
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      if overflow { throw failure("a shape beyond 64 bits") }
      byteCount = product
      shape.append(extent)
    }
    guard offsets.count == 2, let begin = offsets[0].integerValue, let end = offsets[1].integerValue, begin >= 0,
      end >= begin
    else { throw failure("malformed data_offsets") }
    let available = file.byteCount - dataStart
    guard end <= available else {
      throw failure("its bytes end at \(end), and the file holds \(available) bytes of tensors; truncated?")
    }
    guard end - begin == byteCount else {
      throw failure("\(end - begin) bytes for shape \(shape) of \(type), expected \(byteCount)")
    }
    return StoredTensor(
      name: name, shape: shape, elementType: elementType, file: file, range: dataStart + begin..<dataStart + end)
  }

  /// Refuses overlaps, gaps, and bytes after the last tensor.
  private static func checkCoverage(_ tensors: [StoredTensor], file: ModelFile, dataStart: Int)
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
        .invalidFile, "\(file.path): \(file.byteCount - position) bytes after the last tensor belong to none")
    }
  }
}
