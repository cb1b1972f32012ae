import Checkpoints
import Configuration
import Inference
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Plans as people write them: the documented YAML, its sections, and what it says of mistakes.
@Suite struct ConfigurationFileTests {
  static let documented = """
    models:
      gemma-2b:
        type: gemma
        size: 2b
        variant: it
        quantization: true
        cache_dir: cache/models
        device_map: auto
      gemma-9b: {type: gemma, size: 9b, use_flash_attention: true}
    tasks:
      mmlu: {type: mmlu, subset: mathematics, shot_count: 5}
      gsm8k: {type: gsm8k, shot_count: 5, use_chain_of_thought: true}
    evaluation:
      runs: 3
      batch_size: auto
      statistical_tests: true
      confidence_level: 0.99
      seed: 7
    output:
      path: advanced_results
      visualize: true
      save_predictions: true
      export_formats: [yaml, json]
    hardware:
      device: auto
      precision: bfloat16
      quantization: true
      threads: 2
      use_flash_attention: true
      max_memory: {0: 20GB}
    """

  private func message(_ text: String) -> String {
    do {
      _ = try SweepPlan(text: text, name: "c.yaml")
      return "no error"
    } catch {
      #expect(!error.message.contains("\n"))
      return error.message
    }
  }

  @Test("The documented configuration is read whole")
  func documented() throws {
    let plan = try SweepPlan(text: Self.documented, name: "c.yaml")
    #expect(plan.models.map(\.name) == ["gemma-2b", "gemma-9b"])
    #expect(plan.models.map(\.path) == ["google/gemma-2b-it", "google/gemma-2-9b-it"])
    #expect(plan.models.allSatisfy { $0.quantization?.name == "q4_0" } && plan.models[0].cacheFolder == "cache/models")
    #expect(plan.tasks[0].json == ["type": "mmlu", "subset": "mathematics", "shot_count": 5])
    #expect(plan.runs == 3 && plan.seed == 7 && plan.confidenceLevel == 0.99 && plan.threads == 2)
    #expect(
      plan.output
        == OutputSettings(
          path: "advanced_results", visualize: true, savesPredictions: true, exportFormats: [.yaml, .json]))
    // One warning for each key that means nothing here, however often it stands.
    #expect(plan.warnings.count == 2)
    #expect(
      plan.warnings.contains {
        $0.hasPrefix("c.yaml:29:3: hardware: use_flash_attention: an option for graphics cards")
      })
    #expect(plan.models.allSatisfy { $0.precision == .bfloat16 })
    #expect(plan.warnings.contains { $0.contains("max_memory") })
  }

  @Test("The canonical form of what was written reads back as the same plan, by JSON and by YAML")
  func canonical() throws {
    let plan = try SweepPlan(text: Self.documented, name: "c.yaml")
    let again = try SweepPlan(json: plan.canonical.text())
    #expect(again.hash == plan.hash && again.canonical == plan.canonical && again.warnings.isEmpty)
    #expect(try SweepPlan(text: plan.canonical.yaml).canonical == plan.canonical)
    #expect(try SweepPlan(text: plan.canonical.text(indented: true), name: "c.json").canonical == plan.canonical)
  }

  @Test("Lists and maps, keys beside each other and in sections mean the same")
  func forms() throws {
    let short = try SweepPlan(text: "models: [x/a]\ntasks: [mmlu]\nruns: 2\nthreads: 3\nlimit: 4\n")
    let long = try SweepPlan(
      text: """
        models: {a: {path: x/a}}
        tasks: {mmlu: }
        evaluation: {runs: 2, limit: 4}
        hardware: {threads: 3}
        """)
    #expect(short.canonical == long.canonical)
    #expect(try SweepPlan(text: "models: [a]\ntasks: [mmlu]\noutput: here").output.path == "here")
    let off = try SweepPlan(
      text: "models: {a: {path: a, quantization: none}}\ntasks: [mmlu]\nhardware: {quantization: q8_0}")
    #expect(off.models[0].quantization?.type == nil)
  }

  @Test(
    "A mistake is told with line, column and the nearest known key",
    arguments: [
      (
        "models: [a]\ntasks: [mmlu]\nevaluatoin: {runs: 3}",
        #"c.yaml:3:1: unknown key "evaluatoin"; did you mean "evaluation"?"#
      ),
      (
        "models: {a: {path: a, quantisation: true}}\ntasks: [mmlu]",
        #"c.yaml:1:23: models: a: unknown key "quantisation"; did you mean "quantization"?"#
      ),
      (
        "models: [a]\ntasks:\n  mmlu: {shot_coutn: 5}",
        #"c.yaml:3:10: tasks: mmlu: unknown key "shot_coutn"; did you mean "shot_count"?"#
      ),
      (
        "models: [a]\ntasks:\n  mmlu: {shot_count: five}",
        #"c.yaml:3:22: tasks: mmlu: shot_count: a whole number from 0 to 5 was expected, not "five""#
      ),
      (
        "models: [a]\ntasks: {gsm8k: {use_chain_of_thought: yes}}",
        "c.yaml:2:39: tasks: gsm8k: use_chain_of_thought: true or false"
      ),
      (
        "models: [a]\ntasks: {x: {type: gsm8}}",
        #"c.yaml:2:19: tasks: x: type: no such task: "gsm8"; did you mean "gsm8k"?"#
      ),
      (
        "models: [a]\ntasks:\n  mmlu: {shots: 9}",
        "c.yaml:3:17: tasks: mmlu: shots: a whole number from 0 to 5 was expected, not 9"
      ),
      ("models: [a]\ntasks:\n  mmlu: {shot_count: 9}", "c.yaml:3:22: tasks: mmlu: shot_count: a whole number from"),
      (
        "models: [a]\ntasks:\n  - {type: mmlu, split: tset}",
        "c.yaml:3:25: tasks[0]: split: no such split: \"tset\"; did you mean \"test\"?"
      ),
      (
        "models: [a]\ntasks:\n  p: {type: gsm8k, shots: 1, shot_count: 2}",
        "c.yaml:3:42: tasks: p: shot_count: \"shots\" and \"shot_count\" are the same option"
      ),
      (
        "models: [a]\ntasks:\n  efficiency: {output_lengths: []}",
        "c.yaml:3:32: tasks: efficiency: output_lengths: a list of different whole numbers from 2 to 1000000"
      ),
      (
        "models: [a]\ntasks:\n  efficiency: {sample_prompts: [a, 3]}",
        "c.yaml:3:32: tasks: efficiency: sample_prompts: a list of texts was expected, not [\"a\",3]"
      ),
      (
        "models: [a]\ntasks:\n  mine: {type: mmlu, name: \"a\\nb\"}",
        "c.yaml:3:28: tasks: mine: name: one line of text was expected"
      ),
      ("models: [a]\ntasks:\n  gsm8k: {top_p: 0}", "c.yaml:3:18: tasks: gsm8k: top_p: a number above 0, at most 1"),
      ("models: [a]\ntasks:\n  mmlu: {limit: -1}", "c.yaml:3:17: tasks: mmlu: limit: a whole number of 0 or more"),
      ("models: [a]\ntasks:\n  mine: {type: callbacks, name: ~}", "c.yaml:3:9: tasks: mine: a task of type"),
      ("models: [a]\ntasks: [mmlu]\nevaluation: {runs: 2.5}", "c.yaml:3:20: evaluation: runs: a whole number"),
      (
        "models: [a]\ntasks: [mmlu]\nruns: 2\nevaluation: {runs: 3}",
        "c.yaml:4:20: evaluation: runs: \"runs\" is given both at the top level and in the section"
      ),
      (
        "models: [a]\ntasks: [mmlu]\nevaluation: {batch_size: big}",
        "c.yaml:3:26: evaluation: batch_size: auto or a whole number"
      ),
      (
        "models: [a]\ntasks: [mmlu]\noutput: {export_formats: [yaml, jsn]}",
        "c.yaml:3:33: output: export_formats[1]: no such format: \"jsn\"; did you mean \"json\"?"
      ),
      (
        "models: [a]\ntasks: [mmlu]\noutput: {export_formats: yaml}",
        "c.yaml:3:26: output: export_formats: a list was expected"
      ),
      (
        "models: [a]\ntasks: [mmlu]\nhardware: {device: cuda}",
        "c.yaml:3:20: hardware: device: \"cuda\" is not supported: auto or cpu"
      ),
      ("models: [a]\ntasks: [mmlu]\nhardware: {precision: bf16}", "no such precision: \"bf16\""),
      (
        "models: {a: {path: x, size: 2b}}\ntasks: [mmlu]",
        "c.yaml:1:29: models: a: size: \"path\" and \"size\" both name the model"
      ),
      (
        "models: {a: {path: x, name: b}}\ntasks: [mmlu]",
        "c.yaml:1:29: models: a: name: the model already has the name \"a\""
      ),
      (
        "models: {a: {type: gemma, size: 5b}}\ntasks: [mmlu]",
        "c.yaml:1:13: models: a: gemma generation 1, size 5b: not published"
      ),
      (
        "models: {a: {path: x, quantization: q9}}\ntasks: [mmlu]",
        "c.yaml:1:37: models: a: quantization: unknown type \"q9\""
      ),
      ("models: 3\ntasks: [mmlu]", "c.yaml:1:1: \"models\" must be a list"),
      ("- a", "c.yaml:1:1: an object was expected, not an array"),
      ("", "c.yaml:1:1: empty; a plan names models and tasks"),
      ("models: [a", "c.yaml:2:1: "),
      (
        "{\"models\": [\"a\"], \"tasks\": [\"mmlu\"], \"limt\": 3}",
        "c.yaml:1:38: unknown key \"limt\"; did you mean \"limit\"?"
      ),
      (
        "models: [a]\ntasks: [mmlu]\nstop_when: {half_width: 2}",
        "c.yaml:3:12: stop_when: half_width: a number from 0.001"
      ),
    ])
  func mistakes(text: String, expected: String) {
    #expect(message(text).contains(expected), "\(message(text))")
  }

  /// What loading the tasks of a plan says.
  private func loading(_ text: String) throws -> String {
    let plan = try SweepPlan(text: "models: [\(Fixtures.tiny)]\n" + text, name: "c.yaml")
    let error = #expect(throws: BenchmarkError.self) {
      try PlanCheck.tasks(of: plan, sources: plan.sources(ProviderRegistry()), defined: [])
    }
    return error?.message ?? ""
  }

  @Test(
    "What is wrong with a task's options and shows only when it is loaded is told with line and column",
    arguments: [
      (
        "tasks:\n  - type: mmlu\n    subset: mathmatics",
        "c.yaml:4:13: mmlu: no such subset: \"mathmatics\"; did you mean"
      ),
      ("tasks:\n  p: {type: gsm8k, top_k: 3}", "c.yaml:3:27: gsm8k: \"top_k\" has no effect"),
      ("tasks:\n  p: {type: gsm8k, draw: first, seed: 3}", "c.yaml:3:39: gsm8k: \"seed\" has no effect with draw"),
      ("tasks:\n  efficiency: {sample_prompts: [\"\"]}", "c.yaml:3:32: efficiency: \"sample_prompts\" must be a list"),
      ("tasks:\n  mine: {type: custom, data: x.csv}", "c.yaml:3:9: custom: \"prompt\" is missing"),
      ("tasks:\n  mine: {type: custom, data: x.csv, prompt: ''}", "c.yaml:3:45: custom: \"prompt\" is empty"),
      ("tasks:\n  mine: {type: custom, data: x.csv, prompt: '{a'}", "c.yaml:3:45: custom: prompt:"),
      (
        "tasks:\n  mine: {type: custom, data: x.csv, prompt: a, pattern: '('}", "c.yaml:3:57: custom: pattern"
      ),
      (
        "tasks:\n  mine: {type: custom, data: /no/such.csv, prompt: '{a}', answer: '{b}'}",
        "c.yaml:3:30: custom: data: cannot open /no/such.csv"
      ),
    ])
  func mistakesThatLoadingShows(text: String, expected: String) throws {
    let message = try loading(text.replacing("DATA", with: Fixtures.folder + "/tasks/data"))
    #expect(message.hasPrefix(expected), "\(message)")
  }

  @Test("A changed plan keeps the places of its tasks, and what its canonical form leaves out")
  func changed() throws {
    let models = "models: [{path: \(Fixtures.tiny), cache_dir: /cache}]\n"
    let text = models + "tasks:\n  mmlu: {subset: alegbra}\noutput: {visualize: false}"
    let plan = try SweepPlan(text: text, name: "c.yaml").changed(by: ["limit": 3, "output": ["path": "out"]])
    #expect(plan.limit == 3 && plan.output.path == "out" && !plan.output.visualize)
    #expect(plan.models[0].cacheFolder == "/cache")
    let error = #expect(throws: BenchmarkError.self) {
      try PlanCheck.tasks(of: plan, sources: plan.sources(ProviderRegistry()), defined: [])
    }
    #expect(error?.message.hasPrefix("c.yaml:3:18: mmlu:") == true, "\(error?.message ?? "")")
    // What was changed does not stand in the file.
    let other = try plan.changed(by: ["task": ["mmlu": ["subset": "anatomi"]]])
    let unplaced = #expect(throws: BenchmarkError.self) {
      try PlanCheck.tasks(of: other, sources: other.sources(ProviderRegistry()), defined: [])
    }
    #expect(unplaced?.message.hasPrefix("mmlu: no such subset: \"anatomi\"") == true, "\(unplaced?.message ?? "")")
    #expect(throws: BenchmarkError.self) { try plan.changed(by: ["tasks": ["gsm8k"]]) }
    #expect(throws: BenchmarkError.self) { try plan.changed(by: ["runs": 0]) }
  }

  @Test("A location that is an address is relative to nothing", arguments: ["http://host:8000/v1", "other://x"])
  func addresses(location: String) throws {
    let folder = try TemporaryFolder()
    try FileSystem.write("models: [\"\(location)\"]\ntasks: [mmlu]\n", to: folder.path + "/c.yaml")
    #expect(try SweepPlan(path: folder.path + "/c.yaml").models.map(\.path) == [location])
  }

  @Test("A batch size is taken from the section or beside it, and is no part of what the plan measures")
  func batchSize() throws {
    let plan = try SweepPlan(text: "models: [a]\ntasks: [mmlu]\nevaluation: {batch_size: 8}", name: "c.yaml")
    let auto = try SweepPlan(text: "models: [a]\ntasks: [mmlu]\nbatch_size: auto", name: "c.yaml")
    #expect(plan.batchSize == 8 && auto.batchSize == nil && plan.warnings.isEmpty)
    #expect(plan.hash == auto.hash)
    #expect(try SweepPlan(json: plan.canonical.text()).batchSize == 8)
  }

  @Test("A file that is not there is an error that names it")
  func missingFile() {
    let error = #expect(throws: BenchmarkError.self) { try SweepPlan(path: "/no/such/config.yaml") }
    #expect(error?.kind == .notFound && error?.message.contains("/no/such/config.yaml") == true)
  }
}
