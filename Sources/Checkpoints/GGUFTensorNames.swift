/// The tensors' names of a family in llama.cpp's files, and those in Hugging Face's checkpoints.
///
/// Source: `MODEL_TENSORS` and `TENSOR_NAMES` of gguf-py (https://github.com/ggml-org/llama.cpp/tree/master/gguf-py).
package struct GGUFTensorNames: Sendable {
  /// What stands before the decoder's tensors in the checkpoints that a GGUF file is shown as.
  package static let prefix = "model."

  /// A tensor's name in a Hugging Face checkpoint and in a GGUF file.
  package typealias Pair = (huggingFace: String, gguf: String)

  /// Names outside the layers that every family has, without `model.`; `lm_head.weight` never has it.
  package static let outside: [Pair] = [
    ("embed_tokens.weight", "token_embd.weight"),
    ("norm.weight", "output_norm.weight"),
  ]

  /// Names inside a layer that every family has, which stand after `layers.N.` and `blk.N.`.
  package static let inside: [Pair] = [
    ("input_layernorm.weight", "attn_norm.weight"),
    ("self_attn.q_proj.weight", "attn_q.weight"),
    ("self_attn.k_proj.weight", "attn_k.weight"),
    ("self_attn.v_proj.weight", "attn_v.weight"),
    ("self_attn.o_proj.weight", "attn_output.weight"),
    ("mlp.gate_proj.weight", "ffn_gate.weight"),
    ("mlp.up_proj.weight", "ffn_up.weight"),
    ("mlp.down_proj.weight", "ffn_down.weight"),
  ]

  /// Square matrices that a GGUF file keeps in one tensor of three axes, by the beginning of their names.
  package let stacked: [Pair]
  /// Tensors of a file that hold configuration, such as factors of rotary embeddings.
  package let constants: Set<String>
  /// Whether products with matrices of feed-forward networks may have scales beside them.
  let scalesProducts: Bool
  private let toHuggingFace: [String: String]
  private let toGGUF: [String: String]
  private let outsideNames: Set<String>

  /// The names of a family: those that every family has, and its own.
  package init(
    outside: [Pair] = [], inside: [Pair], stacked: [Pair] = [], constants: Set<String> = [],
    scalesProducts: Bool = false
  ) {
    let outside = Self.outside + outside
    let all = Self.inside + inside + outside
    self.stacked = stacked
    self.constants = constants
    self.scalesProducts = scalesProducts
    toHuggingFace = Dictionary(all.map { ($0.gguf, $0.huggingFace) }) { $1 }
    toGGUF = Dictionary(all.map { ($0.huggingFace, $0.gguf) }) { $1 }
    outsideNames = Set(outside.map(\.gguf))
  }

  /// The Hugging Face name of a tensor of a file; nil if there is none. Stacked tensors are not in it.
  func huggingFaceName(_ name: String) -> String? {
    if name == "output.weight" { return "lm_head.weight" }
    guard let (index, rest) = Self.split(name, after: "blk.") else {
      return isInsideLayer(name) ? nil : toHuggingFace[name].map { Self.prefix + $0 }
    }
    guard let inner = toHuggingFace[rest], isInsideLayer(rest) else { return nil }
    return "\(Self.prefix)layers.\(index).\(inner)"
  }

  /// The name in a GGUF file of a tensor whose Hugging Face name, without what stands before `embed_tokens`, is given;
  /// nil if there is none. Stacked tensors are not in it.
  package func ggufName(_ name: String) -> String? {
    if name == "lm_head.weight" { return "output.weight" }
    guard let (index, rest) = Self.split(name, after: "layers.") else {
      guard let found = toGGUF[name], !isInsideLayer(found) else { return nil }
      return found
    }
    guard let inner = toGGUF[rest], isInsideLayer(inner) else { return nil }
    return "blk.\(index).\(inner)"
  }

  private func isInsideLayer(_ ggufName: String) -> Bool { !outsideNames.contains(ggufName) }

  /// `blk.12.attn_q.weight` as 12 and `attn_q.weight`.
  static func split(_ name: String, after prefix: String) -> (layer: Int, rest: String)? {
    guard name.hasPrefix(prefix) else { return nil }
    let parts = name.dropFirst(prefix.count).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let layer = Int(parts[0]), layer >= 0, String(layer) == parts[0] else { return nil }
    return (layer, String(parts[1]))
  }
}
