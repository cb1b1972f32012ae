import Testing

@testable import Statistics

struct EstimateTests {
  @Test("Binary scores get Wilson's interval, others Student's")
  func methods() {
    let binary = Estimate(scores: [1, 0, 1, 1], isBinary: true)
    #expect(binary.mean == 0.75)
    #expect(binary.interval == .wilson(successes: 3, count: 4))
    #expect(Estimate(scores: [0.5, 0.75, 1], isBinary: false).interval?.method == .student)
    #expect(Estimate(scores: [0.5, 1, 1], isBinary: true).interval?.method == .student)
  }

  @Test("Unscored samples are counted and enter nothing else")
  func unscored() {
    let with = Estimate(scores: [1, nil, 0, .nan, 1], isBinary: true)
    let without = Estimate(scores: [1, 0, 1], isBinary: true)
    #expect(with.count == 3)
    #expect(with.unscoredCount == 2)
    #expect(with.mean == without.mean)
    #expect(with.interval == without.interval)
  }

  @Test("Too little is nil, never NaN and never a width of zero")
  func absent() {
    for scores: [Double?] in [[], [nil], [.infinity]] {
      let estimate = Estimate(scores: scores, isBinary: true)
      #expect(estimate.count == 0)
      #expect(estimate.mean == nil && estimate.standardError == nil && estimate.interval == nil)
    }
    let one = Estimate(scores: [1], isBinary: true)
    #expect(one.mean == 1 && one.standardError == nil)
    #expect((one.interval?.width ?? 0) > 0.5)
    #expect(Estimate(scores: [0.3], isBinary: false).interval == nil)
    #expect(Estimate(scores: [0.3, 0.3, 0.3], isBinary: false).interval == nil)
    #expect(Estimate(scores: [1e308, -1e308, 1e308, 1e308], isBinary: false).interval == nil)
    for scores: [Double?] in [[1, 1, 1], [0, 0, 0]] {
      let estimate = Estimate(scores: scores, isBinary: true)
      #expect(estimate.standardError == 0)
      #expect((estimate.interval?.width ?? 0) > 0)
    }
  }

  @Test("A number reached in two ways is no spread: no interval of the width of a rounding error")
  func rounding() throws {
    let third = 0.1 + 0.2  // not 0.3, by one bit
    for values in [
      [0.1, 0.1, 0.1], [0.7, 0.7, 0.7, 0.7, 0.7], [0.3, third, 0.3], [1e9 + 0.1, 1e9 + 0.1, 1e9 + 0.1],
    ] {
      #expect(Moments.standardDeviation(values) == 0, "\(values)")
      #expect(Estimate(scores: values, isBinary: false).interval == nil)
      #expect(Bootstrap(values: values) == nil)
      #expect(RunSummary(values)?.interval == nil)
      #expect(Quantiles.estimates(values + values)?.first?.interval == nil)
    }
    // Clusters of one mean, whose sums differ by rounding.
    let values = [0.1, 0.5, 0.3, 0.3, 0.1, 0.2, 0.6]
    let clusters = Clusters(["a", "a", "b", "b", "c", "c", "c"])
    #expect(clusters.standardError(values) == 0)
    #expect(Bootstrap(values: values, clusters: clusters) == nil)
    // Models that differ by rounding do not differ.
    let same = try #require(PairedComparison([0.3, 0.5, 0.9], [third, 0.5, 0.9], options: .init(margin: 0.1)))
    #expect(same.interval == nil && same.bootstrapInterval == nil && same.equivalence == nil)
    #expect(same.permutation?.probability == 1)
    let grid = try #require(
      ScoreGrid([[[0.1, 0.7, 0.3], [0.1, 0.7, third], [0.1, 0.7, 0.3]], [[0.2], [0.2], [0.2]]]))
    #expect(Strength.all(grid)?.allSatisfy { $0.probability == nil && !$0.isSignificant } == true)
    #expect(Ranking(grid, replicates: 50).pairs.allSatisfy { $0.probability == nil && $0.isTie })
  }

  @Test("One member a cluster is no cluster; one cluster says nothing")
  func clusters() throws {
    let scores: [Double?] = [1, 0, nil, 1, 1, 0]
    let plain = Estimate(scores: scores, method: .student)
    let single = Estimate(scores: scores, method: .student, clusters: Clusters([1, 2, 3, 4, 5]))
    #expect(abs((plain.interval?.lower ?? 0) - (single.interval?.lower ?? 1)) < 1e-15)
    for method in ConfidenceInterval.Method.allCases {
      let one = Estimate(scores: scores, method: method, clusters: Clusters([7, 7, 7, 7, 7]))
      #expect(one.standardError == nil && one.interval == nil && one.mean == 0.6)
      let none = Estimate(scores: [nil, .nan], method: method)
      #expect(none.mean == nil && none.standardError == nil && none.interval == nil && none.unscoredCount == 2)
      let right = Estimate(scores: [1, 1, 1], method: method)
      #expect(right.interval.map { $0.width > 0.1 } ?? true)
    }
  }

  @Test("Impossible counts and levels give no interval")
  func impossible() {
    for level in [-0.5, 0, 1e-300, 1, 2, Double.nan] {
      #expect(ConfidenceInterval.wilson(successes: 1, count: 2, level: level) == nil)
      // Its ends lie apart even where the level is next to nothing.
      let exact = ConfidenceInterval.clopperPearson(successes: 1, count: 2, level: level)
      #expect(level == 1e-300 ? exact.map { $0.width > 0.2 } == true : exact == nil)
      #expect(ConfidenceInterval.jeffreys(successes: 1, count: 2, level: level) == nil)
      #expect(ConfidenceInterval.normal(mean: 0, standardError: 1, level: level) == nil)
      #expect(ConfidenceInterval.student(mean: 0, standardError: 1, count: 5, level: level) == nil)
    }
    for (successes, count) in [(0, 0), (-1, 3), (4, 3), (0, -1)] {
      #expect(ConfidenceInterval.wilson(successes: successes, count: count) == nil)
    }
    #expect(ConfidenceInterval.normal(mean: 0, standardError: .nan) == nil)
  }

  @Test("Wilson's interval covers at its nominal rate on average over the proportions")
  func coverage() {
    // Exact coverage by summing the binomial distribution, no simulation: p in steps over (0, 1), n = 50.
    let count = 50
    let intervals = (0...count).compactMap { ConfidenceInterval.wilson(successes: $0, count: count) }
    var total = 0.0
    let steps = 999
    for step in 1...steps {
      let p = Double(step) / 1000
      var probability = 1.0
      for _ in 0..<count { probability *= 1 - p }
      for (successes, interval) in intervals.enumerated() {
        if interval.lower <= p, p <= interval.upper { total += probability }
        probability *= Double(count - successes) / Double(successes + 1) * p / (1 - p)
      }
    }
    #expect(abs(total / Double(steps) - 0.95) < 0.005)
  }
}
