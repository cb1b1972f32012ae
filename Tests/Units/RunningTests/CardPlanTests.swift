import Support
import Tasks
import Testing

@testable import Plan

/// The task `card` of a plan: which tasks it becomes, on which models, and what is refused.
@Suite struct CardPlanTests {
  private func message(_ json: String) -> String {
    do {
      _ = try SweepPlan(json: json)
      return "no error"
    } catch { return error.message }
  }

  private func tasks(_ plan: SweepPlan, _ type: String) -> [JSONObject] {
    plan.tasks.filter { $0.type == type }.map(\.json)
  }

  @Test("A card becomes its tasks with its shots, and a warning of what is not measured")
  func expansion() throws {
    let plan = try SweepPlan(json: #"{"models": ["google/gemma-3-4b-pt"], "tasks": ["card"]}"#)
    #expect(!plan.tasks.contains { $0.type == "card" })
    #expect(tasks(plan, "mmlu") == [["type": "mmlu", "shots": 5]])
    #expect(tasks(plan, "gsm8k") == [["type": "gsm8k", "shots": 8]])
    #expect(plan.warnings.count == 1)
    #expect(plan.warnings[0].hasPrefix("plan: tasks[0]: of the card of gemma-3-4b-pt this is not measured: "))
    #expect(plan.warnings[0].contains("MBPP, HumanEval (runs what the model writes; the task humaneval does)"))
    #expect(!plan.warnings[0].contains("MMLU,") && !plan.warnings[0].contains("GSM8K"))
    // The canonical plan is the same plan.
    #expect(try SweepPlan(plan.canonical).hash == plan.hash)
  }

  @Test("The tasks stand where the card stood; its limit and data are theirs")
  func place() throws {
    let plan = try SweepPlan(
      json: #"""
        {"models": ["gemma-3-4b-pt"],
         "tasks": ["efficiency", {"type": "card", "limit": 7, "data": "/rows"}, {"type": "gsm8k", "name": "own"}]}
        """#)
    #expect(plan.tasks.first?.type == "efficiency" && plan.tasks.last?.name == "own")
    #expect(
      plan.tasks.first { $0.type == "mmlu" }?.json == ["type": "mmlu", "shots": 5, "limit": 7, "data": "/rows"])
    #expect(plan.limit(ofTask: 1) == 7)
  }

  @Test("Each of several models runs the tasks of its own card")
  func severalModels() throws {
    let plan = try SweepPlan(
      json: #"{"models": ["gemma-3-4b-pt", "gemma-3-12b-pt", "gemma-3-4b-it"], "tasks": {"card": null}}"#)
    #expect(
      tasks(plan, "mmlu") == [["type": "mmlu", "shots": 5, "models": ["gemma-3-4b-pt", "gemma-3-12b-pt"]]])
    #expect(
      tasks(plan, "gsm8k") == [
        ["type": "gsm8k", "shots": 8, "name": "gsm8k_8shot", "models": ["gemma-3-4b-pt", "gemma-3-12b-pt"]],
        ["type": "gsm8k", "shots": 0, "name": "gsm8k_0shot", "models": ["gemma-3-4b-it"]],
      ])
    let cells = plan.cells().filter { $0.task.type == "mmlu" || $0.task.type == "gsm8k" }
    #expect(
      cells.map { "\($0.model.name) \($0.task.name ?? $0.task.type)" } == [
        "gemma-3-4b-pt mmlu", "gemma-3-4b-pt gsm8k_8shot", "gemma-3-12b-pt mmlu", "gemma-3-12b-pt gsm8k_8shot",
        "gemma-3-4b-it gsm8k_0shot",
      ])
    #expect(try SweepPlan(plan.canonical).cells().count == plan.cells().count)
  }

  @Test("A plan says whose card a model has, by name, or that it has none")
  func cardOfModel() throws {
    let plan = try SweepPlan(
      json: #"{"models": [{"path": "models/mine", "card": "google/gemma-3-4b-pt"}], "tasks": ["card"]}"#)
    #expect(plan.models[0].card == "gemma-3-4b-pt" && plan.models[0].publishedName == "gemma-3-4b-pt")
    #expect(tasks(plan, "mmlu") == [["type": "mmlu", "shots": 5]])
    #expect(plan.models[0].canonical["card"] == "gemma-3-4b-pt")
    let none = try SweepPlan(json: #"{"models": [{"path": "gemma-3-4b-pt", "card": "none"}], "tasks": ["mmlu"]}"#)
    #expect(none.models[0].publishedName == nil)
    let base = try SweepPlan(json: #"{"models": [{"path": "/x.gguf", "base": "gemma-3-4b-it"}], "tasks": ["mmlu"]}"#)
    #expect(base.models[0].publishedName == "gemma-3-4b-it" && base.models[0].canonical["card"] == nil)
  }

  @Test("A model without a card is an error that says how to name one")
  func refusals() {
    let unknown = message(#"{"models": ["models/gemma-3-4b-ti"], "tasks": ["card"]}"#)
    #expect(unknown.contains("called \"gemma-3-4b-ti\"") && unknown.contains("did you mean \"gemma-3-4b-it\"?"))
    #expect(unknown.contains("--card") && unknown.hasPrefix("plan: tasks[0]: "))
    let none = message(#"{"models": [{"path": "gemma-3-4b-pt", "card": "none"}], "tasks": ["card"]}"#)
    #expect(none.contains("--card"))
    let misspelt = message(#"{"models": [{"path": "m", "card": "gemma-3-4b-ptt"}], "tasks": ["mmlu"]}"#)
    #expect(misspelt.hasPrefix("plan: models[0]: card: ") && misspelt.contains("did you mean \"gemma-3-4b-pt\"?"))
    #expect(message(#"{"models": ["gemma-3-4b-pt"], "tasks": [{"type": "card", "shots": 3}]}"#).contains("\"shots\""))
    let named = message(#"{"models": ["gemma-3-4b-pt"], "tasks": {"panel": {"type": "card"}}}"#)
    #expect(named.contains("leave \"name\" out"))
  }

  @Test("Benchmarks and tasks of a card can be left out by their names")
  func without() throws {
    func plan(_ without: String) throws(BenchmarkError) -> SweepPlan {
      try SweepPlan(
        json: #"{"models": ["gemma-3-4b-pt"], "tasks": [{"type": "card", "without": WITHOUT}]}"#.replacing(
          "WITHOUT", with: without))
    }
    let task = try plan(#"["mmlu"]"#)
    #expect(tasks(task, "mmlu").isEmpty && !tasks(task, "gsm8k").isEmpty)
    #expect(task.warnings[0].contains("MMLU (left out)"))
    let benchmark = try plan(#""GSM8K""#)
    #expect(tasks(benchmark, "gsm8k").isEmpty && !tasks(benchmark, "mmlu").isEmpty)
    let error = #expect(throws: BenchmarkError.self) { try plan(#"["GSM8"]"#) }
    #expect(
      error?.message
        == "plan: tasks[0]: without: no benchmark or task of the card is called \"GSM8\"; did you mean \"GSM8K\"?")
  }

  @Test("A card of thinking models warns where the model does not think")
  func thinking() throws {
    // Its tasks may not be there; then nothing is measured, and that is said.
    let text = #"{"models": [{"path": "gemma-4-E2B-it"THINKING}], "tasks": ["card"]}"#
    let with = try? SweepPlan(json: text.replacing("THINKING", with: #", "thinking": "on""#))
    let without = try? SweepPlan(json: text.replacing("THINKING", with: ""))
    if with == nil { #expect(message(text.replacing("THINKING", with: "")).contains("can be measured")) }
    #expect((without == nil) == (with == nil))
    #expect(without?.warnings.contains { $0.contains("set thinking to on") } ?? true)
    #expect(!(with?.warnings.contains { $0.contains("set thinking to on") } ?? false))
  }

  @Test("A task of a plan may be of some of its models")
  func models() throws {
    let plan = try SweepPlan(json: #"{"models": ["a", "b"], "tasks": [{"type": "mmlu", "models": ["b"]}, "gsm8k"]}"#)
    #expect(plan.cells().map { "\($0.model.name) \($0.task.type)" } == ["a gsm8k", "b mmlu", "b gsm8k"])
    let wrong = message(#"{"models": ["alpha", "b"], "tasks": [{"type": "mmlu", "models": ["alpa"]}]}"#)
    #expect(wrong == "plan: tasks[0]: models: no such model: \"alpa\"; did you mean \"alpha\"?")
  }
}
