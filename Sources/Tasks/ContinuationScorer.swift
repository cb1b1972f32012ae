import Evaluation

/// Scores a choice among continuations by the sums of their log-probabilities.
enum ContinuationScorer {
  /// The score of a response: 1 if the most likely continuation (the first of equals) is the right one.
  ///
  /// The sums are not divided by length: `acc` of lm-evaluation-harness, which takes the first maximum as numpy's
  /// `argmax` does. A sum of minus infinity is a sum; one that is not a number leaves the sample unscored.
  static func score(_ response: Response, names: [String], answer: Int, metrics: [Metric]) -> Score {
    guard let sums = response.logLikelihoodValues, sums.count == names.count, let metric = metrics.first else {
      return .unscored(metrics, flag: ScoreFlag.mismatchedResponse)
    }
    guard let highest = sums.max(), !sums.contains(where: \.isNaN), let chosen = sums.firstIndex(of: highest) else {
      return .unscored(metrics, flag: ScoreFlag.undefinedLogLikelihood)
    }
    let isTied = sums.count { $0 == highest } > 1
    return Score(
      metrics: [MetricValue(name: metric.name, value: chosen == answer ? 1 : 0, prediction: names[chosen])],
      flags: isTied ? [ScoreFlag.tiedChoices] : [])
  }
}
