import Checkpoints
import Support

/// Qwen 2 and 2.5: as Llama, with a bias in queries, keys and values.
struct Qwen2: Architecture {
  let name = "qwen2"
  let modelTypes = ["qwen2"]
  let tensorNames = GGUFTensorNames.plain()
  let traits = LayerTraits(activation: .silu, scalesEmbeddings: false, hasInputBias: true)

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    var rules = ConfigurationRules.plain(vocabularySize: 151_936, feedForwardSize: 22_016)
    rules.maximumPositions = 32_768
    rules.refusedFlags = ["use_sliding_window"]
    return rules
  }

  func complete(_ configuration: inout TransformerConfiguration, _ reader: ConfigurationReader) throws(BenchmarkError) {
    try reader.refusePartialRotary()
    try reader.refuseLocalLayers()
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    try model.readUniformLayers(&fields, layerCount: layerCount)
    try model.readRotary(&fields, turnsInPart: false)
  }

  func complete(_ configuration: inout TransformerConfiguration, of model: GGUFModel) throws(BenchmarkError) {
    configuration.traits.hasInputBias = model.hasBias("q_proj")
    configuration.traits.hasOutputBias = model.hasBias("o_proj")
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try configuration.writeRotaryFactor(to: &keys)
    try configuration.writeUniformLayers(to: &keys)
  }
}

/// Qwen 3: no bias as a rule, queries and keys normalised head by head, heads of a size of their own.
struct Qwen3: Architecture {
  let name = "qwen3"
  let modelTypes = ["qwen3"]
  let tensorNames = GGUFTensorNames.plain()
  let traits = LayerTraits(activation: .silu, scalesEmbeddings: false, normalizesQueriesAndKeys: true)
  private let second = Qwen2()

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    var rules = second.rules(modelType: modelType, writer: writer)
    rules.headSize = 128
    rules.allowsAttentionBias = true
    return rules
  }

  func complete(_ configuration: inout TransformerConfiguration, _ reader: ConfigurationReader) throws(BenchmarkError) {
    try second.complete(&configuration, reader)
    let hasBias = try reader.flag("attention_bias", default: false)
    (configuration.traits.hasInputBias, configuration.traits.hasOutputBias) = (hasBias, hasBias)
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    try second.readMetadata(of: model, into: &fields, layerCount: layerCount)
  }

  func complete(_ configuration: inout TransformerConfiguration, of model: GGUFModel) throws(BenchmarkError) {
    try second.complete(&configuration, of: model)
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try second.write(configuration, to: &keys)
  }
}

extension ConfigurationReader {
  /// Throws for layers with a sliding window, which a null or false `use_sliding_window` switches off without naming them.
  func refuseLocalLayers() throws(BenchmarkError) {
    for name in value("layer_types")?.arrayValue ?? [] where name.stringValue != "full_attention" {
      throw refusal("layer_types", "\(name.text()) is not supported; full_attention is")
    }
  }
}
