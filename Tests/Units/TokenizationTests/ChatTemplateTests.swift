import Glibc
import Support
import Testing

@testable import Tokenization

/// Conversations rendered as transformers renders them with the published templates.
struct ChatTemplateTests {
  private static let tokens: JSONObject = ["bos_token": "<bos>", "eos_token": "<eos>"]

  private static func template(_ text: String, name: String = "test") throws -> ChatTemplate {
    try ChatTemplate(text, name: name, source: name, tokens: tokens)
  }

  /// The templates of the goldens. Those of Gemma 4's earlier revisions are made from the newest.
  private static func templates() throws -> [String: ChatTemplate] {
    let newest = StandardTemplates.gemma4
    func replaced(_ text: String, _ part: String, _ other: String) -> String {
      #expect(ByteText.contains(text, part))
      return ByteText.split(text, by: part).joined(separator: other)
    }
    let second = replaced(
      newest, "role == 'model' and loop.nextitem is defined and loop.nextitem['role'] == 'assistant'", "false")
    let first = replaced(
      replaced(
        second, "role == 'model' and loop.previtem is defined and loop.previtem['role'] == 'assistant'", "false"),
      "<|think|>\\n", "<|think|>")
    let pocket = TestFiles.packageRoot + "/scripts/pocket/tokenizer"
    return [
      "pocket": try #require(
        try ChatTemplate.load(folder: pocket, tokenizer: try Tokenizer.load(folder: TestFiles.tiny))),
      "gemma": try template(StandardTemplates.gemma), "gemma3": try template(StandardTemplates.gemma3),
      "gemma3n": try template(StandardTemplates.gemma3), "gemma4": try template(newest),
      "gemma4-e": try template(StandardTemplates.gemma4ESeries), "gemma4-first": try template(first),
      "gemma4-second": try template(second),
    ]
  }

  @Test func rendersAsTheReference() throws {
    let cases = try TestFiles.lines(TestFiles.packageRoot + "/Tests/Goldens/chat/conversations.jsonl")
    #expect(cases.count > 500)
    let templates = try Self.templates()
    var errors = 0
    for line in cases {
      let name = try #require(line["template"]?.stringValue)
      let template = try #require(templates[name])
      let options = ChatTemplate.Options(
        addsGenerationPrompt: line["add_generation_prompt"] == true, thinks: line["thinking"] == true)
      let messages = try ChatMessage.list(json: try #require(line["messages"]))
      do throws(BenchmarkError) {
        let text = try template.render(messages, options)
        #expect(Array(text.utf8) == Array((line["text"]?.stringValue ?? "an error").utf8), "\(name): \(messages)")
      } catch {
        errors += 1
        let reason = line["error"]?.stringValue ?? "none was expected"
        #expect(error.message.contains(reason.split(separator: "...")[0]), "\(name): \(error.message)")
      }
    }
    #expect(errors > 20)
  }

  @Test func theBeginningStandsOnce() throws {
    let tokenizer = try Tokenizer.load(folder: TestFiles.tiny)
    let text = try Self.template(StandardTemplates.gemma3).render([ChatMessage(role: "user", "hello")])
    #expect(text.hasPrefix("<bos><start_of_turn>user\n"))
    for adds in [true, false] {
      let tokens = tokenizer.encode(text, addBeginningOfSequence: adds)
      #expect(tokens.first == 2 && tokens.filter { $0 == 2 }.count == 1)
    }
  }

  private func scratch(_ files: [String: String], _ body: (String) throws -> Void) throws {
    var name = Array("/tmp/gemmabench-chat-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&name).map { String(cString: $0) })
    defer {
      for name in files.keys { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    for (name, text) in files { try FileSystem.write(Array(text.utf8), to: "\(folder)/\(name)") }
    try body(folder)
  }

  /// A template is rendered as it says, whatever it is: the variants that once passed for Gemma 3's, with jinja2's texts.
  @Test func variantsAreRenderedAsTheySay() throws {
    let folder = TestFiles.packageRoot + "/Tests/Goldens/templates"
    let texts = [
      "one-newline-after-system":
        "<bos><start_of_turn>user\n Be brief. \nHello<end_of_turn>\n<start_of_turn>model\nHi<end_of_turn>\n"
        + "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
      "eos-after-turn":
        "<bos><start_of_turn>user\n Be brief. \n\nHello<end_of_turn>\n<eos><start_of_turn>model\nHi<end_of_turn>\n<eos>"
        + "<start_of_turn>user\nBye<end_of_turn>\n<eos><start_of_turn>model\n",
      "assistant-stays-assistant":
        "<bos><start_of_turn>user\n Be brief. \n\nHello<end_of_turn>\n<start_of_turn>assistant\nHi<end_of_turn>\n"
        + "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
      "turns-with-parts-joined":
        "<bos><start_of_turn>user\nBe brief.\n\nHello<end_of_turn>\n<start_of_turn>model\nHi<end_of_turn>\n"
        + "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
    ]
    let messages = [
      ChatMessage(role: "system", " Be brief. "), ChatMessage(role: "user", " Hello "),
      ChatMessage(role: "assistant", " Hi "),
      ChatMessage(role: "user", "Bye"),
    ]
    let tokenizer = try Tokenizer.load(folder: TestFiles.tiny)
    for (name, text) in texts {
      let source = try FileSystem.readText("\(folder)/\(name).jinja")
      try scratch(["chat_template.jinja": source]) { folder in
        let template = try #require(try ChatTemplate.load(folder: folder, tokenizer: tokenizer))
        #expect(try template.render(messages) == text, "\(name)")
        #expect(
          template.name == "chat_template.jinja" && !template.isStandard
            && template.sha256 == SHA256.hexadecimal(source))
      }
    }
    // axolotl's way: the parts of a system message are joined, and nothing is lost.
    let joined = try Self.template(try FileSystem.readText("\(folder)/turns-with-parts-joined.jinja"))
    let parts = ChatMessage(role: "system", content: .parts(["a ", " b"]))
    #expect(
      try joined.render([parts, ChatMessage(role: "user", "c")])
        == "<bos><start_of_turn>user\nab\n\nc<end_of_turn>\n<start_of_turn>model\n")
  }

  @Test func aFoldersTemplateIsFound() throws {
    let tokenizer = try Tokenizer.load(folder: TestFiles.tiny)
    let user = [ChatMessage(role: "user", "x")]
    let body = "{{ messages[0].content }}"
    let cases: [([String: String], String?, String)] = [
      ([:], nil, ""),
      (["chat_template.jinja": "J" + body, "tokenizer_config.json": #"{"chat_template":"T"}"#], "Jx", ""),
      (["tokenizer_config.json": #"{"chat_template":"T{{ messages[0].content }}"}"#], "Tx", ""),
      (
        ["chat_template.json": #"{"chat_template":"C{{ messages[0].content }}"}"#, "tokenizer_config.json": "{}"], "Cx",
        ""
      ),
      (
        [
          "tokenizer_config.json":
            #"{"chat_template":[{"name":"tool_use","template":"no"},{"name":"default","template":"D{{ messages[0].content }}"}]}"#
        ], "Dx", ""
      ),
      (["tokenizer_config.json": #"{"chat_template":[{"name":"tool_use","template":"no"}]}"#], nil, "tool_use"),
      (["tokenizer_config.json": #"{"chat_template":7}"#], nil, "a number"),
      (["chat_template.jinja": "a\n{% for %}"], nil, "chat_template.jinja, line 2"),
      (
        [
          "chat_template.jinja": "{{ bos_token }}{{ eos_token }}{{ unk_token }}{{ image_token }}" + body,
          "tokenizer_config.json":
            #"{"eos_token":{"content":"<e>"},"unk_token":"<u>","extra_special_tokens":{"image_token":"<i>"}}"#,
        ], "<bos><e><u><i>x", ""
      ),
    ]
    for (files, text, reason) in cases {
      try scratch(files) { folder in
        do throws(BenchmarkError) {
          let template = try ChatTemplate.load(folder: folder, tokenizer: tokenizer)
          #expect(reason.isEmpty)
          let rendered = try template?.render(user)
          #expect(rendered == text, "\(files)")
        } catch { #expect(!reason.isEmpty && error.message.contains(reason), "\(error.message)") }
      }
    }
  }

  @Test func thePublishedTextsAgreeWithTheGoldens() throws {
    guard let folder = getenv("GEMMABENCH_CHAT_TEMPLATES").map({ String(cString: $0) }) else {
      print("SKIPPED: the published chat templates are absent; set GEMMABENCH_CHAT_TEMPLATES")
      return
    }
    for line in try TestFiles.lines(TestFiles.packageRoot + "/Tests/Goldens/chat/conversations.jsonl") {
      let name = try #require(line["template"]?.stringValue)
      guard let text = line["text"]?.stringValue, !["pocket", "gemma4-second"].contains(name) else { continue }
      let template = try Self.template(try FileSystem.readText("\(folder)/\(name).jinja"), name: name)
      let options = ChatTemplate.Options(
        addsGenerationPrompt: line["add_generation_prompt"] == true, thinks: line["thinking"] == true)
      #expect(
        try template.render(try ChatMessage.list(json: try #require(line["messages"])), options) == text, "\(name)")
    }
  }

  @Test func whatWouldBeLostIsRefused() throws {
    let gemma = StandardTemplates.gemma
    let gemma3 = StandardTemplates.gemma3
    let faults: [(String, String, String)] = [
      ("[]", gemma3, "empty"), ("{}", gemma3, "a list of messages"),
      ("[7]", gemma3, "messages[0]"), ("[{\"role\":\"user\"}]", gemma3, "absent"),
      ("[{\"content\":\"x\"}]", gemma3, "\"role\""),
      ("[{\"role\":\"user\",\"content\":null}]", gemma3, "null"),
      ("[{\"role\":\"user\",\"contents\":\"x\"}]", gemma3, "content"),
      ("[{\"role\":\"user\",\"content\":\"x\",\"tool_calls\":[]}]", gemma3, "tool_calls"),
      ("[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]", gemma3, "image"),
      ("[{\"role\":\"user\",\"content\":[\"x\"]}]", gemma3, "content[0]"),
      ("[{\"role\":\"system\",\"content\":\"x\"}]", gemma3, "ignores some text"),
      (
        "[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]},"
          + "{\"role\":\"user\",\"content\":\"x\"}]", gemma3, "ignores some text"
      ),
      ("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]", gemma, "list of parts"),
      ("[{\"role\":\"tool\",\"content\":\"x\"}]", StandardTemplates.gemma4, "tool"),
    ]
    for (json, family, word) in faults {
      let error = #expect(throws: BenchmarkError.self) {
        try Self.template(family).render(try ChatMessage.list(json: try JSONReader.parse(json)))
      }
      #expect(error?.message.contains(word) == true, "\(json): \(error?.message ?? "")")
    }
    let user = [ChatMessage(role: "user", "x")]
    #expect(throws: BenchmarkError.self) {
      try Self.template(gemma3).render(user, ChatTemplate.Options(thinks: true))
    }
    // There is nothing to turn off.
    #expect(
      try Self.template(gemma3).render(user, ChatTemplate.Options(thinks: false)) == Self.template(gemma3).render(user))
  }

  @Test("The thinking switch is undefined, true or false, as templates like Qwen 3's tell apart")
  func thinkingSwitch() throws {
    // The condition with which Qwen 3's template opens the model's turn.
    let template = try Self.template(
      "{% for message in messages %}{{ message.content }}|{% endfor %}"
        + "{%- if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>{% endif %}")
    let user = [ChatMessage(role: "user", "x")]
    for (thinks, text) in [(nil, "x|"), (true, "x|"), (false, "x|<think>\n\n</think>")] as [(Bool?, String)] {
      #expect(try template.render(user, ChatTemplate.Options(thinks: thinks)) == text)
    }
  }
}
