@preconcurrency import Glibc
import Support

/// A checkpoint of random weights whose rows are whole blocks of 256, so that every weight type keeps its own kernels; with the
/// tiny model's tokenizer. The folder goes when the value does.
final class RandomCheckpoint: Sendable {
  let folder: String

  private static let hidden = 256
  private static let inner = 512
  private static let vocabulary = 1280
  private static let files = ["config.json", "model.safetensors", "tokenizer.json"]

  init() throws {
    var template = Array("/tmp/gemmabench-random-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    guard let made else { throw BenchmarkError(.inputOutput, "no temporary folder could be made") }
    folder = made
    let configuration: JSONValue = [
      "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "attention_bias": false,
      "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "head_dim": 64, "hidden_size": JSONValue(Self.hidden),
      "hidden_activation": "gelu_pytorch_tanh", "intermediate_size": JSONValue(Self.inner),
      "layer_types": ["sliding_attention", "full_attention"], "max_position_embeddings": 2048,
      "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2, "query_pre_attn_scalar": 64,
      "rms_norm_eps": 1e-06, "rope_theta": 1_000_000.0, "rope_local_base_freq": 10000.0, "sliding_window": 32,
      "tie_word_embeddings": true, "vocab_size": JSONValue(Self.vocabulary), "final_logit_softcapping": .null,
      "attn_logit_softcapping": .null, "torch_dtype": "float32",
    ]
    try FileSystem.write(configuration.text(), to: "\(folder)/config.json")
    try Self.writeTensors("\(folder)/model.safetensors")
    if symlink("\(Fixtures.tiny)/tokenizer.json", "\(folder)/tokenizer.json") != 0 {
      throw BenchmarkError(.inputOutput, "\(folder): no link to the tokenizer")
    }
  }

  deinit {
    for name in Self.files { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private static func writeTensors(_ path: String) throws {
    var generator = Generator(state: 2_718_281)
    var header = JSONObject()
    var bytes: [UInt8] = []
    func add(_ name: String, _ shape: [Int], spread: Float) {
      let count = shape.reduce(1, *)
      let start = bytes.count
      for _ in 0..<count {
        // A sum of four uniform numbers is near enough to a normal one.
        let value = (0..<4).reduce(Float(0)) { sum, _ in sum + generator.uniform() - 0.5 } * spread
        withUnsafeBytes(of: value) { bytes += $0 }
      }
      header[name] = [
        "dtype": "F32", "shape": .array(shape.map { JSONValue($0) }),
        "data_offsets": [JSONValue(start), JSONValue(bytes.count)],
      ]
    }
    add("model.embed_tokens.weight", [vocabulary, hidden], spread: 0.2)
    for layer in 0..<2 {
      let name = "model.layers.\(layer)."
      for norm in ["input", "post_attention", "pre_feedforward", "post_feedforward"] {
        add(name + norm + "_layernorm.weight", [hidden], spread: 0.2)
      }
      add(name + "self_attn.q_norm.weight", [64], spread: 0.2)
      add(name + "self_attn.k_norm.weight", [64], spread: 0.2)
      for (part, rows) in [("q", 256), ("k", 128), ("v", 128)] {
        add(name + "self_attn.\(part)_proj.weight", [rows, hidden], spread: 0.1)
      }
      add(name + "self_attn.o_proj.weight", [hidden, 256], spread: 0.1)
      add(name + "mlp.gate_proj.weight", [inner, hidden], spread: 0.1)
      add(name + "mlp.up_proj.weight", [inner, hidden], spread: 0.1)
      add(name + "mlp.down_proj.weight", [hidden, inner], spread: 0.1)
    }
    add("model.norm.weight", [hidden], spread: 0.2)
    let text = JSONValue.object(header).text()
    let padded = text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    guard let file = fopen(path, "wb") else { throw BenchmarkError(.inputOutput, "\(path): cannot be written") }
    defer { fclose(file) }
    var length = UInt64(padded.utf8.count)
    fwrite(&length, 8, 1, file)
    fputs(padded, file)
    if fwrite(bytes, 1, bytes.count, file) != bytes.count {
      throw BenchmarkError(.inputOutput, "\(path): cannot be written")
    }
  }

  /// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014).
  private struct Generator {
    var state: UInt64

    mutating func uniform() -> Float {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return Float((mixed ^ (mixed >> 31)) >> 40) * 0x1p-24
    }
  }
}
