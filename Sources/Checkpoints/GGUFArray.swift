import Support
import Tensors

/// An array of a GGUF file's metadata, where it lies in the loaded header: its extent was checked, its elements are read
/// when asked for. A vocabulary of 262,144 entries costs nothing until then.
package struct GGUFArray: Sendable {
  /// The metadata's name for it, for errors.
  package let key: String
  package let elementType: GGUFValueType
  package let count: Int
  let file: ModelFile
  /// Bytes of the elements, from the start of the file.
  let range: Range<Int>

  private func failure(_ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(file.path): key \(key): \(reason)")
  }

  /// Calls `body` with the index and the bytes of each string, in order, without making a `String`.
  ///
  /// The bytes are those of the file, and live as long as it: they need not be valid UTF-8. Errors: an array of
  /// something else than strings, and those of `body`.
  package func forEachString(_ body: (Int, UnsafeRawBufferPointer) throws(BenchmarkError) -> Void)
    throws(BenchmarkError)
  {
    guard elementType == .string else { throw failure("an array of \(elementType), expected strings") }
    var cursor = GGUFCursor(file, at: range.lowerBound, what: "key \(key)")
    for index in 0..<count { try body(index, cursor.stringBytes()) }
  }

  /// All strings; one that is not valid UTF-8 is an error.
  package func strings() throws(BenchmarkError) -> [String] {
    var result: [String] = []
    result.reserveCapacity(count)
    try forEachString { (index, bytes) throws(BenchmarkError) in
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw failure("element \(index) is not valid UTF-8")
      }
      result.append(text)
    }
    return result
  }

  /// All numbers as float32; integers are converted. Errors: an array of something else than numbers.
  package func floats() throws(BenchmarkError) -> [Float] {
    switch elementType {
    case .float32: numbers(UInt32.self) { Float(bitPattern: $0) }
    case .float64: numbers(UInt64.self) { Float(Double(bitPattern: $0)) }
    default: try integers().map { Float($0) }
    }
  }

  /// All integers. Errors: an array of something else than integers, one beyond 63 bits.
  package func integers() throws(BenchmarkError) -> [Int] {
    switch elementType {
    case .uint8: return numbers(UInt8.self) { Int($0) }
    case .int8: return numbers(Int8.self) { Int($0) }
    case .uint16: return numbers(UInt16.self) { Int($0) }
    case .int16: return numbers(Int16.self) { Int($0) }
    case .uint32: return numbers(UInt32.self) { Int($0) }
    case .int32: return numbers(Int32.self) { Int($0) }
    case .int64: return numbers(Int64.self) { Int($0) }
    case .uint64:
      let values = numbers(UInt64.self) { $0 }
      if let large = values.first(where: { $0 > UInt64(Int.max) }) { throw failure("\(large) is beyond 63 bits") }
      return values.map { Int($0) }
    case .bool, .float32, .float64, .string, .array:
      throw failure("an array of \(elementType), expected integers")
    }
  }

  /// All truth values: any byte but 0 is true. Errors: an array of something else.
  package func bools() throws(BenchmarkError) -> [Bool] {
    guard elementType == .bool else { throw failure("an array of \(elementType), expected booleans") }
    return numbers(UInt8.self) { $0 != 0 }
  }

  private func numbers<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
    _: Stored.Type, _ convert: (Stored) -> Value
  ) -> [Value] {
    let bytes = file.memory
    return (0..<count).map { index in
      let offset = range.lowerBound + index * MemoryLayout<Stored>.size
      return convert(Stored(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Stored.self)))
    }
  }
}

extension GGUFArray: Equatable {
  /// Whether type, count and bytes are the same, wherever they lie.
  package static func == (left: GGUFArray, right: GGUFArray) -> Bool {
    left.elementType == right.elementType && left.count == right.count
      && left.file.memory[left.range].elementsEqual(right.file.memory[right.range])
  }
}
