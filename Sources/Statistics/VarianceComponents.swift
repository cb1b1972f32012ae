/// Splits the variance of scores into what the items, the few-shot draws, the order of choices, the sampling, ... add to it.
///
/// The design is a full grid: every item under every level of every facet, one score each. Every effect is taken as random
/// and estimated from the mean squares (R. Brennan, "Generalizability Theory", 2001, chapters 3 and 4): with MS the mean
/// square of an effect T and pi(S) the product of the sizes of the facets outside S,
/// sigma^2(S) = 1 / pi(S) sum over T containing S of (-1)^(|T| - |S|) MS(T).
package struct VarianceComponents: Sendable, Equatable {
  /// One effect: a facet, or facets acting together; the one of all facets holds what is left over.
  package struct Component: Sendable, Equatable {
    /// The facets by name, in the order given.
    package let facets: [String]
    /// The estimated variance, 0 where the estimate is negative.
    package let variance: Double
    /// The estimate as the formula gives it; below 0 says: too small to be seen in this design.
    package let rawVariance: Double
    package let meanSquare: Double
    package let degreesOfFreedom: Int
    /// What it adds to the variance of the grand mean: the variance over the product of its facets' sizes.
    package let contribution: Double
  }

  /// What more of one facet would buy.
  package struct Need: Sendable, Equatable {
    package let facet: String
    package let levels: Int
    /// How many levels would halve the part of the standard error that falls as this facet grows: four times as many.
    package let levelsToHalveOwnError: Int
    /// How many levels, the others unchanged, would halve the standard error of the mean; nil if no number would.
    package let levelsToHalveError: Int?
  }

  package let mean: Double
  package let components: [Component]
  /// The root of the sum of the contributions: the standard error of the grand mean over new levels of every facet.
  package let standardError: Double
  /// One a facet, in the order given.
  package let needs: [Need]

  /// The components of scores in a grid.
  ///
  /// scores: [levels of the first facet, of the second, ...], the last changing fastest. Facets of one level are left out:
  /// nothing can be said of them. Nil if the sizes do not fit the scores, a score is not finite, there are more than eight
  /// facets, or none of them has two levels.
  package init?(facets: [(name: String, levels: Int)], scores: [Double]) {
    let facets = facets.filter { $0.levels != 1 }
    guard !facets.isEmpty, facets.count <= 8, facets.allSatisfy({ $0.levels >= 2 }),
      scores.allSatisfy(\.isFinite), let mean = Moments.mean(scores)
    else { return nil }
    var size = 1
    for facet in facets {
      let (product, overflow) = size.multipliedReportingOverflow(by: facet.levels)
      if overflow || product > scores.count { return nil }
      size = product
    }
    guard size == scores.count else { return nil }
    let sizes = facets.map(\.levels)
    let subsets = 1..<(1 << facets.count)
    let means = (0..<(1 << facets.count)).map { Self.marginalMeans(scores, sizes, kept: $0) }
    var squares = [Double](repeating: 0, count: means.count)
    var degrees = [Int](repeating: 1, count: means.count)
    for subset in subsets {
      let inside = Self.positions(subset, facets.count)
      degrees[subset] = inside.reduce(1) { $0 * (sizes[$1] - 1) }
      let repeats = Double(scores.count) / Double(means[subset].count)
      let sum = Self.effectSquares(means, sizes, subset)
      squares[subset] = sum * repeats / Double(degrees[subset])
    }
    let full = (1 << facets.count) - 1
    self.mean = mean
    components = subsets.map { subset in
      var variance = 0.0
      for other in subsets where other & subset == subset {
        variance += (other ^ subset).nonzeroBitCount % 2 == 0 ? squares[other] : -squares[other]
      }
      let inside = Self.positions(subset, facets.count).reduce(1.0) { $0 * Double(sizes[$1]) }
      let outside = Self.positions(full ^ subset, facets.count).reduce(1.0) { $0 * Double(sizes[$1]) }
      variance /= outside
      return Component(
        facets: Self.positions(subset, facets.count).map { facets[$0].name }, variance: max(0, variance),
        rawVariance: variance, meanSquare: squares[subset], degreesOfFreedom: degrees[subset],
        contribution: max(0, variance) / inside)
    }
    let total = components.reduce(0) { $0 + $1.contribution }
    standardError = total.squareRoot()
    let all = components
    needs = facets.map { facet in
      let own = all.reduce(0) { $0 + ($1.facets.contains(facet.name) ? $1.contribution : 0) }
      // own / ratio + (total - own) = total / 4
      let room = total / 4 - (total - own)
      let ratio = room > 0 ? own / room : .infinity
      let levels = (ratio * Double(facet.levels)).rounded(.up)
      return Need(
        facet: facet.name, levels: facet.levels, levelsToHalveOwnError: 4 * facet.levels,
        levelsToHalveError: total > 0 && levels < 1e15 ? Int(levels) : nil)
    }
  }

  private static func positions(_ subset: Int, _ count: Int) -> [Int] { (0..<count).filter { subset >> $0 & 1 == 1 } }

  /// Means over the facets that are not kept, in a grid of the kept ones.
  private static func marginalMeans(_ scores: [Double], _ sizes: [Int], kept: Int) -> [Double] {
    let inside = positions(kept, sizes.count)
    var sums = [Double](repeating: 0, count: inside.reduce(1) { $0 * sizes[$1] })
    for (index, score) in scores.enumerated() { sums[place(index, sizes, inside)] += score }
    let repeats = Double(scores.count / sums.count)
    return sums.map { $0 / repeats }
  }

  /// Where an entry of the whole grid lies in the grid of some facets.
  private static func place(_ index: Int, _ sizes: [Int], _ inside: [Int]) -> Int {
    var rest = index
    var levels = [Int](repeating: 0, count: sizes.count)
    for facet in sizes.indices.reversed() {
      levels[facet] = rest % sizes[facet]
      rest /= sizes[facet]
    }
    return inside.reduce(0) { $0 * sizes[$1] + levels[$1] }
  }

  /// The sum of the squared effects of some facets together: their means less every effect of fewer of them.
  private static func effectSquares(_ means: [[Double]], _ sizes: [Int], _ subset: Int) -> Double {
    let inside = positions(subset, sizes.count)
    let own = inside.map { sizes[$0] }
    var sum = 0.0
    for index in means[subset].indices {
      var effect = 0.0
      // Inclusion and exclusion over the subsets of the subset.
      var part = subset
      while true {
        let kept = inside.indices.filter { part >> inside[$0] & 1 == 1 }
        let value = means[part][place(index, own, kept)]
        effect += (subset ^ part).nonzeroBitCount % 2 == 0 ? value : -value
        if part == 0 { break }
        part = (part - 1) & subset
      }
      sum += effect * effect
    }
    return sum
  }
}
