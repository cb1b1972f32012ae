/// What a family's text configuration may say, and what it means by the fields it leaves out: the defaults of the
/// configuration classes of transformers 5, on which released files of Gemma 3 and later lean.
package struct ConfigurationRules: Sendable {
  /// How attention scores are scaled.
  enum Scale {
    /// By 1 / sqrt(head size).
    case headSize
    /// By 1 / sqrt(`query_pre_attn_scalar`), 256 if it is missing.
    case scalar
    /// Not at all: normalised queries and keys need none.
    case none
  }

  /// How the rotary embeddings of a model are written.
  enum Rotary {
    /// One for all layers.
    case uniform
    /// One for global and one for local layers.
    case byKind
    /// The same, the first pairs alone of global layers ("proportional").
    case proportional
  }

  // MARK: defaults

  var vocabularySize: Int
  var hiddenSize: Int
  var layerCount: Int
  var feedForwardSize: Int
  var headCount: Int
  /// Nil: as many as heads.
  var keyValueHeadCount: Int?
  /// Nil: the hidden size divided among the heads.
  var headSize: Int? = 256
  var maximumPositions = 8192
  var slidingWindow = 4096
  /// Without `layer_types`, each layer of this period's end is global; nil: all are, whatever is written.
  var globalPeriod: Int?
  var globalBase = 10_000.0
  var localBase = 10_000.0
  var attentionSoftcap: Double?
  var logitSoftcap: Double?
  var perLayerInputSize = 0
  var sharedLayerCount = 0
  var tiesEmbeddings = true
  var beginToken: Int32? = 2
  var endToken: Int32? = 1

  // MARK: what may be said

  var scale = Scale.headSize
  var rotary = Rotary.uniform
  /// Types of rotary embedding that are computed.
  var rotaryTypes = ["default", "linear", "yarn"]
  /// Fields that name the activation, and its names.
  var activationFields = ["hidden_activation"]
  var activations = ["gelu_pytorch_tanh"]
  /// Whether `attention_bias` may be true.
  var allowsAttentionBias = false
  /// Whether `final_logit_softcapping` is read; of attention scores, only Gemma 2 has a cap.
  var hasLogitSoftcap = false
  /// Whether the last layers may read an earlier layer's keys and values (`num_kv_shared_layers`).
  var sharesKeysAndValues = false
  /// Whether those may have feed-forward networks of double width (`use_double_wide_mlp`).
  var doublesSharedLayers = false
  /// Whether one projection may make keys and values of global layers (`attention_k_eq_v`).
  var usesKeysAsValues = false
  /// The size of heads in global layers where it may differ (`global_head_dim`), if it is missing.
  var globalHeadSize: Int?
  /// Whether the last layer is global whatever the file says, as transformers has it.
  var endsGlobally = false
  /// Fields that give the period of global layers, the first that is there.
  var periodFields: [String] = []
  /// Whether `intermediate_size` may be a list and `activation_sparsity_pattern` cuts activations.
  var variesFeedForward = false
  /// Whether "vision" is a value of `use_bidirectional_attention`: it lets only the tokens of an image see ahead.
  var allowsVisionAttention = false
  /// Whether keys of Gemma 3 that only transformers 4 reads mean something: `rope_scaling.type` and
  /// `_sliding_window_pattern`. They do unless transformers 5 wrote the file.
  var readsOldKeys = true
  /// Fields that must be false or missing.
  var refusedFlags: [String] = []
}
