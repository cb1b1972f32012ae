import Support
import Templates

/// How a conversation becomes the prompt of an instruction-tuned model: the model's own Jinja template, rendered.
///
/// Goldens in Tests/Goldens/chat and Tests/Goldens/templates hold the texts to those of `transformers`. What
/// `apply_chat_template` would lose without a word is an error here.
package struct ChatTemplate: Sendable {
  /// What a call asks for.
  package struct Options: Sendable {
    /// Whether the text ends with the opening of the model's turn.
    package var addsGenerationPrompt: Bool
    /// The thinking switch, `enable_thinking` or `thinking`; nil: the template decides.
    package var thinks: Bool?
    /// Whether the last message goes on, so that the text ends with its text and no turn is opened behind it
    /// (`continue_final_message`).
    package var continuesLastMessage: Bool

    package init(addsGenerationPrompt: Bool = true, thinks: Bool? = nil, continuesLastMessage: Bool = false) {
      self.addsGenerationPrompt = addsGenerationPrompt && !continuesLastMessage
      self.thinks = thinks
      self.continuesLastMessage = continuesLastMessage
    }
  }

  /// What reports call it: the file that it stands in, with its name if it is not the default ("chat_template.jinja",
  /// "gguf (tool_use)"), or the family of a standard one.
  package let name: String
  /// Where the template was read, or "model type gemma3" where the checkpoint has none.
  package let source: String
  /// Whether the checkpoint has none and its model type's is taken.
  package let isStandard: Bool
  /// The template as it was read.
  package let text: String
  /// SHA-256 of the template's text, in hexadecimal.
  package let sha256: String
  /// The variables that turn thinking on: of Gemma 4, Qwen 3 and most others; of DeepSeek V3.1 and Granite.
  private static let thinkingSwitches = ["enable_thinking", "thinking"]
  /// Whether thinking can be turned on or off.
  package var hasThinkingSwitch: Bool { Self.thinkingSwitches.contains(where: template.reads) }
  let template: Template
  /// `bos_token` and its like, as the template sees them.
  let tokens: JSONObject

  /// Parses a template.
  ///
  /// Errors: a text that is no template, with the line and the reason.
  init(_ text: String, name: String, source: String, tokens: JSONObject, isStandard: Bool = false)
    throws(BenchmarkError)
  {
    template = try Template(text, name: isStandard ? "the chat template of \(source)" : source)
    self.text = text
    sha256 = SHA256.hexadecimal(text)
    self.name = name
    self.source = source
    self.tokens = tokens
    self.isStandard = isStandard
  }

  /// The text of a conversation, as `apply_chat_template(tokenize=False)` of `transformers` gives it.
  ///
  /// Errors: what the template raises (roles must alternate, no system role), a template that cannot be rendered, with the
  /// line; what the template would lose: a message of which nothing is written, a list of parts written as Python text.
  package func render(_ messages: [ChatMessage], _ options: Options = Options()) throws(BenchmarkError) -> String {
    if messages.isEmpty { throw BenchmarkError(.invalidArgument, "messages: the conversation is empty") }
    if options.thinks == true, !hasThinkingSwitch {
      throw BenchmarkError(
        .invalidArgument,
        "thinking: the chat template (\(source)) has no thinking switch (\(Self.thinkingSwitches.joined(separator: ", ")))"
      )
    }
    let text = try rendered(messages, options)
    for (index, message) in messages.enumerated() {
      for part in message.content.texts {
        let shown = PythonText.stripped(part)
        // A short text may stand in the prompt for other reasons.
        let isWritten = shown.isEmpty || shown.utf8.count >= 24 && ByteText.contains(text, shown)
        if !isWritten { try checkLoss(of: part, in: index, messages, options, text) }
      }
      if case .parts = message.content, ByteText.contains(text, "{'type': 'text'"),
        !messages.contains(where: { $0.content.texts.contains { ByteText.contains($0, "{'type': 'text'") } })
      {
        throw BenchmarkError(
          .invalidArgument,
          "messages[\(index)]: the chat template (\(source)) takes a text as content, not a list of parts")
      }
    }
    return text
  }

  private func rendered(_ messages: [ChatMessage], _ options: Options) throws(BenchmarkError) -> String {
    if options.continuesLastMessage { return try continued(messages, options) }
    var variables: JSONObject = [
      "messages": .array(messages.map(\.json)), "tools": .null, "documents": .null,
      "add_generation_prompt": .bool(options.addsGenerationPrompt),
    ]
    if let thinks = options.thinks { for name in Self.thinkingSwitches { variables[name] = .bool(thinks) } }
    for (name, text) in tokens.members { variables[name] = text }
    return try template.render(variables)
  }

  /// The text up to the end of the last message, as `render_jinja_template` of `transformers` finds it: by a mark behind the
  /// message, of which white space in front is dropped if the template trims. Errors: a template that changes the message.
  private func continued(_ messages: [ChatMessage], _ options: Options) throws(BenchmarkError) -> String {
    let mark = "CONTINUE_FINAL_MESSAGE_TAG "
    let bareMark = "CONTINUE_FINAL_MESSAGE_TAG"
    var (marked, whole) = (messages, options)
    whole.continuesLastMessage = false
    guard let last = marked.popLast(), let message = last.content.texts.last else {
      throw BenchmarkError(.invalidArgument, "messages: the last has no text to continue")
    }
    marked.append(last.replacingLast(with: message + mark))
    let text = try rendered(marked, whole)
    let pieces = ByteText.split(text, by: bareMark)
    let shown = PythonText.stripped(message)
    guard let behind = pieces.last, pieces.count > 1, shown.isEmpty || ByteText.contains(text, shown) else {
      throw BenchmarkError(
        .invalidArgument,
        "messages: the chat template (\(source)) changes the last message, so that it cannot be continued")
    }
    let before = pieces.dropLast().joined(separator: bareMark)
    return behind.utf8.first == UInt8(ascii: " ") ? before : PythonText.strippedAtEnd(before)
  }

  /// Throws if a part of a message changes nothing in what is written; thoughts of the model may be left out.
  private func checkLoss(
    of part: String, in index: Int, _ messages: [ChatMessage], _ options: Options, _ text: String
  ) throws(BenchmarkError) {
    if ["assistant", "model"].contains(messages[index].role) { return }
    var changed = messages
    changed[index] = changed[index].replacing(part, with: part + " and more")
    guard let other = try? rendered(changed, options), PythonText.areSame(other, text) else { return }
    throw BenchmarkError(
      .invalidArgument,
      "messages[\(index)]: the chat template (\(source)) ignores some text of the \(messages[index].role);"
        + " put it into another message, as a single text")
  }
}
