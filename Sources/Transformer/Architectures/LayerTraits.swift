/// How the layers of a family differ from those of others; everything else is numbers in the configuration.
package struct LayerTraits: Sendable, Equatable {
  /// What the gate of a feed-forward network goes through.
  package enum Activation: Sendable, Equatable {
    /// GELU by its tanh approximation.
    case gelu
    case silu
  }

  package var activation = Activation.gelu
  /// Whether embeddings are multiplied by the root of the hidden size.
  package var scalesEmbeddings = true
  /// Whether attention and feed-forward outputs are normalised before they join the residual stream.
  package var normalizesOutputs = false
  /// Whether queries and keys are normalised head by head.
  package var normalizesQueriesAndKeys = false
  /// Whether values are normalised head by head, without a gain.
  package var normalizesValues = false
  /// Whether queries, keys and values have a bias.
  package var hasInputBias = false
  /// Whether the output of attention has a bias.
  package var hasOutputBias = false
  /// Whether checkpoints of Hugging Face store the gain of a norm less one; GGUF files never do.
  package var storesGainsLessOne = false
  /// Whether each layer multiplies its output by a number of its own.
  package var scalesLayerOutputs = false
}
