import Foundation
import Support
import Testing

@testable import DataSets

/// Damaged parquet files: rows or an error, never a crash, a hang or all of the memory.
struct ParquetFuzzTests {
  /// A generator of pseudo-random numbers (SplitMix64), the same in each run.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  /// Rows that are read of a damaged file: some claim to have millions, and of nulls they do.
  private static let rowLimit = 2000

  /// Whether a file of such bytes ends in an error.
  private static func fails(_ bytes: [UInt8], _ path: String) throws -> Bool {
    try FileSystem.write(bytes, to: path)
    do throws(BenchmarkError) {
      var reader = try DataReader(path, DataOptions(format: .parquet))
      _ = try reader.rows(atMost: rowLimit)
      return false
    } catch {
      #expect(error.message.contains(path), "\(error.message)")
      return true
    }
  }

  private static func names() throws -> [String] {
    try FileSystem.list(TestFiles.goldens).filter { $0.hasSuffix(".parquet") }
  }

  @Test("A file that is cut anywhere is an error with its name")
  func truncations() throws {
    let path = try TestFiles.folder() + "/cut.parquet"
    var generator = Generator(state: 1)
    for name in try Self.names() {
      let bytes = try FileSystem.read(TestFiles.goldens + "/" + name)
      let ends = [0, 1, 4, 8, 11, 12, bytes.count - 1, bytes.count - 4, bytes.count - 8]
      for end in ends + (0..<20).map({ _ in Int.random(in: 0..<bytes.count, using: &generator) }) {
        #expect(try Self.fails(Array(bytes[..<end]), path), "\(name) cut at \(end)")
      }
    }
  }

  @Test("Flipped bits and altered bytes end in rows or an error")
  func alterations() throws {
    let path = try TestFiles.folder() + "/altered.parquet"
    var generator = Generator(state: 2)
    var failures = 0
    var variants = 0
    for name in try Self.names() {
      let original = try FileSystem.read(TestFiles.goldens + "/" + name)
      let footer = original.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      for round in 0..<120 {
        var bytes = original
        // The footer is a small part of most files, and what steers the reading of all others.
        let area = round % 2 == 0 ? 0..<bytes.count : (bytes.count - 8 - footer)..<bytes.count
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let position = Int.random(in: area, using: &generator)
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          case 1: bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
          default: bytes[position] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator)!
          }
        }
        variants += 1
        if try Self.fails(bytes, path) { failures += 1 }
      }
    }
    #expect(variants > 4000)
    #expect(failures > variants / 4)
  }

  @Test("Where pages have checksums, no altered byte of a page goes unnoticed", arguments: ["1", "2"])
  func checksums(version: String) throws {
    let folder = try TestFiles.folder()
    let original = try FileSystem.read(TestFiles.goldens + "/checksums-v\(version).parquet")
    let header = try original[4...].withUnsafeBytes { try PageHeader($0) }
    let body = 4 + header.byteCount
    #expect(header.checksum != nil)
    for position in body..<(body + header.storedSize) {
      var bytes = original
      bytes[position] ^= 0x10
      try FileSystem.write(bytes, to: folder + "/x.parquet")
      let message = TestFiles.message { _ = try TestFiles.rows(folder + "/x.parquet") }
      #expect(message.contains("page at byte 4: its bytes do not have the checksum"), "byte \(position): \(message)")
    }
  }

  @Test("Random bytes behind the magic ones are an error")
  func noise() throws {
    let path = try TestFiles.folder() + "/noise.parquet"
    var generator = Generator(state: 3)
    for _ in 0..<500 {
      let size = Int.random(in: 0...200, using: &generator)
      let footer = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      let length = withUnsafeBytes(of: UInt32(size).littleEndian) { Array($0) }
      #expect(try Self.fails(Array("PAR1".utf8) + footer + length + Array("PAR1".utf8), path))
    }
  }
}
