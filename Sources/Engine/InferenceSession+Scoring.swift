import GemmaModel
import Support

/// The log-probability of one continuation after a context.
public struct ContinuationScore: Sendable, Equatable {
  /// Natural-log probability of each token of the continuation. // [tokens]
  public let logProbabilities: [Float]
  /// Whether every token of the continuation was the most probable one at its place.
  public let isGreedy: Bool
  /// Tokens of context and continuation together.
  public let tokenCount: Int
  /// Tokens that were dropped from the front of the context so that it fits; 0 almost always.
  public let truncatedTokens: Int

  /// The natural-log probability of the whole continuation.
  public var logLikelihood: Double { logProbabilities.reduce(0) { $0 + Double($1) } }
}

extension InferenceSession {
  /// Scores each continuation after one context, as texts.
  ///
  /// Tokens are divided as lm-evaluation-harness does it (lm_eval/api/model.py, `_encode_pair`): white space at the end
  /// of the context belongs to the continuation; the context's tokens are those of the context alone, and the
  /// continuation's are those of the whole beyond their count. Where letters join across the border the two do not make
  /// up the whole; the scores are the harness's all the same.
  public func score(context: String, continuations: [String]) throws(BenchmarkError) -> [ContinuationScore] {
    let scalars = context.unicodeScalars
    let end = scalars.lastIndex { !PythonText.isSpace($0) }
    let cut = end.map { scalars.index(after: $0) } ?? scalars.startIndex
    let contextTokens = try model.promptTokens(String(scalars[..<cut]))
    var scores: [ContinuationScore] = []
    for continuation in continuations {
      let whole = model.tokenizer.encode(context + continuation, addBeginningOfSequence: true)
      if whole.count <= contextTokens.count {
        throw BenchmarkError(
          .invalidArgument, "the continuation \"\(continuation)\" adds no token to its context; it cannot be scored")
      }
      scores.append(try score(context: contextTokens, continuation: Array(whole[contextTokens.count...])))
    }
    return scores
  }

  /// Scores a continuation after a context, as tokens; the context begins with BOS.
  ///
  /// A context too long is cut after its first token, so that BOS, without which Gemma is another model, stays.
  public func score(context: [Int32], continuation: [Int32]) throws(BenchmarkError) -> ContinuationScore {
    if context.isEmpty || continuation.isEmpty {
      throw BenchmarkError(.invalidArgument, "context and continuation need at least one token each")
    }
    let capacity = model.contextLength
    if continuation.count >= capacity {
      throw BenchmarkError(
        .invalidArgument, "a continuation of \(continuation.count) tokens does not fit the context length \(capacity)")
    }
    try check(context)
    try check(continuation)
    let excess = max(0, context.count + continuation.count - 1 - capacity)
    var input = context
    if excess > 0 {
      input = context.count > excess + 1 ? [context[0]] + context[(excess + 1)...] : Array(context[excess...])
    }
    input += continuation.dropLast()
    let logits = try self.logits(of: input, logitCount: continuation.count)
    var isGreedy = true
    var logProbabilities: [Float] = []
    logProbabilities.reserveCapacity(continuation.count)
    for (row, token) in continuation.enumerated() {
      let best = logits.greatest(row)
      if best != token { isGreedy = false }
      logits.withRow(row) { values in
        logProbabilities.append(
          LogSoftmax.logProbability(
            of: Int(token), in: UnsafeBufferPointer(values), maximum: values[Int(best)]))
      }
    }
    return ContinuationScore(
      logProbabilities: logProbabilities, isGreedy: isGreedy, tokenCount: context.count + continuation.count,
      truncatedTokens: excess)
  }

  /// Throws for a token that is not of the vocabulary.
  func check(_ tokens: [Int32]) throws(BenchmarkError) {
    let size = model.language.configuration.vocabularySize
    if let token = tokens.first(where: { $0 < 0 || $0 >= size }) {
      throw BenchmarkError(.invalidArgument, "token \(token): the vocabulary has the ids 0 to \(size - 1)")
    }
  }
}
