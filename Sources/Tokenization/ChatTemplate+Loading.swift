import Checkpoints
import Support

extension ChatTemplate {
  /// A checkpoint's template of a name, or its default one; nil if it has none.
  ///
  /// `checkpoint` is a folder with files of a tokenizer, or a GGUF file or what leads to one. Errors: a name that no template
  /// has, several templates without a default, a malformed file, a text that is no template.
  package static func load(checkpoint: String, named name: String? = nil, tokenizer: Tokenizer) throws(BenchmarkError)
    -> ChatTemplate?
  {
    if let file = try ggufFile(of: checkpoint) { return try load(gguf: file, named: name, tokenizer: tokenizer) }
    return try load(folder: checkpoint, named: name, tokenizer: tokenizer)
  }

  /// The GGUF file whose templates are a checkpoint's: not where a folder has templates of its own beside it.
  private static func ggufFile(of checkpoint: String) throws(BenchmarkError) -> GGUFFile? {
    if FileSystem.isFolder(checkpoint), !(try ChatTemplateSource.all(folder: checkpoint).isEmpty) { return nil }
    guard let path = try GGUFModel.path(for: checkpoint) else { return nil }
    return try GGUFFile(path)
  }

  /// The template of a checkpoint folder; see `load(checkpoint:named:tokenizer:)`.
  package static func load(folder: String, named name: String? = nil, tokenizer: Tokenizer) throws(BenchmarkError)
    -> ChatTemplate?
  {
    guard let found = try ChatTemplateSource.all(folder: folder).chosen(name, in: folder) else { return nil }
    return try ChatTemplate(
      found.text, name: found.title, source: "\(folder)/\(found.file)",
      tokens: try specialTokens(folder: folder, tokenizer: tokenizer))
  }

  /// The template in a GGUF file; see `load(checkpoint:named:tokenizer:)`.
  package static func load(gguf file: GGUFFile, named name: String? = nil, tokenizer: Tokenizer) throws(BenchmarkError)
    -> ChatTemplate?
  {
    guard let found = try ChatTemplateSource.all(gguf: file).chosen(name, in: file.path) else { return nil }
    return try ChatTemplate(
      found.text, name: found.title, source: file.path, tokens: try specialTokens(file, tokenizer))
  }

  /// A template from a file of the user, for a checkpoint (a folder or a GGUF file) whose special tokens it sees: a Jinja
  /// text, or a .json file with a "chat_template".
  ///
  /// Errors: as those of `load(checkpoint:named:tokenizer:)`, a file without a template.
  package static func load(
    file path: String, named name: String? = nil, checkpoint: String, tokenizer: Tokenizer
  ) throws(BenchmarkError) -> ChatTemplate {
    guard let found = try ChatTemplateSource.all(file: path).chosen(name, in: path) else {
      throw BenchmarkError(.invalidFile, "\(path): no chat template")
    }
    let tokens: JSONObject
    if let file = try ggufFile(of: checkpoint) {
      tokens = try specialTokens(file, tokenizer)
    } else {
      tokens = try specialTokens(folder: checkpoint, tokenizer: tokenizer)
    }
    return try ChatTemplate(found.text, name: found.title, source: path, tokens: tokens)
  }

  /// The template for a checkpoint that brings none, by its model type; nil if there is no such Gemma, or its vocabulary
  /// has no turn markers.
  package static func standard(modelType: String, isESeries: Bool = false, tokenizer: Tokenizer) throws(BenchmarkError)
    -> ChatTemplate?
  {
    guard let known = StandardTemplates.known(modelType: modelType, isESeries: isESeries),
      known.markers.allSatisfy({ tokenizer.token(of: $0) != nil })
    else { return nil }
    return try ChatTemplate(
      known.text, name: known.name, source: "model type \(modelType)", tokens: standardTokens(tokenizer),
      isStandard: true)
  }

  // MARK: what the template sees of the vocabulary

  /// The beginning and the end of a sequence, as the vocabulary writes them.
  private static func standardTokens(_ tokenizer: Tokenizer) -> JSONObject {
    var tokens = JSONObject()
    if let text = tokenizer.beginningOfSequence.flatMap(tokenizer.text) { tokens["bos_token"] = .string(text) }
    if let text = tokenizer.endOfSequence.flatMap(tokenizer.text) { tokens["eos_token"] = .string(text) }
    return tokens
  }

  /// The named tokens of tokenizer_config.json and special_tokens_map.json, which `transformers` hands to the template.
  private static func specialTokens(folder: String, tokenizer: Tokenizer) throws(BenchmarkError) -> JSONObject {
    var tokens = standardTokens(tokenizer)
    for name in ["special_tokens_map.json", "tokenizer_config.json"] where FileSystem.isFile("\(folder)/\(name)") {
      let object = try ChatTemplateSource.object("\(folder)/\(name)")
      let extra = ["extra_special_tokens", "model_specific_special_tokens"].flatMap {
        object[$0]?.objectValue?.members ?? []
      }
      for (key, value) in object.members + extra where key.hasSuffix("_token") {
        if let text = value.stringValue ?? value.objectValue?["content"]?.stringValue { tokens[key] = .string(text) }
      }
    }
    return tokens
  }

  private static func specialTokens(_ file: GGUFFile, _ tokenizer: Tokenizer) throws(BenchmarkError) -> JSONObject {
    var tokens = standardTokens(tokenizer)
    for (key, name) in [("unknown", "unk_token"), ("padding", "pad_token")] {
      guard let identifier = try file.integer("tokenizer.ggml.\(key)_token_id") else { continue }
      if let text = tokenizer.text(of: Int32(clamping: identifier)) { tokens[name] = .string(text) }
    }
    return tokens
  }
}
