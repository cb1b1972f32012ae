@preconcurrency import Glibc
import Support

/// A file mapped read-only; its bytes live as long as this object.
///
/// A file that shrinks while it is mapped would kill the process (SIGBUS): files must not change while loaded.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  public let bytes: UnsafeRawBufferPointer

  public init(_ path: String) throws(BenchmarkError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileSystem.failure("cannot open", path, errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileSystem.failure("cannot read", path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw BenchmarkError(.inputOutput, "cannot read \(path): not a regular file")
    }
    let count = Int(status.st_size)
    if count > 0 {
      guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
        throw FileSystem.failure("cannot map", path, errno)
      }
      bytes = UnsafeRawBufferPointer(start: start, count: count)
    } else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }
    self.path = path
    if let error = GitPointer.refusal(of: bytes, path: path) { throw error }
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// Brings a range into memory, so that a disk's error is an error here rather than a signal later.
  ///
  /// A kernel without `MADV_POPULATE_READ` (before Linux 5.14) reads at first use instead.
  public func populate(_ range: Range<Int>) throws(BenchmarkError) {
    guard let start = bytes.baseAddress else { return }
    let page = 4096
    let lower = max(0, range.lowerBound) / page * page
    let upper = min(range.upperBound, bytes.count)
    if lower >= upper { return }
    let populateRead: Int32 = 22
    let target = UnsafeMutableRawPointer(mutating: start + lower)
    if madvise(target, upper - lower, populateRead) != 0, errno == EFAULT || errno == EIO {
      throw BenchmarkError(.inputOutput, "cannot read \(path): the disk failed, or the file shrank while loading")
    }
  }

  /// Tells the system that a range will not be read again soon: its pages leave this process, not the file cache.
  public func release(_ range: Range<Int>) {
    guard let start = bytes.baseAddress else { return }
    let page = 4096
    let lower = (max(0, range.lowerBound) + page - 1) / page * page
    let upper = min(range.upperBound, bytes.count) / page * page
    if lower < upper { madvise(UnsafeMutableRawPointer(mutating: start + lower), upper - lower, Int32(MADV_DONTNEED)) }
  }
}
