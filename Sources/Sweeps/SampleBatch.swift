import Engine
import Support
import Tasks

/// Samples of a task that are put to a model together: their requests, and what has come of each.
struct SampleBatch {
  /// Flag of a sample whose prompt was cut to fit the context length.
  static let promptTruncated = "prompt_truncated"
  /// Flag of a sample whose answer may have fewer tokens than the task allows, since the context has no room for more.
  static let answerShortened = "max_tokens_reduced"

  private struct Pending {
    let position: Int
    let prompt: Prompt
    /// As it went to the model, in its chat form if there is one.
    let request: Request
    let promptSHA256: String
    let flags: [String]
    /// Where its requests stand in `requests`.
    let places: Range<Int>
    var responses: [(response: EngineResponse, seconds: Double)?]
    var missing: Int
  }

  /// The requests of all samples, one after another.
  let requests: [EngineRequest]
  /// Why a prompt could not be made by a task of one's own: the batch ends before that sample.
  let promptFailure: BenchmarkError?
  /// Why a response could not be scored by a task of one's own: that sample is unscored.
  private(set) var scoreFailure: BenchmarkError?
  /// The tokens in front of the first answer, BOS included.
  let firstPromptTokens: [Int32]
  private let task: any BenchmarkTask
  private var pending: [Pending]
  /// The sample that a request belongs to, and which of its requests it is. // [requests]
  private let owners: [(sample: Int, part: Int)]
  private let costs: RequestCosts

  init(_ task: any BenchmarkTask, positions: ArraySlice<Int>, model: some RequestMaking, chat: ChatWrapper?)
    throws(BenchmarkError)
  {
    var firstPromptTokens: [Int32]?
    var requests: [EngineRequest] = []
    var pending: [Pending] = []
    var owners: [(Int, Int)] = []
    var promptFailure: BenchmarkError?
    for position in positions {
      let made = Result<Prompt, BenchmarkError> { () throws(BenchmarkError) in try task.prompt(at: position) }
      if case .failure(let error) = made, error.kind == .callbackFailed {
        promptFailure = error
        break
      }
      let prompt = try made.get()
      var (request, flags) = try chat?.wrap(prompt) ?? (prompt.request, [])
      if firstPromptTokens == nil { firstPromptTokens = try model.promptTokens(request.context) }
      let own: [EngineRequest]
      switch request {
      case .chooseContinuation(let context, let continuations):
        own = try model.scoreRequests(context: context, continuations: continuations, cut: .fromLeft).map { .score($0) }
      case .generate(let text, let stops, var maximumTokens):
        if maximumTokens >= model.contextLength {
          // No prompt would be left, which the harness refuses; half of the context is enough for most.
          let promptCount = try model.promptTokens(text).count
          maximumTokens = model.contextLength - min(promptCount, model.contextLength / 2)
          flags.append(Self.answerShortened)
          request = .generate(prompt: text, stops: stops, maximumTokens: maximumTokens)
        }
        own = [
          .generate(
            try model.generationRequest(
              prompt: text, stops: stops, maximumTokens: maximumTokens, sampling: try Sampling(prompt, of: task),
              cut: .fromLeft))
        ]
      case .measure(let text, let tokens, let repetitions, let warmup):
        own = [
          .measure(
            try model.measurementRequest(prompt: text, tokens: tokens, repetitions: repetitions, warmup: warmup))
        ]
      }
      owners += own.indices.map { (pending.count, $0) }
      pending.append(
        Pending(
          position: position, prompt: prompt, request: request, promptSHA256: SHA256.hexadecimal(request.context),
          flags: flags, places: requests.count..<requests.count + own.count,
          responses: Array(repeating: nil, count: own.count), missing: own.count))
      requests += own
    }
    self.firstPromptTokens = firstPromptTokens ?? []
    self.task = task
    self.requests = requests
    self.promptFailure = promptFailure
    self.pending = pending
    self.owners = owners
    costs = RequestCosts(requests)
  }

  /// The samples: the place of each in the task, the hash of its prompt, and where its requests stand.
  var samples: [(position: Int, promptSHA256: String, places: Range<Int>)] {
    pending.map { ($0.position, $0.promptSHA256, $0.places) }
  }

  /// Takes the response to a request; returns the sample once all of its responses are there.
  ///
  /// - Parameter seconds: that the response took when it was made.
  mutating func take(_ index: Int, _ response: EngineResponse, seconds: Double) throws(BenchmarkError)
    -> FinishedSample?
  {
    let (sample, part) = owners[index]
    pending[sample].responses[part] = (response, seconds)
    pending[sample].missing -= 1
    if pending[sample].missing > 0 { return nil }
    let finished = try finish(pending[sample])
    pending[sample].responses = []
    return finished
  }

  /// The score; a function of the caller that fails leaves the sample unscored, and what it was asked is not lost.
  private mutating func score(_ position: Int, _ response: Response) throws(BenchmarkError) -> Score {
    do throws(BenchmarkError) {
      return try task.score(position, response)
    } catch {
      guard error.kind == .callbackFailed else { throw error }
      scoreFailure = scoreFailure ?? error
      return .unscored(task.metrics, flag: ScoreFlag.scoreFailed)
    }
  }

  private mutating func finish(_ sample: Pending) throws(BenchmarkError) -> FinishedSample {
    let response: Response
    var promptTokens = 0
    var answerTokens = 0
    var truncated = false
    var scores: [ContinuationScore] = []
    var generation: Generation?
    var timed: [TimedGeneration]?
    for case .some(let part) in sample.responses {
      switch part.response {
      case .score(let score): scores.append(score)
      case .generate(let made): generation = made
      case .measure(let made): timed = made
      }
    }
    // Every token made but the last goes through the model again.
    var fedTokens = 0
    if let timed, case .measure(let request) = requests[sample.places.lowerBound] {
      let read = request.generation.prompt.count
      response = .measured(timed.map { Measurement($0, promptTokens: read) })
      promptTokens = request.generation.promptTokenCount
      answerTokens = timed.first?.tokens.count ?? 0
      truncated = request.generation.truncatedTokens > 0
    } else if let generation {
      response = .generated(text: generation.text, finishReason: generation.finishReason.inTasks)
      promptTokens = generation.promptTokenCount
      answerTokens = generation.tokens.count
      fedTokens = max(0, answerTokens - 1)
      truncated = generation.truncatedTokens > 0
    } else {
      response = .logLikelihoods(scores.map(\.logLikelihood), tokenCounts: scores.map(\.logProbabilities.count))
      promptTokens = scores.first.map { $0.tokenCount - $0.logProbabilities.count } ?? 0
      answerTokens = scores.reduce(0) { $0 + $1.logProbabilities.count }
      truncated = scores.contains { $0.truncatedTokens > 0 }
    }
    let score = try score(sample.position, response)
    let record = SampleRecord(
      id: sample.prompt.sampleID, subject: sample.prompt.subject, clusters: sample.prompt.clusters,
      promptSHA256: sample.promptSHA256, prompt: sample.request.context, target: sample.prompt.target,
      response: response, score: score,
      flags: score.flags + sample.flags + (truncated ? [Self.promptTruncated] : []), promptTokens: promptTokens,
      answerTokens: answerTokens, seconds: sample.responses.reduce(0) { $0 + ($1?.seconds ?? 0) })
    return FinishedSample(
      position: sample.position, record: record, request: sample.request,
      document: try task.sample(at: sample.position).document,
      tokens: generation?.tokens ?? timed?.first?.tokens ?? tokens(of: sample.places),
      logProbabilities: generation == nil && timed == nil ? scores.flatMap(\.logProbabilities) : nil,
      isGreedy: generation == nil && timed == nil ? scores.map(\.isGreedy) : nil,
      tokensAsked: costs.asked[sample.places].reduce(fedTokens, +),
      tokensComputed: costs.computed[sample.places].reduce(fedTokens, +),
      responses: zip(sample.places, sample.responses.compactMap { $0 }).map { ($0, $1.response, $1.seconds) })
  }

  /// The tokens of the continuations that were scored.
  private func tokens(of places: Range<Int>) -> [Int32] {
    requests[places].flatMap { request -> [Int32] in
      if case .score(let score) = request { score.continuation } else { [] }
    }
  }
}

/// A sample whose answer is there, with what a store keeps of it.
struct FinishedSample {
  let position: Int
  var record: SampleRecord
  /// As it went to the model.
  let request: Request
  let document: JSONObject
  /// What was generated, or the continuations whose probability was asked for, one after another. // [tokens]
  let tokens: [Int32]?
  /// The natural-log probability of each token of the continuations; nil of generated text. // [tokens]
  let logProbabilities: [Float]?
  /// Whether each continuation is what greedy decoding would have made; nil of generated text. // [continuations]
  let isGreedy: [Bool]?
  /// Tokens that its requests held and made, and those of them that go through the model for it (`RequestCosts`).
  let tokensAsked: Int
  let tokensComputed: Int
  /// The answer to each of its requests, by the request's place in the batch, and what it took.
  let responses: [(place: Int, response: EngineResponse, seconds: Double)]
}

extension Sampling {
  /// How a sample's text is drawn: its random numbers follow from the seed, the task and its name alone.
  init(_ prompt: Prompt, of task: any BenchmarkTask) throws(BenchmarkError) {
    guard let options = prompt.sampling else {
      self = .greedy
      return
    }
    try self.init(
      temperature: options.temperature, topK: options.topK, topP: options.topP,
      seed: Self.seed(UInt64(options.seed), of: task.name, prompt.sampleID))
  }
}

extension Measurement {
  /// What a generation took, as the tasks know it.
  init(_ timed: TimedGeneration, promptTokens: Int) {
    self.init(
      promptTokens: promptTokens, timeToFirstTokenSeconds: timed.tokenizeSeconds + timed.prefillSeconds,
      prefillSeconds: timed.prefillSeconds, interTokenSeconds: timed.stepSeconds,
      ignoredEndTokens: timed.ignoredEndTokens, peakMemoryBytes: timed.peakResidentBytes,
      otherProcessorSeconds: timed.otherProcessorSeconds)
  }
}

extension Engine.FinishReason {
  /// The reason as the tasks know it: a task never sees the engine.
  var inTasks: Tasks.FinishReason {
    switch self {
    case .stop: .stopString
    case .endOfText: .endOfText
    case .length, .cancelled: .length
    }
  }
}
