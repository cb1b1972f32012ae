import Evaluation

/// A generation as tokens, and what it took.
package struct Generation: Sendable {
  /// The text, cut before the first stop.
  package let text: String
  /// Every token that was made, those of a stop and of the end included.
  package let tokens: [Int32]
  package let promptTokenCount: Int
  /// Tokens that were dropped from the front of the prompt so that it fits.
  package let truncatedTokens: Int
  package let finishReason: FinishReason
  /// Seconds of reading the prompt and of making tokens: its share of the passes that it was in.
  package let prefillSeconds: Double
  package let decodeSeconds: Double
}
