import Testing

@testable import Statistics

/// Whether tests keep their level where there is nothing to find: exact sums, else simulation.
struct TestLevelTests {
  @Test("McNemar's tests, exactly over all splits")
  func mcNemar() throws {
    for discordant in [5, 12, 30, 101, 400] {
      var (exact, middle) = (0.0, 0.0)
      for b in 0...discordant {
        let weight = try #require(BinomialDistribution.point(b, discordant, 0.5))
        let test = try #require(McNemarTest(onlyFirst: b, onlySecond: discordant - b))
        if test.exactProbability <= 0.05 { exact += weight }
        if test.midProbability <= 0.05 { middle += weight }
      }
      #expect(exact <= 0.05, "\(discordant) \(exact)")
      #expect(middle <= 0.0625, "\(discordant) \(middle)")  // reached by five discordant items
    }
    // Over all numbers of discordant items, as it is used.
    for (items, discordance) in [(50, 0.2), (200, 0.1), (1000, 0.3)] {
      let design = try #require(PowerDesign(kind: .paired, baseline: 0.5, discordance: discordance))
      let level = try #require(design.power(difference: 0, items: items))
      #expect(level <= 0.0505, "\(items) \(level)")
    }
  }

  @Test("The permutation test, of items and of clusters")
  func permutation() {
    let clusters = Clusters((0..<30).map { $0 / 3 })
    for kind in [nil, clusters] {
      let found = Simulation.rate(2000, seed: 21) { stream in
        var differences: [Double] = []
        for _ in 0..<10 {
          let shared = kind == nil ? 0 : stream.uniform() - 0.5
          for _ in 0..<3 { differences.append(shared + stream.uniform() - 0.5) }
        }
        let test = PermutationTest(differences: differences, clusters: kind, draws: 199, threads: 1)
        return (test?.probability ?? 0) <= 0.05
      }
      #expect(abs(found - 0.05) < Simulation.error(0.05, 2000) + 0.002, "\(found)")
    }
  }

  @Test("Equivalence is not claimed where the difference is the margin")
  func equivalence() {
    let found = Simulation.rate(4000, seed: 22) { stream in
      let differences = (0..<80).map { _ in stream.roughlyNormal() * 0.2 + 0.05 }
      guard let mean = Moments.mean(differences), let error = Moments.standardError(differences) else { return false }
      let test = EquivalenceTest(difference: mean, standardError: error, count: 80, margin: 0.05)
      return (test?.probability ?? 1) <= 0.05
    }
    #expect(found <= 0.05 + Simulation.error(0.05, 4000), "\(found)")
  }

  @Test("No model is told apart from its equals, but in one sweep of twenty at most")
  func rankings() {
    let found = Simulation.rate(1000, seed: 23) { stream in
      let models = (0..<4).map { _ in (0..<80).map { _ in stream.coin(0.6) } }
      guard let grid = ScoreGrid([models]) else { return true }
      return !Ranking(grid, replicates: 1, threads: 1).pairs.allSatisfy(\.isTie)
    }
    #expect(found <= 0.05 + Simulation.error(0.05, 1000), "\(found)")
  }

  @Test("No strength is flagged where model and task averages say it all")
  func strengths() {
    let found = Simulation.rate(1000, seed: 24) { stream in
      let tasks = [0.4, 0.5, 0.7].map { hard in
        [0.0, 0.1, 0.15].map { skill in (0..<100).map { _ in stream.coin(hard + skill) } }
      }
      guard let strengths = ScoreGrid(tasks).flatMap({ Strength.all($0) }) else { return true }
      return strengths.contains(where: \.isSignificant)
    }
    #expect(found <= 0.05 + Simulation.error(0.05, 1000), "\(found)")
  }

  @Test("Holm and Benjamini-Hochberg keep their promises among true and false hypotheses")
  func adjustments() {
    var falseShare = 0.0
    var experiments = 0.0
    let anyFalse = Simulation.rate(4000, seed: 25) { stream in
      // Ten true hypotheses (uniform probabilities) and five false ones (small probabilities).
      let raw = (0..<15).map { number in number < 10 ? stream.uniform() : stream.uniform() * 0.002 }
      let holm = MultipleComparisons.holm(raw) ?? []
      let discoveries = (MultipleComparisons.benjaminiHochberg(raw) ?? []).map { $0 <= 0.05 }
      let all = discoveries.count { $0 }
      falseShare += all == 0 ? 0 : Double(discoveries.prefix(10).count { $0 }) / Double(all)
      experiments += 1
      return holm.prefix(10).contains { $0 <= 0.05 }
    }
    #expect(anyFalse <= 0.05 + Simulation.error(0.05, 4000), "\(anyFalse)")
    #expect(falseShare / experiments <= 0.055, "\(falseShare / experiments)")
  }

  @Test("The bootstrap's probability of no difference, of items and of clusters")
  func bootstrap() {
    let clusters = Clusters((0..<120).map { $0 / 3 })
    for kind in [nil, clusters] {
      let found = Simulation.rate(1000, seed: 27) { stream in
        var differences: [Double] = []
        for _ in 0..<40 {
          let shared = kind == nil ? 0 : stream.uniform() - 0.5
          for _ in 0..<3 { differences.append(shared + stream.uniform() - 0.5) }
        }
        let bootstrap = Bootstrap(values: differences, clusters: kind, replicates: 600, threads: 1)
        return (bootstrap?.probability(of: 0) ?? 1) <= 0.05
      }
      // Forty clusters drawn again spread a little less than forty new ones: about 0.06.
      #expect(found <= 0.06 + Simulation.error(0.05, 1000), "\(found)")
    }
  }

  @Test("Power of independent shares is what simulation finds")
  func independentPower() throws {
    let design = try #require(PowerDesign(kind: .independent, baseline: 0.6))
    for (difference, items) in [(0.0, 300), (0.1, 300), (-0.08, 800)] {
      let expected = try #require(design.power(difference: difference, items: items))
      let found = Simulation.rate(4000, seed: 28) { stream in
        let n = Double(items)
        let first = (0..<items).reduce(0.0) { sum, _ in sum + stream.coin(0.6) } / n
        let second = (0..<items).reduce(0.0) { sum, _ in sum + stream.coin(0.6 + difference) } / n
        let pooled = (first + second) / 2
        return abs(second - first) > 1.959963984540054 * (2 * pooled * (1 - pooled) / n).squareRoot()
      }
      // The formula is of a normal distribution, the shares move in steps of 1 / n.
      #expect(abs(found - expected) < Simulation.error(max(0.05, expected), 4000) + 0.01, "\(found) \(expected)")
    }
  }

  @Test("Power and runs needed of repeated runs are what simulation finds")
  func powerOfRuns() throws {
    // Items are hard or easy; the second model is better by 0.06 on each. Shares of right answers by item:
    let (first, second) = ([0.9, 0.3], [0.96, 0.36])
    let noise = zip(first, second).reduce(0.0) { $0 + $1.0 * (1 - $1.0) / 4 + $1.1 * (1 - $1.1) / 4 }
    let discordance = zip(first, second).reduce(0.0) { $0 + ($1.0 * (1 - $1.1) + $1.1 * (1 - $1.0)) / 2 }
    func design(_ runs: Int) -> PowerDesign? {
      PowerDesign(kind: .paired, baseline: 0.6, discordance: discordance, runs: runs, samplingVariance: noise)
    }
    func simulated(_ runs: Int, items: Int, gain: Bool = true) -> Double {
      Simulation.rate(2000, seed: 29) { stream in
        var differences: [Double] = []
        for item in 0..<items {
          let (p, q) = (first[item % 2], gain ? second[item % 2] : first[item % 2])
          var sum = 0.0
          for _ in 0..<runs { sum += stream.coin(q) - stream.coin(p) }
          differences.append(sum / Double(runs))
        }
        guard let mean = Moments.mean(differences), let error = Moments.standardError(differences) else { return false }
        return abs(mean) > 1.959963984540054 * error
      }
    }
    for runs in [1, 5] {
      let expected = try #require(design(runs)?.power(difference: 0.06, items: 120))
      let found = simulated(runs, items: 120)
      // Which model meets which item is fixed here, so the items add nothing: the z test's variance is a little larger.
      #expect(abs(found - expected) < Simulation.error(expected, 2000) + 0.02, "\(runs) \(found) \(expected)")
      #expect(abs(simulated(runs, items: 120, gain: false) - 0.05) < Simulation.error(0.05, 2000) + 0.01)
    }
    let needed = try #require(design(1)?.runs(difference: 0.06, items: 120, power: 0.8))
    #expect(needed > 1)
    #expect(simulated(needed, items: 120) > 0.8 - Simulation.error(0.8, 2000) - 0.02)
    #expect(simulated(needed - 1, items: 120) < 0.8 + Simulation.error(0.8, 2000) + 0.02)
  }

  @Test("Power is what simulation finds")
  func power() throws {
    let design = try #require(PowerDesign(kind: .paired, baseline: 0.6, discordance: 0.25))
    let expected = try #require(design.power(difference: 0.1, items: 150))
    let found = Simulation.rate(3000, seed: 26) { stream in
      var (b, c) = (0, 0)
      for _ in 0..<150 {
        let u = stream.uniform()
        if u < 0.175 { b += 1 } else if u < 0.25 { c += 1 }
      }
      return (McNemarTest(onlyFirst: b, onlySecond: c)?.midProbability ?? 1) <= 0.05
    }
    #expect(abs(found - expected) < Simulation.error(expected, 3000), "\(found) \(expected)")
  }
}
