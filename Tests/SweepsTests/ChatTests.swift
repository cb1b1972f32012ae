import Engine
import Support
import Tasks
import Testing
import Tokenization

@testable import Sweeps

/// Tasks put into a chat template.
struct ChatTests {
  private let description = "The following are multiple choice questions (with answers) about logic.\n\n"

  private func template(_ family: ChatTemplate.Family) -> ChatTemplate {
    ChatTemplate(family: family, emitsBeginning: true, source: "test")
  }

  private var choice: Prompt {
    Prompt(
      sampleID: "1", subject: nil,
      request: .chooseContinuation(context: description + "Q1\nAnswer: A\n\nQ2\nAnswer:", continuations: [" A", " B"]),
      target: "A", description: description)
  }

  @Test func theDescriptionIsTheSystemMessage() throws {
    let (request, flags) = try ChatWrapper(template: template(ChatTemplate.gemma3)).wrap(choice)
    let text =
      "<bos><start_of_turn>user\n" + description
      + "\n\nQ1\nAnswer: A\n\nQ2\nAnswer:<end_of_turn>\n<start_of_turn>model\n"
    #expect(request == .chooseContinuation(context: text, continuations: ["A", "B"]))
    #expect(flags.isEmpty)
  }

  @Test func whereThereIsNoSystemRoleTheDescriptionIsFlagged() throws {
    let (request, flags) = try ChatWrapper(template: template(ChatTemplate.gemma)).wrap(choice)
    #expect(
      request.context
        == "<bos><start_of_turn>user\nQ1\nAnswer: A\n\nQ2\nAnswer:<end_of_turn>\n<start_of_turn>model\n")
    #expect(flags == [ChatWrapper.descriptionDropped])
  }

  @Test func generationKeepsItsStops() throws {
    let prompt = Prompt(
      sampleID: "1", subject: nil, request: .generate(prompt: "Q: 1+1?\nA:", stops: ["Q:"], maximumTokens: 9),
      target: "2")
    let (request, _) = try ChatWrapper(template: template(ChatTemplate.gemma4(isESeries: false))).wrap(prompt)
    #expect(
      request
        == .generate(
          prompt: "<bos><|turn>user\nQ: 1+1?\nA:<turn|>\n<|turn>model\n<|channel>thought\n<channel|>", stops: ["Q:"],
          maximumTokens: 9))
  }

  @Test func aRunKeepsItsFirstPrompt() throws {
    let model = try Fixtures.model()
    let plain = try TaskRunner.run(try Fixtures.mathematics(), on: model, limit: 1) { _ in true }
    #expect(plain.chatTemplate == nil)
    #expect(plain.firstPromptTokens.first == 2 && plain.firstPromptTokens.filter { $0 == 2 }.count == 1)
    #expect(plain.firstPromptTokens.count == plain.samples[0].promptTokens)
    let chat = try TaskRunner.run(try Fixtures.mathematics(), on: model, limit: 1, usesChatTemplate: true) { _ in true }
    #expect(chat.chatTemplate != nil)
    #expect(chat.firstPromptTokens.filter { $0 == 2 }.count == 1)
    let opening = try #require(model.tokenizer.token(of: "<start_of_turn>"))
    #expect(chat.firstPromptTokens.dropFirst().first == opening)
    #expect(chat.samples[0].promptSHA256 != plain.samples[0].promptSHA256)
    let json = chat.json(level: 0.95).objectValue
    #expect(json?["first_prompt_tokens"]?.arrayValue?.count == chat.firstPromptTokens.count)
  }

  @Test func aPlanSaysWhichModelsChat() throws {
    let plan = try SweepPlan(
      json: "{\"models\":[{\"path\":\"a\",\"chat_template\":true},\"b\"],\"tasks\":[\"gsm8k\"]}")
    #expect(plan.models.map(\.usesChatTemplate) == [true, false])
    #expect(throws: BenchmarkError.self) {
      try SweepPlan(json: "{\"models\":[{\"path\":\"a\",\"chat_template\":1}],\"tasks\":[\"gsm8k\"]}")
    }
  }
}
