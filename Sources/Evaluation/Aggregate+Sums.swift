import Glibc

/// Metrics of all samples together: each is a function of sums over them, so that any part of the samples has one, too.
extension Metric.Aggregate {
  /// What the sums are of.
  package enum Sums: Sendable, Equatable {
    /// Log-likelihoods, and what they are divided by. // [2]
    case logLikelihood
    /// What is counted, and of how many. // [2]
    case counts
    /// Counts of right answers and answers, a row for each right answer. // [choices * choices]
    case confusion
    /// Tokens of the responses and of the references, then matching and all n-grams of 1 to 4. // [2 + 8]
    case words
    /// For n-grams of each length those of the responses, of the references, and the matching ones. // [3 * lengths]
    case characters
  }

  /// nil where the values of the samples are averaged.
  package var sums: Sums? {
    switch self {
    case .mean, .median: nil
    case .perplexity, .weightedPerplexity, .bitsPerByte: .logLikelihood
    case .f1, .matthews: .confusion
    case .bleu: .words
    case .chrf, .chrfWords: .characters
    case .ratio: .counts
    }
  }

  package var isOfCorpus: Bool { sums != nil }

  /// The sums of two sets of samples; nil if they are of different counts of things.
  package static func added(_ first: [Double], _ second: [Double]) -> [Double]? {
    if first.count == second.count { return zip(first, second).map(+) }
    return first.isEmpty ? second : second.isEmpty ? first : nil
  }

  /// The metric of sums; nil where it is not defined, and of a mean or a median.
  ///
  /// Perplexity is exp(-L/N), bits per byte -L/(N log 2), with L the sum of log-likelihoods (natural logarithm) and N that of
  /// samples, words or bytes. A ratio is what is counted over all that might be. F1 is 2tp/(2tp + fp + fn) of the second choice. Matthews's coefficient is that of any number of
  /// choices (J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational
  /// Biology and Chemistry 28, 2004); 0 where it has no variance. BLEU (K. Papineni et al., ACL 2002) is the corpus's with the
  /// smoothing of NIST's mteval-v13a, chrF (M. Popović, WMT 2015) that with beta 2, both as sacrebleu 2 computes them.
  package func value(ofSums sums: [Double]) -> Double? {
    switch self {
    case .mean, .median: return nil
    case .perplexity, .weightedPerplexity:
      guard sums.count == 2, sums[1] > 0 else { return nil }
      return exp(-sums[0] / sums[1])
    case .bitsPerByte:
      guard sums.count == 2, sums[1] > 0 else { return nil }
      return -sums[0] / sums[1] / log(2)
    case .f1: return Self.f1(sums)
    case .matthews: return Self.matthews(sums)
    case .bleu: return Self.bleu(sums)
    case .chrf, .chrfWords: return Self.chrf(sums)
    case .ratio: return sums.count == 2 && sums[1] > 0 ? sums[0] / sums[1] : nil
    }
  }

  private static func f1(_ sums: [Double]) -> Double? {
    guard sums.count == 4 else { return nil }
    let (falsePositive, falseNegative, truePositive) = (sums[1], sums[2], sums[3])
    let denominator = 2 * truePositive + falsePositive + falseNegative
    return denominator == 0 ? 0 : 2 * truePositive / denominator
  }

  private static func matthews(_ sums: [Double]) -> Double? {
    let count = Int(Double(sums.count).squareRoot())
    guard count > 0, count * count == sums.count else { return nil }
    let rows = (0..<count).map { row in (0..<count).reduce(0) { $0 + sums[row * count + $1] } }
    let columns = (0..<count).map { column in (0..<count).reduce(0) { $0 + sums[$1 * count + column] } }
    let total = rows.reduce(0, +)
    let right = (0..<count).reduce(0) { $0 + sums[$1 * count + $1] }
    let covariance = right * total - zip(rows, columns).reduce(0) { $0 + $1.0 * $1.1 }
    let ofAnswers = total * total - columns.reduce(0) { $0 + $1 * $1 }
    let ofTargets = total * total - rows.reduce(0) { $0 + $1 * $1 }
    let product = ofAnswers * ofTargets
    return product == 0 ? 0 : covariance / product.squareRoot()
  }

  private static func bleu(_ sums: [Double]) -> Double? {
    guard sums.count == 10 else { return nil }
    let (length, referenceLength) = (sums[0], sums[1])
    let matching = sums[2..<6]
    let all = sums[6..<10]
    if matching.allSatisfy({ $0 == 0 }) { return 0 }
    let brevity = length >= referenceLength ? 1 : length > 0 ? exp(1 - referenceLength / length) : 0
    var smoothing = 1.0
    var logarithms = 0.0
    for (match, total) in zip(matching, all) {
      // An n-gram longer than every response: its precision is 0.
      if total == 0 { return 0 }
      if match == 0 { smoothing *= 2 }
      logarithms += log(match == 0 ? 100 / (smoothing * total) : 100 * match / total)
    }
    // What rounding adds must not leave the bounds.
    return min(brevity * exp(logarithms / 4), 100)
  }

  private static func chrf(_ sums: [Double]) -> Double? {
    guard !sums.isEmpty, sums.count % 3 == 0 else { return nil }
    let factor = 4.0
    var (precision, recall, orders) = (0.0, 0.0, 0.0)
    for start in stride(from: 0, to: sums.count, by: 3) where sums[start] > 0 && sums[start + 1] > 0 {
      precision += sums[start + 2] / sums[start]
      recall += sums[start + 2] / sums[start + 1]
      orders += 1
    }
    if orders == 0 || precision + recall == 0 { return 0 }
    precision /= orders
    recall /= orders
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall)
  }
}
