/// The paired permutation test: if two models are equally good, each item's difference could as well have the other sign.
///
/// The statistic is the sum of the differences. Source: R. Fisher, "The Design of Experiments", 1935, 21; E. Pitman, JRSS
/// Supplement 4, 1937.
package struct PermutationTest: Sendable, Equatable {
  /// The two-sided probability of a sum at least as far from zero as the one seen.
  package let probability: Double
  /// Whether every choice of signs was counted; otherwise signs were drawn.
  package let isExact: Bool
  /// The choices of signs drawn; 0 for an exact test.
  package let draws: Int

  /// Exact up to 16 differences that are not zero, and for any number of whole ones whose sizes sum to at most 100 000.
  private static let enumerated = 16
  private static let reach = 100_000

  /// Flips the signs of items, or of whole clusters of them.
  ///
  /// Drawn signs count the order seen as one more draw, so that the probability is never 0 and keeps its level (B. Phipson,
  /// G. Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010). Nil for no items, values that are not
  /// finite, or clusters that do not fit.
  package init?(
    differences: [Double], clusters: Clusters? = nil, draws: Int = 10_000, seed: UInt64 = 1234, threads: Int = 0
  ) {
    guard !differences.isEmpty, differences.allSatisfy(\.isFinite), draws >= 1 else { return nil }
    var parts = differences
    if let clusters {
      guard let sums = clusters.sums(differences) else { return nil }
      parts = sums
    }
    parts = parts.map(\.magnitude).filter { $0 > 0 }
    let observed = abs(Moments.sum(clusters?.sums(differences) ?? differences))
    // Sums that differ by rounding alone are equal.
    let limit = observed - 1e-12 * parts.reduce(0, +)
    guard observed.isFinite, limit.isFinite else { return nil }
    if parts.allSatisfy({ $0 == $0.rounded() && $0 <= Double(Self.reach) }), parts.reduce(0, +) <= Double(Self.reach),
      Double(parts.count) * parts.reduce(0, +) < 2e8
    {
      self.draws = 0
      isExact = true
      probability = Self.whole(parts.map { Int($0) }, limit)
    } else if parts.count <= Self.enumerated {
      self.draws = 0
      isExact = true
      let choices = 1 << parts.count
      var extreme = 0
      for choice in 0..<choices {
        var sum = 0.0
        for (position, part) in parts.enumerated() { sum += choice >> position & 1 == 1 ? part : -part }
        if abs(sum) >= limit { extreme += 1 }
      }
      probability = Double(extreme) / Double(choices)
    } else {
      self.draws = draws
      isExact = false
      probability = Self.drawn(parts, limit, draws, seed, threads)
    }
  }

  /// Counts the choices of signs of whole numbers by the sum they give, adding one number after another.
  private static func whole(_ parts: [Int], _ limit: Double) -> Double {
    let total = parts.reduce(0, +)
    // probabilities[s]: of the chosen ones (sign +) summing to s; the signed sum is 2 s - total.
    var probabilities = [Double](repeating: 0, count: total + 1)
    probabilities[0] = 1
    var reached = 0
    for part in parts {
      for sum in stride(from: reached + part, through: 0, by: -1) {
        let without = sum <= reached ? probabilities[sum] : 0
        let with = sum >= part ? probabilities[sum - part] : 0
        probabilities[sum] = 0.5 * (without + with)
      }
      reached += part
    }
    let extreme = (0...total).filter { Double(abs(2 * $0 - total)) >= limit }
    return min(1, Moments.sum(extreme.map { probabilities[$0] }))
  }

  private static func drawn(_ parts: [Double], _ limit: Double, _ draws: Int, _ seed: UInt64, _ threads: Int) -> Double
  {
    let sums = [Double](unsafeUninitializedCapacity: draws) { output, filled in
      let result = SharedBuffer(output)
      parts.withUnsafeBufferPointer { parts in
        Parallel.forEach((draws + 63) / 64, threads: parts.count * draws < 200_000 ? 1 : threads) { piece in
          for draw in piece * 64..<min(draws, piece * 64 + 64) {
            var stream = RandomStream(seed: seed, purpose: .permutation, stream: UInt64(draw))
            var sum = 0.0
            var bits: UInt64 = 0
            for position in 0..<parts.count {
              if position & 63 == 0 { bits = stream.next() }
              sum += bits & 1 == 1 ? parts[position] : -parts[position]
              bits >>= 1
            }
            result.buffer[draw] = sum
          }
        }
      }
      filled = draws
    }
    return Double(1 + sums.count { abs($0) >= limit }) / Double(1 + draws)
  }
}
