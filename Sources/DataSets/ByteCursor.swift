/// Reads numbers from bytes one after the other; every read is checked against the bytes there are.
///
/// The memory belongs to someone else and must outlive the cursor.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var left: Int { bytes.count - offset }
  /// What was not read yet.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[offset...]) }

  mutating func byte() throws(DataFault) -> UInt8 {
    guard offset < bytes.count else { throw .endsEarly }
    offset += 1
    return bytes[offset - 1]
  }

  mutating func take(_ count: Int) throws(DataFault) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= left else { throw .endsEarly }
    offset += count
    return UnsafeRawBufferPointer(rebasing: bytes[(offset - count)..<offset])
  }

  /// A little-endian integer.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) throws(DataFault) -> Value {
    Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
  }

  /// An integer of 7 bits a byte, the lowest first (LEB128).
  mutating func variable() throws(DataFault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw DataFault("an integer of more than 64 bits")
  }

  /// A signed integer whose sign is the lowest bit (zigzag).
  mutating func zigzag() throws(DataFault) -> Int64 {
    let value = try variable()
    return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
  }

  /// A length or a count.
  mutating func count() throws(DataFault) -> Int { Int(clamping: try variable()) }
}

/// Integers packed bit by bit, the lowest bit of a byte first.
enum PackedBits {
  /// The integer of `width` bits (at most 64) at a bit; the caller has checked that all of them are there.
  static func integer(_ bytes: UnsafeRawBufferPointer, at bit: Int, width: Int) -> UInt64 {
    if width == 0 { return 0 }
    let first = bit >> 3
    let shift = UInt64(bit & 7)
    var value: UInt64
    if bytes.count - first >= 8 {
      value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: first, as: UInt64.self)) >> shift
      if Int(shift) + width > 64 { value |= UInt64(bytes[first + 8]) << (64 - shift) }
    } else {
      value = 0
      for position in first..<bytes.count { value |= UInt64(bytes[position]) << UInt64(8 * (position - first)) }
      value >>= shift
    }
    return width == 64 ? value : value & (1 << UInt64(width) - 1)
  }
}
