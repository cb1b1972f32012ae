@preconcurrency import Glibc
import Support
import Synchronization

/// A file of weights, whose parts are read into private memory when they are loaded.
///
/// Nothing is mapped: whoever writes to the file, truncates or removes it later changes no number that was loaded and raises
/// no signal. Addresses are reserved for the whole file, so that a part lies where its offset says; a part that was not
/// loaded must not be touched. `docs/decisions/0011-weights-in-private-memory.md` says what this costs.
package final class ModelFile: Sendable {
  package let path: String
  package let byteCount: Int
  private let descriptor: Int32
  private let state: FileState
  /// Nil of an empty file.
  private let addresses: PrivateMemory?
  /// How many bytes from the first one on are loaded, for those who read a header bit by bit.
  private let frontEnd = Atomic<Int>(0)

  /// Bytes of a header that are read at a time.
  private static let frontStep = 1 << 20

  package init(_ path: String) throws(BenchmarkError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileSystem.failure("cannot open", path, errno) }
    func failure(_ error: BenchmarkError) -> BenchmarkError {
      close(descriptor)
      return error
    }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw failure(FileSystem.failure("cannot read", path, errno)) }
    guard status.st_mode & S_IFMT == S_IFREG, let state = FileState(descriptor: descriptor) else {
      throw failure(BenchmarkError(.inputOutput, "cannot read \(path): not a regular file"))
    }
    // Without a right to touch them, addresses cost nothing.
    do throws(BenchmarkError) {
      addresses =
        state.size == 0
        ? nil : try PrivateMemory(byteCount: state.size, access: .none, for: "the \(state.size) bytes of \(path)")
    } catch { throw failure(error) }
    self.path = path
    self.descriptor = descriptor
    self.state = state
    byteCount = state.size
    if byteCount < GitPointer.limit {
      try loadFront(upTo: byteCount)
      if let error = GitPointer.refusal(of: memory, path: path) { throw error }
    }
  }

  deinit { close(descriptor) }

  /// Where the bytes lie once they are loaded.
  package var memory: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: addresses?.start, count: byteCount) }

  /// Reads a range to where it belongs and returns it. Several threads may load ranges that do not overlap.
  ///
  /// Errors: a disk's; a file that has become shorter; no memory.
  @discardableResult
  package func load(_ range: Range<Int>) throws(BenchmarkError) -> UnsafeRawBufferPointer {
    let range = range.clamped(to: 0..<byteCount)
    guard let addresses, !range.isEmpty else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    try addresses.allow(range, for: "\(range.count) bytes of \(path)")
    let start = addresses.start
    try read(range, into: start + range.lowerBound)
    return UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count)
  }

  /// Loads the file's beginning up to a byte, if it is not loaded yet.
  package func loadFront(upTo end: Int) throws(BenchmarkError) {
    let done = frontEnd.load(ordering: .acquiring)
    if end <= done { return }
    let next = min(byteCount, max(end, done + Self.frontStep))
    try load(done..<next)
    frontEnd.store(next, ordering: .releasing)
  }

  /// Reads a range into memory of the caller's. Errors: a disk's; a file that has become shorter.
  package func read(_ range: Range<Int>, into target: UnsafeMutableRawPointer) throws(BenchmarkError) {
    var done = 0
    while done < range.count {
      let amount = pread(descriptor, target + done, range.count - done, off_t(range.lowerBound + done))
      if amount < 0, errno == EINTR { continue }
      if amount < 0 { throw FileSystem.failure("cannot read", path, errno) }
      if amount == 0 { throw BenchmarkError(.inputOutput, "\(path): became shorter while it was read; load it again") }
      done += amount
    }
  }

  /// Gives the memory of whole pages of a range back; it must be loaded again before it is touched.
  package func release(_ range: Range<Int>) { addresses?.release(range) }

  /// Throws if the file was written to since it was opened: what was loaded may then be of two versions.
  package func checkUnchanged() throws(BenchmarkError) {
    if FileState(descriptor: descriptor) != state {
      throw BenchmarkError(
        .inputOutput, "\(path): changed while it was loaded; load it again when the file is complete")
    }
  }
}
