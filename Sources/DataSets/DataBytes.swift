@preconcurrency import Glibc
import Support

/// Memory that is freed with its last owner; what was not written to costs nothing.
final class DataBytes {
  private let memory: UnsafeMutableRawBufferPointer

  init(count: Int) throws(DataFault) {
    guard let start = malloc(max(1, count)) else { throw .noMemory(count) }
    memory = UnsafeMutableRawBufferPointer(start: start, count: count)
  }

  deinit { free(memory.baseAddress) }

  var count: Int { memory.count }
  /// Where the bytes go, for as long as the owner is kept.
  var target: UnsafeMutableRawBufferPointer { memory }
  /// The bytes, for as long as the owner is kept: those who do not store it take `withBytes`.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

  /// Calls `body` with the bytes, which are there until it returns.
  func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }
}

/// An open file of data, whose parts are read when they are needed.
///
/// Nothing is mapped: a file that another process truncates is an error here, not a signal that ends the host
/// (docs/decisions/0011-weights-in-private-memory.md). Memory is what the parts in use take.
final class DataFileBytes {
  let path: String
  let count: Int
  private let descriptor: Int32
  private let state: FileState

  init(_ path: String) throws(BenchmarkError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileSystem.failure("cannot open", path, errno) }
    guard FileSystem.isFile(path), let state = FileState(descriptor: descriptor) else {
      close(descriptor)
      throw BenchmarkError(.inputOutput, "cannot read \(path): not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    self.state = state
    count = state.size
    if count < GitPointer.limit {
      let start = try read(at: 0, count)
      if let error = start.withBytes({ GitPointer.refusal(of: $0, path: path) }) { throw error }
    }
  }

  deinit { close(descriptor) }

  /// Reads a range, which must lie in the file. Errors: a disk's; a file that has become shorter.
  func read(at offset: Int, _ count: Int) throws(BenchmarkError) -> DataBytes {
    let part: DataBytes
    do throws(DataFault) { part = try DataBytes(count: count) } catch { throw error.error(at: path) }
    var done = 0
    while done < count {
      let amount = pread(descriptor, part.target.baseAddress! + done, count - done, off_t(offset + done))
      if amount < 0, errno == EINTR { continue }
      if amount < 0 { throw FileSystem.failure("cannot read", path, errno) }
      if amount == 0 { throw BenchmarkError(.inputOutput, "\(path): became shorter while it was read; read it again") }
      done += amount
    }
    return part
  }

  /// Throws if the file was written to since it was opened: its rows may then be of two versions.
  func checkUnchanged() throws(BenchmarkError) {
    if FileState(descriptor: descriptor) != state {
      throw BenchmarkError(.inputOutput, "\(path): changed while it was read; read it again once it is whole")
    }
  }
}
