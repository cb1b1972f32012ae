import Support
import Tensors

/// Reads a GGUF header from front to back; every length is compared with the bytes left before it is used.
struct GGUFCursor {
  private let file: ModelFile
  private(set) var position: Int
  /// What is being read, for errors: `header`, `key general.name`, `tensor blk.0.attn_q.weight`.
  var what: String

  /// Arrays in arrays in arrays: nothing in use goes beyond one.
  static let maximumDepth = 4

  init(_ file: ModelFile, at position: Int = 0, what: String) {
    self.file = file
    self.position = position
    self.what = what
  }

  var bytesLeft: Int { file.byteCount - position }

  func failure(_ reason: String, _ kind: BenchmarkError.Kind = .invalidFile) -> BenchmarkError {
    BenchmarkError(kind, "\(file.path): \(what): \(reason)")
  }

  mutating func integer<Stored: FixedWidthInteger & BitwiseCopyable>(_: Stored.Type) throws(BenchmarkError) -> Stored {
    let size = MemoryLayout<Stored>.size
    guard size <= bytesLeft else { throw failure("the file ends here, at byte \(position); truncated?") }
    try file.loadFront(upTo: position + size)
    let value = file.memory.loadUnaligned(fromByteOffset: position, as: Stored.self)
    position += size
    return Stored(littleEndian: value)
  }

  /// The bytes of a string: 64 bits of length, then as many bytes.
  mutating func stringBytes() throws(BenchmarkError) -> UnsafeRawBufferPointer {
    let length = try integer(UInt64.self)
    guard length <= UInt64(bytesLeft) else {
      throw failure("a string of \(length) bytes, and the file has \(bytesLeft) left; truncated?")
    }
    let start = position
    position += Int(length)
    try file.loadFront(upTo: position)
    return UnsafeRawBufferPointer(rebasing: file.memory[start..<position])
  }

  /// A string that must be valid UTF-8.
  mutating func string() throws(BenchmarkError) -> String {
    let bytes = try stringBytes()
    guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("a string that is not valid UTF-8") }
    return text
  }

  mutating func valueType() throws(BenchmarkError) -> GGUFValueType {
    let number = try integer(UInt32.self)
    guard let type = GGUFValueType(rawValue: number) else { throw failure("value type \(number) is not known") }
    return type
  }

  /// A value of the metadata. Arrays are checked and stepped over.
  mutating func value(_ key: String) throws(BenchmarkError) -> GGUFValue {
    switch try valueType() {
    case .uint8: return .unsigned(UInt64(try integer(UInt8.self)))
    case .int8: return .signed(Int64(try integer(Int8.self)))
    case .uint16: return .unsigned(UInt64(try integer(UInt16.self)))
    case .int16: return .signed(Int64(try integer(Int16.self)))
    case .uint32: return .unsigned(UInt64(try integer(UInt32.self)))
    case .int32: return .signed(Int64(try integer(Int32.self)))
    case .uint64: return .unsigned(try integer(UInt64.self))
    case .int64: return .signed(try integer(Int64.self))
    case .float32: return .float(Double(Float(bitPattern: try integer(UInt32.self))))
    case .float64: return .float(Double(bitPattern: try integer(UInt64.self)))
    case .string: return String(validating: try stringBytes(), as: UTF8.self).map { .string($0) } ?? .invalidString
    case .bool: return .bool(try integer(UInt8.self) != 0)
    case .array:
      let (type, count) = try arrayHeader()
      let start = position
      try skipElements(type, count, depth: 1)
      try file.loadFront(upTo: position)
      return .array(GGUFArray(key: key, elementType: type, count: count, file: file, range: start..<position))
    }
  }

  private mutating func arrayHeader() throws(BenchmarkError) -> (type: GGUFValueType, count: Int) {
    let type = try valueType()
    let count = try integer(UInt64.self)
    guard count <= UInt64(bytesLeft / type.minimumBytes) else {
      throw failure("an array of \(count) elements, and the file has \(bytesLeft) bytes left; truncated?")
    }
    return (type, Int(count))
  }

  private mutating func skipElements(_ type: GGUFValueType, _ count: Int, depth: Int) throws(BenchmarkError) {
    if type.isNumber {
      position += count * type.minimumBytes
    } else if type == .string {
      for _ in 0..<count { _ = try stringBytes() }
    } else {
      guard depth < Self.maximumDepth else {
        throw failure("arrays nested more than \(Self.maximumDepth) deep", .unsupported)
      }
      for _ in 0..<count {
        let (innerType, innerCount) = try arrayHeader()
        try skipElements(innerType, innerCount, depth: depth + 1)
      }
    }
  }
}
