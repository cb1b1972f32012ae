import Support

/// The forms of data files.
package enum DataFormat: String, CaseIterable, Sendable {
  case parquet
  case jsonLines = "jsonl"
  case json, csv, tsv

  private static let endings: [(String, DataFormat)] = [
    (".parquet", .parquet), (".jsonl", .jsonLines), (".ndjson", .jsonLines), (".jsonlines", .jsonLines),
    (".json", .json), (".csv", .csv), (".tsv", .tsv),
  ]

  /// The form by the ending of a file's name; nil if the name does not say.
  package static func named(_ path: String) -> DataFormat? {
    let path = path.lowercased()
    return endings.first { path.hasSuffix($0.0) }?.1
  }
}

/// How a data file is read.
package struct DataOptions: Sendable {
  /// What the texts of a column of a CSV or TSV file are.
  package enum FieldType: String, CaseIterable, Sendable { case text, integer, number, boolean }

  /// nil: by the file's first bytes and its name.
  package var format: DataFormat?
  /// The columns of the rows, and in a parquet file those that are decoded; nil: all.
  package var columns: [String]?
  /// The names of the columns of a CSV or TSV file without a header row; nil: the first row has them.
  package var header: [String]?
  /// What the texts of columns of a CSV or TSV file are; a column that is not here stays text.
  package var types: [String: FieldType] = [:]
  /// The member of a JSON document that holds the rows; nil: the one that does.
  package var field: String?

  package init(
    format: DataFormat? = nil, columns: [String]? = nil, header: [String]? = nil, types: [String: FieldType] = [:],
    field: String? = nil
  ) {
    self.format = format
    self.columns = columns
    self.header = header
    self.types = types
    self.field = field
  }
}
