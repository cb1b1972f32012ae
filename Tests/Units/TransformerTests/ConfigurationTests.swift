import Support
import Testing

@testable import Transformer

/// What config.json says, what it may leave out, and what is refused.
@Suite struct ConfigurationTests {
  private static let second: JSONObject = [
    "model_type": "gemma2", "vocab_size": 300, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "sliding_window": 8,
  ]
  private static let third: JSONObject = [
    "model_type": "gemma3_text", "hidden_size": 640, "intermediate_size": 2048, "num_hidden_layers": 12,
    "sliding_window": 512,
  ]

  private func read(_ object: JSONObject, _ changes: JSONObject = [:]) throws(BenchmarkError)
    -> TransformerConfiguration
  {
    var object = object
    for (key, value) in changes.members { object[key] = value }
    return try TransformerConfiguration(object, path: "folder/config.json")
  }

  @Test func gemma3LeansOnTheDefaultsOfItsClass() throws {
    let configuration = try read(Self.third)
    #expect(configuration.vocabularySize == 262_208)
    #expect(configuration.headSize == 256 && configuration.headCount == 8 && configuration.keyValueHeadCount == 4)
    #expect(configuration.layers.indices.filter { !configuration.layers[$0].isLocal } == [5, 11])
    #expect(configuration.slidingWindow == 512)
    #expect(configuration.layers[5].rotary == RotarySettings(base: 1_000_000))
    #expect(configuration.layers[4].rotary == RotarySettings(base: 10_000))
    #expect(configuration.endOfTextTokens == [1])
    #expect(configuration.attentionScale == Float(0.0625))
  }

  @Test func olderAndNewerRotaryKeysMeanTheSame() throws {
    let older = try read(
      Self.third,
      ["rope_theta": 500_000, "rope_local_base_freq": 9000, "rope_scaling": ["rope_type": "linear", "factor": 8]])
    let newer = try read(
      Self.third,
      [
        "rope_parameters": [
          "full_attention": ["rope_type": "linear", "factor": 8, "rope_theta": 500_000],
          "sliding_attention": ["rope_type": "default", "rope_theta": 9000],
        ]
      ])
    #expect(older == newer)
    #expect(older.layers[5].rotary == RotarySettings(base: 500_000, factor: 8))
    #expect(older.layers[0].rotary == RotarySettings(base: 9000))
  }

  @Test func gemma2AlternatesAndCaps() throws {
    let configuration = try read(Self.second)
    #expect(configuration.layers.map(\.isLocal) == [true, false, true, false])
    #expect(configuration.attentionSoftcap == 50 && configuration.logitSoftcap == 30)
    let uncapped = try read(Self.second, ["attn_logit_softcapping": .null, "final_logit_softcapping": .null])
    #expect(uncapped.attentionSoftcap == nil && uncapped.logitSoftcap == nil)
  }

  @Test func aMissingFieldIsTheDefaultOfItsClass() throws {
    let path = GoldenModel(name: "defaults.json").folder
    let classes = try JSONReader.parse(try FileSystem.read(path), name: path).objectValue ?? [:]
    #expect(classes.members.count == 9)
    for (type, fields) in classes.members {
      let whole = try TransformerConfiguration(fields.objectValue ?? [:], path: "config.json")
      #expect(try TransformerConfiguration(["model_type": .string(type)], path: "config.json") == whole, "\(type)")
      for field in ["rms_norm_eps", "hidden_size", "num_hidden_layers", "head_dim", "intermediate_size"] {
        var without = fields.objectValue ?? [:]
        if field == "num_hidden_layers" { without["layer_types"] = nil }
        without[field] = nil
        #expect(try TransformerConfiguration(without, path: "config.json") == whole, "\(type) without \(field)")
      }
    }
    let multimodal = try TransformerConfiguration(["model_type": "gemma3"], path: "config.json")
    #expect(multimodal.hiddenSize == 2304 && multimodal.normEpsilon == 1e-6)
  }

  @Test func numbersOfLayersMayBePadded() throws {
    let sizes: JSONValue = ["head_dim": 128, "num_key_value_heads": 1]
    let plain = try read(Self.fourth, ["attention_k_eq_v": true, "per_layer_config": ["5": sizes, "11": sizes]])
    let padded = try read(Self.fourth, ["attention_k_eq_v": true, "per_layer_config": ["05": sizes, "0011": sizes]])
    #expect(plain == padded && padded.layers[5].headSize == 128)
    let none = try read(Self.fourth, ["per_layer_config": [:]])
    #expect(none.layers[5].headSize == 256)
    #expect(try read(Self.fourth, ["per_layer_config": .null]) == none)
    for key in ["12", "-1", "x", "", "1.0"] {
      let error = #expect(throws: BenchmarkError.self) {
        try read(Self.fourth, ["per_layer_config": .object([key: sizes])])
      }
      #expect(error?.message.contains("is not a layer from 0 to 11") == true)
    }
    // What the whole model says too is nothing new; what it does not is not passed over.
    let same: JSONValue = ["05": ["sliding_window": 512, "skip": []]]
    #expect(try read(Self.fourth, ["sliding_window": 512, "per_layer_config": same]).layers[5].headSize == 256)
    for own: JSONValue in [["intermediate_size": 64], ["sliding_window": 64], ["skip": ["mlp"]]] {
      let error = #expect(throws: BenchmarkError.self) { try read(Self.fourth, ["per_layer_config": ["05": own]]) }
      #expect(error?.kind == .unsupported)
    }
    #expect(throws: BenchmarkError.self) { try read(Self.third, ["per_layer_config": ["5": ["head_dim": 64]]]) }
  }

  @Test func keysOfTransformers4MeanSomethingUnlessTransformers5WroteThem() throws {
    let scaling: JSONObject = ["rope_scaling": ["type": "linear", "factor": 8]]
    #expect(try read(Self.third, scaling).layers[5].rotary.factor == 8)
    let period: JSONObject = ["_sliding_window_pattern": 2]
    #expect(try read(Self.third, period).layers[1].isLocal == false)
    for (version, old) in [("4.53.1", true), ("5.24.0", false)] {
      var (scaling, period) = (scaling, period)
      scaling["transformers_version"] = .string(version)
      period["transformers_version"] = .string(version)
      #expect(try read(Self.third, scaling).layers[5].rotary.factor == (old ? 8 : 1))
      #expect(try read(Self.third, period).layers[1].isLocal == !old)
      // Gemma 2's class reads the older word in every version.
      scaling["rope_scaling"] = ["type": "linear", "factor": 4]
      #expect(try read(Self.second, scaling).layers[1].rotary.factor == 4)
    }
  }

  @Test func gemma2TakesRopeScalingInPlaceOfRopeParameters() throws {
    let both: JSONObject = [
      "rope_theta": 5000, "rope_scaling": ["rope_type": "linear", "factor": 2],
      "rope_parameters": ["rope_type": "default", "rope_theta": 7000],
    ]
    #expect(try read(Self.second, both).layers[0].rotary == RotarySettings(base: 5000, factor: 2))
  }

  @Test func whatCannotBeRunIsRefusedByName() {
    let cases: [(field: String, value: JSONValue)] = [
      ("model_type", "mistral"), ("hidden_activation", "silu"), ("attention_bias", true), ("hidden_size", 0),
      ("hidden_size", -4), ("hidden_size", 1.5), ("hidden_size", 4_000_000_000_000), ("num_hidden_layers", "many"),
      ("num_hidden_layers", 1_000_000), ("num_key_value_heads", 3), ("head_dim", 15), ("rms_norm_eps", -1e-6),
      ("layer_types", ["full_attention"]), ("sliding_window", .null), ("sliding_window", 0),
      ("query_pre_attn_scalar", -1), ("use_bidirectional_attention", true),
      ("layer_types", ["full_attention", "sliding_attention", "full_attention", "chunked_attention"]),
    ]
    for (field, value) in cases {
      let error = #expect(throws: BenchmarkError.self) { try read(Self.second, [field: value]) }
      #expect(error?.message.contains(field) == true, "\(field): \(error?.message ?? "")")
    }
    for scaling: JSONValue in [["rope_type": "llama3", "factor": 2], ["rope_type": "linear"], ["rope_type": "yarn"]] {
      #expect(throws: BenchmarkError.self) { try read(Self.third, ["rope_scaling": scaling]) }
    }
    #expect(throws: BenchmarkError.self) { try read(Self.third, ["attn_logit_softcapping": 50]) }
  }

  private static let llama: JSONObject = [
    "model_type": "llama", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2,
    "rope_scaling": [
      "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
      "original_max_position_embeddings": 8192,
    ],
  ]

  @Test func llamaAndQwenAreRead() throws {
    let llama = try read(Self.llama, ["rope_theta": 500_000, "bos_token_id": 128_000, "vocab_size": 128_256])
    #expect(llama.headSize == 16 && llama.keyValueHeadCount == 4 && llama.attentionScale == 0.25)
    #expect(!llama.tiesEmbeddings && llama.endOfTextTokens == [2] && llama.beginOfTextToken == 128_000)
    #expect(
      llama.traits == LayerTraits(activation: .silu, scalesEmbeddings: false)
        && llama.layers.allSatisfy { !$0.isLocal })
    let scaling = Llama3Scaling(
      factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, trainedPositions: 8192)
    #expect(llama.layers[1].rotary == RotarySettings(base: 500_000, llama3: scaling))
    let newer = try read(
      ["model_type": "llama", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2],
      [
        "rope_parameters": [
          "rope_type": "llama3", "rope_theta": 500_000, "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
          "original_max_position_embeddings": 8192,
        ], "bos_token_id": 128_000, "vocab_size": 128_256,
      ])
    #expect(newer == llama)
    #expect(try read(Self.llama, ["attention_bias": true]).traits.hasOutputBias)

    let second = try read(["model_type": "qwen2"], ["use_sliding_window": false, "sliding_window": 4096])
    #expect(second.headSize == 128 && second.traits.hasInputBias && !second.traits.hasOutputBias)
    #expect(second.beginOfTextToken == nil && second.endOfTextTokens == [])
    let third = try read(
      ["model_type": "qwen3"], ["hidden_size": 1024, "num_attention_heads": 16, "num_key_value_heads": 8])
    #expect(third.headSize == 128 && third.traits.normalizesQueriesAndKeys && !third.traits.hasInputBias)
  }

  @Test func whatOfLlamaAndQwenCannotBeRunIsRefused() {
    let cases: [(field: String, value: JSONValue)] = [
      ("mlp_bias", true), ("hidden_act", "gelu"), ("partial_rotary_factor", 0.5),
      ("rope_scaling", ["type": "dynamic", "factor": 4]),
      ("rope_scaling", ["rope_type": "llama3", "factor": 8, "low_freq_factor": 1]),
      ("rope_scaling", ["rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4]),
    ]
    for (field, value) in cases {
      let error = #expect(throws: BenchmarkError.self) { try read(Self.llama, [field: value]) }
      let name = field == "rope_scaling" ? "rope_scaling" : field
      #expect(error?.message.contains(name) == true, "\(field): \(error?.message ?? "")")
    }
    for changes: JSONObject in [
      ["use_sliding_window": true], ["layer_types": ["sliding_attention"]], ["hidden_act": "gelu"],
      ["rope_scaling": ["type": "dynamic", "factor": 4]],
    ] {
      for type in ["qwen2", "qwen3"] {
        #expect(throws: BenchmarkError.self) { try read(["model_type": .string(type)], changes) }
      }
    }
  }

  // The numbers: `_compute_yarn_parameters` of transformers 5.24 with these settings.
  @Test func yarnSlowsSlowPairs() throws {
    let yarn: JSONValue = ["rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 256]
    let layers = try read(Self.third, ["head_dim": 16, "rope_scaling": yarn]).layers
    #expect(layers[0].rotary == RotarySettings(base: 10_000))
    let embedding = RotaryEmbedding(layers[5].rotary, headSize: 16)
    let expected: [Float] = [
      1, 0.13337095, 0.015811389, 0.0014058533, 0.00025000001, 4.4456985e-05, 7.9056936e-06, 1.4058534e-06,
    ]
    #expect(zip(embedding.frequencies, expected).allSatisfy { abs($0 - $1) <= 1e-6 * $1 })
    var turned: [Float] = Array(repeating: 0, count: 16)
    turned.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      embedding.fill(0, cosines: start, sines: start + 8)
    }
    #expect(abs(turned[0] - 1.13862944) < 1e-6 && turned[8] == 0)
  }

  private static let nano: JSONObject = [
    "model_type": "gemma3n_text", "hidden_size": 2048, "intermediate_size": 16384, "num_hidden_layers": 35,
  ]
  private static let fourth: JSONObject = [
    "model_type": "gemma4_text", "hidden_size": 1536, "intermediate_size": 6144, "num_hidden_layers": 12,
  ]

  @Test func gemma3nLeansOnTheDefaultsOfItsClass() throws {
    let configuration = try read(Self.nano)
    #expect(configuration.vocabularySize == 262_400 && configuration.logitSoftcap == 30)
    #expect(configuration.layers.filter { !$0.isLocal }.map(\.index) == [4, 9, 14, 19, 24, 29, 34])
    #expect(configuration.layers[20...].map(\.keyValueLayer) == (20..<35).map { $0 % 5 == 4 ? 19 : 18 })
    #expect(configuration.layers[..<20].map(\.keyValueLayer) == Array(0..<20))
    #expect(
      configuration.layers.map(\.activationSparsity) == Array(repeating: 0.95, count: 10)
        + Array(repeating: 0, count: 25))
    #expect(configuration.perLayerInputs == PerLayerInputSettings(size: 256, vocabularySize: 262_144))
    #expect(
      configuration.alternatingUpdates
        == AlternatingUpdateSettings(streamCount: 4, activeStream: 0, scalesCorrected: true, laurelRank: 64))
    #expect(configuration.attentionScale == 1)
  }

  @Test func gemma4HasOtherHeadsInGlobalLayers() throws {
    let plain = try read(Self.fourth)
    #expect(plain.layers.map(\.isLocal) == (1...12).map { $0 % 6 != 0 })
    #expect(plain.layers[0].headSize == 256 && plain.layers[5].headSize == 512)
    #expect(plain.layers[5].keyValueHeadCount == 4 && !plain.layers[5].usesKeysAsValues)
    #expect(plain.layers[5].rotary == RotarySettings(base: 1_000_000, rotatedFraction: 0.25))
    #expect(plain.layers[0].rotary == RotarySettings(base: 10_000))
    #expect(plain.perLayerInputs?.size == 256 && plain.experts == nil && plain.logitSoftcap == nil)

    let older = try read(
      Self.fourth, ["attention_k_eq_v": true, "num_global_key_value_heads": 1, "global_head_dim": 128])
    #expect(older.layers[5].headSize == 128 && older.layers[5].keyValueHeadCount == 1)
    #expect(older.layers[5].usesKeysAsValues && !older.layers[4].usesKeysAsValues)
    let sizes: JSONValue = ["head_dim": 128, "num_key_value_heads": 1]
    let newer = try read(Self.fourth, ["attention_k_eq_v": true, "per_layer_config": ["5": sizes, "11": sizes]])
    #expect(older == newer)
    // Without one projection for both, the global count of key-value heads is not looked at.
    #expect(try read(Self.fourth, ["num_global_key_value_heads": 1]).layers[5].keyValueHeadCount == 4)
  }

  @Test func gemma4SharesKeysWithTheLastLayerOfTheKind() throws {
    let configuration = try read(Self.fourth, ["num_kv_shared_layers": 4, "use_double_wide_mlp": true])
    #expect(configuration.layers[8...].map(\.keyValueLayer) == [7, 7, 7, 5])
    #expect(configuration.layers.map(\.feedForwardSize) == (0..<12).map { $0 < 8 ? 6144 : 12288 })
    // The reference makes the last layer global whatever the file says.
    let types = JSONValue.array((0..<12).map { .string($0 == 3 ? "full_attention" : "sliding_attention") })
    let mixed = try read(Self.fourth, ["layer_types": types])
    #expect(mixed.layers.filter { !$0.isLocal }.map(\.index) == [3, 11])
  }

  @Test func whatCannotBeRunIsRefusedInLaterGenerationsToo() {
    let nano: [(field: String, value: JSONValue)] = [
      ("intermediate_size", [1, 2]), ("activation_sparsity_pattern", [0.5]), ("altup_num_inputs", 17),
      ("altup_active_idx", 4), ("num_kv_shared_layers", 35), ("num_kv_shared_layers", 32), ("laurel_rank", 0),
      ("hidden_size_per_layer_input", 0), ("attn_logit_softcapping", 50), ("use_bidirectional_attention", "vision"),
    ]
    let fourth: [(field: String, value: JSONValue)] = [
      ("use_bidirectional_attention", "all"), ("global_head_dim", 31), ("num_kv_shared_layers", 8),
      ("vocab_size_per_layer_input", 100), ("enable_moe_block", true), ("attention_bias", true),
      ("per_layer_config", ["5": ["head_dim": 0]]), ("rope_parameters", ["sliding_attention": ["rope_theta": 1]]),
      ("rope_parameters", ["full_attention": ["rope_type": "default", "partial_rotary_factor": 0.5]]),
    ]
    for (base, cases) in [(Self.nano, nano), (Self.fourth, fourth)] {
      for (field, value) in cases {
        let error = #expect(throws: BenchmarkError.self) { try read(base, [field: value]) }
        #expect(error != nil, "\(field): \(value.text())")
      }
    }
    let mixture: JSONObject = [
      "enable_moe_block": true, "num_experts": 4, "top_k_experts": 5, "moe_intermediate_size": 8,
    ]
    #expect(throws: BenchmarkError.self) { try read(Self.fourth, mixture) }
  }
}
