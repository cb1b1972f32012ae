import Support
import Testing
import Tokenization

@testable import Inference

/// Prompts of a chat: BOS once, the template of the checkpoint, the end of the turn.
struct ChatPromptTests {
  @Test func theBeginningStandsOnce() throws {
    let model = try Fixtures.model()
    let bos = model.tokenizer.beginningOfSequence
    let plain = try model.promptTokens("hello")
    #expect(plain.filter { $0 == bos }.count == 1)
    #expect(try model.promptTokens("<bos>hello") == plain)
    let chat = try model.chatTemplate().render([ChatMessage(role: "user", "hello")])
    #expect(try model.promptTokens(chat).filter { $0 == bos }.count == 1)
    let error = #expect(throws: BenchmarkError.self) { try model.promptTokens("<bos><bos>hello") }
    #expect(error?.kind == .invalidArgument)
  }

  @Test func aTemplateIsKnownByTheModelType() throws {
    let template = try Fixtures.model().chatTemplate()
    #expect(template.name == "gemma3")
    #expect(template.source.contains("gemma3") && template.isStandard)
  }

  @Test func theEndOfTheTurnEndsAnAnswerInAChatAlone() throws {
    let model = try Fixtures.model()
    let closing = try #require(model.tokenizer.token(of: "<end_of_turn>"))
    let plain = model.requestTokenizer.endTokens(after: try model.promptTokens("hello"))
    #expect(plain == Set(model.endTokens))
    let chat = try model.chatTemplate().render([ChatMessage(role: "user", "hello")])
    #expect(model.requestTokenizer.endTokens(after: try model.promptTokens(chat)) == plain.union([closing]))
  }
}
