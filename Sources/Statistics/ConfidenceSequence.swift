import Glibc

/// An interval of a mean that holds at every moment at once, so that one may look after each item and stop when it pleases.
///
/// The probability that the true mean ever leaves the interval is at most 1 - level, for any values between 0 and 1. By
/// betting: against each possible mean m two gamblers bet, one on more and one on less; a mean against which either's
/// capital reaches 2 / (1 - level) is out for good. This is the hedged capital process of I. Waudby-Smith, A. Ramdas,
/// "Estimating means of bounded random variables by betting", JRSS B 86, 2024: its theorem 3 with the predictable plug-in bets
/// (26), truncated at 1/2, and its theorem 4 for a finite population without replacement.
///
/// Without replacement, the items must come in a random order, every order equally probable: then the interval is of the
/// mean of the whole population, and of nothing beyond it.
package struct ConfidenceSequence: Sendable {
  /// Items in the population; nil: drawn independently from one distribution.
  package let population: Int?
  package let level: Double
  /// Items seen.
  package private(set) var count = 0

  private static let truncation = 0.5
  private let resolution: Int
  private let threshold: Double
  /// The means on the grid that are still possible: first ... last; none if first is last + 1, and the truth between them.
  private var first = 0
  private var last: Int
  /// Capital against each mean of the grid, betting that the truth is above it, and below it.
  private var above: [Double]
  private var below: [Double]
  /// Sums of the values seen, where an unscored item is 0, and 1.
  private var lowSum = 0.0
  private var highSum = 0.0
  private var sum = 0.0
  private var scored = 0
  private var squares = 0.0

  /// A sequence before its first item.
  ///
  /// resolution: steps of the grid of means between 0 and 1; the ends are rounded outward to it. Nil for a level outside
  /// 0 < level < 1, an empty population, or a resolution outside 2...100 000.
  package init?(population: Int? = nil, level: Double = 0.95, resolution: Int = 1000) {
    guard level > 0, level < 1, population.map({ $0 > 0 }) ?? true, (2...100_000).contains(resolution) else {
      return nil
    }
    self.population = population
    self.level = level
    self.resolution = resolution
    threshold = 2 / (1 - level)
    last = resolution
    above = [Double](repeating: 1, count: resolution + 1)
    below = above
  }

  /// Takes in the next item: a value between 0 and 1, or nil for one without a score, which then counts as 0 for the lower
  /// end and as 1 for the upper, so that the interval holds whatever it would have been.
  ///
  /// False, and nothing changes, for a value outside 0...1, or beyond the last item of the population.
  @discardableResult
  package mutating func observe(_ value: Double?) -> Bool {
    if let value, !(value >= 0 && value <= 1) { return false }
    if let population, count >= population { return false }
    let (low, high) = (value ?? 0, value ?? 1)
    let bet = nextBet
    let left = population.map { Double($0 - count) }
    count += 1
    for index in first..<last + 1 {
      let mean = Double(index) / Double(resolution)
      above[index] = bettingOnMore(above[index], mean, left, low, bet)
      below[index] = bettingOnLess(below[index], mean, left, high, bet)
    }
    lowSum += low
    highSum += high
    var (newFirst, newLast) = (first, last)
    while newFirst <= last, above[newFirst] >= threshold || isTooLow(newFirst) { newFirst += 1 }
    while newLast >= first, below[newLast] >= threshold || isTooHigh(newLast) { newLast -= 1 }
    // Neighbours may both go, the truth between them. A mean out on both sides happens with a probability of at most
    // 1 - level: what there was before stays.
    if newFirst <= newLast + 1 { (first, last) = (newFirst, newLast) }
    if let value {
      sum += value
      scored += 1
      let mean = (0.5 + sum) / Double(scored + 1)
      squares += (value - mean) * (value - mean)
    }
    return true
  }

  /// Whether the values seen alone already sum to more than a mean of the grid allows.
  private func isTooLow(_ index: Int) -> Bool {
    guard let population else { return false }
    return Double(population) * Double(index) / Double(resolution) < lowSum - 1e-9
  }

  /// Whether the values seen, and 1 for each to come, sum to less than a mean of the grid needs.
  private func isTooHigh(_ index: Int) -> Bool {
    guard let population else { return false }
    return Double(population) * Double(index) / Double(resolution) > highSum + Double(population - count) + 1e-9
  }

  /// The interval now; nil before the first item.
  package var interval: ConfidenceInterval? {
    guard count > 0 else { return nil }
    let steps = Double(resolution)
    return ConfidenceInterval(
      lower: Double(max(0, first - 1)) / steps, upper: Double(min(resolution, last + 1)) / steps, level: level,
      method: .betting)
  }

  /// Whether a mean is out; means between two points of the grid are out if the point towards the interval is.
  package func excludes(_ mean: Double) -> Bool {
    let place = mean * Double(resolution)
    return place.rounded(.up) < Double(first) || place.rounded(.down) > Double(last)
  }

  /// The bet before truncation: sqrt(2 log(2 / alpha) / (variance so far * t log(t + 1))).
  private var nextBet: Double {
    let t = Double(count + 1)
    let variance = (0.25 + squares) / Double(scored + 1)
    return (2 * log(threshold) / (variance * t * log(t + 1))).squareRoot()
  }

  @inline(__always)
  private func bettingOnMore(_ capital: Double, _ mean: Double, _ left: Double?, _ value: Double, _ bet: Double)
    -> Double
  {
    var mean = mean
    if let population, let left { mean = (Double(population) * mean - lowSum) / left }
    // A mean is impossible (beyond rounding) if the values to come would have to sum to less than 0, or to 0 and do not.
    if mean < -1e-9 || (mean <= 0 && value > 1e-6) { return .infinity }
    return mean <= 0 ? capital : capital * (1 + min(bet, Self.truncation / mean) * (value - mean))
  }

  @inline(__always)
  private func bettingOnLess(_ capital: Double, _ mean: Double, _ left: Double?, _ value: Double, _ bet: Double)
    -> Double
  {
    var mean = mean
    if let population, let left { mean = (Double(population) * mean - highSum) / left }
    if mean > 1 + 1e-9 || (mean >= 1 && value < 1 - 1e-6) { return .infinity }
    return mean >= 1 ? capital : capital * (1 - min(bet, Self.truncation / (1 - mean)) * (value - mean))
  }
}

/// A test of two models on the same items that may stop as soon as they differ significantly.
///
/// Bets on the item-by-item differences, d in -1...1 taken as (d + 1) / 2; see `ConfidenceSequence`. If the models are equally
/// good, the probability of ever telling them apart is at most 1 - level.
package struct PairedSequence: Sendable {
  /// Which model the items seen say is better.
  package enum Decision: Sendable, Equatable { case first, second }

  private var sequence: ConfidenceSequence

  /// Nil as for `ConfidenceSequence`.
  package init?(population: Int? = nil, level: Double = 0.95, resolution: Int = 1000) {
    guard let sequence = ConfidenceSequence(population: population, level: level, resolution: 2 * (resolution / 2))
    else { return nil }
    self.sequence = sequence
  }

  package var count: Int { sequence.count }

  /// Takes in both models' scores of the next item, each between 0 and 1; nil where either has none.
  ///
  /// False, and nothing changes, as for `ConfidenceSequence.observe`.
  @discardableResult
  package mutating func observe(_ first: Double?, _ second: Double?) -> Bool {
    guard let first, let second else { return sequence.observe(nil) }
    return sequence.observe((first - second + 1) / 2)
  }

  /// The interval of the mean difference now; nil before the first item.
  package var interval: ConfidenceInterval? {
    sequence.interval.map {
      ConfidenceInterval(lower: 2 * $0.lower - 1, upper: 2 * $0.upper - 1, level: $0.level, method: $0.method)
    }
  }

  /// The better model, once no difference is out; nil while they do not differ significantly.
  package var decision: Decision? {
    guard sequence.excludes(0.5), let interval else { return nil }
    return interval.lower >= 0 ? .first : .second
  }
}
