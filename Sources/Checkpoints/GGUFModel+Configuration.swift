import Support
import Tensors

/// Metadata as the fields of a config.json, so that one reader serves both formats.
///
/// Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and gguf-py's constants; what a missing key means, and
/// the scale of the scores, which no key holds: llama.cpp's `llama_model_gemma*::load_arch_hparams`.
extension GGUFModel {
  /// A configuration as in config.json, of the text model alone. Errors: missing keys, values of another type, and what
  /// contradicts the tensors.
  public func configuration() throws(BenchmarkError) -> JSONObject {
    let layerCount = try required("block_count")
    guard (1...10_000).contains(layerCount) else {
      throw file.failure(key("block_count"), "\(layerCount) layers, expected 1 to 10000")
    }
    var fields: JSONObject = [
      "model_type": .string(architecture.modelType),
      "vocab_size": JSONValue(try vocabularySize()),
      "hidden_size": JSONValue(try required("embedding_length")),
      "num_hidden_layers": JSONValue(layerCount),
      "max_position_embeddings": JSONValue(try required("context_length")),
      "num_attention_heads": JSONValue(try required("attention.head_count")),
      "tie_word_embeddings": .bool(tensors["lm_head.weight"] == nil),
    ]
    // Ollama's own files of Gemma 3 lack the key; this is what Ollama takes, and what every Gemma has.
    fields["rms_norm_eps"] = .number(try file.number(key("attention.layer_norm_rms_epsilon")) ?? 1e-6)
    try readTokens(&fields)
    try readAttention(&fields, layerCount)
    try readRotary(&fields)
    switch architecture {
    case .gemma: break
    case .gemma2:
      fields["attn_logit_softcapping"] = .number(try file.number(key("attn_logit_softcapping")) ?? 50)
      fields["final_logit_softcapping"] = .number(try file.number(key("final_logit_softcapping")) ?? 30)
    case .gemma3: fields["final_logit_softcapping"] = try softcap()
    case .gemma3n: try readNano(&fields, layerCount)
    case .gemma4: try readFourth(&fields, layerCount)
    }
    return fields
  }

  func key(_ name: String) -> String { "\(architecture.rawValue).\(name)" }

  func required(_ name: String) throws(BenchmarkError) -> Int {
    guard let value = try integer(name) else { throw file.failure(key(name), "missing") }
    return value
  }

  /// An integer, or a list for all layers of the same one; nil if the key is not there.
  func integer(_ name: String) throws(BenchmarkError) -> Int? {
    guard case .array(let array)? = file.value(key(name)) else { return try file.integer(key(name)) }
    let values = try array.integers()
    guard let first = values.first, values.allSatisfy({ $0 == first }) else {
      throw file.failure(key(name), "differs from layer to layer", .unsupported)
    }
    try checkCount(of: array, name)
    return first
  }

  /// Throws for an array that is not as long as there are layers.
  private func checkCount(of array: GGUFArray, _ name: String) throws(BenchmarkError) {
    guard let layerCount = file.value(key("block_count"))?.integerValue, array.count != layerCount else { return }
    throw file.failure(key(name), "\(array.count) values for \(layerCount) layers")
  }

  /// The first number that is there.
  func number(_ names: String...) throws(BenchmarkError) -> Double? {
    for name in names { if let found = try number(name) { return found } }
    return nil
  }

  /// A number, or a list for all layers of the same one; nil if the key is not there.
  func number(_ name: String) throws(BenchmarkError) -> Double? {
    guard case .array(let array)? = file.value(key(name)) else { return try file.number(key(name)) }
    let values = try array.floats()
    guard let first = values.first, values.allSatisfy({ $0 == first }) else {
      throw file.failure(key(name), "differs from layer to layer", .unsupported)
    }
    try checkCount(of: array, name)
    return Double(first)
  }

  /// The cap of logits; llama.cpp takes 0 for none.
  func softcap() throws(BenchmarkError) -> JSONValue {
    let cap = try file.number(key("final_logit_softcapping")) ?? 0
    return cap == 0 ? .null : .number(cap)
  }

  /// One integer for all layers, or one for each: always the list.
  func perLayer(_ name: String, _ layerCount: Int) throws(BenchmarkError) -> [Int] {
    guard case .array(let array)? = file.value(key(name)) else {
      return Array(repeating: try required(name), count: layerCount)
    }
    guard array.count == layerCount else {
      throw file.failure(key(name), "\(array.count) values for \(layerCount) layers")
    }
    return try array.integers()
  }

  private func vocabularySize() throws(BenchmarkError) -> Int {
    let name = GGUFTensorNames.prefix + "embed_tokens.weight"
    guard let embedding = tensors[name], embedding.shape.count == 2 else {
      throw BenchmarkError(.invalidFile, "\(file.path): tensor token_embd.weight: missing, or not a matrix")
    }
    return embedding.shape[0]
  }

  private func readTokens(_ fields: inout JSONObject) throws(BenchmarkError) {
    // llama.cpp passes over a number beyond the vocabulary.
    if let token = try file.integer("tokenizer.ggml.bos_token_id"), (0..<(try vocabularySize())).contains(token) {
      fields["bos_token_id"] = JSONValue(token)
    }
    if let suppressed = try file.array("tokenizer.ggml.suppress_tokens") {
      fields["suppress_tokens"] = .array(try suppressed.integers().map { JSONValue($0) })
    }
    fields["eos_token_id"] = .array(try GGUFEndTokens.identifiers(file).map { JSONValue($0) })
  }

  // MARK: attention

  private func readAttention(_ fields: inout JSONObject, _ layerCount: Int) throws(BenchmarkError) {
    if try file.bool(key("attention.causal")) == false {
      throw file.failure(
        key("attention.causal"),
        "false, so that every token sees those after it: an embedding model, which writes no text",
        .unsupported)
    }
    let keyLength = try keyLength()
    let headCount = try required("attention.head_count")
    if let valueLength = try integer("attention.value_length"), valueLength != keyLength {
      throw file.failure(
        key("attention.value_length"), "\(valueLength), and attention.key_length is \(keyLength)", .unsupported)
    }
    if architecture != .gemma4 {
      fields["head_dim"] = JSONValue(keyLength)
      fields["num_key_value_heads"] = JSONValue(try integer("attention.head_count_kv") ?? headCount)
      fields["intermediate_size"] = JSONValue(try sameForAll("feed_forward_length", layerCount))
    }
    if architecture == .gemma { return }
    if architecture == .gemma2 || architecture == .gemma3 {
      fields["query_pre_attn_scalar"] = JSONValue(try scoreScalar(layerCount, keyLength))
    }
    let window = try integer("attention.sliding_window")
    if let window, window > 0 { fields["sliding_window"] = JSONValue(window) }
    // Only Gemma 3's files may do without a window: then every layer is global.
    let isGlobal = architecture == .gemma3 && (window ?? 0) == 0
    let isLocal = isGlobal ? Array(repeating: false, count: layerCount) : try localLayers(layerCount)
    fields["layer_types"] = .array(isLocal.map { .string($0 ? "sliding_attention" : "full_attention") })
  }

  /// The size of a head; without a key a share of the hidden size, as llama.cpp has it.
  func keyLength() throws(BenchmarkError) -> Int {
    if let length = try integer("attention.key_length") { return length }
    let heads = try required("attention.head_count")
    guard heads > 0 else { throw file.failure(key("attention.head_count"), "\(heads) heads") }
    return try required("embedding_length") / heads
  }

  private func sameForAll(_ name: String, _ layerCount: Int) throws(BenchmarkError) -> Int {
    let values = try perLayer(name, layerCount)
    guard let first = values.first, values.allSatisfy({ $0 == first }) else {
      throw file.failure(key(name), "differs from layer to layer", .unsupported)
    }
    return first
  }

  /// The number whose inverse root scales the scores: the head's size, but in the two models of 27B the hidden size for
  /// each head, which llama.cpp knows by their number of layers.
  private func scoreScalar(_ layerCount: Int, _ keyLength: Int) throws(BenchmarkError) -> Int {
    guard layerCount == (architecture == .gemma2 ? 46 : 62) else { return keyLength }
    let heads = try required("attention.head_count")
    guard heads > 0 else { throw file.failure(key("attention.head_count"), "\(heads) heads") }
    return try required("embedding_length") / heads
  }

  /// `sliding_window_pattern`: a truth value for each layer, or the period whose last layer is global.
  private func localLayers(_ layerCount: Int) throws(BenchmarkError) -> [Bool] {
    let name = key("attention.sliding_window_pattern")
    if case .array(let array)? = file.value(name) {
      guard array.count == layerCount else {
        throw file.failure(name, "\(array.count) values for \(layerCount) layers")
      }
      return array.elementType == .bool ? try array.bools() : try array.integers().map { $0 != 0 }
    }
    let period: Int
    if let value = try file.integer(name) {
      period = value
    } else if architecture == .gemma4 {
      throw file.failure(name, "missing")
    } else {
      period = architecture == .gemma2 ? 2 : architecture == .gemma3 ? 6 : 5
    }
    guard period >= 0 else { throw file.failure(name, "\(period) is not a period") }
    return (0..<layerCount).map { period == 0 || $0 % period < period - 1 }
  }

  // MARK: rotary embedding

  private func readRotary(_ fields: inout JSONObject) throws(BenchmarkError) {
    if let magnitude = try number("rope.scaling.attn_factor"), magnitude != 1 {
      throw file.failure(
        key("rope.scaling.attn_factor"), "\(magnitude) is not supported; no Gemma model uses it", .unsupported)
    }
    // Ollama's own files of Gemma 3 have the second key, or neither and mean its default.
    let isOllamas = architecture == .gemma3 && file.value(key("attention.layer_norm_rms_epsilon")) == nil
    let globalBase =
      try number("rope.freq_base", "rope.global.freq_base") ?? (isOllamas ? 1_000_000 : 10_000)
    // A factor without a type is linear, and 0 is none; the second key is the older one.
    var factor = 1.0
    let type = try file.string(key("rope.scaling.type")) ?? "linear"
    let known = ["none", "linear", "yarn", "longrope"]
    guard known.contains(type) else {
      throw file.failure(
        key("rope.scaling.type"), "\"\(type)\"; supported: \(known.joined(separator: ", "))", .unsupported)
    }
    if type != "none" {
      let found = try number("rope.scaling.factor", "rope.scale_linear") ?? 1
      if found != 0 { factor = found }
    }
    if architecture == .gemma4 {
      guard factor == 1 else { throw file.failure(key("rope.scaling.factor"), "\(factor) in Gemma 4", .unsupported) }
      return
    }
    let size = try keyLength()
    // llama.cpp takes that of the first layer for all.
    let isFirstLocal = fields["layer_types"]?.arrayValue?.first == "sliding_attention"
    var count = try turnedCount("rope.dimension_count", of: size) ?? size
    if isFirstLocal { count = try turnedCount("rope.dimension_count_swa", of: size) ?? count }
    var global: JSONObject = ["rope_type": "default", "rope_theta": .number(globalBase)]
    global["partial_rotary_factor"] = .number(Double(count) / Double(size))
    if type == "yarn", factor > 1 {
      global["rope_type"] = "yarn"
      global["factor"] = .number(factor)
      let original = try integer("rope.scaling.original_context_length") ?? 0
      global["original_max_position_embeddings"] = JSONValue(original > 0 ? original : try required("context_length"))
    } else if factor != 1 {
      // Without its tables of factors, "longrope" is linear too.
      guard type != "yarn" else {
        throw file.failure(key("rope.scaling.factor"), "\(factor) of yarn, below 1", .unsupported)
      }
      global["rope_type"] = "linear"
      global["factor"] = .number(factor)
    }
    // Gemma 2's local layers have all that its global ones have, but for keys of their own.
    var local: JSONObject = architecture == .gemma2 ? global : ["rope_type": "default", "rope_theta": 10_000]
    if let base = try number("rope.freq_base_swa", "rope.local.freq_base") { local["rope_theta"] = .number(base) }
    local["partial_rotary_factor"] = global["partial_rotary_factor"]
    fields["rope_parameters"] = ["full_attention": .object(global), "sliding_attention": .object(local)]
  }

  /// How many numbers of a head turn, its first ones; nil if the key is not there.
  private func turnedCount(_ name: String, of size: Int) throws(BenchmarkError) -> Int? {
    guard let count = try integer(name) else { return nil }
    guard count >= 2, count % 2 == 0, count <= size else {
      throw file.failure(key(name), "\(count), expected an even number from 2 to the head's size of \(size)")
    }
    return count
  }
}
