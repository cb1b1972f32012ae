import Glibc

/// How far a model's confidence in its answers is borne out: of the answers it is 80% sure of, are 80% right?
package struct Calibration: Sendable, Equatable {
  /// The answers whose confidence lies in one part of 0 to 1.
  package struct Bin: Sendable, Equatable {
    /// The part; its upper end belongs to it, its lower one to the bin before (0 to the first).
    package let lower: Double
    package let upper: Double
    package let count: Int
    package let meanConfidence: Double
    package let accuracy: Double
    /// Wilson's, of the accuracy.
    package let interval: ConfidenceInterval?
  }

  package let count: Int
  /// The bins that hold an answer, by confidence.
  package let bins: [Bin]
  /// The mean distance of accuracy from confidence over bins, each weighing as much as it holds.
  package let expectedError: Double

  /// The calibration of answers, in bins of equal width; nil for none, lists of different lengths, or a confidence outside 0...1.
  ///
  /// Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, equations 2, 3
  /// and 5.
  package init?(confidences: [Double], isRight: [Bool], binCount: Int = 10, level: Double = 0.95) {
    guard !confidences.isEmpty, confidences.count == isRight.count, binCount >= 1,
      confidences.allSatisfy({ $0 >= 0 && $0 <= 1 })
    else { return nil }
    var members = [[Int]](repeating: [], count: binCount)
    for (index, confidence) in confidences.enumerated() {
      let bin = Int((confidence * Double(binCount)).rounded(.up)) - 1
      members[min(binCount - 1, max(0, bin))].append(index)
    }
    count = confidences.count
    bins = members.enumerated().compactMap { number, members in
      guard let mean = Moments.mean(members.map { confidences[$0] }) else { return nil }
      let right = members.count { isRight[$0] }
      return Bin(
        lower: Double(number) / Double(binCount), upper: Double(number + 1) / Double(binCount), count: members.count,
        meanConfidence: mean, accuracy: Double(right) / Double(members.count),
        interval: .wilson(successes: right, count: members.count, level: level))
    }
    let total = Double(count)
    expectedError = Moments.sum(bins.map { Double($0.count) / total * abs($0.accuracy - $0.meanConfidence) })
  }

  /// The index of the most likely choice (the first of equals) and its share of the probabilities of all choices.
  ///
  /// Nil for fewer than two choices or a log-likelihood that is not finite.
  package static func confidence(logLikelihoods: [Double]) -> (choice: Int, share: Double)? {
    guard logLikelihoods.count >= 2, logLikelihoods.allSatisfy(\.isFinite), let highest = logLikelihoods.max(),
      let choice = logLikelihoods.firstIndex(of: highest)
    else { return nil }
    return (choice, 1 / Moments.sum(logLikelihoods.map { exp($0 - highest) }))
  }
}
