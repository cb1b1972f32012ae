import Support
import Testing

@testable import Statistics

/// Closed forms against scipy and statsmodels (Tests/Goldens/statistics/README.md).
struct ClosedFormTests {
  static let tolerance = 1e-10

  private func rows(_ part: String) throws -> [[JSONValue]] { try Goldens.rows(part, of: "closed-forms") }

  private func isClose(_ found: Double?, _ expected: Double?, tolerance: Double = ClosedFormTests.tolerance) -> Bool {
    guard let found, let expected else { return false }
    return abs(found - expected) <= tolerance * max(1, abs(expected))
  }

  @Test("Intervals of a proportion: Wilson, Clopper-Pearson, Jeffreys")
  func proportions() throws {
    for row in try rows("proportions") {
      let successes = try #require(row[0].integerValue)
      let count = try #require(row[1].integerValue)
      let level = try #require(row[2].doubleValue)
      let found: [ConfidenceInterval?] = [
        .wilson(successes: successes, count: count, level: level),
        .clopperPearson(successes: successes, count: count, level: level),
        .jeffreys(successes: successes, count: count, level: level),
      ]
      for (position, interval) in found.enumerated() {
        #expect(isClose(interval?.lower, row[3 + 2 * position].doubleValue), "\(row) \(position)")
        #expect(isClose(interval?.upper, row[4 + 2 * position].doubleValue), "\(row) \(position)")
        #expect((interval?.width ?? 0) > 0)
      }
    }
  }

  @Test("Quantiles of the normal distribution, to 1e-12")
  func normalQuantiles() throws {
    for row in try rows("normal") {
      let probability = try #require(row[0].doubleValue)
      #expect(
        isClose(NormalDistribution.quantile(probability), row[1].doubleValue, tolerance: 1e-12), "\(probability)")
    }
    for probability in [-1, 0, 1, 2, Double.nan, .infinity] {
      #expect(NormalDistribution.quantile(probability) == nil)
    }
  }

  @Test("Quantiles of Student's distribution")
  func studentQuantiles() throws {
    for row in try rows("student") {
      let found = StudentDistribution.quantile(
        try #require(row[0].doubleValue), degreesOfFreedom: try #require(row[1].doubleValue))
      #expect(isClose(found, row[2].doubleValue), "\(row) \(found ?? 0)")
    }
  }

  @Test("Means, standard errors and their intervals")
  func means() throws {
    for row in try rows("means") {
      let values = try #require(row[0].arrayValue).compactMap(\.doubleValue)
      let mean = try #require(Moments.mean(values))
      let error = try #require(Moments.standardError(values))
      #expect(isClose(mean, row[1].doubleValue))
      #expect(isClose(error, row[2].doubleValue))
      let student = ConfidenceInterval.student(mean: mean, standardError: error, count: values.count)
      let normal = ConfidenceInterval.normal(mean: mean, standardError: error)
      let found = [student?.lower, student?.upper, normal?.lower, normal?.upper]
      for (position, value) in found.enumerated() { #expect(isClose(value, row[3 + position].doubleValue)) }
    }
  }

  @Test("Trimmed means, their standard errors and intervals; nothing where nothing can be said")
  func trimmedMeans() throws {
    for row in try rows("trimmed") {
      let trim = try #require(row[1].doubleValue)
      let found = try #require(TrimmedMean(row[0].numbers, trim: trim, level: 0.9))
      let ends = [found.interval?.lower, found.interval?.upper]
      let numbers = [found.value, Double(found.count), found.standardError] + ends
      for (position, value) in numbers.enumerated() {
        #expect(Goldens.isClose(value, row[2 + position]), "\(row[1]) \(position)")
      }
    }
    #expect(TrimmedMean([], trim: 0.1) == nil && TrimmedMean([1, .nan], trim: 0.1) == nil)
    #expect(TrimmedMean([1, 2], trim: 0.5) == nil && TrimmedMean([1, 2], trim: -0.1) == nil)
    let equal = try #require(TrimmedMean([2, 2, 2, 9], trim: 0.25))
    #expect(equal.value == 2 && equal.standardError == nil && equal.interval == nil)
  }

  @Test("McNemar's test, exact and mid-p")
  func mcNemar() throws {
    for row in try rows("mcnemar") {
      let test = McNemarTest(
        onlyFirst: try #require(row[0].integerValue), onlySecond: try #require(row[1].integerValue))
      #expect(isClose(test?.exactProbability, row[2].doubleValue), "\(row)")
      #expect(isClose(test?.midProbability, row[3].doubleValue), "\(row)")
    }
    #expect(McNemarTest(onlyFirst: -1, onlySecond: 1) == nil)
    #expect(McNemarTest(onlyFirst: .max, onlySecond: 1) == nil)
  }

  @Test("Adjustments for many comparisons: Holm, Benjamini-Hochberg")
  func adjustments() throws {
    for row in try rows("adjusted") {
      let lists = row.compactMap { $0.arrayValue?.compactMap(\.doubleValue) }
      let found = [MultipleComparisons.holm(lists[0]), MultipleComparisons.benjaminiHochberg(lists[0])]
      for (method, values) in found.enumerated() {
        let pairs = zip(try #require(values), lists[1 + method])
        #expect(values?.count == lists[0].count)
        for (value, expected) in pairs { #expect(isClose(value, expected)) }
      }
    }
    #expect(MultipleComparisons.holm([0.5, .nan]) == nil)
    #expect(MultipleComparisons.benjaminiHochberg([1.5]) == nil)
    #expect(MultipleComparisons.holm([]) == [])
    let some = MultipleComparisons.adjust([0.01, nil, 0.04])
    #expect(some[0] == AdjustedProbability(raw: 0.01, holm: 0.02, benjaminiHochberg: 0.02))
    #expect(some[1] == nil && some[2] == AdjustedProbability(raw: 0.04, holm: 0.04, benjaminiHochberg: 0.04))
    #expect(MultipleComparisons.adjust([]).isEmpty && MultipleComparisons.adjust([nil]) == [nil])
  }
}
