import Checkpoints
import Support

/// Llama: SiLU, one norm before each half of a layer, embeddings as they are; from 3.1 on a scaled rotary embedding.
struct Llama: Architecture {
  let name = "llama"
  let modelTypes = ["llama"]
  let interleavesPairs = true
  let tensorNames = GGUFTensorNames.plain(constants: [GGUFModel.rotaryFactors])
  let traits = LayerTraits(activation: .silu, scalesEmbeddings: false)

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    var rules = ConfigurationRules.plain(vocabularySize: 32_000, feedForwardSize: 11_008)
    (rules.keyValueHeadCount, rules.maximumPositions) = (nil, 2048)
    (rules.beginToken, rules.endToken) = (1, 2)
    rules.rotaryTypes = ["default", "linear", "yarn", "llama3"]
    rules.allowsAttentionBias = true
    rules.refusedFlags = ["mlp_bias"]
    return rules
  }

  func complete(_ configuration: inout TransformerConfiguration, _ reader: ConfigurationReader) throws(BenchmarkError) {
    try reader.refusePartialRotary()
    let hasBias = try reader.flag("attention_bias", default: false)
    (configuration.traits.hasInputBias, configuration.traits.hasOutputBias) = (hasBias, hasBias)
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    if let count = try model.integer("expert_count"), count > 0 {
      throw model.file.failure(
        model.key("expert_count"), "\(count); mixtures of experts are not supported", .unsupported)
    }
    try model.readUniformLayers(&fields, layerCount: layerCount)
    try model.readRotary(&fields, turnsInPart: false)
    fields["attention_bias"] = .bool(model.hasBias("q_proj"))
  }

  func complete(_ configuration: inout TransformerConfiguration, of model: GGUFModel) throws(BenchmarkError) {
    configuration.traits.hasOutputBias = model.hasBias("o_proj")
    guard let divisors = try model.rotaryDivisors(headSize: configuration.headSize) else { return }
    for index in configuration.layers.indices {
      let rotary = configuration.layers[index].rotary
      configuration.layers[index].rotary = RotarySettings(base: rotary.base, factor: rotary.factor, divisors: divisors)
    }
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try configuration.writeRotaryFactor(to: &keys)
    try configuration.writeUniformLayers(to: &keys)
    keys.set("vocab_size", configuration.vocabularySize)
  }

  func constants(of configuration: TransformerConfiguration) -> [(name: String, values: [Float])] {
    let layer = configuration.layers[0]
    guard let llama3 = layer.rotary.llama3 else { return [] }
    return [(GGUFModel.rotaryFactors, llama3.divisors(base: layer.rotary.base, headSize: layer.headSize))]
  }
}

extension ConfigurationRules {
  /// What the plain decoders of today have in common: SiLU, no scale of embeddings, an output matrix of its own.
  static func plain(vocabularySize: Int, feedForwardSize: Int) -> ConfigurationRules {
    var rules = ConfigurationRules(
      vocabularySize: vocabularySize, hiddenSize: 4096, layerCount: 32, feedForwardSize: feedForwardSize,
      headCount: 32, keyValueHeadCount: 32)
    rules.headSize = nil
    rules.tiesEmbeddings = false
    (rules.beginToken, rules.endToken) = (nil, nil)
    rules.activationFields = ["hidden_act"]
    rules.activations = ["silu"]
    return rules
  }
}

extension GGUFTensorNames {
  /// Those of a decoder with one norm before each half of a layer.
  static func plain(constants: Set<String> = []) -> GGUFTensorNames {
    GGUFTensorNames(
      inside: [
        ("post_attention_layernorm.weight", "ffn_norm.weight"),
        ("self_attn.q_norm.weight", "attn_q_norm.weight"),
        ("self_attn.k_norm.weight", "attn_k_norm.weight"),
        ("self_attn.q_proj.bias", "attn_q.bias"),
        ("self_attn.k_proj.bias", "attn_k.bias"),
        ("self_attn.v_proj.bias", "attn_v.bias"),
        ("self_attn.o_proj.bias", "attn_output.bias"),
      ], constants: constants)
  }
}

extension GGUFModel {
  /// Whether the first layer's projection of this name has a bias.
  func hasBias(_ projection: String) -> Bool {
    tensors["\(GGUFTensorNames.prefix)layers.0.self_attn.\(projection).bias"] != nil
  }
}

extension ConfigurationReader {
  /// Throws where a part of each head alone is to turn.
  func refusePartialRotary() throws(BenchmarkError) {
    guard let partial = try positive("partial_rotary_factor"), partial != 1 else { return }
    throw refusal("partial_rotary_factor", "\(partial) is not supported")
  }
}
