import Support

/// Reads the rows of a data file of any form, one after the other.
///
/// Parquet, JSON Lines, CSV and TSV are read as rows are asked for, so that memory is that of a few pages or lines; a JSON
/// document is read as a whole. Errors name the file and the place: of a file that is damaged or cut, of one that changes while
/// it is read, of what is not supported.
package struct DataReader {
  private enum Source {
    case parquet(ParquetRows)
    case lines(LineDelimitedJSON)
    case document([JSONObject])
    case delimited(DelimitedRows)
  }

  package let path: String
  package let format: DataFormat
  /// The columns of the file in its order; nil in JSON, where each row has its own.
  package let columns: [String]?
  /// The number of rows; nil if only reading them all would tell.
  package let rowCount: Int?
  private let chosen: [String]?
  private var source: Source
  /// Rows that were given.
  private var count = 0

  /// Opens a file.
  ///
  /// Errors: no such file; a form that neither name nor content tell; a head that is damaged; an option for another form; a
  /// column that is not there.
  package init(_ path: String, _ options: DataOptions = DataOptions()) throws(BenchmarkError) {
    let file = try DataFileBytes(path)
    let format = if let given = options.format { given } else { try FormatGuess.format(of: file) }
    try Self.check(options, format, path)
    self.path = path
    self.format = format
    chosen = options.columns
    switch format {
    case .parquet:
      let parquet = try ParquetFile(file)
      columns = parquet.columnNames
      rowCount = parquet.rowCount
      source = .parquet(try ParquetRows(parquet, columns: options.columns))
    case .jsonLines:
      columns = nil
      rowCount = nil
      source = .lines(LineDelimitedJSON(try TextSource(file)))
    case .json:
      let rows = try JSONRows.read(file, field: options.field)
      columns = nil
      rowCount = rows.count
      source = .document(rows)
    case .csv, .tsv:
      let delimiter = UInt8(ascii: format == .csv ? "," : "\t")
      let rows = try DelimitedRows(
        DelimitedText(try TextSource(file), delimiter: delimiter), path: path, names: options.header,
        types: options.types)
      for name in options.columns ?? [] where !rows.names.contains(name) {
        throw BenchmarkError(.notFound, "\(path): no column \"\(name)\"\(NearestName.hint(name, among: rows.names))")
      }
      columns = rows.names
      rowCount = nil
      source = .delimited(rows)
    }
  }

  /// Throws if an option means nothing for a form.
  private static func check(_ options: DataOptions, _ format: DataFormat, _ path: String) throws(BenchmarkError) {
    let isDelimited = format == .csv || format == .tsv
    if !isDelimited, options.header != nil || !options.types.isEmpty {
      throw BenchmarkError(
        .invalidArgument,
        "\(path): names and types of columns are given for CSV and TSV files, and it is read as \(format.rawValue)"
      )
    }
    if format != .json, let field = options.field {
      throw BenchmarkError(
        .invalidArgument,
        "\(path): the field \"\(field)\" is of a JSON document, and the file is read as \(format.rawValue)")
    }
  }

  /// The next row; nil at the end.
  package mutating func next() throws(BenchmarkError) -> DataRow? {
    switch source {
    case .parquet(var rows):
      // Taken out, so that what it holds is not copied when it changes.
      source = .document([])
      defer { source = .parquet(rows) }
      guard let fields = try rows.next() else { return nil }
      count += 1
      return DataRow(fields: fields, path: path, number: count, isLine: false)
    case .lines(var rows):
      source = .document([])
      defer { source = .lines(rows) }
      return try rows.next().map(choose)
    case .document(let rows):
      guard count < rows.count else { return nil }
      count += 1
      return choose(DataRow(fields: rows[count - 1], path: path, number: count, isLine: false))
    case .delimited(var rows):
      source = .document([])
      defer { source = .delimited(rows) }
      return try rows.next().map(choose)
    }
  }

  /// The rows that are left, or the first `limit` of them.
  package mutating func rows(atMost limit: Int? = nil) throws(BenchmarkError) -> [DataRow] {
    var rows: [DataRow] = []
    while rows.count < limit ?? .max, let row = try next() { rows.append(row) }
    return rows
  }

  /// The row with the columns that were asked for.
  private func choose(_ row: DataRow) -> DataRow {
    guard let chosen else { return row }
    var fields = JSONObject()
    for name in chosen { fields[name] = row.fields[name] }
    return DataRow(fields: fields, path: row.path, number: row.number, isLine: row.isLine)
  }
}
