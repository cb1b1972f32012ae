/// The log-probability of one continuation after a context.
package struct ContinuationScore: Sendable, Equatable {
  /// Natural-log probability of each token of the continuation. // [tokens]
  package let logProbabilities: [Float]
  /// Whether every token of the continuation was the most probable one at its place.
  package let isGreedy: Bool
  /// Tokens of context and continuation together.
  package let tokenCount: Int
  /// Tokens that were dropped from the front of the context so that it fits; 0 almost always.
  package let truncatedTokens: Int

  /// The natural-log probability of the whole continuation.
  package var logLikelihood: Double { logProbabilities.reduce(0) { $0 + Double($1) } }
}

/// A score in the making; its tokens come in any order.
struct ScoreInProgress {
  let request: ScoreRequest
  private var logProbabilities: [Float]
  private var isGreedy = true
  private var missing: Int

  init(_ request: ScoreRequest) {
    self.request = request
    missing = request.continuation.count
    logProbabilities = Array(repeating: 0, count: missing)
  }

  var isComplete: Bool { missing == 0 }

  /// Takes what the logits say of token `index` of the continuation, before which they stand.
  mutating func take(_ index: Int, logProbability: Float, greatest: Int32) {
    logProbabilities[index] = logProbability
    if greatest != request.continuation[index] { isGreedy = false }
    missing -= 1
  }

  var result: ContinuationScore {
    ContinuationScore(
      logProbabilities: logProbabilities, isGreedy: isGreedy, tokenCount: request.tokenCount,
      truncatedTokens: request.truncatedTokens)
  }
}
