import Glibc

/// How far two lists order the same things alike, such as two tasks the same models: Kendall's tau-b.
package struct KendallTau: Sendable, Equatable {
  /// From -1 (reversed) to 1 (the same order); pairs that a list ties count for neither.
  package let tau: Double
  /// The two-sided probability under no agreement: exact without ties for up to 33 things or at most one pair out of order,
  /// else by the normal approximation.
  /// Nil where the approximation has no variance (two things with a tie).
  package let probability: Double?

  /// Source: M. Kendall, "Rank Correlation Methods", 1970, 3 and 4; the variance with ties is his (4.4).
  ///
  /// Nil for lists of different lengths, fewer than two things, a value that is not finite, or a list that ties them all.
  package init?(_ first: [Double], _ second: [Double]) {
    guard first.count == second.count, first.count >= 2, (first + second).allSatisfy(\.isFinite) else { return nil }
    let count = first.count
    var (concordant, discordant) = (0, 0)
    for i in 1..<count {
      for j in 0..<i {
        if first[i] == first[j] || second[i] == second[j] { continue }
        if (first[i] > first[j]) == (second[i] > second[j]) { concordant += 1 } else { discordant += 1 }
      }
    }
    let (firstTies, secondTies) = (Self.ties(first), Self.ties(second))
    let pairs = Double(count) * Double(count - 1) / 2
    let (firstPairs, secondPairs) = (pairs - firstTies.pairs, pairs - secondTies.pairs)
    guard firstPairs > 0, secondPairs > 0 else { return nil }
    let excess = Double(concordant) - Double(discordant)
    tau = max(-1, min(1, excess / firstPairs.squareRoot() / secondPairs.squareRoot()))
    let hasTies = firstTies.pairs > 0 || secondTies.pairs > 0
    if !hasTies, count <= 33 || min(concordant, discordant) <= 1 {
      probability = Self.exact(count, min(concordant, discordant))
    } else {
      let n = Double(count)
      var variance = (n * (n - 1) * (2 * n + 5) - firstTies.third - secondTies.third) / 18
      variance += 2 * firstTies.pairs * secondTies.pairs / (n * (n - 1))
      if count > 2 { variance += firstTies.second * secondTies.second / (9 * n * (n - 1) * (n - 2)) }
      probability = variance > 0 ? min(1, 2 * NormalDistribution.upperTail(abs(excess) / variance.squareRoot())) : nil
    }
  }

  /// Over groups of t equal values: sum of t (t - 1) / 2, of t (t - 1) (t - 2), of t (t - 1) (2 t + 5).
  private static func ties(_ values: [Double]) -> (pairs: Double, second: Double, third: Double) {
    var sizes: [Double: Double] = [:]
    for value in values { sizes[value, default: 0] += 1 }
    var sums = (pairs: 0.0, second: 0.0, third: 0.0)
    for value in Set(values).sorted() {
      let t = sizes[value] ?? 0
      sums.pairs += t * (t - 1) / 2
      sums.second += t * (t - 1) * (t - 2)
      sums.third += t * (t - 1) * (2 * t + 5)
    }
    return sums
  }

  /// Twice the probability of at most this many inversions in a random order.
  private static func exact(_ count: Int, _ inversions: Int) -> Double {
    var probabilities = [1.0]
    for size in 2...max(2, count) where size <= count {
      var longer = [Double](repeating: 0, count: probabilities.count + size - 1)
      for (index, value) in probabilities.enumerated() {
        for shift in 0..<size { longer[index + shift] += value / Double(size) }
      }
      probabilities = longer
    }
    return min(1, 2 * probabilities[...inversions].reduce(0, +))
  }
}
