import ArgumentParser
import CGemmaBench
import Support

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Estimate what a configuration takes: cells, tokens, time. Runs nothing.",
    discussion: """
      Tokens are counted with each model's own tokenizer; prompt tokens that requests share are computed once. The time \
      is estimated from the machine's speed, measured for a second, as if every generation reached its maximum length. \
      Its range goes from the machine's limits to twice the estimate. For models that are not on this machine, it checks \
      whether the Hub has them.

        gemmabench plan config.yaml
      """)

  @Argument(help: "Configuration file: YAML or JSON.") var file: String
  @Option(help: "table or json.") var format: String = "table"
  @Flag(help: "Show no progress.") var quiet = false

  func validate() throws { try checkFormat(format, "table") }

  func run() throws {
    ProgressLine.setQuiet(quiet)
    Interruption.await()
    var plan: OpaquePointer?
    try Library.check(gb_plan_read(&plan, file))
    defer { gb_plan_free(plan) }
    var options = gb_plan_options()
    options.struct_size = UInt32(MemoryLayout<gb_plan_options>.size)
    options.progress = ProgressLine.callback
    let text = try Library.text { gb_plan_estimate($0, plan, &options) }
    ProgressLine.clear()
    let estimate = try JSONReader.parse(text)
    if format == "json" { return Console.print(estimate.text(indented: true) + "\n") }
    Console.print(Self.table(estimate.objectValue ?? [:]))
  }

  private static func table(_ estimate: JSONObject) -> String {
    let cells = (estimate["cells"]?.arrayValue ?? []).compactMap(\.objectValue)
    func count(_ cell: JSONObject, _ key: String) -> String { cell[key]?.integerValue.map { "\($0)" } ?? "unknown" }
    var rows = [["model", "task", "run", "samples", "prompt tokens", "computed", "max generated", "estimated time"]]
    for cell in cells {
      rows.append([
        cell["model"]?.stringValue ?? "", cell["task"]?.stringValue ?? "", count(cell, "run_number"),
        count(cell, "samples"), count(cell, "tokens_asked"), count(cell, "tokens_computed"),
        count(cell, "tokens_generated_at_most"), range(cell),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].displayWidth }.max() ?? 0 }
    var text = ""
    for row in rows {
      let padded = row.enumerated().map { column, cell in
        column < 2 ? cell.padded(to: widths[column]) : cell.leftPadded(to: widths[column])
      }
      text += padded.joined(separator: "  ") + "\n"
    }
    text += "\n\(cells.count.counted("cell")), estimated time in all: \(range(estimate))\n"
    for (task, reason) in estimate["unrepeated_reasons"]?.objectValue?.members ?? [] {
      text += "\(task): runs once: \(reason.stringValue ?? "")\n"
    }
    for crossing in (estimate["crossings"]?.arrayValue ?? []).compactMap(\.objectValue) {
      let facets = (crossing["facets"]?.arrayValue ?? []).compactMap(\.objectValue).map { facet in
        "\(facet["facet"]?.stringValue ?? "") (\(facet["levels"]?.integerValue ?? 0))"
      }
      text += "\(crossing["task"]?.stringValue ?? ""): its runs cross \(facets.joined(separator: " with "))\n"
    }
    for obstacle in (estimate["obstacles"]?.arrayValue ?? []).compactMap(\.objectValue) {
      text += "\(obstacle["model"]?.stringValue ?? ""): \(obstacle["reason"]?.stringValue ?? "")\n"
    }
    for download in (estimate["downloads"]?.arrayValue ?? []).compactMap(\.objectValue) {
      text += "\(download["task"]?.stringValue ?? ""): \(download["reason"]?.stringValue ?? "")\n"
      for dataSet in (download["data_sets"]?.arrayValue ?? []).compactMap(\.objectValue) {
        text +=
          "  \(dataSet["data_set"]?.stringValue ?? "") at \(dataSet["revision"]?.stringValue ?? ""): "
          + "\((dataSet["files"]?.integerValue ?? 0).counted("file")), \(dataSet["bytes"]?.integerValue ?? 0) bytes\n"
      }
    }
    for warning in estimate["warnings"]?.arrayValue ?? [] { text += "warning: \(warning.stringValue ?? "")\n" }
    return text
  }

  /// The expected time, from the least to the most, in the unit that suits the most.
  private static func range(_ object: JSONObject) -> String {
    guard let least = object["least_seconds"]?.doubleValue, let most = object["most_seconds"]?.doubleValue,
      let expected = object["seconds"]?.doubleValue
    else { return "unknown" }
    let (divisor, unit, digits) = most < 120 ? (1.0, "s", 1) : most < 7200 ? (60, "min", 0) : (3600, "h", 1)
    func words(_ seconds: Double) -> String { (seconds / divisor).fixed(digits) }
    return "\(words(expected)) \(unit) (\(words(least)) to \(words(most)))"
  }
}
