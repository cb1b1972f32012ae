import Support

/// What a parquet file may take at most: beyond it, a file is refused instead of filling the memory.
enum ParquetLimits {
  static let footerBytes = 256 << 20
  static let headerBytes = 16 << 20
  /// Bytes of an unpacked page, and of the values that one with shared beginnings holds.
  static let pageBytes = 1 << 30
  /// Values in one row.
  static let valuesPerRow = 1 << 22

  /// The most rows, or values of a column, that so many bytes may claim: a run of equal values takes few.
  static func plausibleCount(inBytes count: Int) -> Int { 1 << 26 + min(count, 1 << 30) * 4096 }
}

/// How the values of a page are written.
enum ValueEncoding: Int {
  case plain = 0
  case plainDictionary = 2
  case rle, bitPacked, deltaBinaryPacked, deltaLengthByteArray, deltaByteArray, rleDictionary, byteStreamSplit

  /// The name in the format's definition.
  var name: String {
    switch self {
    case .plain: "PLAIN"
    case .plainDictionary: "PLAIN_DICTIONARY"
    case .rle: "RLE"
    case .bitPacked: "BIT_PACKED"
    case .deltaBinaryPacked: "DELTA_BINARY_PACKED"
    case .deltaLengthByteArray: "DELTA_LENGTH_BYTE_ARRAY"
    case .deltaByteArray: "DELTA_BYTE_ARRAY"
    case .rleDictionary: "RLE_DICTIONARY"
    case .byteStreamSplit: "BYTE_STREAM_SPLIT"
    }
  }

  /// The decoder of a page's values.
  func decoder(
    of bytes: UnsafeRawBufferPointer, type: LeafType, dictionary: [JSONValue]?
  ) throws(DataFault) -> any ValueDecoder {
    switch (self, type.physical) {
    case (.plain, .boolean): return PlainBooleanDecoder(bytes: bytes)
    case (.plain, .byteArray): return PlainBytesDecoder(type: type, cursor: ByteCursor(bytes))
    case (.plain, _): return PlainFixedDecoder(type: type, cursor: ByteCursor(bytes))
    case (.plainDictionary, _), (.rleDictionary, _):
      guard let dictionary else { throw DataFault("a page without the dictionary that it needs") }
      var cursor = ByteCursor(bytes)
      // A page without values may have no byte for the width either.
      let width = bytes.isEmpty ? 0 : Int(try cursor.byte())
      return IndexDecoder(try HybridDecoder(cursor.rest, width: width), dictionary: dictionary)
    case (.rle, .boolean):
      var cursor = ByteCursor(bytes)
      let size = bytes.isEmpty ? 0 : Int(try cursor.integer(UInt32.self))
      return IndexDecoder(
        try HybridDecoder(try cursor.take(size), width: 1), dictionary: [.bool(false), .bool(true)])
    case (.deltaBinaryPacked, .int32), (.deltaBinaryPacked, .int64):
      return DeltaIntegerDecoder(type: type, integers: try DeltaDecoder(bytes))
    case (.deltaLengthByteArray, .byteArray): return try DeltaLengthDecoder(bytes, type: type)
    case (.deltaByteArray, .byteArray), (.deltaByteArray, .fixedBytes):
      return try DeltaBytesDecoder(bytes, type: type)
    case (.byteStreamSplit, .int32), (.byteStreamSplit, .int64), (.byteStreamSplit, .float),
      (.byteStreamSplit, .double), (.byteStreamSplit, .fixedBytes):
      return try SplitStreamDecoder(bytes, type: type)
    default: throw DataFault("the encoding \(name) for values of the type \(type.physical)")
    }
  }
}
