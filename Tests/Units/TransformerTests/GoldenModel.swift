import Glibc
import Support
import Tensors
import Testing

@testable import Transformer

/// A tiny checkpoint with what transformers computed from it; see Tests/Goldens/models/README.md.
struct GoldenModel: CustomTestStringConvertible {
  let name: String
  var testDescription: String { name }

  /// Those in the repository, and folders of the same layout that GEMMABENCH_GOLDENS names, with colons between.
  static let all = (committed + named).map(GoldenModel.init(name:))
  private static let named = (getenv("GEMMABENCH_GOLDENS").map { String(cString: $0) } ?? "").split(separator: ":")
    .map(String.init)
  private static let committed = [
    "gemma1-float32", "gemma2-bfloat16-sharded", "gemma3-bfloat16-old-keys", "gemma3-float16-new-keys",
    "gemma3-multimodal", "gemma3n-bfloat16", "gemma3n-multimodal", "gemma4-dense-float16",
    "gemma4-elastic-multimodal", "gemma4-experts-bfloat16", "gemma4-saved-deep", "gemma3-untied-output",
    "llama3-bfloat16-scaled", "llama-float16-biased", "qwen2-bfloat16", "qwen3-float16",
  ]

  var folder: String {
    if name.hasPrefix("/") { return name }
    let tests = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(tests)/Goldens/models/\(name)"
  }

  struct Expected {
    let tokens: [Int32]
    /// `[tokens, vocabulary]`, flat.
    let logits: [Float]
    let greedy: [Int32]
    /// How far the runner-up of each greedy token is behind.
    let gaps: [Double]
    let parameters: Int
    /// More tokens than go through the layers together.
    let longTokens: [Int32]
    /// The logits of the last few of them, flat.
    let longLogits: [Float]
  }

  func expected() throws -> Expected {
    let document = try JSONReader.parse(try FileSystem.read("\(folder)/expected.json")).objectValue ?? [:]
    func integers(_ key: String) -> [Int32] {
      (document[key]?.arrayValue ?? []).compactMap { $0.integerValue.map(Int32.init) }
    }
    func floats(_ name: String) throws -> [Float] {
      try FileSystem.read("\(folder)/\(name)").withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { Float(bitPattern: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
      }
    }
    return Expected(
      tokens: integers("tokens"), logits: try floats("logits.f32"), greedy: integers("greedy"),
      gaps: (document["greedy_gaps"]?.arrayValue ?? []).compactMap(\.doubleValue),
      parameters: document["parameters"]?.integerValue ?? 0, longTokens: integers("long_tokens"),
      longLogits: try floats("long.f32"))
  }

  func load(threads: Int = 2, arithmetic: ComputeType = .ordered) throws -> LanguageModel {
    try LanguageModel.load(folder: folder, threads: threads, arithmetic: arithmetic) { _, _ in }
  }
}

extension LanguageModel {
  /// The logits of all tokens on an empty cache, flat.
  func allLogits(_ tokens: [Int32]) throws -> [Float] {
    let logits = try forward(tokens, cache: try makeCache(capacity: tokens.count), logitCount: tokens.count)
    return (0..<tokens.count).flatMap { logits.row($0) }
  }
}

/// The largest distance of two lists of one length.
func greatestDistance(_ left: [Float], _ right: [Float]) -> Float {
  left.count == right.count ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
