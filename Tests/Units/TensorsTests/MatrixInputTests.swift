import Support
import Testing

@testable import Tensors

/// Weight matrices in each form, and inputs prepared for several of them.
@Suite struct MatrixInputTests {
  private func product(_ matrix: WeightMatrix, _ input: [Float], tokens: Int) -> [Float] {
    var output = [Float](repeating: .nan, count: tokens * matrix.rows)
    matrix.multiply(
      0..<matrix.rows, input: input, inputStride: matrix.columns, tokens: tokens, output: &output,
      outputStride: matrix.rows)
    return output
  }

  @Test("An input prepared once gives each matrix what it gets by itself, in pieces and by several threads")
  func sharedInput() throws {
    let (rows, columns, tokens) = (50, 1536, 7)
    let quantised = PackedKernelTests.blocks(.q6_k, rows: rows, columns: columns)
    let bf16 = Numbers.list(rows * columns, seed: 1).map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
    let input = Numbers.list(tokens * columns, seed: 2)
    let pool = WorkerPool(threads: 2)
    try quantised.withUnsafeBytes { first in
      try bf16.withUnsafeBytes { second in
        let matrices = try [
          (first, ElementType.q6_k, ComputeType.automatic), (second, .bfloat16, .rounded),
          (second, .bfloat16, .automatic), (first, .q6_k, .ordered),
        ].map { memory, type, arithmetic in
          try WeightMatrix(
            start: #require(memory.baseAddress), elementType: type, rows: rows, columns: columns, arithmetic: arithmetic
          ).repacked()
        }
        for matrix in matrices { matrix.panels?.fill(on: pool) }
        #expect(matrices.map(\.activationForm) == [.int8, .bfloat16, .float32, .float32])
        let memory = try InputMemory(numbers: tokens * columns)
        try input.withUnsafeBufferPointer { source in
          let prepared = try memory.input(
            #require(source.baseAddress), stride: columns, tokens: tokens, columns: columns, for: matrices)
          pool.run { thread, threads in
            prepared.prepare(WorkerPool.share(of: prepared.pieces, thread: thread, count: threads))
          }
          for matrix in matrices {
            let whole = product(matrix, input, tokens: tokens)
            var output = [Float](repeating: .nan, count: tokens * rows)
            output.withUnsafeMutableBufferPointer { target in
              for part in [0..<3, 3..<4, 4..<tokens] {
                for range in [0..<16, 16..<19, 19..<rows] {
                  matrix.multiply(
                    range, input: prepared.rows(part), output: target.baseAddress! + part.lowerBound * rows,
                    outputStride: rows)
                }
              }
            }
            #expect(output == whole, "\(matrix.elementType) \(matrix.arithmetic)")
          }
          // Rounded products are near those in float32.
          for (rounded, exact) in [(0, 3), (1, 2)] {
            let left = product(matrices[rounded], input, tokens: tokens)
            let right = product(matrices[exact], input, tokens: tokens)
            let size = right.map { Double($0) * Double($0) }.reduce(0, +)
            let distance = zip(left, right).map { Double($0 - $1) * Double($0 - $1) }.reduce(0, +)
            #expect(distance < size * 4e-5)
          }
        }
      }
    }
  }

  @Test("An odd number of columns is multiplied in bfloat16") func oddColumns() throws {
    let (rows, columns, tokens) = (5, 45, 2)
    let bits = Numbers.list(rows * columns, seed: 6).map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
    let input = Numbers.list(tokens * columns, seed: 7).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
    try bits.withUnsafeBytes { memory in
      func matrix(_ arithmetic: ComputeType) throws -> WeightMatrix {
        let matrix = try WeightMatrix(
          start: #require(memory.baseAddress), elementType: .bfloat16, rows: rows, columns: columns,
          arithmetic: arithmetic
        ).repacked()
        if let panels = matrix.panels { panels.fill(0..<panels.count) }
        return matrix
      }
      let rounded = product(try matrix(.rounded), input, tokens: tokens)
      let exact = product(try matrix(.ordered), input, tokens: tokens)
      // Both inputs are bfloat16, so that only the order of the sums differs.
      #expect(zip(rounded, exact).allSatisfy { abs($0 - $1) < 2e-6 })
    }
  }
}
