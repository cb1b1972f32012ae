/// What the footer of a parquet file says of it.
///
/// Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
struct ParquetMetadata {
  /// More columns, nested ones counted, are refused.
  private static let maximumElements = 100_000
  private static let maximumRowGroups = 1_000_000

  /// A column or a group of columns, in the order of a walk through the tree.
  struct Element {
    var name = ""
    var physical: Int?
    var length = 0
    var repetition: Int?
    var childCount = 0
    var converted: Int?
    var scale = 0
    var logical: Logical?
  }

  /// A logical type: its number in the union, and what it holds.
  struct Logical {
    var number = 0
    var scale = 0
    var bits = 0
    var isSigned = true
    var isUTC = false
    /// 1: milliseconds, 2: microseconds, 3: nanoseconds.
    var unit = 0
  }

  struct RowGroup {
    var columns: [ColumnChunk] = []
    var rowCount = 0
  }

  struct ColumnChunk {
    var path: String?
    var isEncrypted = false
    var physical = -1
    var codec = 0
    var entryCount = -1
    var byteCount = -1
    var dataOffset = -1
    var dictionaryOffset = 0

    /// Where the first page begins: a dictionary stands before the data. Writers give 0 for the one that is not there.
    var start: Int { [dictionaryOffset, dataOffset].filter { $0 > 0 }.min() ?? dataOffset }
  }

  private(set) var elements: [Element] = []
  private(set) var rowGroups: [RowGroup] = []
  private(set) var rowCount = -1

  init(_ bytes: UnsafeRawBufferPointer) throws(DataFault) {
    var reader = CompactReader(bytes)
    var elements: [Element] = []
    var rowGroups: [RowGroup] = []
    var rowCount = -1
    try reader.structure { (reader, field) throws(DataFault) in
      switch field.identifier {
      case 2:
        try reader.structures(in: field, atMost: Self.maximumElements) { (reader) throws(DataFault) in
          elements.append(try Self.element(&reader))
        }
      case 3: rowCount = try reader.integer(field)
      case 4:
        try reader.structures(in: field, atMost: Self.maximumRowGroups) { (reader) throws(DataFault) in
          rowGroups.append(try Self.rowGroup(&reader))
        }
      default: return false
      }
      return true
    }
    if elements.isEmpty { throw DataFault("the metadata have no schema") }
    self.elements = elements
    self.rowGroups = rowGroups
    self.rowCount = rowCount
  }

  private static func element(_ reader: inout CompactReader) throws(DataFault) -> Element {
    var element = Element()
    try reader.structure { (reader, field) throws(DataFault) in
      switch field.identifier {
      case 1: element.physical = try reader.integer(field)
      case 2: element.length = try reader.integer(field)
      case 3: element.repetition = try reader.integer(field)
      case 4: element.name = try reader.text(field)
      case 5: element.childCount = try reader.integer(field)
      case 6: element.converted = try reader.integer(field)
      case 7: element.scale = try reader.integer(field)
      case 10: element.logical = try logical(&reader, field)
      default: return false
      }
      return true
    }
    return element
  }

  private static func logical(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(DataFault) -> Logical
  {
    var logical = Logical()
    try reader.structure(in: field) { (reader, field) throws(DataFault) in
      logical.number = field.identifier
      switch logical.number {
      case 5:
        try reader.structure(in: field) { (reader, field) throws(DataFault) in
          if field.identifier != 1 { return false }
          logical.scale = try reader.integer(field)
          return true
        }
      case 7, 8:
        try reader.structure(in: field) { (reader, field) throws(DataFault) in
          switch field.identifier {
          case 1: logical.isUTC = try reader.flag(field)
          case 2:
            try reader.structure(in: field) { (_, field) throws(DataFault) in
              logical.unit = field.identifier
              return false
            }
          default: return false
          }
          return true
        }
      case 10:
        try reader.structure(in: field) { (reader, field) throws(DataFault) in
          switch field.identifier {
          case 1: logical.bits = try reader.integer(field)
          case 2: logical.isSigned = try reader.flag(field)
          default: return false
          }
          return true
        }
      default: return false
      }
      return true
    }
    return logical
  }

  private static func rowGroup(_ reader: inout CompactReader) throws(DataFault) -> RowGroup {
    var group = RowGroup()
    try reader.structure { (reader, field) throws(DataFault) in
      switch field.identifier {
      case 1:
        try reader.structures(in: field, atMost: maximumElements) { (reader) throws(DataFault) in
          group.columns.append(try columnChunk(&reader))
        }
      case 3: group.rowCount = try reader.integer(field)
      default: return false
      }
      return true
    }
    return group
  }

  private static func columnChunk(_ reader: inout CompactReader) throws(DataFault) -> ColumnChunk {
    var chunk = ColumnChunk()
    try reader.structure { (reader, field) throws(DataFault) in
      switch field.identifier {
      case 1: chunk.path = try reader.text(field)
      case 3:
        try reader.structure(in: field) { (reader, field) throws(DataFault) in
          switch field.identifier {
          case 1: chunk.physical = try reader.integer(field)
          case 4: chunk.codec = try reader.integer(field)
          case 5: chunk.entryCount = try reader.integer(field)
          case 7: chunk.byteCount = try reader.integer(field)
          case 9: chunk.dataOffset = try reader.integer(field)
          case 11: chunk.dictionaryOffset = try reader.integer(field)
          default: return false
          }
          return true
        }
      case 8:
        chunk.isEncrypted = true
        return false
      default: return false
      }
      return true
    }
    return chunk
  }
}

/// What stands before the bytes of a page.
struct PageHeader {
  enum Kind: Int { case data = 0, index, dictionary, dataV2 }

  var kind: Kind?
  var fullSize = -1
  var storedSize = -1
  var checksum: UInt32?
  var entryCount = -1
  var encoding = -1
  /// Of version 1: how the levels are encoded.
  var definitionEncoding = -1
  var repetitionEncoding = -1
  /// Of version 2: the bytes of the levels, which are never compressed.
  var definitionSize = 0
  var repetitionSize = 0
  var isCompressed = true
  /// The header's own bytes.
  private(set) var byteCount = 0

  init(_ bytes: UnsafeRawBufferPointer) throws(DataFault) {
    var reader = CompactReader(bytes)
    var header = PageHeader()
    var number = -1
    try reader.structure { (reader, field) throws(DataFault) in
      switch field.identifier {
      case 1: number = try reader.integer(field)
      case 2: header.fullSize = try reader.integer(field)
      case 3: header.storedSize = try reader.integer(field)
      case 4: header.checksum = UInt32(truncatingIfNeeded: try reader.integer(field))
      case 5, 7, 8:
        // A data page of version 1, a dictionary, a data page of version 2: similar fields under other numbers.
        let part = field.identifier
        try reader.structure(in: field) { (reader, field) throws(DataFault) in
          switch (part, field.identifier) {
          case (_, 1): header.entryCount = try reader.integer(field)
          case (5, 2), (7, 2), (8, 4): header.encoding = try reader.integer(field)
          case (5, 3): header.definitionEncoding = try reader.integer(field)
          case (5, 4): header.repetitionEncoding = try reader.integer(field)
          case (8, 5): header.definitionSize = try reader.integer(field)
          case (8, 6): header.repetitionSize = try reader.integer(field)
          case (8, 7): header.isCompressed = try reader.flag(field)
          default: return false
          }
          return true
        }
      default: return false
      }
      return true
    }
    header.kind = Kind(rawValue: number)
    header.byteCount = reader.cursor.offset
    self = header
  }

  private init() {}
}
