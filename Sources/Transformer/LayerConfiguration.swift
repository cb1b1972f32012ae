/// Rotary position embedding of a layer: pair i turns by position * base^(-2i / size) / factor.
package struct RotarySettings: Sendable, Hashable {
  package let base: Double
  /// Linear position interpolation; 1 for none.
  package let factor: Double
  /// The share of the pairs that turn at all, the first ones; 1 for all ("proportional" rotary embedding).
  package let rotatedFraction: Double
  /// The first numbers of a head that alone form pairs, as a share of all; 1 for all, as every published Gemma has it.
  package let pairedFraction: Double
  /// Interpolation of the slow pairs alone; nil if `factor` is every pair's.
  package let yarn: YarnSettings?

  /// The slowing of slow pairs for contexts longer than those trained on; nil for none.
  package let llama3: Llama3Scaling?
  /// What the angle of each pair is divided by, as GGUF files store it; nil for nothing. // [headSize / 2]
  package let divisors: [Float]?

  package init(
    base: Double, factor: Double = 1, rotatedFraction: Double = 1, pairedFraction: Double = 1,
    yarn: YarnSettings? = nil, llama3: Llama3Scaling? = nil, divisors: [Float]? = nil
  ) {
    self.base = base
    self.factor = factor
    self.rotatedFraction = rotatedFraction
    self.pairedFraction = pairedFraction
    self.yarn = yarn
    self.llama3 = llama3
    self.divisors = divisors
  }
}

/// Llama 3.1's scaling of the rotary embedding (`rope_type: llama3`): pairs that turn slowly are slowed by a factor, fast
/// ones are left alone, those between are slowed in part.
package struct Llama3Scaling: Sendable, Hashable {
  package let factor: Double
  /// Wavelengths beyond the trained positions divided by this are slow.
  package let lowFrequencyFactor: Double
  /// Those below the trained positions divided by this are fast.
  package let highFrequencyFactor: Double
  package let trainedPositions: Double
}

/// YaRN (Peng et al. 2023): pairs that turn often within the original context keep their speed, slow ones are slowed by the
/// factor, and those between by a share of it.
package struct YarnSettings: Sendable, Hashable {
  package var originalPositions: Double
  /// Turns within the original context from which a pair keeps its speed, and up to which it is slowed in full.
  package var fastTurns = 32.0
  package var slowTurns = 1.0
  /// Whether the borders are whole pairs.
  package var truncates = true
  /// What cosines and sines are multiplied by.
  package var magnitude: Double
}

/// What one layer does that its neighbours may not.
package struct LayerConfiguration: Sendable, Equatable {
  /// Its place among the layers, from 0.
  package let index: Int
  /// Positions a query sees, its own included; nil in a global layer.
  package let window: Int?
  /// Numbers in a query, key or value of one head.
  package let headSize: Int
  package let keyValueHeadCount: Int
  package internal(set) var rotary: RotarySettings
  package let feedForwardSize: Int
  /// The layer whose keys and values this one attends to: its own index, or an earlier layer's.
  package let keyValueLayer: Int
  /// Whether one projection makes both keys and values.
  package let usesKeysAsValues: Bool
  /// The share of the gate's activations that are cut to zero, by their mean and deviation; 0 for none.
  package let activationSparsity: Double

  package var isLocal: Bool { window != nil }
  /// Whether the layer adds keys and values to the cache, rather than reading an earlier layer's.
  package var storesKeysAndValues: Bool { keyValueLayer == index }
}

/// Inputs that each layer gets beside the residual stream: an embedding of the token, and a projection of the main one.
package struct PerLayerInputSettings: Sendable, Equatable {
  /// Numbers of one layer's input.
  package let size: Int
  /// Tokens that have such an embedding; those beyond take that of token 0.
  package let vocabularySize: Int
}

/// Several residual streams of which a layer computes one and predicts the others (AltUp, Baykal et al. 2023), with a
/// low-rank path beside attention (LAuReL, Menghani et al. 2024).
package struct AlternatingUpdateSettings: Sendable, Equatable {
  package let streamCount: Int
  /// The stream that goes through attention and feed-forward.
  package let activeStream: Int
  /// Whether the computed stream is scaled number by number before it meets the per-layer input.
  package let scalesCorrected: Bool
  package let laurelRank: Int
}

/// A mixture of experts beside each layer's feed-forward network.
package struct ExpertSettings: Sendable, Equatable {
  package let count: Int
  /// Experts that a token goes through.
  package let countPerToken: Int
  package let feedForwardSize: Int
}
