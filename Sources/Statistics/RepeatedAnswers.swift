/// What several answers to one item say together: mean@k, pass@k and maj@k of each item, and their estimates over items.
///
/// The answers of one item hang together. Each item therefore gives one value, and an interval speaks of other items, not
/// of other answers to the same ones.
package enum RepeatedAnswers {
  /// Which of equally frequent answers a vote takes.
  package enum TieRule: Sendable, Equatable {
    /// Each with the same chance: the value is the mean of their scores. The order of the answers changes nothing.
    case even
    /// The one that came first, as lm-evaluation-harness's `majority_vote` filter has it.
    case first
  }

  /// mean@k: the mean score of an item's answers; unscored ones enter nothing. Nil where none is scored.
  package static func mean(_ scores: [Double?]) -> Double? { Moments.mean(scores.compactMap { $0 }.filter(\.isFinite)) }

  /// pass@k: the chance that at least one of k answers, drawn from n of which c are right, is right.
  ///
  /// 1 - C(n - c, k) / C(n, k), the unbiased estimate (M. Chen et al., arXiv:2107.03374, eq. 1), as the product
  /// 1 - prod (1 - k / i) over i from n - c + 1 to n. Nil unless 1 <= k <= n and 0 <= c <= n.
  package static func pass(right: Int, of count: Int, k: Int) -> Double? {
    guard k >= 1, k <= count, right >= 0, right <= count else { return nil }
    if count - right < k { return 1 }
    if right == 0 { return 0 }
    return 1 - (count - right + 1...count).reduce(1.0) { $0 * (1 - Double(k) / Double($1)) }
  }

  /// pass@k of an item by the scores of its answers: a score of 1 is right, any other is not. Unscored answers are none;
  /// nil where fewer than k are scored.
  package static func pass(_ scores: [Double?], k: Int) -> Double? {
    let scored = scores.compactMap { $0 }.filter(\.isFinite)
    return pass(right: scored.count { $0 == 1 }, of: scored.count, k: k)
  }

  /// maj@k: the score of the answer that an item's k answers give most often.
  ///
  /// An answer that could not be extracted (nil) has no vote; where none has, the value is 0. An unscored answer among the
  /// winners is passed over; nil where no winner is scored, or unless there is a score an answer.
  package static func majority<Answer: Hashable>(_ answers: [Answer?], scores: [Double?], ties: TieRule = .even)
    -> Double?
  {
    guard answers.count == scores.count, !answers.isEmpty else { return nil }
    var score: [Answer: Double] = [:]
    for (answer, value) in zip(answers, scores) {
      guard let answer, score[answer] == nil, let value, value.isFinite else { continue }
      score[answer] = value
    }
    let winners = winners(answers)
    if winners.isEmpty { return 0 }
    switch ties {
    case .first: return winners.first.flatMap { score[$0] }
    case .even: return Moments.mean(winners.compactMap { score[$0] })
    }
  }

  /// The most frequent answers, the one that came first in front; empty where no answer could be extracted.
  package static func winners<Answer: Hashable>(_ answers: [Answer?]) -> [Answer] {
    var order: [Answer] = []
    var votes: [Answer: Int] = [:]
    for answer in answers.compactMap({ $0 }) {
      if votes[answer] == nil { order.append(answer) }
      votes[answer, default: 0] += 1
    }
    let most = votes.values.max()
    return order.filter { votes[$0] == most }
  }

  /// The variance of one answer's score, split into what the items add and what sampling an answer anew adds.
  package struct Variance: Sendable, Equatable {
    /// Of the answers to an item about its mean: what `PowerDesign.samplingVariance` takes.
    package let withinItems: Double
    /// Of the items' means, without what the sampling adds to them; 0 where the estimate is negative.
    package let betweenItems: Double

    /// The share of sampling in the variance of one answer; nil where there is no variance at all.
    package var withinShare: Double? {
      let total = withinItems + betweenItems
      return total > 0 ? withinItems / total : nil
    }
  }

  /// The variance of scores of several answers to each item. // [items][answers]
  ///
  /// The estimates of a one-way analysis with random items: within = MSW, between = (MSB - MSW) / n0 with
  /// n0 = (N - sum n_i^2 / N) / (items - 1) (S. Searle, G. Casella, C. McCulloch, "Variance Components", 1992, 3.6). Nil for
  /// fewer than two items with an answer, or where no item has two.
  package static func variance(_ items: [[Double]]) -> Variance? {
    let items = items.map { $0.filter(\.isFinite) }.filter { !$0.isEmpty }
    let count = items.reduce(0) { $0 + $1.count }
    guard items.count >= 2, count > items.count, let mean = Moments.mean(items.flatMap { $0 }) else { return nil }
    var (within, between) = (0.0, 0.0)
    for answers in items {
      guard let own = Moments.mean(answers) else { continue }
      within += Moments.sum(answers.map { ($0 - own) * ($0 - own) })
      between += Double(answers.count) * (own - mean) * (own - mean)
    }
    let total = Double(count)
    within /= total - Double(items.count)
    between /= Double(items.count - 1)
    let squares = items.reduce(0.0) { $0 + Double($1.count) * Double($1.count) }
    let size = (total - squares / total) / Double(items.count - 1)
    return Variance(withinItems: within, betweenItems: max(0, (between - within) / size))
  }

  /// The estimate of a metric over items, by one value an item; nil marks an unscored item. Values of 0 and 1 get Wilson's
  /// interval, others Student's over items, cut at 0 and 1.
  package static func estimate(_ values: [Double?], level: Double = 0.95) -> Estimate {
    Estimate(scores: values, isBinary: true, level: level).within(0, 1)
  }

  /// The same for items of which those with one label, a passage or a template, form a cluster; see `Clusters`. Nil unless
  /// there is a label an item.
  package static func estimate<Label: Hashable>(_ values: [Double?], clusters labels: [Label], level: Double = 0.95)
    -> Estimate?
  {
    guard labels.count == values.count else { return nil }
    let known = zip(labels, values).filter { $0.1?.isFinite == true }.map(\.0)
    return Estimate(scores: values, method: .student, clusters: Clusters(known), level: level).within(0, 1)
  }
}
