import Support

/// Reads a file with one JSON object a line (JSON Lines).
enum LineDelimitedJSON {
  struct Row: Equatable {
    /// The line of the file, from 1.
    let line: Int
    let object: JSONObject

    /// The text under a key; an error with file and line if there is none.
    func text(_ key: String, path: String) throws(BenchmarkError) -> String {
      guard let text = object[key]?.stringValue else {
        let found = object[key].map { "is \($0.typeName), not a text" } ?? "is missing"
        throw BenchmarkError(.invalidFile, "\(path):\(line): \"\(key)\" \(found)")
      }
      return text
    }
  }

  /// The objects of a file; blank lines are skipped. `path` stands in front of the message of an error.
  static func rows(of bytes: [UInt8], path: String) throws(BenchmarkError) -> [Row] {
    var rows: [Row] = []
    for (position, slice) in bytes.dropFirst(ByteOrderMark.length(bytes)).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).enumerated() {
      if slice.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let line = position + 1
      guard case .object(let object) = try parse(Array(slice), path: path, line: line) else {
        throw BenchmarkError(.invalidFile, "\(path):\(line): a JSON object was expected")
      }
      rows.append(Row(line: line, object: object))
    }
    return rows
  }

  /// A line's value; the reader counts lines from the start of its text, so its "1" becomes the file's line.
  private static func parse(_ bytes: [UInt8], path: String, line: Int) throws(BenchmarkError) -> JSONValue {
    do {
      return try JSONReader.parse(bytes, name: "")
    } catch {
      let reason = error.message.hasPrefix(":1:") ? String(error.message.dropFirst(3)) : error.message
      throw BenchmarkError(error.kind, "\(path):\(line):\(reason)")
    }
  }
}
