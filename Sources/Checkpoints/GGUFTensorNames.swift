/// The tensors' names of llama.cpp's Gemma files, and those of Hugging Face's checkpoints.
///
/// Source: `MODEL_TENSORS` and `TENSOR_NAMES` of gguf-py (https://github.com/ggml-org/llama.cpp/tree/master/gguf-py).
public struct GGUFTensorNames: Sendable {
  let architecture: GGUFArchitecture

  public init(architecture: GGUFArchitecture) { self.architecture = architecture }

  /// What stands before the decoder's tensors in the checkpoints that a GGUF file is shown as.
  static let prefix = "model."

  /// Names outside the layers, without `model.`; `lm_head.weight` never has it.
  private static let wholeModel: [(huggingFace: String, gguf: String)] = [
    ("embed_tokens.weight", "token_embd.weight"),
    ("norm.weight", "output_norm.weight"),
    ("embed_tokens_per_layer.weight", "per_layer_token_embd.weight"),
    ("per_layer_model_projection.weight", "per_layer_model_proj.weight"),
    ("per_layer_projection_norm.weight", "per_layer_proj_norm.weight"),
  ]

  /// Names inside a layer, which stand after `layers.N.` and `blk.N.`.
  private static let layer: [(huggingFace: String, gguf: String)] = [
    ("input_layernorm.weight", "attn_norm.weight"),
    ("self_attn.q_proj.weight", "attn_q.weight"),
    ("self_attn.k_proj.weight", "attn_k.weight"),
    ("self_attn.v_proj.weight", "attn_v.weight"),
    ("self_attn.o_proj.weight", "attn_output.weight"),
    ("self_attn.q_norm.weight", "attn_q_norm.weight"),
    ("self_attn.k_norm.weight", "attn_k_norm.weight"),
    ("post_attention_layernorm.weight", "post_attention_norm.weight"),
    ("pre_feedforward_layernorm.weight", "ffn_norm.weight"),
    ("post_feedforward_layernorm.weight", "post_ffw_norm.weight"),
    ("mlp.gate_proj.weight", "ffn_gate.weight"),
    ("mlp.up_proj.weight", "ffn_up.weight"),
    ("mlp.down_proj.weight", "ffn_down.weight"),
    ("per_layer_input_gate.weight", "inp_gate.weight"),
    ("per_layer_projection.weight", "proj.weight"),
    ("post_per_layer_input_norm.weight", "post_norm.weight"),
    ("altup.correction_coefs.weight", "altup_correct_coef.weight"),
    ("altup.correct_output_scale", "altup_correct_scale.weight"),
    ("altup.prediction_coefs.weight", "altup_predict_coef.weight"),
    ("altup.modality_router.weight", "altup_router.weight"),
    ("altup.router_norm.weight", "altup_router_norm.weight"),
    ("laurel.linear_left.weight", "laurel_l.weight"),
    ("laurel.linear_right.weight", "laurel_r.weight"),
    ("laurel.post_laurel_norm.weight", "laurel_post_norm.weight"),
    ("layer_scalar", "layer_output_scale.weight"),
    ("router.proj.weight", "ffn_gate_inp.weight"),
    ("router.scale", "ffn_gate_inp.scale"),
    ("router.per_expert_scale", "ffn_down_exps.scale"),
    ("experts.gate_up_proj", "ffn_gate_up_exps.weight"),
    ("experts.down_proj", "ffn_down_exps.weight"),
    ("pre_feedforward_layernorm_2.weight", "pre_ffw_norm_2.weight"),
    ("post_feedforward_layernorm_1.weight", "post_ffw_norm_1.weight"),
    ("post_feedforward_layernorm_2.weight", "post_ffw_norm_2.weight"),
  ]

  /// Gemma 3n's square matrices, which a GGUF file keeps in one tensor of three axes.
  public static let stacked: [(huggingFace: String, gguf: String)] = [
    ("altup_projections", "altup_proj.weight"),
    ("altup_unembed_projections", "altup_unembd_proj.weight"),
  ]

  /// Gemma 1 has one norm between attention and feed-forward, and each format its own name for it.
  private static let firstGeneration = (huggingFace: "post_attention_layernorm.weight", gguf: "ffn_norm.weight")

  private static let toHuggingFace = dictionary(layer + wholeModel) { ($0.gguf, $0.huggingFace) }
  private static let toGGUF = dictionary(layer + wholeModel) { ($0.huggingFace, $0.gguf) }

  private static func dictionary(
    _ table: [(huggingFace: String, gguf: String)],
    _ pair: ((huggingFace: String, gguf: String)) -> (String, String)
  ) -> [String: String] {
    var result: [String: String] = [:]
    for row in table {
      let (key, value) = pair(row)
      result[key] = value
    }
    return result
  }

  /// The Hugging Face name of a tensor of a file; nil if there is none. Stacked tensors are not in it.
  func huggingFaceName(_ name: String) -> String? {
    if name == "output.weight" { return "lm_head.weight" }
    guard let (index, rest) = Self.split(name, after: "blk.") else {
      return Self.isInsideLayer(name) ? nil : Self.toHuggingFace[name].map { Self.prefix + $0 }
    }
    let first = Self.firstGeneration
    let inner = architecture == .gemma && rest == first.gguf ? first.huggingFace : Self.toHuggingFace[rest]
    guard let inner, Self.isInsideLayer(rest) else { return nil }
    return "\(Self.prefix)layers.\(index).\(inner)"
  }

  /// The name in a GGUF file of a tensor whose Hugging Face name, without what stands before `embed_tokens`, is given;
  /// nil if there is none. Stacked tensors are not in it.
  public func ggufName(_ name: String) -> String? {
    if name == "lm_head.weight" { return "output.weight" }
    guard let (index, rest) = Self.split(name, after: "layers.") else {
      guard let found = Self.toGGUF[name], !Self.isInsideLayer(found) else { return nil }
      return found
    }
    let first = Self.firstGeneration
    let inner = architecture == .gemma && rest == first.huggingFace ? first.gguf : Self.toGGUF[rest]
    guard let inner, Self.isInsideLayer(inner) else { return nil }
    return "blk.\(index).\(inner)"
  }

  private static let wholeNames = Set(wholeModel.map(\.gguf))
  private static func isInsideLayer(_ ggufName: String) -> Bool { !wholeNames.contains(ggufName) }

  /// `blk.12.attn_q.weight` as 12 and `attn_q.weight`.
  static func split(_ name: String, after prefix: String) -> (layer: Int, rest: String)? {
    guard name.hasPrefix(prefix) else { return nil }
    let parts = name.dropFirst(prefix.count).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let layer = Int(parts[0]), layer >= 0, String(layer) == parts[0] else { return nil }
    return (layer, String(parts[1]))
  }
}

/// The architectures of llama.cpp that are Gemma language models.
public enum GGUFArchitecture: String, Sendable, CaseIterable {
  case gemma
  case gemma2
  case gemma3
  case gemma3n
  case gemma4

  /// As in config.json.
  var modelType: String {
    switch self {
    case .gemma: "gemma"
    case .gemma2: "gemma2"
    case .gemma3: "gemma3_text"
    case .gemma3n: "gemma3n_text"
    case .gemma4: "gemma4_text"
    }
  }

  /// The architecture of a config.json's model type; nil if it is none of them.
  public init?(modelType: String) {
    switch modelType {
    case "gemma": self = .gemma
    case "gemma2": self = .gemma2
    case "gemma3", "gemma3_text": self = .gemma3
    case "gemma3n", "gemma3n_text": self = .gemma3n
    case "gemma4", "gemma4_text", "gemma4_unified", "gemma4_unified_text": self = .gemma4
    default: return nil
    }
  }

  /// Whether the files hold 1 more than Hugging Face's in the gains of norms: the converter adds what the model would.
  var completesGains: Bool { self == .gemma || self == .gemma2 || self == .gemma3 }
}
