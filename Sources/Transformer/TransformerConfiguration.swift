import Support

/// A language model as its config.json describes it.
public struct TransformerConfiguration: Sendable, Equatable {
  /// As in config.json: `llama`, `gemma2`, `gemma3_text`, `gemma3` for one with a vision tower, and so on.
  public let modelType: String
  let family: ArchitectureReference
  public internal(set) var traits: LayerTraits
  public let vocabularySize: Int
  public let hiddenSize: Int
  public let headCount: Int
  public let maximumPositions: Int
  public let normEpsilon: Float
  /// Scores are multiplied by this before the cap.
  public let attentionScale: Float
  public let attentionSoftcap: Float?
  public let logitSoftcap: Float?
  /// At least one.
  public internal(set) var layers: [LayerConfiguration]
  public internal(set) var perLayerInputs: PerLayerInputSettings?
  public internal(set) var alternatingUpdates: AlternatingUpdateSettings?
  public internal(set) var experts: ExpertSettings?
  /// Whether the embedding matrix is the output matrix too.
  public internal(set) var tiesEmbeddings: Bool
  public let beginOfTextToken: Int32?
  /// Tokens that end a text: of generation_config.json where there is one, else of config.json.
  public let endOfTextTokens: [Int32]
  /// What the file says to no effect, a line each.
  public let warnings: [String]

  package var architecture: any Architecture { family.value }
  public var layerCount: Int { layers.count }
  /// The window of local layers; nil if there are none.
  public var slidingWindow: Int? { layers.lazy.compactMap(\.window).first }
  /// Of the first layer; Gemma 4's global layers differ.
  public var headSize: Int { layers[0].headSize }
  /// Of the first layer; Gemma 4's global layers may differ.
  public var keyValueHeadCount: Int { layers[0].keyValueHeadCount }
  /// Whether the language model is one part of a model that sees or hears.
  public var isMultimodal: Bool { architecture.multimodalTypes.contains(modelType) }
}
