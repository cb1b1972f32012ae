import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// The order of items as something that runs vary: where a stop rule may end a run it decides which items are asked.
@Suite struct ItemOrderTests {
  private static func plan(_ more: String, models: String = #""a", "b", "c""#) throws -> SweepPlan {
    try SweepPlan(json: #"{"models": [\#(models)], "tasks": ["mmlu"], "runs": 3, \#(more)}"#)
  }

  /// What each cell varies, one line a cell: "model run: names".
  private static func table(_ cells: [Cell]) -> [String] {
    cells.map { "\($0.model.name) \($0.run): " + $0.seeds.varied.map(\.rawValue).joined(separator: " ") }
  }

  @Test("A task's items can be ordered anew where a rule may end it, and nowhere else")
  func variations() throws {
    let task = StubTask(subjects: [nil, nil])
    #expect(try Self.plan(#""stop_when": {"half_width": 0.1}"#).variations(of: task) == [.itemOrder])
    #expect(try Self.plan(#""limit": 1"#).variations(of: task).isEmpty)
    let timed = try TaskCatalogue.load(TaskSpecification(["type": "efficiency"]))
    #expect(try Self.plan(#""stop_when": {"half_width": 0.1}"#).variations(of: timed).isEmpty)
  }

  @Test("Under a half-width every run after the first has its own order, the same for all models")
  func halfWidth() throws {
    let cells = try Self.plan(#""stop_when": {"half_width": 0.1}"#, models: #""a", "b""#)
      .cells(variations: [[.itemOrder]])
    #expect(
      Self.table(cells) == [
        "a 1: ", "a 2: item_order", "a 3: item_order", "b 1: ", "b 2: item_order", "b 3: item_order",
      ])
    #expect(cells[1].seeds == cells[4].seeds && cells[1].seeds != cells[2].seeds)
    let without = try Self.plan(#""stop_when": {"half_width": 0.1}, "vary": ["sampling"]"#, models: #""a""#)
      .cells(variations: [[.itemOrder]])
    #expect(Self.table(without) == ["a 1: "])
  }

  @Test("Of two models to be told apart the first runs whole, so that the order varies nothing for it, nor for a third")
  func decided() throws {
    let plan = try Self.plan(#""stop_when": {"decided": ["c", "a"]}"#)
    #expect(
      Self.table(plan.cells(variations: [[.itemOrder]])) == [
        "a 1: ", "b 1: ", "c 1: ", "c 2: item_order", "c 3: item_order",
      ])
    let drawn = plan.cells(variations: [[.fewShotDraws, .itemOrder]])
    #expect(
      Self.table(drawn) == [
        "a 1: ", "a 2: few_shot_draws", "a 3: few_shot_draws", "b 1: ", "b 2: few_shot_draws", "b 3: few_shot_draws",
        "c 1: ", "c 2: few_shot_draws item_order", "c 3: few_shot_draws item_order",
      ])
    #expect(drawn[7].seeds.ofAnswers.repeats(drawn[1].seeds))
  }

  @Test("Without a rule the order decides nothing: the task runs once, and the plan is the one without it")
  func noRule() throws {
    let plan = try Self.plan(#""vary": ["item_order"]"#)
    #expect(Self.table(plan.cells()) == ["a 1: ", "b 1: ", "c 1: "])
    #expect(try plan.hash == Self.plan(#""vary": []"#).hash)
    #expect(try SweepPlan(json: plan.canonical.text()) == plan)
    let rule = #""stop_when": {"half_width": 0.1}"#
    #expect(
      try Self.plan(rule).hash != Self.plan(#"\#(rule), "vary": ["few_shot_draws", "choice_order", "sampling"]"#).hash)
  }

  @Test("A crossed design does not cross it: each run has an order of its own")
  func crossed() throws {
    let plan = try SweepPlan(
      json: #"""
        {"models": ["a"], "tasks": ["mmlu"], "runs": 4, "design": "crossed", "stop_when": {"half_width": 0.1}}
        """#)
    let varying: [Variation] = [.fewShotDraws, .choiceOrder, .itemOrder]
    let cells = plan.cells(variations: [varying])
    #expect(
      Self.table(cells) == [
        "a 1: ", "a 2: few_shot_draws item_order", "a 3: choice_order item_order",
        "a 4: few_shot_draws choice_order item_order",
      ])
    #expect(Set(cells.compactMap { $0.seeds[.itemOrder] }).count == 3)
    #expect(plan.design.crossing(runs: 4, varying: varying).map(\.variation) == [.fewShotDraws, .choiceOrder])
    try plan.design.check(runs: 4, of: "mmlu", varying: varying)
  }

  @Test("Runs of other orders ask other items until the rule is met, and each interval holds the mean of all")
  func runs() throws {
    let rule = try #require(try Self.plan(#""stop_when": {"half_width": 0.2}"#).stopRule)
    let task = StubTask(subjects: [String?](repeating: nil, count: 200))
    let model = try Fixtures.model()
    let asked = try (1...3).map { number -> [String] in
      let seeds = RunSeeds(run: number, planSeed: 7, levels: [(.itemOrder, number)])
      let run = try TaskRunner.run(task, on: model, seeds: seeds, stopRule: rule) { _ in true }
      let interval = try #require(run.estimate(task.metrics[0], level: 0.95).interval)
      #expect(run.isStoppedEarly && interval.lower <= 0.5 && 0.5 <= interval.upper)
      #expect(run.seeds == seeds)
      return run.samples.map(\.id)
    }
    #expect(Set(asked).count == 3)
    // The first run is as the rule's own seed has it, whatever the plan's seed is.
    let canonical = try TaskRunner.run(task, on: model, stopRule: rule) { _ in true }
    #expect(canonical.samples.map(\.id) == asked[0])
  }

  @Test("A run of the second model is told apart from the first model's run with the same questions")
  func otherRun() throws {
    let plan = try Self.plan(#""stop_when": {"decided": ["a", "b"]}"#, models: #""a", "b""#)
    let cells = plan.cells(variations: [[.itemOrder]])
    #expect(Self.table(cells) == ["a 1: ", "b 1: ", "b 2: item_order", "b 3: item_order"])
    let whole = try TaskRunner.run(StubTask(subjects: [nil]), on: Fixtures.model()) { _ in true }
    let done = [CellRecord(cell: cells[0], taskName: "stub", outcome: .success(whole))]
    #expect(cells[1...].allSatisfy { plan.other(than: $0, in: done)?.startedAt == whole.startedAt })
    #expect(plan.other(than: cells[0], in: done) == nil)
    let drawn = plan.cells(variations: [[.fewShotDraws, .itemOrder]])
    #expect(plan.other(than: drawn[4], in: done) == nil && drawn[4].run == 2)
  }
}
