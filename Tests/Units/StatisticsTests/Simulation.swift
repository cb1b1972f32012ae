@testable import Statistics

/// Repeated experiments with known truth.
enum Simulation {
  #if DEBUG
    /// Debug builds are some thirty times slower: they look at less, and at the same things.
    static let share = 10
  #else
    static let share = 1
  #endif

  /// The share of experiments, each with random numbers of its own, in which something happens, and the largest difference
  /// from a true share that chance explains: four standard errors.
  static func rate(_ count: Int, seed: UInt64, _ happens: (inout RandomStream) -> Bool) -> Double {
    let count = max(50, count / share)
    var times = 0
    for number in 0..<count {
      var stream = RandomStream(seed: seed, purpose: .simulation, stream: UInt64(number))
      if happens(&stream) { times += 1 }
    }
    return Double(times) / Double(count)
  }

  /// Four standard errors of a share found in so many experiments.
  static func error(_ rate: Double, _ count: Int) -> Double {
    4 * (rate * (1 - rate) / Double(max(50, count / share))).squareRoot()
  }
}

extension RandomStream {
  /// 1 with a probability, else 0.
  mutating func coin(_ probability: Double) -> Double { uniform() < probability ? 1 : 0 }

  /// A number near enough to a normal one for what is tested: twelve uniform ones less six.
  mutating func roughlyNormal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + uniform() } }
}
