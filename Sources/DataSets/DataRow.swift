import Support

/// A row of a data file: its fields, and where it stands.
package struct DataRow: Sendable, Equatable {
  package let fields: JSONObject
  package let path: String
  /// The line it starts on, or its number in a file that does not go by lines; both from 1.
  package let number: Int
  /// Whether `number` is a line.
  package let isLine: Bool

  package init(fields: JSONObject, path: String, number: Int, isLine: Bool) {
    self.fields = fields
    self.path = path
    self.number = number
    self.isLine = isLine
  }

  /// The file and the place in it, as errors have it.
  package var place: String { isLine ? "\(path):\(number)" : "\(path): row \(number)" }

  package func failure(_ reason: String) -> BenchmarkError { BenchmarkError(.invalidFile, "\(place): \(reason)") }

  /// The text under a key; an error with file and place if there is none.
  package func string(_ key: String) throws(BenchmarkError) -> String {
    guard let text = fields[key]?.stringValue else {
      throw failure("\"\(key)\" \(fields[key].map { "is \($0.typeName), not a text" } ?? "is missing")")
    }
    return text
  }
}
