@preconcurrency import Glibc
import Support

/// Float32 memory straight from the system: zeroed, page-aligned, and not resident until it is touched.
package final class FloatBuffer: @unchecked Sendable {
  package let start: UnsafeMutablePointer<Float>
  package let count: Int
  private let byteCount: Int

  package init(count: Int) throws(BenchmarkError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    let memory = overflow ? MAP_FAILED : mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw BenchmarkError(.outOfMemory, "no memory for \(count) float32 numbers")
    }
    start = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
    byteCount = bytes
  }

  deinit { munmap(start, byteCount) }
}
