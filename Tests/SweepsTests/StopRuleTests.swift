import Engine
import Statistics
import Support
import Tasks
import Testing

@testable import Sweeps

/// Cells that end early, and what their records then say.
@Suite struct StopRuleTests {
  private func plan(_ rule: JSONValue, names: (String, String) = ("a", "b")) throws -> SweepPlan {
    try Fixtures.plan(
      models: [
        ["path": .string(Fixtures.tiny), "name": .string(names.0)],
        ["path": .string(Fixtures.tiny), "name": .string(names.1)],
      ], more: ["stop_when": rule])
  }

  @Test("A rule reads, and stands in the canonical plan; a plan without one is what it was")
  func reading() throws {
    let half = try plan(["half_width": 0.02])
    #expect(half.stopRule?.condition == .halfWidth(0.02) && half.stopRule?.seed == 1234)
    #expect(half.canonical.objectValue?["stop_when"] == ["half_width": 0.02, "seed": 1234])
    #expect(try SweepPlan(json: half.canonical.text()) == half)
    let decided = try plan(["decided": ["b", "a"], "seed": 7])
    #expect(decided.stopRule?.condition == .decided("b", "a") && decided.stopRule?.seed == 7)
    #expect(try Fixtures.plan().canonical.objectValue?["stop_when"] == nil)
    #expect(try plan(.null).stopRule == nil)
  }

  @Test(
    "A rule that is none is an error that says so",
    arguments: [
      ["half_width": 0], ["half_width": 0.7], ["half_width": "x"], [:], ["half_width": 0.1, "decided": ["a", "b"]],
      ["decided": ["a"]], ["decided": ["a", "a"]], ["decided": ["a", "c"]], ["decided": ["a", "b", 1]],
      ["half_with": 0.1], ["half_width": 0.1, "seed": -1], 3,
    ] as [JSONValue])
  func refused(rule: JSONValue) throws {
    let error = #expect(throws: BenchmarkError.self) { try plan(rule) }
    #expect(error?.kind == .invalidArgument && error?.message.contains("stop_when") == true)
  }

  @Test("A run ends once its interval is narrow, keeps whole batches, and counts what it saved")
  func halfWidth() throws {
    let rule = try #require(try plan(["half_width": 0.2]).stopRule)
    let task = StubTask(subjects: [String?](repeating: nil, count: 200))
    let run = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule) { _ in true }
    let stop = try #require(run.earlyStop)
    #expect(stop.savedCount > 0 && run.samples.count + stop.savedCount == 200 && run.samples.count % 32 == 0)
    #expect(run.isComplete && run.plannedCount == 200)
    let interval = try #require(stop.interval)
    #expect(interval.width <= 0.4 && interval.lower <= 0.5 && 0.5 <= interval.upper)
    // The samples are spread over the task, and recorded in its order.
    let numbers = run.samples.compactMap { Int($0.id.dropFirst()) }
    #expect(numbers == numbers.sorted() && (numbers.last ?? 0) > numbers.count)
    // The interval of the main metric is the sequence's; the other metric's is its own.
    #expect(run.estimate(task.metrics[0], level: 0.95).interval == interval)
    #expect(run.estimate(task.metrics[1], level: 0.95).interval?.method == .student)
    #expect(
      run.json(level: 0.95).objectValue?["early_stop"]?.objectValue?["saved_samples"]?.integerValue == stop.savedCount)
    let again = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule) { _ in true }
    #expect(again.samples.map(\.id) == run.samples.map(\.id))
  }

  @Test("A rule that is never met runs everything and saves nothing")
  func unmet() throws {
    let rule = try #require(try plan(["half_width": 0.001]).stopRule)
    let task = StubTask(subjects: [String?](repeating: nil, count: 40))
    let run = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule) { _ in true }
    #expect(run.samples.count == 40 && run.earlyStop?.savedCount == 0 && run.isComplete)
    #expect(run.estimate(task.metrics[0], level: 0.95).interval?.method == .wilson)
    let cancelled = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule) { $0.completed < 3 }
    #expect(!cancelled.isComplete && cancelled.earlyStop?.savedCount == 0)
  }

  @Test("The second of two models stops when they are told apart; unscored samples decide nothing")
  func decided() throws {
    let rule = try #require(try plan(["decided": ["first", "tiny"]], names: ("first", "tiny")).stopRule)
    let task = StubTask(subjects: [String?](repeating: nil, count: 400))
    let whole = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule) { _ in true }
    #expect(whole.samples.count == 400 && whole.earlyStop == nil)
    func other(_ score: @escaping (Int) -> Double?) -> RunRecord {
      let samples = whole.samples.enumerated().map { index, sample in
        SampleRecord(
          id: sample.id, subject: nil, promptSHA256: "", target: "", response: sample.response,
          score: Score(metrics: [MetricValue(name: "accuracy", value: score(index))], flags: []), flags: [],
          promptTokens: 1, answerTokens: 1, seconds: 0)
      }
      return RunRecord(
        modelName: "first", model: .null, taskName: "stub", specification: ["type": "stub"], dataFiles: [],
        metrics: task.metrics, limit: nil, samples: samples, plannedCount: 400, seconds: 1, tokensAsked: 0,
        tokensComputed: 0, startedAt: "")
    }
    let better = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule, other: other { _ in 1 }) { _ in true }
    #expect(better.earlyStop?.better == "first" && (better.earlyStop?.savedCount ?? 0) > 100)
    #expect((better.earlyStop?.differenceInterval?.lower ?? -1) >= 0)
    let worse = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule, other: other { _ in 0 }) { _ in true }
    #expect(worse.earlyStop?.better == "tiny" && (worse.earlyStop?.differenceInterval?.upper ?? 1) <= 0)
    let silent = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule, other: other { _ in nil }) { _ in true }
    #expect(silent.earlyStop?.better == nil && silent.samples.count == 400)
  }
}
