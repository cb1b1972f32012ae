import Evaluation
import Inference
import Statistics
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

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
    let interval = try #require(stop.intervals["accuracy"])
    #expect(interval.width <= 0.4 && interval.lower <= 0.5 && 0.5 <= interval.upper)
    // The samples are spread over the task, and recorded in its order.
    let numbers = run.samples.compactMap { Int($0.id.dropFirst()) }
    #expect(numbers == numbers.sorted() && (numbers.last ?? 0) > numbers.count)
    #expect(run.estimate(task.metrics[0], level: 0.95).interval == interval)
    // The other metric leaves its range, so nothing can be said of its mean.
    #expect(stop.intervals["position"] == nil && run.estimate(task.metrics[1], level: 0.95).interval == nil)
    // An interval of a fixed number of samples would not hold.
    for options in [EstimateOptions(method: .wilson), EstimateOptions(method: .bootstrap)] {
      let error = #expect(throws: BenchmarkError.self) { try run.estimate(task.metrics[0], options: options) }
      #expect(error?.message.contains("stop rule") == true)
    }
    #expect(try run.estimate(task.metrics[0], options: EstimateOptions()).interval == interval)
    let compared = try RunComparison(run, run)
    #expect(compared.isStoppedEarly && compared.sequenceInterval == nil)
    let json = try #require(compared.json.objectValue)
    for key in ["lower", "p_value", "bootstrap", "permutation", "equivalence", "proportions"] {
      #expect(json[key] == .null, "\(key)")
    }
    #expect(json["difference"]?.doubleValue == 0 && json["stopped_early"] == true)
    #expect(
      run.json(level: 0.95).objectValue?["early_stop"]?.objectValue?["saved_samples"]?.integerValue == stop.savedCount)
    let again = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule) { _ in true }
    #expect(again.samples.map(\.id) == run.samples.map(\.id))
  }

  @Test("Each subject has a sequence of its own; averages over subjects have means alone")
  func subjects() throws {
    let rule = try #require(try plan(["half_width": 0.2]).stopRule)
    let task = StubTask(subjects: (0..<400).map { $0 % 8 < 6 ? "large" : "small" })
    let run = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule) { _ in true }
    #expect(run.isStoppedEarly)
    for subject in ["large", "small"] {
      let interval = try #require(run.estimate(task.metrics[0], level: 0.95, subject: subject).interval)
      #expect(interval.method == .betting && interval.lower <= 0.5 && 0.5 <= interval.upper)
    }
    #expect(run.estimate(task.metrics[1], level: 0.95, subject: "large").interval == nil)
    let micro = run.averages(level: 0.95).objectValue?["micro"]?.objectValue
    #expect(micro?["mean"]?.doubleValue != nil && micro?["stratified_lower"] == .null)
    let stop = try #require(run.earlyStop)
    let again = EarlyStop(saved: stop.json, rule: rule)
    #expect(again.intervals == stop.intervals && again.subjectIntervals == stop.subjectIntervals)
    #expect(again.savedCount == stop.savedCount && again.json == stop.json)
  }

  @Test("Wherever a watch stops, its interval holds the task's mean: scores on another scale, some missing")
  func coverage() throws {
    let rule = try #require(try plan(["half_width": 0.1]).stopRule)
    let metric = Metric(name: "points", summary: "", lowerBound: -10, upperBound: 30, isBinary: false)
    let experiments = 200
    var missed = 0
    var saved = 0
    for experiment in 0..<experiments {
      var stream = RandomStream(seed: 41, purpose: .simulation, stream: UInt64(experiment))
      let values = (0..<600).map { _ in -10 + 40 * stream.uniform() * stream.uniform() }
      let isScored = (0..<600).map { _ in stream.uniform() > 0.02 }
      var watch = try #require(
        SequentialMonitor(rule, metrics: [metric], modelName: "a", subjects: [nil: 600], level: 0.95, other: nil))
      var order = stream.order(600)[...]
      while !order.isEmpty {
        let batch = order.prefix(watch.batchSize)
        order = order.dropFirst(batch.count)
        if watch.observe(batch.map { record("points", values[$0], isScored: isScored[$0], $0) }) { break }
      }
      let interval = try #require(watch.outcome(savedCount: order.count).intervals["points"])
      let mean = values.reduce(0, +) / 600
      if !(interval.lower <= mean && mean <= interval.upper) { missed += 1 }
      saved += order.count
      #expect(order.isEmpty || interval.width <= 8 + 1e-9)
    }
    // At most one of twenty; four standard errors of chance.
    #expect(Double(missed) <= 0.05 * Double(experiments) + 4 * (0.0475 * Double(experiments)).squareRoot())
    #expect(saved > 100 * experiments)
  }

  @Test("A score that is no number is unscored; one outside its metric's range ends what could be said")
  func strangeScores() throws {
    let metric = Metric(name: "accuracy", summary: "")
    func watch(_ rule: JSONValue, _ other: RunRecord? = nil) throws -> SequentialMonitor {
      let rule = try #require(try plan(rule).stopRule)
      return try #require(
        SequentialMonitor(rule, metrics: [metric], modelName: "b", subjects: [nil: 64], level: 0.95, other: other))
    }
    var unscored = try watch(["half_width": 0.01])
    _ = unscored.observe((0..<64).map { record("accuracy", $0 % 2 == 0 ? .nan : 1, $0) })
    let interval = try #require(unscored.outcome(savedCount: 0).intervals["accuracy"])
    #expect(interval.lower <= 0.5 && interval.upper == 1)
    var outside = try watch(["half_width": 0.4])
    let isMetOutside = outside.observe((0..<64).map { record("accuracy", $0 == 0 ? 7 : 1, $0) })
    #expect(!isMetOutside)
    #expect(outside.outcome(savedCount: 0).intervals.isEmpty)
    let unbounded = Metric(name: "seconds", summary: "", upperBound: .infinity, isBinary: false)
    let rule = try #require(try plan(["half_width": 0.4]).stopRule)
    var free = try #require(
      SequentialMonitor(rule, metrics: [unbounded], modelName: "b", subjects: [nil: 64], level: 0.95, other: nil))
    let isMetUnbounded = free.observe((0..<64).map { record("seconds", Double($0), $0) })
    #expect(!isMetUnbounded)
    #expect(free.outcome(savedCount: 0).intervals.isEmpty)
    #expect(SequentialMonitor(rule, metrics: [], modelName: "b", subjects: [nil: 3], level: 0.95, other: nil) == nil)
    #expect(SequentialMonitor(rule, metrics: [metric], modelName: "b", subjects: [:], level: 0.95, other: nil) == nil)
  }

  private func record(_ metric: String, _ value: Double, isScored: Bool = true, _ index: Int) -> SampleRecord {
    SampleRecord(
      id: "s\(index)", promptSHA256: "", target: "", response: .logLikelihoods([], tokenCounts: []),
      score: Score(metrics: [MetricValue(name: metric, value: isScored ? value : nil)], flags: []), flags: [],
      promptTokens: 1, answerTokens: 1, seconds: 0)
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
          id: sample.id, promptSHA256: "", target: "", response: sample.response,
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
    // A comparison of the two, either way round, has the sequence's interval and no probability.
    let forward = try RunComparison(other { _ in 1 }, better)
    let backward = try RunComparison(better, other { _ in 1 })
    #expect(forward.json.objectValue?["lower"]?.doubleValue == better.earlyStop?.differenceInterval?.lower)
    #expect(
      backward.json.objectValue?["upper"]?.doubleValue == (better.earlyStop?.differenceInterval?.lower).map { -$0 })
    #expect(forward.json.objectValue?["p_value"] == .null && forward.json.objectValue?["method"] == "betting")
    let worse = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule, other: other { _ in 0 }) { _ in true }
    #expect(worse.earlyStop?.better == "tiny" && (worse.earlyStop?.differenceInterval?.upper ?? 1) <= 0)
    let silent = try TaskRunner.run(task, on: Fixtures.model(), stopRule: rule, other: other { _ in nil }) { _ in true }
    #expect(silent.earlyStop?.better == nil && silent.samples.count == 400)
  }
}
