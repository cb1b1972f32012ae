import CSnappy
import CZlib
import CZstd
import Support
import Testing

@testable import DataSets

/// Parquet files that would take all memory or time if they were believed, or that contradict themselves.
struct HostileParquetTests {
  private static let reasons = [
    "before-the-start": "footer: row group 0, column \"x\": 29 bytes from byte -5 on are outside of the data",
    "beyond-dictionary": "column \"x\", row group 0, page at byte 21: entry 7 of a dictionary with 1",
    "brotli": "column \"x\", row group 0: compression BROTLI is not supported; write the file again with ",
    "deep": "footer: columns nested deeper than 64",
    "empty-group": "footer: column \"g\" has neither a type nor columns in it",
    "endless-group": "footer: the schema ends early",
    "interval": "column \"x\", row group 0: the logical type INTERVAL is not supported",
    "large-dictionary": "page at byte 4: a dictionary of 2147483647 entries in 4 bytes",
    "large-page": "page at byte 4: a page of 2147483647 bytes; the limit is 1073741824",
    "long-row": "page at byte 4: a row of more than 4194304 values",
    "longer-row": "column \"x.list.element\": 2147483647 values for 1 rows in ",
    "lz4": "compression LZ4_RAW is not supported; write the file again with ",
    "many-rows": "footer: row group 0: 1099511627776 rows in 33 bytes",
    "negative-page": "page at byte 4: a page of -1 bytes; the limit is 1073741824",
    "negative-rows": "footer: row group 0: -1 rows in 33 bytes",
    "no-dictionary": "page at byte 4: a page without the dictionary that it needs",
    "outside": "column \"x\": 29 bytes from byte 1125899906842624 on are outside of the data",
    "page-beyond-column": "a page of 1073741824 bytes, where its column has 0 left",
    "rows-beyond-values": "column \"x\": 3 values for 4 rows in 29 bytes",
    "shared-beginnings": "the values of a page are longer than 1073741824 bytes",
    "twice": "footer: two columns have the name \"x\"",
    "two-dictionaries": "page at byte 21: a second dictionary",
    "unknown-encoding": "page at byte 4: the unknown encoding 77",
    "values-beyond-rows": "page at byte 33: 1 values are missing",
    "wide-indices": "page at byte 21: values of 255 bits; at most 32 are possible",
    "wrong-checksum": "page at byte 4: its bytes do not have the checksum that was written",
    "wrong-encoding": "page at byte 4: the encoding DELTA_LENGTH_BYTE_ARRAY for values of the type int32",
  ]

  @Test("Files that lie about themselves are errors with the place, in little time and memory")
  func hostileFiles() throws {
    let folder = TestFiles.goldens + "/hostile"
    #expect(try FileSystem.list(folder) == Self.reasons.keys.sorted().map { $0 + ".parquet" })
    for (name, reason) in Self.reasons.sorted(by: { $0.key < $1.key }) {
      let path = folder + "/" + name + ".parquet"
      let message = TestFiles.message {
        var reader = try DataReader(path)
        while try reader.next() != nil {}
      }
      #expect(message.hasPrefix(path + ": ") && message.contains(reason), "\(name): \(message)")
    }
  }

  @Test("Compressed bytes that unpack to more than was announced, or to less, or end early, are errors")
  func compressedSizes() throws {
    let zeros = [UInt8](repeating: 0, count: 100_000)
    for (codec, packed) in Self.packed(zeros) {
      func unpack(_ packed: [UInt8], to size: Int) throws -> DataBytes {
        let target = try DataBytes(count: size)
        try packed.withUnsafeBytes { try codec.unpack($0, into: target.target) }
        return target
      }
      #expect(packed.count < 5000)
      #expect(try unpack(packed, to: zeros.count).withBytes { $0.elementsEqual(zeros) })
      for size in [0, 10, 99_999, 100_001] {
        #expect(throws: DataFault.self, "\(codec) \(size)") { _ = try unpack(packed, to: size) }
      }
      for end in stride(from: 0, to: packed.count, by: max(1, packed.count / 50)) {
        #expect(throws: DataFault.self, "\(codec) \(end)") { _ = try unpack(Array(packed[..<end]), to: zeros.count) }
      }
    }
  }

  @Test("Several streams of gzip behind each other are one")
  func gzipMembers() throws {
    let packed = try #require(Self.packed(Array("abc".utf8)).first { $0.0 == .gzip }?.1)
    let target = try DataBytes(count: 6)
    try (packed + packed).withUnsafeBytes { try Codec.gzip.unpack($0, into: target.target) }
    #expect(target.withBytes { $0.elementsEqual("abcabc".utf8) })
  }

  /// Bytes as the libraries compress them.
  private static func packed(_ bytes: [UInt8]) -> [(Codec, [UInt8])] {
    let room = 200_000
    let snappy = [UInt8](unsafeUninitializedCapacity: room) { target, count in
      count = room
      bytes.withUnsafeBytes { source in
        target.withMemoryRebound(to: CChar.self) { target in
          _ = snappy_compress(source.bindMemory(to: CChar.self).baseAddress, bytes.count, target.baseAddress, &count)
        }
      }
    }
    let gzip = [UInt8](unsafeUninitializedCapacity: room) { target, count in
      var size = UInt(room)
      compress2(target.baseAddress, &size, bytes, UInt(bytes.count), 9)
      count = Int(size)
    }
    let zstd = [UInt8](unsafeUninitializedCapacity: room) { target, count in
      count = ZSTD_compress(target.baseAddress, room, bytes, bytes.count, 3)
    }
    return [(.snappy, snappy), (.gzip, gzip), (.zstd, zstd)]
  }
}
