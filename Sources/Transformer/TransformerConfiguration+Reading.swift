import Checkpoints
import Support
import Tensors

extension TransformerConfiguration {
  /// The configuration of an open checkpoint: from its GGUF file's metadata, or from its folder.
  ///
  /// A folder that holds an output matrix which is not the embedding's equal has the two untied whatever its config.json
  /// says, as in transformers 5 (`tie_weights` in modeling_utils.py).
  package init(of checkpoint: Checkpoint) throws(BenchmarkError) {
    if let model = checkpoint.gguf {
      guard let architecture = Architectures.named(model.architecture) else {
        throw BenchmarkError(.internalError, "\(model.file.path): unknown family \(model.architecture)")
      }
      try self.init(try model.configuration(of: architecture), path: model.file.path, isGGUF: true)
      try architecture.complete(&self, of: model)
    } else {
      try self.init(folder: checkpoint.folder)
      if tiesEmbeddings { tiesEmbeddings = try !LanguageTensors(checkpoint, tiesEmbeddings: true).hasOwnOutput() }
    }
  }

  /// Reads `config.json`, and `generation_config.json` for the tokens that end a text, of a checkpoint folder.
  package init(folder: String) throws(BenchmarkError) {
    let path = "\(folder)/config.json"
    guard FileSystem.isFile(path) else {
      throw BenchmarkError(.notFound, "\(path): missing; download it into the folder of the weights")
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
  package init(_ root: JSONObject, path: String, generationConfiguration: JSONObject? = nil, isGGUF: Bool = false)
    throws(BenchmarkError)
  {
    let outer = ConfigurationReader(object: root, path: path, prefix: "")
    let (name, architecture) = try Self.modelType(outer)
    modelType = name
    family = ArchitectureReference(value: architecture)
    traits = architecture.traits
    var reader = outer
    if architecture.multimodalTypes.contains(name) {
      reader =
        try outer.object("text_config") ?? ConfigurationReader(object: [:], path: path, prefix: "text_config.")
    }
    let rules = architecture.rules(modelType: name, writer: try outer.writer())

    vocabularySize = try reader.extent("vocab_size", default: rules.vocabularySize, limit: Int(Int32.max))
    hiddenSize = try reader.extent("hidden_size", default: rules.hiddenSize, limit: 1 << 24)
    headCount = try reader.extent("num_attention_heads", default: rules.headCount, limit: 1 << 16)
    maximumPositions = try reader.extent("max_position_embeddings", default: rules.maximumPositions)
    normEpsilon = Float(try reader.positive("rms_norm_eps", orZero: true) ?? 1e-6)
    let rotary = RotaryReader(reader: reader, rules: rules, isGGUF: isGGUF)
    let suppressed = generationConfiguration?["suppress_tokens"] ?? root["suppress_tokens"]
    let suppression = suppressed?.arrayValue.flatMap { tokens in
      tokens.isEmpty
        ? nil : "\(path): suppress_tokens: not supported; generation may produce these \(tokens.count) tokens"
    }
    warnings = [try rotary.warning(), suppression].compactMap { $0 }
    layers = try LayerReader(reader, rules, headCount: headCount, hiddenSize: hiddenSize, rotary: rotary).read()
    switch rules.scale {
    case .headSize: attentionScale = Float(1 / Double(layers[0].headSize).squareRoot())
    case .scalar: attentionScale = Float(1 / (try reader.positive("query_pre_attn_scalar") ?? 256).squareRoot())
    case .none: attentionScale = 1
    }
    (attentionSoftcap, logitSoftcap) = try Self.softcaps(reader, rules)
    try Self.checkUnsupported(reader, rules)
    // transformers reads the outer field alone.
    tiesEmbeddings = try outer.flag("tie_word_embeddings", default: rules.tiesEmbeddings)

    let size = vocabularySize
    var begins = try reader.tokens("bos_token_id", vocabularySize: size)
    if begins == nil { begins = try outer.tokens("bos_token_id", vocabularySize: size) }
    if begins == nil, reader.object["bos_token_id"] == nil, outer.object["bos_token_id"] == nil {
      begins = rules.beginToken.flatMap { $0 < size ? [$0] : nil }
    }
    beginOfTextToken = begins?.first
    let chosen = ConfigurationReader(
      object: generationConfiguration ?? [:], path: path.replacingSuffix("config.json", "generation_config.json"),
      prefix: "")
    var ends = try chosen.endTokens("eos_token_id", vocabularySize: size)
    if ends == nil { ends = try outer.endTokens("eos_token_id", vocabularySize: size) }
    if ends == nil { ends = try reader.endTokens("eos_token_id", vocabularySize: size) }
    endOfTextTokens = ends ?? (rules.endToken.map { $0 < size ? [$0] : [] } ?? [])
    try architecture.complete(&self, reader)
  }

  private static func modelType(_ reader: ConfigurationReader) throws(BenchmarkError)
    -> (name: String, architecture: any Architecture)
  {
    guard let type = reader.value("model_type") else { throw reader.failure("model_type", "missing") }
    let name = type.stringValue ?? type.text()
    guard let architecture = Architectures.ofModelType(name) else {
      let known = Architectures.modelTypes.joined(separator: ", ")
      throw BenchmarkError(.unsupported, "\(reader.path): model_type: \"\(name)\"; supported: \(known)")
    }
    return (name, architecture)
  }

  /// The caps of attention scores and of logits; null means none where the class has a default.
  private static func softcaps(_ reader: ConfigurationReader, _ rules: ConfigurationRules) throws(BenchmarkError)
    -> (attention: Float?, logits: Float?)
  {
    if !rules.hasLogitSoftcap { return (nil, nil) }
    func cap(_ field: String, _ standard: Double?) throws(BenchmarkError) -> Float? {
      let isNull = reader.object[field]?.isNull ?? false
      return (try reader.positive(field) ?? (isNull ? nil : standard)).map { Float($0) }
    }
    let attention = try cap("attn_logit_softcapping", rules.attentionSoftcap)
    if attention != nil, rules.attentionSoftcap == nil {
      // The reference implementation of Gemma 3 reads this field and never applies it; later ones do not know it.
      throw BenchmarkError(
        .unsupported,
        "\(reader.path): \(reader.prefix)attn_logit_softcapping: only Gemma 2 has a cap of attention scores")
    }
    return (attention, try cap("final_logit_softcapping", rules.logitSoftcap))
  }

  private static func checkUnsupported(_ reader: ConfigurationReader, _ rules: ConfigurationRules)
    throws(BenchmarkError)
  {
    for field in (rules.allowsAttentionBias ? [] : ["attention_bias"]) + rules.refusedFlags
    where try reader.flag(field, default: false) {
      throw reader.refusal(field, "true is not supported")
    }
    if let value = reader.value("use_bidirectional_attention"), value.boolValue != false,
      !rules.allowsVisionAttention || value.stringValue != "vision"
    {
      throw reader.refusal("use_bidirectional_attention", "\(value.text()) is not supported")
    }
    for field in rules.activationFields {
      guard let value = reader.value(field) else { continue }
      if let name = value.stringValue, rules.activations.contains(name) { continue }
      throw reader.refusal(field, "\(value.text()); supported: \(rules.activations[rules.activations.count - 1])")
    }
  }
}

extension String {
  /// The text with one ending in place of another.
  func replacingSuffix(_ suffix: String, _ replacement: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + replacement : self
  }
}
