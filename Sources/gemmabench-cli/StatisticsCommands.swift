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
      """)

  @Option(help: "paired (both models on the same items) or independent.") var design: String = "paired"
  @Option(help: "Accuracy of the first model.") var baseline: Double = 0.5
  @Option(help: "Accuracy of the second model minus that of the first.") var difference: Double?
  @Option(help: "Items per model.") var items: UInt64?
  @Option(help: "Target power.") var power: Double = 0.8
  @Option(help: "Two-sided significance level of the test.") var significance: Double = 0.05
  @Option(help: "Share of items that exactly one model gets right; default: as if the models were independent.")
  var discordance: Double?
  @Option(help: "Runs per item.") var runs: UInt32 = 1
  @Option(help: "Responses to each item within a run (the option repeats of a task).") var repeats: UInt32 = 1
  @Option(help: "Variance of one response's score around its item's mean, 0 (greedy) to 0.25, as stats prints it.")
  var samplingVariance: Double = 0
  @Option(help: "Half-width of the confidence interval of the baseline.") var halfWidth: Double?
  @Option(help: "text or json.") var format: String = "text"

  /// Zero means "default" to the library; here whoever writes 0 means 0.
  func validate() throws {
    try checkFormat(format)
    let given: [(String, Double?)] = [
      ("baseline", baseline), ("difference", difference), ("items", items.map(Double.init)), ("power", power),
      ("significance", significance), ("discordance", discordance), ("runs", Double(runs)),
      ("repeats", Double(repeats)), ("half-width", halfWidth),
    ]
    for (name, value) in given where value == 0 { throw ValidationError("--\(name) 0: must be above 0") }
  }

  func run() throws {
    let text = try design.withCString { design in
      var options = gb_power_options()
      options.struct_size = UInt32(MemoryLayout<gb_power_options>.size)
      options.design = design
      options.baseline = baseline
      options.difference = difference ?? 0
      options.items = items ?? 0
      options.power = power
      options.significance = significance
      options.discordance = discordance ?? 0
      options.runs = runs
      options.repeats = repeats
      options.sampling_variance = samplingVariance
      options.half_width = halfWidth ?? 0
      return try Library.text { gb_power($0, &options) }
    }
    if format == "json" { return Console.print(text + "\n") }
    let found = try JSONReader.parse(text).objectValue ?? [:]
    func line(_ title: String, _ value: String?) {
      Console.print("\(title.padded(to: 40))  \(value ?? "no number suffices")\n")
    }
    let wanted = power.percent(0)
    if difference != nil, items != nil { line("power", found["power"]?.doubleValue?.percent(1)) }
    if let difference {
      line(
        "items to detect \((difference * 100).fixed(2)) points (power \(wanted))",
        found["items_needed"]?.integerValue.map(String.init))
    }
    if difference != nil, items != nil, samplingVariance > 0 {
      line("runs of each item (power \(wanted))", found["runs_needed"]?.integerValue.map(String.init))
      line("or responses in a run (power \(wanted))", found["repeats_needed"]?.integerValue.map(String.init))
    }
    if let items {
      line(
        "smallest gain detectable with \(items) items",
        found["minimum_detectable_effect"]?.doubleValue.map { "\(($0 * 100).fixed(2)) points" })
    }
    if let halfWidth {
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
      """)
  @Argument(help: "Reports.") var reports: [String]
  @Option(help: "Confidence level of the intervals.") var confidenceLevel: Double = 0.95
  @Option(help: "Method of the intervals: wilson, student, normal, clopper_pearson, jeffreys or bootstrap.")
  var interval: String?
  @Option(help: "Cluster samples by this kind: subject, or a kind that the task names, such as passage.") var clusters:
    String?
  @Option(help: "One metric of the task; by default all, the main one first.") var metric: String?
  @Option(help: "Replicates of the bootstrap.") var replicates: UInt64 = 10_000
  @Option(help: "Seed of the bootstrap.") var seed: UInt64 = 1234
  @Option(help: "table or json.") var format: String = "table"

  func validate() throws { try checkFormat(format, "table") }

  func run() throws {
    var rows: [JSONValue] = []
    var firstFailure: Error?
    var omissions: [String] = []
    for path in reports {
      try SavedRuns.forEach(path) { run, model, task in
        let info = try SavedRuns.info(of: run)
        // An interval or clusters that fit one task may not fit another of the same report.
        do {
          rows.append(.object(try row(of: run, info, path: path, model: model, task: task)))
        } catch {
          if interval == nil, clusters == nil, metric == nil { throw error }
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

  /// The statistics of a run's main metric, or of the one asked for, with those of its other metrics.
  private func row(of run: OpaquePointer, _ info: JSONObject, path: String, model: String, task: String) throws
    -> JSONObject
  {
    let main = metric ?? info["main_metric"]?.stringValue ?? ""
    var row: JSONObject = ["report": .string(path), "model": .string(model), "task": .string(task)]
    row["run_number"] = info["run_number"] ?? .null
    for (key, value) in try statistics(of: run, info, main).members { row[key] = value }
    row["averages"] = info["averages"] ?? .null
    row["early_stop"] = info["early_stop"] ?? .null
    let others = metric == nil ? (info["metrics"]?.objectValue?.keys ?? []).filter { $0 != main } : []
    row["other_metrics"] = .array(
      try others.compactMap { name in
        // Wilson's interval of the main metric need not fit another, whose scores are not 0 and 1.
        do { return .object(try statistics(of: run, info, name)) } catch {
          if interval == nil, clusters == nil { throw error }
          return nil
        }
      })
    return row
  }

  private func statistics(of run: OpaquePointer, _ info: JSONObject, _ metric: String) throws -> JSONObject {
    let result = try stats(of: run, metric)
    let facts = info["metrics"]?.objectValue?[metric]?.objectValue
    return [
      "metric": .string(metric), "unit": facts?["unit"] ?? .null,
      "higher_is_better": facts?["higher_is_better"] ?? .null,
      "count": JSONValue(Int(result.count)), "unscored": JSONValue(Int(result.unscored)),
      "mean": JSONValue(optional: result.has_mean == 0 ? nil : result.mean),
      "median": JSONValue(optional: result.has_median == 0 ? nil : result.median),
      "standard_error": JSONValue(optional: result.has_error == 0 ? nil : result.standard_error),
      "lower": JSONValue(optional: result.has_interval == 0 ? nil : result.lower),
      "upper": JSONValue(optional: result.has_interval == 0 ? nil : result.upper),
      "clustered_by": clusters.map { .string($0) } ?? .null,
      "clusters": clusters == nil ? .null : JSONValue(Int(result.clusters)),
      "confidence_level": .number(result.confidence_level),
      "sampling_variance": JSONValue(optional: result.has_sampling == 0 ? nil : result.sampling_variance),
      "sampling_share": JSONValue(optional: result.has_sampling == 0 ? nil : result.sampling_share),
    ]
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
      let clustered = entry["clusters"]?.integerValue.map { " by \($0) clusters (\(clusters ?? ""))" } ?? ""
      let unscored = entry["unscored"]?.integerValue ?? 0
      text +=
        "\(name)  \(shown.title)  \(value)  \(shown.interval(entry, "lower", "upper"))\(error)\(clustered)"
        + "  \((entry["count"]?.integerValue ?? 0).counted("sample"))\(unscored > 0 ? ", \(unscored) unscored" : "")\n"
    }
    let main = ShownMetric(row)
    if let variance = row["sampling_variance"]?.doubleValue, let share = row["sampling_share"]?.doubleValue {
      text +=
        variance > 0
        ? "  sampling adds \(share.percent(0)) of the variance of one response's score: power --sampling-variance"
          + " \(variance.fixed(4))\n" : "  the responses to each sample have equal scores\n"
    }
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

  private func stats(of run: OpaquePointer, _ metric: String) throws -> gb_stats_result {
    var result = gb_stats_result()
    result.struct_size = UInt32(MemoryLayout<gb_stats_result>.size)
    try CText.with([interval, clusters, metric]) { texts in
      var options = gb_stats_options()
      options.struct_size = UInt32(MemoryLayout<gb_stats_options>.size)
      options.confidence_level = confidenceLevel
      options.interval = texts[0]
      options.clusters = texts[1]
      options.metric = texts[2]
      options.replicates = replicates
      options.seed = seed
      try Library.check(gb_stats(&result, run, &options))
    }
    return result
  }
}

extension Double {
  /// A fraction in percent, for people.
  fileprivate func percent(_ digits: Int) -> String { (self * 100).fixed(digits) + "%" }
}
