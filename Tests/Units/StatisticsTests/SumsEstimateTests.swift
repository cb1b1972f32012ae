import Testing

@testable import Statistics

/// Statistics of sums over items, beside a mean, which is one of them.
@Suite struct SumsEstimateTests {
  private static func ratio(_ sums: [Double]) -> Double? { sums[1] > 0 ? sums[0] / sums[1] : nil }

  @Test("A mean written as sums has the mean, and about its standard error and interval")
  func mean() throws {
    let values = (0..<200).map { Double($0 * 37 % 101) }
    let plain = Estimate(scores: values, isBinary: false)
    let made = Estimate(sums: values.map { [$0, 1] }, value: Self.ratio)
    #expect(made.count == 200 && made.unscoredCount == 0)
    #expect(abs(try #require(made.mean) - (try #require(plain.mean))) < 1e-12)
    let (error, wanted) = (try #require(made.standardError), try #require(plain.standardError))
    #expect(abs(error / wanted - 1) < 0.1)
    let (interval, student) = (try #require(made.interval), try #require(plain.interval))
    #expect(abs(interval.lower - student.lower) < 0.5 * wanted && abs(interval.upper - student.upper) < 0.5 * wanted)
    #expect(made == Estimate(sums: values.map { [$0, 1] }, value: Self.ratio))
  }

  @Test("Items without sums, or with others, are unscored; without any there is no value")
  func unscored() {
    let made = Estimate(sums: [[2, 1], nil, [4, 1], [1]], value: Self.ratio)
    #expect(made.mean == 3 && made.count == 2 && made.unscoredCount == 2)
    let nothing = Estimate(sums: [nil, nil], value: Self.ratio)
    #expect(nothing.mean == nil && nothing.unscoredCount == 2 && nothing.interval == nil)
    let alike = Estimate(sums: [[2, 1], [2, 1]], value: Self.ratio)
    #expect(alike.mean == 2 && alike.interval == nil)
  }
}
