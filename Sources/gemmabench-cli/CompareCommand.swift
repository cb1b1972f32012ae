import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc
import Support

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare the runs of two saved reports, sample by sample.",
    discussion: """
      Compares each run of the first report with each run on the same questions in the second, whatever its task is \
      called. With one report, compares its models with each other. p-values are shown raw and adjusted by Holm and by \
      Benjamini-Hochberg.

        gemmabench compare results/before results/after
        gemmabench compare 'results/sizes#1' 'results/sizes#2'
        gemmabench compare results/sizes --clusters subject --margin 0.01 --format json
      """)
  @Argument(
    help: "A report: an output folder (its latest run), FOLDER#2 (its second run), or a comprehensive_report.json.")
  var first: String
  @Argument(help: "Another report; without it the models of the first are compared.") var second: String?
  @Option(help: "Confidence level of the intervals.") var confidenceLevel: Double = 0.95
  @Option(help: "Adds an equivalence test: differences below this margin count as none.") var margin: Double?
  @Option(help: "Samples that share this form one cluster: subject, passage or template.") var clusters: String?
  @Option(help: "A metric of the task (default: its main one).") var metric: String?
  @Option(help: "Replicates of the bootstrap and the permutation test.") var replicates: UInt64 = 10_000
  @Option(help: "Seed of both.") var seed: UInt64 = 1234
  @Option(help: "table or json.") var format: String = "table"

  func validate() throws {
    try checkFormat(format, "table")
    if margin == 0 { throw ValidationError("--margin 0: above 0, such as 0.01") }
  }

  func run() throws {
    var found: [JSONValue] = []
    var timed: [String] = []
    var firstFailure: Error?
    var omissions: [String] = []
    try SavedRuns.forEach(first) { left, leftModel, leftTask in
      let number = try SavedRuns.number(of: left)
      let question = try SavedRuns.question(of: left)
      // A run of the very same questions is the one to compare with; only where a model has none, one of the task's name.
      var same: Set<String> = []
      try SavedRuns.forEach(second ?? first) { right, rightModel, _ in
        if try SavedRuns.question(of: right) == question { same.insert(rightModel) }
      }
      var reached = false
      try SavedRuns.forEach(second ?? first) { right, rightModel, rightTask in
        // Alone, a report's pair is taken once: the later run against the earlier is the same comparison.
        if second == nil, leftModel == rightModel { reached = true }
        if try number != SavedRuns.number(of: right) { return }
        if second == nil && (!reached || leftModel == rightModel) { return }
        let isSame = try SavedRuns.question(of: right) == question
        if !isSame, same.contains(rightModel) || leftTask != rightTask { return }
        if gb_run_count(left) == 0 || gb_run_count(right) == 0 {
          Console.printError("\(leftModel) and \(rightModel) · \(leftTask): left out, a run holds no sample\n")
          return
        }
        if try metric == nil && SavedRuns.isTimed(left) {
          if !timed.contains(leftTask) { timed.append(leftTask) }
          return
        }
        var object: JSONObject
        do {
          object = try JSONReader.parse(try compare(left, right)).objectValue ?? [:]
        } catch {
          // Clusters or a metric of one task may be unknown to another of the same report.
          if clusters == nil, metric == nil { throw error }
          firstFailure = firstFailure ?? error
          omissions.append("\(leftModel) and \(rightModel) · \(leftTask): left out: \(error)\n")
          return
        }
        object["run_number"] = JSONValue(number)
        found.append(.object(object))
      }
    }
    if !timed.isEmpty {
      Console.printError(
        "\(timed.joined(separator: ", ")): left out, times and rates are not paired sample by sample; "
          + "`gemmabench stats` shows their medians\n")
    }
    // What fits no pair at all is an error, told once.
    if found.isEmpty, let firstFailure { throw firstFailure }
    for line in omissions { Console.printError(line) }
    if found.isEmpty {
      throw ValidationError("no two runs of one task to compare; `gemmabench stats` lists the runs")
    }
    let known = found.indices.filter { found[$0].objectValue?["probability"]?.doubleValue != nil }
    let raw = known.compactMap { found[$0].objectValue?["probability"]?.doubleValue }
    for method in ["holm", "benjamini_hochberg"] {
      var adjusted = raw
      try Library.check(gb_adjust(&adjusted, raw, raw.count, method))
      for (index, probability) in zip(known, adjusted) {
        var object = found[index].objectValue ?? [:]
        object[method] = .number(probability)
        found[index] = .object(object)
      }
    }
    if format == "json" { return Console.print(JSONValue.array(found).text(indented: true) + "\n") }
    Console.print(ComparisonTable(found.compactMap(\.objectValue)).text)
  }

  private func compare(_ left: OpaquePointer, _ right: OpaquePointer) throws -> String {
    try CText.with([clusters, metric]) { texts in
      var options = gb_compare_options()
      options.struct_size = UInt32(MemoryLayout<gb_compare_options>.size)
      options.confidence_level = confidenceLevel
      options.margin = margin ?? 0
      options.clusters = texts[0]
      options.metric = texts[1]
      options.replicates = replicates
      options.seed = seed
      return try Library.text { gb_compare($0, left, right, &options) }
    }
  }
}

/// The runs of a saved report, for the time of a body.
enum SavedRuns {
  static func info(of run: OpaquePointer) throws -> JSONObject {
    try JSONReader.parse(try Library.borrowed(gb_run_info(run))).objectValue ?? [:]
  }

  /// Which run of its cell a run is, from 1: each has its own seeds, and is set against the same of another model.
  static func number(of run: OpaquePointer) throws -> Int {
    try info(of: run)["run_number"]?.integerValue ?? 1
  }

  /// Whether a run's main metric is of what the machine took.
  static func isTimed(_ run: OpaquePointer) throws -> Bool {
    let info = try info(of: run)
    guard let main = info["main_metric"]?.stringValue else { return false }
    return info["metrics"]?.objectValue?[main]?.objectValue?["kind"] == "timing"
  }

  /// What a run asks: its specification without the name that a plan gave the task, and its data.
  static func question(of run: OpaquePointer) throws -> String {
    let info = try info(of: run)
    var specification = info["specification"]?.objectValue ?? [:]
    specification["name"] = nil
    let hashes = (info["data_files"]?.arrayValue ?? []).compactMap { $0.objectValue?["sha256"]?.stringValue }
    return JSONValue.object(specification).text(sortedKeys: true) + Set(hashes).sorted().joined(separator: " ")
  }

  /// The saved report itself, for the time of a body.
  static func withReport(_ path: String, _ body: (OpaquePointer) throws -> Void) throws {
    var report: OpaquePointer?
    try Library.check(gb_report_read(&report, path))
    defer { gb_report_free(report) }
    if let report { try body(report) }
  }

  static func forEach(_ path: String, _ body: (OpaquePointer, _ model: String, _ task: String) throws -> Void) throws {
    try withReport(path) { try forEach(of: $0, body) }
  }

  private static func forEach(
    of report: OpaquePointer, _ body: (OpaquePointer, _ model: String, _ task: String) throws -> Void
  ) throws {
    for index in 0..<gb_report_run_count(report) {
      guard let run = gb_report_run(report, index) else { continue }
      let info = try self.info(of: run)
      try body(run, info["model_name"]?.stringValue ?? "", info["task"]?.stringValue ?? "")
    }
  }
}

/// Texts that may be absent, as C reads them for the time of a body.
enum CText {
  static func with<Value>(_ texts: [String?], _ body: ([UnsafePointer<CChar>?]) throws -> Value) rethrows -> Value {
    let copies = texts.map { $0.map { strdup($0) } ?? nil }
    defer { copies.forEach { free($0) } }
    return try body(copies.map { $0.map { UnsafePointer($0) } })
  }
}
