import Support
import Testing

@testable import Tokenization

/// The tiny tokenizer in both formats, each against the library that owns the format.
struct TinyTokenizerTests {
  private static let sources = ["model", "json"]

  private func tokenizer(_ source: String) throws -> Tokenizer {
    try Tokenizer.load(file: "\(TestFiles.tiny)/tokenizer.\(source)")
  }

  @Test(arguments: sources)
  func encodesAsTheReference(source: String) throws {
    let tokenizer = try tokenizer(source)
    let cases = try TestFiles.lines(TestFiles.tiny + "/cases.jsonl")
    #expect(cases.count > 400)
    for line in cases {
      let text = try #require(line["text"]?.stringValue)
      let expected = try #require(line[source] ?? line["model"]).tokens
      #expect(tokenizer.encode(text, addBeginningOfSequence: false) == expected, "\(text.debugDescription)")
    }
  }

  @Test(arguments: sources)
  func decodesAsTheReference(source: String) throws {
    let tokenizer = try tokenizer(source)
    for line in try TestFiles.lines(TestFiles.tiny + "/cases.jsonl") {
      let text = try #require(line["text"]?.stringValue)
      let tokens = try #require(line[source] ?? line["model"]).tokens
      #expect(Array(tokenizer.decode(tokens).utf8) == Array((line[source + "_text"]?.stringValue ?? text).utf8))
    }
    for line in try TestFiles.lines(TestFiles.tiny + "/decodings.jsonl") {
      let tokens = try #require(line["tokens"]).tokens
      #expect(Array(tokenizer.decode(tokens).utf8) == Array((line[source]?.stringValue ?? "").utf8), "\(tokens)")
    }
  }

  @Test(arguments: sources)
  func streamedBytesEqualTheDecodedText(source: String) throws {
    let tokenizer = try tokenizer(source)
    for line in try TestFiles.lines(TestFiles.tiny + "/cases.jsonl") {
      let tokens = tokenizer.encode(line["text"]?.stringValue ?? "", addBeginningOfSequence: true)
      #expect(tokens.flatMap(tokenizer.bytes(of:)) == Array(tokenizer.decode(tokens).utf8))
    }
  }

  @Test(arguments: sources)
  func beginsOnceOnly(source: String) throws {
    let tokenizer = try tokenizer(source)
    #expect(tokenizer.beginningOfSequence == 2)
    #expect(tokenizer.endOfSequence == 1)
    #expect(tokenizer.vocabularySize == 900)
    #expect(tokenizer.sourceName == "tokenizer.\(source)")
    let plain = tokenizer.encode("hello", addBeginningOfSequence: false)
    // The tokenizer.json has no post-processor, which would put the beginning there.
    let beginning: [Int32] = source == "json" ? [] : [2]
    #expect(tokenizer.encode("hello", addBeginningOfSequence: true) == beginning + plain)
    #expect(tokenizer.encode("<bos>hello", addBeginningOfSequence: true) == [2] + plain)
    #expect(tokenizer.encode("", addBeginningOfSequence: true) == beginning)
    #expect(tokenizer.encode("", addBeginningOfSequence: false).isEmpty)
  }

  @Test(arguments: sources)
  func answersForNumbersThatAreNoToken(source: String) throws {
    let tokenizer = try tokenizer(source)
    for token in [-1, Int32.min, Int32.max, Int32(tokenizer.vocabularySize)] {
      #expect(tokenizer.text(of: token) == nil)
      #expect(tokenizer.bytes(of: token).isEmpty)
      #expect(tokenizer.decode([token]).isEmpty)
    }
    #expect(tokenizer.text(of: 2) == "<bos>")
    #expect(tokenizer.bytes(of: 2).isEmpty)
  }

  @Test func bothFilesOfAFolderGiveTheJSON() throws {
    #expect(try Tokenizer.load(folder: TestFiles.tiny).sourceName == "tokenizer.json")
  }

  /// A text whose every character may join the next must not take quadratic time.
  @Test(.timeLimit(.minutes(1)), arguments: sources)
  func encodesLongRunsQuickly(source: String) throws {
    let tokenizer = try tokenizer(source)
    for unit in ["a", "the", " ", "\n", "😀", "<", "语"] {
      let text = String(repeating: unit, count: 300_000)
      let tokens = tokenizer.encode(text, addBeginningOfSequence: false)
      #expect(tokenizer.decode(tokens) == text)
    }
  }

  /// Words met again are copied from the memory of recent words: the result must be that of the words alone.
  @Test(arguments: sources)
  func longTextEqualsItsLines(source: String) throws {
    let tokenizer = try tokenizer(source)
    let texts = try TestFiles.lines(TestFiles.tiny + "/cases.jsonl").compactMap { $0["text"]?.stringValue }
    // "<eos>" separates, so that nothing joins across.
    let whole = texts.joined(separator: "<eos>") + String(repeating: texts.last ?? "", count: 3)
    let apart = texts.map { tokenizer.encode($0, addBeginningOfSequence: false) }
    let joined = tokenizer.encode(whole, addBeginningOfSequence: false)
    let expected = Array(apart.dropLast().map { $0 + [1] }.joined())
    #expect(joined.starts(with: expected))
  }
}
