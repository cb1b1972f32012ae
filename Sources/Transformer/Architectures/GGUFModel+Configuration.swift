import Checkpoints
import Support

/// Metadata as the fields of a config.json, so that one reader serves both formats.
///
/// Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and gguf-py's constants; what a missing key means, and
/// the scale of the scores, which no key holds: llama.cpp's `llama_model_gemma*::load_arch_hparams`.
extension GGUFModel {
  /// A configuration as in config.json, of the text model alone. Errors: missing keys, values of another type, and what
  /// contradicts the tensors.
  func configuration(of architecture: any Architecture) throws(BenchmarkError) -> JSONObject {
    let layerCount = try required("block_count")
    guard (1...10_000).contains(layerCount) else {
      throw file.failure(key("block_count"), "\(layerCount) layers, expected 1 to 10000")
    }
    var fields: JSONObject = [
      "model_type": .string(architecture.modelTypes[0]),
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
    try checkAttention()
    try architecture.readMetadata(of: self, into: &fields, layerCount: layerCount)
    return fields
  }

  func key(_ name: String) -> String { "\(architecture).\(name)" }

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

  private func checkAttention() throws(BenchmarkError) {
    if try file.bool(key("attention.causal")) == false {
      throw file.failure(
        key("attention.causal"),
        "false: an embedding model with bidirectional attention, which cannot generate text",
        .unsupported)
    }
    let keyLength = try keyLength()
    if let valueLength = try integer("attention.value_length"), valueLength != keyLength {
      throw file.failure(
        key("attention.value_length"), "\(valueLength), and attention.key_length is \(keyLength)", .unsupported)
    }
  }

  /// Sizes that are the same in all layers.
  func readUniformLayers(_ fields: inout JSONObject, layerCount: Int) throws(BenchmarkError) {
    let headCount = try required("attention.head_count")
    fields["head_dim"] = JSONValue(try keyLength())
    fields["num_key_value_heads"] = JSONValue(try integer("attention.head_count_kv") ?? headCount)
    fields["intermediate_size"] = JSONValue(try sameForAll("feed_forward_length", layerCount))
  }

  /// Which layers are local, and their window.
  ///
  /// - Parameters:
  ///   - period: whose last layer is global, where the file does not say; nil if it must.
  ///   - mayLackWindow: whether every layer is global without a window, as in Gemma 3's files.
  func readWindow(
    _ fields: inout JSONObject, layerCount: Int, period: Int?, mayLackWindow: Bool = false
  ) throws(BenchmarkError) {
    let window = try integer("attention.sliding_window")
    if let window, window > 0 { fields["sliding_window"] = JSONValue(window) }
    let isGlobal = mayLackWindow && (window ?? 0) == 0
    let isLocal =
      isGlobal ? Array(repeating: false, count: layerCount) : try localLayers(layerCount, period: period)
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

  /// The number whose inverse root scales the scores: the head's size, but in a model of 27B the hidden size for each head;
  /// llama.cpp knows those by their number of layers.
  func scoreScalar(layerCount: Int, ofLargest largest: Int) throws(BenchmarkError) -> Int {
    guard layerCount == largest else { return try keyLength() }
    let heads = try required("attention.head_count")
    guard heads > 0 else { throw file.failure(key("attention.head_count"), "\(heads) heads") }
    return try required("embedding_length") / heads
  }

  /// `sliding_window_pattern`: a truth value for each layer, or the period whose last layer is global.
  private func localLayers(_ layerCount: Int, period standard: Int?) throws(BenchmarkError) -> [Bool] {
    let name = key("attention.sliding_window_pattern")
    if case .array(let array)? = file.value(name) {
      guard array.count == layerCount else {
        throw file.failure(name, "\(array.count) values for \(layerCount) layers")
      }
      return array.elementType == .bool ? try array.bools() : try array.integers().map { $0 != 0 }
    }
    guard let period = try file.integer(name) ?? standard else { throw file.failure(name, "missing") }
    guard period >= 0 else { throw file.failure(name, "\(period) is not a period") }
    return (0..<layerCount).map { period == 0 || $0 % period < period - 1 }
  }

  // MARK: rotary embedding

  /// The rotary embeddings of global and local layers.
  ///
  /// - Parameters:
  ///   - base: of global layers, in a file that does not say.
  ///   - localFollows: whether local layers have all that global ones have, but for keys of their own.
  ///   - turnsInPart: whether the first numbers of a head may turn alone.
  func readRotary(
    _ fields: inout JSONObject, base: Double = 10_000, localFollows: Bool = false, turnsInPart: Bool = true
  ) throws(BenchmarkError) {
    if let magnitude = try number("rope.scaling.attn_factor"), magnitude != 1 {
      throw file.failure(key("rope.scaling.attn_factor"), "\(magnitude) is not supported", .unsupported)
    }
    let (type, factor) = try rotaryScaling()
    let size = try keyLength()
    // llama.cpp takes that of the first layer for all.
    let isFirstLocal = fields["layer_types"]?.arrayValue?.first == "sliding_attention"
    var count = try turnedCount("rope.dimension_count", of: size) ?? size
    if isFirstLocal { count = try turnedCount("rope.dimension_count_swa", of: size) ?? count }
    if count != size, !turnsInPart {
      throw file.failure(key("rope.dimension_count"), "\(count) is not the head's size", .unsupported)
    }
    // Ollama's own files of Gemma 3 have the second key.
    var global: JSONObject = [
      "rope_type": "default", "rope_theta": .number(try number("rope.freq_base", "rope.global.freq_base") ?? base),
      "partial_rotary_factor": .number(Double(count) / Double(size)),
    ]
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
    var local: JSONObject = localFollows ? global : ["rope_type": "default", "rope_theta": 10_000]
    if let base = try number("rope.freq_base_swa", "rope.local.freq_base") { local["rope_theta"] = .number(base) }
    local["partial_rotary_factor"] = global["partial_rotary_factor"]
    fields["rope_parameters"] = ["full_attention": .object(global), "sliding_attention": .object(local)]
  }

  /// How the rotary embedding is scaled, and by how much: a factor without a type is linear, and 0 is none; the second key is
  /// the older one.
  private func rotaryScaling() throws(BenchmarkError) -> (type: String, factor: Double) {
    let type = try file.string(key("rope.scaling.type")) ?? "linear"
    let known = ["none", "linear", "yarn", "longrope"]
    guard known.contains(type) else {
      throw file.failure(
        key("rope.scaling.type"), "\"\(type)\"; supported: \(known.joined(separator: ", "))", .unsupported)
    }
    if type == "none" { return (type, 1) }
    let found = try number("rope.scaling.factor", "rope.scale_linear") ?? 1
    return (type, found == 0 ? 1 : found)
  }

  /// By how much the rotary embedding is scaled; 1 for not at all.
  func rotaryFactor() throws(BenchmarkError) -> Double { try rotaryScaling().factor }

  /// The tensor of divisors of the rotary embedding's angles; nil if there is none. // [headSize / 2]
  func rotaryDivisors(headSize: Int) throws(BenchmarkError) -> [Float]? {
    guard let tensor = file.tensors.first(where: { $0.name == Self.rotaryFactors }) else { return nil }
    guard tensor.elementType == .float32, tensor.shape == [headSize / 2] else {
      throw BenchmarkError(
        .invalidFile, "\(file.path): tensor \(tensor.name): expected float32 of shape [\(headSize / 2)]")
    }
    return try tensor.withBytes { $0.withMemoryRebound(to: Float.self) { Array($0) } }
  }

  /// An extent of a tensor of the decoder.
  func extent(_ name: String, axis: Int) throws(BenchmarkError) -> Int {
    guard let tensor = tensors[GGUFTensorNames.prefix + name], tensor.shape.count == 2 else {
      throw BenchmarkError(.invalidFile, "\(file.path): tensor \(name): missing, or not a matrix")
    }
    return tensor.shape[axis]
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
