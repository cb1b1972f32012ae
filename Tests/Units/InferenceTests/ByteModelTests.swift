@preconcurrency import Glibc
import Support
import Testing

@testable import Inference

/// A Qwen 2 of random weights with the small vocabulary of bytes: texts that begin with no token of their own.
final class ByteModel {
  let folder: String
  private static let hidden = 32
  private static let vocabulary = Fixtures.folder + "/tokenizers/bytes/qwen2"
  private static let files = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]

  init() throws {
    var template = Array("/tmp/gemmabench-bytes-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    folder = try #require(made)
    let size = 706
    let configuration: JSONValue = [
      "model_type": "qwen2", "vocab_size": JSONValue(size), "hidden_size": JSONValue(Self.hidden),
      "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
      "max_position_embeddings": 512, "tie_word_embeddings": true, "bos_token_id": 700, "eos_token_id": 700,
    ]
    try FileSystem.write(configuration.text(), to: "\(folder)/config.json")
    for name in Self.files.dropFirst(2) { symlink("\(Self.vocabulary)/\(name)", "\(folder)/\(name)") }
    var header = JSONObject()
    var bytes: [UInt8] = []
    var state: UInt64 = 1
    func add(_ name: String, _ shape: [Int], offset: Float = 0) {
      let start = bytes.count
      for _ in 0..<shape.reduce(1, *) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        withUnsafeBytes(of: (Float(state >> 40) / 16_777_216 - 0.5) * 0.6 + offset) { bytes += $0 }
      }
      header[name] = [
        "dtype": "F32", "shape": .array(shape.map { JSONValue($0) }),
        "data_offsets": [JSONValue(start), JSONValue(bytes.count)],
      ]
    }
    let hidden = Self.hidden
    add("model.embed_tokens.weight", [size, hidden])
    for layer in 0..<2 {
      let name = "model.layers.\(layer)."
      for norm in ["input_layernorm", "post_attention_layernorm"] { add("\(name)\(norm).weight", [hidden], offset: 1) }
      for (part, rows) in [("q_proj", hidden), ("k_proj", hidden / 2), ("v_proj", hidden / 2)] {
        add("\(name)self_attn.\(part).weight", [rows, hidden])
        add("\(name)self_attn.\(part).bias", [rows])
      }
      add("\(name)self_attn.o_proj.weight", [hidden, hidden])
      for part in ["gate_proj", "up_proj"] { add("\(name)mlp.\(part).weight", [48, hidden]) }
      add("\(name)mlp.down_proj.weight", [hidden, 48])
    }
    add("model.norm.weight", [hidden], offset: 1)
    let text = Array(JSONValue.object(header).text().utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(text.count) >> (8 * UInt64($0))) }
    let file = try #require(fopen("\(folder)/model.safetensors", "wb"))
    for part in [length, text, bytes] { fwrite(part, 1, part.count, file) }
    fclose(file)
  }

  deinit {
    for name in Self.files { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  func load() throws -> LocalProvider { try LocalProvider.load(ModelSpecification(folder, threads: 2)) { _, _ in } }
}

struct ByteModelTests {
  @Test func promptsBeginWithTheirOwnTokens() throws {
    let files = try ByteModel()
    let model = try files.load()
    let tokens = try model.promptTokens("The fox")
    #expect(model.tokenizer.beginningOfSequence == nil)
    #expect(tokens == model.tokenizer.encode("The fox", addBeginningOfSequence: false) && !tokens.isEmpty)
    #expect(throws: BenchmarkError.self) { try model.promptTokens("") }
  }

  /// lm-evaluation-harness puts the end of a text in front where a tokenizer has no beginning (`prefix_token_id`).
  @Test func afterNothingAContinuationFollowsTheEndOfAText() throws {
    let files = try ByteModel()
    let model = try files.load()
    let session = model
    let end = try #require(model.tokenizer.endOfSequence)
    let continuation = model.tokenizer.encode("Anna", addBeginningOfSequence: false)
    let expected = try session.score(context: [end], continuation: continuation)
    #expect(try session.score(context: "", continuations: ["Anna"]) == [expected])
    #expect(expected.logProbabilities.count == continuation.count)
    // What stands behind a context is scored behind its own tokens.
    let context = model.tokenizer.encode("The fox", addBeginningOfSequence: false)
    let whole = model.tokenizer.encode("The fox ran", addBeginningOfSequence: false)
    let behind = try session.score(context: context, continuation: Array(whole[context.count...]))
    #expect(try session.score(context: "The fox", continuations: [" ran"]) == [behind])
  }

  @Test func theEndOfATurnEndsAnAnswerInAChat() throws {
    let files = try ByteModel()
    let model = try files.load()
    let end = try #require(model.tokenizer.token(of: "<|im_end|>"))
    #expect(model.endTokens == [700, end].sorted())
    let chat = try model.promptTokens("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
    #expect(chat.first == model.tokenizer.token(of: "<|im_start|>"))
    #expect(model.requestTokenizer.endTokens(after: chat).contains(end))
    let made = try model.generate(prompt: "The fox", stops: [], maximumTokens: 8)
    #expect(made.text == model.tokenizer.decode(made.tokens) && !made.tokens.isEmpty)
  }
}
