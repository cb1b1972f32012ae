import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Tasks of one's own in runs and sweeps: what their failures leave behind, and what hooks see.
@Suite struct OwnTaskTests {
  /// Five samples; the function named fails at a position.
  static func task(_ name: String = "own", failing: String? = nil, at position: Int = 2) throws -> CallbackTask {
    let fail: @Sendable (String, Int) throws(BenchmarkError) -> Void = { (function, index) throws(BenchmarkError) in
      if function == failing, index == position { throw BenchmarkError(.callbackFailed, "sweep.lua:12: no luck") }
    }
    return try CallbackTask(
      description: ["name": .string(name)], count: 5,
      functions: CallbackTask.Functions(
        sample: { (index: Int) throws(BenchmarkError) -> JSONValue in ["id": .string("s\(index)")] },
        prompt: { (index: Int) throws(BenchmarkError) -> JSONValue in
          try fail("prompt", index)
          return ["prompt": "The fox", "continuations": [" ran", " slept"]]
        },
        score: { (index: Int, response: JSONValue) throws(BenchmarkError) -> JSONValue in
          try fail("score", index)
          return .bool(response.objectValue?["chosen"] == 0)
        }))
  }

  static let named: JSONValue = [["type": "callbacks", "name": "own"]]

  @Test("A score that fails ends the run; its sample is kept as unscored, and those before with their scores")
  func failingScore() throws {
    let run = try TaskRunner.run(Self.task(failing: "score"), on: Fixtures.model()) { _ in true }
    #expect(run.failure == "own: sample s2: score: sweep.lua:12: no luck" && !run.isComplete && run.plannedCount == 5)
    let failed = try #require(run.samples.first { $0.id == "s2" })
    #expect(failed.flags == ["score_failed"] && failed.score.metrics[0].value == nil)
    #expect(run.samples.filter { $0.id != "s2" }.allSatisfy { $0.score.metrics[0].value != nil })
  }

  @Test("A prompt that fails ends the run after the samples before it")
  func failingPrompt() throws {
    let run = try TaskRunner.run(Self.task(failing: "prompt"), on: Fixtures.model()) { _ in true }
    #expect(run.failure == "own: sample s2: prompt: sweep.lua:12: no luck" && run.samples.map(\.id) == ["s0", "s1"])
    let first = try TaskRunner.run(Self.task(failing: "prompt", at: 0), on: Fixtures.model()) { _ in true }
    #expect(first.failure != nil && first.samples.isEmpty)
  }

  @Test("In a sweep a task that fails ends its cell, and the others run")
  func failingCell() throws {
    let tasks: JSONValue = [
      ["type": "callbacks", "name": "own"],
      ["type": "mmlu", "subset": "abstract_algebra", "shots": 0, "data": .string(Fixtures.mmlu)],
    ]
    let record = try SweepRunner.run(Fixtures.plan(tasks: tasks), defined: [Self.task(failing: "score")]) { _ in true }
    #expect(!record.isCancelled && record.runs.count == 2 && record.runs[0].failure != nil && record.runs[1].isComplete)
  }

  @Test("Hooks see every sample and every cell, and may stop the sweep")
  func hooks() throws {
    var (samples, cells) = ([String](), [Int]())
    var observer = SweepObserver()
    observer.onSample = { model, task, _, sample in
      samples.append("\(model) \(task) \(sample.id)")
      return true
    }
    observer.onCell = { index, _ in
      cells.append(index)
      return true
    }
    let plan = try Fixtures.plan(models: SweepRunnerTests.two, tasks: Self.named)
    let record = try SweepRunner.run(plan, defined: [Self.task()], observer: observer) { _ in true }
    #expect(cells == [0, 1] && samples.count == 10 && Set(samples).contains("second own s4") && !record.isCancelled)
    observer.onCell = { _, _ in false }
    let stopped = try SweepRunner.run(plan, defined: [Self.task()], observer: observer) { _ in true }
    #expect(stopped.isCancelled && stopped.cells.count == 1 && stopped.runs[0].isComplete)
    observer.onSample = { _, _, _, _ in false }
    let cut = try SweepRunner.run(plan, defined: [Self.task()], observer: observer) { _ in true }
    #expect(cut.isCancelled && !cut.runs[0].samples.isEmpty && cut.runs[0].failure == nil)
  }

  @Test("A plan's task of callbacks must be passed along, and no two tasks go by one name")
  func names() throws {
    let missing = #expect(throws: BenchmarkError.self) {
      try SweepRunner.run(Fixtures.plan(tasks: Self.named)) { _ in true }
    }
    #expect(missing?.message.contains("the task \"own\" is defined by callbacks") == true)
    let tasks: JSONValue = [Self.named.arrayValue![0], Self.named.arrayValue![0]]
    let twice = #expect(throws: BenchmarkError.self) {
      try SweepRunner.run(Fixtures.plan(tasks: tasks), defined: [Self.task()]) { _ in true }
    }
    #expect(twice?.message.contains("two tasks have the name \"own\"") == true)
  }

  @Test("A cell whose task failed goes on once the task is mended, and asks nothing again but the sample that failed")
  func mended() throws {
    let folder = "/tmp/gemmabench-own-\(UInt64.random(in: 0...(.max)))"
    let plan = try Fixtures.plan(tasks: Self.named)
    func run(_ task: CallbackTask) throws -> (record: SweepRecord, found: Int) {
      var found = 0
      let keeping = Persistence(store: try RunStore(folder: folder))
      let record = try SweepRunner.run(plan, defined: [task], keeping: keeping) { progress in
        found = progress.foundCount
        return true
      }
      return (record, found)
    }
    let failed = try run(Self.task(failing: "score")).record
    #expect(failed.runs[0].failure?.contains("sample s2: score: sweep.lua:12: no luck") == true)
    #expect(!failed.runs[0].isComplete && failed.runs[0].samples.contains { $0.flags == ["score_failed"] })
    let kept = failed.runs[0].samples.count
    let (mended, found) = try run(Self.task())
    #expect(mended.runs[0].isComplete && mended.runs[0].failure == nil && found == kept - 1)
    #expect(mended.runs[0].samples.allSatisfy { $0.score.metrics[0].value != nil })
  }
}
