import Evaluation

/// A generation as tokens, and what it took.
package struct Generation: Sendable {
  /// The text, cut before the first stop, without thoughts that are kept apart.
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
  /// What was thought before the answer, and how many of the tokens are the answer's; nil where thoughts are not kept apart,
  /// and the thought also where there was none.
  package var thought: Thought? = nil
  package var answerTokens: Int? = nil
}
