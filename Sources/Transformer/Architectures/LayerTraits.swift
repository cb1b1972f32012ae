/// How the layers of a family differ from those of others; everything else is numbers in the configuration.
public struct LayerTraits: Sendable, Equatable {
  /// What the gate of a feed-forward network goes through.
  public enum Activation: Sendable, Equatable {
    /// GELU by its tanh approximation.
    case gelu
    case silu
  }

  public var activation = Activation.gelu
  /// Whether embeddings are multiplied by the root of the hidden size.
  public var scalesEmbeddings = true
  /// Whether attention and feed-forward outputs are normalised before they join the residual stream.
  public var normalizesOutputs = false
  /// Whether queries and keys are normalised head by head.
  public var normalizesQueriesAndKeys = false
  /// Whether values are normalised head by head, without a gain.
  public var normalizesValues = false
  /// Whether queries, keys and values have a bias.
  public var hasInputBias = false
  /// Whether the output of attention has a bias.
  public var hasOutputBias = false
  /// Whether checkpoints of Hugging Face store the gain of a norm less one; GGUF files never do.
  public var storesGainsLessOne = false
  /// Whether each layer multiplies its output by a number of its own.
  public var scalesLayerOutputs = false
}
