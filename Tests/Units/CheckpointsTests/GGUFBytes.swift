/// Writes GGUF headers byte by byte, right or wrong, for tests of the reader.
struct GGUFBytes {
  var bytes: [UInt8] = []

  init(version: UInt32 = 3, tensors: UInt64 = 0, keys: UInt64 = 0) {
    bytes = Array("GGUF".utf8)
    integer(version)
    integer(tensors)
    integer(keys)
  }

  mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  mutating func string(_ text: String) {
    integer(UInt64(text.utf8.count))
    bytes += text.utf8
  }

  /// A key and the number of its value's type; the value follows.
  mutating func key(_ name: String, type: UInt32) {
    string(name)
    integer(type)
  }

  mutating func alignment(_ value: UInt32) {
    key("general.alignment", type: 4)
    integer(value)
  }

  mutating func strings(_ name: String, _ values: [String]) {
    key(name, type: 9)
    integer(UInt32(8))
    integer(UInt64(values.count))
    for value in values { string(value) }
  }

  /// A row of the table; extents run from the fastest to the slowest, as in the file.
  mutating func tensor(_ name: String, _ extents: [UInt64], type: UInt32 = 0, offset: UInt64) {
    string(name)
    integer(UInt32(extents.count))
    for extent in extents { integer(extent) }
    integer(type)
    integer(offset)
  }

  mutating func pad(_ alignment: Int = 32) {
    while bytes.count % alignment != 0 { bytes.append(0) }
  }

  mutating func data(_ count: Int) { bytes += (0..<count).map { UInt8(truncatingIfNeeded: $0) } }
}
