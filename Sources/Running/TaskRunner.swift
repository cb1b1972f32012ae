import Evaluation
import Inference
import Plan
import Records
import Statistics
import Store
import Support
import Tasks

/// Has a provider answer a task's samples, in the order of the task unless a stop rule shuffles them.
package enum TaskRunner {
  /// Samples whose prompts are held in memory at a time; what they share is computed once.
  static let batchSize = 1024

  /// Runs the samples, or the first `limit` of each subject (of the task, if it has none).
  ///
  /// The seeds vary the task; run 1 is as the task says.
  /// The settings say how the model is asked (`RequestMaker`). A `progress` that returns
  /// false ends the run; the record then holds what was done and is not complete. A stop rule may end it early at a
  /// confidence level, comparing with the other model's run where the rule is of two; the record is then complete, and
  /// its samples are in the order of the task all the same. A task of one's own whose function fails ends the run: the
  /// record holds what was done and says why (`RunRecord.failure`). `onSample` sees each sample once it is scored; false
  /// ends the run as `progress` does; a request to finish ends it once the samples at work are done. The limits say
  /// how much goes on side by side: no answer depends on them.
  package static func run(
    _ task: any BenchmarkTask, on provider: any Provider, limit: Int? = nil, settings: ModelSettings = ModelSettings(),
    seeds: RunSeeds = .canonical, stopRule: StopRule? = nil, level: Double = 0.95, other: RunRecord? = nil,
    limits: BatchLimits = BatchLimits(sequences: nil), onSample: SampleHandler? = nil,
    finishing: GracefulStop? = nil, progress: ProgressHandler
  ) throws(BenchmarkError) -> RunRecord {
    try run(
      task.varied(by: seeds), on: provider, limit: limit, settings: settings, seeds: seeds,
      stopRule: stopRule, level: level, other: other, journal: nil, answers: nil, measuring: nil, limits: limits,
      onSample: onSample, finishing: finishing, progress: progress)
  }

  /// As above, of a task that is varied already; what the journal has is not asked again, nor what the cache of answers has, and new answers go to both.
  static func run(
    _ task: any BenchmarkTask, on provider: any Provider, limit: Int?, settings: ModelSettings, seeds: RunSeeds,
    stopRule: StopRule?, level: Double, other: RunRecord?, journal: CellJournal?, answers: ModelResponses?,
    measuring: MeasurementHandler?, limits: BatchLimits, onSample: SampleHandler?, finishing: GracefulStop?,
    progress: ProgressHandler
  ) throws(BenchmarkError) -> RunRecord {
    let startedAt = Clock.timestamp()
    let maker = try RequestMaker(settings, provider, seed: seeds.settingsSeed)
    var header = RunHeader(task: task, model: provider.facts, settings: maker.record, firstPromptTokens: [])
    header.metrics = maker.metrics(of: task)
    var positions = try positions(of: task, limit: limit)
    var watch: SequentialMonitor?
    if let stopRule {
      var subjects: [String?: Int] = [:]
      for position in positions { subjects[try task.sample(at: position).subject, default: 0] += 1 }
      watch = SequentialMonitor(
        stopRule, metrics: task.scoreMetrics, modelName: provider.name, subjects: subjects, level: level, other: other)
      positions = watch?.order(positions, seeds) ?? positions
    }
    var options = RunOptions()
    options.limits = limits
    options.cache = answers
    options.measuring = measuring
    let isEnding = { finishing?.isMade ?? false }
    options.isEnding = isEnding
    // Of the batches that are done, and of the one at work.
    var (before, state) = (RunState(), RunState())
    // A running mean of latencies would say little, and progress has no unit but the share's.
    let metric = task.scoreMetrics.first.flatMap { !$0.isTimed && $0.unit == .fraction ? $0 : nil }
    var running = RunningSamples(metric: metric, level: level, journal: journal, answers: answers, provider: provider)
    func report() -> Bool {
      progress(
        Progress(
          stage: .run, message: "\(provider.name) · \(task.name)" + (seeds.run > 1 ? " · run \(seeds.run)" : ""),
          completed: running.samples.count,
          total: positions.count, meanScore: running.meanScore, scoredCount: running.scoredCount,
          interval: running.interval, foundCount: running.foundCount,
          promptTokens: before.promptTokens + state.promptTokens,
          generatedTokens: before.generatedTokens + state.generatedTokens))
    }
    var goesOn = report()
    // Nothing is at work yet.
    if isEnding() { goesOn = false }
    var isMet = false
    var next = 0
    var taskFailure: BenchmarkError?
    while goesOn, !isMet, taskFailure == nil, next < positions.count {
      let part = positions[next..<min(next + min(batchSize, watch?.batchSize ?? batchSize), positions.count)]
      var batch = try SampleBatch(task, positions: part, provider: provider, maker: maker)
      if next == 0 {
        header.firstPromptTokens = batch.firstPromptTokens
        try journal?.describe(positions: positions, header: header)
      }
      next = part.endIndex
      options.answered = try find(batch, &running, journal)
      try running.keep()
      if let onSample {
        for sample in running.samples.suffix(options.answered.count) where goesOn { goesOn = onSample(sample.record) }
      }
      if goesOn, !options.answered.isEmpty { goesOn = report() && !isEnding() }
      if !goesOn { break }
      // Samples that were done when the wish to end was first seen.
      var countAtEnding: Int?
      func noticeEnding() {
        if isEnding(), countAtEnding == nil { countAtEnding = running.samples.count }
      }
      before.add(state)
      state = RunState()
      // Whether the cache had answers that are not kept yet.
      var hasFound = false
      // Of a batch that the store has whole, no request runs.
      if options.answered.count < batch.requests.count {
        try provider.run(batch.requests, options) { reached throws(BenchmarkError) in
          state = reached
          if hasFound {
            // Nothing is at work yet.
            hasFound = false
            try running.keep()
            goesOn = goesOn && report() && !isEnding()
            return goesOn && batch.scoreFailure == nil
          }
          // A pass may finish no sample; the caller may wish to stop all the same.
          if try !running.endPass(), goesOn { goesOn = report() }
          noticeEnding()
          let isDone = countAtEnding.map { running.samples.count > $0 && reached.underWay == 0 } ?? false
          return goesOn && batch.scoreFailure == nil && !isDone
        } onAnswer: { index, answer, isFound throws(BenchmarkError) in
          let sample = try batch.finish(index, answer)
          if isFound {
            hasFound = true
            running.add(found: sample)
          } else {
            running.add(sample)
          }
          if goesOn { goesOn = (onSample?(sample.record) ?? true) && (isFound || report()) }
          noticeEnding()
        }
        if hasFound { try running.keep() }
      }
      if isEnding() { goesOn = false }
      taskFailure = batch.scoreFailure ?? (goesOn ? batch.promptFailure : nil)
      if goesOn, let records = running.records(part) { isMet = watch?.observe(records) ?? false }
    }
    _ = try running.endPass()
    let kept = running.samples.sorted { $0.position < $1.position }
    var record = RunRecord(
      header, modelName: provider.name, taskName: task.name, limit: limit, samples: kept.map(\.record),
      plannedCount: positions.count, seconds: kept.reduce(0) { $0 + $1.record.seconds },
      tokensAsked: running.tokensAsked, tokensComputed: running.tokensComputed, startedAt: startedAt)
    record.failure = taskFailure?.message
    record.seeds = seeds
    record.earlyStop = watch?.outcome(savedCount: isMet ? positions.count - kept.count : 0)
    if let reason = record.failure {
      try journal?.stop(reason)
    } else if record.isComplete {
      try journal?.finish(positions: kept.map(\.position), planned: positions.count, earlyStop: record.earlyStop)
    }
    return record
  }

  /// Takes what the journal has of a batch; returns the requests that it answers.
  private static func find(
    _ batch: SampleBatch, _ running: inout RunningSamples, _ journal: CellJournal?
  ) throws(BenchmarkError) -> Set<Int> {
    guard let journal else { return [] }
    var answered: Set<Int> = []
    for (index, sample) in batch.samples.enumerated() {
      guard let entry = try journal.entry(at: sample.position, promptSHA256: sample.promptSHA256) else { continue }
      running.add(sample.position, kept: entry)
      answered.insert(index)
    }
    return answered
  }

  static func positions(of task: any BenchmarkTask, limit: Int?) throws(BenchmarkError) -> [Int] {
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
