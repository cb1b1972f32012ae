import ArgumentParser
import CGemmaBench
import Support

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a configuration, or tasks on a model, and print the scores.",
    discussion: """
      A configuration is a file of YAML or JSON (`gemmabench init` writes one with comments). With a model, an option applies \
      to every named task that has it. Options override the configuration. --set KEY=VALUE sets any option by \
      name; --set TASK.KEY=VALUE sets it for one task only.

        gemmabench run config.yaml
        gemmabench run models/gemma-3-1b mmlu --subset mathematics --shots 5 --limit 20
        gemmabench run models/gemma-3-1b mmlu gsm8k --data data --runs 3 --output results
        gemmabench run models/gemma-3-1b mmlu gsm8k --set mmlu.shots=0 --set gsm8k.shots=8
        gemmabench run models/gemma-3-1b efficiency --output-lengths 128,256 --repetitions 3

      With --output, every response is saved as it comes (results.db): run the same command again to resume. Responses \
      that an earlier run computed for the same requests are reused (--no-cache: only those in the output folder).

      Exit codes: 0 success; 1 error; 2 a cell failed, the others are done; 64 wrong usage; 74 standard output cannot be \
      written; 130 interrupted by Ctrl-C, 143 by SIGTERM, results so far are kept.
      """ + "\n" + SchemaFlags.help)

  @Argument(help: "A configuration file, or a model: a checkpoint folder, a GGUF file, or a name on the Hub.")
  var model: String
  @Argument(help: "Tasks, such as mmlu, gsm8k or hellaswag, or paths of task files; none with a configuration.")
  var tasks: [String] = []
  @Option(
    help:
      "End a task once its interval is within ± this value, such as 0.02. Samples then run in random order."
  )
  var stopHalfWidth: Double?
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
    let info = try JSONReader.parse(try Library.borrowed(gb_plan_info(plan))).objectValue ?? [:]
    let planned = (info["plan"]?.objectValue?["tasks"]?.arrayValue ?? []).compactMap(\.objectValue)
    return try changed(
      plan,
      tasks: planned.map { task in
        let type = task["type"]?.stringValue ?? ""
        return (task["name"]?.stringValue ?? type, type)
      })
  }

  /// The plan with what the flags say; frees the one that is given.
  private func changed(_ plan: OpaquePointer?, tasks: [(name: String, type: String)]) throws -> OpaquePointer? {
    defer { gb_plan_free(plan) }
    var changes = try SchemaFlags.changes(tasks: tasks)
    if let stopHalfWidth { changes["stop_when"] = ["half_width": .number(stopHalfWidth)] }
    if let output { changes["output"] = ["path": .string(output)] }
    var made: OpaquePointer?
    try Library.check(gb_plan_change(&made, plan, JSONValue.object(changes).text()))
    return made
  }

  /// Without progress nothing else shows the library's warnings.
  private func printWarnings(of plan: OpaquePointer?) throws {
    if !quiet { return }
    let info = try JSONReader.parse(try Library.borrowed(gb_plan_info(plan))).objectValue ?? [:]
    for warning in info["warnings"]?.arrayValue ?? [] { Console.printError("warning: \(warning.stringValue ?? "")\n") }
  }

  private func planOfArguments() throws -> String {
    let tasks = tasks.map { ($0, SchemaFlags.taskType(of: $0)) }
    var changes = try SchemaFlags.changes(tasks: tasks)
    let ofTasks = changes["task"]?.objectValue ?? [:]
    let specifications = self.tasks.map { type -> JSONValue in
      var task: JSONObject = ["type": .string(type)]
      for (name, value) in ofTasks[type]?.objectValue?.members ?? [] { task[name] = value }
      return .object(task)
    }
    var entry: JSONObject = ["path": .string(model)]
    if let name { entry["name"] = .string(name) }
    for (key, value) in changes["model"]?.objectValue?.members ?? [] { entry[key] = value }
    (changes["task"], changes["model"]) = (nil, nil)
    var plan: JSONObject = [
      "name": .string(self.tasks.joined(separator: " and ")), "models": [.object(entry)],
      "tasks": .array(specifications),
    ]
    for (key, value) in changes.members { plan[key] = value }
    if let stopHalfWidth { plan["stop_when"] = ["half_width": .number(stopHalfWidth)] }
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
    if isConfiguration, name != nil {
      throw ValidationError("--name: the configuration names its models itself")
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
    // Nothing is there to show of a run that was cancelled while its data came.
    if status != GB_CANCELLED || report == nil { try Library.check(status) }
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
