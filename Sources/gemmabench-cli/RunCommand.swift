import ArgumentParser
import CGemmaBench
import Support

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run tasks on a model and print the scores.",
    discussion: """
      `gemmabench tasks` lists the tasks and their options. An option goes to every task named that knows it.

        gemmabench run models/gemma-3-1b mmlu --subset mathematics --shots 5 --limit 20
        gemmabench run models/gemma-3-1b mmlu gsm8k --data data --output results --format json

      With --output, answers are kept as they come (results.db): the same command again goes on where it was, and what \
      another run with --output asked before is not asked again.
      """)

  @Argument(help: "A checkpoint folder, or a name on the Hub.") var model: String
  @Argument(help: "The tasks, such as mmlu or gsm8k.") var tasks: [String]
  @Option(help: "A subject, a group of subjects, or all (mmlu).") var subset: String?
  @Option(help: "Examples before each question.") var shots: Int?
  @Option(help: "Folder of the task's data; with several tasks, the folder that holds one folder each.")
  var data: String?
  @Option(help: "Seed of the drawn examples (gsm8k).") var seed: Int?
  @Flag(inversion: .prefixedNo, help: "Examples show their steps (gsm8k).") var chainOfThought: Bool?
  @Option(help: "Samples of each task (of each subject in mmlu); 0: all.") var limit: Int = 0
  @Option(help: "Confidence level of the intervals.") var confidenceLevel: Double = 0.95
  @Option(help: "Worker threads; 0: every processor.") var threads: Int = 0
  @Option(help: "Tokens that prompt and answer may take; 0: the model's, at most 8192.") var contextLength: Int = 0
  @Flag(help: "Put prompts into the model's chat template.") var chatTemplate = false
  @Option(help: "What matrices become while loading: none, q4_0, q4_k, q8_0 and so on.")
  var quantization = "none"
  @Option(help: "What reports call the model.") var name: String?
  @Option(help: "Folder for the report and results.db, where answers are kept as they come.") var output: String?
  @Option(help: "What to print: table, markdown, json, samples, csv or html.") var format: String = "table"
  @Flag(inversion: .prefixedNo, help: "Take answers that an earlier run got from the user's cache.") var cache = true
  @Flag(help: "No progress.") var quiet = false

  /// The options of a task that flags give, by the option's name.
  private var taskOptions: [(name: String, value: JSONValue)] {
    var options: [(name: String, value: JSONValue)] = []
    if let subset { options.append(("subset", .string(subset))) }
    if let shots { options.append(("shots", JSONValue(shots))) }
    if let seed { options.append(("seed", JSONValue(seed))) }
    if let chainOfThought { options.append(("chain_of_thought", .bool(chainOfThought))) }
    return options
  }

  private func plan() throws -> String {
    var unused = Set(taskOptions.map(\.name))
    let catalogue = try JSONReader.parse(try Library.text { gb_task_catalogue($0) }).arrayValue ?? []
    let specifications = tasks.map { type -> JSONValue in
      var task: JSONObject = ["type": .string(type)]
      let entry = catalogue.first { $0.objectValue?["type"]?.stringValue == type }?.objectValue
      let known = entry?["options"]?.arrayValue?.compactMap { $0.objectValue?["name"]?.stringValue } ?? []
      for (name, value) in taskOptions where entry == nil || known.contains(name) {
        task[name] = value
        unused.remove(name)
      }
      if let data { task["data"] = .string(tasks.count == 1 ? data : "\(data)/\(type)") }
      return .object(task)
    }
    if let name = unused.sorted().first {
      let flag = name.split(separator: "_").joined(separator: "-")
      throw ValidationError("--\(flag): none of the tasks \(tasks.joined(separator: ", ")) has this option")
    }
    var entry: JSONObject = ["path": .string(model), "context_length": JSONValue(contextLength)]
    if let name { entry["name"] = .string(name) }
    if chatTemplate { entry["chat_template"] = true }
    entry["quantization"] = .string(quantization)
    let plan: JSONValue = [
      "name": .string(tasks.joined(separator: " and ")), "models": [.object(entry)], "tasks": .array(specifications),
      "limit": JSONValue(limit), "threads": JSONValue(threads), "confidence_level": .number(confidenceLevel),
    ]
    return plan.text()
  }

  func validate() throws {
    if tasks.isEmpty { throw ValidationError("name at least one task; `gemmabench tasks` lists them") }
    if !["table", "markdown", "json", "samples", "csv", "html"].contains(format) {
      throw ValidationError("--format \(format): table, markdown, json, samples, csv or html")
    }
  }

  func run() throws {
    ProgressLine.setQuiet(quiet)
    ProgressLine.catchInterrupt()
    ProgressLine.showWarnings()
    var plan: OpaquePointer?
    try Library.check(gb_plan_parse(&plan, try self.plan()))
    defer { gb_plan_free(plan) }
    var options = gb_plan_options()
    options.struct_size = UInt32(MemoryLayout<gb_plan_options>.size)
    options.progress = ProgressLine.callback
    if !cache { options.flags = GB_PLAN_NO_CACHE }
    var report: OpaquePointer?
    let status = CText.with([output]) { texts in
      options.output = texts[0]
      return gb_plan_run(&report, plan, &options)
    }
    ProgressLine.end()
    defer { gb_report_free(report) }
    if status != GB_CANCELLED { try Library.check(status) }
    Console.print(try Library.text { gb_report_render($0, report, format) })
    if let output {
      try Library.check(gb_report_write(report, output))
      if !quiet { Console.printError("report: \(output)/report.html, report.md, report.json, samples.jsonl\n") }
    }
    if status == GB_CANCELLED {
      if output != nil { Resumption.tell() }
      throw ExitCode(130)
    }
    let failed = (0..<gb_report_run_count(report)).contains { gb_report_run(report, $0) == nil }
    if failed {
      Console.printError("a cell failed: \(String(cString: gb_last_error()))\n")
      throw ExitCode(2)
    }
  }
}
