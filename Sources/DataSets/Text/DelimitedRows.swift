import Support

/// The rows of a file of delimited values, whose columns have names.
package struct DelimitedRows {
  private var reader: DelimitedText
  private let path: String
  private let types: [DataOptions.FieldType]
  let names: [String]

  /// - Parameters:
  ///   - names: The columns of a file without a header row; nil: the first row names them.
  ///   - types: What the texts of a column are; those that are not there stay texts.
  init(
    _ reader: DelimitedText, path: String, names given: [String]?, types: [String: DataOptions.FieldType]
  ) throws(BenchmarkError) {
    var reader = reader
    names = if let given { given } else { try reader.next()?.fields.map(PythonText.stripped) ?? [] }
    self.reader = reader
    self.path = path
    if let twice = names.enumerated().first(where: { [names] in names[..<$0.offset].contains($0.element) }) {
      throw BenchmarkError(
        .invalidFile,
        "\(path): two columns have the name \"\(twice.element)\"; use \"columns\" for a file without a header row")
    }
    for name in types.keys.sorted() where !names.contains(name) {
      throw BenchmarkError(.notFound, "\(path): no column \"\(name)\"\(NearestName.hint(name, among: names))")
    }
    self.types = names.map { types[$0] ?? .text }
  }

  /// The rows of a file in memory, all of them texts. `path` stands in front of the message of an error.
  package static func rows(of bytes: [UInt8], path: String, names: [String]?) throws(BenchmarkError) -> [DataRow] {
    let reader = DelimitedText(TextSource(bytes, path: path))
    var source = try DelimitedRows(reader, path: path, names: names, types: [:])
    var rows: [DataRow] = []
    while let row = try source.next() { rows.append(row) }
    return rows
  }

  mutating func next() throws(BenchmarkError) -> DataRow? {
    guard let row = try reader.next() else { return nil }
    guard row.fields.count == names.count else {
      throw BenchmarkError(
        .invalidFile,
        "\(path):\(row.line): \(names.count) fields (\(names.joined(separator: ", "))) were expected, not "
          + "\(row.fields.count)")
    }
    var members: [(key: String, value: JSONValue)] = []
    members.reserveCapacity(names.count)
    for (index, field) in row.fields.enumerated() {
      guard let value = types[index].value(field) else {
        throw BenchmarkError(
          .invalidFile, "\(path):\(row.line): \"\(field)\" in \"\(names[index])\" is not \(types[index].typeName)")
      }
      members.append((names[index], value))
    }
    return DataRow(fields: JSONObject(distinct: members), path: path, number: row.line, isLine: true)
  }
}

extension DataOptions.FieldType {
  /// The value that a text stands for; nil if it stands for none. An empty text is null, unless texts are wanted.
  fileprivate func value(_ text: String) -> JSONValue? {
    if self == .text { return .string(text) }
    let text = PythonText.stripped(text)
    if text.isEmpty { return .null }
    switch self {
    case .text: return .string(text)
    case .integer: return Int64(text).map { .integer($0) }
    case .number: return Double(text).map { .number($0) }
    case .boolean:
      switch text.lowercased() {
      case "true": return true
      case "false": return false
      default: return nil
      }
    }
  }

  fileprivate var typeName: String {
    switch self {
    case .text: "a text"
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    }
  }
}
