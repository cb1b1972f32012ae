import Checkpoints
import Glibc
import Support
import Tensors
import Testing
import Tokenization
import Transformer

@testable import Quantization

/// Our quantised files and what we compute of them, held to llama.cpp.
@Suite struct ModelQuantizerTests {
  private static let pocket = GoldenFile.packageRoot + "/scripts/pocket/models/pocket-6m"

  private func quantize(_ folder: String, _ type: String, to path: String) throws {
    let quantizer = try ModelQuantizer(model: folder, scheme: try QuantizationScheme(name: type))
    try quantizer.write(to: path, threads: 2) { _, _ in }
  }

  /// Logits of the last tokens of a text. // [count, vocabulary]
  private func logits(
    _ path: String, _ tokens: [Int32], count: Int, arithmetic: ComputeType = .automatic,
    quantization: String? = nil
  ) throws -> [[Float]] {
    let model = try LanguageModel.load(
      path: path, threads: 2, arithmetic: arithmetic,
      quantization: try quantization.map { name throws(BenchmarkError) in try QuantizationScheme(name: name) }
    ) { _, _ in }
    let cache = try model.makeCache(capacity: 64)
    let result = try model.forward(tokens, cache: cache, logitCount: count)
    return (0..<count).map { Array(result.row($0)) }
  }

  private func distance(_ left: [[Float]], _ right: [[Double]]) -> Double {
    guard left.count == right.count, zip(left, right).allSatisfy({ $0.count == $1.count }) else { return .infinity }
    return zip(left.joined(), right.joined()).map { abs(Double($0) - $1) }.max() ?? .infinity
  }

  /// A bound on the greatest difference of a logit from llama.cpp's, as a share of the logits' own spread.
  ///
  /// In float32 it is llama.cpp's own distance from transformers, whom we match to rounding: its GELU is a table in half
  /// precision; where the activation is SiLU, only rounding is left. Quantised, both round activations to 8 bits, each in
  /// its own way. Gemma 3n cuts activations at a threshold, which enlarges either.
  private func bound(_ golden: GoldenFile, _ type: String) -> Double {
    if ["llama3", "qwen2", "qwen3"].contains(golden.name), type == "f32" { return 5e-6 }
    if golden.name == "gemma3n" { return type == "f32" ? 0.025 : 0.05 }
    return type == "f32" ? 5e-4 : 0.03
  }

  @Test("Files are those that llama.cpp read, and our logits its", arguments: GoldenFile.all)
  func agreement(golden: GoldenFile) throws {
    let scratch = try ScratchFolder()
    let folder = try golden.write(into: scratch.path)
    let tokens = try golden.tokens()
    for type in GoldenFile.types {
      let expected = try golden.expected(type)
      let path = "\(scratch.path)/\(type).gguf"
      try quantize(folder, type, to: path)
      var hash = SHA256()
      hash.update(try FileSystem.read(path))
      #expect(hash.finish() == expected.sha256, "\(type): the file that llama.cpp read")
      let ours = try logits(path, tokens, count: 2)
      let spread = (expected.logits.joined().max() ?? 0) - (expected.logits.joined().min() ?? 0)
      let share = distance(ours, expected.logits) / spread
      print("\(golden.name), \(type): logits differ from llama.cpp's by at most \(share) of their spread")
      #expect(share <= bound(golden, type), "\(type)")
      if type == "f32" { #expect(distance(ours, try golden.reference()) / spread < 1e-5) }
      // The same blocks, whether they come from a file or are made while loading.
      if type != "f32" {
        #expect(try logits(folder, tokens, count: 2, quantization: type) == ours, "\(type) while loading")
      }
    }
  }

  @Test("A file of the same numbers gives the same bits") func sameNumbers() throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/none.gguf"
    try quantize(Self.pocket, "none", to: path)
    let tokens: [Int32] = [2, 10, 500, 7, 300, 42, 1000, 9]
    #expect(try logits(path, tokens, count: 8) == logits(Self.pocket, tokens, count: 8))
    let text = "Anna has 3 apples.\nShe buys <b>two</b> more; how many?  \n\n"
    let original = try Tokenizer.load(path: Self.pocket)
    let restored = try Tokenizer.load(path: path)
    let expected = original.encode(text, addBeginningOfSequence: true)
    #expect(restored.encode(text, addBeginningOfSequence: true) == expected)
    #expect(restored.decode(expected) == original.decode(expected))
  }

  /// Rows of queries and keys stand in another order in the file, and so do the numbers of their biases.
  @Test("A Llama with biases gives the bits of its folder from a file") func biasedLlama() throws {
    let scratch = try ScratchFolder()
    let golden = GoldenFile(name: "llama3")
    let folder = try golden.write(into: scratch.path) { configuration, tensors in
      configuration["attention_bias"] = true
      for layer in 0..<2 {
        for (part, count) in [("q_proj", 256), ("k_proj", 128), ("v_proj", 128), ("o_proj", 256)] {
          tensors.append(("model.layers.\(layer).self_attn.\(part).bias", [count]))
        }
      }
    }
    let tokens = try golden.tokens()
    let expected = try logits(folder, tokens, count: 2)
    let path = "\(scratch.path)/biased.gguf"
    try quantize(folder, "f32", to: path)
    #expect(try logits(path, tokens, count: 2) == expected)
    // The biases do something.
    let other = try ScratchFolder()
    #expect(try logits(try golden.write(into: other.path), tokens, count: 2) != expected)
  }

  @Test("A file of whole numbers is quantised as the folder it was made from", arguments: GoldenFile.all)
  func fromFile(golden: GoldenFile) throws {
    let scratch = try ScratchFolder()
    let folder = try golden.write(into: scratch.path)
    try quantize(folder, "f32", to: "\(scratch.path)/f32.gguf")
    for type in ["q4_k", "q8_0", "bf16"] {
      try quantize(folder, type, to: "\(scratch.path)/folder.gguf")
      try quantize("\(scratch.path)/f32.gguf", type, to: "\(scratch.path)/file.gguf")
      let same = try FileSystem.read("\(scratch.path)/folder.gguf") == FileSystem.read("\(scratch.path)/file.gguf")
      #expect(same, "\(type)")
    }
  }

  @Test("Quantised weights multiply alike, panel by panel or decoded") func arithmetics() throws {
    let tokens: [Int32] = [2, 10, 500, 7, 300, 42, 1000, 9]
    let exact = try logits(Self.pocket, tokens, count: 8, arithmetic: .ordered, quantization: "q4_k")
    let fast = try logits(Self.pocket, tokens, count: 8, quantization: "q4_k")
    #expect(distance(fast, exact.map { $0.map(Double.init) }) < 0.5)
  }

  @Test("A cancelled or failed quantisation leaves nothing behind") func cancelling() throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/none.gguf"
    let quantizer = try ModelQuantizer(model: Self.pocket, scheme: try QuantizationScheme(name: "q4_0"))
    let error = #expect(throws: BenchmarkError.self) {
      try quantizer.write(to: path, threads: 1) { (done, _) throws(BenchmarkError) in
        if done > 1_000_000 { throw BenchmarkError(.cancelled, "enough") }
      }
    }
    #expect(error?.kind == .cancelled)
    #expect(try FileSystem.list(scratch.path).isEmpty)
  }

  @Test("What cannot be quantised says why") func refusals() throws {
    func message(_ model: String, _ type: String) -> String {
      do throws(BenchmarkError) {
        _ = try ModelQuantizer(model: model, scheme: try QuantizationScheme(name: type))
      } catch { return error.message }
      return ""
    }
    #expect(message(Self.pocket, "q4_z").contains("unknown type \"q4_z\""))
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/small.gguf"
    try quantize(Self.pocket, "q4_0", to: path)
    #expect(message(path, "q8_0").contains("small.gguf: tensor token_embd.weight: quantised already"))
    let error = #expect(throws: BenchmarkError.self) {
      _ = try logits(path, [2], count: 1, quantization: "q8_0")
    }
    #expect(error?.message.contains("quantised already, to q") == true)
    let odd = GoldenFile.packageRoot + "/Tests/Goldens/models/gemma3-bfloat16-old-keys"
    #expect(message(odd, "none").contains("query_pre_attn_scalar"))
  }

  @Test("A number that is not finite is an error that names the tensor") func notFinite() throws {
    let scratch = try ScratchFolder()
    let folder = try GoldenFile(name: "gemma").write(into: scratch.path)
    var bytes = try FileSystem.read("\(folder)/model.safetensors")
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0x80, 0x7F])
    // Norms are last in the file of Gemma 1 by no rule; infinity anywhere must not pass.
    let file = try #require(fopen("\(folder)/model.safetensors", "wb"))
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    let error = #expect(throws: BenchmarkError.self) {
      try quantize(folder, "q4_0", to: "\(scratch.path)/out.gguf")
    }
    #expect(error?.message.contains("tensor ") == true && error?.message.contains("not finite") == true)
  }
}

@Suite struct QuantizationSchemeTests {
  @Test func rowsThatAreNoWholeBlocksFallBack() throws {
    let cases: [(type: String, columns: Int, expected: ElementType)] = [
      ("q4_k", 512, .q4_k), ("q4_k", 288, .q5_0), ("q5_k", 288, .q5_1), ("q6_k", 288, .q8_0), ("q3_k", 288, .q4_0),
      ("q2_k", 288, .q4_0), ("q4_0", 288, .q4_0), ("q4_0", 40, .float16), ("q4_k", 40, .float16), ("f16", 40, .float16),
    ]
    for (type, columns, expected) in cases {
      let scheme = try QuantizationScheme(name: type)
      let found = scheme.elementType(
        of: "layers.0.mlp.up_proj.weight", shape: [64, columns], stored: .bfloat16, tiesEmbeddings: true,
        layerCount: 18)
      #expect(found == expected, "\(type) of \(columns)")
    }
  }

  @Test func someTensorsKeepTheirBits() throws {
    let scheme = try QuantizationScheme(name: "q4_k")
    func type(_ name: String, _ shape: [Int], ties: Bool = true) -> ElementType {
      scheme.elementType(of: name, shape: shape, stored: .bfloat16, tiesEmbeddings: ties, layerCount: 18)
    }
    #expect(type("norm.weight", [512]) == .float32)
    #expect(type("layers.0.router.proj.weight", [8, 512]) == .float32)
    #expect(type("layers.0.laurel.linear_left.weight", [64, 512]) == .bfloat16)
    #expect(type("per_layer_model_projection.weight", [512, 512]) == .bfloat16)
    #expect(type("embed_tokens.weight", [512, 512]) == .q6_k)
    #expect(type("embed_tokens.weight", [512, 288]) == .q8_0)
    #expect(type("embed_tokens.weight", [512, 512], ties: false) == .q4_k)
    #expect(type("lm_head.weight", [512, 512], ties: false) == .q6_k)
  }

  /// The types that llama.cpp's quantiser chose for Gemma 3 270M (18 layers), read from the published Q4_K_M file.
  @Test func aMixtureIsThatOfLlamaCpp() throws {
    let scheme = try QuantizationScheme(name: "Q4_K_M")
    #expect(scheme.name == "q4_k_m" && scheme.fileType(stored: .bfloat16) == 15)
    func type(_ name: String, _ shape: [Int]) -> ElementType {
      scheme.elementType(of: name, shape: shape, stored: .bfloat16, tiesEmbeddings: true, layerCount: 18)
    }
    let finer: Set = [0, 1, 4, 7, 10, 13, 15, 16, 17]
    for layer in 0..<18 {
      let own = "layers.\(layer)"
      #expect(type("\(own).self_attn.v_proj.weight", [256, 640]) == (finer.contains(layer) ? .q8_0 : .q5_0))
      #expect(type("\(own).mlp.down_proj.weight", [640, 2048]) == (finer.contains(layer) ? .q6_k : .q4_k))
      #expect(type("\(own).self_attn.o_proj.weight", [640, 1024]) == .q4_k)
      #expect(type("\(own).self_attn.q_proj.weight", [1024, 640]) == .q5_0)
      #expect(type("\(own).mlp.up_proj.weight", [2048, 640]) == .q5_0)
    }
    #expect(type("embed_tokens.weight", [262_144, 640]) == .q8_0)
  }

  @Test(arguments: [
    ("Q4_0", "q4_0"), ("q4_k_m", "q4_k_m"), ("Q5-K-S", "q5_k_s"), ("int4", "q4_0"), ("4bit", "q4_0"), ("4-bit", "q4_0"),
    ("INT8", "q8_0"), ("8bit", "q8_0"), ("float16", "f16"), ("BF16", "bf16"), ("fp32", "f32"), ("None", "none"),
  ])
  func spellingsOfTheFieldAreUnderstood(spelling: String, name: String) throws {
    #expect(try QuantizationScheme(name: spelling).name == name)
  }

  @Test func anUnknownTypeIsToldWithTheNearest() {
    let error = #expect(throws: BenchmarkError.self) { try QuantizationScheme(name: "q4_km") }
    #expect(error?.message.contains("did you mean \"q4_k_m\"") == true)
  }

  @Test func optionsAreTrueFalseOrATypesName() throws {
    #expect(try QuantizationScheme(option: true, "x")?.type == .q4_0)
    #expect(try QuantizationScheme(option: "q4_k", "x")?.type == .q4_k)
    for nothing: JSONValue? in [nil, .null, false, "none"] {
      #expect(try QuantizationScheme(option: nothing, "x") == nil)
    }
    for bad: JSONValue in ["q9", 4, []] {
      let error = #expect(throws: BenchmarkError.self) {
        try QuantizationScheme(option: bad, "models[0]: quantization")
      }
      #expect(error?.message.contains("models[0]: quantization") == true)
    }
  }
}
