#if canImport(Glibc)
  import Glibc
#endif

/// The inverse of the normal distribution, for shares of activations.
enum NormalQuantile {
  /// The number of deviations below which a share of a normal distribution lies, by bisection of erfc; 0 < share < 1.
  static func of(_ share: Double) -> Double {
    var (lower, upper) = (-9.0, 9.0)
    for _ in 0..<80 {
      let middle = (lower + upper) / 2
      if erfc(-middle / 2.0.squareRoot()) / 2 < share { lower = middle } else { upper = middle }
    }
    return (lower + upper) / 2
  }
}

/// e^x of the C library, under a whole name.
func exponential(_ value: Double) -> Double { exp(value) }
