/// Parses JSON text (RFC 8259): strict, depth-limited, with line and column in its errors, duplicate keys refused unless they
/// are asked for.
///
/// Ours rather than a library's because tokenizer files run to 32 MB, because whatever a stranger wrote must end in a
/// message (docs/decisions/0002-support-module.md), and because Foundation's would double the size of the library.
package struct JSONReader {
  /// Nesting beyond this is refused, so that hostile text cannot exhaust the stack.
  static let maximumDepth = 256

  /// What is read beyond the strict form.
  package struct Leniency: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Of a key that stands twice in an object the last value counts.
    package static let repeatedKeys = Leniency(rawValue: 1)
    /// `NaN`, `Infinity` and `-Infinity` are numbers.
    package static let wordsAsNumbers = Leniency(rawValue: 2)
    /// What Python's `json` reads, and so `transformers`.
    package static let asPython: Leniency = [.repeatedKeys, .wordsAsNumbers]
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let name: String
  private let leniency: Leniency
  private var offset = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>, name: String, _ leniency: Leniency) {
    self.bytes = bytes
    self.name = name
    self.leniency = leniency
  }

  /// The value of a whole document. `name` stands in front of the message of an error.
  package static func parse(_ text: String, name: String = "JSON") throws(BenchmarkError) -> JSONValue {
    try parse(Array(text.utf8), name: name)
  }

  /// The value of a whole document given as UTF-8.
  package static func parse(_ bytes: [UInt8], name: String = "JSON", reading leniency: Leniency = [])
    throws(BenchmarkError) -> JSONValue
  {
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result<JSONValue, BenchmarkError> { () throws(BenchmarkError) in
        try parse(buffer, name: name, reading: leniency)
      }
    }
    return try result.get()
  }

  /// The value of a whole document given as UTF-8 in memory that outlives the call.
  package static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, name: String = "JSON", reading leniency: Leniency = []
  ) throws(BenchmarkError) -> JSONValue {
    var reader = JSONReader(bytes, name: name, leniency)
    reader.offset = ByteOrderMark.length(bytes)
    reader.skipWhitespace()
    let value = try reader.readValue(depth: 0)
    reader.skipWhitespace()
    if reader.offset != bytes.count { throw reader.failure("text after the end of the document") }
    return value
  }

  private func failure(_ reason: String) -> BenchmarkError {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return BenchmarkError(.invalidFile, "\(name):\(line):\(column): \(reason)")
  }

  private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipWhitespace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  private mutating func readValue(depth: Int) throws(BenchmarkError) -> JSONValue {
    if depth > Self.maximumDepth { throw failure("nesting deeper than \(Self.maximumDepth)") }
    guard let byte = peek() else { throw failure("the document ends early") }
    switch byte {
    case UInt8(ascii: "{"): return try readObject(depth: depth)
    case UInt8(ascii: "["): return try readArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readWord("true", .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", .null)
    case UInt8(ascii: "N") where leniency.contains(.wordsAsNumbers): return try readWord("NaN", .number(.nan))
    case UInt8(ascii: "I") where leniency.contains(.wordsAsNumbers): return try readWord("Infinity", .number(.infinity))
    case UInt8(ascii: "-") where leniency.contains(.wordsAsNumbers) && isWordNext("-I"):
      return try readWord("-Infinity", .number(-.infinity))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
    default: throw failure("a value was expected")
    }
  }

  private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws(BenchmarkError) -> JSONValue {
    guard isWordNext(word) else { throw failure("a value was expected") }
    offset += word.utf8CodeUnitCount
    return value
  }

  private func isWordNext(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    return bytes.count - offset >= count && (0..<count).allSatisfy { bytes[offset + $0] == word.utf8Start[$0] }
  }

  private mutating func readObject(depth: Int) throws(BenchmarkError) -> JSONValue {
    offset += 1
    var object = JSONObject()
    skipWhitespace()
    if peek() == UInt8(ascii: "}") {
      offset += 1
      return .object(object)
    }
    while true {
      skipWhitespace()
      if peek() != UInt8(ascii: "\"") { throw failure("a key in double quotes was expected") }
      let key = try readString()
      skipWhitespace()
      if peek() != UInt8(ascii: ":") { throw failure("':' was expected after the key \"\(key)\"") }
      offset += 1
      skipWhitespace()
      let value = try readValue(depth: depth + 1)
      if !object.append(key, value) {
        guard leniency.contains(.repeatedKeys) else { throw failure("the key \"\(key)\" is given twice in one object") }
        object[key] = value
      }
      skipWhitespace()
      switch peek() {
      case UInt8(ascii: ","): offset += 1
      case UInt8(ascii: "}"):
        offset += 1
        return .object(object)
      default: throw failure("',' or '}' was expected")
      }
    }
  }

  private mutating func readArray(depth: Int) throws(BenchmarkError) -> JSONValue {
    offset += 1
    var elements: [JSONValue] = []
    skipWhitespace()
    if peek() == UInt8(ascii: "]") {
      offset += 1
      return .array(elements)
    }
    while true {
      skipWhitespace()
      elements.append(try readValue(depth: depth + 1))
      skipWhitespace()
      switch peek() {
      case UInt8(ascii: ","): offset += 1
      case UInt8(ascii: "]"):
        offset += 1
        return .array(elements)
      default: throw failure("',' or ']' was expected")
      }
    }
  }

  private mutating func readNumber() throws(BenchmarkError) -> JSONValue {
    let start = offset
    var isInteger = true
    if peek() == UInt8(ascii: "-") { offset += 1 }
    let integerStart = offset
    skipDigits()
    if offset == integerStart || (offset - integerStart > 1 && bytes[integerStart] == UInt8(ascii: "0")) {
      throw failure("a malformed number")
    }
    if peek() == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      let fractionStart = offset
      skipDigits()
      if offset == fractionStart { throw failure("a malformed number") }
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      offset += 1
      if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
      let exponentStart = offset
      skipDigits()
      if offset == exponentStart { throw failure("a malformed number") }
    }
    let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite || leniency.contains(.wordsAsNumbers) else {
      throw failure("the number \(text) is out of range")
    }
    return .number(value)
  }

  private mutating func skipDigits() {
    while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
  }

  private mutating func readString() throws(BenchmarkError) -> String {
    offset += 1
    let start = offset
    while offset < bytes.count {  // the common case: no escape, one copy
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        let slice = UnsafeBufferPointer(rebasing: bytes[start..<offset])
        guard let text = String(validating: slice, as: UTF8.self) else { throw failure("invalid UTF-8 in a string") }
        offset += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { break }
      if byte < 0x20 { throw failure("an unescaped control character in a string") }
      offset += 1
    }
    var buffer = Array(bytes[start..<offset])
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: buffer, as: UTF8.self) else { throw failure("invalid UTF-8 in a string") }
        return text
      case UInt8(ascii: "\\"): try readEscape(into: &buffer)
      case 0..<0x20: throw failure("an unescaped control character in a string")
      default: buffer.append(byte)
      }
    }
    throw failure("a string is not closed")
  }

  private mutating func readEscape(into buffer: inout [UInt8]) throws(BenchmarkError) {
    do throws(JSONEscape.Fault) {
      try JSONEscape.read(bytes, &offset, into: &buffer)
    } catch { throw failure(error.reason) }
  }
}
