import CKernels
import Glibc
import Support
import Testing

@testable import Tensors

@Suite struct BlockTests {
  @Test func everyTypeDequantizesToTheBitsOfThePeer() throws {
    let rows = try BlockGoldens.rows("dequantized")
    let types = try rows.map(BlockGoldens.type)
    #expect(Set(types) == Set(ElementType.allCases))
    for row in rows {
      let type = try BlockGoldens.type(row)
      let blocks = try #require(row["blocks"]?.integerValue)
      let seed = try #require(row["seed"]?.integerValue)
      var generator = BlockGoldens.Generator(state: UInt64(seed))
      let bytes = (0..<blocks * type.blockBytes).map { _ in UInt8(generator.next() >> 24) }
      var values = [Float](repeating: 0, count: blocks * type.blockLength)
      #expect(gbk_dequantize(type.rawValue, bytes, &values, values.count) == 1)
      let first = row["first"]?.arrayValue?.compactMap(\.doubleValue) ?? []
      #expect(values.filter(\.isFinite).prefix(4).map(Double.init) == first, "\(type.name)")
      let bits = values.flatMap { value in
        let bits = value.isNaN ? 0x7FC0_0000 : value.bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      }
      #expect(BlockGoldens.digest(bits) == row["sha256"]?.stringValue, "\(type.name)")
    }
  }

  @Test func unknownTypesAreRefused() {
    var value: Float = 0
    let block: [UInt16] = [0, 0]
    for type in [4, UInt32.max] { #expect(gbk_dequantize(type, block, &value, 1) == 0) }
  }

  /// The bytes that an encoder makes of numbers, and its answer.
  private func encode(
    _ type: ElementType, _ numbers: [Float], generic: Bool = false
  ) -> (answer: Int32, bytes: [UInt8]) {
    var blocks = [UInt16](repeating: 0, count: numbers.count / type.blockLength * type.blockBytes / 2)
    let encoder = generic ? gbk_quantize_generic : gbk_quantize
    let answer = encoder(type.rawValue, numbers, &blocks, numbers.count)
    return (answer, blocks.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
  }

  @Test func quantizedBitsAreThoseOfThePeer() throws {
    for row in try BlockGoldens.rows("quantized") {
      let type = try BlockGoldens.type(row)
      let shape = try #require(row["shape"]?.stringValue)
      let numbers = BlockGoldens.numbers(shape, 2048, seed: try #require(row["seed"]?.integerValue))
      let (answer, bytes) = encode(type, numbers)
      #expect(answer == 0 && BlockGoldens.digest(bytes) == row["sha256"]?.stringValue, "\(type.name) of \(shape)")
    }
  }

  /// The K types' error is that of llama.cpp or less; 1.5% more is allowed to a search that is another one, but none to Q3_K's.
  @Test func superBlocksLoseNoMoreThanThePeers() throws {
    for row in try BlockGoldens.rows("errors") {
      let type = try BlockGoldens.type(row)
      let shape = try #require(row["shape"]?.stringValue)
      let numbers = BlockGoldens.numbers(shape, 16384, seed: try #require(row["seed"]?.integerValue))
      let (answer, bytes) = encode(type, numbers)
      #expect(answer == 0)
      #expect(encode(type, numbers, generic: true).bytes == bytes, "\(type.name): the same bits on every machine")
      var restored = [Float](repeating: .nan, count: numbers.count)
      gbk_dequantize(type.rawValue, bytes, &restored, restored.count)
      let squares = zip(numbers, restored).map { pow(Double($0) - Double($1), 2) }
      let error = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
      let peer = try #require(row["error"]?.doubleValue)
      #expect(
        error <= (type == .q3_k ? 1 : 1.015) * peer, "\(type.name) of \(shape): \(error / peer) of the peer's error")
    }
  }

  private static let readOnly: [ElementType] = [
    .iq4_nl, .iq4_xs, .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .tq1_0, .tq2_0, .mxfp4,
  ]
  private static let writable: [ElementType] = ElementType.allCases.filter { !readOnly.contains($0) }

  @Test(arguments: writable) func numbersThatDoNotFitAreRefused(type: ElementType) {
    for bad in [Float.nan, .infinity, -.infinity] {
      for position in [0, 31, 100, 255] {
        var numbers = [Float](repeating: 0.25, count: 256)
        numbers[position] = bad
        #expect(encode(type, numbers).answer == Int32(GBK_NOT_FINITE.rawValue), "\(type.name): \(bad)")
      }
    }
    let large: Float = type == .float32 || type == .bfloat16 ? 3e38 : 1e11
    let answer = encode(type, [large, -large] + [Float](repeating: 0.25, count: 254)).answer
    #expect(answer == (type == .float32 || type == .bfloat16 ? 0 : Int32(GBK_NOT_FINITE.rawValue)))
  }

  @Test(arguments: writable) func smallestNumbersAndZerosStayFinite(type: ElementType) {
    for size in [Float(0), -0.0, .leastNonzeroMagnitude, 1e-38, 1e-30, 1e-15, 1e-9, 1e-6] {
      let numbers = (0..<512).map { Float($0 % 5 - 2) * size }
      let (answer, bytes) = encode(type, numbers)
      var restored = [Float](repeating: .nan, count: numbers.count)
      gbk_dequantize(type.rawValue, bytes, &restored, restored.count)
      // A scale below half precision's smallest number, 6e-8, is zero or that: no farther off than zero is.
      let worst = zip(numbers, restored).map { abs($0 - $1) }.max() ?? .nan
      #expect(answer == 0 && worst <= 2 * size, "\(type.name) of \(size): \(worst)")
    }
  }

  @Test(arguments: readOnly) func typesWithoutAnEncoderSaySo(type: ElementType) {
    #expect(encode(type, [Float](repeating: 1, count: 256)).answer == Int32(GBK_NO_ENCODER.rawValue), "\(type.name)")
  }

  /// Types without kernels of their own are decoded at each product, which is then that of their numbers in float32.
  @Test(arguments: ElementType.allCases.filter { $0.isQuantized && !$0.hasIntegerKernels })
  func blocksWithoutKernelsMultiplyAsTheirNumbers(type: ElementType) throws {
    let (rows, columns, tokens) = (70, 512, 3)
    var generator = BlockGoldens.Generator(state: 7)
    var bytes = (0..<rows * columns / type.blockLength * type.blockBytes).map { _ in UInt8(generator.next() >> 24) }
    // Scales of exponents that stay small: halves whose upper byte is below 0x38 are less than 1/2.
    let scale: Range<Int>
    switch type {
    case .mxfp4: scale = 0..<1
    case .tq1_0, .tq2_0: scale = type.blockBytes - 1..<type.blockBytes
    case .iq1_m: scale = 55..<56
    default: scale = 1..<2
    }
    for block in stride(from: 0, to: bytes.count, by: type.blockBytes) {
      for index in scale { bytes[block + index] = type == .mxfp4 ? 120 : bytes[block + index] & 0x2F }
    }
    let input = (0..<tokens * columns).map { _ in Float(Int(generator.next() >> 16) - 32768) / 32768 }
    var numbers = [Float](repeating: 0, count: rows * columns)
    #expect(gbk_dequantize(type.rawValue, bytes, &numbers, numbers.count) == 1)
    #expect(!numbers.contains { !$0.isFinite })
    func product(_ start: UnsafeRawPointer, _ type: ElementType) throws -> [Float] {
      let matrix = try WeightMatrix(
        start: start, elementType: type, rows: rows, columns: columns, arithmetic: .automatic
      ).repacked()
      var output = [Float](repeating: .nan, count: tokens * rows)
      matrix.multiply(0..<rows, input: input, inputStride: columns, tokens: tokens, output: &output, outputStride: rows)
      return output
    }
    let ours = try bytes.withUnsafeBytes { try product($0.baseAddress!, type) }
    let expected = try numbers.withUnsafeBytes { try product($0.baseAddress!, .float32) }
    #expect(ours == expected, "\(type.name)")
  }
}
