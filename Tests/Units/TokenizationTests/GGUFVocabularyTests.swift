import Checkpoints
import Glibc
import Support
import Testing

@testable import Tokenization

/// Vocabularies inside GGUF files, of both kinds.
struct GGUFVocabularyTests {
  private static let gemmaFile = TestFiles.data + "/tokenizer/ggml-vocab-gemma-4.gguf"

  /// The tiny tokenizer in GGUF gives the tokens of the file it was made from.
  @Test(arguments: [("sentencepiece", "model"), ("merges", "json")])
  func tinyVocabulariesEncodeAsTheirSource(kind: String, source: String) throws {
    let tokenizer = try Tokenizer.load(path: "\(TestFiles.tiny)/\(kind).gguf")
    #expect(tokenizer.sourceName == "gguf")
    #expect(tokenizer.beginningOfSequence == 2 && tokenizer.endOfSequence == 1)
    #expect(tokenizer.vocabularySize == (kind == "merges" ? 900 : 904))
    for line in try TestFiles.lines(TestFiles.tiny + "/cases.jsonl") {
      let text = try #require(line["text"]?.stringValue)
      let expected = try #require(line[source] ?? line["model"]).tokens
      #expect(tokenizer.encode(text, addBeginningOfSequence: false) == expected, "\(text.debugDescription)")
      if kind == "sentencepiece" {
        #expect(Array(tokenizer.decode(expected).utf8) == Array((line["model_text"]?.stringValue ?? text).utf8))
      }
    }
    let original = try Tokenizer.load(file: "\(TestFiles.tiny)/tokenizer.\(source)")
    for index in stride(from: 0, to: RandomTexts.count, by: 7) {
      let text = RandomTexts.text(index)
      #expect(
        tokenizer.encode(text, addBeginningOfSequence: false) == original.encode(text, addBeginningOfSequence: false))
    }
  }

  @Test(.enabled(if: FileSystem.isFile(gemmaFile), "the real GGUF vocabulary is absent; set GEMMABENCH_DATA"))
  func theRealVocabularyGivesThePublishedTokens() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let tokenizer = try Tokenizer.load(path: Self.gemmaFile)
    print("GGUF vocabulary of Gemma loaded in \(clock.now - start)")
    #expect(tokenizer.vocabularySize == 262_144)
    let input = try FileSystem.readText(Self.gemmaFile + ".inp")
    let output = try FileSystem.readText(Self.gemmaFile + ".out")
    let texts = ByteText.split(input, by: "\n__ggml_vocab_test__\n")
    let lines = output.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, (text, line)) in zip(texts, lines).enumerated() {
      let expected = line.split(separator: UInt8(ascii: " ")).compactMap { Int32(String(Substring($0))) }
      // The line break that ends the file is not part of the last text.
      let text = index == texts.count - 1 && text.hasSuffix("\n") ? String(text.unicodeScalars.dropLast()) : text
      #expect(tokenizer.encode(text, addBeginningOfSequence: false) == expected, "\(text.debugDescription)")
    }
    #expect(texts.count > 40)
    #expect(tokenizer.encode("<|channel>a<channel|>", addBeginningOfSequence: false) == [100, 236746, 101])
    #expect(tokenizer.decode([100, 236746, 101]) == "a")
    let template = try #require(try ChatTemplate.load(gguf: try GGUFFile(Self.gemmaFile), tokenizer: tokenizer))
    #expect(template.name == "gguf" && template.source == Self.gemmaFile)
    // The file's own template is that of the goldens' first revision.
    var count = 0
    for line in try TestFiles.lines(TestFiles.packageRoot + "/Tests/Goldens/chat/conversations.jsonl")
    where line["template"] == "gemma4-first" {
      let options = ChatTemplate.Options(
        addsGenerationPrompt: line["add_generation_prompt"] == true, thinks: line["thinking"] == true)
      let text = try template.render(try ChatMessage.list(json: try #require(line["messages"])), options)
      #expect(text == line["text"]?.stringValue)
      count += 1
    }
    #expect(count > 100)
  }

  /// The real tokenizer.json, written as `gemmabench quantize` writes it, is the vocabulary that llama.cpp publishes.
  @Test(.enabled(if: FileSystem.isFile(gemmaFile), "the real GGUF vocabulary is absent; set GEMMABENCH_DATA"))
  func theRealVocabularyIsWrittenAsLlamaHasIt() throws {
    let folder = "/tmp/gemmabench-vocabulary-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeFolder(folder)
    defer {
      for name in ["tokenizer.json", "written.gguf"] { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    symlink(TestFiles.gemmaFile, "\(folder)/tokenizer.json")
    var metadata = GGUFMetadata()
    try GGUFVocabularyWriter.write(folder: folder, size: 262_144, allowsSentencePiece: false, to: &metadata)
    try GGUFWriter("\(folder)/written.gguf", metadata: metadata, tensors: []).finish()
    let ours = try GGUFFile("\(folder)/written.gguf")
    let theirs = try GGUFFile(Self.gemmaFile)
    for key in ["tokens", "merges", "token_type"] {
      let key = "tokenizer.ggml.\(key)"
      #expect(try ours.array(key) == theirs.array(key), "\(key)")
    }
    for role in ["bos", "eos", "unknown", "padding"] {
      let key = "tokenizer.ggml.\(role)_token_id"
      #expect(try ours.integer(key) == theirs.integer(key), "\(key)")
    }
  }

  /// Ten thousand random texts as llama.cpp tokenises them.
  @Test(.enabled(if: FileSystem.isFile(gemmaFile), "the real GGUF vocabulary is absent; set GEMMABENCH_DATA"))
  func theRealVocabularyEncodesAsLlama() throws {
    let path = TestFiles.goldens + "/random-gguf.json"
    let golden = try JSONReader.parse(try FileSystem.read(path), name: path).objectValue?["gemma4.gguf"]?.arrayValue
    let tokenizer = try Tokenizer.load(path: Self.gemmaFile)
    for (block, expected) in try #require(golden).enumerated() {
      var hash = SHA256()
      for index in block * RandomTexts.block..<(block + 1) * RandomTexts.block {
        for token in tokenizer.encode(RandomTexts.text(index), addBeginningOfSequence: false) + [-1] {
          hash.update(withUnsafeBytes(of: token.littleEndian) { Array($0) })
        }
      }
      #expect(String(hash.finish().prefix(16)) == expected.stringValue, "texts from \(block * RandomTexts.block) on")
    }
  }

  /// Files that differ from a good one in one place: an error, never a trap.
  @Test func malformedVocabulariesAreErrors() throws {
    for kind in ["sentencepiece", "merges"] {
      let whole = try FileSystem.read("\(TestFiles.tiny)/\(kind).gguf")
      var state: UInt64 = 7
      func random(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
      }
      for round in 0..<300 {
        var changed = whole
        if round % 10 == 0 { changed = Array(whole.prefix(random(whole.count))) }
        for _ in 0..<(round % 10 == 0 ? 0 : 1 + random(4)) { changed[random(whole.count)] = UInt8(random(256)) }
        try TestFiles.withScratchFile(changed, suffix: ".gguf") { path in
          do throws(BenchmarkError) {
            let tokenizer = try Tokenizer.load(path: path)
            _ = tokenizer.decode(tokenizer.encode("ab <bos> 😀\u{0}", addBeginningOfSequence: true))
          } catch { #expect(error.message.contains(path) && !error.message.contains("\n"), "\(error.message)") }
        }
      }
    }
  }

  @Test(
    "Of several tokens with one text the first is found, and a warning says so", arguments: ["sentencepiece", "merges"])
  func duplicates(kind: String) throws {
    var bytes = try FileSystem.read("\(TestFiles.tiny)/\(kind).gguf")
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: "<pad>".utf8) })
    bytes.replaceSubrange(place..<place + 5, with: Array("<bos>".utf8))
    try TestFiles.withScratchFile(bytes, suffix: ".gguf") { path in
      let tokenizer = try Tokenizer.load(path: path)
      #expect(tokenizer.encode("<bos>", addBeginningOfSequence: false) == [0])
      #expect(tokenizer.text(of: 0) == "<bos>" && tokenizer.text(of: 2) == "<bos>")
      #expect(tokenizer.warnings.contains { $0.contains("is both token 0 and token 2") }, "\(tokenizer.warnings)")
    }
  }

  @Test("Without types, which llama.cpp does not need, byte tokens are known by their texts") func bytesWithoutTypes()
    throws
  {
    var bytes = try FileSystem.read(TestFiles.tiny + "/merges.gguf")
    let expected = try Tokenizer.load(path: TestFiles.tiny + "/merges.gguf").encode(
      "\u{1F600}\u{0}\u{E9}", addBeginningOfSequence: false)
    let old = Array("tokenizer.ggml.token_type".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: old) })
    bytes.replaceSubrange(place..<place + old.count, with: Array("tokenizer.ggml.token_t_pe".utf8))
    try TestFiles.withScratchFile(bytes, suffix: ".gguf") { path in
      let tokenizer = try Tokenizer.load(path: path)
      #expect(tokenizer.encode("\u{1F600}\u{0}\u{E9}", addBeginningOfSequence: false) == expected)
    }
  }

  @Test(arguments: [
    ("tokenizer.ggml.model", "tokenizer.ggml.mod_l", "no vocabulary"),
    ("tokenizer.ggml.tokens", "tokenizer.ggml.tok_ns", "missing"),
    ("tokenizer.ggml.merges", "tokenizer.ggml.merg_s", "missing"),
    ("gemma4", "gpt2__", "gpt2__"),
    ("<0x41>", "<0x4_>", "<0x"),
  ])
  func eachFaultIsNamed(old: String, new: String, word: String) throws {
    var bytes = try FileSystem.read(TestFiles.tiny + "/merges.gguf")
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: old.utf8) })
    bytes.replaceSubrange(place..<place + old.utf8.count, with: Array(new.utf8))
    try TestFiles.withScratchFile(bytes, suffix: ".gguf") { path in
      let error = #expect(throws: BenchmarkError.self) { try Tokenizer.load(path: path) }
      #expect(error?.message.contains(word) == true && error?.message.contains(path) == true, "\(error?.message ?? "")")
    }
  }
}
