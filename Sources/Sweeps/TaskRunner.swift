import Engine
import Support
import Tasks

/// Runs a task's samples through a model, in the order of the task.
public enum TaskRunner {
  /// Flag of a sample whose prompt was cut to fit the context length.
  static let promptTruncated = "prompt_truncated"

  /// Runs the samples, or the first `limit` of each subject (of the task, if it has none).
  ///
  /// With `usesChatTemplate` the prompts are put into the model's chat template (`ChatWrapper`). A `progress` that returns
  /// false ends the run; the record then holds what was done and is not complete.
  public static func run(
    _ task: any BenchmarkTask, on model: Model, limit: Int? = nil, usesChatTemplate: Bool = false,
    progress: ProgressHandler
  ) throws(BenchmarkError) -> RunRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    let chat = usesChatTemplate ? ChatWrapper(template: try model.chatTemplate()) : nil
    var firstPromptTokens: [Int32] = []
    let positions = try positions(of: task, limit: limit)
    let session = try InferenceSession(model: model)
    let message = "\(model.name) · \(task.name)"
    var samples: [SampleRecord] = []
    samples.reserveCapacity(positions.count)
    var sum = 0.0
    var scoredCount = 0
    for position in positions {
      let goesOn = progress(
        Progress(
          stage: .run, message: message, completed: samples.count, total: positions.count,
          meanScore: scoredCount > 0 ? sum / Double(scoredCount) : nil, scoredCount: scoredCount))
      if !goesOn { break }
      let prompt = try task.prompt(at: position)
      let (request, flags) = try chat?.wrap(prompt) ?? (prompt.request, [])
      if samples.isEmpty { firstPromptTokens = try model.promptTokens(request.context) }
      let record = try answer(task, position, prompt, request, flags, session)
      if let value = record.score.value(of: task.mainMetric) {
        sum += value
        scoredCount += 1
      }
      samples.append(record)
    }
    if samples.count == positions.count {
      _ = progress(
        Progress(
          stage: .run, message: message, completed: samples.count, total: positions.count,
          meanScore: scoredCount > 0 ? sum / Double(scoredCount) : nil, scoredCount: scoredCount))
    }
    return RunRecord(
      modelName: model.name, model: model.json, taskName: task.name, specification: task.specification,
      dataFiles: task.dataFiles, metrics: task.metrics, limit: limit, samples: samples, plannedCount: positions.count,
      seconds: Clock.seconds() - start, tokensAsked: session.tokensAsked, tokensComputed: session.tokensComputed,
      startedAt: startedAt, chatTemplate: chat?.template.name, firstPromptTokens: firstPromptTokens)
  }

  private static func positions(of task: any BenchmarkTask, limit: Int?) throws(BenchmarkError) -> [Int] {
    guard let limit else { return Array(0..<task.count) }
    var counts: [String?: Int] = [:]
    var positions: [Int] = []
    for position in 0..<task.count {
      let subject = try task.sample(at: position).subject
      if counts[subject, default: 0] < limit { positions.append(position) }
      counts[subject, default: 0] += 1
    }
    return positions
  }

  private static func answer(
    _ task: any BenchmarkTask, _ position: Int, _ prompt: Prompt, _ request: Request, _ flags: [String],
    _ session: InferenceSession
  ) throws(BenchmarkError) -> SampleRecord {
    let start = Clock.seconds()
    let response: Response
    let promptTokens: Int
    let answerTokens: Int
    let truncated: Bool
    switch request {
    case .chooseContinuation(let context, let continuations):
      let scores = try session.score(context: context, continuations: continuations)
      response = .logLikelihoods(
        scores.map(\.logLikelihood), tokenCounts: scores.map(\.logProbabilities.count))
      promptTokens = scores.first.map { $0.tokenCount - $0.logProbabilities.count } ?? 0
      answerTokens = scores.reduce(0) { $0 + $1.logProbabilities.count }
      truncated = scores.contains { $0.truncatedTokens > 0 }
    case .generate(let text, let stops, let maximumTokens):
      let generation = try session.generate(prompt: text, stops: stops, maximumTokens: maximumTokens)
      response = .generated(text: generation.text, finishReason: generation.finishReason.inTasks)
      promptTokens = generation.promptTokenCount
      answerTokens = generation.tokens.count
      truncated = generation.truncatedTokens > 0
    }
    let score = try task.score(position, response)
    return SampleRecord(
      id: prompt.sampleID, subject: prompt.subject, promptSHA256: SHA256.hexadecimal(request.context),
      target: prompt.target,
      response: response, score: score, flags: score.flags + flags + (truncated ? [promptTruncated] : []),
      promptTokens: promptTokens, answerTokens: answerTokens, seconds: Clock.seconds() - start)
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
