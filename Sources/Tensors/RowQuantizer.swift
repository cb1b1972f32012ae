import CKernels
import Support

/// Rows of numbers to rows of blocks.
package enum RowQuantizer {
  /// Quantises some rows, shared among the threads of a pool; the bits do not depend on how.
  ///
  /// - Parameters:
  ///   - target: of the first of these rows; rows are `rowBytes` apart.
  ///   - read: writes a row, `[columns]`, as float32; called from any thread.
  /// - Returns: the first row that holds a number that is not finite or too large for the type; nil if there is none.
  package static func quantize(
    _ rows: Range<Int>, columns: Int, to type: ElementType, _ target: UnsafeMutableRawPointer, on pool: WorkerPool,
    read: (_ row: Int, _ numbers: UnsafeMutablePointer<Float>) -> Void
  ) -> Int? {
    let rowBytes = type.byteCount(of: columns) ?? 0
    // The first row of each thread that cannot be stored.
    var failures = [Int](repeating: .max, count: max(1, pool.threadCount))
    failures.withUnsafeMutableBufferPointer { failures in
      pool.run { thread, count in
        let share = WorkerPool.share(of: rows.count, thread: thread, count: count)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, columns)) { numbers in
          guard let memory = numbers.baseAddress else { return }
          for row in share {
            read(rows.lowerBound + row, memory)
            let result = gbk_quantize(type.rawValue, memory, target + row * rowBytes, columns)
            if result != Int32(GBK_QUANTIZED.rawValue) {
              failures[thread] = rows.lowerBound + row
              return
            }
          }
        }
      }
    }
    return failures.min().flatMap { $0 == .max ? nil : $0 }
  }
}
