import CKernels
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
}
