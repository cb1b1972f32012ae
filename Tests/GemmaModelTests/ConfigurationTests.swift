import Support
import Testing

@testable import GemmaModel

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

  private func read(_ object: JSONObject, _ changes: JSONObject = [:]) throws(BenchmarkError) -> GemmaConfiguration {
    var object = object
    for (key, value) in changes.members { object[key] = value }
    return try GemmaConfiguration(object, path: "folder/config.json")
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

  @Test func aMissingShapeNamesFieldAndFile() {
    for field in ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "head_dim"] {
      var object = Self.second
      object[field] = nil
      let error = #expect(throws: BenchmarkError.self) { try GemmaConfiguration(object, path: "folder/config.json") }
      #expect(error?.message.hasPrefix("folder/config.json: \(field): missing") == true)
    }
  }

  @Test func whatCannotBeRunIsRefusedByName() {
    let cases: [(field: String, value: JSONValue)] = [
      ("model_type", "llama"), ("hidden_activation", "silu"), ("attention_bias", true), ("hidden_size", 0),
      ("hidden_size", -4), ("hidden_size", 1.5), ("hidden_size", 4_000_000_000_000), ("num_hidden_layers", "many"),
      ("num_hidden_layers", 1_000_000), ("num_key_value_heads", 3), ("head_dim", 15), ("rms_norm_eps", 0),
      ("layer_types", ["full_attention"]), ("sliding_window", .null), ("sliding_window", 0), ("eos_token_id", 300),
      ("query_pre_attn_scalar", -1), ("use_bidirectional_attention", true),
      ("layer_types", ["full_attention", "sliding_attention", "full_attention", "chunked_attention"]),
    ]
    for (field, value) in cases {
      let error = #expect(throws: BenchmarkError.self) { try read(Self.second, [field: value]) }
      #expect(error?.message.contains(field) == true, "\(field): \(error?.message ?? "")")
    }
    for scaling: JSONValue in [["rope_type": "yarn", "factor": 2], ["rope_type": "linear"]] {
      #expect(throws: BenchmarkError.self) { try read(Self.third, ["rope_scaling": scaling]) }
    }
    #expect(throws: BenchmarkError.self) { try read(Self.third, ["attn_logit_softcapping": 50]) }
  }
}
