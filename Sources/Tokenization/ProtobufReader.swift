import Support

/// Reads the fields of one Protocol Buffers message (the wire format of developers.google.com/protocol-buffers).
///
/// Every length and every variable-length integer is checked against the bytes there are.
struct ProtobufReader {
  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private let bytes: ArraySlice<UInt8>
  private let name: String
  private var offset: Int

  /// `name` stands in front of the message of an error.
  init(_ bytes: ArraySlice<UInt8>, name: String) {
    self.bytes = bytes
    self.name = name
    offset = bytes.startIndex
  }

  private func failure(_ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(name): not a SentencePiece model: \(reason) at byte \(offset)")
  }

  /// The next field, or nil at the end of the message.
  mutating func next() throws(BenchmarkError) -> (number: Int, value: Value)? {
    if offset == bytes.endIndex { return nil }
    let tag = try readInteger()
    guard tag >> 3 != 0, tag >> 3 < 1 << 29 else { throw failure("an impossible field number") }
    let number = Int(tag >> 3)
    switch tag & 7 {
    case 0: return (number, .integer(try readInteger()))
    case 1: return (number, .fixed64(readFixed(try take(8))))
    case 2:
      let count = try readInteger()
      guard count <= UInt64(bytes.endIndex - offset) else { throw failure("a length beyond the end") }
      return (number, .bytes(try take(Int(count))))
    case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: readFixed(try take(4)))))
    default: throw failure("an unknown wire type")
    }
  }

  private mutating func take(_ count: Int) throws(BenchmarkError) -> ArraySlice<UInt8> {
    guard count <= bytes.endIndex - offset else { throw failure("the file ends early") }
    offset += count
    return bytes[offset - count..<offset]
  }

  private func readFixed(_ slice: ArraySlice<UInt8>) -> UInt64 {
    slice.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func readInteger() throws(BenchmarkError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard offset < bytes.endIndex else { throw failure("the file ends early") }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw failure("an overlong integer")
  }
}

extension ProtobufReader.Value {
  var integer: UInt64? { if case .integer(let value) = self { value } else { nil } }
  var bytes: ArraySlice<UInt8>? { if case .bytes(let value) = self { value } else { nil } }
  var float: Float? { if case .fixed32(let value) = self { Float(bitPattern: value) } else { nil } }

  /// The field as a 32-bit signed number, as protobuf's int32 reads it.
  var signed: Int? { integer.map { Int(Int32(truncatingIfNeeded: $0)) } }
  var flag: Bool? { integer.map { $0 != 0 } }
}
