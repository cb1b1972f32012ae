import Evaluation
import Support

/// Requests as tokens, side by side, and what has come of each: the way from `Evaluation.Request` to `Evaluation.Answer`.
///
/// A request has one part or several, which run, and are cached, each by itself: a continuation after its context, a window of
/// a whole text, a repeat of a generation. One that is timed has none: it runs alone.
struct RequestParts: Sendable {
  let requests: [Request]
  /// The parts of all requests, one request after another.
  let parts: [TokenRequest]
  /// Where each request's parts lie. // [requests]
  let places: [Range<Int>]
  /// The request of each part. // [parts]
  private let owners: [Int]
  private let costs: RequestCosts
  /// The generation of each request that is timed. // [requests]
  private let timed: [GenerationRequest?]
  /// What has come of each part. // [parts]
  private var responses: [(response: TokenResponse, seconds: Double, isFound: Bool)?]
  /// Parts of each request that are still to come. // [requests]
  private var missing: [Int]

  /// Divides requests into tokens.
  ///
  /// Errors: what cannot be scored or generated, such as an empty continuation.
  ///
  /// - Parameter cut: which tokens go where a context is too long; of what is timed always those behind BOS.
  init(_ requests: [Request], _ tokenizer: RequestTokenizer, cut: PromptCut = .afterBeginning)
    throws(BenchmarkError)
  {
    var parts: [TokenRequest] = []
    var places: [Range<Int>] = []
    var owners: [Int] = []
    var timed: [GenerationRequest?] = []
    for (index, request) in requests.enumerated() {
      let own = try tokenizer.tokenRequests(request, cut: cut)
      places.append(parts.count..<parts.count + own.count)
      owners += own.map { _ in index }
      parts += own
      if case .timing(let prompt, let tokens, _, _) = request {
        timed.append(try tokenizer.generationRequest(prompt: prompt, stops: [], maximumTokens: tokens))
      } else {
        timed.append(nil)
      }
    }
    self.requests = requests
    self.parts = parts
    self.places = places
    self.owners = owners
    self.timed = timed
    costs = RequestCosts(parts)
    responses = Array(repeating: nil, count: parts.count)
    missing = places.map(\.count)
  }

  /// What running all requests takes.
  var estimate: RequestEstimate {
    var estimate = RequestEstimate()
    estimate.heldTokens = costs.held.reduce(0, +)
    estimate.computedTokens = costs.computed.reduce(0, +)
    for part in parts {
      switch part {
      // The continuations of one sample share the row behind their context.
      case .score(let request): estimate.logitRows += request.continuation.count - 1
      case .generate(let request):
        estimate.logitRows += 1
        estimate.generatedTokens += request.estimatedTokens
      }
    }
    for (index, request) in requests.enumerated() {
      switch request {
      case .logLikelihood, .rollingLogLikelihood: estimate.logitRows += 1
      case .generation: break
      case .timing(_, let tokens, let repetitions, let warmup):
        let times = repetitions + warmup
        let promptTokens = times * (timed[index]?.prompt.count ?? 0)
        estimate.heldTokens += promptTokens
        estimate.computedTokens += promptTokens
        estimate.logitRows += times
        estimate.generatedTokens += times * tokens
        estimate.runsAlone = true
      }
    }
    return estimate
  }

  /// Takes the response to a part; returns the request with its answer once all of its parts are there.
  ///
  /// - Parameters:
  ///   - seconds: that the response took when it was made.
  ///   - isFound: whether it was made for an earlier request.
  mutating func take(_ part: Int, _ response: TokenResponse, seconds: Double, isFound: Bool = false)
    -> (request: Int, answer: Answer)?
  {
    let request = owners[part]
    responses[part] = (response, seconds, isFound)
    missing[request] -= 1
    return missing[request] > 0 ? nil : (request, answer(to: request))
  }

  /// The responses to a request's parts by their places, while they are held.
  func responses(to request: Int) -> [(part: Int, response: TokenResponse, seconds: Double, isFound: Bool)] {
    places[request].compactMap { part in
      responses[part].map { (part, $0.response, $0.seconds, $0.isFound) }
    }
  }

  /// Lets go of the responses to a request's parts once they are not needed any more.
  mutating func forget(_ request: Int) {
    for part in places[request] { responses[part] = nil }
  }

  /// The answer to a request that was timed: the generations of the warm-up come first.
  func answer(to index: Int, _ timed: [TimedGeneration]) -> Answer {
    guard case .timing(_, let outputTokens, _, let warmup) = requests[index], let request = self.timed[index] else {
      return Answer(response: .measured([]), usage: Usage(), tokens: [], logProbabilities: nil, seconds: 0)
    }
    let counted = timed.dropFirst(warmup).map(\.measurement)
    let tokens = timed.dropFirst(warmup).first?.tokens ?? []
    let usage = Usage(
      promptTokens: request.promptTokenCount, outputTokens: tokens.count, truncatedTokens: request.truncatedTokens,
      // Nothing is shared: each generation reads the prompt whole, the warm-up's too.
      computedTokens: timed.count * (request.prompt.count + outputTokens - 1))
    return Answer(
      response: .measured(Array(counted)), usage: usage, tokens: tokens, logProbabilities: nil,
      seconds: counted.reduce(0) { $0 + $1.seconds })
  }

  private func answer(to index: Int) -> Answer {
    let own = responses(to: index)
    let held = costs.held[places[index]].reduce(0, +)
    let computed = costs.computed[places[index]].reduce(0, +)
    var usage = Usage(computedTokens: computed, reusedTokens: held - computed)
    var response: Response
    var tokens: [Int32] = []
    var logProbabilities: [Float]?
    switch requests[index] {
    case .logLikelihood, .rollingLogLikelihood:
      var scores: [ContinuationScore] = []
      for case (_, .score(let score), _, _) in own { scores.append(score) }
      response = .logLikelihoods(scores.map(\.evaluated))
      if case .rollingLogLikelihood = requests[index] { response = .logLikelihoods([ContinuationScore.sum(scores)]) }
      for case .score(let request) in parts[places[index]] { tokens += request.continuation }
      logProbabilities = scores.flatMap(\.logProbabilities)
      // What stands before several continuations is one prompt.
      usage.promptTokens = promptTokens(of: index, scores)
      usage.outputTokens = scores.reduce(0) { $0 + $1.logProbabilities.count }
      usage.truncatedTokens = scores.map(\.truncatedTokens).max() ?? 0
    case .generation(let text):
      var made: [Generation] = []
      for case (_, .generate(let generation), _, _) in own { made.append(generation) }
      // A greedy text is the same each time, and made once.
      let texts = made.count == 1 ? Array(repeating: made[0], count: max(1, text.repeats)) : made
      response = .generated(texts.map(\.evaluated))
      tokens = made.flatMap(\.tokens)
      usage.promptTokens = made.first?.promptTokenCount ?? 0
      usage.outputTokens = made.reduce(0) { $0 + $1.tokens.count }
      usage.truncatedTokens = made.first?.truncatedTokens ?? 0
      // Every token made but the last goes through the model again.
      usage.computedTokens += made.reduce(0) { $0 + max(0, $1.tokens.count - 1) }
    case .timing: response = .measured([])  // has no parts
    }
    return Answer(
      response: response, usage: usage, tokens: tokens, logProbabilities: logProbabilities,
      seconds: own.reduce(0) { $0 + $1.seconds })
  }

  /// The tokens of the contexts: of one that all continuations follow, once.
  private func promptTokens(of index: Int, _ scores: [ContinuationScore]) -> Int {
    let counts = scores.map { $0.tokenCount - $0.logProbabilities.count }
    if case .logLikelihood(let contexts, _) = requests[index], contexts.count > 1 { return counts.reduce(0, +) }
    return counts.first ?? 0
  }
}

extension ContinuationScore {
  /// The score as a scorer sees it.
  var evaluated: LogLikelihood {
    LogLikelihood(value: logLikelihood, tokenCount: logProbabilities.count, isGreedy: isGreedy)
  }

  /// The scores of the windows of one text together.
  static func sum(_ scores: [ContinuationScore]) -> LogLikelihood {
    LogLikelihood(
      value: scores.reduce(0) { $0 + $1.logLikelihood },
      tokenCount: scores.reduce(0) { $0 + $1.logProbabilities.count },
      isGreedy: scores.allSatisfy(\.isGreedy))
  }
}

extension Generation {
  /// The text as a scorer sees it.
  var evaluated: GeneratedText {
    GeneratedText(
      text: text, finishReason: finishReason, outputTokens: tokens.count, answerTokens: answerTokens, thought: thought,
      isLooping: finishReason == .length && TextLoop.find(tokens) != nil)
  }
}
