import Support
import Testing

@testable import Tokenization

/// Bad files end in a message of one line that names the file; nothing traps.
struct MalformedFileTests {
  private func failure(_ bytes: [UInt8], _ suffix: String) throws -> BenchmarkError? {
    try TestFiles.withScratchFile(bytes, suffix: suffix) { path in
      do throws(BenchmarkError) {
        _ = try Tokenizer.load(file: path).encode("hello <bos> 😀 world", addBeginningOfSequence: true)
        return nil
      } catch {
        #expect(error.message.contains(path), "\(error.message)")
        #expect(!error.message.contains("\n"))
        return error
      }
    }
  }

  private static let byteTokens = (0...255).map { byte in
    "\"\(TokenizerDefinition.byteTokenText(UInt8(byte)))\":\(byte + 4)"
  }.joined(separator: ",")

  private static let vocabulary =
    "\"<pad>\":0,\"<eos>\":1,\"<bos>\":2,\"<unk>\":3,\(byteTokens),\"a\":260,\"b\":261,\"ab\":262"

  /// A small valid tokenizer.json, with parts to replace.
  private func document(
    vocabulary: String = vocabulary, merges: String = "[\"a b\"]", added: String = "[]", model: String = "",
    normalizer: String = "null", preTokenizer: String = "null", decoder: String? = nil
  ) -> [UInt8] {
    let usual = """
      {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},
      {"type":"ByteFallback"},{"type":"Fuse"}]}
      """
    return Array(
      """
      {"added_tokens":\(added),"normalizer":\(normalizer),"pre_tokenizer":\(preTokenizer),"decoder":\(decoder ?? usual),
      "model":{"type":"BPE","unk_token":"<unk>","byte_fallback":true\(model),"merges":\(merges),"vocab":{\(vocabulary)}}}
      """.utf8)
  }

  @Test func theSmallDocumentLoads() throws {
    #expect(try failure(document(), ".json") == nil)
    try TestFiles.withScratchFile(document(), suffix: ".json") { path in
      let tokenizer = try Tokenizer.load(file: path)
      #expect(tokenizer.encode("abba", addBeginningOfSequence: false) == [262, 261, 260])
    }
    #expect(try failure(document(merges: "[[\"a\",\"b\"]]"), ".json") == nil)
    #expect(try failure(document(merges: "[]"), ".json") == nil)
  }

  @Test func eachFaultOfAJSONFileIsNamed() throws {
    let usual = Self.vocabulary
    let faults: [([UInt8], String)] = [
      ([], "expected"),
      (Array("[]".utf8), "expected"),
      (Array("{}".utf8), "no \"model\""),
      (Array("{\"model\":{\"vocab\":{}}}".utf8), "empty"),
      (document(vocabulary: usual + ",\"c\":261"), "appears twice"),
      (document(vocabulary: usual + ",\"c\":-1"), "identifier was expected"),
      (document(vocabulary: usual + ",\"c\":999999999"), "out of range"),
      (document(vocabulary: usual + ",\"c\":99999999999999999999"), "out of range"),
      (document(vocabulary: usual + ",\"c\":300.5"), "expected"),
      (document(vocabulary: usual + ",\"\\ud800\":300"), "surrogate"),
      (document(vocabulary: usual.replacing("\"<bos>\":2,", with: "")), "<bos>"),
      (document(vocabulary: usual.replacing("\"<eos>\":1,", with: "")), "<eos>"),
      (document(vocabulary: usual.replacing("\"<unk>\":3,", with: "")), "<unk>"),
      (document(vocabulary: usual.replacing("\"<0x41>\"", with: "\"x\"")), "<0x41>"),
      (document(merges: "[\"a c\"]"), "\"c\""),
      (document(merges: "[\"b a\"]"), "\"ba\""),
      (document(merges: "[\"ab\"]"), "merge"),
      (document(merges: "[\"a b c\"]"), "merge"),
      (document(merges: "[\" b\"]"), "merge"),
      (document(merges: "[[\"a\"]]"), "expected"),
      (document(merges: "[[\"a\",\"b\",\"a\"]]"), "expected"),
      (document(merges: "[7]"), "expected"),
      (document(merges: "{}"), "expected"),
      (document(added: "[{\"id\":7}]"), "content"),
      (document(added: "[{\"id\":-5,\"content\":\"z\"}]"), "out of range"),
      (document(added: "{}"), "added_tokens"),
      (document(model: ",\"dropout\":0.1"), "dropout"),
      (document(model: ",\"ignore_merges\":7"), "ignore_merges"),
      (document(normalizer: "{\"type\":\"NFKC\"}"), "NFKC"),
      (document(preTokenizer: "{\"type\":\"ByteLevel\"}"), "ByteLevel"),
      (document(preTokenizer: "{\"type\":\"Metaspace\",\"prepend_scheme\":\"always\"}"), "Metaspace"),
      (document(decoder: "{\"type\":\"WordPiece\"}"), "WordPiece"),
      (Array(String(repeating: "[", count: 100_000).utf8), "expected"),
      (Array("{\"model\":\(String(repeating: "[", count: 100_000))".utf8), "nesting"),
      (Array("{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}".utf8), "Unigram"),
      (document() + [0x7D], "after the end"),
      ([0x7B, 0xFF, 0xFE, 0x7D], "UTF-8"),
    ]
    for (bytes, word) in faults {
      let error = try failure(bytes, ".json")
      #expect(error?.message.contains(word) == true, "\(word): \(error?.message ?? "no error")")
    }
  }

  @Test func everyTruncationOfTheJSONFileIsAnError() throws {
    let whole = document()
    for count in 0..<whole.count { #expect(throws: BenchmarkError.self) { try load(json: Array(whole.prefix(count))) } }
  }

  private func load(json bytes: [UInt8]) throws(BenchmarkError) {
    let tokenizer = Tokenizer(try TokenizerDefinition(json: bytes, name: "x"), sourceName: "tokenizer.json")
    _ = tokenizer.decode(tokenizer.encode("ab <bos> 😀\u{0}", addBeginningOfSequence: true))
  }

  private func load(model bytes: [UInt8]) throws(BenchmarkError) {
    let definition = try TokenizerDefinition(sentencePiece: try SentencePieceModel(bytes, name: "x"), name: "x")
    let tokenizer = Tokenizer(definition, sourceName: "tokenizer.model")
    _ = tokenizer.decode(tokenizer.encode("ab <bos> 😀\u{0}", addBeginningOfSequence: true))
  }

  @Test func everyTruncationOfTheModelFileIsAnError() throws {
    let whole = try FileSystem.read(TestFiles.tiny + "/tokenizer.model")
    for count in stride(from: 0, to: whole.count, by: 7) {
      #expect(throws: BenchmarkError.self) { try load(model: Array(whole.prefix(count))) }
    }
  }

  /// Changed bytes may leave a file that loads; what must not happen is a trap.
  @Test func changedBytesNeverTrap() throws {
    let model = try FileSystem.read(TestFiles.tiny + "/tokenizer.model")
    let json = document()
    var state: UInt64 = 42
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    for _ in 0..<1500 {
      var changedModel = model
      var changedJSON = json
      for _ in 0..<1 + random(4) {
        changedModel[random(model.count)] = UInt8(random(256))
        changedJSON[random(json.count)] = UInt8(random(128))
      }
      try? load(model: changedModel)
      try? load(json: changedJSON)
    }
  }

  @Test func eachFaultOfAModelFileIsNamed() throws {
    let whole = try FileSystem.read(TestFiles.tiny + "/tokenizer.model")
    let faults: [([UInt8], String)] = [
      ([], "no pieces"),
      ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "beyond the end"),
      ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "overlong"),
      ([0x0B], "wire type"),
      ([0x02], "field number"),
      ([0x0A, 0x00], "no text"),
      ([0x0A, 0x03, 0x0A, 0x01, 0xFF], "UTF-8"),
      ([0x0A, 0x08, 0x0A, 0x01, 0x61, 0x15, 0x00, 0x00, 0xC0, 0x7F], "finite"),
      (whole + [0x0A, 0x03, 0x0A, 0x01, 0x61], "same text"),
      (whole + [0x0A, 0x06, 0x0A, 0x02, 0xC3, 0x9E, 0x18, 0x02], "2 unknown pieces"),
      (whole + [0x12, 0x02, 0x18, 0x01], "Unigram"),
      (whole + [0x12, 0x03, 0x98, 0x02, 0x00], "byte_fallback is off"),
      (whole + [0x1A, 0x02, 0x18, 0x01], "add_dummy_prefix"),
      (whole + [0x1A, 0x02, 0x20, 0x01], "remove_extra_whitespaces"),
      (whole + [0x1A, 0x02, 0x28, 0x00], "escape_whitespaces"),
      (whole + [0x1A, 0x03, 0x12, 0x01, 0x41], "normalizer"),
    ]
    for (bytes, word) in faults {
      let error = try failure(bytes, ".model")
      #expect(error?.message.contains(word) == true, "\(word): \(error?.message ?? "no error")")
    }
  }

  @Test func anAbsentFileSaysWhich() throws {
    #expect(throws: BenchmarkError.self) { try Tokenizer.load(folder: "/nowhere") }
    #expect(throws: BenchmarkError.self) { try Tokenizer.load(file: "/nowhere/tokenizer.json") }
    #expect(throws: BenchmarkError.self) { try Tokenizer.load(file: "/tmp") }
  }
}
