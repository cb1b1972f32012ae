import Inference
import Support
import Testing
import Tokenization

/// The real model's three forms are one model, as its card describes it.
@Suite(.enabled(if: RealModel.isThere)) struct RealModelFileTests {
  @Test("The folders load, end where Google's do, and find their chat template", arguments: ["float32", "bfloat16"])
  func folders(name: String) throws {
    let model =
      try name == "float32"
      ? RealModel.model() : LocalProvider.load(ModelSpecification(RealModel.bfloat16, threads: 2)) { _, _ in }
    #expect(model.model?.facts.parameterCount == 268_098_176)
    #expect(model.endTokens == [1, 106])
    #expect(model.tokenizer.vocabularySize == 262_145 && model.requestTokenizer.configuration.vocabularySize == 262_144)
    let template = try model.chatTemplate()
    #expect(template.name == "chat_template.jinja")
    let turn = try template.render([ChatMessage(role: "user", "Hi")])
    #expect(turn.hasSuffix("<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"), "\(turn)")
    let text = try model.generate(
      prompt: "The capital of France is", stops: ["\n"], maximumTokens: 8)
    #expect(text.text == " the capital of the country of France.")
  }

  @Test("An entry beyond the table is an error where a text holds it, by name")
  func beyondTheTable() throws {
    let session = try RealModel.model()
    let error = #expect(throws: BenchmarkError.self) {
      _ = try session.generate(prompt: "a <image_soft_token>", stops: [], maximumTokens: 1)
    }
    #expect(error?.message.contains("<image_soft_token>") == true, "\(error?.message ?? "")")
  }

  @Test("The GGUF file loads, with the parameters and the end tokens of the folders")
  func gguf() throws {
    let model = try LocalProvider.load(ModelSpecification(RealModel.gguf, threads: 2)) { _, _ in }
    #expect(model.model?.facts.parameterCount == 268_098_176)
    #expect(model.endTokens == [1, 106])
    #expect(model.tokenizer.vocabularySize == 262_144)
  }
}
