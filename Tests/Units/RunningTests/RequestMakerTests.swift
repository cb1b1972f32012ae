import Evaluation
import Inference
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Tokenization

/// How a model's settings change what a task asks.
struct RequestMakerTests {
  private static let body = "{% for m in messages %}<|turn>{{ m.role }}\n{{ m.content }}<turn|>\n{% endfor %}"

  private func template(_ text: String) throws -> ChatTemplate {
    try ChatTemplate(text, name: "test", source: "test", tokens: [:])
  }

  private func settings(_ json: JSONObject) throws -> ModelSettings {
    var settings = ModelSettings()
    let object = try ObjectDecoder(
      .object(json), DocumentPlace(name: "test"), known: ModelSettings.options.map(\.name))
    try settings.read(object) { path, _ in path }
    return settings
  }

  private var parts: PromptParts {
    PromptParts(
      description: "Count.", examples: [PromptParts.Example(question: "1+1?", answer: "2")], question: "2+2?")
  }

  private func prompt(hasOwnLimit: Bool = false) -> Prompt {
    Prompt(sampleID: "1", parts: parts, target: "4", hasOwnLimit: hasOwnLimit) {
      .generation(prompt: $0, stop: ["?"], maxTokens: 256)
    }
  }

  @Test("Examples are turns, unless that is turned off; the system instruction stands before the description")
  func turns() throws {
    let template = try template(Self.body + "{% if add_generation_prompt %}<|turn>model\n{% endif %}")
    var given = try settings(["chat_template": true, "system_instruction": "Be brief."])
    let (request, flags) = try RequestMaker.chat(template, given).request(prompt())
    #expect(
      request.context
        == "<|turn>system\nBe brief.\n\nCount.<turn|>\n<|turn>user\n1+1?<turn|>\n<|turn>assistant\n2<turn|>\n"
        + "<|turn>user\n2+2?<turn|>\n<|turn>model\n")
    #expect(flags.isEmpty)
    given.isMultiturn = false
    let (single, _) = try RequestMaker.chat(template, given).request(prompt())
    #expect(single.context.contains("<|turn>user\n1+1? 2\n\n2+2?<turn|>\n<|turn>model\n"))
  }

  @Test("Without a template the instruction stands in the text") func plain() throws {
    let given = try settings(["chat_template": false, "system_instruction": "Be brief."])
    let maker = RequestMaker(settings: given, template: nil, markers: nil, sampling: nil)
    #expect(try maker.request(prompt()).request.context == "Be brief.\n\nCount.1+1? 2\n\n2+2?")
  }

  @Test("Each of several contexts keeps its own question, and an empty one stays empty") func contexts() throws {
    let other = PromptParts(description: "Count.", question: "3+3?")
    let several = Prompt(sampleID: "1", parts: parts, otherParts: [other], target: "4") { _ in
      .logLikelihood(contexts: [parts.text(), other.text(), ""], continuations: [" 4", " 6", " 4"])
    }
    let given = try settings(["chat_template": false, "system_instruction": "Be brief."])
    let maker = RequestMaker(settings: given, template: nil, markers: nil, sampling: nil)
    guard case .logLikelihood(let texts, _) = try maker.request(several).request else { return }
    #expect(texts == ["Be brief.\n\nCount.1+1? 2\n\n2+2?", "Be brief.\n\nCount.3+3?", ""])
    let chat = try RequestMaker.chat(try template(Self.body), try settings(["chat_template": true]))
    guard case .logLikelihood(let turns, let answers) = try chat.request(several).request else { return }
    #expect(turns[1] == "<|turn>system\nCount.<turn|>\n<|turn>user\n3+3?<turn|>\n" && turns[2].isEmpty)
    #expect(answers == ["4", "6", "4"])
  }

  @Test("A chat has room for an explanation where no length was given; a model's length goes before a task's")
  func lengths() throws {
    let template = try template(Self.body)
    func limit(_ json: JSONObject, hasOwnLimit: Bool, chat: Bool = true) throws -> Int? {
      let maker = RequestMaker(
        settings: try settings(json), template: chat ? template : nil, markers: nil, sampling: nil)
      guard case .generation(let text) = try maker.request(prompt(hasOwnLimit: hasOwnLimit)).request else { return nil }
      return text.maxTokens
    }
    #expect(try limit([:], hasOwnLimit: false) == ModelSettings.chatMaxTokens)
    #expect(try limit([:], hasOwnLimit: true) == 256)
    #expect(try limit([:], hasOwnLimit: false, chat: false) == 256)
    #expect(try limit(["max_tokens": 77], hasOwnLimit: true) == 77)
    // A default gives way to the prompt; what was asked for does not.
    let model = try Fixtures.model(contextLength: 600)
    func fitted(_ json: JSONObject) throws -> Int? {
      let maker = RequestMaker(settings: try settings(json), template: template, markers: nil, sampling: nil)
      guard case .generation(let text) = try model.fitted(maker.request(prompt()).request) else { return nil }
      #expect(text.leastTokens == nil)
      return text.maxTokens
    }
    let count = try model.promptTokens(RequestMaker.chat(template).request(prompt()).request.context).count
    #expect(try fitted([:]) == 600 - count && fitted(["max_tokens": 500]) == 500)
  }

  @Test("Thoughts are kept apart by the template's markers, with a budget") func thinking() throws {
    let text = Self.body + "{% if enable_thinking %}on{% elif enable_thinking is defined %}off{% endif %}<think>"
    let template = try template(text)
    func request(_ json: JSONObject) throws -> TextRequest? {
      let maker = RequestMaker(
        settings: try settings(json), template: template, markers: .think, sampling: nil)
      guard case .generation(let text) = try maker.request(prompt()).request else { return nil }
      return text
    }
    let automatic = try #require(try request([:]))
    #expect(automatic.prompt.hasSuffix("<turn|>\n<think>") && automatic.thinking?.startsInThought == true)
    #expect(automatic.thinking?.budget == nil)
    let on = try #require(try request(["thinking": "on", "thinking_budget": 9]))
    #expect(on.prompt.hasSuffix("on<think>") && on.thinking?.budget == 9)
    #expect(try request(["thinking": true])?.prompt == on.prompt)
    let off = try #require(try request(["thinking": false]))
    #expect(off.prompt.hasSuffix("off<think>") && off.thinking?.budget == 0)
  }

  @Test("A task whose answers are scored does not go with thinking, and says why") func refused() throws {
    let template = try template(Self.body)
    let maker = RequestMaker.chat(template, try settings(["thinking": "on"]), markers: .think)
    let choice = Prompt(
      sampleID: "7", request: .choice(context: "Q", continuations: [" A", " B"]), target: "A")
    let error = #expect(throws: BenchmarkError.self) { try maker.request(choice) }
    #expect(error?.message.contains("a model cannot think") == true && error?.message.contains("7") == true)
  }

  private static let mistakes: [(JSONObject, String)] = [
    (["thinking": "maybe"], "maybe"), (["thinking_budget": -1], "from 0"), (["sampling": "hot"], "greedy, recommended"),
    (["sampling": ["heat": 1]], "heat"), (["sampling": ["temperature": -1]], "temperature"),
    (["thought_markers": ["a"]], "two texts"), (["thinking": "off", "thinking_budget": 3], "no effect"),
    (["chat_template": 1], "true, false or a text"), (["chat_templates": true], "chat_template"),
    (["max_tokens": 0], "from 1"),
  ]

  @Test("Settings are read whole or not at all", arguments: mistakes)
  func refusing(_ json: JSONObject, _ part: String) throws {
    let error = #expect(throws: BenchmarkError.self) { try settings(json) }
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  private static let written: [JSONObject] = [
    [:], ["chat_template": false], ["chat_template": true], ["chat_template": "tool_use"],
    ["chat_template": "/x/y.jinja", "fewshot_as_multiturn": false, "system_instruction": "S"],
    ["thinking": "on", "thinking_budget": 5, "thought_markers": ["<a>", "</a>"], "max_tokens": 9],
    ["sampling": "recommended"], ["sampling": "greedy"],
    ["sampling": ["temperature": 0.5, "top_k": 3, "top_p": 0.9, "min_p": 0.1, "repetition_penalty": 1.1]],
  ]

  @Test("What is read is what is written", arguments: written) func roundTrip(_ json: JSONObject) throws {
    #expect(try settings(json).json == json)
  }
}
