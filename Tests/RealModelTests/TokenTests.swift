import Support
import Testing

@testable import Tokenization

/// The real vocabulary of Gemma 3 in its three forms: the tokens that llama.cpp, tokenizers and sentencepiece give.
@Suite(.enabled(if: RealModel.isThere)) struct RealModelTokenTests {
  static let forms = [
    ("gguf", RealModel.gguf), ("tokenizer.json", RealModel.float32 + "/tokenizer.json"),
    ("tokenizer.model", RealModel.float32 + "/tokenizer.model"),
  ]
  static let imageToken: Int32 = 262_144

  /// The first 3,000 of the random texts without "▁", and those with it among them.
  static let texts: (plain: [String], marked: [String]) = {
    var (plain, marked): ([String], [String]) = ([], [])
    for index in 0..<RandomTexts.count where plain.count < 3000 {
      let text = RandomTexts.text(index)
      if text.unicodeScalars.contains("▁") { marked.append(text) } else { plain.append(text) }
    }
    return (plain, marked)
  }()

  private static func hashes(_ lines: [[UInt8]]) -> [String] {
    stride(from: 0, to: lines.count, by: RandomTexts.block).map { start in
      var hash = SHA256()
      hash.update(Array(lines[start..<min(start + RandomTexts.block, lines.count)].joined()))
      return String(hash.finish().prefix(16))
    }
  }

  private static func hashes(_ texts: [String]) -> [String] { hashes(texts.map { Array($0.utf8) + [0xFF] }) }

  private static func tokenHashes(_ tokenizer: Tokenizer, _ texts: [String]) -> [String] {
    hashes(
      texts.map { text in
        (tokenizer.encode(text, addBeginningOfSequence: false) + [-1]).flatMap { token in
          withUnsafeBytes(of: token.littleEndian) { Array($0) }
        }
      })
  }

  private func list(_ value: JSONValue?) throws -> [String] {
    try #require(value?.arrayValue).compactMap(\.stringValue)
  }

  @Test("3,000 texts have llama.cpp's tokens, whichever form the vocabulary has", arguments: forms)
  func tokens(name: String, file: String) throws {
    let golden = try RealModel.golden("tokens.json")
    let tokenizer = try Tokenizer.load(file: file)
    #expect(try Self.hashes(Self.texts.plain) == list(golden["texts"]), "the texts themselves")
    #expect(try Self.hashes(Self.texts.marked) == list(golden["marked_texts"]), "the texts themselves")
    let expected = try list(golden["tokens"])
    let found = Self.tokenHashes(tokenizer, Self.texts.plain)
    #expect(expected.count == 30 && found.count == 30)
    for (block, (ours, theirs)) in zip(found, expected).enumerated() where ours != theirs {
      Issue.record("\(name): other tokens in the texts from \(block * RandomTexts.block) on")
    }
    // With "▁" in the text each library does otherwise; a GGUF vocabulary follows sentencepiece.
    let marked = try #require(golden["marked_tokens"]?.objectValue)
    #expect(
      try Self.tokenHashes(tokenizer, Self.texts.marked) == list(marked[name] ?? marked["tokenizer.model"]), "\(name)")
  }

  @Test("The entry beyond the table is a token of the folders' tokenizers, and none of the GGUF file's")
  func imageToken() throws {
    for folder in [RealModel.float32, RealModel.bfloat16] {
      let tokenizer = try Tokenizer.load(path: folder)
      #expect(tokenizer.token(of: "<image_soft_token>") == Self.imageToken)
      #expect(tokenizer.encode("a<image_soft_token>", addBeginningOfSequence: true) == [2, 236746, Self.imageToken])
    }
    let tokenizer = try Tokenizer.load(path: RealModel.gguf)
    #expect(tokenizer.token(of: "<image_soft_token>") == nil)
  }
}
