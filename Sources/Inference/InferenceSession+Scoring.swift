import Support

extension InferenceSession {
  /// Scores each continuation after one context, as texts; see `Model.scoreRequests`.
  package func score(context: String, continuations: [String]) throws(BenchmarkError) -> [ContinuationScore] {
    var scores: [ContinuationScore] = []
    for request in try model.scoreRequests(context: context, continuations: continuations) {
      scores.append(try score(request))
    }
    return scores
  }

  /// Scores a continuation after a context, as tokens; the context begins with BOS. See `Model.scoreRequest`.
  package func score(context: [Int32], continuation: [Int32]) throws(BenchmarkError) -> ContinuationScore {
    try score(try model.scoreRequest(context: context, continuation: continuation))
  }

  func score(_ request: ScoreRequest) throws(BenchmarkError) -> ContinuationScore {
    let logits = try self.logits(of: request.input, logitCount: request.continuation.count)
    var score = ScoreInProgress(request)
    for row in 0..<request.continuation.count { score.take(row, from: logits, row: row) }
    return score.result
  }
}
