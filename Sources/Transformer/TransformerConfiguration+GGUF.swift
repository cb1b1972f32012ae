import Checkpoints
import Support

#if canImport(Glibc)
  import Glibc
#endif

/// The keys of a family's GGUF file in the making.
package struct GGUFKeys {
  fileprivate var metadata: GGUFMetadata
  private let prefix: String
  private let path: String

  fileprivate init(_ metadata: GGUFMetadata, architecture: String, path: String) {
    self.metadata = metadata
    prefix = architecture + "."
    self.path = path
  }

  mutating func set(_ key: String, _ value: Int) { metadata.set(prefix + key, UInt32(clamping: value)) }
  mutating func set(_ key: String, _ value: Float) { metadata.set(prefix + key, value) }
  mutating func set(_ key: String, _ value: String) { metadata.set(prefix + key, value) }
  mutating func set(_ key: String, _ values: [Bool]) { metadata.set(prefix + key, values) }
  mutating func set(_ key: String, _ values: [Int]) { metadata.set(prefix + key, values.map { Int32(clamping: $0) }) }
  mutating func set(_ key: String, _ values: [Float]) { metadata.set(prefix + key, values) }

  /// An error about a field of config.json that llama.cpp's files have no key for.
  func refusal(_ field: String, _ reason: String) -> BenchmarkError {
    BenchmarkError(.unsupported, "\(path): \(field): \(reason); a GGUF file cannot store this")
  }
}

extension TransformerConfiguration {
  /// The keys of llama.cpp's that say what this configuration says.
  ///
  /// Errors: what llama.cpp's files cannot say, so that it would compute something else: `unsupported`, by field.
  /// Source: `set_gguf_parameters` in llama.cpp's `conversion`.
  package func write(to metadata: inout GGUFMetadata, path: String) throws(BenchmarkError) {
    var keys = GGUFKeys(metadata, architecture: architecture.name, path: path)
    keys.set("context_length", maximumPositions)
    keys.set("embedding_length", hiddenSize)
    keys.set("block_count", layerCount)
    keys.set("attention.head_count", headCount)
    keys.set("attention.layer_norm_rms_epsilon", normEpsilon)
    let global = lastGlobalLayer
    keys.set("rope.freq_base", Float(global.rotary.base))
    keys.set("attention.key_length", global.headSize)
    keys.set("attention.value_length", global.headSize)
    if let logitSoftcap { keys.set("final_logit_softcapping", logitSoftcap) }
    if let slidingWindow { keys.set("attention.sliding_window", slidingWindow) }
    try architecture.write(self, to: &keys)
    metadata = keys.metadata
  }

  /// The last global layer; of a model that has none, the last.
  var lastGlobalLayer: LayerConfiguration { layers.last { !$0.isLocal } ?? layers[layerCount - 1] }

  /// The scaling of the rotary embedding, if there is one: linear, or YaRN with its standard settings.
  func writeRotaryFactor(to keys: inout GGUFKeys) throws(BenchmarkError) {
    let rotary = lastGlobalLayer.rotary
    if let yarn = rotary.yarn {
      let plain = YarnSettings(
        originalPositions: yarn.originalPositions, magnitude: rotary.factor <= 1 ? 1 : 0.1 * log(rotary.factor) + 1)
      guard yarn == plain, rotary.factor > 1 else { throw keys.refusal("rope_parameters", "settings of yarn") }
      keys.set("rope.scaling.original_context_length", Int(yarn.originalPositions))
    }
    if rotary.factor == 1 { return }
    keys.set("rope.scaling.type", rotary.yarn == nil ? "linear" : "yarn")
    keys.set("rope.scaling.factor", Float(rotary.factor))
  }

  /// The base of local layers' rotary embedding, if there are any.
  func writeLocalRotary(to keys: inout GGUFKeys) throws(BenchmarkError) {
    guard let local = layers.first(where: \.isLocal) else { return }
    keys.set("rope.freq_base_swa", Float(local.rotary.base))
    if local.rotary.factor != 1 || local.rotary.yarn != nil {
      throw keys.refusal("rope_parameters", "local layers have a factor")
    }
  }

  /// Sizes that are the same in all layers.
  func writeUniformLayers(to keys: inout GGUFKeys) throws(BenchmarkError) {
    keys.set("feed_forward_length", layers[0].feedForwardSize)
    keys.set("attention.head_count_kv", layers[0].keyValueHeadCount)
    keys.set("rope.dimension_count", lastGlobalLayer.headSize)
    if layers.contains(where: { $0.feedForwardSize != layers[0].feedForwardSize }) {
      throw keys.refusal("intermediate_size", "it differs from layer to layer")
    }
  }

  /// Throws unless scores are scaled as llama.cpp scales them: by the head's size, or in a model with so many layers by the
  /// hidden size for each head.
  func checkScale(_ keys: GGUFKeys, layersOfLargest largest: Int) throws(BenchmarkError) {
    let expected = layerCount == largest ? hiddenSize / headCount : headSize
    guard attentionScale == Float(1 / Double(expected).squareRoot()) else {
      throw keys.refusal("query_pre_attn_scalar", "expected \(expected)")
    }
  }

  /// Which layers are local, as the period whose last layer is global; nothing where it is the standard one.
  func writePeriod(to keys: inout GGUFKeys, standard: Int) throws(BenchmarkError) {
    let period = (layers.firstIndex { !$0.isLocal } ?? layerCount) + 1
    guard layers.allSatisfy({ $0.isLocal == ($0.index % period < period - 1) }) else {
      throw keys.refusal("layer_types", "the global layers have no period")
    }
    if period != standard { keys.set("attention.sliding_window_pattern", period) }
  }
}
