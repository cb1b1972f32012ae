import Evaluation
import Glibc
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Whole plans: the order of cells, failures beside successes, and cancellation.
@Suite struct SweepRunnerTests {
  static let two: JSONValue = [
    ["path": .string(Fixtures.tiny), "name": "first"], ["path": .string(Fixtures.tiny), "name": "second"],
  ]

  @Test("Cells run model by model, in the order of the plan, and agree where the models do")
  func order() throws {
    let record = try SweepRunner.run(Fixtures.plan(models: Self.two)) { _ in true }
    #expect(record.cells.map(\.modelName) == ["first", "first", "second", "second"])
    #expect(record.cells.map(\.taskName) == ["mmlu_abstract_algebra", "gsm8k", "mmlu_abstract_algebra", "gsm8k"])
    #expect(!record.isCancelled && record.runs.count == 4 && record.runs.allSatisfy { $0.isComplete })
    #expect(record.runs[0].samples.map(\.response) == record.runs[2].samples.map(\.response))
    #expect(record.runs[1].samples.map(\.response) == record.runs[3].samples.map(\.response))
  }

  @Test("A plan's run is that of the task on the model")
  func sameAsTask() throws {
    let record = try SweepRunner.run(Fixtures.plan(more: ["limit": 2])) { _ in true }
    let task = try TaskCatalogue.load(Fixtures.plan().tasks[0])
    let run = try TaskRunner.run(task, on: Fixtures.model(), limit: 2) { _ in true }
    #expect(record.runs[0].samples.map(\.response) == run.samples.map(\.response))
    #expect(record.runs[0].samples.map(\.promptSHA256) == run.samples.map(\.promptSHA256))
    #expect(record.runs[0].tokensComputed == run.tokensComputed)
  }

  @Test("Data are read once, before the first run: the others do without the files")
  func dataReadOnce() throws {
    var template = Array("/tmp/gemmabench-sweep-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    for part in ["dev", "test"] {
      try FileSystem.makeFolder("\(folder)/\(part)")
      let name = "\(part)/abstract_algebra_\(part).csv"
      try FileSystem.write(try FileSystem.read("\(Fixtures.mmlu)/\(name)"), to: "\(folder)/\(name)")
    }
    let task: JSONValue = ["type": "mmlu", "subset": "abstract_algebra", "shots": 1, "data": .string(folder)]
    var isGone = false
    let record = try SweepRunner.run(Fixtures.plan(tasks: [task], more: ["runs": 3])) { _ in
      if !isGone { isGone = rename(folder, folder + "-gone") == 0 }
      return true
    }
    #expect(isGone && !FileSystem.isFolder(folder))
    #expect(record.runs.count == 3 && record.runs.allSatisfy { $0.isComplete && !$0.dataFiles.isEmpty })
    #expect(Set(record.runs.map { JSONValue.object($0.specification).text() }).count == 3)
  }

  @Test("A plan that cannot run is refused before anything runs, with all that is wrong")
  func refusedPlan() throws {
    let models: JSONValue = [
      ["path": .string(Fixtures.tiny)], ["path": "no/such/model"],
      ["path": .string(Fixtures.tiny), "name": "short", "context_length": 1],
      ["path": .string(Fixtures.tiny), "name": "rounded", "quantization": "q8_0", "precision": "bfloat16"],
    ]
    let tasks: JSONValue = [
      ["type": "mmlu", "data": "/no/data"], ["type": "gsm8k", "data": .string(Fixtures.gsm8k), "top_k": 7],
    ]
    var wasCalled = false
    let error = #expect(throws: BenchmarkError.self) {
      try SweepRunner.run(Fixtures.plan(models: models, tasks: tasks)) { _ in
        wasCalled = true
        return true
      }
    }
    let message = error?.message ?? ""
    #expect(!wasCalled && !message.contains("\n"))
    for part in ["for 5 reasons", "no/such/model", "short: context_length 1", "bfloat16", "/no/data", "top_k"] {
      #expect(message.contains(part), "\(part) in: \(message)")
    }
    // An estimate refuses the same.
    let estimated = #expect(throws: BenchmarkError.self) {
      try PlanEstimate(Fixtures.plan(models: models, tasks: tasks)) { _ in true }
    }
    #expect(estimated?.message == message)
  }

  @Test("A cell that fails does not stop the others of its model")
  func failingCell() throws {
    let tasks: JSONValue = [
      ["type": "efficiency", "output_lengths": [300], "repetitions": 1],
      ["type": "mmlu", "subset": "abstract_algebra", "shots": 0, "data": .string(Fixtures.mmlu)],
    ]
    let models: JSONValue = [["path": .string(Fixtures.tiny), "context_length": 256]]
    let record = try SweepRunner.run(Fixtures.plan(models: models, tasks: tasks)) { _ in true }
    #expect(record.cells.count == 2 && record.runs.map(\.taskName) == ["mmlu_abstract_algebra"])
    if case .failure(let error) = record.cells[0].outcome { #expect(error.message.contains("max_tokens 300")) }
  }

  @Test("A missing data file is known before a model is loaded")
  func missingData() throws {
    let tasks: JSONValue = [["type": "mmlu", "data": "no/such/data"]]
    var wasCalled = false
    let error = #expect(throws: BenchmarkError.self) {
      try SweepRunner.run(Fixtures.plan(tasks: tasks)) { _ in
        wasCalled = true
        return true
      }
    }
    #expect(error?.kind == .notFound && !wasCalled)
  }

  @Test("Cancelling within a task keeps its samples and the cells before it")
  func cancelledInTask() throws {
    let record = try SweepRunner.run(Fixtures.plan(models: Self.two)) { progress in
      !(progress.stage == .run && progress.message == "first · gsm8k" && progress.completed == 1)
    }
    #expect(record.isCancelled && record.cells.count == 2)
    #expect(record.runs[0].isComplete)
    // What the pass at work finished is kept: here all three answers may end with one pass.
    #expect(record.runs[1].samples.count >= 1 && record.runs[1].plannedCount == 3)
  }

  @Test("Cancelling while the second model loads keeps what the first did")
  func cancelledInLoad() throws {
    let record = try SweepRunner.run(Fixtures.plan(models: Self.two)) { progress in
      !(progress.stage == .load && progress.message == "second")
    }
    #expect(record.isCancelled && record.cells.map(\.modelName) == ["first", "first"])
    #expect(record.runs.allSatisfy { $0.isComplete })
  }

  @Test("Cancelling at once leaves no cell, and is no error")
  func cancelledAtOnce() throws {
    let record = try SweepRunner.run(Fixtures.plan()) { _ in false }
    #expect(record.isCancelled && record.cells.isEmpty && record.runs.isEmpty)
  }

  @Test("Progress names the model while it loads, and the cell while it runs")
  func progress() throws {
    var messages: [String] = []
    _ = try SweepRunner.run(Fixtures.plan()) { progress in
      let message = "\(progress.stage.rawValue) \(progress.message)"
      if messages.last != message { messages.append(message) }
      return true
    }
    #expect(messages == ["load tiny", "run tiny · mmlu_abstract_algebra", "run tiny · gsm8k"])
  }

  @Test("Runs after the first vary what the task can: the first is the task's own, the others ask otherwise")
  func runs() throws {
    let record = try SweepRunner.run(Fixtures.plan(models: Self.two, more: ["runs": 3])) { _ in true }
    // MMLU without shots varies the order of its choices; GSM8K without shots varies nothing.
    #expect(record.cells.map(\.cell.run) == [1, 1, 2, 3, 1, 1, 2, 3])
    #expect(record.unrepeatedTasks.map(\.name) == ["gsm8k"])
    #expect(record.unrepeatedTasks.map(\.reason) == ["nothing that the plan varies can change its outcome"])
    let mmlu = record.runs.filter { $0.taskName.hasPrefix("mmlu") }
    #expect(mmlu.map(\.seeds.run) == [1, 2, 3, 1, 2, 3] && mmlu[0].specification["choice_seed"] == nil)
    #expect(mmlu[1].specification["choice_seed"]?.integerValue == mmlu[1].seeds[.choiceOrder])
    #expect(mmlu[1].seeds.varied == [.choiceOrder])
    // Both models meet the same questions, and each run its own.
    #expect(mmlu[1].samples.map(\.promptSHA256) == mmlu[4].samples.map(\.promptSHA256))
    #expect(Set(mmlu[0..<3].map { $0.samples.map(\.promptSHA256).joined() }).count == 3)
    #expect(mmlu[0].samples.map(\.id) == mmlu[2].samples.map(\.id))
    #expect(mmlu[0].samples.map(\.target) == mmlu[2].samples.map(\.target))
    let single = try SweepRunner.run(Fixtures.plan(more: ["runs": 3, "vary": []])) { _ in true }
    #expect(single.cells.count == 2 && single.unrepeatedTasks.count == 2)
  }

  @Test("A task of timings runs once under whatever name, on a model that fails too, since it repeats its measurements")
  func timedTasks() throws {
    let models: JSONValue = [["path": .string(Fixtures.tiny), "context_length": 8]]
    let tasks: JSONValue = [["type": "efficiency", "output_lengths": [16], "name": "speed"]]
    let record = try SweepRunner.run(Fixtures.plan(models: models, tasks: tasks, more: ["runs": 3])) { _ in true }
    #expect(record.cells.count == 1 && record.runs.isEmpty)
    #expect(record.unrepeatedTasks.map(\.name) == ["speed"])
    #expect(record.unrepeatedTasks.map(\.reason) == ["it repeats its measurements itself"])
  }
}
