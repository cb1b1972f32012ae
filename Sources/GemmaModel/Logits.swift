@preconcurrency import Glibc
import Support
import Tensors

/// Scores of the next token before softmax, one row for each requested position. // [rowCount, vocabularySize]
public final class Logits: @unchecked Sendable {
  public let rowCount: Int
  public let vocabularySize: Int
  let buffer: FloatBuffer
  private var summaries: [LogitsSummary]

  init(rowCount: Int, vocabularySize: Int) throws(BenchmarkError) {
    let (size, overflow) = rowCount.multipliedReportingOverflow(by: vocabularySize)
    if overflow { throw BenchmarkError(.outOfMemory, "no memory for the logits of \(rowCount) positions") }
    self.rowCount = rowCount
    self.vocabularySize = vocabularySize
    buffer = try FloatBuffer(count: size)
    summaries = Array(repeating: LogitsSummary(), count: rowCount)
  }

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
  public func row(_ row: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: start(row), count: vocabularySize))
  }

  /// Lends one row. // [vocabularySize]
  public func withRow<Value>(_ row: Int, _ body: (UnsafeBufferPointer<Float>) -> Value) -> Value {
    body(UnsafeBufferPointer(start: start(row), count: vocabularySize))
  }

  /// The token with the highest logit, the lowest such token if several tie.
  public func greatest(_ row: Int) -> Int32 { Int32(summaries[row].index) }

  /// ln softmax(logits)[token] of a row; exponentials are summed in float32 by blocks, and the blocks in double precision.
  public func logProbability(of token: Int32, row: Int) -> Float {
    precondition(token >= 0 && Int(token) < vocabularySize)
    return Float(Double(start(row)[Int(token)] - summaries[row].greatest) - log(summaries[row].exponential_sum))
  }

  private func start(_ row: Int) -> UnsafeMutablePointer<Float> {
    precondition(row >= 0 && row < rowCount)
    return buffer.start + row * vocabularySize
  }
}
