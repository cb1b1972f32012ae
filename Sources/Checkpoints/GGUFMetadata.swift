/// Metadata of a GGUF file in the making: keys with values, in the order in which they were set.
package struct GGUFMetadata: Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var count = 0

  package init() {}

  private mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  private mutating func append(text: some Collection<UInt8>) {
    append(UInt64(text.count))
    bytes += text
  }

  private mutating func begin(_ key: String, _ type: GGUFValueType) {
    append(text: key.utf8)
    append(type.rawValue)
    count += 1
  }

  private mutating func beginArray(_ key: String, _ type: GGUFValueType, _ count: Int) {
    begin(key, .array)
    append(type.rawValue)
    append(UInt64(count))
  }

  /// Takes over a pair of another file, as its bytes are.
  package mutating func copy(_ pair: UnsafeRawBufferPointer) {
    if pair.isEmpty { return }
    bytes += pair
    count += 1
  }

  package mutating func set(_ key: String, _ value: String) {
    begin(key, .string)
    append(text: value.utf8)
  }

  package mutating func set(_ key: String, _ value: UInt32) {
    begin(key, .uint32)
    append(value)
  }

  package mutating func set(_ key: String, _ value: Float) {
    begin(key, .float32)
    append(value.bitPattern)
  }

  package mutating func set(_ key: String, _ value: Bool) {
    begin(key, .bool)
    bytes.append(value ? 1 : 0)
  }

  package mutating func set(_ key: String, _ values: [Bool]) {
    beginArray(key, .bool, values.count)
    bytes += values.map { $0 ? 1 : 0 }
  }

  package mutating func set(_ key: String, _ values: [Int32]) {
    beginArray(key, .int32, values.count)
    for value in values { append(value) }
  }

  package mutating func set(_ key: String, _ values: [Float]) {
    beginArray(key, .float32, values.count)
    for value in values { append(value.bitPattern) }
  }

  /// An array of strings, each given by its bytes.
  package mutating func set(_ key: String, _ values: [[UInt8]]) {
    beginArray(key, .string, values.count)
    for value in values { append(text: value) }
  }
}
