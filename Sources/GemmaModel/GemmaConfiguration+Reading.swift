import Support

extension GemmaConfiguration {
  /// Reads `config.json`, and `generation_config.json` for the tokens that end a text, of a checkpoint folder.
  ///
  /// Defaults are those of the configuration classes of transformers 5; Gemma 3's released files lean on them. The
  /// shapes of Gemma 1 and 2 stand in every released file and are required.
  public init(folder: String) throws(BenchmarkError) {
    let path = "\(folder)/config.json"
    guard let root = try JSONReader.parse(try FileSystem.read(path), name: path).objectValue else {
      throw BenchmarkError(.invalidFile, "\(path): not a JSON object")
    }
    let generationPath = "\(folder)/generation_config.json"
    var generationRoot: JSONObject?
    if FileSystem.isFile(generationPath) {
      generationRoot = try JSONReader.parse(try FileSystem.read(generationPath), name: generationPath).objectValue
      if generationRoot == nil { throw BenchmarkError(.invalidFile, "\(generationPath): not a JSON object") }
    }
    try self.init(root, path: path, generationConfiguration: generationRoot)
  }

  /// Reads a parsed configuration; `path` stands in errors.
  init(_ root: JSONObject, path: String, generationConfiguration: JSONObject? = nil) throws(BenchmarkError) {
    let outer = ConfigurationReader(object: root, path: path, prefix: "")
    guard let type = outer.value("model_type") else { throw outer.failure("model_type", "missing") }
    let name = type.stringValue ?? type.text()
    switch name {
    case "gemma": generation = .first
    case "gemma2": generation = .second
    case "gemma3_text", "gemma3": generation = .third
    default:
      throw BenchmarkError(
        .unsupported, "\(path): model_type: \"\(name)\"; supported: \(Self.modelTypes.joined(separator: ", "))")
    }
    modelType = name
    var reader = outer
    if name == "gemma3" {
      guard let text = try outer.object("text_config") else { throw outer.failure("text_config", "missing") }
      reader = text
    }
    let isThird = generation == .third

    vocabularySize = try reader.extent("vocab_size", default: isThird ? 262_208 : nil, limit: Int(Int32.max))
    hiddenSize = try reader.extent("hidden_size")
    feedForwardSize = try reader.extent("intermediate_size")
    layerCount = try reader.extent("num_hidden_layers", limit: 10_000)
    headCount = try reader.extent("num_attention_heads", default: isThird ? 8 : nil, limit: 1 << 20)
    keyValueHeadCount = try reader.extent("num_key_value_heads", default: isThird ? 4 : nil, limit: 1 << 20)
    headSize = try reader.extent("head_dim", default: isThird ? 256 : nil, limit: 1 << 20)
    maximumPositions = try reader.extent("max_position_embeddings", default: isThird ? 131_072 : 8192)
    if headCount % keyValueHeadCount != 0 {
      throw reader.failure("num_key_value_heads", "\(keyValueHeadCount) does not divide \(headCount) heads")
    }
    if headSize % 2 != 0 { throw reader.failure("head_dim", "\(headSize) is odd; rotary embedding needs pairs") }

    normEpsilon = Float(try reader.positive("rms_norm_eps") ?? 1e-6)
    let scalar = generation == .first ? nil : try reader.positive("query_pre_attn_scalar") ?? 256
    attentionScale = Float(1 / (scalar ?? Double(headSize)).squareRoot())
    (attentionSoftcap, logitSoftcap) = try Self.softcaps(reader, generation)
    try Self.checkUnsupported(reader, generation)

    layers = try Self.plan(reader, generation, layerCount: layerCount)
    slidingWindow = layers.compactMap(\.window).first
    (globalRotary, localRotary) = try Self.rotary(reader, generation)
    tiesEmbeddings = try reader.flag("tie_word_embeddings", default: outer.flag("tie_word_embeddings", default: true))

    let size = vocabularySize
    var begins = try reader.tokens("bos_token_id", vocabularySize: size)
    if begins == nil { begins = try outer.tokens("bos_token_id", vocabularySize: size) }
    beginOfTextToken = begins?.first
    let chosen = ConfigurationReader(
      object: generationConfiguration ?? [:], path: path.replacingSuffix("config.json", "generation_config.json"),
      prefix: "")
    var ends = try chosen.tokens("eos_token_id", vocabularySize: size)
    if ends == nil { ends = try outer.tokens("eos_token_id", vocabularySize: size) }
    if ends == nil { ends = try reader.tokens("eos_token_id", vocabularySize: size) }
    endOfTextTokens = ends ?? (size > 1 ? [1] : [])
  }

  /// The caps of attention scores and of logits; Gemma 2's class has defaults, and null means none.
  private static func softcaps(_ reader: ConfigurationReader, _ generation: GemmaGeneration) throws(BenchmarkError)
    -> (attention: Float?, logits: Float?)
  {
    if generation == .first { return (nil, nil) }
    var attention = try reader.positive("attn_logit_softcapping").map { Float($0) }
    var logits = try reader.positive("final_logit_softcapping").map { Float($0) }
    if generation == .second {
      if attention == nil, reader.object["attn_logit_softcapping"] == nil { attention = 50 }
      if logits == nil, reader.object["final_logit_softcapping"] == nil { logits = 30 }
    } else if attention != nil {
      // The reference implementation of Gemma 3 reads this field and never applies it.
      throw BenchmarkError(
        .unsupported, "\(reader.path): \(reader.prefix)attn_logit_softcapping: Gemma 3 has no cap of attention scores")
    }
    return (attention, logits)
  }

  private static func checkUnsupported(_ reader: ConfigurationReader, _ generation: GemmaGeneration)
    throws(BenchmarkError)
  {
    for field in ["attention_bias", "use_bidirectional_attention"] where try reader.flag(field, default: false) {
      throw BenchmarkError(.unsupported, "\(reader.path): \(reader.prefix)\(field): true is not supported")
    }
    // Gemma 1's files say "gelu" and mean the tanh approximation; transformers reads them so too.
    let fields = generation == .first ? ["hidden_act", "hidden_activation"] : ["hidden_activation"]
    let known = generation == .first ? ["gelu", "gelu_pytorch_tanh"] : ["gelu_pytorch_tanh"]
    for field in fields {
      guard let value = reader.value(field) else { continue }
      guard let name = value.stringValue, known.contains(name) else {
        throw BenchmarkError(
          .unsupported, "\(reader.path): \(reader.prefix)\(field): \(value.text()); supported: gelu_pytorch_tanh")
      }
    }
  }

  /// Which layers are local: as `layer_types` says, else every layer but each second (Gemma 2) or each sixth (Gemma 3).
  private static func plan(_ reader: ConfigurationReader, _ generation: GemmaGeneration, layerCount: Int)
    throws(BenchmarkError) -> [LayerPlan]
  {
    if generation == .first { return Array(repeating: LayerPlan(window: nil), count: layerCount) }
    var isLocal: [Bool] = []
    if let types = reader.value("layer_types") {
      guard let names = types.arrayValue, names.count == layerCount else {
        throw reader.failure("layer_types", "expected a list of \(layerCount) layers")
      }
      for name in names {
        switch name.stringValue {
        case "sliding_attention": isLocal.append(true)
        case "full_attention": isLocal.append(false)
        default:
          throw reader.failure("layer_types", "\(name.text()); known: sliding_attention, full_attention")
        }
      }
    } else {
      let pattern =
        generation == .second
        ? 2
        : try reader.extent(
          reader.value("sliding_window_pattern") == nil ? "_sliding_window_pattern" : "sliding_window_pattern",
          default: 6)
      isLocal = (1...layerCount).map { $0 % pattern != 0 }
    }
    if !isLocal.contains(true) { return isLocal.map { _ in LayerPlan(window: nil) } }
    if let value = reader.object["sliding_window"], value.isNull {
      throw reader.failure("sliding_window", "null, and there are local layers")
    }
    let window = try reader.extent("sliding_window", default: 4096)
    return isLocal.map { LayerPlan(window: $0 ? window : nil) }
  }

  /// The newer `rope_parameters`, by kind of layer in Gemma 3, or the older `rope_theta` and its companions.
  private static func rotary(_ reader: ConfigurationReader, _ generation: GemmaGeneration) throws(BenchmarkError)
    -> (global: RotarySettings, local: RotarySettings)
  {
    let parameters = try reader.object("rope_parameters")
    let scaling = try reader.object("rope_scaling")
    let theta = try reader.positive("rope_theta")
    if generation != .third {
      let settings = try settings([scaling, parameters], base: theta ?? 10_000)
      return (settings, settings)
    }
    let global = try parameters?.object("full_attention")
    let local = try parameters?.object("sliding_attention")
    if let parameters, global == nil, local == nil, !parameters.object.keys.isEmpty {
      throw reader.failure("rope_parameters", "expected full_attention and sliding_attention in it")
    }
    let localBase = try reader.positive("rope_local_base_freq")
    return (
      try settings([scaling, global], base: theta ?? 1_000_000), try settings([local], base: localBase ?? 10_000)
    )
  }

  /// The settings of the given objects, the first that has a field before the others.
  private static func settings(_ objects: [ConfigurationReader?], base: Double) throws(BenchmarkError)
    -> RotarySettings
  {
    var chosenBase: Double?
    var factor: Double?
    var type: String?
    for object in objects {
      guard let object else { continue }
      if chosenBase == nil { chosenBase = try object.positive("rope_theta") }
      if type == nil, let value = object.value("rope_type") ?? object.value("type") {
        let name = value.stringValue ?? value.text()
        guard name == "default" || name == "linear" else {
          throw BenchmarkError(
            .unsupported, "\(object.path): \(object.prefix)rope_type: \"\(name)\"; supported: default, linear")
        }
        type = name
        if name == "linear" {
          factor = try object.positive("factor")
          if factor == nil { throw object.failure("factor", "missing, and rope_type is linear") }
        }
      }
      if let partial = try object.positive("partial_rotary_factor"), partial != 1 {
        throw BenchmarkError(.unsupported, "\(object.path): \(object.prefix)partial_rotary_factor: \(partial)")
      }
    }
    return RotarySettings(base: chosenBase ?? base, factor: factor ?? 1)
  }
}

extension String {
  /// The text with one ending in place of another.
  func replacingSuffix(_ suffix: String, _ replacement: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + replacement : self
  }
}
