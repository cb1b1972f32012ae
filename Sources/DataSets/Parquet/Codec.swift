import CSnappy
import CZlib
import CZstd

/// How the bytes of a page are compressed.
enum Codec: Int {
  case none = 0
  case snappy, gzip, lzo, brotli, lz4, zstd, lz4Raw

  private static let names = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"]

  /// The codec of a column; one that is not read is an error with its name.
  static func reading(_ number: Int) throws(DataFault) -> Codec {
    guard let codec = Codec(rawValue: number) else { throw DataFault("unknown compression \(number)") }
    switch codec {
    case .none, .snappy, .gzip, .zstd: return codec
    case .lzo, .brotli, .lz4, .lz4Raw:
      throw .unsupported(
        "compression \(names[number]) is not supported; write the file again with SNAPPY, ZSTD or GZIP, such as pyarrow.parquet.write_table(table, path, compression=\"zstd\")"
      )
    }
  }

  /// Unpacks into a target of exactly the size that was announced.
  func unpack(_ packed: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws(DataFault) {
    let count: Int?
    switch self {
    case .snappy: count = Self.snappySize(packed, target)
    case .gzip: count = Self.inflatedSize(packed, target)
    case .zstd:
      let size = ZSTD_decompress(target.baseAddress, target.count, packed.baseAddress, packed.count)
      count = ZSTD_isError(size) == 0 ? size : nil
    case .none, .lzo, .brotli, .lz4, .lz4Raw:
      count = packed.count
      if packed.count == target.count { target.copyMemory(from: packed) }
    }
    guard let count else { throw DataFault("damaged \(Self.names[rawValue]) data") }
    if count != target.count { throw DataFault("a page of \(count) bytes, where \(target.count) were announced") }
  }

  private static func snappySize(_ packed: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int? {
    let input = packed.bindMemory(to: CChar.self).baseAddress
    var size = 0
    guard snappy_uncompressed_length(input, packed.count, &size) == SNAPPY_OK else { return nil }
    if size != target.count { return size }
    let output = target.bindMemory(to: CChar.self).baseAddress
    return snappy_uncompress(input, packed.count, output, &size) == SNAPPY_OK ? size : nil
  }

  /// Inflates one gzip or zlib stream, or several behind each other.
  private static func inflatedSize(_ packed: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int? {
    var stream = z_stream()
    let anyHeader: Int32 = 15 + 32
    guard inflateInit2_(&stream, anyHeader, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return nil
    }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(mutating: packed.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(packed.count)
    stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
    stream.avail_out = UInt32(target.count)
    while true {
      let status = inflate(&stream, Z_NO_FLUSH)
      if status == Z_STREAM_END {
        if stream.avail_in == 0 { return target.count - Int(stream.avail_out) }
        if inflateReset(&stream) != Z_OK { return nil }
      } else if status != Z_OK {
        return nil
      }
    }
  }

  /// The CRC-32 of a page's bytes as they are stored.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
  }
}
