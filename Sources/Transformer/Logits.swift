@preconcurrency import Glibc
import Support
import Synchronization
import Tensors

/// Scores of the next token before softmax, one row for each requested position. // [rowCount, vocabularySize]
package final class Logits: @unchecked Sendable {
  package let rowCount: Int
  package let vocabularySize: Int
  let buffer: FloatBuffer
  private let memory: LogitsMemory
  private var summaries: [LogitsSummary]

  init(rowCount: Int, vocabularySize: Int, memory: LogitsMemory) throws(BenchmarkError) {
    let (size, overflow) = rowCount.multipliedReportingOverflow(by: vocabularySize)
    if overflow { throw BenchmarkError(.outOfMemory, "no memory for the logits of \(rowCount) positions") }
    self.rowCount = rowCount
    self.vocabularySize = vocabularySize
    self.memory = memory
    buffer = try memory.take(size)
    summaries = Array(repeating: LogitsSummary(), count: rowCount)
  }

  deinit { memory.giveBack(buffer) }

  /// Finds each row's greatest logit and its sum of exponentials, once the rows are written.
  func summarize(_ pool: WorkerPool) {
    summaries.withUnsafeMutableBufferPointer { summaries in
      nonisolated(unsafe) let target = summaries.baseAddress
      pool.run { thread, count in
        for row in WorkerPool.share(of: rowCount, thread: thread, count: count) {
          Kernels.best.summarize_logits(buffer.start + row * vocabularySize, vocabularySize, target! + row)
        }
      }
    }
  }

  /// A copy of one row. // [vocabularySize]
  package func row(_ row: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: start(row), count: vocabularySize))
  }

  /// Lends one row. // [vocabularySize]
  package func withRow<Value>(_ row: Int, _ body: (UnsafeBufferPointer<Float>) -> Value) -> Value {
    body(UnsafeBufferPointer(start: start(row), count: vocabularySize))
  }

  /// The token with the highest logit, the lowest such token if several tie.
  package func greatest(_ row: Int) -> Int32 { Int32(summaries[row].index) }

  /// ln softmax(logits)[token] of a row; exponentials are summed in float32 by blocks, and the blocks in double precision.
  package func logProbability(of token: Int32, row: Int) -> Float {
    precondition(token >= 0 && Int(token) < vocabularySize)
    return Float(Double(start(row)[Int(token)] - summaries[row].greatest) - log(summaries[row].exponential_sum))
  }

  private func start(_ row: Int) -> UnsafeMutablePointer<Float> {
    precondition(row >= 0 && row < rowCount)
    return buffer.start + row * vocabularySize
  }
}

/// Memory of logits that are no longer needed, for the next ones: generation makes a row for each token.
final class LogitsMemory: Sendable {
  private let idle = Mutex<FloatBuffer?>(nil)

  /// Room for `count` numbers, of any value.
  func take(_ count: Int) throws(BenchmarkError) -> FloatBuffer {
    let found = idle.withLock { idle -> FloatBuffer? in
      guard let buffer = idle, buffer.count >= count, buffer.count <= 4 * count else { return nil }
      idle = nil
      return buffer
    }
    if let found { return found }
    return try FloatBuffer(count: count)
  }

  func giveBack(_ buffer: FloatBuffer) { idle.withLock { $0 = buffer } }
}
