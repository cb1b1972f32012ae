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

  @Test("Impossible counts and levels give no interval")
  func impossible() {
    for level in [-0.5, 0, 1, 2, Double.nan] {
      #expect(ConfidenceInterval.wilson(successes: 1, count: 2, level: level) == nil)
      #expect(ConfidenceInterval.clopperPearson(successes: 1, count: 2, level: level) == nil)
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
