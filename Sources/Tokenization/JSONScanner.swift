import Support

/// Walks JSON text without building a tree of it: finds where values lie, and reads strings and numbers in place.
///
/// A tokenizer.json has more than a million strings; a tree of them costs seconds. What is small goes through
/// `Support.JSONReader` by its range.
struct JSONScanner {
  let bytes: [UInt8]
  let name: String
  var offset: Int
  private let end: Int

  /// A scanner of a range of the bytes, which must be valid UTF-8.
  init(_ bytes: [UInt8], _ range: Range<Int>, name: String) {
    self.bytes = bytes
    self.name = name
    offset = range.lowerBound
    end = range.upperBound
  }

  private static let maximumDepth = 256

  func failure(_ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(name): \(reason) at byte \(offset)")
  }

  private mutating func skipWhitespace() {
    while offset < end {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  /// Goes over a byte, and white space before it, if it comes next.
  mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    skipWhitespace()
    guard offset < end, bytes[offset] == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  mutating func expect(_ byte: Unicode.Scalar) throws(BenchmarkError) {
    if !skip(byte) { throw failure("'\(byte)' was expected") }
  }

  /// Throws unless only white space is left.
  mutating func expectEnd() throws(BenchmarkError) {
    skipWhitespace()
    if offset != end { throw failure("text after the end of the value") }
  }

  /// Whether the next value is a string.
  mutating func isAtString() -> Bool {
    skipWhitespace()
    return offset < end && bytes[offset] == UInt8(ascii: "\"")
  }

  /// Where the members of an object lie, by key; of a key that stands twice the last.
  mutating func members() throws(BenchmarkError) -> [String: Range<Int>] {
    var members: [String: Range<Int>] = [:]
    try expect("{")
    if skip("}") { return members }
    repeat {
      var key: [UInt8] = []
      try readString(into: &key)
      let text = String(decoding: key, as: UTF8.self)
      try expect(":")
      members[text] = try skipValue()
    } while skip(",")
    try expect("}")
    return members
  }

  /// Goes over one value and says where it lay. Only its brackets and strings are checked.
  mutating func skipValue() throws(BenchmarkError) -> Range<Int> {
    skipWhitespace()
    let start = offset
    var depth = 0
    while offset < end {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        while offset < end, bytes[offset] != UInt8(ascii: "\"") {
          offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        if offset >= end {
          offset = end
          throw failure("a string is not closed")
        }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth > Self.maximumDepth { throw failure("nesting deeper than \(Self.maximumDepth)") }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return start..<offset }
        depth -= 1
      case UInt8(ascii: ",") where depth == 0: return start..<offset
      default: break
      }
      offset += 1
    }
    if depth > 0 { throw failure("the document ends early") }
    return start..<offset
  }

  /// Appends the text of a string to a buffer.
  mutating func readString(into buffer: inout [UInt8]) throws(BenchmarkError) {
    if !isAtString() { throw failure("a string was expected") }
    offset += 1
    var start = offset
    while offset < end {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        buffer.append(contentsOf: bytes[start..<offset])
        offset += 1
        return
      }
      if byte < 0x20 { throw failure("an unescaped control character in a string") }
      if byte == UInt8(ascii: "\\") {
        buffer.append(contentsOf: bytes[start..<offset])
        offset += 1
        try readEscape(into: &buffer)
        start = offset
      } else {
        offset += 1
      }
    }
    throw failure("a string is not closed")
  }

  private mutating func readEscape(into buffer: inout [UInt8]) throws(BenchmarkError) {
    var position = offset
    var text: [UInt8] = []
    let fault: JSONEscape.Fault? = bytes.withUnsafeBufferPointer { bytes in
      do throws(JSONEscape.Fault) {
        try JSONEscape.read(UnsafeBufferPointer(rebasing: bytes[..<end]), &position, into: &text)
        return nil
      } catch { return error }
    }
    offset = position
    if let fault { throw failure(fault.reason) }
    buffer += text
  }

  /// Reads a non-negative whole number of at most nine digits.
  mutating func readIdentifier() throws(BenchmarkError) -> Int {
    skipWhitespace()
    let start = offset
    var value = 0
    while offset < end, bytes[offset] >= UInt8(ascii: "0"), bytes[offset] <= UInt8(ascii: "9"), offset - start < 9 {
      value = value * 10 + Int(bytes[offset] - UInt8(ascii: "0"))
      offset += 1
    }
    if offset == start { throw failure("a token identifier was expected") }
    return value
  }
}
