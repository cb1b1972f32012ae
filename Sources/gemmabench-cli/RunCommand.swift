import ArgumentParser
import CGemmaBench
import Support

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a configuration, or tasks on a model, and print the scores.",
    discussion: """
      A configuration is a file of YAML or JSON (`gemmabench init` writes one with comments); --runs, --limit, --threads, \
      --confidence-level, --stop-half-width and --output override it. With a model, `gemmabench tasks` lists the tasks \
      and their options; an option applies to every named task that has it.

        gemmabench run config.yaml
        gemmabench run models/gemma-3-1b mmlu --subset mathematics --shots 5 --limit 20
        gemmabench run models/gemma-3-1b mmlu gsm8k --data data --runs 3 --output results
        gemmabench run models/gemma-3-1b efficiency --output-lengths 128,256 --repetitions 3

      With --output, every response is saved as it comes (results.db): run the same command again to resume. Responses \
      that an earlier run computed for the same requests are reused (--no-cache: only those in the output folder).

      Exit codes: 0 success; 1 error; 2 a cell failed, the others are done; 64 wrong usage; 74 standard output cannot be \
      written; 130 interrupted by Ctrl-C, 143 by SIGTERM, results so far are kept.
      """)

  @Argument(help: "A configuration file, or a model: a checkpoint folder, a GGUF file, or a name on the Hub.")
  var model: String
  @Argument(help: "Tasks, such as mmlu, gsm8k or efficiency; none with a configuration.") var tasks: [String] = []
  @Option(help: "A subject, a group of subjects, or all (mmlu).") var subset: String?
  @Option(help: "Number of few-shot examples.") var shots: Int?
  @Option(help: "Folder with the task's data; with several tasks, the folder that has a folder for each task.")
  var data: String?
  @Option(help: "Seed of the few-shot examples (gsm8k).") var seed: Int?
  @Option(
    help: "Few-shot examples: each (resampled per question), once (a fixed sample) or first (the first n) (gsm8k).")
  var draw: String?
  @Option(help: "Sampling temperature; 0 is greedy (gsm8k).") var temperature: Double?
  @Option(help: "Sample from the k most likely tokens (gsm8k).") var topK: Int?
  @Option(help: "Sample from the most likely tokens whose probabilities add up to p (gsm8k).") var topP: Double?
  @Option(help: "Seed of the sampling (gsm8k).") var samplingSeed: Int?
  @Flag(inversion: .prefixedNo, help: "Few-shot examples show their reasoning steps (gsm8k).") var chainOfThought: Bool?
  @Option(help: "Tokens to generate after each prompt, comma-separated (efficiency).") var outputLengths: String?
  @Option(help: "Prompt to use instead of the task's own; may be repeated (efficiency).")
  var samplePrompts: [String] = []
  @Option(help: "Measured generations of each prompt and length (efficiency).") var repetitions: Int?
  @Option(help: "Warm-up generations before the measured ones (efficiency).") var warmup: Int?
  @Option(help: "Repetitions of each model x task pair; each has its own seeds.") var runs: Int?
  @Option(help: "Number of samples per task (per subject in mmlu); 0: all.") var limit: Int?
  @Option(help: "Confidence level of the intervals (default: 0.95).") var confidenceLevel: Double?
  @Option(
    help:
      "Stop each task early, once the half-width of its confidence interval is at most this, such as 0.02; samples are shuffled."
  )
  var stopHalfWidth: Double?
  @Option(help: "Worker threads; 0: one per processor.") var threads: Int?
  @Option(help: "Context length in tokens, prompt and answer together; 0: the model's, at most 8192.")
  var contextLength: Int = 0
  @Flag(help: "Apply the model's chat template to prompts.") var chatTemplate = false
  @Option(help: "Type to which weight matrices are quantised while loading: none, q4_0, q4_k, q8_0 and so on.")
  var quantization = "none"
  @Option(
    help: """
      Type of the activations: float32 (exact), or bfloat16 (faster, for bfloat16 weights only). By default int8 for \
      quantised weights, else float32.
      """)
  var precision: String?
  @Option(help: "Name of the model in reports.") var name: String?
  @Option(help: "Folder for executive_summary.md, report.html, comprehensive_report.json, results.db and more.")
  var output: String?
  @Option(
    help:
      "What to print: short (the scores), table (every table), markdown, leaderboard, summary, json, samples, csv or html."
  )
  var format: String = "short"
  @Flag(help: "Print every table: the same as --format table.") var verbose = false
  @Flag(inversion: .prefixedNo, help: "Reuse responses in the user's response cache.") var cache = true
  @Flag(help: "Replace another run's report in the output folder.") var force = false
  @Flag(help: "Show no progress.") var quiet = false

  /// The options of a task that flags give, by the option's name.
  private var taskOptions: [(name: String, value: JSONValue)] {
    var options: [(name: String, value: JSONValue)] = []
    if let subset { options.append(("subset", .string(subset))) }
    if let shots { options.append(("shots", JSONValue(shots))) }
    if let seed { options.append(("seed", JSONValue(seed))) }
    if let draw { options.append(("draw", .string(draw))) }
    if let temperature { options.append(("temperature", .number(temperature))) }
    if let topK { options.append(("top_k", JSONValue(topK))) }
    if let topP { options.append(("top_p", .number(topP))) }
    if let samplingSeed { options.append(("sampling_seed", JSONValue(samplingSeed))) }
    if let chainOfThought { options.append(("chain_of_thought", .bool(chainOfThought))) }
    if let outputLengths {
      let words = outputLengths.split(separator: ",", omittingEmptySubsequences: false)
      options.append(
        ("output_lengths", .array(words.map { word in Int(word).map { JSONValue($0) } ?? .string(String(word)) })))
    }
    if !samplePrompts.isEmpty { options.append(("sample_prompts", .array(samplePrompts.map { .string($0) }))) }
    if let repetitions { options.append(("repetitions", JSONValue(repetitions))) }
    if let warmup { options.append(("warmup", JSONValue(warmup))) }
    return options
  }

  /// What the flags say of a plan.
  private var overrides: [(key: String, value: JSONValue)] {
    var values: [(key: String, value: JSONValue)] = []
    if let runs { values.append(("runs", JSONValue(runs))) }
    if let limit { values.append(("limit", JSONValue(limit))) }
    if let confidenceLevel { values.append(("confidence_level", .number(confidenceLevel))) }
    if let threads { values.append(("threads", JSONValue(threads))) }
    if let stopHalfWidth { values.append(("stop_when", ["half_width": .number(stopHalfWidth)])) }
    return values
  }

  private var isConfiguration: Bool { tasks.isEmpty && PlanFile.isOne(model) }

  /// The plan of the configuration or of the arguments, the flags counted in.
  private func parsedPlan() throws -> OpaquePointer? {
    var plan: OpaquePointer?
    if !isConfiguration {
      try Library.check(gb_plan_parse(&plan, try planOfArguments()))
      try printWarnings(of: plan)
      return plan
    }
    try Library.check(gb_plan_read(&plan, model))
    try printWarnings(of: plan)
    var changes = JSONObject()
    for (key, value) in overrides { changes[key] = value }
    if let output { changes["output"] = ["path": .string(output)] }
    if changes.members.isEmpty { return plan }
    let read = plan
    defer { gb_plan_free(read) }
    plan = nil
    try Library.check(gb_plan_change(&plan, read, JSONValue.object(changes).text()))
    return plan
  }

  private func printWarnings(of plan: OpaquePointer?) throws {
    let info = try JSONReader.parse(try Library.borrowed(gb_plan_info(plan))).objectValue ?? [:]
    for warning in info["warnings"]?.arrayValue ?? [] { Console.printError("warning: \(warning.stringValue ?? "")\n") }
  }

  private func planOfArguments() throws -> String {
    var unused = Set(taskOptions.map(\.name) + (data == nil ? [] : ["data"]))
    let catalogue = try JSONReader.parse(try Library.text { gb_task_catalogue($0) }).arrayValue ?? []
    let specifications = tasks.map { type -> JSONValue in
      var task: JSONObject = ["type": .string(type)]
      let entry = catalogue.first { $0.objectValue?["type"]?.stringValue == type }?.objectValue
      let known = entry?["options"]?.arrayValue?.compactMap { $0.objectValue?["name"]?.stringValue } ?? []
      for (name, value) in taskOptions where entry == nil || known.contains(name) {
        task[name] = value
        unused.remove(name)
      }
      if let data, entry == nil || known.contains("data") {
        unused.remove("data")
        task["data"] = .string(tasks.count == 1 ? data : "\(data)/\(type)")
      }
      return .object(task)
    }
    if let name = unused.sorted().first {
      let flag = name.split(separator: "_").joined(separator: "-")
      let owner = tasks.count == 1 ? "the task \(tasks[0]) has" : "the tasks \(tasks.joined(separator: ", ")) have"
      throw ValidationError("--\(flag): \(owner) no such option")
    }
    var entry: JSONObject = ["path": .string(model), "context_length": JSONValue(contextLength)]
    if let name { entry["name"] = .string(name) }
    if chatTemplate { entry["chat_template"] = true }
    entry["quantization"] = .string(quantization)
    if let precision { entry["precision"] = .string(precision) }
    var plan: JSONObject = [
      "name": .string(tasks.joined(separator: " and ")), "models": [.object(entry)], "tasks": .array(specifications),
    ]
    for (key, value) in overrides { plan[key] = value }
    if let output { plan["output"] = ["path": .string(output)] }
    return JSONValue.object(plan).text()
  }

  func validate() throws {
    if !tasks.isEmpty, PlanFile.isOne(model) {
      throw ValidationError(
        "\(model) is a configuration, which names its own tasks; run it alone, without \(tasks.joined(separator: " "))")
    }
    if tasks.isEmpty, PlanFile.isNamed(model), !FileSystem.isFile(model) {
      throw ValidationError("\(model): no such file; `gemmabench init` writes a configuration")
    }
    if tasks.isEmpty, !isConfiguration {
      throw ValidationError(
        "name at least one task (`gemmabench tasks` lists them), or a configuration: a file that ends in .yaml, .yml or"
          + " .json")
    }
    if isConfiguration,
      !taskOptions.isEmpty || data != nil || name != nil || chatTemplate || contextLength != 0
        || quantization != "none" || precision != nil
    {
      throw ValidationError(
        "the configuration describes models and tasks; only --runs, --limit, --threads, --confidence-level,"
          + " --stop-half-width and --output override it")
    }
    try ReportFormat.check(format)
    if verbose, !["short", "table"].contains(format) {
      throw ValidationError("--verbose and --format \(format) contradict each other; give one of them")
    }
  }

  func run() throws {
    ProgressLine.setQuiet(quiet)
    Interruption.await()
    ProgressLine.showWarnings()
    let plan = try parsedPlan()
    defer { gb_plan_free(plan) }
    let info = try JSONReader.parse(try Library.borrowed(gb_plan_info(plan))).objectValue
    let folder = info?["plan"]?.objectValue?["output"]?.objectValue?["path"]?.stringValue
    var options = gb_plan_options()
    options.struct_size = UInt32(MemoryLayout<gb_plan_options>.size)
    options.progress = ProgressLine.callback
    options.flags = (cache ? 0 : GB_PLAN_NO_CACHE) | (force ? GB_PLAN_FORCE : 0)
    var report: OpaquePointer?
    let status = CText.with([output]) { texts in
      options.output = texts[0]
      return gb_plan_run(&report, plan, &options)
    }
    ProgressLine.end()
    defer { gb_report_free(report) }
    if status != GB_CANCELLED { try Library.check(status) }
    try ReportFormat.print(report, verbose ? "table" : format)
    if format == "short", !verbose, !quiet {
      Console.printError("--verbose prints every table\n")
    }
    if let folder, !quiet { Console.printError("report: \(folder)/executive_summary.md, report.html and more\n") }
    if status == GB_CANCELLED {
      if folder != nil { Resumption.tell() }
      return
    }
    let count = gb_report_run_count(report)
    var failures: [String] = []
    for index in 0..<count where gb_report_run(report, index) == nil {
      failures.append(String(cString: gb_last_error()))
    }
    if let first = failures.first {
      // What is printed short or as tables has each failure with its reason.
      let reason = ["short", "table"].contains(format) && Terminal.isShown ? "" : ": \(first)"
      Console.printError("\(failures.count) of \(count) cells failed\(reason)\n")
      throw ExitCode(2)
    }
  }
}

/// Files that hold a plan.
enum PlanFile {
  /// Whether a path is of a file that can be one.
  static func isOne(_ path: String) -> Bool { isNamed(path) && FileSystem.isFile(path) }

  /// Whether a path is named as one.
  static func isNamed(_ path: String) -> Bool {
    [".yaml", ".yml", ".json"].contains { path.lowercased().hasSuffix($0) }
  }
}
