import Evaluation
import Inference
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// What stands above a provider, without weights: sweeps that end early and go on, failures, the cache, the check of a plan.
@Suite struct ScriptedRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(
    _ plan: SweepPlan, _ provider: ScriptedProvider, in name: String, cache: ResponseCache? = nil,
    until count: Int = .max
  ) throws -> SweepRecord {
    let keeping = Persistence(store: try RunStore(folder: "\(folder.path)/\(name)"), cache: cache)
    return try SweepRunner.run(plan, registry: provider.registry, keeping: keeping) {
      $0.stage != .run || $0.completed < count
    }
  }

  private func words(_ record: SweepRecord) -> [String] {
    record.runs.flatMap { run in run.samples.map { $0.json.text() } + ["\(run.tokensComputed) of \(run.tokensAsked)"] }
  }

  @Test(
    "A run that was cut and goes on asks for each sample once, and is the run that was not cut", arguments: [1, 2])
  func resumed(after count: Int) throws {
    let plan = try Fixtures.plan()
    let (whole, parts) = (ScriptedProvider(), ScriptedProvider())
    let expected = try run(plan, whole, in: "whole")
    #expect(expected.runs.count == 2 && whole.asked.count == 6)
    let cut = try run(plan, parts, in: "parts", until: count)
    #expect(cut.isCancelled && parts.asked.count < 6)
    let rest = try run(plan, parts, in: "parts")
    #expect(!rest.isCancelled && words(rest) == words(expected))
    #expect(parts.asked.sorted() == whole.asked.sorted())
    // A third time there is nothing left to ask.
    #expect(try words(run(plan, parts, in: "parts")) == words(expected) && parts.asked.count == 6)
  }

  @Test("A run that is cancelled keeps what was answered")
  func cancelled() throws {
    let provider = ScriptedProvider()
    let record = try run(Fixtures.plan(), provider, in: "a", until: 2)
    #expect(record.isCancelled && record.cells.count == 1)
    #expect(record.runs[0].samples.count == 2 && !record.runs[0].isComplete && provider.asked.count == 2)
    let read = try RunStore(reading: "\(folder.path)/a").sweep(nil)
    #expect(words(read.record) == words(record))
  }

  @Test("A cell whose provider fails has its reason, keeps what was answered, and stops no other")
  func failing() throws {
    let provider = ScriptedProvider()
    let samples = try TaskCatalogue.load(
      TaskSpecification(["type": "gsm8k", "shots": 0, "data": .string(Fixtures.gsm8k)]))
    provider.failing = try samples.prompt(at: 2).context
    let record = try run(Fixtures.plan(), provider, in: "a")
    #expect(record.cells.count == 2 && record.runs.count == 1 && !record.isCancelled)
    guard case .failure(let error) = record.cells[1].outcome else {
      Issue.record("no failure")
      return
    }
    #expect(error.message.contains("the script ends here"))
    let asked = provider.asked.count
    provider.failing = nil
    #expect(try run(Fixtures.plan(), provider, in: "a").runs.count == 2)
    #expect(provider.asked.count == asked + 1, "only the sample that failed")
  }

  @Test("Another plan that asks the same of the same script asks nothing; another script is asked")
  func cached() throws {
    let cache = "\(folder.path)/cache"
    let (first, again, other) = (ScriptedProvider(), ScriptedProvider(), ScriptedProvider(script: "second"))
    let made = try run(Fixtures.plan(), first, in: "a", cache: ResponseCache(folder: cache))
    let plan = try Fixtures.plan(more: ["name": "another"])
    let found = try run(plan, again, in: "b", cache: ResponseCache(folder: cache))
    #expect(first.asked.count == 6 && again.asked.isEmpty && words(found) == words(made))
    _ = try run(plan, other, in: "c", cache: ResponseCache(folder: cache))
    #expect(other.asked.count == 6)
  }

  @Test("Answers that depend on what is asked beside them are not kept for other plans, only in their store")
  func variantAnswers() throws {
    let cache = "\(folder.path)/cache"
    let provider = ScriptedProvider()
    provider.capabilities.isBatchInvariant = false
    for name in ["a", "b", "b"] {
      _ = try run(Fixtures.plan(), provider, in: name, cache: ResponseCache(folder: cache))
    }
    #expect(provider.asked.count == 12)
  }

  @Test("What a provider cannot do is an error of the plan, before anything is asked, all at once")
  func capabilities() throws {
    let provider = ScriptedProvider()
    provider.capabilities.logLikelihood = false
    let tasks: JSONValue = [
      ["type": "mmlu", "subset": "abstract_algebra", "shots": 0, "data": .string(Fixtures.mmlu)],
      ["type": "gsm8k", "shots": 0, "data": .string(Fixtures.gsm8k)],
      ["type": "efficiency", "sample_prompts": ["One day"], "output_lengths": [4]],
    ]
    let plan = try Fixtures.plan(tasks: tasks)
    let attempts: [() throws -> Void] = [
      { _ = try SweepRunner.run(plan, registry: provider.registry) { _ in true } },
      { _ = try PlanEstimate(plan, registry: provider.registry) { _ in true } },
    ]
    for attempt in attempts {
      let error = #expect(throws: BenchmarkError.self) { try attempt() }
      #expect(error?.kind == .unsupported)
      #expect(error?.message.contains("cannot give log-likelihoods, which task mmlu_abstract_algebra needs") == true)
      #expect(error?.message.contains("cannot give timing, which task efficiency needs") == true)
      #expect(error?.message.contains("gsm8k") == false)
    }
    #expect(provider.asked.isEmpty)
    let chat = try Fixtures.plan(models: [["path": "x", "name": "x", "chat_template": true]])
    let error = #expect(throws: BenchmarkError.self) {
      try SweepRunner.run(chat, registry: ScriptedProvider().registry) { _ in true }
    }
    #expect(error?.message.contains("no chat template") == true)
  }

  @Test("An estimate has the provider's numbers, and no time where it says none")
  func estimated() throws {
    let provider = ScriptedProvider()
    let estimate = try PlanEstimate(Fixtures.plan(), registry: provider.registry) { _ in true }
    #expect(estimate.cells.count == 2 && estimate.obstacles.isEmpty && provider.asked.isEmpty)
    let task = try TaskCatalogue.load(
      TaskSpecification(["type": "gsm8k", "shots": 0, "maximum_tokens": 4, "data": .string(Fixtures.gsm8k)]))
    var bytes = 0
    for index in 0..<task.count { bytes += try task.prompt(at: index).context.utf8.count }
    #expect(estimate.cells[1].asked == bytes && estimate.cells[1].expectedSeconds == nil)
    #expect(estimate.json.objectValue?["seconds"] == .null)
  }
}
