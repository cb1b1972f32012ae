import CKernels
import Support

/// Rows of activations, `[tokens, columns]`, in each form that the matrices they meet ask for.
///
/// Made by `InputMemory`, which keeps the memory; valid until it makes the next one. The rows must be prepared after
/// their numbers are known and before they are multiplied; several threads may prepare parts of them.
package struct MatrixInput: @unchecked Sendable {
  package let start: UnsafePointer<Float>
  /// Numbers from one row to the next.
  package let stride: Int
  package let tokens: Int
  package let columns: Int
  let int8: UnsafeMutablePointer<gbk_activation>?
  let bfloat16: UnsafeMutablePointer<UInt16>?

  /// Blocks of a row in int8, the last of them perhaps not whole.
  var blocks: Int { (columns + Int(GBK_GROUP) - 1) / Int(GBK_GROUP) }
  /// Numbers of a row in bfloat16: an even count.
  var pairedColumns: Int { (columns + 1) / 2 * 2 }

  /// Whether there is anything to prepare.
  package var needsPreparation: Bool { int8 != nil || bfloat16 != nil }

  /// Pieces of work that preparation falls into.
  package var pieces: Int { tokens * piecesPerRow }
  private var piecesPerRow: Int { (columns + Self.pieceColumns - 1) / Self.pieceColumns }
  /// Columns of a piece: a whole number of blocks and of pairs.
  private static let pieceColumns = 512

  /// Rounds some pieces: row by row, and within a row from left to right.
  package func prepare(_ pieces: Range<Int>) {
    for piece in pieces {
      let (row, part) = piece.quotientAndRemainder(dividingBy: piecesPerRow)
      let first = part * Self.pieceColumns
      prepare(row: row, columns: first..<min(columns, first + Self.pieceColumns))
    }
  }

  /// Rounds some columns of a row; the first must be a multiple of 32, the count too or reach the end.
  func prepare(row: Int, columns part: Range<Int>) {
    let source = start + row * stride + part.lowerBound
    if let int8 {
      Kernels.packed.prepare(source, int8 + row * blocks + part.lowerBound / Int(GBK_GROUP), part.count)
    }
    if let bfloat16 {
      let target = bfloat16 + row * pairedColumns
      Kernels.bf16.prepare(source, target + part.lowerBound, part.count)
      if part.upperBound == columns, columns % 2 != 0 { target[columns] = 0 }
    }
  }

  /// Some of the rows.
  package func rows(_ range: Range<Int>) -> MatrixInput {
    MatrixInput(
      start: start + range.lowerBound * stride, stride: stride, tokens: range.count, columns: columns,
      int8: int8.map { $0 + range.lowerBound * blocks },
      bfloat16: bfloat16.map { $0 + range.lowerBound * pairedColumns })
  }
}

/// Memory for the rounded forms of one input at a time.
package final class InputMemory: Sendable {
  private let int8: FloatBuffer
  private let bfloat16: FloatBuffer
  private let capacity: Int

  /// - Parameter numbers: the most that an input may have, its rows rounded up to 32 columns each.
  package init(numbers: Int) throws(BenchmarkError) {
    capacity = numbers
    let blocks = (numbers + Int(GBK_GROUP) - 1) / Int(GBK_GROUP)
    let (count, overflow) = blocks.multipliedReportingOverflow(by: MemoryLayout<gbk_activation>.stride / 4)
    if overflow || numbers < 0 { throw BenchmarkError(.outOfMemory, "no memory for \(numbers) activations") }
    int8 = try FloatBuffer(count: count)
    bfloat16 = try FloatBuffer(count: (numbers + 1) / 2)
  }

  /// An input for some matrices, in the forms that they ask for, not yet prepared.
  ///
  /// - Parameters:
  ///   - start: `[tokens, columns]` in float32, rows `stride` apart; must stay while the input is used.
  package func input(
    _ start: UnsafePointer<Float>, stride: Int, tokens: Int, columns: Int, for matrices: [WeightMatrix]
  ) -> MatrixInput {
    let group = Int(GBK_GROUP)
    precondition(tokens * ((columns + group - 1) / group * group) <= capacity, "an input beyond its memory")
    let hasInt8 = matrices.contains { $0.activationForm == .int8 }
    let hasBF16 = matrices.contains { $0.activationForm == .bfloat16 }
    return MatrixInput(
      start: start, stride: stride, tokens: tokens, columns: columns,
      int8: hasInt8 ? UnsafeMutableRawPointer(int8.start).assumingMemoryBound(to: gbk_activation.self) : nil,
      bfloat16: hasBF16 ? UnsafeMutableRawPointer(bfloat16.start).assumingMemoryBound(to: UInt16.self) : nil)
  }
}
