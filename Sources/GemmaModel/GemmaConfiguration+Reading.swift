import Checkpoints
import Support
import Tensors

extension GemmaConfiguration {
  /// The configuration of an open checkpoint: from its GGUF file's metadata, or from its folder.
  ///
  /// A folder that holds an output matrix which is not the embedding's equal has the two untied whatever its config.json
  /// says, as in transformers 5 (`tie_weights` in modeling_utils.py).
  public init(of checkpoint: Checkpoint) throws(BenchmarkError) {
    if let model = checkpoint.gguf {
      try self.init(try model.configuration(), path: model.file.path, isGGUF: true)
    } else {
      try self.init(folder: checkpoint.folder)
      if tiesEmbeddings { tiesEmbeddings = try !LanguageTensors(checkpoint, tiesEmbeddings: true).hasOwnOutput() }
    }
  }

  /// Reads `config.json`, and `generation_config.json` for the tokens that end a text, of a checkpoint folder.
  public init(folder: String) throws(BenchmarkError) {
    let path = "\(folder)/config.json"
    guard FileSystem.isFile(path) else {
      throw BenchmarkError(.notFound, "\(path): missing; download it beside the weights")
    }
    guard let root = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython).objectValue else {
      throw BenchmarkError(.invalidFile, "\(path): not a JSON object")
    }
    let generationPath = "\(folder)/generation_config.json"
    var generationRoot: JSONObject?
    if FileSystem.isFile(generationPath) {
      generationRoot = try JSONReader.parse(
        try FileSystem.read(generationPath), name: generationPath, reading: .asPython
      ).objectValue
      if generationRoot == nil { throw BenchmarkError(.invalidFile, "\(generationPath): not a JSON object") }
    }
    try self.init(root, path: path, generationConfiguration: generationRoot)
  }

  /// Reads a parsed configuration; `path` stands in errors.
  public init(_ root: JSONObject, path: String, generationConfiguration: JSONObject? = nil, isGGUF: Bool = false)
    throws(BenchmarkError)
  {
    let outer = ConfigurationReader(object: root, path: path, prefix: "")
    let name = try Self.modelType(outer)
    modelType = name
    generation = Self.generation(of: name)
    var reader = outer
    if Self.multimodalTypes.contains(name) {
      reader =
        try outer.object("text_config") ?? ConfigurationReader(object: [:], path: path, prefix: "text_config.")
    }
    let defaults = ConfigurationDefaults(generation, modelType: name, writer: try outer.writer())

    vocabularySize = try reader.extent("vocab_size", default: defaults.vocabularySize, limit: Int(Int32.max))
    hiddenSize = try reader.extent("hidden_size", default: defaults.hiddenSize, limit: 1 << 24)
    headCount = try reader.extent("num_attention_heads", default: defaults.headCount, limit: 1 << 16)
    maximumPositions = try reader.extent("max_position_embeddings", default: defaults.maximumPositions)
    normEpsilon = Float(try reader.positive("rms_norm_eps", orZero: true) ?? 1e-6)
    let rotary = RotaryReader(reader: reader, generation: generation, defaults: defaults, isGGUF: isGGUF)
    let suppressed = generationConfiguration?["suppress_tokens"] ?? root["suppress_tokens"]
    let suppression = suppressed?.arrayValue.flatMap { tokens in
      tokens.isEmpty ? nil : "\(path): suppress_tokens: \(tokens.count) tokens, which generation does not leave out"
    }
    warnings = [try rotary.warning(), suppression].compactMap { $0 }
    layers = try LayerPlans(reader, generation, defaults, headCount: headCount, rotary: rotary).read()
    switch generation {
    case .first: attentionScale = Float(1 / Double(layers[0].headSize).squareRoot())
    case .second, .third: attentionScale = Float(1 / (try reader.positive("query_pre_attn_scalar") ?? 256).squareRoot())
    case .thirdNano, .fourth: attentionScale = 1
    }
    (attentionSoftcap, logitSoftcap) = try Self.softcaps(reader, generation, defaults)
    perLayerInputs = try Self.perLayerInputs(reader, generation, defaults, vocabularySize: vocabularySize)
    alternatingUpdates = try Self.alternatingUpdates(reader, generation)
    experts = try Self.experts(reader, generation)
    try Self.checkUnsupported(reader, generation)
    // transformers reads the outer field alone.
    tiesEmbeddings = try outer.flag("tie_word_embeddings", default: true)

    let size = vocabularySize
    var begins = try reader.tokens("bos_token_id", vocabularySize: size)
    if begins == nil { begins = try outer.tokens("bos_token_id", vocabularySize: size) }
    if begins == nil, size > 2, reader.object["bos_token_id"] == nil, outer.object["bos_token_id"] == nil {
      begins = [2]
    }
    beginOfTextToken = begins?.first
    let chosen = ConfigurationReader(
      object: generationConfiguration ?? [:], path: path.replacingSuffix("config.json", "generation_config.json"),
      prefix: "")
    var ends = try chosen.endTokens("eos_token_id", vocabularySize: size)
    if ends == nil { ends = try outer.endTokens("eos_token_id", vocabularySize: size) }
    if ends == nil { ends = try reader.endTokens("eos_token_id", vocabularySize: size) }
    endOfTextTokens = ends ?? (size > 1 ? [1] : [])
  }

  private static func modelType(_ reader: ConfigurationReader) throws(BenchmarkError) -> String {
    guard let type = reader.value("model_type") else { throw reader.failure("model_type", "missing") }
    let name = type.stringValue ?? type.text()
    guard modelTypes.contains(name) else {
      throw BenchmarkError(
        .unsupported, "\(reader.path): model_type: \"\(name)\"; supported: \(modelTypes.joined(separator: ", "))")
    }
    return name
  }

  private static func generation(of modelType: String) -> GemmaGeneration {
    switch modelType {
    case "gemma": .first
    case "gemma2": .second
    case "gemma3", "gemma3_text": .third
    case "gemma3n", "gemma3n_text": .thirdNano
    default: .fourth
    }
  }

  /// The caps of attention scores and of logits; null means none where the class has a default.
  private static func softcaps(
    _ reader: ConfigurationReader, _ generation: GemmaGeneration, _ defaults: ConfigurationDefaults
  ) throws(BenchmarkError) -> (attention: Float?, logits: Float?) {
    if generation == .first { return (nil, nil) }
    func cap(_ field: String, _ standard: Double?) throws(BenchmarkError) -> Float? {
      let isNull = reader.object[field]?.isNull ?? false
      return (try reader.positive(field) ?? (isNull ? nil : standard)).map { Float($0) }
    }
    let attention = try cap("attn_logit_softcapping", defaults.attentionSoftcap)
    if attention != nil, generation != .second {
      // The reference implementation of Gemma 3 reads this field and never applies it; later ones do not know it.
      throw BenchmarkError(
        .unsupported,
        "\(reader.path): \(reader.prefix)attn_logit_softcapping: only Gemma 2 has a cap of attention scores")
    }
    return (attention, try cap("final_logit_softcapping", defaults.logitSoftcap))
  }

  private static func perLayerInputs(
    _ reader: ConfigurationReader, _ generation: GemmaGeneration, _ defaults: ConfigurationDefaults, vocabularySize: Int
  ) throws(BenchmarkError) -> PerLayerInputSettings? {
    if generation != .thirdNano, generation != .fourth { return nil }
    // Null, which some releases say, means none; a missing field means the default.
    let isNull = reader.object["hidden_size_per_layer_input"]?.isNull ?? false
    let size = try reader.count(
      "hidden_size_per_layer_input", default: isNull ? 0 : defaults.perLayerInputSize, limit: 1 << 20)
    if size == 0 {
      if generation == .fourth { return nil }
      throw reader.failure("hidden_size_per_layer_input", "0, and every layer of Gemma 3n has such an input")
    }
    let known = try reader.extent("vocab_size_per_layer_input", default: 262_144, limit: Int(Int32.max))
    if generation == .fourth, known < vocabularySize {
      throw reader.failure("vocab_size_per_layer_input", "\(known) is less than the vocabulary of \(vocabularySize)")
    }
    return PerLayerInputSettings(size: size, vocabularySize: known)
  }

  private static func alternatingUpdates(_ reader: ConfigurationReader, _ generation: GemmaGeneration)
    throws(BenchmarkError) -> AlternatingUpdateSettings?
  {
    if generation != .thirdNano { return nil }
    let streams = try reader.extent("altup_num_inputs", default: 4, limit: RowKernels.maximumStreams)
    let active = try reader.count("altup_active_idx", default: 0, limit: streams - 1)
    return AlternatingUpdateSettings(
      streamCount: streams, activeStream: active,
      scalesCorrected: try reader.flag("altup_correct_scale", default: true),
      laurelRank: try reader.extent("laurel_rank", default: 64, limit: 1 << 20))
  }

  private static func experts(_ reader: ConfigurationReader, _ generation: GemmaGeneration) throws(BenchmarkError)
    -> ExpertSettings?
  {
    guard generation == .fourth, try reader.flag("enable_moe_block", default: false) else { return nil }
    let count = try reader.extent("num_experts", limit: 1 << 16)
    return ExpertSettings(
      count: count, countPerToken: try reader.extent("top_k_experts", limit: count),
      feedForwardSize: try reader.extent("moe_intermediate_size", limit: 1 << 24))
  }

  private static func checkUnsupported(_ reader: ConfigurationReader, _ generation: GemmaGeneration)
    throws(BenchmarkError)
  {
    func refuse(_ field: String, _ reason: String) throws(BenchmarkError) {
      throw BenchmarkError(.unsupported, "\(reader.path): \(reader.prefix)\(field): \(reason)")
    }
    if try reader.flag("attention_bias", default: false) { try refuse("attention_bias", "true is not supported") }
    if let value = reader.value("use_bidirectional_attention"), value.boolValue != false {
      // "vision" lets only the tokens of an image see ahead.
      if generation != .fourth || value.stringValue != "vision" {
        try refuse("use_bidirectional_attention", "\(value.text()) is not supported")
      }
    }
    // Gemma 1's files say "gelu" and mean the tanh approximation; transformers reads them so too.
    let fields = generation == .first ? ["hidden_act", "hidden_activation"] : ["hidden_activation"]
    let known = generation == .first ? ["gelu", "gelu_pytorch_tanh"] : ["gelu_pytorch_tanh"]
    for field in fields {
      guard let value = reader.value(field) else { continue }
      if let name = value.stringValue, known.contains(name) { continue }
      try refuse(field, "\(value.text()); supported: gelu_pytorch_tanh")
    }
  }
}

extension String {
  /// The text with one ending in place of another.
  func replacingSuffix(_ suffix: String, _ replacement: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + replacement : self
  }
}
