import Support

/// Memory for float32 numbers: zeroed, page-aligned, and not resident until it is touched.
package final class FloatBuffer: @unchecked Sendable {
  package let start: UnsafeMutablePointer<Float>
  package let count: Int
  private let memory: PrivateMemory

  /// Errors: outOfMemory.
  package init(count: Int) throws(BenchmarkError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    memory = try PrivateMemory(byteCount: overflow ? -1 : bytes, for: "\(count) float32 numbers")
    start = memory.start.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }
}
