import Statistics

/// Where a long piece of work stands.
public struct Progress: Sendable {
  public enum Stage: String, Sendable { case download, fingerprint, load, quantize, run, plan, speed }

  public let stage: Stage
  /// The model, task or cell at work.
  public let message: String
  /// Units done: bytes while downloading, fingerprinting and loading, repetitions of a speed measurement, else samples.
  public let completed: Int
  public let total: Int
  /// Mean of the main metric over the samples scored so far; nil before the first.
  public let meanScore: Double?
  public let scoredCount: Int
  /// Of the mean; nil where there is too little to say.
  public let interval: ConfidenceInterval?
  /// Of the units done, those that were there already: in the store, or in the cache of answers.
  public let foundCount: Int
  /// Tokens of prompts that the model has read since this stage began, and tokens that it has made; what was there is not counted.
  public var promptTokens = 0
  public var generatedTokens = 0
  /// Of a sweep: the cell at work, from 1, and how many there are; 0 outside of one.
  public var cellNumber = 0
  public var cellCount = 0
  /// Of a sweep: until its last cell ends; nil before anything is measured, and outside of one.
  public var secondsLeft: Double?

  public init(
    stage: Stage, message: String, completed: Int, total: Int, meanScore: Double? = nil, scoredCount: Int = 0,
    interval: ConfidenceInterval? = nil, foundCount: Int = 0, promptTokens: Int = 0, generatedTokens: Int = 0
  ) {
    self.stage = stage
    self.message = message
    self.completed = completed
    self.total = total
    self.meanScore = meanScore
    self.scoredCount = scoredCount
    self.interval = interval
    self.foundCount = foundCount
    self.promptTokens = promptTokens
    self.generatedTokens = generatedTokens
  }
}

/// A wish to end a run in order, which whoever receives progress may utter while it goes on: no further sample begins, and
/// those at work are finished and kept. Used on the thread of the run.
public final class FinishRequest {
  public private(set) var isMade = false
  public init() {}
  public func make() { isMade = true }
}

/// Receives progress; false asks to stop.
public typealias ProgressHandler = (Progress) -> Bool

/// Receives each sample of a run as soon as it is scored; false asks to stop.
public typealias SampleHandler = (SampleRecord) -> Bool
