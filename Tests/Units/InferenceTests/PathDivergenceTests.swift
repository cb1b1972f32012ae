import Checkpoints
import Glibc
import Support
import Tensors
import Testing
import Tokenization
import Transformer

@testable import Inference

/// How far the next-token distributions of the faster arithmetic lie from those of the float32 reference.
///
/// The reference is the same checkpoint with its weights as they are stored and activations in float32, which is held to
/// `transformers` elsewhere. The divergence is KL(reference || path) in nats, over every position of some texts.
@Suite struct PathDivergenceTests {
  /// A way to compute, and the bounds of its divergence: over the same weights, and over the weights as they were.
  struct Path: CustomTestStringConvertible, Sendable {
    let name: String
    let quantization: String
    let arithmetic: ComputeType
    /// Mean KL against the same weights with activations in float32: what the kernels' rounding of activations costs.
    let activationBound: Double
    /// Mean KL against the weights as they are stored: what quantising them costs, too.
    let totalBound: Double
    var testDescription: String { name }
  }

  static let paths = [
    Path(
      name: "bf16 activations", quantization: "bf16", arithmetic: .rounded, activationBound: 1e-3, totalBound: 1e-3),
    Path(name: "q8_0", quantization: "q8_0", arithmetic: .automatic, activationBound: 2e-3, totalBound: 2e-3),
    Path(name: "q4_0", quantization: "q4_0", arithmetic: .automatic, activationBound: 2e-3, totalBound: 1e-1),
  ]

  static let models = ["pocket-1m", "pocket-6m", "tiny"]

  private static func folder(_ name: String) -> String {
    name == "tiny" ? "\(Fixtures.folder)/tiny" : "\(Fixtures.folder)/../../scripts/pocket/models/\(name)"
  }

  /// Texts that the pocket models know the like of; to the random one they are as good as any.
  private static func texts(_ folder: String) throws -> [[Int32]] {
    let tokenizer = try Tokenizer.load(path: folder)
    let path = "\(Fixtures.folder)/../../scripts/pocket/data/gsm8k/test.jsonl"
    return try FileSystem.readText(path).split(separator: "\n").prefix(24).map { line in
      let object = try #require(try JSONReader.parse(String(line)).objectValue)
      let text = "Question: \(object["question"]?.stringValue ?? "")\nAnswer: \(object["answer"]?.stringValue ?? "")"
      return Array(tokenizer.encode(text, addBeginningOfSequence: true).prefix(200))
    }
  }

  /// The logarithms of the next-token distributions at every position. // [positions][vocabulary]
  private static func distributions(_ model: LanguageModel, _ texts: [[Int32]]) throws -> [[Double]] {
    var rows: [[Double]] = []
    for tokens in texts {
      let logits = try model.forward(
        tokens, cache: try model.makeCache(capacity: tokens.count), logitCount: tokens.count)
      for row in tokens.indices {
        let values = logits.row(row).map(Double.init)
        let greatest = values.max() ?? 0
        let total = log(values.reduce(0) { $0 + exp($1 - greatest) })
        rows.append(values.map { $0 - greatest - total })
      }
    }
    return rows
  }

  /// KL(reference || other) at each position. // [positions]
  private static func divergences(_ reference: [[Double]], _ other: [[Double]]) -> [Double] {
    zip(reference, other).map { p, q in zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) } }
  }

  private static func load(_ folder: String, _ quantization: String?, _ arithmetic: ComputeType) throws
    -> LanguageModel
  {
    try LanguageModel.load(
      path: folder, threads: 2, arithmetic: arithmetic,
      quantization: try quantization.map { try QuantizationScheme(name: $0) }
    ) { _, _ in }
  }

  @Test("Each faster path stays within its bound of the reference", arguments: models, paths)
  func bounds(name: String, path: Path) throws {
    let folder = Self.folder(name)
    let texts = try Self.texts(folder)
    let reference = try Self.distributions(try Self.load(folder, nil, .ordered), texts)
    let exact = try Self.distributions(try Self.load(folder, path.quantization, .ordered), texts)
    let found = try Self.distributions(try Self.load(folder, path.quantization, path.arithmetic), texts)
    let activations = Self.divergences(exact, found)
    let total = Self.divergences(reference, found)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    if getenv("GEMMABENCH_SHOW_DIVERGENCE") != nil {
      print(
        "KL \(name) \(path.name): activations mean \(mean(activations)) greatest \(activations.max() ?? 0),"
          + " total mean \(mean(total)) greatest \(total.max() ?? 0), \(total.count) positions")
    }
    #expect(total.allSatisfy { $0 > -1e-9 }, "a divergence is never negative")
    #expect(mean(activations) <= path.activationBound, "\(mean(activations))")
    #expect(mean(total) <= path.totalBound, "\(mean(total))")
    // The path is another arithmetic, not the reference by another name.
    #expect(activations.contains { $0 > 0 })
  }
}
