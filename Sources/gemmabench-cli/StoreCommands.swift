import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc
import Support

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List the runs in the stores of output folders, oldest first.",
    discussion: """
      A store is the results.db in an output folder. Folders are searched two levels deep. `report`, `compare`, `stats` \
      and `export` take the names in the first column.

        gemmabench history results
        gemmabench compare 'results/sizes#1' 'results/sizes#2'
      """)
  @Argument(help: "Folders; by default the current one.") var folders: [String] = []
  @Option(help: "table or json.") var format: String = "table"

  func validate() throws { try checkFormat(format, "table") }

  func run() throws {
    var sweeps: [JSONValue] = []
    for folder in folders.isEmpty ? ["."] : folders {
      sweeps += try JSONReader.parse(try Library.text { gb_store_history($0, folder) }).arrayValue ?? []
    }
    if format == "json" { return Console.print(JSONValue.array(sweeps).text(indented: true) + "\n") }
    if sweeps.isEmpty {
      throw ValidationError("no store below \((folders.isEmpty ? ["."] : folders).joined(separator: ", "))")
    }
    for sweep in sweeps.compactMap(\.objectValue) {
      let sessions = sweep["sessions"]?.integerValue ?? 1
      Console.print(
        "\(sweep["run"]?.stringValue ?? "")  \(sweep["started_at"]?.stringValue ?? "")  "
          + "\(sweep["name"]?.stringValue ?? "")  \(sweep["state"]?.stringValue ?? "")"
          + "\(sessions > 1 ? ", \(sessions) sessions" : "")  \((sweep["seconds"]?.doubleValue ?? 0).fixed(1)) s\n")
      for cell in (sweep["cells"]?.arrayValue ?? []).compactMap(\.objectValue) { Console.print(words(cell)) }
    }
  }

  private func words(_ cell: JSONObject) -> String {
    let number = cell["run_number"]?.integerValue ?? 1
    let name =
      "    \(cell["model"]?.stringValue ?? "") · \(cell["task"]?.stringValue ?? "")"
      + "\(number > 1 ? " · run \(number)" : "")  "
    if let error = cell["error"]?.stringValue { return name + "failed: \(error)\n" }
    let done = cell["samples"]?.integerValue ?? 0
    let planned = cell["planned_samples"]?.integerValue ?? 0
    let count = "  \(done == planned ? "" : "\(done) of ")\(planned.counted("sample"))"
    let metrics = (cell["metrics"]?.arrayValue ?? []).compactMap(\.objectValue)
    if metrics.isEmpty { return name + "no metric" + count + "\n" }
    return metrics.enumerated().map { place, metric in
      let shown = ShownMetric(metric)
      let estimate = metric["estimate"]?.objectValue ?? [:]
      let value =
        estimate["mean"]?.doubleValue.map(shown.text)
        ?? estimate["median"]?.doubleValue.map { "median \(shown.text($0))" } ?? "no mean"
      let interval = estimate["lower"]?.doubleValue == nil ? "" : "  \(shown.interval(estimate, "lower", "upper"))"
      // The other metrics stand below the main one.
      let start = place == 0 ? name : String(repeating: " ", count: name.count)
      return start + value + interval + "  \(shown.title)" + (place == 0 ? count : "") + "\n"
    }.joined()
  }
}

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a run's report again from its store, without a model.",
    discussion: """
      Prints the report and writes its files again, into the run's own folder or that of --output. A run is an output \
      folder (its latest run) or FOLDER#2 (its second run, as `gemmabench history` lists them). It may still be running.

        gemmabench report results/sizes
        gemmabench report 'results/sizes#1' --output results/sizes-first --format markdown
        gemmabench report results/quant --print-only --rows quantization --columns task
      """ + "\n" + SchemaFlags.help(of: "report"))
  @Argument(help: ArgumentHelp("The run.", valueName: "run")) var source: String
  @Option(help: "Folder for the files.") var output: String?
  @Flag(help: "Print only; write no files.") var printOnly = false
  @Flag(help: "Replace another run's report in the folder of --output.") var force = false
  @Option(help: "Formats of the charts in visualizations/, comma-separated: svg, png, pdf, csv.")
  var charts: String = "svg"
  @Option(help: "What to print: short, table, markdown, leaderboard, summary, json, samples, csv or html.")
  var format: String = "table"

  func validate() throws {
    try ReportFormat.check(format)
    for form in charts.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    where !Self.chartForms.contains(form) {
      let hint = NearestName.hint(form, among: Self.chartForms)
      throw ValidationError("--charts \(form): unknown format\(hint)")
    }
  }

  private static let chartForms = ["svg", "png", "pdf", "csv"]

  func run() throws {
    let axes = try SchemaFlags.callOptions(of: "report")
    let mark = source.lastIndex(of: "#")
    let isLatest = mark.map { Int(source[source.index(after: $0)...]) == nil } ?? true
    try SavedRuns.withReport(source) { report in
      if !isLatest, output == nil, !printOnly {
        throw ValidationError(
          "the files of an earlier run would replace those of the latest; give --output FOLDER or --print-only")
      }
      let folder = output ?? source
      if !printOnly {
        // Written first: what cannot be written is known before anything is printed.
        try Library.check(gb_report_set_force(report, force || output == nil ? 1 : 0))
        try Library.check(gb_report_write(report, folder))
      }
      if !axes.members.isEmpty {
        let options = JSONValue.object(axes).text()
        Console.print(try Library.text { gb_report_pivot($0, report, options) })
      } else {
        try ReportFormat.print(report, format)
      }
      if printOnly { return }
      if charts != "svg" {
        try Library.check(gb_report_set_force(report, 1))  // those of the report just written
        _ = try Library.text { gb_report_charts($0, report, folder + "/visualizations", charts) }
      }
      Console.printError("report: \(folder)/report.html, executive_summary.md and more\n")
    }
  }
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Export a run as JSON, as CSV, or in the layout of lm-evaluation-harness.",
    discussion: """
      json: the whole analysis with every sample. csv: one line per sample. lm-eval: a folder with \
      MODEL/results_TIME.json and MODEL/samples_TASK_TIME.jsonl, as lm-evaluation-harness writes them.

        gemmabench export results/sizes --format csv > sizes.csv
        gemmabench export results/sizes --format lm-eval --output exported
      """)
  @Argument(
    help: ArgumentHelp(
      "An output folder (its latest run), or FOLDER#2, as `gemmabench history` lists them.", valueName: "run"))
  var source: String
  @Option(help: "json, csv or lm-eval.") var format: String
  @Option(help: "Output file (json, csv; by default standard output) or folder (lm-eval).") var output: String?
  @Flag(help: "Replace existing files.") var force = false

  func validate() throws {
    if !["json", "csv", "lm-eval"].contains(format) {
      throw ValidationError("--format \(format): must be json, csv or lm-eval")
    }
    if format == "lm-eval", output == nil { throw ValidationError("--format lm-eval: give the folder with --output") }
  }

  func run() throws {
    try SavedRuns.withReport(source) { report in
      guard let path = output else {
        let name = format == "json" ? "everything" : format
        return Console.printExact(try Library.text { gb_report_render($0, report, name) })
      }
      try Library.check(gb_report_set_force(report, force ? 1 : 0))
      let written = try JSONReader.parse(try Library.text { gb_report_export($0, report, format, path) })
      for path in written.arrayValue ?? [] { Console.printError("\(path.stringValue ?? "")\n") }
    }
  }
}

/// How to resume a run that was interrupted.
enum Resumption {
  /// Says the command, as a shell takes it.
  static func tell() {
    var words = CommandLine.arguments.map(quoted)
    words[0] = "gemmabench"
    Console.printError("Results so far are kept; to resume: \(words.joined(separator: " "))\n")
  }

  private static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "-_./=:,@+%".utf8.contains(byte)
    }
    if plain, !word.isEmpty { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
}
