import Plan
import Statistics

/// The progress of a long call.
package struct Progress: Sendable {
  package enum Stage: String, Sendable { case download, fingerprint, load, quantize, run, plan, speed }

  package let stage: Stage
  /// The model, task or cell at work.
  package let message: String
  /// Units done: bytes while downloading, fingerprinting and loading, repetitions of a speed measurement, else samples.
  package let completed: Int
  package let total: Int
  /// Mean of the main metric over the samples scored so far; nil before the first.
  package let meanScore: Double?
  package let scoredCount: Int
  /// Of the mean; nil where there is too little to say.
  package let interval: ConfidenceInterval?
  /// Of the units done, those that were there already: in the store, or in the response cache.
  package let foundCount: Int
  /// Tokens of prompts that the model has read since this stage began, and tokens that it has made; what was there is not counted.
  package var promptTokens = 0
  package var generatedTokens = 0
  /// Of a sweep: the cell at work, from 1, and how many there are; 0 outside of one.
  package var cellNumber = 0
  package var cellCount = 0
  /// Of a sweep: until its last cell ends; nil before anything is measured, and outside of one.
  package var secondsLeft: Double?

  package init(
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

/// A request to stop gracefully, made from a progress callback: no further sample begins, and those under way are finished and
/// kept. Used on the thread of the run.
package final class GracefulStop {
  package private(set) var isMade = false
  package init() {}
  package func make() { isMade = true }
}

/// Receives progress; false asks to stop.
package typealias ProgressHandler = (Progress) -> Bool

/// Receives each sample of a run as soon as it is scored; false asks to stop.
package typealias SampleHandler = (SampleRecord) -> Bool
