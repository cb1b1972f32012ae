import Checkpoints
import Glibc
import Support
import Tensors
import Testing
import Tokenization
import Transformer

@testable import Inference

/// What rounding activations to 8 bits costs on a real model, Google's Gemma 3 270M: KL(float32 || int8) in nats of the
/// next-token distributions over the same weights, at every position of some problems of GSM8K.
///
/// The model is that of `tools/models/fetch_real_model.sh`, in GEMMABENCH_REAL_MODEL or the cache; without it nothing runs.
@Suite struct RealDivergenceTests {
  static let model: String? = {
    func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
    let cache = text("XDG_CACHE_HOME") ?? (text("HOME") ?? "/") + "/.cache"
    let folder = text("GEMMABENCH_REAL_MODEL") ?? cache + "/gemmabench-tests/gemma-3-270m"
    return FileSystem.isFolder(folder + "/float32") ? folder : nil
  }()

  private static func texts(_ path: String) throws -> [[Int32]] {
    let data = getenv("GEMMABENCH_DATA").map { String(cString: $0) } ?? "\(Fixtures.folder)/../../../shared/data"
    let tokenizer = try Tokenizer.load(path: path)
    return try FileSystem.readText("\(data)/gsm8k/test.jsonl").split(separator: "\n").prefix(8).map { line in
      let object = try #require(try JSONReader.parse(String(line)).objectValue)
      let text = "Question: \(object["question"]?.stringValue ?? "")\nAnswer: \(object["answer"]?.stringValue ?? "")"
      return Array(tokenizer.encode(text, addBeginningOfSequence: true).prefix(64))
    }
  }

  /// KL(p || q) of the distributions behind two rows of logits.
  private static func divergence(_ p: UnsafeBufferPointer<Float>, _ q: UnsafeBufferPointer<Float>) -> Double {
    func total(_ row: UnsafeBufferPointer<Float>, _ greatest: Float) -> Double {
      var sum = 0.0
      for value in row { sum += Double(expf(value - greatest)) }
      return log(sum) + Double(greatest)
    }
    let (pTotal, qTotal) = (total(p, p.max() ?? 0), total(q, q.max() ?? 0))
    var sum = 0.0
    for index in p.indices {
      let logP = Double(p[index]) - pTotal
      sum += exp(logP) * (logP - Double(q[index]) + qTotal)
    }
    return sum
  }

  @Test(
    "Activations of 8 bits stay within their bound on the real model", .enabled(if: model != nil),
    arguments: [("q8_0", 5e-3), ("q4_k_m", 2e-2)])
  func activations(type: String, bound: Double) throws {
    let folder = try #require(Self.model)
    // The file's own blocks, or the float32 weights quantised while loading.
    let isFile = type == "q4_k_m"
    let path = isFile ? "\(folder)/gemma-3-270m-q4_k_m.gguf" : "\(folder)/float32"
    func load(_ precision: Precision?) throws -> LanguageModel {
      try LanguageModel.load(
        path: path, threads: 2, quantization: isFile ? nil : try QuantizationScheme(name: type), precision: precision
      ) { _, _ in }
    }
    let (exact, rounded) = (try load(.float32), try load(nil))
    #expect(exact.activationName == "float32" && rounded.activationName == "int8")
    var divergences: [Double] = []
    for tokens in try Self.texts(path) {
      func logits(_ model: LanguageModel) throws -> Logits {
        try model.forward(tokens, cache: try model.makeCache(capacity: tokens.count), logitCount: tokens.count)
      }
      let (reference, found) = (try logits(exact), try logits(rounded))
      for row in tokens.indices {
        divergences.append(
          reference.row(row).withUnsafeBufferPointer { p in
            found.row(row).withUnsafeBufferPointer { q in Self.divergence(p, q) }
          })
      }
    }
    let mean = divergences.reduce(0, +) / Double(divergences.count)
    if getenv("GEMMABENCH_SHOW_DIVERGENCE") != nil {
      print("KL real \(type): mean \(mean), greatest \(divergences.max() ?? 0), \(divergences.count) positions")
    }
    #expect(mean > 0 && mean <= bound, "\(mean)")
  }
}
