import Support
import Testing

@testable import Tensors

/// What pip gguf and llama.cpp make of quantised blocks; see Tests/Goldens/blocks/README.md.
enum BlockGoldens {
  static let root: JSONObject = {
    let tests = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "\(tests)/Goldens/blocks/blocks.json"
    return (try? JSONReader.parse(FileSystem.read(path), name: path).objectValue) ?? JSONObject()
  }()

  static func rows(_ part: String) throws -> [JSONObject] {
    let rows = try #require(root[part]?.arrayValue)
    return rows.compactMap(\.objectValue)
  }

  static func type(_ row: JSONObject) throws -> ElementType {
    let number = try #require(row["type"]?.integerValue)
    return try #require(ElementType(rawValue: UInt32(number)))
  }

  /// Knuth's linear congruential generator; the upper 32 bits of each state.
  struct Generator {
    var state: UInt64
    mutating func next() -> UInt32 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt32(state >> 32)
    }
  }

  /// The numbers of a shape, exact in float32.
  static func numbers(_ shape: String, _ count: Int, seed: Int) -> [Float] {
    if shape == "odd" { return oddRows() }
    var generator = Generator(state: UInt64(seed))
    return (0..<count).map { index in
      let parts = (0..<4).map { _ in Int(generator.next() >> 16) - 32768 }
      let bell = Float(parts.reduce(0, +)) / 65536
      switch shape {
      case "uniform": return Float(parts[0]) / 32768
      case "bell": return bell
      case "outliers": return bell * (index % 97 == 0 ? 64 : 1)
      case "small": return bell / 256
      case "tiny": return bell / 1_048_576
      case "one-sided": return Float(abs(parts[0])) / 32768 + 0.25
      default: return .nan
      }
    }
  }

  /// Blocks of 32 whose scale is degenerate: zeros, signs, one number, equal numbers, ties of the largest.
  private static func oddRows() -> [Float] {
    var single = [Float](repeating: 0, count: 32)
    single[5] = 3
    var last = [Float](repeating: 0, count: 32)
    last[31] = -3
    let constants = [0, -0.0, 0.5, -0.5].map { [Float](repeating: $0, count: 32) }
    let alternating = (0..<32).map { Float($0 % 2 == 0 ? 1 : -1) }
    let ramp = (0..<32).map { Float($0 - 16) }
    return constants[0] + constants[1] + single + last + constants[2] + constants[3] + alternating + ramp
  }

  static func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}
