import Support

/// A page of data, unpacked: its levels and values are read on from where they are.
struct DataPage {
  /// Values of the column, the missing ones included.
  var entriesLeft: Int
  /// nil where the level is 0 for all.
  var repetition: HybridDecoder?
  var definition: HybridDecoder?
  var values: any ValueDecoder
  /// The memory that the decoders read from.
  let owners: [DataBytes]
}

/// Reads the pages of a column in a row group one after the other.
final class PageReader {
  private static let headerStep = 8192

  private let file: DataFileBytes
  private let leaf: ParquetLeaf
  private let place: String
  private let codec: Codec
  private let end: Int
  private var offset: Int
  private var entriesLeft: Int
  private var dictionary: [JSONValue]?
  /// Where the page in use begins.
  private var pageOffset: Int

  /// - Parameter rowGroup: Its index, for messages.
  init(_ file: DataFileBytes, _ chunk: ParquetMetadata.ColumnChunk, _ leaf: ParquetLeaf, rowGroup: Int)
    throws(BenchmarkError)
  {
    self.file = file
    self.leaf = leaf
    place = "\(file.path): column \"\(leaf.path)\", row group \(rowGroup)"
    offset = chunk.start
    pageOffset = offset
    end = offset + chunk.byteCount
    entriesLeft = chunk.entryCount
    do throws(DataFault) {
      if chunk.isEncrypted { throw .unsupported("it is encrypted; encrypted columns are not supported") }
      if let other = chunk.path { throw .unsupported("data in another file (\(other)) are not supported") }
      if case .unsupported(let what) = leaf.type.meaning { throw .unsupported("\(what) is not supported") }
      codec = try Codec.reading(chunk.codec)
    } catch { throw error.error(at: place) }
  }

  /// An error in the page in use.
  func failure(_ fault: DataFault) -> BenchmarkError { fault.error(at: "\(place), page at byte \(pageOffset)") }

  /// The next page of data; nil when all values of the column were given.
  func next() throws(BenchmarkError) -> DataPage? {
    while entriesLeft > 0 {
      pageOffset = offset
      if offset >= end { throw failure(DataFault("\(entriesLeft) values are missing")) }
      let header = try readHeader()
      let body = offset + header.byteCount
      let limit = end - body
      if !(0...limit ~= header.storedSize) {
        throw failure(DataFault("a page of \(header.storedSize) bytes, where its column has \(limit) left"))
      }
      offset = body + header.storedSize
      guard let kind = header.kind, kind != .index else { continue }
      let stored = try file.read(at: body, header.storedSize)
      do throws(DataFault) {
        try check(header, stored)
        switch kind {
        case .dictionary: try readDictionary(header, stored)
        case .data, .dataV2: return try page(header, stored, isSecondVersion: kind == .dataV2)
        case .index: break
        }
      } catch { throw failure(error) }
    }
    return nil
  }

  /// The header at the offset, whose size is known when it is read.
  private func readHeader() throws(BenchmarkError) -> PageHeader {
    var size = Self.headerStep
    while true {
      let window = try file.read(at: offset, min(size, end - offset))
      do throws(DataFault) {
        return try window.withBytes { (bytes) throws(DataFault) in try PageHeader(bytes) }
      } catch {
        guard error.isEndsEarly, size < min(end - offset, ParquetLimits.headerBytes) else {
          throw failure(DataFault("header: \(error.reason)"))
        }
        size *= 8
      }
    }
  }

  private func check(_ header: PageHeader, _ stored: DataBytes) throws(DataFault) {
    if !(0...ParquetLimits.pageBytes ~= header.fullSize) {
      throw DataFault("a page of \(header.fullSize) bytes; the limit is \(ParquetLimits.pageBytes)")
    }
    if let checksum = header.checksum, stored.withBytes(Codec.checksum) != checksum {
      throw DataFault("its bytes do not have the checksum that was written (CRC-32); the file is damaged")
    }
  }

  /// The bytes of a page, or of what follows its levels, unpacked.
  private func unpack(_ stored: DataBytes, from start: Int = 0, to size: Int) throws(DataFault) -> DataBytes {
    let full = try DataBytes(count: size)
    // Without values some writers leave out even the frame of the compression.
    if size == 0, start == stored.count { return full }
    try stored.withBytes { (bytes) throws(DataFault) in
      try codec.unpack(UnsafeRawBufferPointer(rebasing: bytes[start...]), into: full.target)
    }
    return full
  }

  private func readDictionary(_ header: PageHeader, _ stored: DataBytes) throws(DataFault) {
    if dictionary != nil { throw DataFault("a second dictionary") }
    guard [ValueEncoding.plain, .plainDictionary].contains(ValueEncoding(rawValue: header.encoding)) else {
      throw DataFault("a dictionary in the encoding \(header.encoding)")
    }
    let full = codec == .none ? stored : try unpack(stored, to: header.fullSize)
    // A value takes at least a bit.
    guard 0...(full.count * 8) ~= header.entryCount else {
      throw DataFault("a dictionary of \(header.entryCount) entries in \(full.count) bytes")
    }
    let type = leaf.type
    dictionary = try full.withBytes { (bytes) throws(DataFault) in
      var decoder = try ValueEncoding.plain.decoder(of: bytes, type: type, dictionary: nil)
      var values: [JSONValue] = []
      values.reserveCapacity(min(header.entryCount, bytes.count))
      try decoder.decode(header.entryCount, into: &values)
      return values
    }
  }

  private func page(_ header: PageHeader, _ stored: DataBytes, isSecondVersion: Bool) throws(DataFault) -> DataPage {
    guard 0...entriesLeft ~= header.entryCount else {
      throw DataFault("a page of \(header.entryCount) values, where its column has \(entriesLeft) left")
    }
    guard let encoding = ValueEncoding(rawValue: header.encoding) else {
      throw DataFault("the unknown encoding \(header.encoding)")
    }
    entriesLeft -= header.entryCount
    return try isSecondVersion ? secondVersion(header, stored, encoding) : firstVersion(header, stored, encoding)
  }

  /// Version 1: the levels are compressed with the values, each list of levels behind its length.
  private func firstVersion(
    _ header: PageHeader, _ stored: DataBytes, _ encoding: ValueEncoding
  ) throws(DataFault) -> DataPage {
    let full = codec == .none ? stored : try unpack(stored, to: header.fullSize)
    var cursor = ByteCursor(full.bytes)
    func levels(_ maximum: Int, _ encoding: Int) throws(DataFault) -> HybridDecoder? {
      if maximum == 0 { return nil }
      guard encoding == ValueEncoding.rle.rawValue else {
        let name = ValueEncoding(rawValue: encoding)?.name ?? "\(encoding)"
        throw .unsupported("levels in the encoding \(name) are not supported")
      }
      return try Self.levels(try cursor.take(Int(try cursor.integer(UInt32.self))), maximum)
    }
    let repetition = try levels(leaf.maximumRepetition, header.repetitionEncoding)
    let definition = try levels(leaf.maximumDefinition, header.definitionEncoding)
    let values = try encoding.decoder(of: cursor.rest, type: leaf.type, dictionary: dictionary)
    return DataPage(
      entriesLeft: header.entryCount, repetition: repetition, definition: definition, values: values, owners: [full])
  }

  /// Version 2: the levels stand in front, never compressed.
  private func secondVersion(
    _ header: PageHeader, _ stored: DataBytes, _ encoding: ValueEncoding
  ) throws(DataFault) -> DataPage {
    var cursor = ByteCursor(stored.bytes)
    let repetitionLevels = try cursor.take(header.repetitionSize)
    let definitionLevels = try cursor.take(header.definitionSize)
    var owners = [stored]
    var bytes = cursor.rest
    if codec != .none, header.isCompressed {
      let size = header.fullSize - cursor.offset
      guard size >= 0 else { throw DataFault("levels of \(cursor.offset) bytes in a page of \(header.fullSize)") }
      let full = try unpack(stored, from: cursor.offset, to: size)
      owners.append(full)
      bytes = full.bytes
    }
    return DataPage(
      entriesLeft: header.entryCount,
      repetition: leaf.maximumRepetition == 0 ? nil : try Self.levels(repetitionLevels, leaf.maximumRepetition),
      definition: leaf.maximumDefinition == 0 ? nil : try Self.levels(definitionLevels, leaf.maximumDefinition),
      values: try encoding.decoder(of: bytes, type: leaf.type, dictionary: dictionary), owners: owners)
  }

  /// Levels from 0 to a maximum, in as many bits as that takes.
  private static func levels(_ bytes: UnsafeRawBufferPointer, _ maximum: Int) throws(DataFault) -> HybridDecoder {
    try HybridDecoder(bytes, width: Int.bitWidth - maximum.leadingZeroBitCount)
  }
}
