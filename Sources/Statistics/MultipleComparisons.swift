/// The probability of one of many tests: as it is, and adjusted for the others.
package struct AdjustedProbability: Sendable, Equatable {
  package let raw: Double
  /// Below a level: significant, and the chance of any false finding among the tests stays below that level.
  package let holm: Double
  /// Below a level: significant, and the expected share of false findings among the findings stays below that level.
  package let benjaminiHochberg: Double
}

/// Adjusts the probabilities of many tests; show them beside the raw ones, never instead.
package enum MultipleComparisons {
  /// Holm's step-down adjustment (S. Holm, Scandinavian Journal of Statistics 6, 1979): rejecting what stays below a
  /// level keeps the chance of even one false rejection below it.
  ///
  /// In the order given; nil if a value is not a probability.
  package static func holm(_ probabilities: [Double]) -> [Double]? {
    guard let order = order(probabilities) else { return nil }
    var adjusted = probabilities
    var highest = 0.0
    for (rank, index) in order.enumerated() {
      highest = max(highest, min(1, probabilities[index] * Double(order.count - rank)))
      adjusted[index] = highest
    }
    return adjusted
  }

  /// The step-up adjustment of Y. Benjamini and Y. Hochberg (JRSS B 57, 1995): rejecting what stays below a level keeps
  /// the expected share of false rejections below it, for independent or positively dependent tests.
  ///
  /// In the order given; nil if a value is not a probability.
  package static func benjaminiHochberg(_ probabilities: [Double]) -> [Double]? {
    guard let order = order(probabilities) else { return nil }
    var adjusted = probabilities
    var lowest = 1.0
    for (rank, index) in order.enumerated().reversed() {
      lowest = min(lowest, probabilities[index] * Double(order.count) / Double(rank + 1))
      adjusted[index] = lowest
    }
    return adjusted
  }

  /// Both adjustments of the tests that have a probability; the others are not counted, and stay nil.
  package static func adjust(_ probabilities: [Double?]) -> [AdjustedProbability?] {
    let known = probabilities.indices.filter { probabilities[$0] != nil }
    let raw = known.compactMap { probabilities[$0] }
    var adjusted = [AdjustedProbability?](repeating: nil, count: probabilities.count)
    guard let holm = holm(raw), let discovery = benjaminiHochberg(raw) else { return adjusted }
    for (place, index) in known.enumerated() {
      adjusted[index] = AdjustedProbability(raw: raw[place], holm: holm[place], benjaminiHochberg: discovery[place])
    }
    return adjusted
  }

  /// The positions from the smallest probability to the largest.
  private static func order(_ probabilities: [Double]) -> [Int]? {
    guard probabilities.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return nil }
    return probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
  }
}
