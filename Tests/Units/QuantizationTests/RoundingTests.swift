import Checkpoints
import Glibc
import Support
import Tensors
import Testing
import Tokenization
import Transformer

/// What the fast kernels' rounding of activations costs: the next token's distribution against that of the same weights
/// with activations in float32.
@Suite struct RoundingTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let folder: String
    /// What the weights are quantised to while loading; "none" leaves them in bfloat16.
    let type: String
    /// Mean Kullback-Leibler divergence from the reference, in nats for each position.
    let bound: Double
    var testDescription: String { "\(folder.split(separator: "/").last ?? ""), \(type)" }
  }

  /// Trained models answer with confidence; random ones spread over everything and amplify every difference.
  private static let cases: [Case] =
    ["scripts/pocket/models/pocket-1m", "scripts/pocket/models/pocket-6m"].flatMap { folder in
      [("none", 1e-4), ("q8_0", 5e-4), ("q4_0", 5e-4), ("q4_k", 5e-4)].map { Case(folder: folder, type: $0, bound: $1) }
    }
    + ["gemma2-bfloat16-sharded", "gemma3-bfloat16-old-keys"].map { name in
      Case(folder: "Tests/Goldens/models/\(name)", type: "none", bound: 1e-3)
    }

  /// Log-probabilities of every next token of a text. // [tokens, vocabulary]
  private func logProbabilities(_ folder: String, _ tokens: [Int32], _ type: String, _ arithmetic: ComputeType)
    throws -> [[Double]]
  {
    let quantization = try QuantizationScheme(name: type)
    let model = try LanguageModel.load(
      path: folder, threads: 2, arithmetic: arithmetic, quantization: quantization.type == nil ? nil : quantization
    ) { _, _ in }
    let logits = try model.forward(tokens, cache: try model.makeCache(capacity: 256), logitCount: tokens.count)
    return tokens.indices.map { row in
      let values = logits.row(row).map(Double.init)
      let greatest = values.max() ?? 0
      let sum = values.reduce(0) { $0 + exp($1 - greatest) }
      return values.map { $0 - greatest - log(sum) }
    }
  }

  private func tokens(_ folder: String) throws -> [Int32] {
    guard folder.contains("pocket") else { return (0..<60).map { Int32(2 + $0 * 7 % 60) } }
    let text =
      "Anna has 3 apples. She buys 4 more apples. How many apples does Anna have now?\nAnswer: 3 + 4 = 7\n#### 7"
    return try Tokenizer.load(path: folder).encode(text, addBeginningOfSequence: true)
  }

  @Test("Rounded activations give the distribution of float32 ones, nearly", arguments: cases)
  func divergence(example: Case) throws {
    let folder = "\(GoldenFile.packageRoot)/\(example.folder)"
    let tokens = try tokens(folder)
    let exact = try logProbabilities(folder, tokens, example.type, .ordered)
    let fast = try logProbabilities(folder, tokens, example.type, .rounded)
    #expect(exact != fast, "two arithmetics that are one")
    var total = 0.0
    for (reference, other) in zip(exact, fast) {
      total += zip(reference, other).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    let mean = total / Double(tokens.count)
    print("\(example.testDescription): mean divergence \(mean) nats")
    #expect(mean >= -1e-9 && mean <= example.bound)
  }
}
