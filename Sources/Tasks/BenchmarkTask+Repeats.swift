import Evaluation
import Statistics
import Support

extension BenchmarkTask {
  /// What the score of a sample holds, the main metric first: the task's metrics, and what several responses add.
  package var scoreMetrics: [Metric] {
    scoresTogether ? metrics : RepeatedScores(metrics, repeats)?.all ?? metrics
  }

  /// The score of a sample's responses together, each scored by the task; of a single response, its score.
  package func scoreAll(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    if scoresTogether { return try score(index, response) }
    guard let repeated = RepeatedScores(metrics, repeats) else { return try score(index, response) }
    guard case .generated(let texts) = response, texts.count == repeats else {
      return .unscored(repeated.all, flag: ScoreFlag.mismatchedResponse)
    }
    var scores: [Score] = []
    for text in texts { scores.append(try score(index, .generated([text]))) }
    return repeated.score(scores)
  }
}

/// The metrics of several responses to each sample, and their values.
///
/// Of k responses a metric keeps its name for its mean (mean@k), so that runs with and without repeats have it in common. A
/// metric of right and wrong, `exact_match`, also has `exact_match_pass@j` for j = 2, 4, 8, ... and k, and
/// `exact_match_maj@k`. The formulas are those of `RepeatedAnswers`.
struct RepeatedScores {
  /// All metrics: the means in the task's order, then what each of them adds.
  let all: [Metric]
  private let metrics: [Metric]
  private let repeats: Int

  /// Nil for one response, which needs no other metrics.
  init?(_ metrics: [Metric], _ repeats: Int) {
    guard repeats > 1 else { return nil }
    self.metrics = metrics
    self.repeats = repeats
    all =
      metrics.map { $0.mean(of: repeats) }
      + metrics.filter(Self.isVoted).flatMap { metric in
        Self.sizes(repeats).map { metric.pass($0, of: repeats) } + [metric.majority(of: repeats)]
      }
  }

  /// The j of pass@j: powers of two, and all responses.
  static func sizes(_ repeats: Int) -> [Int] {
    var sizes = Array(sequence(first: 2) { $0 * 2 }.prefix { $0 < repeats })
    sizes.append(repeats)
    return sizes
  }

  private static func isVoted(_ metric: Metric) -> Bool { metric.isBinary && metric.kind == .quality }

  /// The score of a sample by those of its responses; the most frequent prediction stands for all.
  func score(_ scores: [Score]) -> Score {
    var means: [MetricValue] = []
    var others: [MetricValue] = []
    for metric in metrics {
      let found = scores.map { score in score.metrics.first { $0.name == metric.name } }
      let values = found.map { $0?.value }
      let predictions = found.map { $0?.prediction }
      let winner = RepeatedAnswers.winners(predictions).first
      means.append(MetricValue(name: metric.name, value: RepeatedAnswers.mean(values), prediction: winner))
      if !Self.isVoted(metric) { continue }
      for size in Self.sizes(repeats) {
        others.append(
          MetricValue(name: metric.passName(size), value: RepeatedAnswers.pass(values, k: size), prediction: winner))
      }
      // Where no response has a score there is none to vote on, whatever was extracted.
      let isScored = values.contains { $0?.isFinite == true }
      others.append(
        MetricValue(
          name: metric.majorityName(repeats),
          value: isScored ? RepeatedAnswers.majority(predictions, scores: values) : nil, prediction: winner))
    }
    return Score(metrics: means + others, flags: scores.flatMap(\.flags), responses: scores)
  }
}

extension Metric {
  fileprivate func passName(_ size: Int) -> String { "\(name)_pass@\(size)" }

  fileprivate func majorityName(_ repeats: Int) -> String { "\(name)_maj@\(repeats)" }

  fileprivate func mean(of repeats: Int) -> Metric {
    changed(
      name, "mean@\(repeats): the mean over \(repeats) responses to each sample of: \(summary)", harnessName, false)
  }

  /// Of as many responses as there are, a sample either has a right one or none.
  fileprivate func pass(_ size: Int, of repeats: Int) -> Metric {
    changed(
      passName(size),
      "pass@\(size): the chance that \(name) is 1 in at least one of \(size) responses, estimated from \(repeats)", nil,
      size == repeats)
  }

  fileprivate func majority(of repeats: Int) -> Metric {
    changed(
      majorityName(repeats),
      "maj@\(repeats): \(name) of the most frequent answer of \(repeats) responses; ties are shared", nil, false)
  }

  private func changed(_ name: String, _ summary: String, _ harnessName: String?, _ isBinary: Bool) -> Metric {
    Metric(
      name: name, summary: summary, harnessName: harnessName, lowerBound: lowerBound, upperBound: upperBound,
      higherIsBetter: higherIsBetter, isBinary: isBinary, aggregate: aggregate, unit: unit, kind: kind)
  }
}
