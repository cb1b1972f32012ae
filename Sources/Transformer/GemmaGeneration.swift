/// The generations that differ in their layers; everything else is numbers in the configuration.
public enum GemmaGeneration: Sendable, Equatable, CaseIterable {
  case first
  case second
  case third
  /// Gemma 3n: several residual streams, an input of its own for each layer.
  case thirdNano
  case fourth

  /// Whether attention and feed-forward outputs are normalised before they join the residual stream.
  public var normalizesOutputs: Bool { self != .first }
  /// Whether queries and keys are normalised head by head.
  public var normalizesQueriesAndKeys: Bool { self != .first && self != .second }
  /// Whether values are normalised head by head, without a gain.
  public var normalizesValues: Bool { self == .thirdNano || self == .fourth }
  /// Whether scores are taken as they are: normalised queries and keys need no 1 / sqrt(head size).
  public var leavesScoresUnscaled: Bool { self == .thirdNano || self == .fourth }
  /// Whether checkpoints of Hugging Face store the gain of a norm less one.
  public var storesGainsLessOne: Bool { self == .first || self == .second || self == .third }
  /// Whether each layer multiplies its output by a number of its own.
  public var scalesLayerOutputs: Bool { self == .fourth }
}
