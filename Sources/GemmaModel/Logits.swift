import Support
import Tensors

/// Scores of the next token before softmax, `[rowCount, vocabularySize]`, one row for each requested position.
public final class Logits: Sendable {
  public let rowCount: Int
  public let vocabularySize: Int
  let buffer: FloatBuffer

  init(rowCount: Int, vocabularySize: Int) throws(BenchmarkError) {
    let (size, overflow) = rowCount.multipliedReportingOverflow(by: vocabularySize)
    if overflow { throw BenchmarkError(.outOfMemory, "no memory for the logits of \(rowCount) positions") }
    self.rowCount = rowCount
    self.vocabularySize = vocabularySize
    buffer = try FloatBuffer(count: size)
  }

  /// Lends one row, `[vocabularySize]`; it may be written to, and must not be kept.
  public func withRow<Result, Failure: Error>(
    _ row: Int, _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(row >= 0 && row < rowCount)
    return try body(UnsafeMutableBufferPointer(start: buffer.start + row * vocabularySize, count: vocabularySize))
  }

  /// A copy of one row.
  public func row(_ row: Int) -> [Float] { withRow(row) { Array($0) } }

  /// The token with the highest logit, the lowest such token if several tie.
  public func greatest(_ row: Int) -> Int32 {
    withRow(row) { values in
      var best = 0
      for index in 1..<max(1, values.count) where values[index] > values[best] { best = index }
      return Int32(best)
    }
  }
}
