/// Walks JSON text (RFC 8259) without building a tree of it: finds where values lie, and reads strings and numbers in place.
///
/// A tokenizer.json has more than a million strings; a tree of them costs seconds. `JSONReader` builds trees with it.
package struct JSONScanner {
  package let bytes: [UInt8]
  package let name: String
  package var offset: Int
  private let end: Int

  /// A scanner of a range of the bytes.
  package init(_ bytes: [UInt8], _ range: Range<Int>, name: String) {
    self.bytes = bytes
    self.name = name
    offset = range.lowerBound
    end = range.upperBound
  }

  /// Nesting beyond this is refused, so that hostile text cannot exhaust the stack.
  package static let maximumDepth = 256

  /// An error with the line and column that the scanner stands at.
  package func failure(_ reason: String) -> BenchmarkError {
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

  /// The next byte; nil at the end.
  package var next: UInt8? { offset < end ? bytes[offset] : nil }

  /// Whether a word comes next.
  package func isAt(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    return end - offset >= count && (0..<count).allSatisfy { bytes[offset + $0] == word.utf8Start[$0] }
  }

  package mutating func skipWhitespace() {
    while offset < end {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  /// Goes over a byte, and white space before it, if it comes next.
  package mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    skipWhitespace()
    guard offset < end, bytes[offset] == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  package mutating func expect(_ byte: Unicode.Scalar) throws(BenchmarkError) {
    if !skip(byte) { throw failure("'\(byte)' was expected") }
  }

  /// Throws unless only white space is left.
  package mutating func expectEnd() throws(BenchmarkError) {
    skipWhitespace()
    if offset != end { throw failure("text after the end of the value") }
  }

  /// Whether the next value is a string.
  package mutating func isAtString() -> Bool {
    skipWhitespace()
    return offset < end && bytes[offset] == UInt8(ascii: "\"")
  }

  /// Where the members of an object lie, by key; of a key that stands twice the last.
  package mutating func members() throws(BenchmarkError) -> [String: Range<Int>] {
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
  package mutating func skipValue() throws(BenchmarkError) -> Range<Int> {
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
  package mutating func readString(into buffer: inout [UInt8]) throws(BenchmarkError) {
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
    let fault: JSONEscape.Fault? = bytes.withUnsafeBufferPointer { bytes in
      do throws(JSONEscape.Fault) {
        try JSONEscape.read(UnsafeBufferPointer(rebasing: bytes[..<end]), &position, into: &buffer)
        return nil
      } catch { return error }
    }
    offset = position
    if let fault { throw failure(fault.reason) }
  }

  /// Reads a non-negative whole number of at most nine digits.
  package mutating func readIdentifier() throws(BenchmarkError) -> Int {
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
