import Evaluation
import Inference
import Plan
import Records
import Statistics
import Store
import Support
import Tasks

/// The samples that a run has so far, and their running score. Where answers are kept, they are handed over pass by pass.
struct RunningSamples {
  private let metric: Metric?
  private let level: Double
  private let journal: CellJournal?
  private let answers: ModelResponses?
  private let provider: any Provider
  private(set) var samples: [(position: Int, record: SampleRecord)] = []
  private(set) var tokensAsked = 0
  private(set) var tokensComputed = 0
  /// Samples whose answer did not have to be made.
  private(set) var foundCount = 0
  private(set) var scoredCount = 0
  private var mean = 0.0
  private var squares = 0.0
  /// Whether the pass under way has finished a sample.
  private var hasFresh = false

  init(metric: Metric?, level: Double, journal: CellJournal?, answers: ModelResponses?, provider: any Provider) {
    self.metric = metric
    self.level = level
    self.journal = journal
    self.answers = answers
    self.provider = provider
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

  /// A sample whose answers were all in the cache.
  mutating func add(found sample: FinishedSample) {
    take(sample)
    foundCount += 1
  }

  /// A sample whose answers were made.
  mutating func add(_ sample: FinishedSample) {
    take(sample)
    hasFresh = true
  }

  private mutating func take(_ sample: FinishedSample) {
    journal?.add(sample)
    count(sample.position, sample.record)
    tokensAsked += sample.answer.usage.heldTokens
    tokensComputed += sample.answer.usage.computedTokens
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

  /// Has the samples kept that finished since the last time; false if none did.
  mutating func endPass() throws(BenchmarkError) -> Bool {
    if !hasFresh { return false }
    hasFresh = false
    try keep()
    return true
  }

  /// Commits the store before the cache, so that the cache never has a response that the store lost. Nothing is kept once a file
  /// of the model has changed.
  func keep() throws(BenchmarkError) {
    do throws(BenchmarkError) { try provider.checkUnchanged() } catch {
      journal?.forgetPending()
      answers?.cache.forgetPending()
      throw error
    }
    try journal?.commit()
    answers?.cache.commit()
  }
}

/// The cache of responses, as one model uses it.
final class ModelResponses: ResponseCaching {
  let cache: ResponseCache
  /// What decides the model's answers to a request.
  private let model: String

  init(_ cache: ResponseCache, model: JSONValue) {
    self.cache = cache
    self.model = model.text(sortedKeys: true)
  }

  func response(to key: String) -> (value: JSONValue, seconds: Double)? {
    cache.response(to: SHA256.hexadecimal(model + key))
  }

  func add(_ key: String, _ value: JSONValue, seconds: Double) {
    cache.add(SHA256.hexadecimal(model + key), value, seconds: seconds)
  }
}
