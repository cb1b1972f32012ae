import Checkpoints
import Support

extension ChatTemplate {
  /// The template of a checkpoint folder, nil if it has none. Errors: as those of `text(folder:)`, a text that is no template.
  package static func load(folder: String, tokenizer: Tokenizer) throws(BenchmarkError) -> ChatTemplate? {
    guard let found = try text(folder: folder) else { return nil }
    return try ChatTemplate(
      found.text, name: found.file, source: "\(folder)/\(found.file)",
      tokens: try specialTokens(folder: folder, tokenizer: tokenizer))
  }

  /// The text of a folder's template and the file it stands in: chat_template.jinja, else those of additional_chat_templates,
  /// else the "chat_template" of tokenizer_config.json, else that of chat_template.json, as `transformers` looks for it.
  ///
  /// Of several templates by name the one called "default" is taken. Errors: a malformed file, several without a default.
  static func text(folder: String) throws(BenchmarkError) -> (text: String, file: String)? {
    let jinja = "chat_template.jinja"
    if FileSystem.isFile("\(folder)/\(jinja)"), let text = given(try FileSystem.readText("\(folder)/\(jinja)")) {
      return (text, jinja)
    }
    let others = "\(folder)/additional_chat_templates"
    if FileSystem.isFolder(others) {
      // As in transformers, these go before tokenizer_config.json's.
      let names = try FileSystem.list(others).filter { $0.hasSuffix(".jinja") }.sorted()
      if names.contains("default.jinja"), let text = given(try FileSystem.readText("\(others)/default.jinja")) {
        return (text, "additional_chat_templates/default.jinja")
      }
      if !names.isEmpty { throw noDefault(others, names.map { String($0.dropLast(".jinja".count)) }) }
    }
    for name in ["tokenizer_config.json", "chat_template.json"] where FileSystem.isFile("\(folder)/\(name)") {
      let path = "\(folder)/\(name)"
      if let text = try text(in: try object(path)["chat_template"], path).flatMap(given) { return (text, name) }
    }
    return nil
  }

  /// The template in a GGUF file, nil if it has none: the unnamed one, else the one named "default".
  ///
  /// Errors: named templates without a default, a text that is no template.
  package static func load(gguf file: GGUFFile, tokenizer: Tokenizer) throws(BenchmarkError) -> ChatTemplate? {
    let key = "tokenizer.chat_template"
    var text = try file.string(key).flatMap(given)
    if text == nil { text = try file.string(key + ".default").flatMap(given) }
    if let text {
      return try ChatTemplate(text, name: "gguf", source: file.path, tokens: try specialTokens(file, tokenizer))
    }
    guard let named = try file.array("tokenizer.chat_templates")?.strings(), !named.isEmpty else { return nil }
    throw noDefault(file.path, named)
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

  /// A template's text, nil for an empty one: it is like none, as llama.cpp has it, since nothing of a conversation would
  /// stand in its text.
  private static func given(_ text: String) -> String? { text.allSatisfy(\.isWhitespace) ? nil : text }

  /// The text of a "chat_template": a text, or templates by name; nil where there is none.
  private static func text(in value: JSONValue?, _ path: String) throws(BenchmarkError) -> String? {
    switch value {
    case nil, .null?: return nil
    case .string(let text)?: return text
    case .array(let entries)?:
      let named = entries.compactMap(\.objectValue)
      if let text = named.first(where: { $0["name"] == "default" })?["template"]?.stringValue { return text }
      throw noDefault(path, named.compactMap { $0["name"]?.stringValue })
    case .object(let object)?:
      if let text = object["default"]?.stringValue { return text }
      throw noDefault(path, object.keys)
    case let other?: throw BenchmarkError(.invalidFile, "\(path): \"chat_template\" is \(other.typeName), not a text")
    }
  }

  private static func noDefault(_ path: String, _ names: [String]) -> BenchmarkError {
    BenchmarkError(
      .invalidFile,
      "\(path): several chat templates (\(names.joined(separator: ", "))) and none has the name \"default\";"
        + " put the one to use into chat_template.jinja")
  }

  private static func object(_ path: String) throws(BenchmarkError) -> JSONObject {
    guard let object = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython).objectValue
    else {
      throw BenchmarkError(.invalidFile, "\(path): not an object")
    }
    return object
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
      let object = try object("\(folder)/\(name)")
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
