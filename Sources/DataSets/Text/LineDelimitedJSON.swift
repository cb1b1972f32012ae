import Support

/// Reads a file with one JSON object a line (JSON Lines); blank lines are skipped.
package struct LineDelimitedJSON {
  private var source: TextSource
  private var line = 0

  init(_ source: TextSource) { self.source = source }

  /// The objects of a file in memory. `path` stands in front of the message of an error.
  package static func rows(of bytes: [UInt8], path: String) throws(BenchmarkError) -> [DataRow] {
    var reader = LineDelimitedJSON(TextSource(bytes, path: path))
    var rows: [DataRow] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  mutating func next() throws(BenchmarkError) -> DataRow? {
    while let range = try source.nextLine() {
      line += 1
      let path = source.path
      let line = line
      let value = try source.buffer.withUnsafeBufferPointer { buffer in
        Result { () throws(BenchmarkError) in
          try Self.value(UnsafeBufferPointer(rebasing: buffer[range]), place: "\(path):\(line)")
        }
      }.get()
      guard let value else { continue }
      guard case .object(let fields) = value else {
        throw BenchmarkError(.invalidFile, "\(path):\(line): a JSON object was expected")
      }
      return DataRow(fields: fields, path: path, number: line, isLine: true)
    }
    return nil
  }

  /// A line's value, nil of a blank one; the reader counts lines from the start of its text, so its "1" becomes the file's line.
  private static func value(_ bytes: UnsafeBufferPointer<UInt8>, place: String) throws(BenchmarkError) -> JSONValue? {
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
    do {
      return try JSONReader.parse(bytes, name: "")
    } catch {
      let reason = error.message.hasPrefix(":1:") ? String(error.message.dropFirst(3)) : error.message
      throw BenchmarkError(error.kind, "\(place):\(reason)")
    }
  }
}
