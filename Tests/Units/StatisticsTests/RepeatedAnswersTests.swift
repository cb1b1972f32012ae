import Support
import Testing

@testable import Statistics

/// mean@k, pass@k and maj@k against their definitions.
@Suite struct RepeatedAnswersTests {
  /// The share of the subsets of k answers with a right one among them, counted.
  private static func counted(_ right: Int, _ count: Int, _ k: Int) -> Double {
    var (with, all) = (0, 0)
    for subset in 0..<(1 << count) where subset.nonzeroBitCount == k {
      all += 1
      if subset & ((1 << right) - 1) != 0 { with += 1 }
    }
    return Double(with) / Double(all)
  }

  @Test("pass@k is the share of subsets with a right answer")
  func passIsUnbiased() throws {
    for count in 1...10 {
      for right in 0...count {
        for k in 1...count {
          let found = try #require(RepeatedAnswers.pass(right: right, of: count, k: k))
          #expect(abs(found - Self.counted(right, count, k)) < 1e-12, "\(right) of \(count), k \(k)")
        }
      }
    }
    // 1 - C(190, 100) / C(200, 100), by Python's math.comb.
    #expect(abs(try #require(RepeatedAnswers.pass(right: 10, of: 200, k: 100)) - 0.9992289739372822) < 1e-12)
    for (right, count, k) in [(1, 3, 4), (1, 3, 0), (-1, 3, 1), (4, 3, 1), (0, 0, 1)] {
      #expect(RepeatedAnswers.pass(right: right, of: count, k: k) == nil)
    }
    #expect(RepeatedAnswers.pass([1, 0, nil, 0.5], k: 2) == RepeatedAnswers.pass(right: 1, of: 3, k: 2))
    #expect(RepeatedAnswers.pass([1, nil], k: 2) == nil)
  }

  @Test("mean@k leaves unscored answers out")
  func mean() {
    #expect(RepeatedAnswers.mean([1, 0, nil, 1, 0]) == 0.5)
    #expect(RepeatedAnswers.mean([nil, nil]) == nil)
  }

  @Test("A vote takes the most frequent answer; ties are shared, or go to the first")
  func majority() {
    #expect(RepeatedAnswers.majority(["a", "b", "a"], scores: [1, 0, 1]) == 1)
    #expect(RepeatedAnswers.majority(["a", "b", "b"], scores: [1, 0, 0]) == 0)
    let (tied, scores): ([String?], [Double?]) = (["b", "a", "a", "b", "c"], [0, 1, 1, 0, 0])
    #expect(RepeatedAnswers.majority(tied, scores: scores) == 0.5)
    #expect(RepeatedAnswers.majority(tied.reversed(), scores: scores.reversed()) == 0.5)
    #expect(RepeatedAnswers.majority(tied, scores: scores, ties: .first) == 0)
    #expect(RepeatedAnswers.majority([nil, nil, "a"], scores: [0, 0, 1]) == 1, "no answer has no vote")
    #expect(RepeatedAnswers.majority([String?.none, nil], scores: [0, 0]) == 0)
    #expect(RepeatedAnswers.majority([String](), scores: []) == nil)
    #expect(RepeatedAnswers.majority(["a"], scores: []) == nil)
  }

  @Test("The variance of answers is that of a one-way analysis with random items")
  func variance() throws {
    // Items of unequal size, by hand: MSW = (0.5 + 2/3 + 0) / (1 + 2 + 1), n0 = (7 - (4 + 9 + 4) / 7) / 2.
    let found = try #require(RepeatedAnswers.variance([[0, 1], [1, 1, 0], [1, 1]]))
    let within = (0.5 + 2.0 / 3) / 4
    #expect(abs(found.withinItems - within) < 1e-12)
    let squares = [(2.0, 0.5), (3, 2.0 / 3), (2, 1)].reduce(0.0) { sum, item in
      sum + item.0 * (item.1 - 5.0 / 7) * (item.1 - 5.0 / 7)
    }
    let between = (squares / 2 - within) / ((7 - 17.0 / 7) / 2)
    #expect(abs(found.betweenItems - max(0, between)) < 1e-12)
    // Items that are right or wrong for good: sampling adds nothing. Items alike: it adds everything.
    let fixed = try #require(RepeatedAnswers.variance([[1, 1], [0, 0], [1, 1]]))
    #expect(fixed.withinItems == 0 && fixed.withinShare == 0 && abs(fixed.betweenItems - 1.0 / 3) < 1e-12)
    #expect(RepeatedAnswers.variance([[1, 0], [0, 1], [1, 0]])?.withinShare == 1)
    #expect(RepeatedAnswers.variance([[1, 1], [1, 1]])?.withinShare == nil)
    for items in [[[1, 0]], [[1], [0]], []] as [[[Double]]] { #expect(RepeatedAnswers.variance(items) == nil) }
  }

  @Test("An item is one value: repeating answers narrows no interval; clusters widen it")
  func estimates() throws {
    let items: [[Double?]] = (0..<40).map { item in (0..<4).map { Double(($0 + item) % 4 < item % 5 ? 1 : 0) } }
    let values = items.map(RepeatedAnswers.mean)
    let twice = items.map { RepeatedAnswers.mean($0 + $0) }
    let once = RepeatedAnswers.estimate(values)
    #expect(once == RepeatedAnswers.estimate(twice))
    #expect(once.interval?.method == .student && once.count == 40)
    // The clustered standard error of all answers, one cluster an item, is that of the items' means.
    let clusters = Clusters(items.indices.flatMap { [$0, $0, $0, $0] })
    let clustered = try #require(clusters.standardError(items.flatMap { $0.compactMap { $0 } }))
    #expect(abs(clustered - (try #require(once.standardError))) < 1e-12)
    let passages = try #require(RepeatedAnswers.estimate(values + [nil], clusters: (0...40).map { $0 % 5 }))
    #expect(passages.clusterCount == 5 && passages.unscoredCount == 1)
    #expect(try #require(passages.interval).width > (try #require(once.interval)).width)
    #expect(RepeatedAnswers.estimate(values, clusters: [1, 2]) == nil)
    #expect(RepeatedAnswers.estimate([1, 0, 1, nil]).interval?.method == .wilson)
  }
}
