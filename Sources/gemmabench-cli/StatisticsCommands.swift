import ArgumentParser
import CGemmaBench
import Support

struct PowerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "power",
    abstract: "Power analysis: how many items a comparison needs, or what difference it can detect.",
    discussion: """
      Give what is known; the rest is computed. Shares are fractions: 0.02 is two points.

        gemmabench power --baseline 0.6 --difference 0.02         items needed to detect two points
        gemmabench power --baseline 0.6 --items 1319              smallest detectable difference
        gemmabench power --baseline 0.6 --difference 0.02 --items 1319 --discordance 0.15
        gemmabench power --baseline 0.6 --half-width 0.02         items for an interval of that half-width
      """ + "\n" + SchemaFlags.help(of: "power"))

  @Option(help: "text or json.") var format: String = "text"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    let options = JSONValue.object(try SchemaFlags.callOptions(of: "power")).text()
    let text = try Library.text { gb_power($0, options) }
    if format == "json" { return Console.print(text + "\n") }
    let found = try JSONReader.parse(text).objectValue ?? [:]
    func line(_ title: String, _ value: String?) {
      Console.print("\(title.padded(to: 40))  \(value ?? "no number suffices")\n")
    }
    func number(_ key: String) -> Double? { found[key]?.doubleValue }
    let (difference, items, baseline) = (number("difference"), found["items"]?.integerValue, number("baseline") ?? 0)
    let wanted = (number("wanted_power") ?? 0).percent(0)
    if difference != nil, items != nil { line("power", found["power"]?.doubleValue?.percent(1)) }
    if let difference {
      line(
        "items to detect \((difference * 100).fixed(2)) points (power \(wanted))",
        found["items_needed"]?.integerValue.map(String.init))
    }
    if difference != nil, items != nil, number("sampling_variance") ?? 0 > 0 {
      line("runs of each item (power \(wanted))", found["runs_needed"]?.integerValue.map(String.init))
      line("or responses in a run (power \(wanted))", found["repeats_needed"]?.integerValue.map(String.init))
    }
    if let items {
      line(
        "smallest gain detectable with \(items) items",
        found["minimum_detectable_effect"]?.doubleValue.map { "\(($0 * 100).fixed(2)) points" })
    }
    if let halfWidth = number("half_width") {
      line(
        "items for \(baseline.percent(1)) ± \((halfWidth * 100).fixed(2)) points",
        found["items_for_half_width"]?.integerValue.map(String.init))
    }
  }
}

struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Print the statistics of saved reports.",
    discussion: """
      A report is an output folder (its latest run), FOLDER#2 (its second run), or a comprehensive_report.json.

        gemmabench stats results --interval bootstrap --clusters subject
        gemmabench stats results --metric length --trim 0.1
      """ + "\n" + SchemaFlags.help(of: "stats"))
  @Argument(help: "Reports.") var reports: [String]
  @Option(help: "table or json.") var format: String = "table"

  func validate() throws { try checkFormat(format, "table") }

  func run() throws {
    let options = try SchemaFlags.callOptions(of: "stats")
    var rows: [JSONValue] = []
    var firstFailure: Error?
    var omissions: [String] = []
    for path in reports {
      try SavedRuns.forEach(path) { run, model, task in
        let info = try SavedRuns.info(of: run)
        // An interval or clusters that fit one task may not fit another of the same report.
        do {
          rows.append(.object(try row(of: run, info, options, path: path, model: model, task: task)))
        } catch {
          if options.members.isEmpty { throw error }
          firstFailure = firstFailure ?? error
          omissions.append("\(model) · \(task): left out: \(error)\n")
        }
      }
    }
    // What fits no run at all is an error, told once.
    if rows.isEmpty, let firstFailure { throw firstFailure }
    for line in omissions { Console.printError(line) }
    if format == "json" { return Console.print(JSONValue.array(rows).text(indented: true) + "\n") }
    for row in rows.compactMap(\.objectValue) { Console.print(words(row)) }
  }

  /// The statistics of a run's main metric, or of the one requested, with those of its other metrics.
  private func row(
    of run: OpaquePointer, _ info: JSONObject, _ options: JSONObject, path: String, model: String, task: String
  ) throws -> JSONObject {
    func statistics(_ options: JSONObject) throws -> JSONObject {
      let options = JSONValue.object(options).text()
      return try JSONReader.parse(try Library.text { gb_stats($0, run, options) }).objectValue ?? [:]
    }
    var row: JSONObject = ["report": .string(path), "model": .string(model), "task": .string(task)]
    row["run_number"] = info["run_number"] ?? .null
    for (key, value) in try statistics(options).members { row[key] = value }
    row["averages"] = info["averages"] ?? .null
    row["early_stop"] = info["early_stop"] ?? .null
    let others = options["metric"] == nil ? info["metrics"]?.objectValue?.keys ?? [] : []
    row["other_metrics"] = .array(
      try others.filter { $0 != row["metric"]?.stringValue }.compactMap { name in
        var options = options
        options["metric"] = .string(name)
        // Wilson's interval of the main metric need not fit another, whose scores are not 0 and 1.
        do { return .object(try statistics(options)) } catch {
          if options.members.count == 1 { throw error }
          return nil
        }
      })
    return row
  }

  private func words(_ row: JSONObject) -> String {
    var text = ""
    let number = row["run_number"]?.integerValue ?? 1
    let name =
      "\(row["model"]?.stringValue ?? "") · \(row["task"]?.stringValue ?? "")" + (number > 1 ? " · run \(number)" : "")
    for entry in [row] + (row["other_metrics"]?.arrayValue ?? []).compactMap(\.objectValue) {
      let shown = ShownMetric(entry)
      let value =
        entry["median"]?.doubleValue.map { "median \(shown.text($0))" } ?? entry["mean"]?.doubleValue.map(shown.text)
        ?? "no mean"
      let error = entry["standard_error"]?.doubleValue.map { "  standard error \(shown.spread($0))" } ?? ""
      let clustered =
        entry["clusters"]?.integerValue.map { " by \($0) clusters (\(entry["clustered_by"]?.stringValue ?? ""))" } ?? ""
      let unscored = entry["unscored"]?.integerValue ?? 0
      text +=
        "\(name)  \(shown.title)  \(value)  \(shown.interval(entry, "lower", "upper"))\(error)\(clustered)"
        + "  \((entry["count"]?.integerValue ?? 0).counted("sample"))\(unscored > 0 ? ", \(unscored) unscored" : "")\n"
      for (name, value) in entry["statistics"]?.objectValue?.members ?? [] { text += words(name, value, shown) }
    }
    if let variance = row["sampling_variance"]?.doubleValue, let share = row["sampling_share"]?.doubleValue {
      text +=
        variance > 0
        ? "  sampling adds \(share.percent(0)) of the variance of one response's score: power --sampling-variance"
          + " \(variance.fixed(4))\n" : "  the responses to each sample have equal scores\n"
    }
    let main = ShownMetric(row)
    if let averages = row["averages"]?.objectValue, let macro = averages["macro"]?.objectValue {
      text +=
        "  mean of \(averages["subjects"]?.integerValue ?? 0) subjects  "
        + "\(macro["mean"]?.doubleValue.map(main.text) ?? "")  "
        + "\(main.interval(macro, "stratified_lower", "stratified_upper"))\n"
    }
    if let saved = row["early_stop"]?.objectValue?["saved_samples"]?.integerValue, saved > 0 {
      text += "  a stop rule saved \(saved.counted("sample")); the interval is its confidence sequence\n"
    }
    return text
  }

  /// A further statistic, whichever it is: its value with what belongs to it, then its other members.
  private func words(_ name: String, _ statistic: JSONValue, _ shown: ShownMetric) -> String {
    let object = statistic.objectValue ?? [:]
    let error = object["standard_error"]?.doubleValue.map { "  standard error \(shown.spread($0))" } ?? ""
    let others = object.members.filter { !["value", "standard_error", "lower", "upper"].contains($0.key) }
      .map { "\($0.key) \($0.value.stringValue ?? $0.value.text())" }
    let value = object["value"]?.doubleValue.map(shown.text) ?? "no value"
    return "  \(name.replacing("_", with: " "))  \(value)  "
      + "\(shown.interval(object, "lower", "upper"))\(error)  (\(others.joined(separator: ", ")))\n"
  }
}

extension Double {
  /// A fraction in percent, for people.
  fileprivate func percent(_ digits: Int) -> String { (self * 100).fixed(digits) + "%" }
}
