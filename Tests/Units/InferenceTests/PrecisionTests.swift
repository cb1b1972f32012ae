import Checkpoints
import Support
import Tensors
import Testing
import Transformer

@testable import Inference

/// A precision that is asked for is what a model computes with, or an error that says why not.
@Suite struct PrecisionTests {
  static let pocket = "\(Fixtures.folder)/../../scripts/pocket/models/pocket-1m"
  static let tokens: [Int32] = [2, 30, 31, 40, 50, 60, 70, 80, 90]

  static func load(_ quantization: String, _ precision: Precision?, threads: Int = 2) throws -> LocalProvider {
    try LocalProvider.load(
      ModelSpecification(
        pocket,
        threads: threads, quantization: try QuantizationScheme(name: quantization), precision: precision)
    ) { _, _ in }
  }

  static func bits(_ model: LanguageModel, pieces: Int = 1) throws -> [UInt32] {
    let cache = try model.makeCache(capacity: tokens.count)
    let size = tokens.count / pieces
    var bits: [UInt32] = []
    for start in stride(from: 0, to: tokens.count, by: size) {
      let part = Array(tokens[start..<start + size])
      let logits = try model.forward(part, cache: cache, logitCount: part.count)
      for row in part.indices { bits += logits.row(row).map(\.bitPattern) }
    }
    return bits
  }

  @Test("float32 of quantised weights are dequantised weights times float32", arguments: ["q8_0", "q4_k", "q4_0"])
  func float32(type: String) throws {
    let exact = try Self.load(type, .float32)
    #expect(try exact.language.activationName == "float32")
    #expect(exact.facts.objectValue?["compute_type"] == "float32")
    #expect(exact.facts.objectValue?["arithmetic"]?.stringValue?.hasPrefix("ordered ") == true)
    let bits = try Self.bits(try exact.language)
    // The reference arithmetic, which other tests hold to dequantised weights.
    let reference = try LanguageModel.load(
      path: Self.pocket, threads: 1, arithmetic: .ordered, quantization: try QuantizationScheme(name: type)
    ) { _, _ in }
    #expect(try Self.bits(reference) == bits)
    #expect(try Self.bits(try Self.load(type, .float32, threads: 1).language, pieces: 9) == bits)
    let usual = try Self.load(type, nil)
    #expect(try usual.language.activationName == "int8")
    #expect(try Self.bits(try usual.language) != bits)
  }

  @Test("bfloat16 of weights that are something else is refused by their type", arguments: ["q8_0", "q4_0"])
  func refusal(type: String) throws {
    let error = #expect(throws: BenchmarkError.self) { try Self.load(type, .bfloat16) }
    #expect(error?.kind == .unsupported)
    let message = error?.message ?? ""
    #expect(
      message.contains("precision bfloat16") && message.contains(type) && message.contains("float32"), "\(message)")
  }

  @Test("bfloat16 of float16 weights is refused, of bfloat16 ones obeyed") func bfloat16() throws {
    let error = #expect(throws: BenchmarkError.self) { try Self.load("f16", .bfloat16) }
    #expect(error?.message.contains("needs bfloat16 weights, but these are float16") == true, "\(error?.message ?? "")")
    let model = try Self.load("none", .bfloat16)
    #expect(try model.language.activationName == "bfloat16" && model.facts.objectValue?["compute_type"] == "bfloat16")
  }

  @Test("Names say what was asked for beside the type") func names() {
    let scheme = try? QuantizationScheme(name: "q8_0")
    #expect(ModelName.standard(of: "a/b", quantization: scheme) == "b-q8_0")
    #expect(ModelName.standard(of: "a/b", quantization: scheme, precision: .float32) == "b-q8_0-float32")
  }
}
