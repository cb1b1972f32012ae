@preconcurrency import Glibc
import Evaluation
import Inference
import Support
import Tasks
import Testing
import Tokenization

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Tasks put into a chat template.
struct ChatTests {
  private let description = "The following are multiple choice questions (with answers) about logic.\n\n"

  private func template(_ modelType: String) throws -> ChatTemplate {
    try #require(try ChatTemplate.standard(modelType: modelType, tokenizer: try Fixtures.model().tokenizer))
  }

  private var choice: Prompt {
    Prompt(
      sampleID: "1",
      request: .choice(context: description + "Q1\nAnswer: A\n\nQ2\nAnswer:", continuations: [" A", " B"]),
      target: "A", description: description)
  }

  @Test func theDescriptionIsTheSystemMessage() throws {
    let (request, flags) = try RequestMaker.chat(try template("gemma3")).request(choice)
    let text =
      "<bos><start_of_turn>user\n" + description
      + "\n\nQ1\nAnswer: A\n\nQ2\nAnswer:<end_of_turn>\n<start_of_turn>model\n"
    #expect(request == .choice(context: text, continuations: ["A", "B"]))
    #expect(flags.isEmpty)
  }

  @Test func whereThereIsNoSystemRoleTheDescriptionIsFlagged() throws {
    let (request, flags) = try RequestMaker.chat(try template("gemma")).request(choice)
    #expect(
      request.context
        == "<bos><start_of_turn>user\nQ1\nAnswer: A\n\nQ2\nAnswer:<end_of_turn>\n<start_of_turn>model\n")
    #expect(flags == [RequestMaker.descriptionDropped])
  }

  @Test func generationKeepsItsStops() throws {
    let prompt = Prompt(
      sampleID: "1", request: .generation(prompt: "Q: 1+1?\nA:", stop: ["Q:"], maxTokens: 9),
      target: "2")
    let (request, _) = try RequestMaker.chat(try template("gemma3")).request(prompt)
    #expect(
      request
        == .generation(
          prompt: "<bos><start_of_turn>user\nQ: 1+1?\nA:<end_of_turn>\n<start_of_turn>model\n", stop: ["Q:"],
          maxTokens: 9))
  }

  @Test func aRunKeepsItsFirstPrompt() throws {
    let model = try Fixtures.model()
    let plain = try TaskRunner.run(try Fixtures.mathematics(), on: model, limit: 1) { _ in true }
    #expect(plain.chatTemplate == nil)
    #expect(plain.firstPromptTokens.first == 2 && plain.firstPromptTokens.filter { $0 == 2 }.count == 1)
    #expect(plain.firstPromptTokens.count == plain.samples[0].promptTokens)
    let chat = try TaskRunner.run(try Fixtures.mathematics(), on: model, limit: 1, settings: .chat) { _ in true }
    #expect(chat.chatTemplate != nil)
    #expect(chat.firstPromptTokens.filter { $0 == 2 }.count == 1)
    let opening = try #require(model.tokenizer.token(of: "<start_of_turn>"))
    #expect(chat.firstPromptTokens.dropFirst().first == opening)
    #expect(chat.samples[0].promptSHA256 != plain.samples[0].promptSHA256)
    let json = chat.json(level: 0.95).objectValue
    #expect(json?["first_prompt_tokens"]?.arrayValue?.count == chat.firstPromptTokens.count)
  }

  /// A model that brings no template is told of when one is taken all the same, and an instruction-tuned one that runs without
  /// its own.
  @Test func aRunSaysWhatIsToBeKnownOfItsTemplate() throws {
    let task = try Fixtures.mathematics()
    func notice(_ model: LocalProvider, chat: Bool) throws -> String? {
      try TaskRunner.run(task, on: model, limit: 1, settings: chat ? .chat : .plain) { _ in true }.chatNotice
    }
    let bare = try Fixtures.model()
    #expect(try notice(bare, chat: false) == nil)
    #expect(
      try notice(bare, chat: true)?.contains(
        "has no chat template; used the standard template of its model type (gemma3)") == true)
    var place = Array("/tmp/gemmabench-chat-XXXXXX".utf8CString)
    let made = place.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    let parent = try #require(made)
    let template =
      "{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + m.role + '\\n' + m.content + '<end_of_turn>\\n' }}{% endfor %}"
    for (name, isTuned) in [("tiny-it", true), ("tiny-pt", false)] {
      let folder = "\(parent)/\(name)"
      try FileSystem.makeFolder(folder)
      let names = ["config.json", "model.safetensors", "tokenizer.json"]
      for name in names { try #require(symlink("\(Fixtures.tiny)/\(name)", "\(folder)/\(name)") == 0) }
      try FileSystem.write(template, to: "\(folder)/chat_template.jinja")
      let model = try LocalProvider.load(ModelSpecification(folder, threads: 2)) { _, _ in }
      #expect(try notice(model, chat: false)?.contains("tiny-it is instruction-tuned") == (isTuned ? true : nil))
      #expect(try notice(model, chat: true) == nil)
      #expect(
        model.facts.objectValue?["chat_template"]?.objectValue?["sha256"] == .string(SHA256.hexadecimal(template)))
      for name in names + ["chat_template.jinja"] { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    rmdir(parent)
  }

  @Test func aPlanSaysWhichModelsChat() throws {
    let plan = try SweepPlan(
      json: "{\"models\":[{\"path\":\"a\",\"chat_template\":true},\"b\"],\"tasks\":[\"gsm8k\"]}")
    #expect(plan.models.map(\.settings.chatTemplate) == [.own, .automatic])
    #expect(throws: BenchmarkError.self) {
      try SweepPlan(json: "{\"models\":[{\"path\":\"a\",\"chat_template\":1}],\"tasks\":[\"gsm8k\"]}")
    }
  }
}

extension ModelSettings {
  static var chat: ModelSettings {
    var settings = ModelSettings()
    settings.chatTemplate = .own
    return settings
  }

  static var plain: ModelSettings {
    var settings = ModelSettings()
    settings.chatTemplate = .none
    return settings
  }
}

extension RequestMaker {
  static func chat(_ template: ChatTemplate, _ settings: ModelSettings = .chat, markers: ThoughtMarkers? = nil)
    -> RequestMaker
  { RequestMaker(settings: settings, template: template, markers: markers, sampling: nil) }
}
