import Support

/// Memory for the blocks of a matrix that is quantised while it is loaded; not resident until it is written.
package final class BlockBuffer: @unchecked Sendable {
  private let memory: PrivateMemory
  package var start: UnsafeMutableRawPointer { memory.start }
  package var byteCount: Int { memory.byteCount }

  /// Errors: outOfMemory.
  package init(byteCount: Int) throws(BenchmarkError) {
    memory = try PrivateMemory(byteCount: byteCount, for: "\(byteCount) bytes of quantised weights")
  }

  /// Gives whole pages of a range back; they read as zeros afterwards.
  package func release(_ range: Range<Int>) { memory.release(range) }
}
