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
        gemmabench compare results/quant --by quantization --values none q4_0
        gemmabench compare results/sizes --clusters subject --margin 0.01 --format json
      """)
  @Argument(
    help: "A report: an output folder (its latest run), FOLDER#2 (its second run), or a comprehensive_report.json.")
  var first: String
  @Argument(help: "Another report; without it the models of the first are compared.") var second: String?
  @Option(help: "Confidence level of the intervals.") var confidenceLevel: Double = 0.95
  @Option(help: "Adds an equivalence test: differences below this margin count as equivalent.") var margin: Double?
  @Option(help: "Cluster samples by this kind: subject, or a kind that the task names, such as passage.") var clusters:
    String?
  @Option(help: "A metric of the task (default: its main one).") var metric: String?
  @Option(help: "Replicates of the bootstrap and the permutation test.") var replicates: UInt64 = 10_000
  @Option(help: "Seed of the bootstrap and the permutation test.") var seed: UInt64 = 1234
  @Option(
    help: "Pair the runs of one report that differ only in this: model, quantization, precision, path; needs --values.")
  var by: String?
  @Option(parsing: .upToNextOption, help: "The two values of --by, such as none q4_0.") var values: [String] = []
  @Option(help: "table or json.") var format: String = "table"

  func validate() throws {
    if (by == nil) != values.isEmpty || ![0, 2].contains(values.count) {
      throw ValidationError("--by needs --values with two values, such as --by quantization --values none q4_0")
    }
    try checkFormat(format, "table")
    if margin == 0 { throw ValidationError("--margin 0: must be above 0, such as 0.01") }
  }

  func run() throws {
    var json = ""
    try SavedRuns.withReport(first) { left in
      guard let second else { return json = try compare(left, nil) }
      try SavedRuns.withReport(second) { json = try compare(left, $0) }
    }
    let found = try JSONReader.parse(json).objectValue ?? [:]
    if format == "json" {
      for omission in found["left_out"]?.arrayValue?.compactMap(\.objectValue) ?? [] {
        let words = ["first", "second", "task", "reason"].map { omission[$0]?.stringValue ?? "" }
        Console.printError("\(words[0]) and \(words[1]) · \(words[2]): left out: \(words[3])\n")
      }
      return Console.print((found["comparisons"] ?? []).text(indented: true) + "\n")
    }
    Console.print(found["table"]?.stringValue ?? "")
  }

  private func compare(_ left: OpaquePointer, _ right: OpaquePointer?) throws -> String {
    try CText.with([clusters, metric, by] + (values.isEmpty ? [nil, nil] : values)) { texts in
      var options = gb_compare_options()
      options.struct_size = UInt32(MemoryLayout<gb_compare_options>.size)
      options.confidence_level = confidenceLevel
      options.margin = margin ?? 0
      options.clusters = texts[0]
      options.metric = texts[1]
      options.by = texts[2]
      options.first_value = texts[3]
      options.second_value = texts[4]
      options.replicates = replicates
      options.seed = seed
      return try Library.text { gb_compare_reports($0, left, right, &options) }
    }
  }
}

/// The runs of a saved report, for the time of a body.
enum SavedRuns {
  static func info(of run: OpaquePointer) throws -> JSONObject {
    try JSONReader.parse(try Library.borrowed(gb_run_info(run))).objectValue ?? [:]
  }

  /// The saved report itself.
  static func withReport(_ path: String, _ body: (OpaquePointer) throws -> Void) throws {
    var report: OpaquePointer?
    try Library.check(gb_report_read(&report, path))
    defer { gb_report_free(report) }
    if let report { try body(report) }
  }

  static func forEach(_ path: String, _ body: (OpaquePointer, _ model: String, _ task: String) throws -> Void) throws {
    try withReport(path) { report in
      for index in 0..<gb_report_run_count(report) {
        guard let run = gb_report_run(report, index) else { continue }
        let info = try self.info(of: run)
        try body(run, info["model_name"]?.stringValue ?? "", info["task"]?.stringValue ?? "")
      }
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
