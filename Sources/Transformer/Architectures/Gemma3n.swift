import Checkpoints
import Glibc
import Statistics
import Support
import Tensors

/// Gemma 3n: several residual streams, an input of its own for each layer, sparse layers, keys that layers share.
struct Gemma3n: Architecture {
  let name = "gemma3n"
  let modelTypes = ["gemma3n_text"]
  let multimodalTypes = ["gemma3n"]
  let hasSentencePieceVocabulary = true
  let wantsUnusedKeys = true
  let tensorNames = GGUFTensorNames.laterGemmas
  let traits = LayerTraits(normalizesOutputs: true, normalizesQueriesAndKeys: true, normalizesValues: true)

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    var rules = ConfigurationRules(
      vocabularySize: 262_400, hiddenSize: 2048, layerCount: 35, feedForwardSize: 16_384, headCount: 8,
      keyValueHeadCount: 2)
    (rules.maximumPositions, rules.slidingWindow) = (32_768, 512)
    (rules.globalPeriod, rules.globalBase) = (5, 1_000_000)
    (rules.logitSoftcap, rules.perLayerInputSize, rules.sharedLayerCount) = (30, 256, 15)
    rules.readsOldKeys = (writer ?? 4) < 5
    rules.scale = .none
    rules.rotary = .byKind
    (rules.hasLogitSoftcap, rules.sharesKeysAndValues, rules.variesFeedForward) = (true, true, true)
    return rules
  }

  func complete(_ configuration: inout TransformerConfiguration, _ reader: ConfigurationReader) throws(BenchmarkError) {
    let rules = rules(modelType: configuration.modelType, writer: nil)
    guard let size = try reader.perLayerInputSize(rules) else {
      throw reader.failure("hidden_size_per_layer_input", "0, but every layer of Gemma 3n has this input")
    }
    let known = try reader.extent("vocab_size_per_layer_input", default: 262_144, limit: Int(Int32.max))
    configuration.perLayerInputs = PerLayerInputSettings(size: size, vocabularySize: known)
    let streams = try reader.extent("altup_num_inputs", default: 4, limit: RowKernels.maximumStreams)
    let active = try reader.count("altup_active_idx", default: 0, limit: streams - 1)
    configuration.alternatingUpdates = AlternatingUpdateSettings(
      streamCount: streams, activeStream: active,
      scalesCorrected: try reader.flag("altup_correct_scale", default: true),
      laurelRank: try reader.extent("laurel_rank", default: 64, limit: 1 << 20))
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    try model.readUniformLayers(&fields, layerCount: layerCount)
    try model.readWindow(&fields, layerCount: layerCount, period: 5)
    try model.readRotary(&fields)
    let cap = "final_logit_softcapping"
    fields[cap] = try model.file.value(model.key(cap)) == nil ? .number(30) : model.softcap()
    fields["hidden_size_per_layer_input"] = JSONValue(try model.required("embedding_length_per_layer_input"))
    fields["vocab_size_per_layer_input"] = JSONValue(try model.extent("embed_tokens_per_layer.weight", axis: 0))
    fields["altup_num_inputs"] = JSONValue(try model.integer("altup.num_inputs") ?? 4)
    fields["altup_active_idx"] = JSONValue(try model.integer("altup.active_idx") ?? 0)
    fields["altup_correct_scale"] = true
    fields["laurel_rank"] = JSONValue(try model.extent("layers.0.laurel.linear_left.weight", axis: 0))
    // llama.cpp shares keys and values after twenty layers, whatever the file says.
    fields["num_kv_shared_layers"] = JSONValue(
      try model.integer("attention.shared_kv_layers") ?? max(0, layerCount - 20))
    let key = model.key("activation_sparsity_scale")
    guard let scales = try model.file.array(key) else { return }
    guard scales.count == layerCount else {
      throw model.file.failure(key, "\(scales.count) values for \(layerCount) layers")
    }
    fields["activation_sparsity_pattern"] = .array(try scales.floats().map { .number(Self.sparsity($0)) })
  }

  /// The share of activations that a number of standard deviations cuts off: the normal distribution function, to seven
  /// decimals, which undoes the rounding of the file's float32. Minus infinity cuts none.
  private static func sparsity(_ deviations: Float) -> Double {
    let share = NormalDistribution.cumulative(Double(deviations))
    return (share * 1e7).rounded() / 1e7
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try configuration.writeRotaryFactor(to: &keys)
    try configuration.writeLocalRotary(to: &keys)
    try configuration.writeUniformLayers(to: &keys)
    guard let streams = configuration.alternatingUpdates, let inputs = configuration.perLayerInputs,
      configuration.logitSoftcap != nil
    else { throw keys.refusal("final_logit_softcapping", "no cap") }
    guard streams.scalesCorrected else { throw keys.refusal("altup_correct_scale", "false") }
    try check(configuration.layers, streams, inputs, keys)
    keys.set("altup.active_idx", streams.activeStream)
    keys.set("altup.num_inputs", streams.streamCount)
    keys.set("embedding_length_per_layer_input", inputs.size)
    keys.set("attention.shared_kv_layers", configuration.layers.count { !$0.storesKeysAndValues })
    // As torch has it: no share is minus infinity deviations.
    let deviations = configuration.layers.map { layer in
      NormalDistribution.quantile(layer.activationSparsity).map { Float($0) } ?? -.infinity
    }
    keys.set("activation_sparsity_scale", deviations)
    keys.set("attention.sliding_window_pattern", configuration.layers.map(\.isLocal))
  }

  /// llama.cpp takes these of Gemma 3n from its source, whatever a file says (`llama_hparams`, `llama_model_gemma3n`).
  private func check(
    _ layers: [LayerConfiguration], _ streams: AlternatingUpdateSettings, _ inputs: PerLayerInputSettings,
    _ keys: GGUFKeys
  ) throws(BenchmarkError) {
    let fixed = [
      ("hidden_size_per_layer_input", inputs.size, 256), ("altup_num_inputs", streams.streamCount, 4),
      ("altup_active_idx", streams.activeStream, 0), ("laurel_rank", streams.laurelRank, 64),
    ]
    for (field, value, expected) in fixed where value != expected {
      throw keys.refusal(field, "\(value), but llama.cpp uses \(expected)")
    }
    if let layer = layers.first(where: { $0.activationSparsity != ($0.index < 10 ? 0.95 : 0) }) {
      throw keys.refusal(
        "activation_sparsity_pattern",
        "\(layer.activationSparsity) in layer \(layer.index), but llama.cpp uses 0.95 in the first ten and 0 in the others"
      )
    }
    let storing = layers.count { $0.storesKeysAndValues }
    if storing != min(20, layers.count) {
      throw keys.refusal(
        "num_kv_shared_layers", "\(storing) layers with keys of their own, but llama.cpp expects the first 20")
    }
  }
}

extension ConfigurationReader {
  /// The numbers of each layer's own input; nil for none. Null, which some releases say, means none; a missing field the
  /// default.
  func perLayerInputSize(_ rules: ConfigurationRules) throws(BenchmarkError) -> Int? {
    let isNull = object["hidden_size_per_layer_input"]?.isNull ?? false
    let size = try count(
      "hidden_size_per_layer_input", default: isNull ? 0 : rules.perLayerInputSize, limit: 1 << 20)
    return size == 0 ? nil : size
  }
}
