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
      """ + "\n" + SchemaFlags.help(of: "compare"))
  @Argument(
    help: "A report: an output folder (its latest run), FOLDER#2 (its second run), or a comprehensive_report.json.")
  var first: String
  @Argument(help: "Another report; without it the models of the first are compared.") var second: String?
  @Option(help: "table or json.") var format: String = "table"

  func validate() throws { try checkFormat(format, "table") }

  func run() throws {
    let options = JSONValue.object(try SchemaFlags.callOptions(of: "compare")).text()
    var json = ""
    try SavedRuns.withReport(first) { left in
      guard let second else { return json = try Library.text { gb_compare_reports($0, left, nil, options) } }
      try SavedRuns.withReport(second) { right in
        json = try Library.text { gb_compare_reports($0, left, right, options) }
      }
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
