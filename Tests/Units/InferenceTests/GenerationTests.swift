import Evaluation
import Support
import Testing

@testable import Inference

/// Greedy texts: where they end, and what they say about it.
@Suite struct GenerationTests {
  static let prompt = "The garden was full of"

  @Test("Tokens are the greatest of each step's logits, computed from nothing")
  func greedy() throws {
    let model = try Fixtures.model()
    let made = try model.generate(prompt: Self.prompt, stops: [], maximumTokens: 10)
    var tokens = model.tokenizer.encode(Self.prompt, addBeginningOfSequence: true)
    #expect(made.promptTokenCount == tokens.count)
    for token in made.tokens {
      #expect(try model.logits(of: tokens).greatest(0) == token)
      tokens.append(token)
    }
    #expect(made.text == model.tokenizer.decode(made.tokens))
    #expect(made.finishReason == .length && made.tokens.count == 10 && made.truncatedTokens == 0)
    #expect(made.prefillSeconds > 0 && made.decodeSeconds > 0)
  }

  @Test("A limit of tokens is kept, and a lower one gives a beginning of what a higher one gives")
  func maximumTokens() throws {
    let session = try Fixtures.model()
    let longest = try session.generate(prompt: Self.prompt, stops: [], maximumTokens: 24).tokens
    for maximum in [1, 2, 7, 24] {
      let made = try session.generate(prompt: Self.prompt, stops: [], maximumTokens: maximum)
      #expect(made.tokens == Array(longest.prefix(maximum)))
      #expect(made.finishReason == .length)
    }
  }

  @Test("A stop that spans tokens ends the text before it, whatever tokens it is made of")
  func stops() throws {
    let session = try Fixtures.model()
    let whole = try session.generate(prompt: Self.prompt, stops: [], maximumTokens: 20)
    let characters = Array(whole.text)
    for start in 0..<20 {
      let stop = String(characters[start..<start + 8])
      let first = try #require(whole.text.firstOffset(of: stop))
      let made = try session.generate(prompt: Self.prompt, stops: [stop], maximumTokens: 20)
      #expect(made.text == String(characters[..<first]), "\"\(stop)\"")
      #expect(made.finishReason == .stop)
      #expect(made.tokens == Array(whole.tokens.prefix(made.tokens.count)))
      #expect(made.tokens.count < 20, "\"\(stop)\" ends the generation early")
    }
  }

  @Test("A stop in the prompt stops nothing")
  func stopInPrompt() throws {
    let made = try Fixtures.model().generate(prompt: Self.prompt, stops: ["garden"], maximumTokens: 5)
    #expect(made.finishReason == .length && made.tokens.count == 5)
  }

  @Test("A token that ends texts ends a generation, and adds nothing to the text")
  func endOfText() throws {
    let whole = try Fixtures.model().generate(prompt: Self.prompt, stops: [], maximumTokens: 8)
    // The same weights, with the second kind of token made as another end of text.
    let last = try #require(whole.tokens.firstIndex { $0 != whole.tokens[0] })
    let model = try Fixtures.model(endOfText: [1, whole.tokens[last]])
    #expect(model.endTokens == [1, whole.tokens[last]])
    let made = try model.generate(prompt: Self.prompt, stops: [], maximumTokens: 8)
    #expect(made.finishReason == .endOfText)
    #expect(made.tokens == Array(whole.tokens[...last]))
    #expect(made.text == model.tokenizer.decode(Array(whole.tokens[..<last])))
  }

  @Test("The callback sees every token and, put together, the whole text")
  func callback() throws {
    var tokens: [Int32] = []
    var text = ""
    let made = try Fixtures.model().generate(prompt: Self.prompt, stops: [], maximumTokens: 16) { token, added, _ in
      tokens.append(token)
      text += added
      return true
    }
    #expect(tokens == made.tokens)
    #expect(text == made.text)
  }

  @Test("The callback never sees a stop, nor what comes after it")
  func callbackAndStop() throws {
    var text = ""
    let made = try Fixtures.model().generate(prompt: "Dear reader", stops: ["rder"], maximumTokens: 16) { _, added, _ in
      text += added
      return true
    }
    #expect(made.finishReason == .stop)
    #expect(text.hasPrefix(made.text) && !text.contains("rder"), "\"\(text)\"")
  }

  @Test("A callback that says no ends the generation, which keeps what was made")
  func cancellation() throws {
    let session = try Fixtures.model()
    let whole = try session.generate(prompt: Self.prompt, stops: [], maximumTokens: 8)
    var count = 0
    let made = try session.generate(prompt: Self.prompt, stops: [], maximumTokens: 8) { _, _, _ in
      count += 1
      return count < 3
    }
    #expect(made.finishReason == .cancelled)
    #expect(made.tokens == Array(whole.tokens.prefix(3)))
    #expect(whole.text.hasPrefix(made.text) && !made.text.isEmpty)
  }

  @Test("A prompt too long keeps BOS and its end, leaves room for the answer, and is counted")
  func truncation() throws {
    let long = String(repeating: "One day the fox ran over the hill. ", count: 12)
    let model = try Fixtures.model(contextLength: 32)
    let tokens = model.tokenizer.encode(long, addBeginningOfSequence: true)
    let made = try model.generate(prompt: long, stops: [], maximumTokens: 12)
    #expect(made.promptTokenCount == tokens.count)
    #expect(made.truncatedTokens == tokens.count - 20)
    #expect(made.tokens.count == 12)
    var input = [tokens[0]] + tokens.suffix(19)
    for token in made.tokens {
      #expect(try model.logits(of: input).greatest(0) == token)
      input.append(token)
    }
  }

  @Test("Limits that cannot be kept and empty stops are errors that say so")
  func errors() throws {
    let session = try Fixtures.model(contextLength: 16)
    for maximum in [0, -1, 16, Int.max] {
      let error = #expect(throws: BenchmarkError.self) {
        try session.generate(prompt: "x", stops: [], maximumTokens: maximum)
      }
      #expect(error?.kind == .invalidArgument)
      #expect(error?.message.contains("max_tokens \(maximum)") == true)
    }
    let error = #expect(throws: BenchmarkError.self) {
      try session.generate(prompt: "x", stops: ["a", ""], maximumTokens: 4)
    }
    #expect(error?.message.contains("empty stop") == true)
    #expect(try session.generate(prompt: "x", stops: [], maximumTokens: 15).tokens.count <= 15)
  }
}

extension String {
  /// The count of characters before the first occurrence.
  func firstOffset(of text: String) -> Int? {
    let characters = Array(self)
    let wanted = Array(text)
    guard characters.count >= wanted.count else { return nil }
    return (0...characters.count - wanted.count).first { Array(characters[$0..<$0 + wanted.count]) == wanted }
  }
}
