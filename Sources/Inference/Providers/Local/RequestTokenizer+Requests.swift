import Evaluation
import Support

extension RequestTokenizer {
  /// Divides each continuation after one context into tokens.
  ///
  /// Tokens are divided as lm-evaluation-harness does it (lm_eval/api/model.py, `_encode_pair`): white space at the end
  /// of the context belongs to the continuation; the context's tokens are those of the context alone, and the
  /// continuation's are those of the whole beyond their count. Where letters join across the border the two do not make
  /// up the whole; the scores are the harness's all the same.
  package func scoreRequests(
    context: String, continuations: [String], cut: PromptCut = .afterBeginning
  ) throws(BenchmarkError) -> [ScoreRequest] {
    // Behind an empty context the harness puts nothing around the continuation, and BOS alone before it; of a model without BOS
    // the end of the text before (`prefix_token_id`).
    let contextTokens: [Int32]
    var before: [Int32] = []
    if context.isEmpty, let first = tokenizer.beginningOfSequence {
      contextTokens = [first]
    } else if scoredContext(context).isEmpty, tokenizer.beginningOfSequence == nil, let end = tokenizer.endOfSequence {
      before = [end]
      contextTokens = before
    } else {
      contextTokens = try promptTokens(scoredContext(context))
    }
    var requests: [ScoreRequest] = []
    for continuation in continuations {
      var whole = before + tokenizer.encode(context + continuation, addBeginningOfSequence: !context.isEmpty)
      if context.isEmpty, before.isEmpty, whole.first != tokenizer.beginningOfSequence { whole = contextTokens + whole }
      if whole.count <= contextTokens.count {
        throw BenchmarkError(
          .invalidArgument, "the continuation \"\(continuation)\" adds no token to its context; it cannot be scored")
      }
      requests.append(
        try scoreRequest(context: contextTokens, continuation: Array(whole[contextTokens.count...]), cut: cut))
    }
    return requests
  }

  /// A continuation after a context, as tokens; the context begins with BOS.
  ///
  /// Of a context too long some tokens go, as `cut` says.
  package func scoreRequest(
    context: [Int32], continuation: [Int32], cut: PromptCut = .afterBeginning
  ) throws(BenchmarkError) -> ScoreRequest {
    if context.isEmpty || continuation.isEmpty {
      throw BenchmarkError(.invalidArgument, "context and continuation need at least one token each")
    }
    if continuation.count >= contextLength {
      throw BenchmarkError(
        .invalidArgument,
        "a continuation of \(continuation.count) tokens does not fit the context length \(contextLength)")
    }
    try check(context)
    try check(continuation)
    let excess = max(0, context.count + continuation.count - 1 - contextLength)
    return ScoreRequest(
      context: cut.cut(context, excess: excess), continuation: continuation,
      tokenCount: context.count + continuation.count,
      truncatedTokens: excess)
  }

  /// A prompt to be continued; BOS stands in front. One that would leave no room for `maximumTokens` and a thinking budget
  /// is cut; thoughts without a budget take what the context leaves behind it.
  package func generationRequest(
    prompt: String, stops: [String], maximumTokens: Int, sampling: SamplingParameters = .greedy,
    thinking: Thinking? = nil, cut: PromptCut = .afterBeginning
  ) throws(BenchmarkError) -> GenerationRequest {
    if maximumTokens < 1 || maximumTokens >= contextLength {
      throw BenchmarkError(
        .invalidArgument,
        "max_tokens \(maximumTokens): must be between 1 and \(contextLength - 1) to fit the context length")
    }
    if stops.contains("") { throw BenchmarkError(.invalidArgument, "an empty stop text would end every generation") }
    var own = try thinking.map { (thinking) throws(BenchmarkError) in
      try thinkingTokens(thinking, maximumTokens: maximumTokens)
    }
    let needed = own?.mostTokens ?? maximumTokens
    if needed >= contextLength, let budget = thinking?.budget {
      throw BenchmarkError(
        .invalidArgument,
        "thinking budget \(budget) and max_tokens \(maximumTokens) do not fit the context length \(contextLength); lower them"
      )
    }
    let tokens = try promptTokens(prompt)
    let excess = max(0, tokens.count - (contextLength - needed))
    let kept = cut.cut(tokens, excess: excess)
    var ends = endTokens(after: tokens)
    if let thinking {
      if thinking.budget == nil { own?.mostTokens = contextLength - kept.count }
      // What opens or closes a thought does not end the text, whatever the configuration says.
      for marker in [thinking.markers.opening, thinking.markers.closing] {
        if let token = tokenizer.token(of: marker) { ends.remove(token) }
      }
    }
    return GenerationRequest(
      prompt: kept, promptTokenCount: tokens.count, truncatedTokens: excess, stops: stops, maximumTokens: maximumTokens,
      endTokens: ends, sampling: sampling, thinking: own)
  }

  /// The part of a context that is divided into tokens by itself: white space at its end goes to the continuation.
  private func scoredContext(_ context: String) -> String {
    let scalars = context.unicodeScalars
    let end = scalars.lastIndex { !PythonText.isSpace($0) }
    return String(scalars[..<(end.map { scalars.index(after: $0) } ?? scalars.startIndex)])
  }

  /// Throws for a token without a row in the embedding table: a number that is no token, or an entry of the tokenizer
  /// that the weights have nothing for, such as `<image_soft_token>` of text-only checkpoints.
  func check(_ tokens: [Int32]) throws(BenchmarkError) {
    let size = configuration.vocabularySize
    guard let token = tokens.first(where: { $0 < 0 || $0 >= size }) else { return }
    guard let text = tokenizer.text(of: token) else {
      throw BenchmarkError(.invalidArgument, "token \(token): the vocabulary has the ids 0 to \(size - 1)")
    }
    throw BenchmarkError(
      .invalidArgument,
      "token \(token), \(text): the model's embedding table has only \(size) rows; leave it out of the text")
  }
}
