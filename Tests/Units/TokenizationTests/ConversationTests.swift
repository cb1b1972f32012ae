import Evaluation
import Support
import Testing

@testable import Tokenization

/// Prompts of lm-evaluation-harness with `--apply_chat_template`, byte for byte.
@Suite struct ConversationTests {
  private static let tokens: JSONObject = ["bos_token": "<bos>", "eos_token": "<eos>"]

  private static func template(_ text: String) throws -> ChatTemplate {
    try ChatTemplate(text, name: "test", source: "test", tokens: tokens)
  }

  /// The templates that the goldens name; those of Gemma are the standard ones, Gemma 4's in its earlier revisions.
  private static func templates() throws -> [String: ChatTemplate] {
    func replaced(_ text: String, _ part: String, _ other: String) -> String {
      #expect(ByteText.contains(text, part))
      return ByteText.split(text, by: part).joined(separator: other)
    }
    let second = replaced(
      StandardTemplates.gemma4,
      "role == 'model' and loop.nextitem is defined and loop.nextitem['role'] == 'assistant'", "false")
    let pocket = TestFiles.packageRoot + "/scripts/pocket/"
    let base = try #require(try ChatTemplateSource.all(folder: pocket + "tokenizer").first)
    let tuned = try #require(try ChatTemplateSource.all(folder: pocket + "tokenizer-it").first)
    return [
      "pocket": try template(base.text), "pocket-it": try template(tuned.text),
      "gemma": try template(StandardTemplates.gemma), "gemma3": try template(StandardTemplates.gemma3),
      "gemma4-first": try template(replaced(second, "<|think|>\\n", "<|think|>")),
      "gemma4-second": try template(second),
    ]
  }

  /// The harness's model renders again without the system message where the template refuses it.
  private static func render(_ template: ChatTemplate, _ parts: PromptParts, _ layout: PromptParts.Layout) throws
    -> String
  {
    let messages = parts.messages(layout).map { ChatMessage(role: $0.role, $0.text) }
    let options = ChatTemplate.Options(continuesLastMessage: parts.continuesAnswer)
    do {
      return try template.render(messages, options)
    } catch {
      return try template.render(messages.filter { $0.role != "system" }, options)
    }
  }

  @Test("Prompts and continuations of MMLU, GSM8K and ARC are the harness's")
  func prompts() throws {
    let templates = try Self.templates()
    let lines = try TestFiles.lines(TestFiles.packageRoot + "/Tests/Goldens/conversations/prompts.jsonl")
    #expect(lines.count > 900)
    for line in lines {
      func text(_ key: String) -> String { line[key]?.stringValue ?? "" }
      let examples = (line["examples"]?.arrayValue ?? []).compactMap(\.arrayValue).compactMap { pair in
        pair.first?.stringValue.flatMap { question in
          pair.last?.stringValue.map { PromptParts.Example(question: question, answer: $0) }
        }
      }
      let parts = PromptParts(
        description: text("description"), examples: examples, question: text("question"),
        answerPrefix: line["gen_prefix"]?.stringValue, targetDelimiter: text("target_delimiter"),
        exampleDelimiter: text("fewshot_delimiter"))
      let layout = PromptParts.Layout(
        isMultiturn: line["multiturn"] == true, systemInstruction: line["system_instruction"]?.stringValue)
      let name = line["template"]?.stringValue
      let found =
        try name.map { try Self.render(try #require(templates[$0]), parts, layout) }
        ?? parts.text(systemInstruction: layout.systemInstruction)
      let place = "\(text("task")) \(name ?? "no template") \(layout) \(parts.answerPrefix ?? "")"
      #expect(Array(found.utf8) == Array(text("context").utf8), "\(place): \(found)")
      let continuations = (line["continuations"]?.arrayValue ?? []).compactMap(\.stringValue)
      let choices = (line["choices"]?.arrayValue ?? []).compactMap(\.stringValue)
      #expect(choices.map { parts.choiceDelimiter(inChat: name != nil) + $0 } == continuations, "\(place)")
    }
  }

  @Test("A last message is continued at the end of its text; a message whose text the template changes is an error")
  func continuing() throws {
    let options = ChatTemplate.Options(continuesLastMessage: true)
    func messages(_ text: String) -> [ChatMessage] {
      [ChatMessage(role: "user", "Hi"), ChatMessage(role: "assistant", text)]
    }
    let gemma = try Self.template(StandardTemplates.gemma3)
    #expect(
      try gemma.render(messages("So "), options)
        == "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nSo")
    let keeping = try Self.template("{% for m in messages %}[{{ m.content }}]{% endfor %}")
    #expect(try keeping.render(messages("So "), options) == "[Hi][So ")
    #expect(
      try gemma.render([ChatMessage(role: "user", content: .parts(["a", "b "]))], options)
        == "<bos><start_of_turn>user\nab")
    let upper = try Self.template("{% for m in messages %}[{{ m.content | upper }}]{% endfor %}")
    let error = #expect(throws: BenchmarkError.self) { try upper.render(messages("So"), options) }
    #expect(error?.message.contains("cannot be continued") == true)
  }
}
