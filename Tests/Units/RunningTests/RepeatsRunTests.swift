import Evaluation
import Inference
import Statistics
import Support
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store
@testable import Tasks

/// Runs in which each sample gets several responses.
@Suite struct RepeatsRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func options(_ repeats: Int) -> JSONObject {
    [
      "type": "gsm8k", "shots": 1, "max_tokens": 8, "temperature": 1.5, "repeats": JSONValue(repeats),
      "data": .string(Fixtures.gsm8k),
    ]
  }

  private static func task(_ repeats: Int) throws -> any BenchmarkTask {
    try TaskCatalogue.load(TaskSpecification(.object(options(repeats))))
  }

  private static func texts(_ sample: SampleRecord) -> [String] {
    if case .generated(let texts) = sample.response { texts.map(\.text) } else { [] }
  }

  @Test("Four responses differ, the first is that of a run without repeats, and a prompt is read once")
  func sharing() throws {
    let model = try Fixtures.model()
    let once = try TaskRunner.run(try Self.task(1), on: model) { _ in true }
    let often = try TaskRunner.run(try Self.task(4), on: model) { _ in true }
    #expect(often.repeats == 4 && often.samples.count == once.samples.count)
    for (sample, single) in zip(often.samples, once.samples) {
      #expect(Set(Self.texts(sample)).count == 4)
      #expect(Self.texts(sample).first == Self.texts(single).first)
      #expect(sample.score.responses.count == 4)
    }
    // Three more responses of at most eight tokens: nothing of a prompt is computed again.
    #expect(often.samples.allSatisfy { $0.promptTokens > 24 })
    #expect(often.tokensComputed - once.tokensComputed <= 3 * 8 * often.samples.count)
    // Each item is one value.
    let estimate = often.estimate(often.metrics[0], level: 0.95)
    #expect(estimate.count == often.samples.count)
  }

  @Test("Greedy repeats end the cell with the reason")
  func greedy() throws {
    var options = Self.options(2)
    options["temperature"] = 0
    let task = try TaskCatalogue.load(TaskSpecification(.object(options)))
    let error = #expect(throws: BenchmarkError.self) {
      try TaskRunner.run(task, on: Fixtures.model()) { _ in true }
    }
    #expect(error?.message.contains("repeats 2") == true)
  }

  @Test("A store, resumed in the middle, and a report's files have every response with its score")
  func storing() throws {
    let plan = try Fixtures.plan(tasks: [.object(Self.options(4))])
    func run(until count: Int = .max) throws -> SweepRecord {
      let keeping = Persistence(store: try RunStore(folder: folder.path + "/store"), cache: nil, environment: [:])
      return try SweepRunner.run(plan, keeping: keeping) { $0.stage != .run || $0.completed < count }
    }
    let whole = try SweepRunner.run(plan) { _ in true }
    #expect(try run(until: 1).isCancelled)
    _ = try run()
    let read = try RunStore(reading: folder.path + "/store").sweep(nil).record
    let (first, second) = (try #require(whole.runs.first), try #require(read.runs.first))
    #expect(first.metrics == second.metrics && second.repeats == 4)
    for (one, other) in zip(first.samples, second.samples) {
      #expect(one.score == other.score && one.flags == other.flags)
      #expect(Self.texts(one) == Self.texts(other) && Self.texts(one).count == 4)
    }
    // What a record holds can be scored again.
    let task = try Self.task(4)
    for (index, sample) in second.samples.enumerated() {
      #expect(try task.scoreAll(index, sample.response) == sample.score)
    }
    let sample = try #require(second.samples.first?.json.objectValue)
    #expect(sample["responses"]?.arrayValue?.count == 4 && sample["response_scores"]?.arrayValue?.count == 4)
    #expect(SampleRecord(saved: sample)?.score.responses.count == 4)
  }

  /// A run of a stub: item i has so many right responses of four.
  private static func record(_ right: [Int]) throws -> RunRecord {
    let metric = Metric(name: "accuracy", summary: "whether it is right")
    let repeated = try #require(RepeatedScores([metric], 4))
    let samples = right.enumerated().map { index, count in
      let scores = (0..<4).map { position in
        Score(
          metrics: [
            MetricValue(name: "accuracy", value: position < count ? 1 : 0, prediction: position < count ? "a" : "b")
          ], flags: [])
      }
      return SampleRecord(
        id: "\(index)", attributes: SampleAttributes(subject: "s\(index % 3)"), promptSHA256: "", target: "a",
        response: .generated((0..<4).map { GeneratedText(text: "\($0)", finishReason: .endOfText) }),
        score: repeated.score(scores), flags: [], promptTokens: 1, answerTokens: 4, seconds: 1)
    }
    return RunRecord(
      modelName: "m", model: [:], taskName: "t", specification: ["type": "stub", "repeats": 4], dataFiles: [],
      metrics: repeated.all, limit: nil, samples: samples, plannedCount: samples.count, seconds: 1, tokensAsked: 1,
      tokensComputed: 1, startedAt: "2026-01-01T00:00:00Z")
  }

  @Test("Intervals are over items, clustered where asked, and Wilson's where every item is right or wrong")
  func intervals() throws {
    let run = try Self.record([0, 1, 2, 3, 4, 4, 2, 1, 0, 3, 2, 2])
    let values = [0, 1, 2, 3, 4, 4, 2, 1, 0, 3, 2, 2].map { Double($0) / 4 }
    let mean = run.estimate(try run.metric("accuracy"), level: 0.95)
    #expect(mean == Estimate(scores: values, isBinary: false).within(0, 1))
    #expect(mean.interval?.method == .student && mean.count == 12)
    let clustered = try run.estimate(try run.metric("accuracy"), options: EstimateOptions(clusters: "subject"))
    #expect(clustered.clusterCount == 3)
    let pass = run.estimate(try run.metric("accuracy_pass@4"), level: 0.95)
    #expect(pass.interval == .wilson(successes: 10, count: 12))
    #expect(run.estimate(try run.metric("accuracy_maj@4"), level: 0.95).interval?.method == .student)
    let decided = try Self.record([4, 4, 0, 4])
    #expect(decided.estimate(try decided.metric("accuracy"), level: 0.95).interval == .wilson(successes: 3, count: 4))
    #expect(decided.estimate(try decided.metric("accuracy_maj@4"), level: 0.95).interval?.method == .wilson)
    // A comparison with a run of one response pairs the means.
    #expect(try RunComparison(run, run).comparison?.difference == 0)
  }

  @Test("The variance of a response is split for a power analysis")
  func variance() throws {
    let run = try Self.record([0, 1, 2, 3, 4, 4])
    // Within: the mean over items of s^2 = 4/3 q (1 - q).
    let within = [0.0, 0.1875, 0.25, 0.1875, 0, 0].reduce(0, +) / 6 * 4 / 3
    let found = try #require(run.responseVariance(try run.metric("accuracy")))
    #expect(abs(found.withinItems - within) < 1e-12)
    let object = try #require(
      run.json(level: 0.95).objectValue?["metrics"]?.objectValue?["accuracy"]?.objectValue)
    #expect(object["sampling_variance"]?.doubleValue == found.withinItems)
    #expect(object["sampling_share"]?.doubleValue == found.withinShare)
    #expect(run.responseVariance(try run.metric("accuracy_maj@4")) == nil)
  }

  @Test("A stop rule watches the items' means, not counts of 0 and 1")
  func stopping() throws {
    let rule = try #require(try Fixtures.plan(more: ["stop_when": ["half_width": 0.2]]).stopRule)
    let right = (0..<200).map { $0 % 5 }
    let run = try Self.record(right)
    var monitor = try #require(
      SequentialMonitor(
        rule, metrics: run.metrics, modelName: "m", subjects: [nil: 200], level: 0.95, other: nil))
    var expected = try #require(ConfidenceSequence(population: 200, level: 0.95))
    var end = 0
    while end < 200 {
      let part = run.samples[end..<min(end + 20, 200)]
      for sample in part { expected.observe(sample.score.value(of: "accuracy")) }
      end += part.count
      if monitor.observe(Array(part)) { break }
    }
    #expect(end < 200)
    let interval = try #require(monitor.outcome(savedCount: 200 - end).intervals["accuracy"])
    #expect(interval == expected.interval && interval.lower <= 0.5 && 0.5 <= interval.upper)
  }
}
