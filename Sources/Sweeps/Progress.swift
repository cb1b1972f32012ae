/// Where a long piece of work stands.
public struct Progress: Sendable {
  public enum Stage: String, Sendable { case download, load, quantize, run, plan, speed }

  public let stage: Stage
  /// The model, task or cell at work.
  public let message: String
  /// Units done: bytes while downloading and loading, repetitions of a speed measurement, else samples.
  public let completed: Int
  public let total: Int
  /// Mean of the main metric over the samples scored so far; nil before the first.
  public let meanScore: Double?
  public let scoredCount: Int

  public init(
    stage: Stage, message: String, completed: Int, total: Int, meanScore: Double? = nil, scoredCount: Int = 0
  ) {
    self.stage = stage
    self.message = message
    self.completed = completed
    self.total = total
    self.meanScore = meanScore
    self.scoredCount = scoredCount
  }
}

/// Receives progress; false asks to stop.
public typealias ProgressHandler = (Progress) -> Bool

/// Receives each sample of a run as soon as it is scored, its time not yet known; false asks to stop.
public typealias SampleHandler = (SampleRecord) -> Bool
