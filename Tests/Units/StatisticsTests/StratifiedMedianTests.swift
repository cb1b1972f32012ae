@preconcurrency import Glibc
import Testing

@testable import Statistics

/// The median of repeated measurements under fixed conditions.
@Suite struct StratifiedMedianTests {
  @Test("The value is the median of all values, the interval lies among them")
  func value() throws {
    let found = try #require(
      Quantiles.stratifiedMedian([[1, 2, 2, 2, 3], [10, 11, 11, 11, 12], [20, 21, 21, 21, 22]]))
    #expect(found.value == 11)
    let interval = try #require(found.interval)
    // Whatever is drawn, five values come from each condition, so the eighth of fifteen is of the middle one.
    #expect(interval.lower >= 10 && interval.upper <= 12 && interval.lower < interval.upper)
  }

  @Test("Conditions that differ do not widen the interval; without resampling within them it would be wide")
  func conditions() throws {
    let strata = (0..<9).map { condition in (0..<5).map { Double(condition) * 100 + Double($0) * 0.01 } }
    let within = try #require(Quantiles.stratifiedMedian(strata)?.interval)
    let pooled = try #require(Quantiles.estimates(strata.flatMap { $0 })?.first?.interval)
    #expect(within.upper - within.lower < 0.1)
    #expect(pooled.upper - pooled.lower > 50)
  }

  @Test("Fewer than five repetitions of a condition have no interval at 95%", arguments: 2...6)
  func few(repetitions: Int) throws {
    let strata = (0..<6).map { condition in (0..<repetitions).map { Double(condition * 10 + $0) } }
    let found = try #require(Quantiles.stratifiedMedian(strata))
    #expect((found.interval != nil) == (repetitions >= 5))
    // One condition with few is enough for none; at 80% three do, as 0.5^3 is below 0.2.
    #expect(Quantiles.stratifiedMedian(strata + [[1, 2]])?.interval == nil)
    #expect((Quantiles.stratifiedMedian(strata, level: 0.8)?.interval != nil) == (repetitions >= 3))
  }

  @Test("Outliers are counted as hyperfine counts them")
  func outliers() {
    // Median 10, median deviation 1: modified z-scores of 15 and 14.
    #expect(Outliers.count([8, 9, 9, 10, 11, 11, 25]) == 1)
    #expect(Outliers.count([8, 9, 9, 10, 11, 11, 24]) == 0)
    #expect(Outliers.count([1, 100, 1]) == 0 && Outliers.count([]) == 0)
    #expect(Outliers.count([1, 1, 1, 1, 1, 3]) == 1 && Outliers.count([1, 1, 1, 1, 1, 1.001]) == 0)
  }

  @Test("One repetition gives a value and no interval, nothing gives nothing")
  func edges() throws {
    let single = try #require(Quantiles.stratifiedMedian([[3], [5]]))
    #expect(single.value == 4 && single.interval == nil)
    #expect(Quantiles.stratifiedMedian([]) == nil)
    #expect(Quantiles.stratifiedMedian([[1, .nan]]) == nil)
    #expect(Quantiles.stratifiedMedian([[1, 2]], level: 1) == nil)
  }

  @Test("The interval of a median holds the true one as often as it says, within what a percentile interval can")
  func coverage() throws {
    var stream = RandomStream(seed: 7, purpose: .simulation)
    var hits = 0
    let trials = 400
    for _ in 0..<trials {
      // Exponential times: the median is ln 2.
      let strata = (0..<3).map { _ in (0..<9).map { _ in -Quantile.logarithm(1 - stream.uniform()) } }
      guard let interval = Quantiles.stratifiedMedian(strata, level: 0.9, replicates: 400)?.interval else { continue }
      if interval.lower <= Quantile.logarithm(2), Quantile.logarithm(2) <= interval.upper { hits += 1 }
    }
    #expect(Double(hits) / Double(trials) > 0.85 && Double(hits) / Double(trials) < 0.97)
  }
}

private enum Quantile {
  /// The natural logarithm, by the standard library of C.
  static func logarithm(_ value: Double) -> Double { log(value) }
}
