import CKernels
import Glibc
import Support
import Testing

@testable import Tensors

private nonisolated(unsafe) let tables: [gbk_packed_kernels] = (Int32(0)..<8).compactMap {
  gbk_packed_kernels_at($0)?.pointee
}

/// Quantised weights times 8-bit activations, against scalar twins and against the decoded weights.
@Suite struct PackedKernelTests {
  static let types = ElementType.allCases.filter(\.hasIntegerKernels)

  /// Blocks of random bits whose scales are ordinary numbers.
  static func blocks(_ type: ElementType, rows: Int, columns: Int) -> [UInt8] {
    var generator = Numbers(seed: UInt64(type.rawValue) + 1)
    let count = rows * columns / type.blockLength
    var bytes = (0..<count * type.blockBytes).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 40) }
    let scales: [ElementType: [Int]] = [
      .q4_1: [0, 2], .q5_1: [0, 2], .q2_k: [80, 82], .q3_k: [108], .q4_k: [0, 2], .q5_k: [0, 2], .q6_k: [208],
    ]
    for block in 0..<count {
      for offset in scales[type] ?? [0] {
        let half = UInt16(0x1000 + generator.next() % 0x1000) | (generator.next() % 4 == 0 ? 0x8000 : 0)
        bytes[block * type.blockBytes + offset] = UInt8(half & 0xFF)
        bytes[block * type.blockBytes + offset + 1] = UInt8(half >> 8)
      }
    }
    return bytes
  }

  /// A packed matrix of such blocks and its rows in float32.
  static func matrix(_ type: ElementType, rows: Int, columns: Int) throws -> (panels: WeightPanels, decoded: [Float]) {
    let bytes = blocks(type, rows: rows, columns: columns)
    return try bytes.withUnsafeBytes { memory in
      let start = try #require(memory.baseAddress)
      let panels = try WeightPanels(source: start, elementType: type, rows: rows, columns: columns)
      panels.fill(0..<panels.count)
      var decoded = [Float](repeating: 0, count: rows * columns)
      #expect(gbk_dequantize(type.rawValue, start, &decoded, decoded.count) == 1)
      return (panels, decoded)
    }
  }

  static func prepared(_ input: [Float], _ body: (gbk_packed_kernels) -> Bool = { _ in true }) -> [gbk_activation] {
    [gbk_activation](unsafeUninitializedCapacity: input.count / 32) { buffer, count in
      gbk_reference_prepare(input, buffer.baseAddress, input.count)
      count = input.count / 32
    }
  }

  @Test("Packed rows are the bits of the decoded blocks", arguments: types) func rows(type: ElementType) throws {
    let (rows, columns) = (37, 512)
    let (panels, decoded) = try Self.matrix(type, rows: rows, columns: columns)
    var row = [Float](repeating: 0, count: columns)
    for index in 0..<rows {
      panels.copyRow(index, to: &row)
      let expected = decoded[index * columns..<(index + 1) * columns]
      #expect(row.map(\.bitPattern) == expected.map(\.bitPattern), "row \(index)")
    }
  }

  @Test("Products are the scalar twin's bits on every instruction set, for any number of tokens", arguments: types)
  func products(type: ElementType) throws {
    let (rows, columns, tokens) = (37, 512, 21)
    let (panels, _) = try Self.matrix(type, rows: rows, columns: columns)
    let activations = Self.prepared(Numbers.list(tokens * columns, seed: 9))
    var matrix = panels.packed
    var twin = [Float](repeating: 0, count: tokens * rows)
    gbk_reference_packed_multiply(&matrix, 0, rows, activations, columns / 32, tokens, &twin, rows)
    for table in tables {
      let name = String(cString: table.name)
      var output = [Float](repeating: .nan, count: tokens * rows)
      table.multiply(&matrix, 0, rows, activations, columns / 32, tokens, &output, rows)
      #expect(output == twin, "\(name)")
      // Token by token, and rows in pieces that cut panels.
      output = [Float](repeating: .nan, count: tokens * rows)
      for token in 0..<tokens {
        for range in [0..<5, 5..<16, 16..<30, 30..<rows] {
          activations.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
              table.multiply(
                &matrix, range.lowerBound, range.upperBound, source.baseAddress! + token * columns / 32, columns / 32,
                1, target.baseAddress! + token * rows, rows)
            }
          }
        }
      }
      #expect(output == twin, "\(name) in pieces")
    }
  }

  @Test(
    "Products in cache blocks of panels are those of each token alone", arguments: [ElementType.q4_0, .q8_0, .q6_k])
  func cacheBlocks(type: ElementType) throws {
    let (rows, columns, tokens) = (200, 4096, 37)
    let (panels, _) = try Self.matrix(type, rows: rows, columns: columns)
    let activations = Self.prepared(Numbers.list(tokens * columns, seed: 11))
    var matrix = panels.packed
    for table in tables {
      var together = [Float](repeating: .nan, count: tokens * rows)
      var alone = together
      table.multiply(&matrix, 3, rows, activations, columns / 32, tokens, &together, rows)
      activations.withUnsafeBufferPointer { source in
        alone.withUnsafeMutableBufferPointer { target in
          for token in 0..<tokens {
            table.multiply(
              &matrix, 3, rows, source.baseAddress! + token * columns / 32, columns / 32, 1,
              target.baseAddress! + token * rows, rows)
          }
        }
      }
      #expect(together.map(\.bitPattern) == alone.map(\.bitPattern), "\(String(cString: table.name))")
    }
  }

  @Test("Products are near those of the decoded weights: within the rounding of activations", arguments: types)
  func nearDecoded(type: ElementType) throws {
    let (rows, columns, tokens) = (16, 768, 3)
    let (panels, decoded) = try Self.matrix(type, rows: rows, columns: columns)
    let input = Numbers.list(tokens * columns, seed: 10)
    let activations = Self.prepared(input)
    var matrix = panels.packed
    var output = [Float](repeating: 0, count: tokens * rows)
    Kernels.packed.multiply(&matrix, 0, rows, activations, columns / 32, tokens, &output, rows)
    for token in 0..<tokens {
      for row in 0..<rows {
        var (exact, rounding, size) = (0.0, 0.0, 0.0)
        for column in 0..<columns {
          let weight = Double(decoded[row * columns + column])
          let value = Double(input[token * columns + column])
          exact += weight * value
          size += abs(weight * value)
          // An activation is at most half a step off.
          rounding += abs(weight) * Double(activations[(token * columns + column) / 32].scale) * 0.5
        }
        let distance = abs(Double(output[token * rows + row]) - exact)
        // Beside that, float32 rounding of one sum of 48 or 96 terms, minima apart.
        #expect(distance <= rounding * 1.0001 + size * 2e-5, "\(distance) > \(rounding)")
      }
    }
  }

  @Test("Activations that eight bits hold give the products of the decoded weights", arguments: types)
  func exactActivations(type: ElementType) throws {
    let (rows, columns) = (16, 512)
    let (panels, decoded) = try Self.matrix(type, rows: rows, columns: columns)
    var generator = Numbers(seed: 3)
    // Each block has the greatest code, so that its scale is the one meant.
    let input = (0..<columns).map { $0 % 32 == 7 ? Float(127) : Float(Int(generator.next() % 255) - 127) }
    let activations = Self.prepared(input)
    #expect(activations.allSatisfy { $0.scale == 1 })
    var matrix = panels.packed
    var output = [Float](repeating: 0, count: rows)
    Kernels.packed.multiply(&matrix, 0, rows, activations, columns / 32, 1, &output, rows)
    for row in 0..<rows {
      var (exact, size) = (0.0, 0.0)
      for column in 0..<columns {
        let product = Double(decoded[row * columns + column]) * Double(input[column])
        exact += product
        size += abs(product)
      }
      #expect(abs(Double(output[row]) - exact) <= size * 4e-6)
    }
  }

  @Test("Activations are rounded alike on every instruction set, odd numbers included") func preparation() {
    var input = Numbers.list(32 * 12, seed: 4)
    for index in 0..<32 { input[32 + index] = 0 }
    for index in 0..<32 { input[64 + index] *= 1e-35 }
    input[100] = .nan
    input[130] = .infinity
    input[170] = -.infinity
    for index in 0..<32 { input[192 + index] = Float(index) - 15.5 }
    input[230] = Float.greatestFiniteMagnitude
    for index in 0..<32 { input[256 + index] *= 1e-30 }
    let twin = Self.prepared(input)
    for table in tables {
      var output = twin
      for index in output.indices { output[index].scale = -1 }
      table.prepare(input, &output, input.count)
      let same = output.withUnsafeBytes { left in
        twin.withUnsafeBytes { right in
          left.count == right.count
            && (0..<twin.count).allSatisfy { block in
              twin[block].scale.isNaN
                ? output[block].scale.isNaN
                : memcmp(left.baseAddress! + 64 * block, right.baseAddress! + 64 * block, 64) == 0
            }
        }
      }
      #expect(same, "\(String(cString: table.name))")
    }
    #expect(twin[3].scale.isNaN && twin[4].scale.isNaN && twin[5].scale.isNaN)
    #expect(twin[1].scale == 0 && twin[2].scale == 0)
  }

  @Test("Rows that do not fill whole blocks are refused") func refusal() {
    #expect(throws: BenchmarkError.self) {
      let bytes = [UInt8](repeating: 0, count: 4096)
      try bytes.withUnsafeBytes { memory in
        _ = try WeightPanels(source: #require(memory.baseAddress), elementType: .q4_k, rows: 1, columns: 288)
      }
    }
    #expect(gbk_packed_supports(99, 256) == 0)
    #expect(gbk_packed_panel_bytes(Int32(GBK_Q4_0.rawValue), 33) == 0)
  }
}

/// Numbers that are the same on every run.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 20
  }

  /// Numbers between -1 and 1.
  static func list(_ count: Int, seed: UInt64) -> [Float] {
    var generator = Numbers(seed: seed)
    return (0..<count).map { _ in Float(Int32(truncatingIfNeeded: generator.next())) / 2_147_483_648 }
  }
}
