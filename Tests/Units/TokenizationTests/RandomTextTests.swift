import Support
import Testing

@testable import Tokenization

/// Ten thousand random texts: the tokens, and what they decode to, against hashes made with the reference libraries.
struct RandomTextTests {
  private static let golden = Result {
    let path = TestFiles.goldens + "/random.json"
    return try JSONReader.parse(try FileSystem.read(path), name: path).objectValue ?? [:]
  }
  private static let texts = (0..<RandomTexts.count).map(RandomTexts.text)

  private static let files = [
    ("tiny.model", TestFiles.tiny + "/tokenizer.model"), ("tiny.json", TestFiles.tiny + "/tokenizer.json"),
    ("pocket.model", TestFiles.packageRoot + "/scripts/pocket/tokenizer/tokenizer.model"),
    ("pocket.json", TestFiles.packageRoot + "/scripts/pocket/tokenizer/tokenizer.json"),
    ("gemma4.json", TestFiles.gemmaFile),
  ]

  private static func hashes(_ lines: [[UInt8]]) -> [String] {
    stride(from: 0, to: lines.count, by: RandomTexts.block).map { start in
      var hash = SHA256()
      hash.update(Array(lines[start..<start + RandomTexts.block].joined()))
      return String(hash.finish().prefix(16))
    }
  }

  private static func bytes(_ tokens: [Int32]) -> [UInt8] {
    (tokens + [-1]).flatMap { token in withUnsafeBytes(of: token.littleEndian) { Array($0) } }
  }

  private func golden(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }

  @Test func theTextsAreThoseOfTheGoldens() throws {
    #expect(Self.hashes(Self.texts.map { Array($0.utf8) + [0xFF] }) == golden(try Self.golden.get()["texts"]))
  }

  @Test(arguments: files)
  func encodesAndDecodesAsTheReference(name: String, file: String) throws {
    if file == TestFiles.gemmaFile, !TestFiles.hasGemmaFile { return }
    let tokenizer = try Tokenizer.load(file: file)
    let expected = try #require(try Self.golden.get()[name]?.objectValue)
    let tokens = Self.texts.map { tokenizer.encode($0, addBeginningOfSequence: false) }
    let tokenHashes = Self.hashes(tokens.map(Self.bytes))
    let expectedTokens = golden(expected["tokens"])
    #expect(tokenHashes.count == expectedTokens.count)
    for (block, (ours, theirs)) in zip(tokenHashes, expectedTokens).enumerated() where ours != theirs {
      Issue.record("\(name): other tokens in the texts from \(block * RandomTexts.block) on")
    }
    let shown = Self.hashes(tokens.map { Array(tokenizer.decode($0).utf8) + [0xFF] })
    for (block, (ours, theirs)) in zip(shown, golden(expected["decoded"])).enumerated() where ours != theirs {
      Issue.record("\(name): decoded otherwise in the texts from \(block * RandomTexts.block) on")
    }
  }

  /// What decoding gives back is the text, but for the special tokens in it and for "▁", which stands for a space.
  @Test(arguments: files)
  func decodingGivesTheTextBack(name: String, file: String) throws {
    if file == TestFiles.gemmaFile, !TestFiles.hasGemmaFile { return }
    let tokenizer = try Tokenizer.load(file: file)
    var compared = 0
    for text in Self.texts {
      let tokens = tokenizer.encode(text, addBeginningOfSequence: false)
      let streamed = tokens.flatMap(tokenizer.bytes(of:))
      #expect(streamed == Array(tokenizer.decode(tokens).utf8))
      if tokens.contains(where: tokenizer.isSpecial) || text.unicodeScalars.contains("▁") { continue }
      #expect(streamed == Array(text.utf8), "\(text.debugDescription)")
      compared += 1
    }
    #expect(compared > 6000)
  }
}
