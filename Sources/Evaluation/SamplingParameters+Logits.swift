@preconcurrency import Glibc

/// What the parameters make of logits. The definitions are those of the processors of `transformers`
/// (generation/logits_process.py); Tests/Goldens/sampling holds them to it.
extension SamplingParameters {
  /// Lowers the logits of tokens that the sequence has already, once each however often it has them: a positive logit is
  /// divided by the penalty, a negative one multiplied (N. Keskar et al., arXiv:1909.05858, section 4.1, with the signs of
  /// `RepetitionPenaltyLogitsProcessor`). The sequence is prompt and answer. Numbers beyond the logits are passed over.
  package func penalize(_ logits: UnsafeMutableBufferPointer<Float>, sequence: some Sequence<Int32>) {
    if repetitionPenalty == 1 { return }
    let penalty = Float(repetitionPenalty)
    for token in Set(sequence) where logits.indices.contains(Int(token)) {
      let logit = logits[Int(token)]
      logits[Int(token)] = logit < 0 ? logit * penalty : logit / penalty
    }
  }

  /// Whether `minP` lets a token be sampled, by its weight and that of the most likely one, both any multiple of their
  /// probabilities (N. Nguyen et al., arXiv:2407.01082).
  package func keeps(weight: Double, greatest: Double) -> Bool { weight >= minP * greatest }

  /// The probability of each token to follow a sequence. // logits, result: [vocabulary]
  ///
  /// The plain form of all filters in their order, for tests and small tables: it sorts the whole vocabulary.
  package func probabilities(_ logits: [Float], sequence: [Int32] = []) -> [Double] {
    var logits = logits
    logits.withUnsafeMutableBufferPointer { penalize($0, sequence: sequence) }
    var result = [Double](repeating: 0, count: logits.count)
    let order = logits.indices.sorted { logits[$0] == logits[$1] ? $0 < $1 : logits[$0] > logits[$1] }
    guard let first = order.first else { return [] }
    if temperature == 0 {
      result[first] = 1
      return result
    }
    func weight(_ token: Int) -> Double { exp((Double(logits[token]) - Double(logits[first])) / temperature) }
    var kept = topK == 0 ? order[...] : order.prefix(topK)
    if topP < 1 {
      let total = kept.reduce(0) { $0 + weight($1) }
      var sum = 0.0
      let count = kept.firstIndex { token in
        sum += weight(token)
        return sum >= topP * total
      }
      if let count { kept = kept[...count] }
    }
    kept = kept.prefix { keeps(weight: weight($0), greatest: 1) }
    let total = kept.reduce(0) { $0 + weight($1) }
    for token in kept { result[token] = weight(token) / total }
    return result
  }
}
