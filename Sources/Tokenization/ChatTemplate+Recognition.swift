import Checkpoints
import Support

extension ChatTemplate {
  /// The template of a checkpoint folder, nil if it has none: chat_template.jinja, else the "chat_template" of
  /// tokenizer_config.json, else that of chat_template.json, as `transformers` looks for it.
  ///
  /// Errors: a malformed file, a template that is not one of Gemma's.
  public static func load(folder: String) throws(BenchmarkError) -> ChatTemplate? {
    let file = "\(folder)/chat_template.jinja"
    if FileSystem.isFile(file) { return try recognise(try FileSystem.readText(file), source: file) }
    for name in ["tokenizer_config.json", "chat_template.json"] where FileSystem.isFile("\(folder)/\(name)") {
      let path = "\(folder)/\(name)"
      guard let object = try JSONReader.parse(try FileSystem.read(path), name: path).objectValue else {
        throw BenchmarkError(.invalidFile, "\(path): not an object")
      }
      switch object["chat_template"] {
      case nil, .null?: continue
      case .string(let text)?: return try recognise(text, source: path)
      case .array(let entries)?:
        // Several templates by name; the one called "default" is for plain conversations.
        let named = entries.compactMap(\.objectValue).first { $0["name"] == "default" }
        guard let text = named?["template"]?.stringValue else {
          throw BenchmarkError(.invalidFile, "\(path): \"chat_template\" is a list without a \"default\"")
        }
        return try recognise(text, source: path)
      case let other?:
        throw BenchmarkError(.invalidFile, "\(path): \"chat_template\" is \(other.typeName), not a text")
      }
    }
    return nil
  }

  /// The template in a GGUF file, nil if it has none. Errors: one that is not Gemma's.
  public static func load(gguf file: GGUFFile) throws(BenchmarkError) -> ChatTemplate? {
    guard let text = try file.string("tokenizer.chat_template") else { return nil }
    return try recognise(text, source: file.path)
  }

  /// The template of a checkpoint that brings none, by its model type; nil if there is no such Gemma, or its vocabulary
  /// has no turn markers.
  public static func standard(modelType: String, isESeries: Bool = false, tokenizer: Tokenizer) -> ChatTemplate? {
    let family: Family
    switch modelType {
    case "gemma", "gemma2": family = gemma
    case let type where type.hasPrefix("gemma3"): family = gemma3
    case let type where type.hasPrefix("gemma4"): family = gemma4(isESeries: isESeries)
    default: return nil
    }
    let template = ChatTemplate(family: family, emitsBeginning: true, source: "model type \(modelType)")
    let markers = template.turnMarkers
    let isKnown = tokenizer.token(of: markers.opening) != nil && tokenizer.token(of: markers.closing) != nil
    return isKnown ? template : nil
  }

  /// The template that a Jinja text is.
  ///
  /// Recognised are the published templates of Gemma 1 to 4 and such changes of them as leave alone what they write: every
  /// quoted text must be one of Gemma's, nothing else may be written between the tags, and the features that make the
  /// difference are read from the code. Errors: `unsupported`, with the remedy, for everything else.
  static func recognise(_ text: String, source: String) throws(BenchmarkError) -> ChatTemplate {
    guard let template = TemplateSource(text) else { throw unknown(source, "a tag is not closed") }
    let isTurn = template.literals.contains("<|turn>")
    if !isTurn, !template.literals.contains("<start_of_turn>") {
      throw unknown(source, "it writes neither <start_of_turn> nor <|turn>")
    }
    let known = isTurn ? turnLiterals : startOfTurnLiterals
    if let stranger = template.literals.subtracting(known).sorted().first {
      throw unknown(source, "it writes or reads \"\(stranger)\"")
    }
    let outer = isTurn ? [",", ":"] : []  // between the arguments of tool calls
    if let stranger = template.outerTexts.first(where: { !outer.contains($0) }) {
      throw unknown(source, "it writes \"\(stranger)\" between its tags")
    }
    let required =
      isTurn
      ? ["<turn|>\n", "<|turn>model\n", "<|turn>system\n", "developer"]
      : ["<end_of_turn>\n", "<start_of_turn>model\n"]
    if let missing = required.first(where: { !template.literals.contains($0) }) {
      throw unknown(source, "it lacks \"\(missing)\"")
    }
    for word in ["trim", "add_generation_prompt"] where !ByteText.contains(text, word) {
      throw unknown(source, "it lacks \(word)")
    }
    return ChatTemplate(
      family: isTurn ? try turn(template, source) : try startOfTurn(template, source),
      emitsBeginning: ByteText.contains(template.code, "bos_token"), source: source)
  }

  private static let alternation = "Conversation roles must alternate user/assistant/user/assistant/..."
  private static let noSystem = "System role not supported"

  private static func startOfTurn(_ template: TemplateSource, _ source: String) throws(BenchmarkError) -> Family {
    let folds = ByteText.contains(template.code, "first_user_prefix")
    let refuses = template.literals.contains(noSystem)
    if (folds || refuses) != template.literals.contains("system") || folds && refuses {
      throw unknown(source, "its rule for the system role is not clear")
    }
    return .startOfTurn(
      StartOfTurn(
        systemRule: folds ? .folded : refuses ? .refused : .turn,
        checksRoles: template.literals.contains(alternation), takesParts: template.literals.contains("text")))
  }

  private static func turn(_ template: TemplateSource, _ source: String) throws(BenchmarkError) -> Family {
    let breaks = template.literals.contains("<|think|>\n")
    if breaks == template.literals.contains("<|think|>") { throw unknown(source, "its thinking switch is not clear") }
    let joining: Turn.Joining =
      ByteText.contains(template.code, "continues_into_next")
      ? .whole : ByteText.contains(template.code, "continue_same_model_turn") ? .opening : .none
    return .turn(
      Turn(
        joining: joining, breaksAfterThink: breaks,
        closesThought: template.literals.contains("<|channel>thought\n<channel|>"),
        takesSystemParts: template.literals.contains(" ")))
  }

  private static func unknown(_ source: String, _ reason: String) -> BenchmarkError {
    let shown = reason.count > 120 ? reason.prefix(120) + "..." : reason[...]
    return BenchmarkError(
      .unsupported,
      "\(source): the chat template is not one of Gemma's (\(shown)); render the prompt with the template's own library,"
        + " or put Gemma's template into chat_template.jinja")
  }

  /// The quoted texts of the templates of Gemma 1, 2, 3 and 3n.
  private static let startOfTurnLiterals: Set<String> = [
    "", "\n", "\n\n", "<start_of_turn>", "<end_of_turn>\n", "<start_of_turn>model\n", "<start_of_image>",
    "<image_soft_token>", "<audio_soft_token>", "role", "content", "type", "text", "image", "audio", "system", "user",
    "assistant", "model", alternation, noSystem, "Invalid content type",
  ]

  /// Those of the revisions of Gemma 4's, tools included, which conversations here never reach.
  private static let turnLiterals: Set<String> = [
    "", " ", "\n", "<|turn>", "<turn|>\n", "<|turn>model\n", "<|turn>system\n", "<|think|>", "<|think|>\n",
    "<|channel>thought\n", "<|channel>thought\n<channel|>", "<channel|>", "\n<channel|>", "<|image|>",
    "\n\n<|image|>\n\n", "<|audio|>", "<|video|>", "\n\n<|video|>\n\n", "<|tool>", "<tool|>", "<|tool_call>call:",
    "}<tool_call|>", "<|tool_response>", "<tool_response|>", "{", "}", "{value:", "response:", "role", "content",
    "type",
    "text", "image", "image_url", "audio", "input_audio", "video", "system", "developer", "user", "assistant", "model",
    "tool", "tool_call", "tool_calls", "tool_call_id", "tool_response", "tool_responses", "reasoning",
    "reasoning_content", "response", "function", "arguments", "name", "id", "think", "unknown",
    "chat_template: tool_calls[].function.arguments must be a ",
    "JSON object (mapping), not a string. Deserialize arguments ", "before passing to the template.",
  ]
}
