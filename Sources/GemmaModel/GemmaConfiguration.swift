import Support

/// The three generations that differ in their layers; everything else is numbers in the configuration.
public enum GemmaGeneration: Int, Sendable, Equatable {
  case first = 1
  case second = 2
  case third = 3

  /// Whether attention and feed-forward outputs are normalised before they join the residual stream.
  public var normalizesOutputs: Bool { self != .first }
  /// Whether queries and keys are normalised head by head.
  public var normalizesQueriesAndKeys: Bool { self == .third }
}

/// Rotary position embedding of a kind of layer: angle = position * base^(-2i / headSize) / factor.
public struct RotarySettings: Sendable, Equatable {
  public let base: Double
  /// Linear position interpolation; 1 for none.
  public let factor: Double
}

/// What one layer does that its neighbours may not.
public struct LayerPlan: Sendable, Equatable {
  /// Positions a query sees, its own included; nil in a global layer.
  public let window: Int?
  public var isLocal: Bool { window != nil }
}

/// A Gemma language model as its config.json describes it.
public struct GemmaConfiguration: Sendable, Equatable {
  /// As in config.json: `gemma`, `gemma2`, `gemma3_text`, or `gemma3` for one with a vision tower.
  public let modelType: String
  public let generation: GemmaGeneration
  public let vocabularySize: Int
  public let hiddenSize: Int
  public let feedForwardSize: Int
  public let layerCount: Int
  public let headCount: Int
  public let keyValueHeadCount: Int
  public let headSize: Int
  public let maximumPositions: Int
  public let normEpsilon: Float
  /// Scores are multiplied by this before the cap: 1 / sqrt(query_pre_attn_scalar or head size).
  public let attentionScale: Float
  public let attentionSoftcap: Float?
  public let logitSoftcap: Float?
  /// The window of local layers; nil if there are none.
  public let slidingWindow: Int?
  public let layers: [LayerPlan]
  public let globalRotary: RotarySettings
  public let localRotary: RotarySettings
  /// Whether the embedding matrix is the output matrix too.
  public let tiesEmbeddings: Bool
  public let beginOfTextToken: Int32?
  /// Tokens that end a text: of generation_config.json where there is one, else of config.json.
  public let endOfTextTokens: [Int32]

  static let modelTypes = ["gemma", "gemma2", "gemma3_text", "gemma3"]
}
