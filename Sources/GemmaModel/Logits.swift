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

  /// One row, which stays valid as long as the logits are held.
  public func row(_ row: Int) -> LogitsRow {
    precondition(row >= 0 && row < rowCount)
    return LogitsRow(logits: self, start: buffer.start + row * vocabularySize, summary: summaries[row])
  }
}

/// The scores of the token after one position, and what they say. // [vocabularySize]
public struct LogitsRow {
  private let logits: Logits  // keeps the memory alive
  private let start: UnsafeMutablePointer<Float>
  private let summary: LogitsSummary

  fileprivate init(logits: Logits, start: UnsafeMutablePointer<Float>, summary: LogitsSummary) {
    (self.logits, self.start, self.summary) = (logits, start, summary)
  }

  /// The token with the highest logit, the lowest such token if several tie.
  public var greatest: Int32 { Int32(summary.index) }

  /// A copy of the logits. // [vocabularySize]
  public var values: [Float] { Array(UnsafeBufferPointer(start: start, count: logits.vocabularySize)) }

  /// ln softmax(logits)[token]. Exponentials are summed in float32 in blocks, and the blocks in double precision.
  public func logProbability(of token: Int32) -> Float {
    precondition(token >= 0 && Int(token) < logits.vocabularySize)
    return Float(Double(start[Int(token)] - summary.greatest) - log(summary.exponential_sum))
  }
}
