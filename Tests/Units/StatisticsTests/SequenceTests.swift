import Glibc
import Support
import Testing

@testable import Statistics

/// With GEMMABENCH_RATES set the simulations print their rates: the table in docs/statistics.md.
struct SequenceTests {
  private func report(_ what: String, _ rates: [Double]) {
    guard getenv("GEMMABENCH_RATES") != nil else { return }
    let cells = rates.map { ($0 * 100).fixed(1) }
    print("| " + ([what] + cells).joined(separator: " | ") + " |")
  }

  @Test("The interval after each item is that of the formula, with and without replacement")
  func formula() throws {
    for row in try Goldens.rows("sequences", of: "designs") {
      var sequence = try #require(
        ConfidenceSequence(population: row[1].integerValue, resolution: row[2].integerValue ?? 0))
      #expect(sequence.interval == nil)
      for (value, ends) in zip(row[0].numbers, row[3].arrayValue ?? []) {
        sequence.observe(value)
        let interval = try #require(sequence.interval)
        #expect([interval.lower, interval.upper] == ends.numbers, "after \(sequence.count)")
      }
    }
  }

  @Test("The truth stays inside at every moment, in all but one experiment of twenty")
  func coverage() {
    for (count, experiments) in [(20, 2000), (100, 1000), (1000, 200)] {
      var drawn: [Double] = []
      var finite: [Double] = []
      for p in [0.05, 0.3, 0.5, 0.9, 0.99] {
        let left = Simulation.rate(experiments, seed: 31) { stream in
          guard var sequence = ConfidenceSequence(resolution: 100) else { return true }
          for _ in 0..<count / Simulation.share {
            sequence.observe(stream.coin(p))
            if sequence.excludes(p) { return true }
          }
          return false
        }
        #expect(left <= 0.05 + Simulation.error(0.05, experiments), "\(count) \(p) \(left)")
        let successes = Int(Double(count) * p)
        let leftFinite = Simulation.rate(experiments, seed: 32) { stream in
          guard var sequence = ConfidenceSequence(population: count, resolution: 100) else { return true }
          for position in stream.order(count) {
            sequence.observe(position < successes ? 1 : 0)
            if sequence.excludes(Double(successes) / Double(count)) { return true }
          }
          return false
        }
        #expect(leftFinite <= 0.05 + Simulation.error(0.05, experiments), "\(count) \(p) \(leftFinite)")
        drawn.append(left)
        finite.append(leftFinite)
      }
      report("drawn anew, \(count)", drawn)
      report("without replacement, all \(count)", finite)
    }
  }

  @Test("Where a narrow interval ends it, the interval holds the mean of the whole task")
  func stopped() {
    var rates: [Double] = []
    for p in [0.05, 0.3, 0.5, 0.9, 0.99] {
      var saved = 0
      let missed = Simulation.rate(300, seed: 34) { stream in
        guard var sequence = ConfidenceSequence(population: 1000, resolution: 200) else { return true }
        let successes = Int(1000 * p)
        for position in stream.order(1000) {
          sequence.observe(position < successes ? 1 : 0)
          if let interval = sequence.interval, interval.width <= 0.1 { break }
        }
        saved += 1000 - sequence.count
        return sequence.excludes(p)
      }
      #expect(missed <= 0.05 + Simulation.error(0.05, 300), "\(p) \(missed)")
      #expect(saved > 0, "\(p)")
      rates.append(missed)
    }
    report("ended at ± 5 points, of 1000", rates)
  }

  @Test("Among samples drawn anew, equals are told apart at any moment in one experiment of twenty at most")
  func pairedDrawn() {
    let found = Simulation.rate(600, seed: 35) { stream in
      guard var sequence = PairedSequence() else { return true }
      for _ in 0..<400 {
        let easy = stream.coin(0.7)
        sequence.observe(stream.coin(0.4 + 0.4 * easy), stream.coin(0.4 + 0.4 * easy))
        if sequence.decision != nil { return true }
      }
      return false
    }
    #expect(found <= 0.05 + Simulation.error(0.05, 600), "\(found)")
    // Also where the samples are a task's, in a random order, and exactly half of the discordant ones are each model's.
    let finite = Simulation.rate(600, seed: 36) { stream in
      guard var sequence = PairedSequence() else { return true }
      for position in stream.order(300) {
        sequence.observe(position < 30 ? 0 : 1, position >= 30 && position < 60 ? 0 : 1)
        if sequence.decision != nil { return true }
      }
      return false
    }
    #expect(finite <= 0.05 + Simulation.error(0.05, 600), "\(finite)")
    report("equals told apart: drawn anew, of a task", [found, finite])
  }

  @Test("Equals are told apart in one experiment of twenty at most, and a better model early")
  func paired() {
    func rate(_ better: Double) -> Double {
      Simulation.rate(600, seed: 33) { stream in
        guard var sequence = PairedSequence(population: 300) else { return true }
        // 40 of 300 items tell the models apart.
        let wins = Int(20 + 20 * better)
        for position in stream.order(300) {
          if position < wins {
            sequence.observe(1, 0)
          } else {
            sequence.observe(position < 40 ? 0 : 1, 1)
          }
          if sequence.count < 300, sequence.decision != nil { return sequence.decision == .first || better == 0 }
        }
        return false
      }
    }
    #expect(rate(0) <= 0.05 + Simulation.error(0.05, 600))
    #expect(rate(0.9) > 0.9)
  }

  @Test("Seen whole, a finite population is known to the grid")
  func whole() throws {
    for successes in [0, 3, 20] {
      var sequence = try #require(ConfidenceSequence(population: 20, resolution: 1000))
      var stream = RandomStream(seed: 8, purpose: .order)
      for item in stream.order(20) { sequence.observe(item < successes ? 1 : 0) }
      let interval = try #require(sequence.interval)
      let truth = Double(successes) / 20
      #expect(interval.lower <= truth && truth <= interval.upper)
      #expect(interval.width > 0 && interval.width <= 0.0021)
      let isTaken = sequence.observe(1)
      #expect(!isTaken && sequence.count == 20)
    }
  }

  @Test("Unscored items widen the interval to what they might have been")
  func unscored() throws {
    var sequence = try #require(ConfidenceSequence(population: 200))
    for item in 0..<200 { sequence.observe(item % 20 == 0 ? nil : Double(item % 2)) }
    #expect(sequence.count == 200)
    let interval = try #require(sequence.interval)
    // 100 of 200 are 1, and 10 of those at 0 had no score.
    #expect(interval.lower <= 0.5 && interval.upper >= 0.55)
    #expect(interval.lower > 0.45 && interval.upper < 0.6)
  }

  @Test("Bad input is refused")
  func refused() throws {
    for level in [0, 1, -1, Double.nan] { #expect(ConfidenceSequence(level: level) == nil) }
    #expect(ConfidenceSequence(population: 0) == nil)
    #expect(ConfidenceSequence(resolution: 1) == nil)
    #expect(ConfidenceSequence(resolution: .max) == nil)
    #expect(PairedSequence(level: 2) == nil)
    var sequence = try #require(ConfidenceSequence())
    for value in [-0.1, 1.1, .nan, .infinity] {
      let isTaken = sequence.observe(value)
      #expect(!isTaken)
    }
    #expect(sequence.count == 0 && sequence.interval == nil)
    var paired = try #require(PairedSequence())
    #expect(paired.interval == nil && paired.decision == nil)
    let taken = [paired.observe(2, 0), paired.observe(nil, 1)]
    #expect(taken == [false, true])
  }

  @Test("A single item says next to nothing, and never nothing at all")
  func single() throws {
    var sequence = try #require(ConfidenceSequence())
    sequence.observe(1)
    #expect((sequence.interval?.width ?? 0) > 0.9)
  }
}
