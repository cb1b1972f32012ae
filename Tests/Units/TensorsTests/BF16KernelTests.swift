import CKernels
import Glibc
import Support
import Testing

@testable import Tensors

private nonisolated(unsafe) let tables: [gbk_bf16_kernels] = (Int32(0)..<8).compactMap {
  gbk_bf16_kernels_at($0)?.pointee
}

/// bfloat16 weights times bfloat16 activations, against the scalar twin.
@Suite struct BF16KernelTests {
  @Test(
    "Products are the scalar twin's bits on every instruction set",
    arguments: [(37, 1152, 21), (16, 77, 5), (50, 2500, 9), (1, 1, 1), (70, 4096, 35)])
  func products(rows: Int, columns: Int, tokens: Int) {
    // Among the weights some that are below the smallest kept.
    let bits = Numbers.list(rows * columns, seed: 2).enumerated().map { index, value in
      UInt16(truncatingIfNeeded: (index % 5 == 0 ? value * 1e-18 : value).bitPattern >> 16)
    }
    let panelCount = (rows + 15) / 16
    var panels = [UInt16](repeating: 0xFFFF, count: panelCount * gbk_bf16_panel_count(columns) + 32)
    panels.withUnsafeMutableBufferPointer { memory in
      // The kernels read whole cache lines.
      let start = UnsafeMutablePointer<UInt16>(bitPattern: (UInt(bitPattern: memory.baseAddress) + 63) / 64 * 64)!
      gbk_bf16_pack(bits, rows, columns, 0, panelCount, start)
      let stride = (columns + 1) / 2 * 2
      let input = Numbers.list(tokens * columns, seed: 3)
      var activations = [UInt16](repeating: 0, count: tokens * stride)
      var twin = [Float](repeating: 0, count: tokens * rows)
      input.withUnsafeBufferPointer { source in
        activations.withUnsafeMutableBufferPointer { target in
          for token in 0..<tokens {
            gbk_reference_bf16_prepare(
              source.baseAddress! + token * columns, target.baseAddress! + token * stride, columns)
          }
        }
      }
      gbk_reference_bf16_multiply(start, columns, 0, rows, activations, stride, tokens, &twin, rows)
      for table in tables {
        var output = [Float](repeating: .nan, count: tokens * rows)
        table.multiply(start, columns, 0, rows, activations, stride, tokens, &output, rows)
        #expect(output == twin, "\(String(cString: table.name))")
        let middle = rows / 3
        output = [Float](repeating: .nan, count: tokens * rows)
        table.multiply(start, columns, 0, middle, activations, stride, tokens, &output, rows)
        table.multiply(start, columns, middle, rows, activations, stride, tokens, &output, rows)
        #expect(output == twin, "\(String(cString: table.name)) in pieces")
      }
      var row = [Float](repeating: 0, count: columns)
      for index in 0..<rows {
        gbk_bf16_row(start, columns, index, &row)
        let expected = bits[index * columns..<(index + 1) * columns].map { bits in
          let value = gbk_reference_bf16(bits)
          return abs(value) < 0x1p-50 ? 0 : value
        }
        #expect(row == expected)
      }
    }
  }

  @Test("Activations are rounded to nearest, ties to even, and tiny ones to zero") func preparation() {
    let patterns: [UInt32] =
      [0, 0x8000_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0001, 0x7F80_0001, 1, 0x007F_FFFF, 0x267F_FFFF, 0x2680_0000]
      + [0x3F80_8000, 0x3F81_8000, 0x3F80_8001, 0x3F80_7FFF, 0x7F7F_FFFF, 0xBF81_8000, 0xA67F_FFFF]
      + Numbers.list(500, seed: 5).map(\.bitPattern)
    let input = patterns.map { Float(bitPattern: $0) }
    var twin = [UInt16](repeating: 0, count: input.count)
    gbk_reference_bf16_prepare(input, &twin, input.count)
    for table in tables {
      var output = [UInt16](repeating: 1, count: input.count)
      table.prepare(input, &output, input.count)
      #expect(output == twin, "\(String(cString: table.name))")
    }
    // By the definition: the nearer of the two neighbours, the even one of equally near ones.
    for (value, bits) in zip(input, twin) where abs(value) >= 0x1p-50 && value.isFinite {
      let below = value.bitPattern >> 16
      let low = Double(Float(bitPattern: below << 16)), high = Double(Float(bitPattern: (below + 1) << 16))
      let (toLow, toHigh) = (abs(Double(value) - low), abs(high - Double(value)))
      let expected = toLow < toHigh ? below : toHigh < toLow ? below + 1 : below % 2 == 0 ? below : below + 1
      if high.isFinite { #expect(UInt32(bits) == expected) }
    }
  }
}
