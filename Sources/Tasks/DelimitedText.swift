import Support

/// Reads comma-separated values (RFC 4180): quoted fields may hold commas, line breaks and doubled quotes.
///
/// As Python's `csv`, which most data sets were read with, it takes a quote inside an unquoted field literally, and
/// ends a row at CR LF, LF or CR. Unlike it, it refuses text after a closing quote and a quote that is never closed.
enum DelimitedText {
  struct Row: Equatable {
    /// The line the row starts on, from 1.
    let line: Int
    let fields: [String]
  }

  /// The rows of a file; blank lines are skipped. `path` stands in front of the message of an error.
  static func rows(of bytes: [UInt8], path: String) throws(BenchmarkError) -> [Row] {
    var reader = Reader(bytes: bytes, path: path)
    return try reader.rows()
  }

  private struct Reader {
    let bytes: [UInt8]
    let path: String
    var offset = 0
    var line = 1

    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    init(bytes: [UInt8], path: String) {
      self.bytes = bytes
      self.path = path
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }  // a byte-order mark
    }

    mutating func rows() throws(BenchmarkError) -> [Row] {
      var rows: [Row] = []
      while offset < bytes.count {
        if endLine() { continue }
        let start = line
        var fields = [try field()]
        while offset < bytes.count, bytes[offset] == Self.comma {
          offset += 1
          fields.append(try field())
        }
        if offset < bytes.count, !endLine() { throw failure(line, "text after the closing quote of a field") }
        rows.append(Row(line: start, fields: fields))
      }
      return rows
    }

    /// Steps over a line break; false where there is none.
    private mutating func endLine() -> Bool {
      let byte = bytes[offset]
      guard byte == Self.lineFeed || byte == Self.carriageReturn else { return false }
      offset += 1
      if byte == Self.carriageReturn, offset < bytes.count, bytes[offset] == Self.lineFeed { offset += 1 }
      line += 1
      return true
    }

    private mutating func field() throws(BenchmarkError) -> String {
      let start = line
      var content: [UInt8] = []
      if offset < bytes.count, bytes[offset] == Self.quote {
        offset += 1
        try quoted(into: &content)
      } else {
        while offset < bytes.count {
          let byte = bytes[offset]
          if byte == Self.comma || byte == Self.lineFeed || byte == Self.carriageReturn { break }
          content.append(byte)
          offset += 1
        }
      }
      guard let text = String(validating: content, as: UTF8.self) else { throw failure(start, "not valid UTF-8") }
      return text
    }

    private mutating func quoted(into content: inout [UInt8]) throws(BenchmarkError) {
      let start = line
      while offset < bytes.count {
        let byte = bytes[offset]
        offset += 1
        if byte == Self.quote {
          guard offset < bytes.count, bytes[offset] == Self.quote else { return }
          offset += 1
        } else if byte == Self.lineFeed || (byte == Self.carriageReturn && next != Self.lineFeed) {
          line += 1
        }
        content.append(byte)
      }
      throw failure(start, "a quoted field is not closed")
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func failure(_ line: Int, _ reason: String) -> BenchmarkError {
      BenchmarkError(.invalidFile, "\(path):\(line): \(reason)")
    }
  }
}
