import Checkpoints
import Glibc
import Support
import Testing

@testable import Transformer

/// What loading refuses, and that it says which tensor of which file.
@Suite struct LoadingTests {
  /// The message of loading a copy of a golden model whose files were changed first: the error's, else the warnings'.
  private func failure(
    _ golden: String, flipping tensor: String? = nil,
    _ change: (_ header: String, _ configuration: String) -> (String, String)
  ) throws -> String {
    let source = GoldenModel(name: golden).folder
    let folder = "/tmp/gemmabench-loading-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeFolder(folder)
    defer {
      for name in ["config.json", "model.safetensors"] { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    var bytes = try FileSystem.read("\(source)/model.safetensors")
    if let tensor {
      let tensors = try SafetensorsFile("\(source)/model.safetensors").tensors
      bytes[try #require(tensors.first { $0.name == tensor }).range.lowerBound] ^= 1
    }
    let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
    let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    let (newHeader, newConfiguration) = change(header, try FileSystem.readText("\(source)/config.json"))
    let count = UInt64(newHeader.utf8.count)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
    let output = prefix + newHeader.utf8 + bytes[(8 + length)...]
    let file = fopen("\(folder)/model.safetensors", "wb")!
    fwrite(output, 1, output.count, file)
    fclose(file)
    try FileSystem.write(newConfiguration, to: "\(folder)/config.json")
    do {
      return try LanguageModel.load(folder: folder, threads: 1) { _, _ in }.warnings.joined(separator: "\n")
    } catch { return "\(error)" }
  }

  @Test func anUnchangedCopyLoads() throws {
    #expect(try failure("gemma1-float32") { ($0, $1) } == "")
  }

  @Test func aRenamedTensorIsMissing() throws {
    let text = try failure("gemma1-float32") { header, configuration in
      (header.replacing("layers.1.mlp.up_proj.weight", with: "layers.1.mlp.upp_proj.weight"), configuration)
    }
    #expect(text.contains("tensor model.layers.1.mlp.up_proj.weight: missing, expected shape [83, 36]"))
  }

  @Test func aTensorThatNothingUsesIsNamed() throws {
    let text = try failure("gemma1-float32") { header, configuration in
      (header, configuration.replacing(#""num_hidden_layers": 3"#, with: #""num_hidden_layers": 2"#))
    }
    #expect(text.contains("model.safetensors: tensor model.layers.2.input_layernorm.weight: not used"))
    #expect(text.contains("(and 8 more)"))
  }

  @Test func aMisshapenTensorIsNamedWithBothShapes() throws {
    let text = try failure("gemma1-float32") { header, configuration in
      (header, configuration.replacing(#""intermediate_size": 83"#, with: #""intermediate_size": 84"#))
    }
    #expect(text.contains("tensor model.layers.0.mlp.gate_proj.weight: shape [83, 36], expected [84, 36]"))
  }

  @Test func anUntiedModelNeedsItsOutputMatrix() throws {
    let text = try failure("gemma1-float32") { header, configuration in
      (header, configuration.replacing("{\n", with: "{\n\"tie_word_embeddings\": false,\n", maxReplacements: 1))
    }
    #expect(text.contains("tensor lm_head.weight: missing"))
  }

  @Test func partsThatNobodyKnowsAreUnused() throws {
    let text = try failure("gemma3-multimodal") { header, configuration in
      (header.replacing("vision_tower.", with: "hearing_aid."), configuration)
    }
    #expect(text.contains("tensor hearing_aid.vision_model.post_layernorm.weight: not used"))
  }

  @Test func anOutputMatrixThatDiffersFromTheEmbeddingIsUntied() throws {
    #expect(try failure("gemma4-dense-float16") { ($0, $1) } == "")
    #expect(try failure("gemma4-dense-float16", flipping: "lm_head.weight") { ($0, $1) } == "")
    // The logits of such a model are held to transformers by the golden gemma3-untied-output.
    let untied = try GoldenModel(name: "gemma3-untied-output").load()
    #expect(!untied.configuration.tiesEmbeddings && untied.ignoredTensorCount == 2)
    #expect(try GoldenModel(name: "gemma4-dense-float16").load().configuration.tiesEmbeddings)
  }

  @Test func namesLoadWhateverWrapsThem() throws {
    let wrappings: [(String, String)] = [
      ("model.model.", "base_model.model.model."), ("model.model.", "module.model."),
      ("model.model.", "_orig_mod.module.model._orig_mod."), ("model.model.", "model.language_model."),
      ("model.model.", "language_model.model."), ("model.model.", ""), ("model.model.", "_fsdp_wrapped_module.model."),
      ("model.layers.0.", "model.layers.0._checkpoint_wrapped_module."),
    ]
    for (old, new) in wrappings {
      let text = try failure("gemma3-untied-output") { header, configuration in
        (header.replacing(old, with: new), configuration)
      }
      #expect(text == "", "\(new)")
    }
    let wrapped = try failure("gemma3-untied-output") { header, configuration in
      (header.replacing("model.lm_head.weight", with: "base_model.model.lm_head.weight"), configuration)
    }
    #expect(wrapped == "")
  }

  @Test func anAdapterInTheWeightsIsNamed() throws {
    let text = try failure("gemma1-float32") { header, configuration in
      (
        header.replacing("layers.1.mlp.up_proj.weight", with: "layers.1.mlp.up_proj.lora_A.default.weight"),
        configuration
      )
    }
    #expect(text.contains("layers.1.mlp.up_proj.lora_A.default.weight: a LoRA adapter that is not merged"))
  }

  @Test func twoNamesOfOneWeightThatDifferAreRefused() throws {
    let text = try failure("gemma1-float32") { header, configuration in
      let name = "model.layers.1.post_attention_layernorm.weight"
      return (header.replacing(name, with: "model.model.layers.1.input_layernorm.weight"), configuration)
    }
    #expect(text.contains("both name the same weight"))
  }

  @Test func tensorsOfOtherTypesAreErrorsOnlyIfTheyAreNeeded() throws {
    for (name, isNeeded) in [("vision_tower.position_ids", false), ("model.norm.weight", true)] {
      let text = try failure("gemma1-float32") { header, configuration in
        let old = #""model.norm.weight":{"dtype":"F32""#
        return (header.replacing(old, with: #""\#(name)":{"dtype":"I32""#), configuration)
      }
      #expect(text.contains(isNeeded ? "element type \"I32\"" : "tensor model.norm.weight: missing"), "\(text)")
    }
  }

  @Test func layersThatShareKeysAreLeftWithTensorsNobodyReads() throws {
    let text = try failure("gemma4-elastic-multimodal") { header, configuration in
      (header, configuration.replacing(#""num_kv_shared_layers": 3"#, with: #""num_kv_shared_layers": 0"#))
    }
    // Without sharing, layer 3 needs what the checkpoint holds for show.
    #expect(text.contains("layers.3.self_attn.k_proj.weight: shape [3], expected [32, 44]"))
  }

  @Test func theTensorOfAllExpertsIsCheckedAsOne() throws {
    let text = try failure("gemma4-experts-bfloat16") { header, configuration in
      (header, configuration.replacing(#""num_experts": 7"#, with: #""num_experts": 6"#))
    }
    #expect(text.contains("router.proj.weight: shape [7, 44], expected [6, 44]"))
    let width = try failure("gemma4-experts-bfloat16") { header, configuration in
      (header, configuration.replacing(#""moe_intermediate_size": 20"#, with: #""moe_intermediate_size": 21"#))
    }
    #expect(width.contains("experts.gate_up_proj: shape [7, 40, 44], expected [7, 42, 44]"))
  }

  @Test func whatIsLeftAloneIsCounted() throws {
    for (name, count) in [("gemma1-float32", 0), ("gemma3-multimodal", 2), ("gemma4-elastic-multimodal", 13)] {
      #expect(try GoldenModel(name: name).load().ignoredTensorCount == count, "\(name)")
    }
  }

  @Test func progressTellsAllBytesAndMayCancel() throws {
    var last: (UInt64, UInt64) = (0, 0)
    let folder = GoldenModel(name: "gemma2-bfloat16-sharded").folder
    _ = try LanguageModel.load(folder: folder, threads: 1) { last = ($0, $1) }
    #expect(last.0 == last.1 && last.1 > 150_000)
    let error = #expect(throws: BenchmarkError.self) {
      try LanguageModel.load(folder: folder, threads: 1) { (_, _) throws(BenchmarkError) in
        throw BenchmarkError(.cancelled, "stopped")
      }
    }
    #expect(error?.kind == .cancelled)
  }

  @Test func badArgumentsAreErrorsAndLeaveTheCacheAlone() throws {
    let model = try GoldenModel(name: "gemma1-float32").load()
    let other = try GoldenModel(name: "gemma2-bfloat16-sharded").load()
    for capacity in [0, -1, 513, Int.max] {
      #expect(throws: BenchmarkError.self) { try model.makeCache(capacity: capacity) }
    }
    let cache = try model.makeCache(capacity: 4)
    _ = try model.forward([2, 3], cache: cache, logitCount: 0)
    let cases: [([Int32], Int)] = [([], 0), ([257], 1), ([-1], 1), ([1], 2), ([1], -1), ([1, 2, 3], 1)]
    for (tokens, count) in cases {
      #expect(throws: BenchmarkError.self) { try model.forward(tokens, cache: cache, logitCount: count) }
    }
    #expect(throws: BenchmarkError.self) { try other.forward([2], cache: cache, logitCount: 1) }
    #expect(cache.count == 2)
    cache.truncate(to: 9)
    cache.truncate(to: -1)
    #expect(cache.count == 0)
  }
}
