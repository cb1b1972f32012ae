import Support

/// A parquet file: its columns and rows, decoded when they are asked for.
///
/// Read: data pages of both versions, with every encoding but levels in BIT_PACKED, which writers gave up in 2013; compression
/// by snappy, gzip and zstd; nesting of every kind, a map as a list of pairs. `LeafType` says what values become. What pyarrow
/// adds to a file for itself (the Arrow schema) is ignored: durations are whole numbers.
/// Source: https://github.com/apache/parquet-format
struct ParquetFile {
  private static let magic = Array("PAR1".utf8)
  private static let encryptedMagic = Array("PARE".utf8)
  /// The length of the footer and the magic bytes behind it.
  private static let tailBytes = 8

  let file: DataFileBytes
  let schema: ParquetSchema
  let rowCount: Int
  let rowGroups: [ParquetMetadata.RowGroup]

  var columnNames: [String] { schema.columns.map(\.name) }

  /// Whether a file's first bytes are those of a parquet file.
  static func begins(_ start: some Collection<UInt8>) -> Bool {
    start.starts(with: magic) || start.starts(with: encryptedMagic)
  }

  init(_ file: DataFileBytes) throws(BenchmarkError) {
    self.file = file
    let (start, size) = try Self.footer(of: file)
    let footer = try file.read(at: start, size)
    do throws(DataFault) {
      let metadata = try footer.withBytes { (bytes) throws(DataFault) in try ParquetMetadata(bytes) }
      schema = try ParquetSchema(metadata.elements)
      try Self.check(metadata, schema, dataEnd: start)
      rowCount = metadata.rowCount
      rowGroups = metadata.rowGroups
    } catch { throw error.error(at: "\(file.path): footer") }
  }

  /// Where the footer begins, and its size.
  private static func footer(of file: DataFileBytes) throws(BenchmarkError) -> (start: Int, size: Int) {
    func failure(_ reason: String) -> BenchmarkError { BenchmarkError(.invalidFile, "\(file.path): \(reason)") }
    guard file.count >= magic.count + tailBytes else {
      throw failure("\(file.count) bytes are too few for a parquet file")
    }
    let start = try file.read(at: 0, magic.count).withBytes { Array($0) }
    let (size, lastMagic) = try file.read(at: file.count - tailBytes, tailBytes).withBytes { tail in
      (Int(UInt32(littleEndian: tail.loadUnaligned(as: UInt32.self))), Array(tail[4...]))
    }
    if lastMagic == encryptedMagic || start == encryptedMagic {
      throw BenchmarkError(
        .unsupported, "\(file.path): the footer is encrypted; encrypted parquet files are not supported")
    }
    if start != magic { throw failure("not a parquet file: it does not begin with PAR1") }
    if lastMagic != magic { throw failure("the end of the file is missing: it does not end with PAR1") }
    let room = file.count - magic.count - tailBytes
    if size > room { throw failure("a footer of \(size) bytes in a file of \(file.count)") }
    if size > ParquetLimits.footerBytes {
      throw failure("a footer of \(size) bytes; the limit is \(ParquetLimits.footerBytes)")
    }
    return (file.count - tailBytes - size, size)
  }

  /// Checks that the parts of the file lie where they can, and that no count is beyond what the bytes make plausible.
  private static func check(_ metadata: ParquetMetadata, _ schema: ParquetSchema, dataEnd: Int) throws(DataFault) {
    var rows = 0
    for (index, group) in metadata.rowGroups.enumerated() {
      func fault(_ reason: String) -> DataFault { DataFault("row group \(index): \(reason)") }
      guard group.columns.count == schema.leaves.count else {
        throw fault("\(group.columns.count) columns, where the schema has \(schema.leaves.count)")
      }
      guard 0...ParquetLimits.plausibleCount(inBytes: dataEnd) ~= group.rowCount else {
        throw fault("\(group.rowCount) rows in \(dataEnd) bytes")
      }
      rows += group.rowCount
      for (chunk, leaf) in zip(group.columns, schema.leaves) {
        func fault(_ reason: String) -> DataFault {
          DataFault("row group \(index), column \"\(leaf.path)\": \(reason)")
        }
        if chunk.isEncrypted { continue }
        guard chunk.physical == leaf.type.physical.rawValue else {
          throw fault("another type than in the schema")
        }
        guard magic.count...dataEnd ~= chunk.start, 0...(dataEnd - chunk.start) ~= chunk.byteCount else {
          throw fault("\(chunk.byteCount) bytes from byte \(chunk.start) on are outside of the data")
        }
        guard 0...ParquetLimits.plausibleCount(inBytes: chunk.byteCount) ~= chunk.entryCount,
          leaf.maximumRepetition == 0 ? chunk.entryCount == group.rowCount : chunk.entryCount >= group.rowCount
        else { throw fault("\(chunk.entryCount) values for \(group.rowCount) rows in \(chunk.byteCount) bytes") }
      }
    }
    if rows != metadata.rowCount {
      throw DataFault("\(metadata.rowCount) rows are announced, and the row groups have \(rows)")
    }
  }
}

/// The rows of a parquet file in their order; row groups are opened, and pages unpacked, as rows are asked for.
struct ParquetRows {
  private let file: ParquetFile
  private let columns: [ParquetNode]
  private var nextGroup = 0
  private var rowsLeft = 0
  private var assembler: RecordAssembler?

  /// - Parameter names: The columns to decode, all others are left alone; nil: all.
  init(_ file: ParquetFile, columns names: [String]?) throws(BenchmarkError) {
    self.file = file
    guard let names else {
      columns = file.schema.columns
      return
    }
    var columns: [ParquetNode] = []
    for name in names where !columns.contains(where: { $0.name == name }) {
      guard let column = file.schema.columns.first(where: { $0.name == name }) else {
        let hint = NearestName.hint(name, among: file.columnNames)
        throw BenchmarkError(.notFound, "\(file.file.path): no column \"\(name)\"\(hint)")
      }
      columns.append(column)
    }
    self.columns = columns
  }

  mutating func next() throws(BenchmarkError) -> JSONObject? {
    while rowsLeft == 0 {
      try assembler?.checkEnd()
      assembler = nil
      guard nextGroup < file.rowGroups.count else { return nil }
      try openGroup()
    }
    let row = try assembler!.row()
    rowsLeft -= 1
    return row
  }

  private mutating func openGroup() throws(BenchmarkError) {
    try file.file.checkUnchanged()
    let group = file.rowGroups[nextGroup]
    let (file, number) = (file, nextGroup)
    assembler = try RecordAssembler(columns) { (index) throws(BenchmarkError) in
      let leaf = file.schema.leaves[index]
      return ColumnCursor(try PageReader(file.file, group.columns[index], leaf, rowGroup: number), leaf)
    }
    rowsLeft = group.rowCount
    nextGroup += 1
  }
}
