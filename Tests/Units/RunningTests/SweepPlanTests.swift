import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Plans: what is filled in, what is refused, and what the hash stands for.
@Suite struct SweepPlanTests {
  static let smallest = #"{"models": ["models/gemma-a"], "tasks": ["mmlu"]}"#

  private func message(_ json: String) -> String {
    do {
      _ = try SweepPlan(json: json)
      return "no error"
    } catch {
      #expect(error.kind == .invalidArgument || error.kind == .notFound)
      #expect(!error.message.contains("\n"))
      return error.message
    }
  }

  @Test("The smallest plan gets every default")
  func defaults() throws {
    let plan = try SweepPlan(json: Self.smallest)
    #expect(plan.name == "sweep" && plan.limit == nil && plan.threads == nil && plan.confidenceLevel == 0.95)
    #expect(plan.runs == 1 && plan.seed == 1234 && plan.vary == Variation.allCases)
    #expect(plan.models == [.init(path: "models/gemma-a", name: "gemma-a", contextLength: nil)])
    #expect(plan.tasks.map(\.json) == [["type": "mmlu"]] && plan.tasks[0].type == "mmlu")
  }

  @Test("Every field is taken as given")
  func fields() throws {
    let plan = try SweepPlan(
      json: #"""
        {"name": "n", "models": [{"path": "/m/a/", "name": "A", "context_length": 512}, {"path": "/m/b/./"}],
         "tasks": [{"type": "gsm8k", "shots": 3}, "mmlu"], "limit": 7, "threads": 3, "confidence_level": 0.9}
        """#)
    #expect(plan.name == "n" && plan.limit == 7 && plan.threads == 3 && plan.confidenceLevel == 0.9)
    #expect(plan.models[0] == .init(path: "/m/a/", name: "A", contextLength: 512))
    #expect(plan.models[1].name == "b")
    #expect(plan.tasks.map(\.json) == [["type": "gsm8k", "shots": 3], ["type": "mmlu"]])
  }

  @Test("Zero and null stand for the default")
  func zeros() throws {
    let plan = try SweepPlan(
      json: #"{"models": ["a"], "tasks": ["mmlu"], "limit": 0, "threads": 0, "name": null, "confidence_level": null}"#)
    #expect(plan.limit == nil && plan.threads == nil && plan.name == "sweep" && plan.confidenceLevel == 0.95)
  }

  @Test("An unknown key is an error that suggests the nearest")
  func unknownKeys() {
    let plan = message(#"{"models": ["a"], "tasks": ["mmlu"], "limits": 3}"#)
    #expect(plan.contains("\"limits\"") && plan.contains("did you mean \"limit\"?"))
    let model = message(#"{"models": [{"path": "a", "contxt_length": 3}], "tasks": ["mmlu"]}"#)
    #expect(model.contains("models[0]") && model.contains("did you mean \"context_length\"?"))
    let far = message(#"{"models": ["a"], "tasks": ["mmlu"], "temperature": 3}"#)
    #expect(far.contains("known: name, models"))
  }

  @Test("An unknown task is an error that suggests the nearest")
  func unknownTask() {
    #expect(message(#"{"models": ["a"], "tasks": ["gsm8"]}"#).contains("did you mean \"gsm8k\"?"))
  }

  @Test("Two models of one name are an error that quotes it; another name for one of them helps")
  func duplicates() throws {
    let text = message(#"{"models": ["x/a", "y/a"], "tasks": ["mmlu"]}"#)
    #expect(text.contains("\"a\"") && text.contains("name"))
    let plan = try SweepPlan(json: #"{"models": ["x/a", {"path": "y/a", "name": "b"}], "tasks": ["mmlu"]}"#)
    #expect(plan.models.map(\.name) == ["a", "b"])
  }

  @Test("A key given twice is an error, not the last of the two")
  func repeatedKey() {
    #expect(message(#"{"models": ["a"], "tasks": ["mmlu"], "limit": 1, "limit": 2}"#).contains("limit"))
  }

  @Test(
    "A value of the wrong type or range is an error that names its place",
    arguments: [
      (#"[]"#, "an array"), (#"3"#, "a number"), (#"{"tasks": ["mmlu"]}"#, "\"models\""),
      (#"{"models": [], "tasks": ["mmlu"]}"#, "\"models\""), (#"{"models": "a", "tasks": ["mmlu"]}"#, "\"models\""),
      (#"{"models": ["a"]}"#, "\"tasks\""), (#"{"models": ["a"], "tasks": []}"#, "\"tasks\""),
      (#"{"models": [3], "tasks": ["mmlu"]}"#, "models[0]"), (#"{"models": [{}], "tasks": ["mmlu"]}"#, "\"path\""),
      (#"{"models": [""], "tasks": ["mmlu"]}"#, "models[0]: path"),
      (#"{"models": ["a", {"path": 1}], "tasks": ["mmlu"]}"#, "models[1]: path"),
      (#"{"models": [{"path": "a", "name": ""}], "tasks": ["mmlu"]}"#, "models[0]: name"),
      (#"{"models": [{"path": "a", "context_length": -1}], "tasks": ["mmlu"]}"#, "context_length"),
      (#"{"models": ["a"], "tasks": [3]}"#, "tasks[0]"), (#"{"models": ["a"], "tasks": ["mmlu", {}]}"#, "tasks[1]"),
      (#"{"models": ["a"], "tasks": [{"type": 3}]}"#, "tasks[0]"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "limit": -1}"#, "limit"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "limit": 1.5}"#, "limit"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "limit": "10"}"#, "limit"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "threads": true}"#, "threads"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "confidence_level": 95}"#, "confidence_level"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "confidence_level": 0}"#, "confidence_level"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "confidence_level": 1}"#, "confidence_level"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "name": 5}"#, "name"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "runs": 0}"#, "runs: a whole number from 1"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "runs": 1e9}"#, "runs: a whole number from 1"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "seed": -1}"#, "seed"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "vary": "sampling"}"#, "vary: a list"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "vary": ["choices_order"]}"#, "did you mean \"choice_order\"?"),
      (#"{"models": ["a"], "tasks": ["mmlu"], "vary": [3]}"#, "vary"),
      (#"{"models": ["a"], "tasks": ["mmlu"]"#, "plan:1:"), ("", "plan:1:1"),
    ])
  func wrongValues(json: String, words: String) {
    #expect(message(json).contains(words), "\(message(json))")
  }

  @Test("The hash does not depend on the order of keys, on white space, or on defaults written out")
  func hash() throws {
    let plan = try SweepPlan(json: Self.smallest)
    let same = [
      #"{"tasks":["mmlu"],"models":["models/gemma-a"]}"#,
      #"{"limit": 0, "tasks": [{"type": "mmlu"}], "models": [{"name": "gemma-a", "path": "models/gemma-a"}]}"#,
      #"{"models": ["models/gemma-a"], "confidence_level": 0.95, "name": "sweep", "tasks": ["mmlu"]}"#,
    ]
    for json in same { #expect(try SweepPlan(json: json).hash == plan.hash, "\(json)") }
    let first = try SweepPlan(json: #"{"models": ["a"], "tasks": [{"type": "mmlu", "shots": 1, "split": "test"}]}"#)
    let second = try SweepPlan(json: #"{"models": ["a"], "tasks": [{"split": "test", "shots": 1, "type": "mmlu"}]}"#)
    #expect(first.hash == second.hash)
    #expect(plan.hash.count == 64)
  }

  /// The hashes are those of the canonical form by Python (`hashlib.sha256(json.dumps(plan, sort_keys=True,
  /// separators=(",", ":"), ensure_ascii=False))`), without what measures nothing, and those that stores hold.
  @Test("A plan keeps the hash of earlier versions, however its options are spelled, so that its store is resumed")
  func olderHashes() throws {
    let plan = try SweepPlan(
      text: #"""
        models:
          gemma-2b: {type: gemma, size: 2b, variant: it, quantization: true}
          b: {path: x/b, context_length: 512, precision: bfloat16, base: x/c}
        tasks:
          mmlu: {subset: mathematics, shot_count: 5, choice_seed: ~}
          sums: {type: gsm8k, shots: 3.0, temperature: 1, top_p: 0.9, limit: 7, data: data/gsm8k}
          own: {data: rows.jsonl, type: custom, stop: "\n", prompt: "{q}", metric: {name: contains, unit: leaks}}
          efficiency: {output_lengths: [4, 2]}
          mine: {type: callbacks, limit: 0}
        runs: 4
        stop_when: {half_width: 0.02}
        vary: [item_order, sampling]
        design: crossed
        limit: 4
        """#)
    #expect(plan.hash == "4f686527d18127428ec7a5f6d13b2eca6c5dfe0a0ea11c3373a8dbc40ebe0de3")
    let tasks = plan.canonical.objectValue?["tasks"]?.text()
    #expect(
      tasks == #"[{"type":"mmlu","subset":"mathematics","shot_count":5,"choice_seed":null},"#
        + #"{"type":"gsm8k","shots":3.0,"temperature":1,"top_p":0.9,"limit":7,"data":"data/gsm8k","name":"sums"},"#
        + #"{"data":"rows.jsonl","type":"custom","stop":"\n","prompt":"{q}","#
        + #""metric":{"name":"contains","unit":"leaks"},"name":"own"},"#
        + #"{"type":"efficiency","output_lengths":[4,2]},{"type":"callbacks","limit":0,"name":"mine"}]"#)
    #expect(plan.limit(ofTask: 0) == 4 && plan.limit(ofTask: 1) == 7 && plan.limit(ofTask: 4) == nil)
    let short = try SweepPlan(
      json: #"{"models": ["x/a"], "tasks": ["gsm8k", {"split": "test", "shots": 1, "type": "mmlu", "name": "m"}]}"#)
    #expect(short.hash == "8d80131fe3b5b1f74bf39083ca94677ad817ce0477cb3cba37b8f4097d0257fe")
    #expect(try SweepPlan(plan.canonical).hash == plan.hash && SweepPlan(short.canonical) == short)
  }

  @Test("Changed options replace what was given under any of their names; the rest stays as it is")
  func changes() throws {
    let plan = try SweepPlan(
      json: #"""
        {"models": ["x/a", "x/b"], "limit": 3, "confidence_level": 0.9,
         "tasks": [{"type": "gsm8k", "shot_count": 2, "draw": "once"}, {"type": "mmlu", "name": "m"}]}
        """#)
    let changed = try plan.changed(by: [
      "task": ["gsm8k": ["shots": 4, "limit": 9], "m": ["choice_seed": 1]], "model": ["quantization": "q8_0"],
      "limit": .null, "runs": 2,
    ])
    #expect(
      changed.tasks.map(\.json) == [
        ["type": "gsm8k", "draw": "once", "shots": 4, "limit": 9], ["type": "mmlu", "name": "m", "choice_seed": 1],
      ])
    #expect(
      changed.models.allSatisfy { $0.quantization?.name == "q8_0" } && changed.models.map(\.path) == ["x/a", "x/b"])
    #expect(changed.limit == nil && changed.runs == 2 && changed.confidenceLevel == 0.9)
    for (changes, words) in [
      (["task": ["gsm8k": ["shots": 65]]], "plan: tasks[0]: shots: a whole number from 0 to 64 was expected, not 65"),
      (["task": ["m": ["shot": 1]]], "plan: tasks[1]: unknown key \"shot\"; did you mean \"shots\"?"),
      (["task": ["gsm8": ["shots": 1]]], "did you mean \"gsm8k\"?"),
      (["model": ["name": "one"]], "two models are called"),
      (["model": ["context_length": -1]], "plan: models[0]: context_length: a whole number of 0 or more"),
    ] as [(JSONObject, String)] {
      let error = #expect(throws: BenchmarkError.self) { try plan.changed(by: changes) }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }

  @Test("Whatever changes what is run changes the hash")
  func hashChanges() throws {
    let plans = [
      Self.smallest, #"{"models": ["models/gemma-b"], "tasks": ["mmlu"]}"#,
      #"{"models": ["models/gemma-a"], "tasks": ["gsm8k"]}"#,
      #"{"models": ["models/gemma-a"], "tasks": ["mmlu"], "limit": 1}"#,
      #"{"models": ["models/gemma-a"], "tasks": ["mmlu"], "threads": 1}"#,
      #"{"models": ["models/gemma-a"], "tasks": ["mmlu"], "confidence_level": 0.9}"#,
      #"{"models": [{"path": "models/gemma-a", "context_length": 99}], "tasks": ["mmlu"]}"#,
      #"{"models": ["models/gemma-a"], "tasks": [{"type": "mmlu", "shots": 1}]}"#,
      #"{"models": ["models/gemma-a", "b"], "tasks": ["mmlu"]}"#,
      #"{"models": ["models/gemma-a"], "tasks": ["mmlu"], "runs": 2}"#,
      #"{"models": ["models/gemma-a"], "tasks": ["mmlu"], "seed": 2}"#,
      #"{"models": ["models/gemma-a"], "tasks": ["mmlu"], "vary": []}"#,
    ]
    #expect(Set(try plans.map { try SweepPlan(json: $0).hash }).count == plans.count)
  }

  @Test("The canonical form reads back as the same plan")
  func canonical() throws {
    let plan = try SweepPlan(
      json: #"""
        {"models": ["x/a", {"path": "y", "context_length": 9}], "tasks": ["mmlu", "gsm8k"], "limit": 2,
         "runs": 2, "seed": 7, "vary": ["sampling", "few_shot_draws"]}
        """#)
    #expect(try SweepPlan(json: plan.canonical.text()) == plan)
    let object = try #require(plan.json.objectValue)
    #expect(object["hash"]?.stringValue == plan.hash)
    let cells = try #require(object["cells"]?.arrayValue).map { $0.objectValue?["model"]?.stringValue }
    #expect(cells == ["a", "a", "a", "a", "y", "y", "y", "y"])
  }

  @Test("Cells run model by model and run by run; a task that nothing varies runs once")
  func cells() throws {
    let plan = try SweepPlan(json: #"{"models": ["a", "b"], "tasks": ["mmlu", "gsm8k"], "runs": 3}"#)
    #expect(plan.cells().count == 12)
    let cells = plan.cells(variations: [[.choiceOrder], []])
    #expect(cells.map(\.modelNumber) == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(cells.map(\.run) == [1, 1, 2, 3, 1, 1, 2, 3] && cells.map(\.taskNumber) == [0, 1, 0, 0, 0, 1, 0, 0])
    #expect(cells[0].seeds.varied.isEmpty && cells[2].seeds.varied == [.choiceOrder])
  }

  @Test("Seeds are a function of plan seed, run and purpose; models share them, and more runs change none")
  func seeds() throws {
    func plan(_ more: String) throws -> [Cell] {
      try SweepPlan(json: #"{"models": ["a", "b"], "tasks": ["mmlu"], \#(more)}"#).cells()
    }
    let cells = try plan(#""runs": 3"#)
    #expect(cells[1].seeds == cells[4].seeds && cells[1].seeds != cells[2].seeds)
    let all = cells.flatMap { cell in Variation.allCases.compactMap { cell.seeds[$0] } }
    #expect(Set(all).count == 7 && all.allSatisfy { $0 >= 0 && $0 < 1 << 53 })  // run 1 has the seed of sampling alone
    #expect(try plan(#""runs": 5"#)[1] == cells[1])
    #expect(try plan(#""runs": 3, "seed": 5"#)[1].seeds != cells[1].seeds)
  }
}
