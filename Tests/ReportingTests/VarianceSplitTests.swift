import Statistics
import Support
import Sweeps
import Tasks
import Testing

@testable import Reporting
@testable import Sweeps

/// Facets found in what runs varied, and the variance that each adds.
@Suite struct VarianceSplitTests {
  @Test("What changes together is one facet, what is crossed stands apart, the rest are the levels of one")
  func facets() {
    func found(_ runs: [[(name: String, level: String)]]) -> [String] {
      RunFacets(runs).facets.map { "\($0.name):\($0.levels)" }
    }
    let together = (0..<3).map { [(name: "shots", level: "\($0)"), (name: "order", level: "\($0 * 7)"), ("none", "")] }
    #expect(found(together) == ["shots and order:3"])
    let crossed = (0..<6).map { [(name: "shots", level: "\($0 % 2)"), (name: "order", level: "\($0 / 2)")] }
    #expect(found(crossed) == ["shots:2", "order:3"])
    #expect(found(Array(crossed.dropLast())) == ["shots and order:5"])
    #expect(found([[("shots", "1")], [("shots", "1")]]) == ["runs:2"])
  }

  @Test("The order of the runs changes nothing; scores that are missing give nothing")
  func components() throws {
    let runs = [(1, 0), (0, 1), (0, 0), (1, 1)].map { shots, order in
      [(name: "shots", level: "\(shots)"), (name: "order", level: "\(order)")]
    }
    let scores: [[Double]] = [[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 0, 0]]
    let found = try #require(RunFacets(runs).components(scores))
    // The first level seen of each facet is its first: shots 1, 0 and order 0, 1.
    let grid = (0..<3).flatMap { item in [0, 3, 2, 1].map { scores[$0][item] } }
    let expected = VarianceComponents(facets: [("items", 3), ("shots", 2), ("order", 2)], scores: grid)
    #expect(found == expected)
    #expect(RunFacets(runs).components([[1], [1, 0], [1], [1]]) == nil)
    #expect(RunFacets(runs).components([[1, 0]]) == nil)
  }

  @Test("Runs of one model and their needs; a single run has no split")
  func split() throws {
    func run(_ number: Int, _ scores: [Double?]) -> RunRecord {
      var run = Fixtures.run(samples: scores.enumerated().map { Fixtures.sample($0.offset, score: $0.element) })
      run.seeds = RunSeeds(run: number, planSeed: 1, varying: [.fewShotDraws])
      return run
    }
    let runs = [run(1, [1, 0, 1, 1, nil]), run(2, [1, 0, 0, 1, 1]), run(3, [1, 0, 1, 0, 1])]
    let split = try #require(VarianceSplit(runs, Fixtures.accuracy))
    #expect(split.components.components.map(\.facets) == [["items"], ["few-shot draws"], ["items", "few-shot draws"]])
    let expected = VarianceComponents(
      facets: [("items", 4), ("few-shot draws", 3)], scores: [1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0])
    #expect(split.components == expected)
    let shares = [(true, false), (false, true), (true, true)].compactMap { split.share(items: $0.0, runs: $0.1) }
    #expect(shares.count == 3 && abs(shares.reduce(0, +) - 1) < 1e-12)
    #expect(split.table.rows.count == 3 && split.table.rows[1][3] == "3")
    #expect(split.json.objectValue?["needs"]?.arrayValue?.count == 2)
    #expect(VarianceSplit([runs[0]], Fixtures.accuracy) == nil)
    #expect(VarianceSplit([run(1, [nil]), run(2, [1])], Fixtures.accuracy) == nil)
    let same = try #require(VarianceSplit([run(1, [1, 1]), run(2, [1, 1])], Fixtures.accuracy))
    #expect(same.share(items: true, runs: false) == nil && same.table.rows.allSatisfy { $0[2] == "–" })
  }
}
