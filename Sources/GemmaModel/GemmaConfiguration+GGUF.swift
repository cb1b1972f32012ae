import Checkpoints
import Support

#if canImport(Glibc)
  import Glibc
#endif

extension GemmaConfiguration {
  /// The keys of llama.cpp's that say what this configuration says.
  ///
  /// Errors: what llama.cpp's files cannot say, so that it would compute something else: `unsupported`, by field.
  /// Source: `set_gguf_parameters` in llama.cpp's `conversion/gemma.py`.
  public func write(to metadata: inout GGUFMetadata, path: String) throws(BenchmarkError) {
    func refuse(_ field: String, _ reason: String) -> BenchmarkError {
      BenchmarkError(.unsupported, "\(path): \(field): \(reason); llama.cpp's files cannot say so")
    }
    guard let architecture = GGUFArchitecture(modelType: modelType) else { throw refuse("model_type", modelType) }
    let prefix = architecture.rawValue + "."
    func set(_ key: String, _ value: Int) { metadata.set(prefix + key, UInt32(clamping: value)) }
    set("context_length", maximumPositions)
    set("embedding_length", hiddenSize)
    set("block_count", layerCount)
    set("attention.head_count", headCount)
    metadata.set(prefix + "attention.layer_norm_rms_epsilon", normEpsilon)
    let global = layers.last { !$0.isLocal } ?? layers[layerCount - 1]
    let local = layers.first { $0.isLocal }
    metadata.set(prefix + "rope.freq_base", Float(global.rotary.base))
    set("attention.key_length", global.headSize)
    set("attention.value_length", global.headSize)
    if let logitSoftcap { metadata.set(prefix + "final_logit_softcapping", logitSoftcap) }
    if let local, let window = local.window { set("attention.sliding_window", window) }
    if let yarn = global.rotary.yarn {
      let plain = YarnSettings(
        originalPositions: yarn.originalPositions,
        magnitude: global.rotary.factor <= 1 ? 1 : 0.1 * log(global.rotary.factor) + 1)
      guard yarn == plain, global.rotary.factor > 1 else { throw refuse("rope_parameters", "settings of yarn") }
      set("rope.scaling.original_context_length", Int(yarn.originalPositions))
    }
    if global.rotary.factor != 1, generation != .fourth {
      metadata.set(prefix + "rope.scaling.type", global.rotary.yarn == nil ? "linear" : "yarn")
      metadata.set(prefix + "rope.scaling.factor", Float(global.rotary.factor))
    }
    if generation != .first, generation != .second, let local {
      metadata.set(prefix + "rope.freq_base_swa", Float(local.rotary.base))
      if local.rotary.factor != 1 || local.rotary.yarn != nil {
        throw refuse("rope_parameters", "local layers have a factor")
      }
    }
    if generation == .fourth {
      try writeFourth(&metadata, prefix, refuse)
      return
    }
    set("feed_forward_length", layers[0].feedForwardSize)
    set("attention.head_count_kv", layers[0].keyValueHeadCount)
    set("rope.dimension_count", global.headSize)
    if layers.contains(where: { $0.feedForwardSize != layers[0].feedForwardSize }) {
      throw refuse("intermediate_size", "it differs from layer to layer")
    }
    if generation == .first { return }
    if generation == .second {
      guard let attentionSoftcap, logitSoftcap != nil else { throw refuse("attn_logit_softcapping", "no cap") }
      metadata.set(prefix + "attn_logit_softcapping", attentionSoftcap)
    }
    if generation == .thirdNano { return try writeNano(&metadata, prefix, refuse) }
    try checkScale(refuse)
    try writePeriod(&metadata, prefix, refuse)
  }

  /// llama.cpp takes the scale of scores from the head's size, or the hidden size for each head in models of 27B.
  private func checkScale(_ refuse: (String, String) -> BenchmarkError) throws(BenchmarkError) {
    let isLarge = layerCount == (generation == .second ? 46 : 62)
    let expected = isLarge ? hiddenSize / headCount : headSize
    guard attentionScale == Float(1 / Double(expected).squareRoot()) else {
      throw refuse("query_pre_attn_scalar", "expected \(expected)")
    }
  }

  /// Which layers are local, as the period whose last layer is global.
  private func writePeriod(
    _ metadata: inout GGUFMetadata, _ prefix: String, _ refuse: (String, String) -> BenchmarkError
  )
    throws(BenchmarkError)
  {
    if !layers.contains(where: \.isLocal) {
      // Without a window, Gemma 3's layers are all global; Gemma 2 has a default one.
      guard generation == .third else { throw refuse("layer_types", "no local layers") }
      return
    }
    let period = (layers.firstIndex { !$0.isLocal } ?? layerCount) + 1
    guard layers.allSatisfy({ $0.isLocal == ($0.index % period < period - 1) }) else {
      throw refuse("layer_types", "the global layers have no period")
    }
    if period != (generation == .second ? 2 : 6) {
      metadata.set(prefix + "attention.sliding_window_pattern", UInt32(clamping: period))
    }
  }

  private func writeNano(_ metadata: inout GGUFMetadata, _ prefix: String, _ refuse: (String, String) -> BenchmarkError)
    throws(BenchmarkError)
  {
    guard let streams = alternatingUpdates, let inputs = perLayerInputs, logitSoftcap != nil else {
      throw refuse("final_logit_softcapping", "no cap")
    }
    guard streams.scalesCorrected else { throw refuse("altup_correct_scale", "false") }
    try checkNano(streams, inputs, refuse)
    metadata.set(prefix + "altup.active_idx", UInt32(clamping: streams.activeStream))
    metadata.set(prefix + "altup.num_inputs", UInt32(clamping: streams.streamCount))
    metadata.set(prefix + "embedding_length_per_layer_input", UInt32(clamping: inputs.size))
    metadata.set(prefix + "attention.shared_kv_layers", UInt32(clamping: layers.count { !$0.storesKeysAndValues }))
    // As torch has it: no share is minus infinity deviations.
    let deviations = layers.map { plan in
      plan.activationSparsity > 0 ? Float(NormalQuantile.of(plan.activationSparsity)) : -.infinity
    }
    metadata.set(prefix + "activation_sparsity_scale", deviations)
    metadata.set(prefix + "attention.sliding_window_pattern", layers.map(\.isLocal))
  }

  /// llama.cpp takes these of Gemma 3n from its source, whatever a file says (`llama_hparams`, `llama_model_gemma3n`).
  private func checkNano(
    _ streams: AlternatingUpdateSettings, _ inputs: PerLayerInputSettings, _ refuse: (String, String) -> BenchmarkError
  ) throws(BenchmarkError) {
    let fixed = [
      ("hidden_size_per_layer_input", inputs.size, 256), ("altup_num_inputs", streams.streamCount, 4),
      ("altup_active_idx", streams.activeStream, 0), ("laurel_rank", streams.laurelRank, 64),
    ]
    for (field, value, expected) in fixed where value != expected {
      throw refuse(field, "\(value), and llama.cpp computes with \(expected)")
    }
    if let layer = layers.first(where: { $0.activationSparsity != ($0.index < 10 ? 0.95 : 0) }) {
      throw refuse(
        "activation_sparsity_pattern",
        "\(layer.activationSparsity) in layer \(layer.index), and llama.cpp computes with 0.95 in the first ten and 0 in others"
      )
    }
    let storing = layers.count { $0.storesKeysAndValues }
    if storing != min(20, layerCount) {
      throw refuse(
        "num_kv_shared_layers", "\(storing) layers with keys of their own, and llama.cpp has the first 20 do so")
    }
  }

  private func writeFourth(
    _ metadata: inout GGUFMetadata, _ prefix: String, _ refuse: (String, String) -> BenchmarkError
  ) throws(BenchmarkError) {
    func set(_ key: String, _ value: Int) { metadata.set(prefix + key, UInt32(clamping: value)) }
    let global = layers.last { !$0.isLocal } ?? layers[layerCount - 1]
    guard let local = layers.first(where: \.isLocal) else { throw refuse("layer_types", "no local layers") }
    guard local.rotary.rotatedFraction == 1, local.rotary.factor == 1, global.rotary.factor == 1 else {
      throw refuse("rope_parameters", "a factor, or a part of local heads that does not turn")
    }
    set("attention.key_length_swa", local.headSize)
    set("attention.value_length_swa", local.headSize)
    set("rope.dimension_count", global.headSize)
    set("rope.dimension_count_swa", local.headSize)
    set("attention.shared_kv_layers", layers.count { !$0.storesKeysAndValues })
    set("embedding_length_per_layer_input", perLayerInputs?.size ?? 0)
    metadata.set(prefix + "attention.sliding_window_pattern", layers.map(\.isLocal))
    metadata.set(prefix + "attention.head_count_kv", layers.map { Int32(clamping: $0.keyValueHeadCount) })
    metadata.set(prefix + "feed_forward_length", layers.map { Int32(clamping: $0.feedForwardSize) })
    guard let experts else { return }
    set("expert_count", experts.count)
    set("expert_used_count", experts.countPerToken)
    set("expert_feed_forward_length", experts.feedForwardSize)
  }
}
