import Evaluation
import Support

extension RequestTokenizer {
  /// The parts of a request, as tokens; none of one that is timed.
  func tokenRequests(_ request: Request, cut: PromptCut) throws(BenchmarkError) -> [TokenRequest] {
    switch request {
    case .logLikelihood(let contexts, let continuations):
      if contexts.count == 1 {
        return try scoreRequests(context: contexts[0], continuations: continuations, cut: cut).map { .score($0) }
      }
      var parts: [TokenRequest] = []
      for (context, continuation) in try request.pairs() {
        parts += try scoreRequests(context: context, continuations: [continuation], cut: cut).map { .score($0) }
      }
      return parts
    case .rollingLogLikelihood(let text, let stride):
      return try rollingRequests(text: text, stride: stride).map { .score($0) }
    case .generation(let text):
      if text.repeats < 1 {
        throw BenchmarkError(.invalidArgument, "repeats \(text.repeats): must be 1 or more")
      }
      let sampling = text.sampling
      let first = try generationRequest(
        prompt: text.prompt, stops: text.stop, maximumTokens: text.maxTokens, sampling: sampling,
        thinking: text.thinking, cut: cut)
      // A greedy text is the same each time.
      return (0..<(sampling.temperature == 0 ? 1 : text.repeats)).map {
        var one = first
        one.sampling = sampling.ofRepeat($0)
        return .generate(one)
      }
    case .timing: return []  // runs alone
    }
  }

  /// The request as the context length allows it: one for more tokens than fit beside any prompt is for those that fit. A
  /// thinking budget gives way before the answer does.
  package func fitted(_ request: Request) throws(BenchmarkError) -> Request {
    guard case .generation(var text) = request else { return request }
    if let least = text.leastTokens {
      text.leastTokens = nil
      // The length is nobody's wish: the prompt stays whole, and so does a budget.
      let others = try text.thinking.map { (thinking) throws(BenchmarkError) in
        try thinkingTokens(thinking, maximumTokens: 0).mostTokens
      }
      let (taken, isTooMuch) = try promptTokens(text.prompt).count.addingReportingOverflow(others ?? 0)
      text.maxTokens = min(text.maxTokens, max(least, isTooMuch ? 0 : contextLength - taken))
    }
    let needed = try text.thinking.map { (thinking) throws(BenchmarkError) in
      try thinkingTokens(thinking, maximumTokens: text.maxTokens).mostTokens
    }
    if (needed ?? text.maxTokens) < contextLength { return .generation(text) }
    // No prompt would be left, which the harness refuses; half of the context is enough for most.
    let room = contextLength - min(try promptTokens(text.prompt).count, contextLength / 2)
    if let budget = text.thinking?.budget, let needed {
      let markers = needed - text.maxTokens - budget
      text.maxTokens = min(text.maxTokens, max(1, room - markers))
      text.thinking?.budget = min(budget, max(0, room - markers - text.maxTokens))
    } else {
      text.maxTokens = room
    }
    return .generation(text)
  }

  /// The windows that score every token of a text once, each with as much of the text before it as fits.
  ///
  /// They are lm-evaluation-harness's (lm_eval/utils.py, `get_rolling_token_windows` with `context_len` 1 and
  /// `make_disjoint_window`; lm_eval/models/huggingface.py, `loglikelihood_rolling`): the text's tokens with BOS in front, which
  /// is scored too, after BOS as what stands before the text; then windows that end the context length later each, or the
  /// stride (`context_len` is then the context length less the stride, plus 1).
  ///
  /// Errors: a stride below 1.
  func rollingRequests(text: String, stride: Int? = nil) throws(BenchmarkError) -> [ScoreRequest] {
    if let stride, stride < 1 {
      throw BenchmarkError(.invalidArgument, "stride \(stride): must be 1 or more", key: "stride")
    }
    let tokens = try promptTokens(text)
    var requests: [ScoreRequest] = []
    var scored = 0
    while scored < tokens.count {
      let end = min(tokens.count, scored + (scored == 0 ? contextLength : min(stride ?? contextLength, contextLength)))
      // The first window follows BOS alone; the last is filled up with what stands before it.
      let start = max(0, end - contextLength - 1)
      let context = scored == 0 ? [tokens[0]] : Array(tokens[start..<scored])
      requests.append(
        ScoreRequest(
          context: context, continuation: Array(tokens[scored..<end]), tokenCount: context.count + end - scored,
          truncatedTokens: 0))
      scored = end
    }
    return requests
  }
}
