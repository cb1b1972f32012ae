import Support
import Testing

@testable import Inference

/// What becomes of prompts that do not fit the context, by the formulas of lm-evaluation-harness 0.4.13
/// (lm_eval/models/huggingface.py): `(context_enc + continuation_enc)[-(self.max_length + 1):][:-1]` goes through the model to
/// score, and `encoding[-(self.max_length - max_gen_toks):]` to generate.
@Suite struct PromptCutTests {
  @Test("Tasks cut from the left, BOS first, as the harness does", arguments: [16, 17, 24, 40, 400])
  func harness(length: Int) throws {
    let model = try Fixtures.model(contextLength: length)
    for context in Fixtures.contexts {
      let request = try #require(
        try model.requestTokenizer.scoreRequests(
          context: context, continuations: [" the hill and more"], cut: .fromLeft
        ).first)
      let whole = try model.promptTokens(context + " the hill and more")
      #expect(request.input == Array(whole.suffix(length + 1).dropLast()), "\(length): \(context)")
      #expect(request.truncatedTokens == max(0, whole.count - length - 1))
      let prompt = try model.promptTokens(context)
      for maximum in [1, 7, length - 1] {
        let generation = try model.requestTokenizer.generationRequest(
          prompt: context, stops: [], maximumTokens: maximum, cut: .fromLeft)
        #expect(generation.prompt == Array(prompt.suffix(length - maximum)), "\(length), \(maximum): \(context)")
        #expect(generation.truncatedTokens == max(0, prompt.count - (length - maximum)))
      }
    }
  }

  @Test("A person's prompt keeps BOS") func beginning() throws {
    let model = try Fixtures.model(contextLength: 24)
    let text = Fixtures.contexts[6]
    let whole = try model.promptTokens(text)
    let request = try model.requestTokenizer.generationRequest(prompt: text, stops: [], maximumTokens: 4)
    #expect(request.prompt == [whole[0]] + whole.suffix(19) && request.truncatedTokens == whole.count - 20)
  }
}
