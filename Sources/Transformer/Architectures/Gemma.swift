import Checkpoints
import Support

/// Gemma 1: multi-query attention or as many key-value heads as heads, all layers global.
struct Gemma1: Architecture {
  let name = "gemma"
  let modelTypes = ["gemma"]
  let hasSentencePieceVocabulary = true
  let tensorNames = GGUFTensorNames(inside: [("post_attention_layernorm.weight", "ffn_norm.weight")])
  let traits = LayerTraits(storesGainsLessOne: true)

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    var rules = ConfigurationRules(
      vocabularySize: 256_000, hiddenSize: 3072, layerCount: 28, feedForwardSize: 24_576, headCount: 16,
      keyValueHeadCount: 16)
    // Its files say "gelu" and mean the tanh approximation; transformers reads them so too.
    rules.activationFields = ["hidden_act", "hidden_activation"]
    rules.activations = ["gelu", "gelu_pytorch_tanh"]
    return rules
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    try model.readUniformLayers(&fields, layerCount: layerCount)
    try model.readRotary(&fields)
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try configuration.writeRotaryFactor(to: &keys)
    try configuration.writeUniformLayers(to: &keys)
  }
}

/// Gemma 2: every other layer is local, outputs are normalised too, scores and logits are capped.
struct Gemma2: Architecture {
  let name = "gemma2"
  let modelTypes = ["gemma2"]
  let hasSentencePieceVocabulary = true
  let tensorNames = GGUFTensorNames.laterGemmas
  let traits = LayerTraits(normalizesOutputs: true, storesGainsLessOne: true)
  /// llama.cpp takes another scale of scores in the 27B, which it knows by this number.
  private let layersOfLargest = 46

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    var rules = ConfigurationRules(
      vocabularySize: 256_000, hiddenSize: 2304, layerCount: 26, feedForwardSize: 9216, headCount: 8,
      keyValueHeadCount: 4)
    rules.globalPeriod = 2
    rules.scale = .scalar
    rules.hasLogitSoftcap = true
    (rules.attentionSoftcap, rules.logitSoftcap) = (50, 30)
    return rules
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    try model.readUniformLayers(&fields, layerCount: layerCount)
    fields["query_pre_attn_scalar"] = JSONValue(
      try model.scoreScalar(layerCount: layerCount, ofLargest: layersOfLargest))
    try model.readWindow(&fields, layerCount: layerCount, period: 2)
    try model.readRotary(&fields, localFollows: true)
    for (field, key, standard) in [
      ("attn_logit_softcapping", "attn_logit_softcapping", 50.0),
      ("final_logit_softcapping", "final_logit_softcapping", 30),
    ] {
      fields[field] = .number(try model.file.number(model.key(key)) ?? standard)
    }
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try configuration.writeRotaryFactor(to: &keys)
    try configuration.writeUniformLayers(to: &keys)
    guard let cap = configuration.attentionSoftcap, configuration.logitSoftcap != nil else {
      throw keys.refusal("attn_logit_softcapping", "no cap")
    }
    keys.set("attn_logit_softcapping", cap)
    try configuration.checkScale(keys, layersOfLargest: layersOfLargest)
    // llama.cpp has a window of its own for a file without one.
    if !configuration.layers.contains(where: \.isLocal) { throw keys.refusal("layer_types", "no local layers") }
    try configuration.writePeriod(to: &keys, standard: 2)
  }
}

/// Gemma 3: every sixth layer is global, with a rotary embedding of its own; queries and keys are normalised.
struct Gemma3: Architecture {
  let name = "gemma3"
  let modelTypes = ["gemma3_text"]
  let multimodalTypes = ["gemma3"]
  let hasSentencePieceVocabulary = true
  let tensorNames = GGUFTensorNames.laterGemmas
  let traits = LayerTraits(normalizesOutputs: true, normalizesQueriesAndKeys: true, storesGainsLessOne: true)
  private let layersOfLargest = 62

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    var rules = ConfigurationRules(
      vocabularySize: 262_208, hiddenSize: 2304, layerCount: 26, feedForwardSize: 9216, headCount: 8,
      keyValueHeadCount: 4)
    (rules.maximumPositions, rules.globalPeriod, rules.globalBase) = (131_072, 6, 1_000_000)
    rules.readsOldKeys = (writer ?? 4) < 5
    rules.periodFields = ["sliding_window_pattern"] + (rules.readsOldKeys ? ["_sliding_window_pattern"] : [])
    rules.scale = .scalar
    rules.rotary = .byKind
    rules.hasLogitSoftcap = true
    return rules
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    try model.readUniformLayers(&fields, layerCount: layerCount)
    fields["query_pre_attn_scalar"] = JSONValue(
      try model.scoreScalar(layerCount: layerCount, ofLargest: layersOfLargest))
    try model.readWindow(&fields, layerCount: layerCount, period: 6, mayLackWindow: true)
    // Ollama's own files may lack the base, and mean this one.
    let isOllamas = model.file.value(model.key("attention.layer_norm_rms_epsilon")) == nil
    try model.readRotary(&fields, base: isOllamas ? 1_000_000 : 10_000)
    fields["final_logit_softcapping"] = try model.softcap()
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try configuration.writeRotaryFactor(to: &keys)
    try configuration.writeLocalRotary(to: &keys)
    try configuration.writeUniformLayers(to: &keys)
    try configuration.checkScale(keys, layersOfLargest: layersOfLargest)
    // Without a window all layers are global.
    if configuration.layers.contains(where: \.isLocal) { try configuration.writePeriod(to: &keys, standard: 6) }
  }
}

extension GGUFTensorNames {
  /// Those of Gemma 2 and later, which have parts in common.
  static let laterGemmas = laterGemmas()

  static func laterGemmas(constants: Set<String> = [], scalesProducts: Bool = false) -> GGUFTensorNames {
    GGUFTensorNames(
      outside: [
        ("embed_tokens_per_layer.weight", "per_layer_token_embd.weight"),
        ("per_layer_model_projection.weight", "per_layer_model_proj.weight"),
        ("per_layer_projection_norm.weight", "per_layer_proj_norm.weight"),
      ],
      inside: [
        ("self_attn.q_norm.weight", "attn_q_norm.weight"),
        ("self_attn.k_norm.weight", "attn_k_norm.weight"),
        ("post_attention_layernorm.weight", "post_attention_norm.weight"),
        ("pre_feedforward_layernorm.weight", "ffn_norm.weight"),
        ("post_feedforward_layernorm.weight", "post_ffw_norm.weight"),
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
      ],
      stacked: [
        ("altup_projections", "altup_proj.weight"),
        ("altup_unembed_projections", "altup_unembd_proj.weight"),
      ],
      constants: constants, scalesProducts: scalesProducts)
  }
}
