import Evaluation
import Support

/// Requests as tokens, side by side, and what has come of each: the way from `Evaluation.Request` to `Evaluation.Response`.
///
/// A request has one part or several, which run, and are cached, each by itself: a continuation after its context, a window of
/// a whole text, a repeat of a generation.
package struct RequestBatch: Sendable {
  package let requests: [Request]
  /// The parts of all requests, one request after another.
  package let parts: [TokenRequest]
  /// Where each request's parts lie. // [requests]
  package let places: [Range<Int>]
  /// The request of each part. // [parts]
  private let owners: [Int]
  private let costs: RequestCosts
  /// What has come of each part. // [parts]
  private var responses: [(response: TokenResponse, seconds: Double)?]
  /// Parts of each request that are still to come. // [requests]
  private var missing: [Int]

  /// Divides requests into tokens.
  ///
  /// Errors: what cannot be scored or generated, such as an empty continuation.
  ///
  /// - Parameter cut: which tokens go where a context is too long.
  package init(_ requests: [Request], model: some RequestMaking, cut: PromptCut = .afterBeginning)
    throws(BenchmarkError)
  {
    var parts: [TokenRequest] = []
    var places: [Range<Int>] = []
    var owners: [Int] = []
    for (index, request) in requests.enumerated() {
      let own = try model.tokenRequests(request, cut: cut)
      places.append(parts.count..<parts.count + own.count)
      owners += own.map { _ in index }
      parts += own
    }
    self.requests = requests
    self.parts = parts
    self.places = places
    self.owners = owners
    costs = RequestCosts(parts)
    responses = Array(repeating: nil, count: parts.count)
    missing = places.map(\.count)
  }

  /// Tokens that the parts hold before their first answers, and those of them that go through the model.
  package var heldTokens: Int { costs.asked.reduce(0, +) }
  package var computedTokens: Int { costs.computed.reduce(0, +) }

  /// Takes the response to a part; returns the request with its answer once all of its parts are there.
  ///
  /// - Parameter seconds: that the response took when it was made.
  package mutating func take(_ part: Int, _ response: TokenResponse, seconds: Double) -> (request: Int, answer: Answer)?
  {
    let request = owners[part]
    responses[part] = (response, seconds)
    missing[request] -= 1
    return missing[request] > 0 ? nil : (request, answer(to: request))
  }

  /// The responses to a request's parts by their places, while they are held.
  package func responses(to request: Int) -> [(part: Int, response: TokenResponse, seconds: Double)] {
    places[request].compactMap { part in responses[part].map { (part, $0.response, $0.seconds) } }
  }

  /// Lets go of the responses to a request's parts once they are not needed any more.
  package mutating func forget(_ request: Int) {
    for part in places[request] { responses[part] = nil }
  }

  private func answer(to index: Int) -> Answer {
    let own = responses(to: index)
    let held = costs.asked[places[index]].reduce(0, +)
    let computed = costs.computed[places[index]].reduce(0, +)
    var usage = Usage(computedTokens: computed, reusedTokens: held - computed)
    var response: Response
    var tokens: [Int32] = []
    var logProbabilities: [Float]?
    switch requests[index] {
    case .logLikelihood, .rollingLogLikelihood:
      var scores: [ContinuationScore] = []
      for case (_, .score(let score), _) in own { scores.append(score) }
      response = .logLikelihoods(scores.map(\.evaluated))
      if case .rollingLogLikelihood = requests[index] { response = .logLikelihoods([ContinuationScore.sum(scores)]) }
      for case .score(let request) in parts[places[index]] { tokens += request.continuation }
      logProbabilities = scores.flatMap(\.logProbabilities)
      // What stands before several continuations is one prompt.
      usage.promptTokens = promptTokens(of: index, scores)
      usage.outputTokens = scores.reduce(0) { $0 + $1.logProbabilities.count }
      usage.truncatedTokens = scores.map(\.truncatedTokens).max() ?? 0
    case .generation(_, _, _, _, let repeats):
      var made: [Generation] = []
      for case (_, .generate(let generation), _) in own { made.append(generation) }
      // A greedy text is the same each time, and made once.
      let texts = made.count == 1 ? Array(repeating: made[0], count: max(1, repeats)) : made
      response = .generated(texts.map(\.evaluated))
      tokens = made.flatMap(\.tokens)
      usage.promptTokens = made.first?.promptTokenCount ?? 0
      usage.outputTokens = made.reduce(0) { $0 + $1.tokens.count }
      usage.truncatedTokens = made.first?.truncatedTokens ?? 0
      // Every token made but the last goes through the model again.
      usage.computedTokens += made.reduce(0) { $0 + max(0, $1.tokens.count - 1) }
    case .timing:
      var timed: [TimedGeneration] = []
      for case (_, .measure(let generations), _) in own { timed += generations }
      response = .measured(timed.map(\.measurement))
      tokens = timed.first?.tokens ?? []
      if case .measure(let request) = parts[places[index].lowerBound] {
        usage.promptTokens = request.generation.promptTokenCount
        usage.truncatedTokens = request.generation.truncatedTokens
      }
      usage.outputTokens = tokens.count
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
  var evaluated: GeneratedText { GeneratedText(text: text, finishReason: finishReason, outputTokens: tokens.count) }
}

extension RequestRunner {
  /// Runs requests and gives the answer to each; where `onPass` ended the run early, the rest have none. // [requests]
  package func answers(
    to requests: [Request], cut: PromptCut = .afterBeginning, onPass: () -> Bool = { true }
  ) throws(BenchmarkError) -> [Answer?] {
    var batch = try RequestBatch(requests, model: model, cut: cut)
    var answers = [Answer?](repeating: nil, count: requests.count)
    try run(batch.parts, onPass: onPass) { part, response, seconds in
      guard let (request, answer) = batch.take(part, response, seconds: seconds) else { return }
      answers[request] = answer
      batch.forget(request)
    }
    return answers
  }
}
