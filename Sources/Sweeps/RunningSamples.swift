import Engine
import Statistics
import Support
import Tasks

/// The samples that a run has so far, and their running score. Where answers are kept, they are handed over pass by pass.
struct RunningSamples {
  private let metric: Metric?
  private let level: Double
  private let journal: CellJournal?
  private let answers: ModelAnswers?
  private(set) var samples: [(position: Int, record: SampleRecord)] = []
  private(set) var tokensAsked = 0
  private(set) var tokensComputed = 0
  /// Samples whose answer did not have to be made.
  private(set) var foundCount = 0
  private(set) var scoredCount = 0
  private var mean = 0.0
  private var squares = 0.0
  /// Samples that the pass under way has finished, where they stand in `samples`, and the keys of what was asked for them.
  private var fresh: [(index: Int, sample: FinishedSample, keys: [(key: String, response: EngineResponse)])] = []
  private var timedAt = Clock.seconds()

  init(metric: Metric?, level: Double, journal: CellJournal?, answers: ModelAnswers?) {
    self.metric = metric
    self.level = level
    self.journal = journal
    self.answers = answers
  }

  var meanScore: Double? { scoredCount > 0 ? mean : nil }

  /// Of the running mean: Wilson's for scores of 0 and 1, Student's otherwise.
  var interval: ConfidenceInterval? {
    guard let metric, scoredCount > 0 else { return nil }
    if metric.isBinary {
      let successes = Int((mean * Double(scoredCount)).rounded())
      return ConfidenceInterval.wilson(successes: successes, count: scoredCount, level: level)
    }
    let error = (squares / Double(max(1, scoredCount - 1)) / Double(scoredCount)).squareRoot()
    return ConfidenceInterval.student(mean: mean, standardError: error, count: scoredCount, level: level)
  }

  /// A sample that the store had.
  mutating func add(_ position: Int, kept entry: CellJournal.Entry) {
    count(position, entry.record)
    tokensAsked += entry.tokensAsked
    tokensComputed += entry.tokensComputed
    foundCount += 1
  }

  /// A sample whose answers were all in the cache, and what they took when they were made.
  mutating func add(cached sample: FinishedSample, seconds: Double) {
    add(sample, keys: [])
    fresh.removeLast()
    samples[samples.count - 1].record.seconds = seconds
    foundCount += 1
    var sample = sample
    sample.record.seconds = seconds
    journal?.add(sample)
  }

  /// A sample whose answers were made; the keys are of the requests that were put to the model for it.
  mutating func add(_ sample: FinishedSample, keys: [(key: String, response: EngineResponse)]) {
    fresh.append((samples.count, sample, keys))
    count(sample.position, sample.record)
    tokensAsked += sample.tokensAsked
    tokensComputed += sample.tokensComputed
  }

  private mutating func count(_ position: Int, _ record: SampleRecord) {
    samples.append((position, record))
    guard let metric, let value = record.score.value(of: metric.name), value.isFinite else { return }
    scoredCount += 1
    let step = value - mean
    mean += step / Double(scoredCount)
    squares += step * (value - mean)
  }

  /// The samples of a batch in the order of the batch, if all are there.
  func records(_ positions: ArraySlice<Int>) -> [SampleRecord]? {
    var found: [Int: SampleRecord] = [:]
    for sample in samples.suffix(positions.count) { found[sample.position] = sample.record }
    let records = positions.compactMap { found[$0] }
    return records.count == positions.count ? records : nil
  }

  /// Gives the samples that finished since the last time an equal share of the time since then, and has them kept; false if
  /// none did.
  mutating func endPass() throws(BenchmarkError) -> Bool {
    if fresh.isEmpty { return false }
    let now = Clock.seconds()
    let share = (now - timedAt) / Double(fresh.count)
    for (index, sample, keys) in fresh {
      samples[index].record.seconds = share
      var sample = sample
      sample.record.seconds = share
      journal?.add(sample)
      for (key, response) in keys { answers?.cache.add(key, response, seconds: share / Double(keys.count)) }
    }
    fresh = []
    timedAt = now
    try keep()
    return true
  }

  /// Has the store keep what is there, and then the cache: what the store lost, a later session must ask again.
  func keep() throws(BenchmarkError) {
    try journal?.commit()
    answers?.cache.commit()
  }
}

/// The cache of answers, as one model uses it.
struct ModelAnswers {
  let cache: AnswerCache
  /// What decides the model's answers to a request.
  let model: String

  init(_ cache: AnswerCache, model: JSONValue) {
    self.cache = cache
    self.model = model.text(sortedKeys: true)
  }

  func key(_ request: EngineRequest) -> String { SHA256.hexadecimal(model + request.answerKey) }
}
