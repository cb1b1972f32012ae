import Checkpoints
import Support

/// Gemma 4: larger heads in global layers, of which only the first pairs turn; inputs of each layer in the E-series,
/// experts in the mixtures.
struct Gemma4: Architecture {
  let name = "gemma4"
  let modelTypes = ["gemma4_text", "gemma4_unified_text"]
  let multimodalTypes = ["gemma4", "gemma4_unified"]
  let tensorNames = GGUFTensorNames.laterGemmas(constants: [GGUFModel.rotaryFactors], scalesProducts: true)
  let traits = LayerTraits(
    normalizesOutputs: true, normalizesQueriesAndKeys: true, normalizesValues: true, scalesLayerOutputs: true)

  func rules(modelType: String, writer: Int?) -> ConfigurationRules {
    let isUnified = modelType.hasPrefix("gemma4_unified")
    var rules = ConfigurationRules(
      vocabularySize: 262_144, hiddenSize: 2304, layerCount: 30, feedForwardSize: 9216, headCount: 8,
      keyValueHeadCount: 4)
    rules.maximumPositions = isUnified ? 262_144 : 131_072
    rules.slidingWindow = isUnified ? 1024 : 512
    (rules.globalPeriod, rules.globalBase) = (6, 1_000_000)
    rules.perLayerInputSize = isUnified ? 0 : 256
    rules.globalHeadSize = 512
    rules.readsOldKeys = (writer ?? 4) < 5
    rules.scale = .none
    rules.rotary = .proportional
    rules.rotaryTypes = ["default", "linear", "proportional"]
    (rules.hasLogitSoftcap, rules.sharesKeysAndValues, rules.doublesSharedLayers) = (true, true, true)
    (rules.usesKeysAsValues, rules.endsGlobally, rules.allowsVisionAttention) = (true, true, true)
    return rules
  }

  func complete(_ configuration: inout TransformerConfiguration, _ reader: ConfigurationReader) throws(BenchmarkError) {
    let rules = rules(modelType: configuration.modelType, writer: nil)
    if let size = try reader.perLayerInputSize(rules) {
      let known = try reader.extent("vocab_size_per_layer_input", default: 262_144, limit: Int(Int32.max))
      if known < configuration.vocabularySize {
        throw reader.failure(
          "vocab_size_per_layer_input", "\(known) is less than the vocabulary of \(configuration.vocabularySize)")
      }
      configuration.perLayerInputs = PerLayerInputSettings(size: size, vocabularySize: known)
    }
    guard try reader.flag("enable_moe_block", default: false) else { return }
    let count = try reader.extent("num_experts", limit: 1 << 16)
    configuration.experts = ExpertSettings(
      count: count, countPerToken: try reader.extent("top_k_experts", limit: count),
      feedForwardSize: try reader.extent("moe_intermediate_size", limit: 1 << 24))
  }

  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    try model.readWindow(&fields, layerCount: layerCount, period: nil)
    let factor = try model.rotaryFactor()
    guard factor == 1 else {
      throw model.file.failure(model.key("rope.scaling.factor"), "\(factor) in Gemma 4", .unsupported)
    }
    let isLocal = (fields["layer_types"]?.arrayValue ?? []).map { $0 == "sliding_attention" }
    let globalSize = try model.keyLength()
    let localSize = try model.integer("attention.key_length_swa") ?? globalSize
    fields["head_dim"] = JSONValue(localSize)
    fields["global_head_dim"] = JSONValue(globalSize)
    fields["final_logit_softcapping"] = try model.softcap()
    fields["hidden_size_per_layer_input"] = JSONValue(try model.integer("embedding_length_per_layer_input") ?? 0)
    let table = "embed_tokens_per_layer.weight"
    if model.tensors[GGUFTensorNames.prefix + table] != nil {
      fields["vocab_size_per_layer_input"] = JSONValue(try model.extent(table, axis: 0))
    }
    let sharedCount = try model.integer("attention.shared_kv_layers") ?? 0
    guard (0..<layerCount).contains(sharedCount) else {
      throw model.file.failure(model.key("attention.shared_kv_layers"), "\(sharedCount) of \(layerCount) layers")
    }
    fields["num_kv_shared_layers"] = JSONValue(sharedCount)
    try model.readHeadsByKind(&fields, isLocal, layerCount)
    try model.readDoubledFeedForward(&fields, layerCount, firstShared: layerCount - sharedCount)
    try model.readProportionalRotary(&fields, globalSize: globalSize, localSize: localSize)
    if let count = try model.integer("expert_count"), count > 0 {
      fields["enable_moe_block"] = true
      fields["num_experts"] = JSONValue(count)
      fields["top_k_experts"] = JSONValue(try model.required("expert_used_count"))
      fields["moe_intermediate_size"] = JSONValue(try model.required("expert_feed_forward_length"))
    }
  }

  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError) {
    try configuration.writeLocalRotary(to: &keys)
    let layers = configuration.layers
    let global = configuration.lastGlobalLayer
    guard let local = layers.first(where: \.isLocal) else { throw keys.refusal("layer_types", "no local layers") }
    guard local.rotary.rotatedFraction == 1, local.rotary.factor == 1, global.rotary.factor == 1 else {
      throw keys.refusal("rope_parameters", "a factor, or partial rotation of local heads")
    }
    keys.set("attention.key_length_swa", local.headSize)
    keys.set("attention.value_length_swa", local.headSize)
    keys.set("rope.dimension_count", global.headSize)
    keys.set("rope.dimension_count_swa", local.headSize)
    keys.set("attention.shared_kv_layers", layers.count { !$0.storesKeysAndValues })
    keys.set("embedding_length_per_layer_input", configuration.perLayerInputs?.size ?? 0)
    keys.set("attention.sliding_window_pattern", layers.map(\.isLocal))
    keys.set("attention.head_count_kv", layers.map(\.keyValueHeadCount))
    keys.set("feed_forward_length", layers.map(\.feedForwardSize))
    guard let experts = configuration.experts else { return }
    keys.set("expert_count", experts.count)
    keys.set("expert_used_count", experts.countPerToken)
    keys.set("expert_feed_forward_length", experts.feedForwardSize)
  }

  /// Global layers turn the first pairs of a head alone: llama.cpp divides the others' angles by 1e30.
  func constants(of configuration: TransformerConfiguration) -> [(name: String, values: [Float])] {
    guard let global = configuration.layers.last(where: { !$0.isLocal }) else { return [] }
    let pairs = global.headSize / 2
    let rotated = Int(global.rotary.rotatedFraction * Double(pairs))
    return [(GGUFModel.rotaryFactors, (0..<pairs).map { $0 < rotated ? 1 : 1e30 })]
  }
}

extension GGUFModel {
  /// Key-value heads by kind of layer, and whether the global layers' keys are their values too.
  fileprivate func readHeadsByKind(_ fields: inout JSONObject, _ isLocal: [Bool], _ layerCount: Int)
    throws(BenchmarkError)
  {
    let counts = try perLayer("attention.head_count_kv", layerCount)
    func count(ofLocal wanted: Bool) throws(BenchmarkError) -> Int? {
      let found = Set(zip(counts, isLocal).filter { $0.1 == wanted }.map(\.0))
      guard found.count <= 1 else {
        throw file.failure(
          key("attention.head_count_kv"), "differs among \(wanted ? "local" : "global") layers", .unsupported)
      }
      return found.first
    }
    let local = try count(ofLocal: true)
    let global = try count(ofLocal: false)
    guard let standard = local ?? global else { throw file.failure(key("attention.head_count_kv"), "empty") }
    fields["num_key_value_heads"] = JSONValue(standard)
    let valueless = isLocal.indices.contains { index in
      let name = "\(GGUFTensorNames.prefix)layers.\(index).self_attn."
      return !isLocal[index] && tensors[name + "k_proj.weight"] != nil && tensors[name + "v_proj.weight"] == nil
    }
    fields["attention_k_eq_v"] = .bool(valueless)
    if let global, global != standard {
      guard valueless else {
        throw file.failure(
          key("attention.head_count_kv"),
          "\(global) in global and \(standard) in local layers with values of their own",
          .unsupported)
      }
      fields["num_global_key_value_heads"] = JSONValue(global)
    }
  }

  fileprivate func readDoubledFeedForward(_ fields: inout JSONObject, _ layerCount: Int, firstShared: Int)
    throws(BenchmarkError)
  {
    let sizes = try perLayer("feed_forward_length", layerCount)
    let first = sizes[0]
    let (double, overflow) = first.multipliedReportingOverflow(by: 2)
    let isDouble = !overflow && firstShared > 0 && sizes[layerCount - 1] == double
    let expected = (0..<layerCount).map { isDouble && $0 >= firstShared ? double : first }
    guard sizes == expected else {
      throw file.failure(
        key("feed_forward_length"), "differs from layer to layer other than by shared keys and values", .unsupported)
    }
    fields["intermediate_size"] = JSONValue(first)
    fields["use_double_wide_mlp"] = .bool(isDouble)
  }

  /// Global layers rotate the first pairs of a head alone: `rope_freqs` holds 1 for these and about infinity for others.
  fileprivate func readProportionalRotary(
    _ fields: inout JSONObject, globalSize: Int, localSize: Int
  ) throws(BenchmarkError) {
    for (name, size) in [("rope.dimension_count", globalSize), ("rope.dimension_count_swa", localSize)] {
      if let count = try integer(name), count != size {
        throw file.failure(key(name), "\(count) is not the head's size of \(size)", .unsupported)
      }
    }
    var fraction = 1.0
    if let factors = try rotaryDivisors(headSize: globalSize) {
      let rotated = factors.prefix { $0 == 1 }.count
      guard factors[rotated...].allSatisfy({ $0 > 1e20 }) else {
        throw BenchmarkError(
          .unsupported,
          "\(file.path): tensor \(Self.rotaryFactors): factors other than 1 and (for no rotation) 1e30")
      }
      fraction = Double(rotated) / Double(globalSize / 2)
    }
    let globalBase = try number("rope.freq_base") ?? 1_000_000
    let localBase = try number("rope.freq_base_swa") ?? 10_000
    fields["rope_parameters"] = [
      "full_attention": [
        "rope_type": "proportional", "rope_theta": .number(globalBase), "partial_rotary_factor": .number(fraction),
      ],
      "sliding_attention": ["rope_type": "default", "rope_theta": .number(localBase)],
    ]
  }
}
