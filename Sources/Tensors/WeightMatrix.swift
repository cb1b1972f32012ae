import CKernels
import Support

/// A weight matrix, `[rows, columns]`: where it lies in its file, row after row, or repacked for the kernels.
///
/// Whoever holds one keeps the file's memory alive, unless it is repacked.
package struct WeightMatrix: @unchecked Sendable {
  /// Where the rows lie in the file; not to be read once `panels` are filled.
  package let start: UnsafeRawPointer
  package let elementType: ElementType
  package let rows: Int
  package let columns: Int
  package let arithmetic: ComputeType
  /// What the kernels read instead of the file's rows.
  package let panels: WeightPanels?

  /// A matrix read where it lies; its products are in float32.
  package init(
    start: UnsafeRawPointer, elementType: ElementType, rows: Int, columns: Int,
    arithmetic: ComputeType = .standard
  ) {
    self.init(start, elementType, rows, columns, arithmetic, nil)
  }

  private init(
    _ start: UnsafeRawPointer, _ elementType: ElementType, _ rows: Int, _ columns: Int,
    _ arithmetic: ComputeType, _ panels: WeightPanels?
  ) {
    self.start = start
    self.elementType = elementType
    self.rows = rows
    self.columns = columns
    self.arithmetic = arithmetic
    self.panels = panels
  }

  /// The same matrix with room for panels, if its arithmetic rounds activations; they are the caller's to fill before
  /// any other use.
  ///
  /// - Throws: unsupported if the type has no kernels for so many columns; outOfMemory.
  package func repacked() throws(BenchmarkError) -> WeightMatrix {
    if arithmetic.activationForm(for: elementType) == .float32 { return self }
    let panels = try WeightPanels(source: start, elementType: elementType, rows: rows, columns: columns)
    return WeightMatrix(start, elementType, rows, columns, arithmetic, panels)
  }

  /// What inputs are rounded to.
  package var activationForm: ActivationForm {
    panels == nil ? .float32 : arithmetic.activationForm(for: elementType)
  }

  /// Bytes that a product reads of it.
  package var byteCount: Int {
    panels?.byteCount ?? (elementType.byteCount(of: columns) ?? 0) * rows
  }

  /// Ranges of rows that begin at multiples of this are multiplied fastest.
  package var rowGrain: Int { panels == nil ? 24 : Int(GBK_PANEL) }

  /// Products of prepared input rows with some of the weight rows: `output[t, r] = sum over c of input[t, c] *
  /// weight[r, c]`.
  ///
  /// - Parameters:
  ///   - input: made for this matrix and prepared, `[tokens, columns]`.
  ///   - output: `[tokens, rows]`, rows `outputStride` apart; only the columns of `range` are written.
  package func multiply(
    _ range: Range<Int>, input: MatrixInput, output: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    if range.isEmpty || input.tokens == 0 { return }
    precondition(input.columns == columns, "an input of another width")
    guard let panels else {
      return multiplyInFloat32(
        range, input: input.start, inputStride: input.stride, tokens: input.tokens, output: output,
        outputStride: outputStride)
    }
    if elementType == .bfloat16 {
      guard let bf16Kernels = input.bfloat16 else { preconditionFailure("an input made for other matrices") }
      Kernels.bf16.multiply(
        panels.start.assumingMemoryBound(to: UInt16.self), columns, range.lowerBound, range.upperBound, bf16Kernels,
        input.pairedColumns, input.tokens, output, outputStride)
    } else {
      guard let codes = input.int8 else { preconditionFailure("an input made for other matrices") }
      var matrix = panels.packed
      Kernels.packed.multiply(
        &matrix, range.lowerBound, range.upperBound, codes, input.blocks, input.tokens, output, outputStride)
    }
  }

  /// The same products of input rows as they are, `[tokens, columns]`, rows `inputStride` apart; where the matrix wants
  /// them rounded, this rounds them at each call.
  package func multiply(
    _ range: Range<Int>, input: UnsafePointer<Float>, inputStride: Int, tokens: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    if range.isEmpty || tokens == 0 { return }
    let group = Int(GBK_GROUP)
    let numbers = panels == nil ? 0 : tokens * ((columns + group - 1) / group * group)
    let bytes = activationForm == .bfloat16 ? 2 * numbers : 2 * numbers + 64
    withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 64) { memory in
      let base = memory.baseAddress
      let form = activationForm
      let prepared = MatrixInput(
        start: input, stride: inputStride, tokens: tokens, columns: columns,
        int8: form == .int8 ? base?.assumingMemoryBound(to: gbk_activation.self) : nil,
        bfloat16: form == .bfloat16 ? base?.assumingMemoryBound(to: UInt16.self) : nil)
      if prepared.needsPreparation { prepared.prepare(0..<prepared.pieces) }
      multiply(range, input: prepared, output: output, outputStride: outputStride)
    }
  }

  private func multiplyInFloat32(
    _ range: Range<Int>, input: UnsafePointer<Float>, inputStride: Int, tokens: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    if arithmetic == .openBLAS {
      return multiplyByOpenBLAS(
        range, input: input, inputStride: inputStride, tokens: tokens, output: output, outputStride: outputStride)
    }
    if elementType.isQuantized {
      return decodePanels(range) { rows, count, first in
        Kernels.best.matmul_f32(
          rows, columns, input, inputStride, output + first, outputStride, tokens, count, columns)
      }
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
      default: preconditionFailure("decoded above")
      }
    }
  }

  /// Rows of a decoded panel: a panel of 4,096 columns then takes 1 MB, which stays in the second-level cache.
  private static let decodedRows = 64

  /// Converts the rows of a range to float32, some at a time; `body` gets `[count, columns]` and the first row's number.
  func decodePanels(_ range: Range<Int>, _ body: (_ rows: UnsafePointer<Float>, _ count: Int, _ first: Int) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: min(Self.decodedRows, range.count) * columns) { panel in
      guard let memory = panel.baseAddress else { return }
      for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.decodedRows) {
        let count = min(Self.decodedRows, range.upperBound - first)
        for row in 0..<count { copyRow(first + row, to: memory + row * columns) }
        body(memory, count, first)
      }
    }
  }

  /// One row as float32, written to `target`: `[columns]`.
  package func copyRow(_ row: Int, to target: UnsafeMutablePointer<Float>) {
    if let panels { return panels.copyRow(row, to: target) }
    let source = start + row * (columns / elementType.blockLength) * elementType.blockBytes
    switch elementType {
    case .float32: target.update(from: source.assumingMemoryBound(to: Float.self), count: columns)
    case .bfloat16: Kernels.best.convert_bf16(source.assumingMemoryBound(to: UInt16.self), target, columns)
    case .float16: Kernels.best.convert_f16(source.assumingMemoryBound(to: UInt16.self), target, columns)
    default: _ = gbk_dequantize(elementType.rawValue, source, target, columns)
    }
  }
}
