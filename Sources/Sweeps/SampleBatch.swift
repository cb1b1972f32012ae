import Engine
import Support
import Tasks

/// Samples of a task that are put to a model together: their requests, and what has come of each.
struct SampleBatch {
  /// Flag of a sample whose prompt was cut to fit the context length.
  static let promptTruncated = "prompt_truncated"

  private struct Pending {
    let position: Int
    let prompt: Prompt
    /// As it went to the model, in its chat form if there is one.
    let request: Request
    let flags: [String]
    var responses: [EngineResponse?]
    var missing: Int
  }

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

  init(_ task: any BenchmarkTask, positions: ArraySlice<Int>, model: Model, chat: ChatWrapper?) throws(BenchmarkError) {
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
      let (request, flags) = try chat?.wrap(prompt) ?? (prompt.request, [])
      if firstPromptTokens == nil { firstPromptTokens = try model.promptTokens(request.context) }
      let own: [EngineRequest]
      switch request {
      case .chooseContinuation(let context, let continuations):
        own = try model.scoreRequests(context: context, continuations: continuations).map { .score($0) }
      case .generate(let text, let stops, let maximumTokens):
        own = [.generate(try model.generationRequest(prompt: text, stops: stops, maximumTokens: maximumTokens))]
      }
      owners += own.indices.map { (pending.count, $0) }
      pending.append(
        Pending(
          position: position, prompt: prompt, request: request, flags: flags,
          responses: Array(repeating: nil, count: own.count), missing: own.count))
      requests += own
    }
    self.firstPromptTokens = firstPromptTokens ?? []
    self.task = task
    self.requests = requests
    self.promptFailure = promptFailure
    self.pending = pending
    self.owners = owners
  }

  /// Takes the response to a request; returns the sample's position and record once all of its responses are there.
  ///
  /// The record's time is not known here: it is 0.
  mutating func take(_ index: Int, _ response: EngineResponse) throws(BenchmarkError) -> (Int, SampleRecord)? {
    let (sample, part) = owners[index]
    pending[sample].responses[part] = response
    pending[sample].missing -= 1
    if pending[sample].missing > 0 { return nil }
    let record = try record(of: pending[sample])
    pending[sample].responses = []
    return (pending[sample].position, record)
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

  private mutating func record(of sample: Pending) throws(BenchmarkError) -> SampleRecord {
    let response: Response
    var promptTokens = 0
    var answerTokens = 0
    var truncated = false
    var scores: [ContinuationScore] = []
    var generation: Generation?
    for case .some(let part) in sample.responses {
      switch part {
      case .score(let score): scores.append(score)
      case .generate(let made): generation = made
      }
    }
    if let generation {
      response = .generated(text: generation.text, finishReason: generation.finishReason.inTasks)
      promptTokens = generation.promptTokenCount
      answerTokens = generation.tokens.count
      truncated = generation.truncatedTokens > 0
    } else {
      response = .logLikelihoods(scores.map(\.logLikelihood), tokenCounts: scores.map(\.logProbabilities.count))
      promptTokens = scores.first.map { $0.tokenCount - $0.logProbabilities.count } ?? 0
      answerTokens = scores.reduce(0) { $0 + $1.logProbabilities.count }
      truncated = scores.contains { $0.truncatedTokens > 0 }
    }
    let score = try score(sample.position, response)
    return SampleRecord(
      id: sample.prompt.sampleID, subject: sample.prompt.subject,
      promptSHA256: SHA256.hexadecimal(sample.request.context),
      target: sample.prompt.target, response: response, score: score,
      flags: score.flags + sample.flags + (truncated ? [Self.promptTruncated] : []), promptTokens: promptTokens,
      answerTokens: answerTokens, seconds: 0)
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
