@preconcurrency import Glibc

/// Probabilities from a row of logits.
enum LogSoftmax {
  /// ln softmax(logits)[index], summed in double precision: a score must not hang on the order of a sum. // [vocabulary]
  static func logProbability(of index: Int, in logits: UnsafeBufferPointer<Float>) -> Float {
    let maximum = logits[argmax(logits)]
    var sum = 0.0
    for value in logits { sum += Double(expf(value - maximum)) }
    return Float(Double(logits[index] - maximum) - log(sum))
  }

  /// The index of the largest logit, the lowest among equals. // [vocabulary]
  static func argmax(_ logits: UnsafeBufferPointer<Float>) -> Int {
    var best = 0
    for index in 1..<max(1, logits.count) where logits[index] > logits[best] { best = index }
    return best
  }
}
