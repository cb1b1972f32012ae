import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// The time that a sweep has left, by its arithmetic.
@Suite struct RemainingTimeTests {
  /// Two models, of 100 and 300 bytes, on two tasks: 10 samples of 40 characters, 5 of 80; one run.
  private func remaining() -> RemainingTime {
    RemainingTime(
      pairs: [(0, 0), (0, 1), (1, 0), (1, 1)].map { RemainingTime.Pair(model: $0.0, task: $0.1) },
      tasks: [
        RemainingTime.TaskSize(samples: 10, bytes: 40), RemainingTime.TaskSize(samples: 5, bytes: 80),
      ], modelBytes: [100, 300])
  }

  private func expect(_ seconds: Double?, _ wanted: Double) {
    #expect(abs((seconds ?? -1) - wanted) < 1e-9, "\(String(describing: seconds)) is not \(wanted)")
  }

  @Test("Before anything is measured, nothing is said")
  func nothing() {
    #expect(remaining().seconds(cell: 0, completed: 0, total: 10, made: 0, elapsed: 3) == nil)
    // What was there already says nothing of the speed.
    #expect(remaining().seconds(cell: 0, completed: 4, total: 10, made: 0, elapsed: 0) == nil)
  }

  @Test("What is not measured follows from the nearest that is: by characters, by bytes of weights")
  func first() {
    // A second a sample; the other task's samples are twice as long, the other model three times as large.
    expect(
      remaining().seconds(cell: 0, completed: 4, total: 10, made: 4, elapsed: 4), 6 + 5 * 2 + 10 * 3 + 5 * 6)
  }

  @Test("What is measured counts: a task that was longer than it looked, a model that is slower than its size")
  func measured() {
    var time = remaining()
    time.add(10, seconds: 10, ofCell: 0)
    time.add(5, seconds: 50, ofCell: 1)
    // 10 seconds a sample of the second task; the second model is 4 times as slow on what both have been measured on.
    expect(time.seconds(cell: 2, completed: 5, total: 10, made: 5, elapsed: 20), 5 * 4 + 5 * 40)
    time.add(10, seconds: 40, ofCell: 2)
    expect(time.seconds(cell: 3, completed: 0, total: 5, made: 0, elapsed: 0), 5 * 40)
    // The cell's own speed stands in for what others suggest, as soon as there is one.
    expect(time.seconds(cell: 3, completed: 2, total: 5, made: 2, elapsed: 2), 3)
    expect(time.seconds(cell: 3, completed: 5, total: 5, made: 5, elapsed: 7), 0)
  }

  @Test("Samples that were there already count as done and not for the speed")
  func found() {
    expect(remaining().seconds(cell: 3, completed: 4, total: 5, made: 1, elapsed: 2), 2)
  }

  @Test("A later run of a pair takes what its earlier ones took; sizes that nobody knows are taken as equal")
  func runs() {
    var time = RemainingTime(
      pairs: [0, 1, 0, 1].map { RemainingTime.Pair(model: 0, task: $0) },
      tasks: [RemainingTime.TaskSize(samples: 2, bytes: nil), RemainingTime.TaskSize(samples: 3, bytes: 9)],
      modelBytes: [nil])
    time.add(2, seconds: 4, ofCell: 0)
    expect(time.seconds(cell: 1, completed: 0, total: 3, made: 0, elapsed: 0), 3 * 2 + 2 * 2 + 3 * 2)
    time.add(3, seconds: 30, ofCell: 1)
    expect(time.seconds(cell: 2, completed: 0, total: 2, made: 0, elapsed: 0), 2 * 2 + 3 * 10)
  }

  @Test("A sweep tells it from its first sample on, and ends with none")
  func sweep() throws {
    var seen: [Progress] = []
    _ = try SweepRunner.run(try Fixtures.plan(more: ["runs": 2])) { progress in
      if progress.stage == .run { seen.append(progress) }
      return true
    }
    #expect(seen.first?.secondsLeft == nil)
    #expect(seen.filter { $0.cellNumber > 1 || $0.completed > 0 }.allSatisfy { ($0.secondsLeft ?? -1) >= 0 })
    #expect(seen.last?.secondsLeft == 0 && seen.last?.cellNumber == seen.last?.cellCount)
  }
}
