/// Parses JSON text (RFC 8259): strict, depth-limited, with line and column in its errors, duplicate keys refused unless they
/// are asked for.
///
/// Ours rather than a library's because tokenizer files run to 32 MB, because whatever a stranger wrote must end in a
/// message (docs/decisions/0002-support-module.md), and because Foundation's would double the size of the library.
package struct JSONReader {
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

  private var scanner: JSONScanner
  private let leniency: Leniency
  /// The bytes of the string that is read.
  private var buffer: [UInt8] = []

  /// The value of a whole document. `name` stands in front of the message of an error.
  package static func parse(_ text: String, name: String = "JSON") throws(BenchmarkError) -> JSONValue {
    try parse(Array(text.utf8), name: name)
  }

  /// The value of a whole document given as UTF-8.
  package static func parse(
    _ bytes: some Collection<UInt8>, name: String = "JSON", reading leniency: Leniency = []
  ) throws(BenchmarkError) -> JSONValue {
    let bytes = Array(bytes)
    let start = ByteOrderMark.length(bytes)
    var reader = JSONReader(scanner: JSONScanner(bytes, start..<bytes.count, name: name), leniency: leniency)
    reader.scanner.skipWhitespace()
    let value = try reader.readValue(depth: 0)
    reader.scanner.skipWhitespace()
    if reader.scanner.next != nil { throw reader.failure("text after the end of the document") }
    return value
  }

  private init(scanner: JSONScanner, leniency: Leniency) {
    self.scanner = scanner
    self.leniency = leniency
  }

  private func failure(_ reason: String) -> BenchmarkError { scanner.failure(reason) }

  private mutating func readValue(depth: Int) throws(BenchmarkError) -> JSONValue {
    if depth > JSONScanner.maximumDepth { throw failure("nesting deeper than \(JSONScanner.maximumDepth)") }
    guard let byte = scanner.next else { throw failure("the document ends early") }
    switch byte {
    case UInt8(ascii: "{"): return try readObject(depth: depth)
    case UInt8(ascii: "["): return try readArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readWord("true", .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", .null)
    case UInt8(ascii: "N") where leniency.contains(.wordsAsNumbers): return try readWord("NaN", .number(.nan))
    case UInt8(ascii: "I") where leniency.contains(.wordsAsNumbers): return try readWord("Infinity", .number(.infinity))
    case UInt8(ascii: "-") where leniency.contains(.wordsAsNumbers) && scanner.isAt("-I"):
      return try readWord("-Infinity", .number(-.infinity))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
    default: throw failure("a value was expected")
    }
  }

  private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws(BenchmarkError) -> JSONValue {
    guard scanner.isAt(word) else { throw failure("a value was expected") }
    scanner.offset += word.utf8CodeUnitCount
    return value
  }

  private mutating func readObject(depth: Int) throws(BenchmarkError) -> JSONValue {
    scanner.offset += 1
    var object = JSONObject()
    scanner.skipWhitespace()
    if scanner.next == UInt8(ascii: "}") {
      scanner.offset += 1
      return .object(object)
    }
    while true {
      scanner.skipWhitespace()
      if scanner.next != UInt8(ascii: "\"") { throw failure("a key in double quotes was expected") }
      let key = try readString()
      scanner.skipWhitespace()
      if scanner.next != UInt8(ascii: ":") { throw failure("':' was expected after the key \"\(key)\"") }
      scanner.offset += 1
      scanner.skipWhitespace()
      let value = try readValue(depth: depth + 1)
      if !object.append(key, value) {
        guard leniency.contains(.repeatedKeys) else { throw failure("the key \"\(key)\" is given twice in one object") }
        object[key] = value
      }
      scanner.skipWhitespace()
      switch scanner.next {
      case UInt8(ascii: ","): scanner.offset += 1
      case UInt8(ascii: "}"):
        scanner.offset += 1
        return .object(object)
      default: throw failure("',' or '}' was expected")
      }
    }
  }

  private mutating func readArray(depth: Int) throws(BenchmarkError) -> JSONValue {
    scanner.offset += 1
    var elements: [JSONValue] = []
    scanner.skipWhitespace()
    if scanner.next == UInt8(ascii: "]") {
      scanner.offset += 1
      return .array(elements)
    }
    while true {
      scanner.skipWhitespace()
      elements.append(try readValue(depth: depth + 1))
      scanner.skipWhitespace()
      switch scanner.next {
      case UInt8(ascii: ","): scanner.offset += 1
      case UInt8(ascii: "]"):
        scanner.offset += 1
        return .array(elements)
      default: throw failure("',' or ']' was expected")
      }
    }
  }

  private mutating func readNumber() throws(BenchmarkError) -> JSONValue {
    let start = scanner.offset
    var isInteger = true
    if scanner.next == UInt8(ascii: "-") { scanner.offset += 1 }
    let integerStart = scanner.offset
    skipDigits()
    if scanner.offset == integerStart
      || (scanner.offset - integerStart > 1 && scanner.bytes[integerStart] == UInt8(ascii: "0"))
    {
      throw failure("a malformed number")
    }
    if scanner.next == UInt8(ascii: ".") {
      isInteger = false
      scanner.offset += 1
      let fractionStart = scanner.offset
      skipDigits()
      if scanner.offset == fractionStart { throw failure("a malformed number") }
    }
    if let byte = scanner.next, byte | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      scanner.offset += 1
      if let sign = scanner.next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { scanner.offset += 1 }
      let exponentStart = scanner.offset
      skipDigits()
      if scanner.offset == exponentStart { throw failure("a malformed number") }
    }
    let text = String(decoding: scanner.bytes[start..<scanner.offset], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite || leniency.contains(.wordsAsNumbers) else {
      throw failure("the number \(text) is out of range")
    }
    return .number(value)
  }

  private mutating func skipDigits() {
    while let byte = scanner.next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { scanner.offset += 1 }
  }

  private mutating func readString() throws(BenchmarkError) -> String {
    buffer.removeAll(keepingCapacity: true)
    try scanner.readString(into: &buffer)
    guard let text = String(validating: buffer, as: UTF8.self) else { throw failure("invalid UTF-8 in a string") }
    return text
  }
}
