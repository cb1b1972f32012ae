import Support

/// A language model as its config.json describes it.
package struct TransformerConfiguration: Sendable, Equatable {
  /// As in config.json: `llama`, `gemma2`, `gemma3_text`, `gemma3` for one with a vision tower, and so on.
  package let modelType: String
  let family: ArchitectureReference
  package internal(set) var traits: LayerTraits
  package let vocabularySize: Int
  package let hiddenSize: Int
  package let headCount: Int
  package let maximumPositions: Int
  package let normEpsilon: Float
  /// Scores are multiplied by this before the cap.
  package let attentionScale: Float
  package let attentionSoftcap: Float?
  package let logitSoftcap: Float?
  /// At least one.
  package internal(set) var layers: [LayerConfiguration]
  package internal(set) var perLayerInputs: PerLayerInputSettings?
  package internal(set) var alternatingUpdates: AlternatingUpdateSettings?
  package internal(set) var experts: ExpertSettings?
  /// Whether the embedding matrix is the output matrix too.
  package internal(set) var tiesEmbeddings: Bool
  package let beginOfTextToken: Int32?
  /// Tokens that end a text: of generation_config.json where there is one, else of config.json.
  package let endOfTextTokens: [Int32]
  /// What the file says to no effect, a line each.
  package let warnings: [String]

  package var architecture: any Architecture { family.value }
  package var layerCount: Int { layers.count }
  /// The window of local layers; nil if there are none.
  package var slidingWindow: Int? { layers.lazy.compactMap(\.window).first }
  /// Of the first layer; Gemma 4's global layers differ.
  package var headSize: Int { layers[0].headSize }
  /// Of the first layer; Gemma 4's global layers may differ.
  package var keyValueHeadCount: Int { layers[0].keyValueHeadCount }
  /// Whether the language model is one part of a model that sees or hears.
  package var isMultimodal: Bool { architecture.multimodalTypes.contains(modelType) }
}
