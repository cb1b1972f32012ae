@preconcurrency import Glibc

/// Probabilities from a row of logits.
enum LogSoftmax {
  /// ln softmax(logits)[index], given the largest logit; summed in double precision, in the order of the vocabulary.
  /// // [vocabularySize]
  static func logProbability(of index: Int, in logits: UnsafeBufferPointer<Float>, maximum: Float) -> Float {
    var sum = 0.0
    for value in logits { sum += Double(expf(value - maximum)) }
    return Float(Double(logits[index] - maximum) - log(sum))
  }
}
