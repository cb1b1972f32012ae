import Glibc

/// The standard normal distribution.
package enum NormalDistribution {
  /// The probability of a value above z: erfc(z / sqrt 2) / 2.
  package static func upperTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

  /// The probability of a value up to z.
  package static func cumulative(_ z: Double) -> Double { upperTail(-z) }

  /// The value below which a probability lies; nil unless the probability is strictly between 0 and 1.
  ///
  /// Found by halving on the smaller tail, which the C library's `erfc` gives to the last digit or two.
  package static func quantile(_ probability: Double) -> Double? {
    guard probability > 0, probability < 1 else { return nil }
    let tail = min(probability, 1 - probability)
    let z = Bisection.solve(from: 0, to: 40) { upperTail($0) > tail }
    return probability < 0.5 ? -z : z
  }
}

/// Student's t distribution.
package enum StudentDistribution {
  /// The probability of a value further from zero than t, on either side: I(v / (v + t^2); v / 2, 1 / 2).
  ///
  /// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.5.27 and 26.7.1.
  package static func twoSidedTail(_ t: Double, degreesOfFreedom: Double) -> Double {
    let square = t * t
    let total = degreesOfFreedom + square
    return BetaDistribution.regularized(
      degreesOfFreedom / total, complement: square / total, degreesOfFreedom / 2, 0.5)
  }

  /// The probability of a value above t.
  package static func upperTail(_ t: Double, degreesOfFreedom: Double) -> Double {
    let tail = twoSidedTail(t, degreesOfFreedom: degreesOfFreedom) / 2
    return t >= 0 ? tail : 1 - tail
  }

  /// The value below which a probability lies; nil unless 0 < probability < 1 and the degrees of freedom are positive.
  package static func quantile(_ probability: Double, degreesOfFreedom: Double) -> Double? {
    guard probability > 0, probability < 1, degreesOfFreedom > 0, degreesOfFreedom.isFinite else { return nil }
    let tail = 2 * min(probability, 1 - probability)
    if tail == 1 { return 0 }
    var upper = 1.0
    while twoSidedTail(upper, degreesOfFreedom: degreesOfFreedom) > tail {
      upper *= 2
      if upper > 1e150 { return nil }
    }
    let t = Bisection.solve(from: 0, to: upper) { twoSidedTail($0, degreesOfFreedom: degreesOfFreedom) > tail }
    return probability < 0.5 ? -t : t
  }
}

/// The binomial distribution: successes in a count of trials.
package enum BinomialDistribution {
  /// The probability of exactly k successes; 0 for an impossible k, nil for an impossible count or probability.
  package static func point(_ k: Int, _ count: Int, _ probability: Double) -> Double? {
    guard count >= 0, probability >= 0, probability <= 1 else { return nil }
    if k < 0 || k > count { return 0 }
    return BinomialDensity.value(Double(k), Double(count - k), probability, 1 - probability)
  }

  /// The probability of at most k successes: I(1 - p; n - k, k + 1) (Abramowitz and Stegun 26.5.24); nil as for `point`.
  package static func cumulative(_ k: Int, _ count: Int, _ probability: Double) -> Double? {
    guard count >= 0, probability >= 0, probability <= 1 else { return nil }
    if k < 0 { return 0 }
    if k >= count { return 1 }
    return BetaDistribution.regularized(
      1 - probability, complement: probability, Double(count) - Double(k), Double(k) + 1)
  }
}

/// The beta distribution.
package enum BetaDistribution {
  /// The probability of a value up to x; nil unless both shapes are positive and x lies in 0...1.
  package static func cumulative(_ x: Double, _ first: Double, _ second: Double) -> Double? {
    guard first > 0, second > 0, first.isFinite, second.isFinite, x >= 0, x <= 1 else { return nil }
    return regularized(x, complement: 1 - x, first, second)
  }

  /// The value below which a probability lies; nil unless both shapes are positive and the probability is in 0...1.
  package static func quantile(_ probability: Double, _ first: Double, _ second: Double) -> Double? {
    guard first > 0, second > 0, first.isFinite, second.isFinite, probability >= 0, probability <= 1 else { return nil }
    if probability == 0 || probability == 1 { return probability }
    return Bisection.solve(from: 0, to: 1) { regularized($0, complement: 1 - $0, first, second) < probability }
  }

  /// The regularised incomplete beta function I(x; a, b), with 1 - x given apart so that neither end loses digits.
  ///
  /// The continued fraction of Abramowitz and Stegun 26.5.8, on the side where it converges fast, evaluated by the
  /// method of Lentz as Thompson and Barnett modified it (Journal of Computational Physics 64, 1986).
  static func regularized(_ x: Double, complement: Double, _ first: Double, _ second: Double) -> Double {
    if x <= 0 { return 0 }
    if complement <= 0 { return 1 }
    // x^a (1 - x)^b gamma(a + b) / (gamma(a) gamma(b))
    let front = BinomialDensity.value(first, second, x, complement) * first / (first + second) * second
    if x < (first + 1) / (first + second + 2) { return front * fraction(x, first, second) / first }
    return 1 - front * fraction(complement, second, first) / second
  }

  private static func fraction(_ x: Double, _ first: Double, _ second: Double) -> Double {
    let tiny = 1e-300
    func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / kept(1 - (first + second) * x / (first + 1))
    var value = d
    for step in 1...100_000 {
      let m = Double(step)
      let even = m * (second - m) * x / ((first + 2 * m - 1) * (first + 2 * m))
      d = 1 / kept(1 + even * d)
      c = kept(1 + even / c)
      value *= d * c
      let odd = -(first + m) * (first + second + m) * x / ((first + 2 * m) * (first + 2 * m + 1))
      d = 1 / kept(1 + odd * d)
      c = kept(1 + odd / c)
      let change = d * c
      value *= change
      if abs(change - 1) < 1e-16 { break }
    }
    return value
  }
}

/// Finds where a condition changes, to the last digit.
enum Bisection {
  /// The point up to which a condition holds: it must hold below that point and fail above it.
  static func solve(from lower: Double, to upper: Double, _ isBelow: (Double) -> Bool) -> Double {
    var lower = lower
    var upper = upper
    for _ in 0..<1100 {  // enough for the smallest double there is
      let middle = lower + (upper - lower) / 2
      if middle <= lower || middle >= upper { break }
      if isBelow(middle) { lower = middle } else { upper = middle }
    }
    return lower + (upper - lower) / 2
  }
}
