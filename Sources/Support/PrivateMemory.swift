@preconcurrency import Glibc

/// Memory straight from the system: zeroed, page-aligned, private to the process, and not resident until it is touched.
package final class PrivateMemory: @unchecked Sendable {
  /// What may be done with the memory at first.
  package enum Access {
    case readAndWrite
    /// Addresses alone, which cost nothing until `allow` opens a part.
    case none
  }

  package let start: UnsafeMutableRawPointer
  package let byteCount: Int
  private static let pageBytes = 4096
  /// Parts from twice this size on lie in huge pages where the system grants those: one entry then covers 2 MB of a stream.
  private static let hugePageBytes = 2 << 20

  /// - Parameter what: what the memory is for, in the message of the error.
  /// - Throws: outOfMemory.
  package init(
    byteCount: Int, access: Access = .readAndWrite, for what: @autoclosure () -> String
  ) throws(BenchmarkError) {
    let (protection, flags) =
      switch access {
      case .readAndWrite: (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
      case .none: (PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
      }
    let memory = byteCount < 0 ? MAP_FAILED : mmap(nil, max(byteCount, 1), protection, flags, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw BenchmarkError(
        .outOfMemory, access == .none ? "not enough address space for \(what())" : "no memory for \(what())")
    }
    start = memory
    self.byteCount = byteCount
  }

  deinit { munmap(start, max(byteCount, 1)) }

  /// Opens the pages of a range to reading and writing. Errors: outOfMemory.
  package func allow(_ range: Range<Int>, for what: @autoclosure () -> String) throws(BenchmarkError) {
    let first = range.lowerBound / Self.pageBytes * Self.pageBytes
    if mprotect(start + first, range.upperBound - first, PROT_READ | PROT_WRITE) != 0 {
      throw BenchmarkError(.outOfMemory, "no memory for \(what())")
    }
    if range.count >= 2 * Self.hugePageBytes { preferHugePages(first..<range.upperBound) }
  }

  /// Has a range lie in huge pages where the system grants those; `range` begins at a page.
  package func preferHugePages(_ range: Range<Int>) {
    let hugePages: Int32 = 14  // MADV_HUGEPAGE
    madvise(start + range.lowerBound, range.count, hugePages)
  }

  /// Gives whole pages of a range back; they read as zeros afterwards.
  package func release(_ range: Range<Int>) {
    let lower = (max(0, range.lowerBound) + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes
    let upper = min(range.upperBound, byteCount) / Self.pageBytes * Self.pageBytes
    if lower < upper { madvise(start + lower, upper - lower, Int32(MADV_DONTNEED)) }
  }
}
