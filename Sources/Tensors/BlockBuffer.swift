@preconcurrency import Glibc
import Support

/// Memory for the blocks of a matrix that is quantised while it is loaded; not resident until it is written.
package final class BlockBuffer: @unchecked Sendable {
  package let start: UnsafeMutableRawPointer
  package let byteCount: Int

  package init(byteCount: Int) throws(BenchmarkError) {
    let memory = mmap(nil, max(byteCount, 1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw BenchmarkError(.outOfMemory, "no memory for \(byteCount) bytes of quantised weights")
    }
    start = memory
    self.byteCount = byteCount
  }

  deinit { munmap(start, max(byteCount, 1)) }

  /// Gives whole pages of a range back; they read as zeros afterwards.
  package func release(_ range: Range<Int>) {
    let page = 4096
    let lower = (range.lowerBound + page - 1) / page * page
    let upper = range.upperBound / page * page
    if lower < upper { madvise(start + lower, upper - lower, Int32(MADV_DONTNEED)) }
  }
}
