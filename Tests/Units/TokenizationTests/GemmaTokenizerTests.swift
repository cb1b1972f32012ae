import Support
import Testing

@testable import Tokenization

/// The real tokenizer of Gemma 4: 262,144 tokens, 514,906 merges.
@Suite(.enabled(if: TestFiles.hasGemmaFile, "the real tokenizer.json is absent; set GEMMABENCH_DATA"))
struct GemmaTokenizerTests {
  private static let shared = Result { try Tokenizer.load(file: TestFiles.gemmaFile) }

  @Test func hasTheKnownMarks() throws {
    let tokenizer = try Self.shared.get()
    #expect(tokenizer.vocabularySize == 262_144)
    #expect(tokenizer.beginningOfSequence == 2)
    #expect(tokenizer.endOfSequence == 1)
    #expect(tokenizer.encode("<|turn>user\nHi<turn|>", addBeginningOfSequence: true).prefix(2) == [2, 105])
  }

  @Test func givesThePublishedTokens() throws {
    let tokenizer = try Self.shared.get()
    let folder = TestFiles.data + "/tokenizer"
    var tested = 0
    for name in try FileSystem.list(folder) where name.hasSuffix(".inp") {
      let input = try FileSystem.readText("\(folder)/\(name)")
      let output = try FileSystem.readText("\(folder)/\(name.dropLast(4)).out")
      let texts = Self.split(input, by: "\n__ggml_vocab_test__\n")
      let lines = output.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      #expect(lines.count >= texts.count)
      for (text, line) in zip(texts, lines) {
        let expected = line.split(separator: UInt8(ascii: " ")).compactMap { Int32(String(Substring($0))) }
        #expect(tokenizer.encode(text, addBeginningOfSequence: false) == expected, "\(text.debugDescription)")
        tested += 1
      }
    }
    #expect(tested > 40)
  }

  @Test func encodesAndDecodesAsTheReference() throws {
    let tokenizer = try Self.shared.get()
    let cases = try TestFiles.lines(TestFiles.goldens + "/gemma4/cases.jsonl")
    #expect(cases.count > 300)
    for line in cases {
      let text = try #require(line["text"]?.stringValue)
      let expected = try #require(line["json"]).tokens
      #expect(tokenizer.encode(text, addBeginningOfSequence: false) == expected, "\(text.debugDescription)")
      #expect(Array(tokenizer.decode(expected).utf8) == Array((line["json_text"]?.stringValue ?? text).utf8))
    }
  }

  /// Texts whose every character may join the next come back whole; tools/bench/bench_tokenizer.py times them.
  @Test func longRunsDecodeBack() throws {
    let tokenizer = try Self.shared.get()
    for unit in ["a", " ", "\n", "the", "语", "😀"] {
      let text = String(repeating: unit, count: 50_000)
      #expect(tokenizer.decode(tokenizer.encode(text, addBeginningOfSequence: false)) == text)
    }
  }

  /// Splits by scalars: `String`'s own split would not cut inside "\r\n" or before a combining mark.
  private static func split(_ text: String, by separator: String) -> [String] {
    let bytes = Array(text.utf8)
    let wanted = Array(separator.utf8)
    var parts: [String] = []
    var start = 0
    var offset = 0
    while offset + wanted.count <= bytes.count {
      if bytes[offset..<offset + wanted.count].elementsEqual(wanted) {
        parts.append(String(decoding: bytes[start..<offset], as: UTF8.self))
        offset += wanted.count
        start = offset
      } else {
        offset += 1
      }
    }
    // What is after the last separator is a test too, without the line end that closes the file.
    var last = bytes[start...]
    if last.last == UInt8(ascii: "\n") { last = last.dropLast() }
    if !last.isEmpty { parts.append(String(decoding: last, as: UTF8.self)) }
    return parts
  }
}
