import Evaluation

/// Bits per byte of the right answer: how far a model is from an answer that it does not choose.
///
/// A model that guesses has the accuracy of chance whatever it knows; this metric still tells two such models apart. It is
/// -L/(N log 2) with L the sum over the samples of the right continuation's log-likelihood (natural logarithm) and N that of
/// its bytes in UTF-8. The delimiter before a choice is in L and not in N: `byte_length` of lm-evaluation-harness's
/// `acc_bytes` (`process_results` in lm_eval/api/task.py, 0.4.13), which has no metric of this kind for choices.
enum AnswerBits {
  static let metric = Metric(
    name: "answer_bits_per_byte", summary: "the bits that the model needs for each byte of the right answer",
    lowerBound: 0, upperBound: .infinity, higherIsBetter: false, isBinary: false, aggregate: .bitsPerByte)

  /// The value of a sample; of several right answers that of the one with the fewest bits for its bytes. Without a right
  /// answer that has bytes there is none.
  ///
  /// - Parameters:
  ///   - likelihoods: of each continuation.
  ///   - texts: the continuations without the delimiter in front.
  ///   - right: the positions of right ones; nil for one that is not there.
  static func value(_ likelihoods: [Double], texts: [String], right: [Int?]) -> MetricValue {
    var best: (value: Double, sums: [Double])?
    for index in right {
      guard let index, let likelihood = PythonValue.item(likelihoods, index), let text = PythonValue.item(texts, index)
      else { continue }
      let sums = [likelihood, Double(text.utf8.count)]
      guard let value = metric.aggregate.value(ofSums: sums), value < best?.value ?? .infinity || best == nil else {
        continue
      }
      best = (value, sums)
    }
    return MetricValue(name: metric.name, value: best?.value, sums: best?.sums)
  }
}
