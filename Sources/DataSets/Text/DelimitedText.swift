import Support

/// Reads comma-separated values (RFC 4180), or values with another delimiter: quoted fields may hold delimiters, line breaks
/// and doubled quotes. Blank lines are skipped.
///
/// As Python's `csv`, which most data sets were read with, it takes a quote inside an unquoted field literally, and
/// ends a row at CR LF, LF or CR. Unlike it, it refuses text after a closing quote and a quote that is never closed.
package struct DelimitedText {
  package struct Row: Equatable {
    /// The line the row starts on, from 1.
    package let line: Int
    package let fields: [String]
  }

  private var source: TextSource
  private let delimiter: UInt8
  private var line = 1
  private var content: [UInt8] = []
  /// Bytes of the row that is read.
  private var rowBytes = 0

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  init(_ source: TextSource, delimiter: UInt8 = UInt8(ascii: ",")) {
    self.source = source
    self.delimiter = delimiter
  }

  /// The rows of a file in memory. `path` stands in front of the message of an error.
  package static func rows(of bytes: [UInt8], path: String) throws(BenchmarkError) -> [Row] {
    var reader = DelimitedText(TextSource(bytes, path: path))
    var rows: [Row] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  mutating func next() throws(BenchmarkError) -> Row? {
    repeat {
      if try source.peek() == nil { return nil }
    } while try endLine()
    let start = line
    rowBytes = 0
    var fields = [try field()]
    while try source.peek() == delimiter {
      source.offset += 1
      fields.append(try field())
    }
    if try source.peek() != nil, try !endLine() { throw failure(line, "text after the closing quote of a field") }
    return Row(line: start, fields: fields)
  }

  /// Steps over a line break; false where there is none.
  private mutating func endLine() throws(BenchmarkError) -> Bool {
    guard let byte = try source.peek(), byte == Self.lineFeed || byte == Self.carriageReturn else { return false }
    source.offset += 1
    if byte == Self.carriageReturn, try source.peek() == Self.lineFeed { source.offset += 1 }
    line += 1
    return true
  }

  private mutating func field() throws(BenchmarkError) -> String {
    let start = line
    content.removeAll(keepingCapacity: true)
    if try source.peek() == Self.quote {
      source.offset += 1
      try readQuoted()
    } else {
      while let byte = try source.peek(), byte != delimiter, byte != Self.lineFeed, byte != Self.carriageReturn {
        try append(byte)
      }
    }
    guard let text = String(validating: content, as: UTF8.self) else { throw failure(start, "not valid UTF-8") }
    return text
  }

  private mutating func readQuoted() throws(BenchmarkError) {
    let start = line
    while let byte = try source.peek() {
      try append(byte)
      if byte == Self.quote {
        guard try source.peek() == Self.quote else {
          content.removeLast()
          return
        }
        source.offset += 1
      } else if byte == Self.lineFeed {
        line += 1
      } else if byte == Self.carriageReturn, try source.peek() != Self.lineFeed {
        line += 1
      }
    }
    throw failure(start, "a quoted field is not closed")
  }

  private mutating func append(_ byte: UInt8) throws(BenchmarkError) {
    source.offset += 1
    rowBytes += 1
    if rowBytes > TextSource.maximumRowBytes {
      throw failure(line, "a row of more than \(TextSource.maximumRowBytes) bytes")
    }
    content.append(byte)
  }

  private func failure(_ line: Int, _ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(source.path):\(line): \(reason)")
  }
}
