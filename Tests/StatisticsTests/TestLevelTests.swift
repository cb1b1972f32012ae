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
