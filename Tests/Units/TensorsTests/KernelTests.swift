import CKernels
import Glibc
import Testing

@testable import Tensors

/// All tables of kernels that this machine can run.
private nonisolated(unsafe) let tables: [gbk_kernels] = (Int32(0)..<8).compactMap { gbk_kernels_at($0)?.pointee }

/// Numbers between -1 and 1, the same on every run.
private func numbers(_ count: Int, seed: UInt64) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
  }
}

/// Kernels against their scalar twins.
@Suite struct KernelTests {
  private static let shapes = [
    (1, 1, 1), (1, 7, 16), (3, 5, 17), (4, 6, 1024), (9, 13, 1025), (5, 8, 2100), (2, 25, 33), (1, 3, 3000),
  ]

  @Test("Matrix products are the scalar twin's bits on every instruction set") func matmul() {
    for (m, n, k) in Self.shapes {
      let input = numbers(m * k, seed: 1)
      let bits = numbers(n * k, seed: 2).map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
      let bf16 = bits.map(gbk_reference_bf16)
      let halves = numbers(n * k, seed: 3).map { UInt16(abs(Int32($0 * 15_000))) }
      let half = halves.map(gbk_reference_f16)
      for table in tables {
        func product(_ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
          var output = [Float](repeating: .nan, count: m * n)
          body(&output)
          return output
        }
        let twin = product { gbk_reference_matmul(bf16, k, input, k, $0, n, m, n, k) }
        #expect(product { table.matmul_bf16(bits, k, input, k, $0, n, m, n, k) } == twin)
        #expect(product { table.matmul_f32(bf16, k, input, k, $0, n, m, n, k) } == twin)
        let halfTwin = product { gbk_reference_matmul(half, k, input, k, $0, n, m, n, k) }
        #expect(product { table.matmul_f16(halves, k, input, k, $0, n, m, n, k) } == halfTwin)
      }
    }
  }

  @Test("All 65536 numbers of both half-width types convert exactly") func conversions() {
    let bits = (0...UInt16.max).map { $0 }
    for table in tables {
      var bf16 = [Float](repeating: 0, count: bits.count)
      var half = bf16
      table.convert_bf16(bits, &bf16, bits.count)
      table.convert_f16(bits, &half, bits.count)
      for (index, value) in bits.enumerated() {
        let (wideBF16, wideHalf) = (gbk_reference_bf16(value), gbk_reference_f16(value))
        if bf16[index].bitPattern != wideBF16.bitPattern { Issue.record("bfloat16 \(value)") }
        let same = half[index].bitPattern == wideHalf.bitPattern || (half[index].isNaN && wideHalf.isNaN)
        if !same { Issue.record("float16 \(value): \(half[index]), \(wideHalf)") }
      }
    }
  }

  @Test("The norm is the scalar twin's bits on every instruction set", arguments: [1, 15, 16, 56, 1152])
  func norm(count: Int) {
    let (input, gain) = (numbers(count, seed: 4), numbers(count, seed: 5))
    var twin = [Float](repeating: 0, count: count)
    gbk_reference_rms_norm(input, gain, &twin, count, 1e-6)
    for table in tables {
      var output = [Float](repeating: 0, count: count)
      table.rms_norm(input, gain, &output, count, 1e-6)
      #expect(output == twin)
    }
  }

  @Test("Attention is near double precision, and the same bits row by row and on every instruction set")
  func attention() {
    let cases: [(Int, Int, Float, Int)] = [
      (18, 0, 0, 45), (64, 8, 5, 45), (12, 20, 0, 200), (256, 3, 2, 45), (80, 0, 4, 150), (16, 70, 0, 193),
    ]
    for (size, window, softcap, count) in cases {
      let (queries, keys) = (numbers(count * size, seed: 6), numbers(count * size, seed: 7))
      let values = numbers(count * size, seed: 8)
      var scores = [Float](repeating: 0, count: count * (gbk_score_stride(count) + size))
      func shape(_ rows: Int, _ first: Int) -> gbk_attention_shape {
        gbk_attention_shape(
          rows: rows, heads: 1, first_position: first, window: window, head_size: size, query_stride: size,
          output_stride: size, scale: 0.3, softcap: softcap)
      }
      var twin = [Float](repeating: 0, count: count * size)
      var whole = shape(count, 0)
      gbk_reference_attention(&whole, queries, keys, values, &scores, &twin)
      var first: [Float]?
      // Pages in order, and pages scattered backwards with room between them.
      let pageCount = (count + Int(GBK_PAGE) - 1) / Int(GBK_PAGE)
      let backwards = (0..<pageCount).map { Int32(2 * (pageCount - 1 - $0)) }
      for (table, scattered) in tables.flatMap({ [($0, false), ($0, true)] }) {
        let order = scattered ? backwards : (0..<Int32(pageCount)).map { $0 }
        let pages = (PagedRows(keys, size: size, order), PagedRows(values, size: size, order))
        var output = twin
        var single = twin
        table.attention(&whole, queries, &pages.0.pages, &pages.1.pages, &scores, &output)
        single.withUnsafeMutableBufferPointer { target in
          queries.withUnsafeBufferPointer { source in
            for row in 0..<count {
              var one = shape(1, row)
              table.attention(
                &one, source.baseAddress! + row * size, &pages.0.pages, &pages.1.pages, &scores,
                target.baseAddress! + row * size)
            }
          }
        }
        #expect(zip(output, twin).allSatisfy { abs($0 - $1) < 2e-6 })
        #expect(first == nil || first == output)
        #expect(single == output)
        first = output
        checkHeadsTogether(table, whole, pages.0, pages.1)
      }
    }
  }

  /// Heads that share keys and values: together the same bits as one by one, at the last of 45 positions and in tiles.
  private func checkHeadsTogether(
    _ table: gbk_kernels, _ like: gbk_attention_shape, _ keys: PagedRows, _ values: PagedRows
  ) {
    let size = like.head_size
    for (heads, rows, first) in [(2, 1, 44), (4, 8, 30), (3, 5, 0), (8, 1, 20)] {
      let stride = (heads + 1) * size
      let queries = numbers(rows * stride, seed: 20)
      var scores = [Float](repeating: 0, count: rows * heads * (gbk_score_stride(64) + size))
      var together = [Float](repeating: 0, count: rows * stride)
      var alone = together
      var shape = like
      (shape.heads, shape.rows, shape.first_position) = (heads, rows, first)
      (shape.query_stride, shape.output_stride) = (stride, stride)
      table.attention(&shape, queries, &keys.pages, &values.pages, &scores, &together)
      shape.heads = 1
      queries.withUnsafeBufferPointer { source in
        alone.withUnsafeMutableBufferPointer { target in
          for head in 0..<heads {
            table.attention(
              &shape, source.baseAddress! + head * size, &keys.pages, &values.pages, &scores,
              target.baseAddress! + head * size)
          }
        }
      }
      #expect(together == alone)
    }
  }

  @Test("A row's greatest logit and its sum are near double precision, and the same bits on every instruction set")
  func logits() {
    for count in [1, 15, 16, 4096, 4100, 10_007] {
      var values = numbers(count, seed: 9).map { $0 * 20 }
      let place = count / 3
      values[place] = 21
      values[count - 1] = 21
      let exact = values.reduce(0.0) { $0 + exp(Double($1) - 21) }
      var first: gbk_logits_summary?
      for table in tables {
        var summary = gbk_logits_summary()
        table.summarize_logits(values, count, &summary)
        #expect(summary.greatest == 21 && Int(summary.index) == place)
        #expect(abs(summary.exponential_sum / exact - 1) < 1e-6)
        #expect(first == nil || first?.exponential_sum == summary.exponential_sum)
        first = summary
      }
    }
  }

  @Test("Activations are near double precision and the same bits on every instruction set") func activations() {
    let inputs = (-4000...4000).map { Float($0) / 100 } + [-1e30, 1e30, -0.0, 1e-20, -1e-20]
    let ones = [Float](repeating: 1, count: inputs.count)
    var (firstGelu, firstSilu, firstCap): ([Float]?, [Float]?, [Float]?)
    for table in tables {
      var (gelu, silu, cap) = (inputs, inputs, inputs)
      table.gelu_multiply(&gelu, ones, inputs.count)
      table.silu_multiply(&silu, ones, inputs.count)
      table.softcap(&cap, 7, inputs.count)
      for (index, value) in inputs.enumerated() {
        let x = Double(value)
        let inner = 0.7978845608028654 * (x + 0.044715 * x * x * x)
        let exact = abs(x) > 1e3 ? max(x, 0) : x / (1 + exp(-2 * inner))
        if abs(Double(gelu[index]) - exact) > 1e-6 * max(1, abs(exact)) { Issue.record("gelu(\(x)) = \(gelu[index])") }
        let swish = x < -700 ? 0 : x / (1 + exp(-x))
        if abs(Double(silu[index]) - swish) > 1e-6 * max(1, abs(swish)) { Issue.record("silu(\(x)) = \(silu[index])") }
        if abs(Double(cap[index]) - 7 * tanh(x / 7)) > 1.5e-6 { Issue.record("cap(\(x)) = \(cap[index])") }
      }
      #expect(firstGelu == nil || (firstGelu == gelu && firstSilu == silu && firstCap == cap))
      (firstGelu, firstSilu, firstCap) = (gelu, silu, cap)
    }
  }
}

/// Rows of keys or values in pages, as a cache would have them; the memory between pages holds no numbers.
private final class PagedRows {
  var pages: gbk_pages
  private let memory: UnsafeMutablePointer<Float>
  private let starts: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

  /// - Parameter order: where each page lies among twice as many.
  init(_ rows: [Float], size: Int, _ order: [Int32]) {
    let pageSize = Int(GBK_PAGE) * size
    memory = .allocate(capacity: 2 * order.count * pageSize)
    memory.initialize(repeating: .nan, count: 2 * order.count * pageSize)
    starts = .allocate(capacity: order.count)
    for (index, page) in order.enumerated() {
      let start = memory + Int(page) * pageSize
      starts[index] = start
      for (place, value) in rows[index * pageSize..<min((index + 1) * pageSize, rows.count)].enumerated() {
        start[place] = value
      }
    }
    pages = gbk_pages(table: starts, offset: 0)
  }

  deinit {
    memory.deallocate()
    starts.deallocate()
  }
}
