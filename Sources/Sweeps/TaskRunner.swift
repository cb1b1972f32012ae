import Engine
import Support
import Tasks

/// Runs a task's samples through a model, in the order of the task unless a stop rule shuffles them.
public enum TaskRunner {
  /// Samples whose prompts are held in memory at a time; what they share is computed once.
  static let batchSize = 1024

  /// Runs the samples, or the first `limit` of each subject (of the task, if it has none).
  ///
  /// With `usesChatTemplate` the prompts are put into the model's chat template (`ChatWrapper`). A `progress` that returns
  /// false ends the run; the record then holds what was done and is not complete. A stop rule may end it early at a
  /// confidence level, comparing with the other model's run where the rule is of two; the record is then complete, and
  /// its samples are in the order of the task all the same. A task of one's own whose function fails ends the run: the
  /// record holds what was done and says why (`RunRecord.failure`). `onSample` sees each sample once it is scored; false
  /// ends the run as `progress` does.
  public static func run(
    _ task: any BenchmarkTask, on model: Model, limit: Int? = nil, usesChatTemplate: Bool = false,
    stopRule: StopRule? = nil, level: Double = 0.95, other: RunRecord? = nil, onSample: SampleHandler? = nil,
    progress: ProgressHandler
  ) throws(BenchmarkError) -> RunRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    let chat = usesChatTemplate ? ChatWrapper(template: try model.chatTemplate()) : nil
    var firstPromptTokens: [Int32] = []
    var positions = try positions(of: task, limit: limit)
    var watch: StopWatch?
    if let stopRule, let metric = task.metrics.first {
      watch = StopWatch(
        stopRule, metric: metric, modelName: model.name, population: positions.count, level: level, other: other)
      positions = watch?.order(positions) ?? positions
    }
    let runner = RequestRunner(model: model)
    var running = RunningSamples(metric: task.mainMetric)
    func report() -> Bool {
      progress(
        Progress(
          stage: .run, message: "\(model.name) · \(task.name)", completed: running.samples.count,
          total: positions.count, meanScore: running.meanScore, scoredCount: running.scoredCount))
    }
    var goesOn = report()
    var isMet = false
    var next = 0
    var failure: BenchmarkError?
    while goesOn, !isMet, failure == nil, next < positions.count {
      let part = positions[next..<min(next + min(batchSize, watch?.batchSize ?? batchSize), positions.count)]
      var batch = try SampleBatch(task, positions: part, model: model, chat: chat)
      if next == 0 { firstPromptTokens = batch.firstPromptTokens }
      next = part.endIndex
      try runner.run(batch.requests) {
        // A pass may finish no sample; the caller may wish to stop all the same.
        if goesOn, !running.endPass() { goesOn = report() }
        return goesOn
      } onResponse: { index, response throws(BenchmarkError) in
        if !goesOn { return }
        guard let (position, record) = try batch.take(index, response) else { return }
        running.add(position, record)
        failure = batch.scoreFailure
        goesOn = (onSample?(record) ?? true) && report() && failure == nil
      }
      if goesOn { failure = batch.promptFailure }
      if goesOn, let records = running.records(part) { isMet = watch?.observe(records) ?? false }
    }
    _ = running.endPass()
    let samples = running.samples.sorted { $0.position < $1.position }.map(\.record)
    var record = RunRecord(
      modelName: model.name, model: model.json, taskName: task.name, specification: task.specification,
      dataFiles: task.dataFiles, metrics: task.metrics, limit: limit, samples: samples, plannedCount: positions.count,
      seconds: Clock.seconds() - start, tokensAsked: runner.tokensAsked, tokensComputed: runner.tokensComputed,
      startedAt: startedAt, chatTemplate: chat?.template.name, firstPromptTokens: firstPromptTokens)
    record.failure = failure?.message
    record.earlyStop = watch?.outcome(savedCount: isMet ? positions.count - samples.count : 0)
    return record
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
}

/// The samples that a run has so far, and their running score.
private struct RunningSamples {
  let metric: String
  private(set) var samples: [(position: Int, record: SampleRecord)] = []
  private(set) var scoredCount = 0
  private var sum = 0.0
  /// Samples whose time is accounted for, and when that was.
  private var timedCount = 0
  private var timedAt = Clock.seconds()

  init(metric: String) { self.metric = metric }

  var meanScore: Double? { scoredCount > 0 ? sum / Double(scoredCount) : nil }

  mutating func add(_ position: Int, _ record: SampleRecord) {
    if let value = record.score.value(of: metric) {
      sum += value
      scoredCount += 1
    }
    samples.append((position, record))
  }

  /// The samples of a batch in the order of the batch, if all are there.
  func records(_ positions: ArraySlice<Int>) -> [SampleRecord]? {
    var found: [Int: SampleRecord] = [:]
    for sample in samples.suffix(positions.count) { found[sample.position] = sample.record }
    let records = positions.compactMap { found[$0] }
    return records.count == positions.count ? records : nil
  }

  /// Gives the samples that finished since the last time an equal share of the time since then; false if none did.
  mutating func endPass() -> Bool {
    let finished = samples.count - timedCount
    if finished == 0 { return false }
    let now = Clock.seconds()
    for index in timedCount..<samples.count { samples[index].record.seconds = (now - timedAt) / Double(finished) }
    (timedCount, timedAt) = (samples.count, now)
    return true
  }
}
