@preconcurrency import Glibc
import Support

/// The bytes of a text file, read block by block; or a text in memory.
struct TextSource {
  private static let blockBytes = 1 << 20
  /// A line or a row beyond this is refused.
  static let maximumRowBytes = 256 << 20

  let path: String
  /// What was read and not given out yet begins at `offset`.
  private(set) var buffer: [UInt8]
  var offset = 0
  private let file: DataFileBytes?
  private var fileOffset = 0

  init(_ file: DataFileBytes) throws(BenchmarkError) {
    path = file.path
    self.file = file
    buffer = []
    _ = try readMore()
    offset = ByteOrderMark.length(buffer)
  }

  init(_ bytes: [UInt8], path: String) {
    self.path = path
    file = nil
    buffer = bytes
    offset = ByteOrderMark.length(bytes)
  }

  /// Puts another block behind what was not given out; false at the end of the file.
  mutating func readMore() throws(BenchmarkError) -> Bool {
    guard let file, fileOffset < file.count else { return false }
    if buffer.count - offset > Self.maximumRowBytes {
      throw BenchmarkError(.invalidFile, "\(path): a row of more than \(Self.maximumRowBytes) bytes")
    }
    try file.checkUnchanged()
    // As much again as there is, so that a long row is not moved again and again.
    let block = try file.read(at: fileOffset, min(max(Self.blockBytes, buffer.count), file.count - fileOffset))
    fileOffset += block.count
    buffer.removeFirst(offset)
    offset = 0
    block.withBytes { buffer += $0 }
    return true
  }

  /// The next byte, without taking it; nil at the end.
  mutating func peek() throws(BenchmarkError) -> UInt8? {
    if offset == buffer.count, try !readMore() { return nil }
    return buffer[offset]
  }

  /// The positions in the buffer of the next line, without its line feed; nil at the end.
  mutating func nextLine() throws(BenchmarkError) -> Range<Int>? {
    var searched = 0
    while true {
      if let end = buffer.withUnsafeBytes({ Self.lineFeed(in: $0, from: offset + searched) }) {
        defer { offset = end + 1 }
        return offset..<end
      }
      searched = buffer.count - offset
      if try readMore() { continue }
      if searched == 0 { return nil }
      defer { offset = buffer.count }
      return offset..<buffer.count
    }
  }

  private static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
