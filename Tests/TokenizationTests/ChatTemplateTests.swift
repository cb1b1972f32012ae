import Glibc
import Support
import Testing

@testable import Tokenization

/// Conversations rendered as transformers renders them with the published templates.
struct ChatTemplateTests {
  /// The templates of the goldens, as they are recognised (below, and in the real texts where those are at hand).
  private static let families: [(name: String, family: ChatTemplate.Family)] = [
    ("pocket", .startOfTurn(ChatTemplate.StartOfTurn(systemRule: .turn, checksRoles: false, takesParts: false))),
    ("gemma", ChatTemplate.gemma), ("gemma3", ChatTemplate.gemma3), ("gemma3n", ChatTemplate.gemma3),
    ("gemma4-first", turn(.none, breaks: false, closes: true, systemParts: false)),
    ("gemma4-second", turn(.opening, breaks: true, closes: true, systemParts: true)),
    ("gemma4", ChatTemplate.gemma4(isESeries: false)), ("gemma4-e", ChatTemplate.gemma4(isESeries: true)),
  ]

  private static func turn(_ joining: ChatTemplate.Turn.Joining, breaks: Bool, closes: Bool, systemParts: Bool)
    -> ChatTemplate.Family
  {
    .turn(
      ChatTemplate.Turn(
        joining: joining, breaksAfterThink: breaks, closesThought: closes, takesSystemParts: systemParts))
  }

  private func template(_ family: ChatTemplate.Family) -> ChatTemplate {
    ChatTemplate(family: family, emitsBeginning: true, source: "test")
  }

  @Test func rendersAsTheReference() throws {
    let cases = try TestFiles.lines(TestFiles.packageRoot + "/Tests/Goldens/chat/conversations.jsonl")
    #expect(cases.count > 500)
    var errors = 0
    for line in cases {
      let name = try #require(line["template"]?.stringValue)
      let family = try #require(Self.families.first { $0.name == name }?.family)
      let options = ChatTemplate.Options(
        addsGenerationPrompt: line["add_generation_prompt"] == true, thinks: line["thinking"] == true)
      let messages = try ChatMessage.list(json: try #require(line["messages"]))
      do throws(BenchmarkError) {
        let text = try template(family).render(messages, options)
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
    let text = try template(ChatTemplate.gemma3).render([ChatMessage(role: "user", "hello")])
    #expect(text.hasPrefix("<bos><start_of_turn>user\n"))
    for adds in [true, false] {
      let tokens = tokenizer.encode(text, addBeginningOfSequence: adds)
      #expect(tokens.first == 2 && tokens.filter { $0 == 2 }.count == 1)
    }
    let bare = ChatTemplate(family: ChatTemplate.gemma3, emitsBeginning: false, source: "test")
    #expect(try bare.render([ChatMessage(role: "user", "hello")]) == String(text.dropFirst(5)))
  }

  /// Templates of our own, in the manner of the published ones.
  private static let ours: [(text: String, family: ChatTemplate.Family, beginning: Bool)] = [
    (
      "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
        + "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        + "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
        + "{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\\n' + m.content | trim + '<end_of_turn>\n' }}"
        + "{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}\n",
      ChatTemplate.gemma, true
    ),
    (
      """
      {#- a comment with 'quotes' -#}
      {%- if messages[0]['role'] == 'system' %}{% set first_user_prefix = messages[0]['content'] + "\\n\\n" %}{% endif -%}
      {% for m in messages %}
        {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {{- '<start_of_turn>' + m.role + '\\n' }}{% for part in m.content %}{{ part['text'] | trim }}{% endfor %}
        {{- '<end_of_turn>\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
      """, ChatTemplate.gemma3, false
    ),
    (
      """
      {%- macro tool(x) -%}You have tools: {{ 'anything' }}{%- endmacro -%}
      {{ bos_token }}
      {%- if enable_thinking or messages[0]['role'] in ['system', 'developer'] -%}
      {{- '<|turn>system\\n' -}}{%- if enable_thinking -%}{{- '<|think|>\\n' -}}{%- endif -%}
      {{- messages[0]['content'] | trim -}}{{- '<turn|>\\n' -}}
      {%- endif -%}
      {%- for m in messages -%}{{- '<|turn>' + m['role'] + '\\n' + m['content'] | trim + '<turn|>\\n' -}}{%- endfor -%}
      {%- if add_generation_prompt -%}{{- '<|turn>model\\n' -}}{%- endif -%}
      """, turn(.none, breaks: true, closes: false, systemParts: false), true
    ),
  ]

  @Test func recognisesTemplates() throws {
    for (text, family, beginning) in Self.ours {
      let template = try ChatTemplate.recognise(text, source: "x")
      #expect(template.family == family)
      #expect(template.emitsBeginning == beginning)
    }
  }

  @Test func recognisesThePocketModels() throws {
    let template = try #require(try ChatTemplate.load(folder: TestFiles.packageRoot + "/scripts/pocket/tokenizer"))
    #expect(template.family == Self.families[0].family && template.emitsBeginning && template.takesSystemMessage)
  }

  @Test func refusesStrangers() throws {
    let folded = Self.ours[1].text
    let strangers = [
      "", "{{ messages }}", "{% for", "{{ '<start_of_turn>",
      "{{ '<|im_start|>' + message['role'] }}",
      folded.replacing("<start_of_turn>model\\n", with: "<start_of_turn>model\\nSure: "),
      folded.replacing("'<end_of_turn>\\n'", with: "'<end_of_turn>'"),
      folded.replacing("{%- endfor %}", with: "{%- endfor %} You are helpful."),
      folded.replacing("{%- endfor %}", with: "{{ 'Be nice.' }}{%- endfor %}"),
      folded.replacing("{%- endfor %}", with: "{%- endfor %}\n\n{{ '' }}"),
      folded.replacing(" | trim", with: ""),
      folded.replacing("first_user_prefix", with: "other"),
      Self.ours[2].text.replacing("<|think|>\\n", with: "<|thinking|>"),
    ]
    for text in strangers {
      let error = #expect(throws: BenchmarkError.self) { try ChatTemplate.recognise(text, source: "FILE") }
      #expect(error?.kind == .unsupported, "\(text)")
      #expect(error?.message.contains("FILE") == true && error?.message.contains("\n") == false)
    }
  }

  @Test func recognisesThePublishedTexts() throws {
    guard let folder = getenv("GEMMABENCH_CHAT_TEMPLATES").map({ String(cString: $0) }) else {
      print("SKIPPED: the published chat templates are absent; set GEMMABENCH_CHAT_TEMPLATES")
      return
    }
    for (name, family) in Self.families where !["pocket", "gemma4-second"].contains(name) {
      let template = try ChatTemplate.recognise(try FileSystem.readText("\(folder)/\(name).jinja"), source: name)
      #expect(template.family == family && template.emitsBeginning, "\(name)")
    }
  }

  @Test func whatWouldBeLostIsRefused() throws {
    let faults: [(String, ChatTemplate.Family, String)] = [
      ("[]", ChatTemplate.gemma3, "empty"), ("{}", ChatTemplate.gemma3, "a list of messages"),
      ("[7]", ChatTemplate.gemma3, "messages[0]"), ("[{\"role\":\"user\"}]", ChatTemplate.gemma3, "absent"),
      ("[{\"content\":\"x\"}]", ChatTemplate.gemma3, "\"role\""),
      ("[{\"role\":\"user\",\"content\":null}]", ChatTemplate.gemma3, "null"),
      ("[{\"role\":\"user\",\"contents\":\"x\"}]", ChatTemplate.gemma3, "content"),
      ("[{\"role\":\"user\",\"content\":\"x\",\"tool_calls\":[]}]", ChatTemplate.gemma3, "tool_calls"),
      ("[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]", ChatTemplate.gemma3, "image"),
      ("[{\"role\":\"user\",\"content\":[\"x\"]}]", ChatTemplate.gemma3, "content[0]"),
      ("[{\"role\":\"system\",\"content\":\"x\"}]", ChatTemplate.gemma3, "alone"),
      (
        "[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]},"
          + "{\"role\":\"user\",\"content\":\"x\"}]", ChatTemplate.gemma3, "not 2"
      ),
      ("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]", ChatTemplate.gemma, "list of parts"),
      ("[{\"role\":\"tool\",\"content\":\"x\"}]", ChatTemplate.gemma4(isESeries: false), "tool"),
    ]
    for (json, family, word) in faults {
      let error = #expect(throws: BenchmarkError.self) {
        try template(family).render(try ChatMessage.list(json: try JSONReader.parse(json)))
      }
      #expect(error?.message.contains(word) == true, "\(json): \(error?.message ?? "")")
    }
    let user = [ChatMessage(role: "user", "x")]
    #expect(throws: BenchmarkError.self) {
      try template(ChatTemplate.gemma3).render(user, ChatTemplate.Options(thinks: true))
    }
  }
}
