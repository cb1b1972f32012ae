import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc
import Support

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare the runs of two saved reports, sample by sample.",
    discussion: """
      Every run of the first report is set against every run of the same task in the second. One report, given alone, has
      its models set against each other. Probabilities are shown raw and as Holm and Benjamini-Hochberg adjust them.

        gemmabench compare results/before results/after
        gemmabench compare 'results/sizes#1' 'results/sizes#2'
        gemmabench compare results/sizes --clusters subject --margin 0.01 --format json
      """)
  @Argument(help: "A run: a folder that --output wrote, a file in it, or FOLDER#2 for its second run.")
  var first: String
  @Argument(help: "Another; without it the first report's models are compared.") var second: String?
  @Option(help: "Confidence level of the intervals.") var confidenceLevel: Double = 0.95
  @Option(help: "Differences below it count as none: asks for the test of equivalence.") var margin: Double?
  @Option(help: "subject, passage, template: samples that share it stand or fall together.") var clusters: String?
  @Option(help: "A metric of the task; by default its main one.") var metric: String?
  @Option(help: "Replicates of the bootstrap and the permutation test.") var replicates: UInt64 = 10_000
  @Option(help: "Seed of both.") var seed: UInt64 = 1234
  @Option(help: "table or json.") var format: String = "table"

  func validate() throws {
    try checkFormat(format, "table")
    if margin == 0 { throw ValidationError("--margin 0: above 0, such as 0.01") }
  }

  func run() throws {
    var found: [JSONValue] = []
    try SavedRuns.forEach(first) { left, leftModel, leftTask in
      var reached = false
      try SavedRuns.forEach(second ?? first) { right, rightModel, rightTask in
        // Alone, a report's pair is taken once: the later run against the earlier is the same comparison.
        if second == nil, leftModel == rightModel { reached = true }
        let number = try SavedRuns.number(of: left)
        if try number != SavedRuns.number(of: right) { return }
        if leftTask != rightTask || (second == nil && (!reached || leftModel == rightModel)) { return }
        if gb_run_count(left) == 0 || gb_run_count(right) == 0 {
          Console.printError("\(leftModel) and \(rightModel) · \(leftTask): left out, a run holds no sample\n")
          return
        }
        if try metric == nil && SavedRuns.isTimed(left) {
          Console.printError(
            "\(leftModel) and \(rightModel) · \(leftTask): left out, times and rates are not paired sample by sample; "
              + "`gemmabench stats` has their medians and intervals\n")
          return
        }
        var object = try JSONReader.parse(try compare(left, right)).objectValue ?? [:]
        object["run_number"] = JSONValue(number)
        found.append(.object(object))
      }
    }
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
    for value in found.compactMap(\.objectValue) { Console.print(words(value)) }
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

  private func words(_ value: JSONObject) -> String {
    func points(_ key: String) -> String? { value[key]?.doubleValue.map { ($0 * 100).fixed(1) } }
    func probability(_ key: String) -> String { value[key]?.doubleValue.map { $0.fixed(4) } ?? "none" }
    let number = value["run_number"]?.integerValue ?? 1
    var text =
      "\(value["task"]?.stringValue ?? "")\(number > 1 ? " · run \(number)" : ""): \(value["first"]?.stringValue ?? "")"
    text += " – \(value["second"]?.stringValue ?? ""): "
    guard let difference = points("difference") else { return text + "no sample with a score in both\n" }
    text += "\(difference) points"
    if let lower = points("lower"), let upper = points("upper") {
      text += " [\(lower), \(upper)]"
    } else {
      text += " (no interval)"
    }
    if value["stopped_early"]?.boolValue == true {
      text += ", no p: a stop rule ended one of the runs"
    } else {
      text += ", p \(probability("probability"))"
      text += " (Holm \(probability("holm")), Benjamini-Hochberg \(probability("benjamini_hochberg")))"
    }
    text += ", \(value["count"]?.integerValue ?? 0) samples"
    if let clusters = value["clusters"]?.integerValue {
      text += " in \(clusters) clusters (\(value["clustered_by"]?.stringValue ?? ""))"
    }
    if let equivalence = value["equivalence"]?.objectValue, let p = equivalence["probability"]?.doubleValue {
      text += ", equivalence p \(p.fixed(4))"
    }
    for key in ["unpaired", "unscored", "different_prompts"] {
      if let count = value[key]?.integerValue, count > 0 {
        text += ", \(count) \(key.map { $0 == "_" ? " " : String($0) }.joined())"
      }
    }
    return text + "\n"
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

  /// Whether a run's main metric is a time or a rate, of which there is a median.
  static func isTimed(_ run: OpaquePointer) throws -> Bool {
    let info = try info(of: run)
    guard let main = info["main_metric"]?.stringValue else { return false }
    return info["metrics"]?.objectValue?[main]?.objectValue?["median"] != nil
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
