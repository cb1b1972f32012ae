import Evaluation
import Support

extension LocalProvider {
  package func run(
    _ requests: [Request], _ options: RunOptions, onPass: (RunState) throws(BenchmarkError) -> Bool,
    onAnswer: (_ index: Int, _ answer: Answer, _ isFound: Bool) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    var parts = try RequestParts(requests, requestTokenizer, cut: .fromLeft)
    let wanted = requests.indices.filter { !options.answered.contains($0) }
    let (left, hasFound) = try find(&parts, wanted, options.cache, onAnswer)
    var state = RunState()
    if hasFound, try !onPass(state) { return }
    for index in wanted where requests[index].isTimed {
      let timed = try measured(requests[index], options.measuring) { () throws(BenchmarkError) in try onPass(state) }
      guard let timed else { return }
      let steps = timed.reduce(0) { $0 + $1.tokens.count - 1 }
      state.computedTokens += timed.reduce(0) { $0 + $1.measurement.promptTokens } + steps
      state.generatedTokens += steps
      try onAnswer(index, parts.answer(to: index, timed), false)
      if try !onPass(state) { return }
    }
    if left.isEmpty { return }
    let before = state
    let scheduler = try scheduler(options.limits)
    try scheduler.run(
      left.map { parts.parts[$0] }, isEnding: options.isEnding,
      onPass: { _ throws(BenchmarkError) in
        state.computedTokens = before.computedTokens + scheduler.tokensComputed
        state.generatedTokens = before.generatedTokens + scheduler.tokensGenerated
        state.underWay = scheduler.generationCount
        return try onPass(state)
      }
    ) { place, response, seconds throws(BenchmarkError) in
      guard let (index, answer) = parts.take(left[place], response, seconds: seconds) else { return }
      try onAnswer(index, answer, false)
      if let cache = options.cache {
        for (part, response, seconds, isFound) in parts.responses(to: index) where !isFound {
          cache.add(parts.parts[part].cacheKey, response.stored, seconds: seconds)
        }
      }
      parts.forget(index)
    }
  }

  /// Takes the responses that the cache has; returns the parts that are left, and whether any request is answered.
  private func find(
    _ parts: inout RequestParts, _ wanted: [Int], _ cache: (any ResponseCaching)?,
    _ onAnswer: (Int, Answer, Bool) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> (left: [Int], hasFound: Bool) {
    var left: [Int] = []
    var hasFound = false
    for index in wanted {
      for part in parts.places[index] {
        guard let found = cache?.response(to: parts.parts[part].cacheKey),
          let response = TokenResponse(stored: found.value)
        else {
          left.append(part)
          continue
        }
        guard let (_, answer) = parts.take(part, response, seconds: found.seconds, isFound: true) else { continue }
        try onAnswer(index, answer, true)
        parts.forget(index)
        hasFound = true
      }
    }
    return (left, hasFound)
  }
}

extension LocalProvider {
  /// Continues a prompt, greedily unless a sampling is given: the most probable token each time, the lowest id among equals.
  ///
  /// BOS stands in front of the prompt, once. A prompt that opens a turn of a chat is answered until the turn ends. A
  /// prompt that would leave no room for `maximumTokens` is cut after BOS. The
  /// stops are looked for in the answer, and it is cut before the first of them. `onToken` sees each token, the text it adds
  /// and the part that this belongs to, and ends the generation by returning false; see `Scheduler.run`.
  package func generate(
    prompt: String, stops: [String], maximumTokens: Int, sampling: SamplingParameters = .greedy,
    thinking: Thinking? = nil, onToken: ((Int32, String, TextPart) -> Bool)? = nil
  ) throws(BenchmarkError) -> Generation {
    let request = try requestTokenizer.generationRequest(
      prompt: prompt, stops: stops, maximumTokens: maximumTokens, sampling: sampling, thinking: thinking)
    return try generate(request, onToken: onToken)
  }

  func generate(
    _ request: GenerationRequest, onToken: ((Int32, String, TextPart) -> Bool)? = nil
  ) throws(BenchmarkError) -> Generation {
    var made: Generation?
    try scheduler().run(
      [.generate(request)],
      onToken: onToken.map { see in { _, token, text, part in see(token, text, part) } }
    ) { _, response, _ in
      if case .generate(let generation) = response { made = generation }
    }
    guard let made else { throw BenchmarkError(.internalError, "internal error: a generation has no response") }
    return made
  }

  /// Scores each continuation after one context, as texts; see `RequestTokenizer.scoreRequests`.
  package func score(context: String, continuations: [String]) throws(BenchmarkError) -> [ContinuationScore] {
    try score(try requestTokenizer.scoreRequests(context: context, continuations: continuations))
  }

  /// Scores a continuation after a context, as tokens; the context begins with BOS. See `RequestTokenizer.scoreRequest`.
  package func score(context: [Int32], continuation: [Int32]) throws(BenchmarkError) -> ContinuationScore {
    try score([try requestTokenizer.scoreRequest(context: context, continuation: continuation)])[0]
  }

  func score(_ requests: [ScoreRequest]) throws(BenchmarkError) -> [ContinuationScore] {
    var scores = [ContinuationScore?](repeating: nil, count: requests.count)
    try scheduler().run(requests.map { .score($0) }) { index, response, _ in
      if case .score(let score) = response { scores[index] = score }
    }
    return scores.compactMap { $0 }
  }
}
