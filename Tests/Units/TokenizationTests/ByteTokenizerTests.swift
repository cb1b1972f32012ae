import Checkpoints
import Glibc
import Support
import Testing

@testable import Tokenization

/// Vocabularies of bytes, as Llama 3 and Qwen have them, held to `tokenizers`; see Tests/Goldens/tokenizers/README.md.
struct ByteTokenizerTests {
  private static let folder = TestFiles.goldens + "/bytes"
  private static let golden = Result {
    let path = folder + "/random.json"
    return try JSONReader.parse(try FileSystem.read(path), name: path).objectValue ?? [:]
  }
  private static let texts = (0..<RandomTexts.count).map(RandomTexts.text)
  private static let families = ["llama3", "qwen2"]
  /// With the real vocabularies, `tokenizer/llama3/tokenizer.json` and `tokenizer/qwen2/tokenizer.json` among the data.
  private static let files =
    families.map { ($0, "\(folder)/\($0)") } + families.map { ("real-" + $0, "\(TestFiles.data)/tokenizer/\($0)") }

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

  @Test(arguments: files)
  func encodesAndDecodesAsTokenizers(name: String, folder: String) throws {
    if !FileSystem.isFile("\(folder)/tokenizer.json") {
      print("\(name): no \(folder)/tokenizer.json; the real vocabulary is not tested")
      return
    }
    let tokenizer = try Tokenizer.load(folder: folder)
    let expected = try #require(try Self.golden.get()[name]?.objectValue)
    func list(_ key: String) -> [String] { (expected[key]?.arrayValue ?? []).compactMap(\.stringValue) }
    let tokens = Self.texts.map { tokenizer.encode($0, addBeginningOfSequence: false) }
    let ours = Self.hashes(tokens.map(Self.bytes))
    #expect(ours.count == list("tokens").count)
    for (block, (ours, theirs)) in zip(ours, list("tokens")).enumerated() where ours != theirs {
      Issue.record("\(name): other tokens in the texts from \(block * RandomTexts.block) on")
    }
    let shown = Self.hashes(tokens.map { Array(tokenizer.decode($0).utf8) + [0xFF] })
    for (block, (ours, theirs)) in zip(shown, list("decoded")).enumerated() where ours != theirs {
      Issue.record("\(name): decoded otherwise in the texts from \(block * RandomTexts.block) on")
    }
    let begun = expected["begins"]?.arrayValue?.compactMap { $0.integerValue.map { Int32($0) } }
    #expect(tokenizer.encode("Hello", addBeginningOfSequence: true) == begun)
  }

  @Test(arguments: families)
  func decodingGivesTheComposedTextBack(name: String) throws {
    let tokenizer = try Tokenizer.load(folder: "\(Self.folder)/\(name)")
    for text in Self.texts.prefix(2000) {
      let tokens = tokenizer.encode(text, addBeginningOfSequence: false)
      let expected =
        name == "llama3" ? Array(text.utf8) : Array(text.utf8).withUnsafeBufferPointer(Composition.composed)
      #expect(tokens.flatMap(tokenizer.bytes(of:)) == expected, "\(text.debugDescription)")
    }
  }

  @Test func marksAreThoseOfTheFiles() throws {
    let llama = try Tokenizer.load(folder: Self.folder + "/llama3")
    #expect(llama.beginningOfSequence == llama.token(of: "<|begin_of_text|>"))
    #expect(llama.endOfSequence == llama.token(of: "<|eot_id|>") && llama.endOfSequence != nil)
    #expect(llama.encode("", addBeginningOfSequence: true) == llama.beginningOfSequence.map { [$0] })
    let qwen = try Tokenizer.load(folder: Self.folder + "/qwen2")
    #expect(qwen.beginningOfSequence == nil && qwen.endOfSequence == qwen.token(of: "<|im_end|>"))
    #expect(qwen.encode("", addBeginningOfSequence: true).isEmpty)
    // Special tokens are left out of what is shown, other added ones are not.
    let tokens = qwen.encode("<|im_start|><think>a</think><|im_end|>", addBeginningOfSequence: true)
    #expect(tokens.count == 5 && qwen.decode(tokens) == "<think>a</think>")
  }

  /// A piece that is a token becomes it, though no merge makes it.
  @Test func llamasWholeWordsGoBeforeMerges() throws {
    let llama = try Tokenizer.load(folder: Self.folder + "/llama3")
    #expect(llama.encode("some benchmarks", addBeginningOfSequence: false).last == llama.token(of: "Ġbenchmarks"))
    #expect(llama.token(of: "Ġbenchmarks") != nil)
  }

  private func withFile(_ name: String, _ body: (String) throws -> Void) throws {
    var metadata = GGUFMetadata()
    metadata.set("general.architecture", name == "llama3" ? "llama" : name)
    let folder = "\(Self.folder)/\(name)"
    let size = try Tokenizer.load(folder: folder).vocabularySize + 3
    try GGUFVocabularyWriter.write(folder: folder, size: size, allowsSentencePiece: false, to: &metadata)
    let path = "/tmp/gemmabench-bytes-\(UInt64.random(in: 0 ... .max)).gguf"
    defer { unlink(path) }
    try GGUFWriter(path, metadata: metadata, tensors: []).finish()
    try body(path)
  }

  @Test(arguments: families)
  func aFileDividesTextsAsItsFolder(name: String) throws {
    let folder = try Tokenizer.load(folder: "\(Self.folder)/\(name)")
    try withFile(name) { path in
      let file = try Tokenizer.load(path: path)
      #expect(file.beginningOfSequence == folder.beginningOfSequence && file.endOfSequence == folder.endOfSequence)
      #expect(file.warnings.isEmpty)
      for text in Self.texts {
        let tokens = folder.encode(text, addBeginningOfSequence: true)
        #expect(file.encode(text, addBeginningOfSequence: true) == tokens, "\(text.debugDescription)")
        #expect(file.decode(tokens) == folder.decode(tokens))
      }
    }
  }

  @Test func aFileOfAnotherPreTokenizerIsRefused() throws {
    try withFile("llama3") { path in
      var bytes = try FileSystem.read(path)
      let name = Array("llama-bpe".utf8)
      let start = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
      bytes.replaceSubrange(start..<start + name.count, with: Array("viking-no".utf8))
      try TestFiles.withScratchFile(bytes, suffix: ".gguf") { path in
        let error = #expect(throws: BenchmarkError.self) { try Tokenizer.load(path: path) }
        #expect(error?.kind == .unsupported && error?.message.contains("tokenizer.ggml.pre: \"viking-no\"") == true)
      }
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: families)
  func longRunsTakeAMoment(name: String) throws {
    let tokenizer = try Tokenizer.load(folder: "\(Self.folder)/\(name)")
    for unit in ["a", "the ", " ", "\n", "😀", "<", "语", "1", " \n"] {
      let text = String(repeating: unit, count: 100_000)
      #expect(tokenizer.decode(tokenizer.encode(text, addBeginningOfSequence: false)) == text)
    }
  }

  @Test func whatIsNotReadIsRefusedByName() throws {
    let text = String(decoding: try FileSystem.read(Self.folder + "/llama3/tokenizer.json"), as: UTF8.self)
    for (old, new, expected) in [
      ("\"Isolated\"", "\"Removed\"", "pre-tokenizer Split + ByteLevel"),
      (
        "\"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false", "\"use_regex\": false",
        "add_prefix_space"
      ),
      ("\\\\p{N}{1,3}", "(?:a+)+", "a group that repeats"),
      ("\"decoder\": {\"type\": \"ByteLevel\"", "\"decoder\": {\"type\": \"Fuse\"", "decoder Fuse"),
      ("\"normalizer\": null", "\"normalizer\": {\"type\": \"NFKC\"}", "normalizer NFKC"),
    ] {
      let changed = ByteText.split(text, by: old).joined(separator: new)
      #expect(changed != text, "\(old)")
      try TestFiles.withScratchFile(Array(changed.utf8), suffix: ".json") { path in
        let error = #expect(throws: BenchmarkError.self) { try Tokenizer.load(file: path) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
      }
    }
  }
}
