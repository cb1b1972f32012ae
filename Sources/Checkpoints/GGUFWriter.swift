@preconcurrency import Glibc
import Support
import Tensors

/// A tensor of a GGUF file in the making.
package struct GGUFTensorEntry: Sendable {
  package let name: String
  /// From the slowest dimension to the fastest: a matrix is `[rows, columns]`.
  package let shape: [Int]
  package let elementType: ElementType
  package let byteCount: Int

  /// Nil for a shape that is empty or beyond 64 bits, and for rows that are no whole number of blocks.
  package init?(_ name: String, shape: [Int], elementType: ElementType) {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow || extent <= 0 { return nil }
      count = product
    }
    guard let columns = shape.last, columns % elementType.blockLength == 0,
      let byteCount = elementType.byteCount(of: count)
    else { return nil }
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.byteCount = byteCount
  }
}

/// Writes a GGUF file (version 3) front to back, into a sibling that takes the path's place at the end: nobody ever sees
/// half a file. One that is not finished vanishes with this object.
package final class GGUFWriter {
  private static let alignment = 32
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private let entries: [GGUFTensorEntry]
  private var current = 0
  /// Bytes of the current tensor that are written.
  private var written = 0
  private var isFinished = false

  /// Opens the file and writes its header.
  package init(_ path: String, metadata: GGUFMetadata, tensors: [GGUFTensorEntry]) throws(BenchmarkError) {
    self.path = path
    entries = tensors
    temporary = TemporarySibling.make(for: path)
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw FileSystem.failure("cannot write", path, errno, missing: .inputOutput) }
    var header: [UInt8] = []
    func append<Value: FixedWidthInteger>(_ value: Value) { withUnsafeBytes(of: value.littleEndian) { header += $0 } }
    append(GGUFFile.magic)
    append(UInt32(3))
    append(UInt64(tensors.count))
    append(UInt64(metadata.count))
    header += metadata.bytes
    var offset = 0
    for entry in tensors {
      append(UInt64(entry.name.utf8.count))
      header += entry.name.utf8
      append(UInt32(entry.shape.count))
      for extent in entry.shape.reversed() { append(UInt64(extent)) }
      append(entry.elementType.rawValue)
      append(UInt64(offset))
      offset += Self.padded(entry.byteCount)
    }
    header += [UInt8](repeating: 0, count: Self.padded(header.count) - header.count)
    try check(header.withUnsafeBytes(put))
  }

  deinit {
    close(descriptor)
    if !isFinished { unlink(temporary) }
  }

  private static func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

  /// Writes the next bytes of the current tensor; once it is whole, the next one is current.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(BenchmarkError) {
    guard current < entries.count, bytes.count <= entries[current].byteCount - written else {
      throw BenchmarkError(.internalError, "\(path): more bytes than the table of tensors says")
    }
    try check(put(bytes))
    written += bytes.count
    let size = entries[current].byteCount
    guard written == size else { return }
    let zeros = [UInt8](repeating: 0, count: Self.padded(size) - size)
    try check(zeros.withUnsafeBytes(put))
    current += 1
    written = 0
  }

  /// Gives the finished file its name.
  package func finish() throws(BenchmarkError) {
    guard current == entries.count else {
      throw BenchmarkError(.internalError, "\(path): tensor \(entries[current].name) was not written")
    }
    if fsync(descriptor) != 0 || rename(temporary, path) != 0 {
      throw FileSystem.failure("cannot write", path, errno, missing: .inputOutput)
    }
    isFinished = true
  }

  /// Writes all bytes; answers the system's error, 0 for none.
  private func put(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard let base = bytes.baseAddress else { return 0 }
    var offset = 0
    while offset < bytes.count {
      let amount = Glibc.write(descriptor, base + offset, bytes.count - offset)
      if amount < 0, errno == EINTR { continue }
      if amount < 0 { return errno }
      offset += amount
    }
    return 0
  }

  private func check(_ code: Int32) throws(BenchmarkError) {
    if code != 0 { throw FileSystem.failure("cannot write", path, code, missing: .inputOutput) }
  }
}
