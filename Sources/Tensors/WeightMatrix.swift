import CKernels

/// A weight matrix where it lies in its file: `[rows, columns]`, row after row, not copied.
///
/// Whoever holds one keeps its memory alive.
public struct WeightMatrix: @unchecked Sendable {
  public let start: UnsafeRawPointer
  public let elementType: ElementType
  public let rows: Int
  public let columns: Int
  public let arithmetic: MatrixArithmetic

  public init(
    start: UnsafeRawPointer, elementType: ElementType, rows: Int, columns: Int,
    arithmetic: MatrixArithmetic = .standard
  ) {
    self.arithmetic = arithmetic
    self.start = start
    self.elementType = elementType
    self.rows = rows
    self.columns = columns
  }

  /// Products of input rows with some of the weight rows: `output[t, r] = sum over c of input[t, c] * weight[r, c]`.
  ///
  /// - Parameters:
  ///   - input: `[tokens, columns]`, rows `inputStride` apart.
  ///   - output: `[tokens, rows]`, rows `outputStride` apart; only the columns of `range` are written.
  public func multiply(
    _ range: Range<Int>, input: UnsafePointer<Float>, inputStride: Int, tokens: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    if range.isEmpty || tokens == 0 { return }
    if arithmetic == .openBLAS {
      return multiplyByOpenBLAS(
        range, input: input, inputStride: inputStride, tokens: tokens, output: output, outputStride: outputStride)
    }
    let first = start + range.lowerBound * columns * elementType.blockBytes
    let target = output + range.lowerBound
    // Tokens go in blocks that stay in the second-level cache while the weight rows pass by; a token's sums do not
    // depend on its block.
    let block = 128
    for token in stride(from: 0, to: tokens, by: block) {
      let count = min(block, tokens - token)
      let input = input + token * inputStride
      let target = target + token * outputStride
      switch elementType {
      case .float32:
        Kernels.best.matmul_f32(
          first.assumingMemoryBound(to: Float.self), columns, input, inputStride, target, outputStride, count,
          range.count, columns)
      case .bfloat16:
        Kernels.best.matmul_bf16(
          first.assumingMemoryBound(to: UInt16.self), columns, input, inputStride, target, outputStride, count,
          range.count, columns)
      case .float16:
        Kernels.best.matmul_f16(
          first.assumingMemoryBound(to: UInt16.self), columns, input, inputStride, target, outputStride, count,
          range.count, columns)
      default: preconditionFailure("refused when loading")
      }
    }
  }

  /// One row as float32, written to `target`: `[columns]`.
  public func copyRow(_ row: Int, to target: UnsafeMutablePointer<Float>) {
    let source = start + row * columns * elementType.blockBytes
    switch elementType {
    case .float32: target.update(from: source.assumingMemoryBound(to: Float.self), count: columns)
    case .bfloat16: Kernels.best.convert_bf16(source.assumingMemoryBound(to: UInt16.self), target, columns)
    case .float16: Kernels.best.convert_f16(source.assumingMemoryBound(to: UInt16.self), target, columns)
    default: preconditionFailure("refused when loading")
    }
  }
}
