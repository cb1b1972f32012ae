import Checkpoints
import Support
import Testing
import Transformer

@testable import Quantization

/// Files of Gemma 3n: llama.cpp takes some numbers from its source, whatever the file says.
@Suite struct NanoFileTests {
  private let golden = GoldenFile(name: "gemma3n")

  private func quantizer(
    _ scratch: ScratchFolder, _ type: String, change: (inout JSONObject, inout [(name: String, shape: [Int])]) -> Void
  )
    throws -> ModelQuantizer
  {
    let folder = try golden.write(into: scratch.path, change: change)
    return try ModelQuantizer(model: folder, scheme: try QuantizationScheme(name: type))
  }

  @Test(
    "What llama.cpp would compute otherwise is refused by its field",
    arguments: ["activation_sparsity_pattern", "hidden_size_per_layer_input", "num_kv_shared_layers"])
  func refusals(field: String) throws {
    let scratch = try ScratchFolder()
    let error = #expect(throws: BenchmarkError.self) {
      try quantizer(scratch, "q8_0") { (configuration, tensors) in
        switch field {
        case "activation_sparsity_pattern": configuration[field] = [0.95, 0.5, 0.95]
        case "num_kv_shared_layers":
          configuration[field] = 1
          configuration["layer_types"] = ["full_attention", "full_attention", "full_attention"]
        default:
          configuration[field] = 128
          for index in tensors.indices {
            tensors[index].shape = tensors[index].shape.map { $0 == 256 ? 128 : $0 == 768 ? 384 : $0 }
          }
        }
      }
    }
    #expect(error?.kind == .unsupported)
    #expect(error?.message.contains("config.json: \(field): ") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("llama.cpp uses") == true || field == "num_kv_shared_layers")
  }

  /// 21 layers, of which the last has no keys and values of its own and, as newer checkpoints, no weights for them.
  private func shared(_ configuration: inout JSONObject, _ tensors: inout [(name: String, shape: [Int])]) {
    let count = 21
    configuration["num_hidden_layers"] = JSONValue(count)
    configuration["num_kv_shared_layers"] = 1
    configuration["vocab_size_per_layer_input"] = 4
    configuration["activation_sparsity_pattern"] = .array((0..<count).map { .number($0 < 10 ? 0.95 : 0) })
    configuration["layer_types"] = .array(
      (0..<count).map { .string($0 % 5 == 4 ? "full_attention" : "sliding_attention") })
    let layer = tensors.filter { $0.name.hasPrefix("model.layers.2.") }
    tensors.removeAll { $0.name.contains(".layers.") }
    for index in tensors.indices {
      if tensors[index].name == "model.embed_tokens_per_layer.weight" { tensors[index].shape = [4, 256 * count] }
      if tensors[index].name == "model.per_layer_model_projection.weight" { tensors[index].shape[0] = 256 * count }
    }
    for index in 0..<count {
      for (name, shape) in layer {
        let isKey = ["k_proj.weight", "v_proj.weight", "k_norm.weight"].contains { name.hasSuffix($0) }
        if index == count - 1, isKey { continue }
        tensors.append(("model.layers.\(index)." + name.dropFirst("model.layers.2.".count), shape))
      }
    }
  }

  @Test("Keys of layers that share them are written as zeros where the checkpoint leaves them out") func unusedKeys()
    throws
  {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/q8_0.gguf"
    try quantizer(scratch, "q8_0", change: shared).write(to: path, threads: 2) { _, _ in }
    let file = try GGUFFile(path)
    for (name, shape) in [("attn_k.weight", [64, 64]), ("attn_v.weight", [64, 64]), ("attn_k_norm.weight", [64])] {
      let tensor = try #require(file.tensors.first { $0.name == "blk.20.\(name)" })
      #expect(try tensor.shape == shape && tensor.load().allSatisfy { $0 == 0 })
    }
    let tokens: [Int32] = [2, 3, 1, 3]
    func logits(_ path: String, _ type: String?) throws -> [Float] {
      let scheme = try type.map { name throws(BenchmarkError) in try QuantizationScheme(name: name) }
      let model = try LanguageModel.load(path: path, threads: 2, quantization: scheme) { _, _ in }
      return Array(try model.forward(tokens, cache: try model.makeCache(capacity: 8), logitCount: 1).row(0))
    }
    #expect(try logits(path, nil) == logits("\(scratch.path)/model", "q8_0"))
  }
}
