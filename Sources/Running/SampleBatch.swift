import Evaluation
import Inference
import Plan
import Records
import Store
import Support
import Tasks

/// Samples of a task that are put to a model together: their requests, and what has come of each.
struct SampleBatch {
  /// Flag of a sample whose prompt was cut to fit the context length.
  static let promptTruncated = "prompt_truncated"
  /// Flag of a sample whose answer may have fewer tokens than the task allows, since the context has no room for more.
  static let answerShortened = "max_tokens_reduced"

  /// Flag of a sample whose thought may have fewer tokens than its budget, since the context has no room for more.
  static let budgetShortened = "thinking_budget_reduced"

  private struct Pending {
    let position: Int
    let prompt: Prompt
    /// As it went to the model, in its chat form if there is one.
    let request: Request
    let promptSHA256: String
    let flags: [String]
  }

  /// The requests of the samples, one each.
  let requests: [Request]
  /// Why a prompt could not be made by a task of one's own: the batch ends before that sample.
  let promptFailure: BenchmarkError?
  /// Why a response could not be scored by a task of one's own: that sample is unscored.
  private(set) var scoreFailure: BenchmarkError?
  /// The tokens in front of the first answer, BOS included.
  let firstPromptTokens: [Int32]
  private let task: any BenchmarkTask
  private let maker: RequestMaker
  private let pending: [Pending]

  init(_ task: any BenchmarkTask, positions: ArraySlice<Int>, provider: any Provider, maker: RequestMaker)
    throws(BenchmarkError)
  {
    var pending: [Pending] = []
    var promptFailure: BenchmarkError?
    for position in positions {
      let made = Result<Prompt, BenchmarkError> { () throws(BenchmarkError) in try task.prompt(at: position) }
      if case .failure(let error) = made, error.kind == .callbackFailed {
        promptFailure = error
        break
      }
      let prompt = try made.get()
      var (request, flags) = try maker.request(prompt)
      let fitted = try provider.fitted(request)
      flags += Self.shortened(request, fitted)
      request = fitted
      try request.checkRepeats()
      pending.append(
        Pending(
          position: position, prompt: prompt, request: request, promptSHA256: SHA256.hexadecimal(request.context),
          flags: flags))
    }
    firstPromptTokens =
      try pending.first.map { (first) throws(BenchmarkError) in
        try provider.promptTokens(first.request.context)
      } ?? []
    self.task = task
    self.maker = maker
    self.promptFailure = promptFailure
    self.pending = pending
    requests = pending.map { $0.request.seeded(for: task.name, $0.prompt.sampleID) }
  }

  /// What of a request gave way to the context: the answer's length where it was asked for, the budget of its thought.
  private static func shortened(_ request: Request, _ fitted: Request) -> [String] {
    guard case .generation(let asked) = request, case .generation(let made) = fitted else { return [] }
    var flags: [String] = []
    if made.maxTokens < asked.leastTokens ?? asked.maxTokens { flags.append(answerShortened) }
    if let budget = asked.thinking?.budget, made.thinking?.budget ?? budget < budget { flags.append(budgetShortened) }
    return flags
  }

  /// The samples: the place of each in the task, and the hash of its prompt.
  var samples: [(position: Int, promptSHA256: String)] { pending.map { ($0.position, $0.promptSHA256) } }

  /// The score; a function of the caller that fails leaves the sample unscored, and what it was asked is not lost.
  private mutating func score(_ position: Int, _ response: Response) throws(BenchmarkError) -> Score {
    do throws(BenchmarkError) {
      return try task.scoreAll(position, response)
    } catch {
      guard error.kind == .callbackFailed else { throw error }
      scoreFailure = scoreFailure ?? error
      return .unscored(task.scoreMetrics, flag: ScoreFlag.scoreFailed)
    }
  }

  /// Scores the answer to a sample's request.
  mutating func finish(_ index: Int, _ answer: Answer) throws(BenchmarkError) -> FinishedSample {
    let sample = pending[index]
    let score = try score(sample.position, answer.response).adding(
      maker.keepsThoughts ? ThoughtMetrics.values(answer.response, besides: task.scoreMetrics) : [],
      flags: ThoughtMetrics.flags(answer.response))
    let isTruncated = answer.usage.truncatedTokens > 0
    let record = SampleRecord(
      id: sample.prompt.sampleID, attributes: sample.prompt.attributes, promptSHA256: sample.promptSHA256,
      prompt: sample.request.context, target: sample.prompt.target, response: answer.response, score: score,
      flags: score.flags + sample.flags + (isTruncated ? [Self.promptTruncated] : []),
      promptTokens: answer.usage.promptTokens, answerTokens: answer.usage.outputTokens, seconds: answer.seconds)
    return FinishedSample(
      position: sample.position, record: record, request: sample.request,
      document: try task.sample(at: sample.position).document, answer: answer)
  }
}
