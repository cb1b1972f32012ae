import Checkpoints
import Evaluation
import Support
import Testing

@testable import Tokenization

/// Thoughts found by a family's markers and kept apart from answers.
@Suite struct ThoughtTests {
  private static let pocket = TestFiles.packageRoot + "/scripts/pocket/tokenizer-it"

  private static func template(_ folder: String) throws -> String {
    try FileSystem.readText(folder + "/chat_template.jinja")
  }

  /// What splits the same text with the markers of Gemma 4: in a vocabulary that has them as tokens.
  private func checkChannel(_ tokenizer: Tokenizer) throws {
    let markers = ThoughtMarkers.gemma4
    func split(_ text: String, _ startsInThought: Bool = false) -> ThoughtSplit {
      ThoughtSplit(
        tokenizer.encode(text, addBeginningOfSequence: false), markers: markers, tokenizer: tokenizer,
        startsInThought: startsInThought)
    }
    func count(_ text: String) -> Int { tokenizer.encode(text, addBeginningOfSequence: false).count }

    let plain = split("2+2=4. The answer is 4.")
    #expect(plain.thoughts == [] && plain.answer == "2+2=4. The answer is 4." && !plain.isCut)
    #expect(plain.thoughtTokens == 0 && plain.answerTokens == count("2+2=4. The answer is 4."))

    let one = split("<|channel>thought\n2+2=4\n<channel|>The answer is 4.")
    #expect(one.thoughts == ["2+2=4"] && one.answer == "The answer is 4." && !one.isCut)
    #expect(one.thoughtTokens == count("thought\n2+2=4\n") && one.answerTokens == count("The answer is 4."))

    let several = split("<|channel>thought\nfirst\n<channel|>So: <|channel>thought\nsecond<channel|>\n\nyes")
    #expect(several.thoughts == ["first", "second"] && several.thought == "first\n\nsecond")
    #expect(several.answer == "So: yes")

    let cut = split("<|channel>thought\n2+2=4\n4+4=")
    #expect(cut.thoughts == ["2+2=4\n4+4="] && cut.answer.isEmpty && cut.isCut && cut.answerTokens == 0)

    let opened = split("2+2=4\n<channel|>4", true)
    #expect(opened.thoughts == ["2+2=4"] && opened.answer == "4" && !opened.isCut)
    #expect(split("2+2=4\n<channel|>4") == opened, "a thought that nothing opened began with the generation")
    #expect(split("2+2=4", true) == split("<|channel>2+2=4"))

    let empty = split("<|channel>thought\n<channel|>4")
    #expect(empty.thoughts == [""] && empty.thought.isEmpty && empty.answer == "4")
    #expect(split("") == ThoughtSplit([], markers: markers, tokenizer: tokenizer))

    // Closed by force: the tokens of the closing text end the thought.
    var tracker = ThoughtTracker(markers, tokenizer: tokenizer)
    let begun = tokenizer.encode("<|channel>thought\n1+1", addBeginningOfSequence: false)
    #expect(begun.map { tracker.take($0) }.first == .opening)
    #expect(tracker.isInThought && tracker.thoughtTokens == begun.count - 1)
    let closing = tokenizer.encode(markers.forcedClosing, addBeginningOfSequence: false)
    #expect(closing.count == 2 && closing.last == tokenizer.token(of: "<channel|>"))
    #expect(closing.map { tracker.take($0) } == [.thought, .closing] && !tracker.isInThought)
    #expect(tracker.take(closing[0]) == .answer)
    let forced = ThoughtSplit(begun + closing, markers: markers, tokenizer: tokenizer)
    #expect(forced.thoughts == ["1+1"] && !forced.isCut && forced.thoughtTokens == tracker.thoughtTokens)
  }

  @Test("Gemma 4's markers in a vocabulary of its tokens")
  func channel() throws {
    let tokenizer = try Tokenizer.load(folder: Self.pocket)
    #expect(ThoughtMarkers.find(template: try Self.template(Self.pocket), tokenizer: tokenizer) == .gemma4)
    try checkChannel(tokenizer)
  }

  @Test("Gemma 4's own vocabulary and template")
  func realVocabulary() throws {
    let path = TestFiles.data + "/tokenizer/ggml-vocab-gemma-4.gguf"
    guard FileSystem.isFile(path) else {
      print("SKIPPED: thoughts in the real Gemma vocabulary, for \(path) is absent; set GEMMABENCH_DATA")
      return
    }
    let file = try GGUFFile(path)
    let tokenizer = try Tokenizer.load(gguf: file)
    let template = try #require(try ChatTemplate.load(gguf: file, tokenizer: tokenizer))
    let markers = try #require(ThoughtMarkers.find(template: template.text, tokenizer: tokenizer))
    #expect(markers == .gemma4)
    #expect(tokenizer.token(of: markers.opening) == 100 && tokenizer.token(of: markers.closing) == 101)
    #expect(tokenizer.encode(markers.forcedClosing, addBeginningOfSequence: false) == [107, 101])
    try checkChannel(tokenizer)
    // Without thinking the template closes an empty thought itself.
    let user = [ChatMessage(role: "user", "x")]
    #expect(!markers.isOpen(atEndOf: try template.render(user)))
    #expect(try template.render(user).hasSuffix("<|channel>thought\n<channel|>"))
    #expect(!markers.isOpen(atEndOf: try template.render(user, ChatTemplate.Options(thinks: true))))
    #expect(PublishedTemplates.revision(of: template.text)?.isOutdated == true)
    #expect(PublishedTemplates.warning(of: template.text, source: path)?.hasPrefix(path + ": ") == true)
  }

  @Test("Markers that are no tokens are found by their text, wherever tokens end")
  func spelt() throws {
    let tokenizer = try Tokenizer.load(folder: TestFiles.tiny)
    #expect(tokenizer.token(of: "<think>") == nil)
    for text in [
      "<think>\nabc\n</think>\n\nthe end", "<think>abc</think>the end", "<think> abc \n</think>\n\n\nthe end",
    ] {
      let tokens = tokenizer.encode(text, addBeginningOfSequence: false)
      let split = ThoughtSplit(tokens, markers: .think, tokenizer: tokenizer)
      #expect(split.thoughts == ["abc"] && split.answer == "the end" && !split.isCut, "\(text): \(split)")
      #expect(split.thoughtTokens > 0 && split.answerTokens > 0)
      #expect(split.thoughtTokens + split.answerTokens < tokens.count)
      var tracker = ThoughtTracker(.think, tokenizer: tokenizer)
      let parts = tokens.map { tracker.take($0) }
      #expect(parts.count { $0 == .opening } == 1 && parts.count { $0 == .closing } == 1)
    }
    let opened = ThoughtSplit(
      tokenizer.encode("abc\n</think>\n\nthe end", addBeginningOfSequence: false), markers: .think,
      tokenizer: tokenizer, startsInThought: true)
    #expect(opened.thoughts == ["abc"] && opened.answer == "the end")
    let cut = ThoughtSplit(
      tokenizer.encode("<think>abc", addBeginningOfSequence: false), markers: .think, tokenizer: tokenizer)
    #expect(cut.isCut && cut.thoughts == ["abc"] && cut.answer.isEmpty)
  }

  @Test("A template says which markers it writes; a prompt says whether it opens a thought")
  func recognition() throws {
    let tokenizer = try Tokenizer.load(folder: TestFiles.tiny)
    #expect(ThoughtMarkers.find(template: StandardTemplates.gemma3, tokenizer: tokenizer) == nil)
    #expect(ThoughtMarkers.find(template: StandardTemplates.gemma4, tokenizer: tokenizer) == .gemma4)
    let qwen = "{{ message.content.split('</think>')[-1] }}"
    #expect(ThoughtMarkers.find(template: qwen, tokenizer: tokenizer) == .think)
    // Of two that a template writes, the one that the vocabulary has.
    let pocket = try Tokenizer.load(folder: Self.pocket)
    #expect(ThoughtMarkers.find(template: qwen + "<channel|>", tokenizer: pocket) == .gemma4)

    for (markers, prompt, isOpen) in [
      (.think, "<|im_start|>assistant\n<think>\n", true),
      (.think, "<|im_start|>assistant\n<think>\n\n</think>\n\n", false),
      (.think, "what is <think> for?<|im_start|>assistant\n", false), (.think, "", false),
      (.gemma4, "<|turn>model\n<|channel>thought\n", true), (.gemma4, "<|turn>model\n<|channel>", true),
      (.gemma4, "<|turn>model\n", false),
    ] as [(ThoughtMarkers, String, Bool)] { #expect(markers.isOpen(atEndOf: prompt) == isOpen, "\(prompt)") }

    #expect(try ThoughtMarkers(opening: "<a>", closing: "</a>").forcedClosing == "\n</a>")
    for (opening, closing) in [("", "x"), ("x", ""), ("x", "x")] {
      #expect(throws: BenchmarkError.self) { try ThoughtMarkers(opening: opening, closing: closing) }
    }
  }
}
