import Support
import Testing

@testable import Statistics

/// Resampling against numpy and scipy, which are given the same random words.
struct ResamplingTests {
  private func rows(_ part: String) throws -> [[JSONValue]] { try Goldens.rows(part, of: "resampling") }

  @Test("Philox gives numpy's words")
  func philox() throws {
    for row in try rows("philox") {
      let purpose = try #require(RandomStream.Purpose(rawValue: UInt64(row[1].integerValue ?? 0)))
      let seed = row[0].integerValue.map(UInt64.init) ?? 1 << 63
      var stream = RandomStream(seed: seed, purpose: purpose, stream: UInt64(try #require(row[2].integerValue)))
      for word in try #require(row[3].arrayValue) {
        let found = String(stream.next())
        #expect(found == word.stringValue)
      }
    }
  }

  @Test("BCa intervals are scipy's, to 1e-10")
  func bootstrap() throws {
    for row in try rows("bootstrap") {
      let level = try #require(row[3].doubleValue)
      let bootstrap = try #require(
        Bootstrap(values: row[0].numbers, replicates: row[1].integerValue ?? 0, seed: UInt64(row[2].integerValue ?? 0)))
      let interval = bootstrap.interval(level: level)
      #expect(Goldens.isClose(interval?.lower, row[6]), "\(row) \(String(describing: interval))")
      #expect(Goldens.isClose(interval?.upper, row[7]), "\(row)")
      #expect(bootstrap.replicates.contains { Goldens.isClose($0, row[4]) })
      #expect(bootstrap.replicates.contains { Goldens.isClose($0, row[5]) })
      // The probability of a value is 1 less the level of the interval that just reaches it.
      for end in [interval?.lower, interval?.upper] where Set(row[0].numbers).count > 20 {
        let value = try #require(end)
        let probability = try #require(bootstrap.probability(of: value))
        let step = 2.5 / Double(bootstrap.replicates.count)
        #expect(abs(probability - (1 - level)) < 2 * step, "\(probability)")
      }
      #expect(try #require(bootstrap.probability(of: 99)) > 0)
    }
  }

  @Test("Clustered resampling and the clustered standard error")
  func clusters() throws {
    for row in try rows("clustered_bootstrap") {
      let clusters = Clusters(row[1].integers)
      let bootstrap = Bootstrap(
        values: row[0].numbers, clusters: clusters, replicates: row[2].integerValue ?? 0,
        seed: UInt64(row[3].integerValue ?? 0))
      let interval = bootstrap?.interval(level: try #require(row[4].doubleValue))
      #expect(Goldens.isClose(interval?.lower, row[5]))
      #expect(Goldens.isClose(interval?.upper, row[6]))
      #expect(Goldens.isClose(clusters.standardError(row[0].numbers), row[7]))
    }
    // One item a cluster is no cluster.
    let values = [0.1, 0.7, 0.4, 0.9]
    #expect(abs((Clusters([1, 2, 3, 4]).standardError(values) ?? 0) - (Moments.standardError(values) ?? 1)) < 1e-15)
    #expect(Clusters([1, 1, 1, 1]).standardError(values) == nil)
    #expect(Clusters([1, 2]).standardError(values) == nil)
  }

  @Test("Quantiles and their intervals are numpy's")
  func quantiles() throws {
    for row in try rows("quantiles") {
      let found = Quantiles.estimates(
        row[0].numbers, shares: [try #require(row[1].doubleValue)], level: try #require(row[5].doubleValue),
        replicates: row[3].integerValue ?? 0, seed: UInt64(row[4].integerValue ?? 0))?.first
      #expect(Goldens.isClose(found?.value, row[2]))
      #expect(Goldens.isClose(found?.interval?.lower, row[6]))
      #expect(Goldens.isClose(found?.interval?.upper, row[7]))
    }
    #expect(Quantiles.estimates([]) == nil)
    #expect(Quantiles.estimates([.nan, 1]) == nil)
    #expect(Quantiles.estimates([1, 2], shares: [1.5]) == nil)
    #expect(Quantiles.estimates([3])?.first?.interval == nil)
    #expect(Quantiles.estimates([3, 3, 3, 3, 3, 3])?.first?.interval == nil)
    // Where the values themselves seldom reach the quantile, redrawing them cannot tell where it lies.
    let times = (1...298).map { Double($0 * $0) }
    #expect(Quantiles.estimates(Array(times.prefix(4)))?.first?.interval == nil)
    #expect(Quantiles.estimates(Array(times.prefix(5)))?.first?.interval != nil)
    #expect(Quantiles.estimates(times, shares: [0.99])?.first?.interval == nil)
    #expect(Quantiles.estimates(times + [0], shares: [0.01, 0.99])?.allSatisfy { $0.interval != nil } == true)
    #expect(Quantiles.estimates([3], shares: [0, 1])?.map(\.value) == [3, 3])
  }

  @Test("Rank probabilities over two tasks")
  func ranking() throws {
    for row in try rows("ranking") {
      let grid = try #require(ScoreGrid(row[0].grid))
      let ranking = Ranking(grid, replicates: row[1].integerValue ?? 0, seed: UInt64(row[2].integerValue ?? 0))
      for (place, expected) in zip(ranking.places, try #require(row[3].arrayValue)) {
        for (found, value) in zip(place.rankProbabilities, expected.arrayValue ?? []) {
          #expect(Goldens.isClose(found, value))
        }
        #expect(abs(place.rankProbabilities.reduce(0, +) - 1) < 1e-12)
      }
    }
  }

  @Test("The number of threads changes no bit")
  func threads() {
    var stream = RandomStream(seed: 5, purpose: .simulation)
    let values = (0..<300).map { _ in stream.uniform() }
    let labels = (0..<300).map { $0 / 7 }
    var seen: [[Double]] = []
    for threads in [1, 2, 3, 7] {
      let plain = Bootstrap(values: values, replicates: 1500, threads: threads)
      let clustered = Bootstrap(values: values, clusters: Clusters(labels), replicates: 1500, threads: threads)
      let differences = values.map { $0 - 0.45 }
      let permuted = PermutationTest(differences: differences, draws: 1500, threads: threads)
      let median = Quantiles.estimates(values, replicates: 1500, threads: threads)?.first
      seen.append(
        (plain?.replicates ?? []) + (clustered?.replicates ?? [])
          + [permuted?.probability ?? 0, median?.interval?.lower ?? 0, median?.interval?.upper ?? 0])
    }
    for other in seen.dropFirst() { #expect(other == seen[0]) }
    #expect(seen[0].count == 3003)
  }

  @Test("Too little is nil: no width of zero, no NaN")
  func absent() {
    for values: [Double] in [[], [1], [1, 1, 1], [0, 0], [1, .nan], [.infinity, 0]] {
      #expect(Bootstrap(values: values) == nil)
    }
    #expect(Bootstrap(values: [0, 1, 1], clusters: Clusters(["a", "a", "a"])) == nil)
    #expect(Bootstrap(values: [0, 1, 1], clusters: Clusters(["a", "b"])) == nil)
    #expect(Bootstrap(values: [0, 1], replicates: 0) == nil)
    // One replicate lies on one side of the mean, or on it.
    #expect(Bootstrap(values: [0, 1, 1], replicates: 1)?.interval() == nil)
    #expect(Bootstrap(values: [0, 1, 1])?.interval(level: 1) == nil)
  }

  @Test("Numbers below a bound are evenly spread, and orders hold everything once")
  func numbers() {
    var stream = RandomStream(seed: 9, purpose: .simulation)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { counts[Int(stream.below(7))] += 1 }
    // chi-squared with 6 degrees of freedom: 22.46 at 0.001
    #expect(counts.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 } < 22.46)
    let (none, order, empty) = (stream.below(0), stream.order(50), stream.order(0) + stream.order(-1))
    #expect(none == 0 && empty.isEmpty && order.sorted() == Array(0..<50))
  }
}
