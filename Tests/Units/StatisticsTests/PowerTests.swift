import Support
import Testing

@testable import Statistics

/// Planning against statsmodels and whole counts (Tests/Goldens/statistics/README.md).
struct PowerTests {
  private func rows(_ part: String) throws -> [[JSONValue]] { try Goldens.rows(part, of: "designs") }

  @Test("Independent shares: the power is statsmodels'")
  func independent() throws {
    for row in try rows("independent_power") {
      let design = PowerDesign(
        kind: .independent, baseline: try #require(row[0].doubleValue), significance: try #require(row[3].doubleValue))
      let difference = try #require(row[1].doubleValue)
      let found = design?.power(difference: difference, items: try #require(row[2].integerValue))
      if 0...1 ~= difference + (row[0].doubleValue ?? 0) { #expect(Goldens.isClose(found, row[4]), "\(row)") }
    }
  }

  @Test("Paired shares: McNemar's mid-p, every split counted")
  func paired() throws {
    for row in try rows("mcnemar_power") {
      let design = PowerDesign(
        kind: .paired, baseline: 0.5, significance: try #require(row[3].doubleValue),
        discordance: row[1].doubleValue ?? 0)
      let found = design?.power(difference: row[2].doubleValue ?? 0, items: row[0].integerValue ?? 0)
      #expect(Goldens.isClose(found, row[4]), "\(row) \(found ?? -1)")
    }
  }

  @Test("The normal approximation takes over where it agrees")
  func largeDesigns() throws {
    let design = try #require(PowerDesign(kind: .paired, baseline: 0.6, discordance: 0.2))
    let exact = try #require(design.power(difference: 0.005, items: PowerDesign.exactItems))
    let normal = try #require(design.power(difference: 0.005, items: PowerDesign.exactItems + 1))
    #expect(abs(exact - normal) < 1e-4)
  }

  @Test("Items, runs and the smallest effect are where the power passes what is wanted")
  func inverses() throws {
    let paired = try #require(PowerDesign(kind: .paired, baseline: 0.6, discordance: 0.25))
    let independent = try #require(PowerDesign(kind: .independent, baseline: 0.6))
    for design in [paired, independent] {
      let items = try #require(design.items(difference: 0.1, power: 0.8))
      #expect(try #require(design.power(difference: 0.1, items: items)) >= 0.8)
      #expect(try #require(design.power(difference: 0.1, items: items - 1)) < 0.8)
      let effect = try #require(design.minimumDetectableEffect(items: 500, power: 0.8))
      #expect(try #require(design.power(difference: effect, items: 500)) >= 0.8)
      #expect(try #require(design.power(difference: effect - 1e-5, items: 500)) < 0.8)
      #expect(design.items(difference: 0, power: 0.8) == nil)
      #expect(design.items(difference: 0.5, power: 0.8) == nil)
    }
    #expect(
      try #require(paired.items(difference: 0.1, power: 0.8)) < (independent.items(difference: 0.1, power: 0.8) ?? 0))
  }

  @Test("Runs take away what sampling adds, never what the items add")
  func runs() throws {
    let design = try #require(
      PowerDesign(kind: .paired, baseline: 0.6, discordance: 0.3, samplingVariance: 0.1))
    // Miller's formula by hand: variance per item of one run 0.3 - 0.05^2, of ten runs less 2 * 0.1 * 0.9.
    for (runs, variance) in [(1, 0.2975), (10, 0.1175)] {
      let some = try #require(
        PowerDesign(kind: .paired, baseline: 0.6, discordance: 0.3, runs: runs, samplingVariance: 0.1))
      let null = (variance + 0.0025).squareRoot() / variance.squareRoot()
      let shift = 0.05 * (1000.0 / variance).squareRoot()
      let z = 1.959963984540054
      let expected =
        NormalDistribution.upperTail(z * null - shift) + NormalDistribution.upperTail(z * null + shift)
      #expect(abs((some.power(difference: 0.05, items: 1000) ?? 0) - expected) < 1e-10)
    }
    let needed = try #require(design.runs(difference: 0.05, items: 1000, power: 0.95))
    #expect(needed > 1)
    #expect(design.runs(difference: 0.05, items: 100, power: 0.95) == nil)
  }

  @Test("Items for a half width are those of statsmodels' Wilson interval")
  func halfWidths() throws {
    for row in try rows("wilson_items") {
      let found = PowerDesign.items(
        share: try #require(row[0].doubleValue), halfWidth: try #require(row[1].doubleValue))
      #expect(found == row[2].integerValue, "\(row)")
    }
    #expect(PowerDesign.items(share: 0.5, halfWidth: 0) == nil)
    #expect(PowerDesign.items(share: 1.5, halfWidth: 0.1) == nil)
    #expect(PowerDesign.items(share: 0.5, halfWidth: 1e-9) == nil)
  }

  @Test("Impossible designs are nil")
  func impossible() throws {
    #expect(PowerDesign(kind: .paired, baseline: 1.5) == nil)
    #expect(PowerDesign(kind: .paired, baseline: .nan) == nil)
    #expect(PowerDesign(kind: .paired, baseline: 0.5, significance: 0) == nil)
    #expect(PowerDesign(kind: .paired, baseline: 0.5, discordance: 0) == nil)
    #expect(PowerDesign(kind: .paired, baseline: 0.5, runs: 0) == nil)
    #expect(PowerDesign(kind: .paired, baseline: 0.5, samplingVariance: 0.3) == nil)
    let design = try #require(PowerDesign(kind: .paired, baseline: 0.5, discordance: 0.1))
    #expect(design.power(difference: 0.2, items: 100) == nil)
    #expect(design.power(difference: 0.6, items: 100) == nil)
    #expect(design.power(difference: .nan, items: 100) == nil)
    #expect(design.power(difference: 0.05, items: 0) == nil)
    #expect(design.power(difference: 0.05, items: .max) == nil)
    #expect(design.items(difference: 0.05, power: 1) == nil)
    #expect(design.minimumDetectableEffect(items: 3, power: 0.8) == nil)
    let certain = try #require(PowerDesign(kind: .independent, baseline: 1))
    #expect(certain.minimumDetectableEffect(items: 30, power: 0.8) == nil)
  }
}
