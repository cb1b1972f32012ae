import Glibc

/// The binomial density for counts of any size that need not be whole, to the last digits.
///
/// Source: C. Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000. Differences of large logarithms of the
/// gamma function would lose a digit for each power of ten; here what is large cancels before it is computed.
enum BinomialDensity {
  /// gamma(a + b + 1) / (gamma(a + 1) gamma(b + 1)) p^a q^b for a, b >= 0 and p + q = 1, with q given apart from p.
  static func value(_ a: Double, _ b: Double, _ p: Double, _ q: Double) -> Double {
    if a == 0, b == 0 { return 1 }
    if a == 0 { return exp(b * logarithm(q, complement: p)) }
    if b == 0 { return exp(a * logarithm(p, complement: q)) }
    if p <= 0 || q <= 0 { return 0 }
    let n = a + b
    let exponent =
      stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * p) - deviance(b, n * q)
    return exp(exponent) * (n / (2 * Double.pi * a * b)).squareRoot()
  }

  /// log(x), where 1 - x is known better than x if it is small.
  private static func logarithm(_ x: Double, complement: Double) -> Double {
    complement < 0.5 ? log1p(-complement) : log(x)
  }

  /// What Stirling's formula lacks of log gamma(n + 1), n > 0.
  private static func stirlingError(_ n: Double) -> Double {
    if n <= 15 { return logGamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * Double.pi) }
    let square = n * n
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) / square) / n
  }

  /// x log(x / m) + m - x for x, m > 0, without cancellation where they are close.
  private static func deviance(_ x: Double, _ m: Double) -> Double {
    if abs(x - m) >= 0.1 * (x + m) { return x * log(x / m) + m - x }
    let v = (x - m) / (x + m)
    var sum = (x - m) * v
    var power = 2 * x * v
    for step in 1...1000 {
      power *= v * v
      let next = sum + power / Double(2 * step + 1)
      if next == sum { break }
      sum = next
    }
    return sum
  }

  static func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(x, &sign)  // lgamma itself writes to a global
  }
}
