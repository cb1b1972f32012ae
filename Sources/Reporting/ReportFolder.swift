import Configuration
@preconcurrency import Glibc
import Plan
import Records
import Support

/// The folder that a report is written into.
///
///     comprehensive_report.json   the whole analysis
///     executive_summary.md        one page
///     leaderboard.md              the models, ranked, by the tasks
///     report.html                 everything, in one page that needs no other file
///     plan.yaml                   the plan with every default: `gemmabench run` takes it
///     samples.jsonl               every sample, from which the report is read back
///     run_1_results.yaml, ...     the raw results of each run, in the forms the plan asks for
///     visualizations/             charts, with their numbers, unless the plan wants none
extension SweepReport {
  package static let reportName = "comprehensive_report.json"
  package static let summaryName = "executive_summary.md"
  package static let leaderboardName = "leaderboard.md"
  package static let pageName = "report.html"
  package static let planName = "plan.yaml"
  package static let samplesName = "samples.jsonl"
  package static let visualizationsName = "visualizations"

  /// Throws if a report would take the place of files that are no part of it: of another run's report unless that may be replaced, and of
  /// files of whatever else, which are called alike, in any case.
  ///
  /// - Parameter isOwn: whether a report that is there is of the same run, or of runs whose store the folder has.
  package static func checkRoom(
    in folder: String, replacing: Bool, isOwn: (_ folder: String) -> Bool
  ) throws(BenchmarkError) {
    if FileSystem.isFile("\(folder)/\(reportName)") {
      if replacing || isOwn(folder) { return }
      throw BenchmarkError(
        .invalidArgument,
        "\(folder) has the report of another run; give another folder, or use --force (force = true) to replace it")
    }
    // Beside a store, files of these names are what an earlier report of its runs left.
    if isOwn(folder) || FileSystem.isFile("\(folder)/\(SweepRecord.storeName)") { return }
    if let name = try reportLikeFile(in: folder) {
      throw BenchmarkError(
        .invalidArgument,
        "\(folder)/\(name) exists and is not part of a report; give another folder, or move the file away")
    }
  }

  /// A file that writing a report would replace or remove: called as one of its parts, raw results and charts included.
  private static func reportLikeFile(in folder: String) throws(BenchmarkError) -> String? {
    guard FileSystem.isFolder(folder) else { return nil }
    let parts = [summaryName, leaderboardName, pageName, planName, samplesName]
    if let name = parts.first(where: { FileSystem.isFile("\(folder)/\($0)") }) { return name }
    if let name = try FileSystem.list(folder).first(where: isRawResults) { return name }
    guard FileSystem.isFolder("\(folder)/\(visualizationsName)") else { return nil }
    let chart = try FileSystem.list("\(folder)/\(visualizationsName)").first(where: isChartFile)
    return chart.map { "\(visualizationsName)/\($0)" }
  }

  /// Throws if an output folder is one already of something else than its store's runs.
  package static func checkOutput(_ folder: String, replacing: Bool) throws(BenchmarkError) {
    try checkRoom(in: folder, replacing: replacing) { FileSystem.isFile("\($0)/\(SweepRecord.storeName)") }
  }

  /// Whether the report in a folder is of this run.
  private func isSame(in folder: String) -> Bool {
    guard let bytes = try? FileSystem.read("\(folder)/\(Self.reportName)"),
      let object = try? JSONReader.parse(bytes, name: folder).objectValue
    else { return false }
    return object["plan_hash"]?.stringValue == record.plan.hash && object["started_at"]?.stringValue == record.startedAt
  }

  /// Writes the report into a folder, made if need be; raw results of a former report with more runs are removed.
  ///
  /// Errors: another run's report in the folder, unless it may be replaced; what the system refuses.
  package func write(to folder: String, replacing: Bool = false) throws(BenchmarkError) {
    try Self.checkRoom(in: folder, replacing: replacing, isOwn: isSame)
    let output = record.plan.output
    try FileSystem.makeFolder(folder)
    try FileSystem.write(try render("json"), to: "\(folder)/\(Self.reportName)")
    try FileSystem.write(executiveSummary, to: "\(folder)/\(Self.summaryName)")
    try FileSystem.write(Leaderboard(self).markdown, to: "\(folder)/\(Self.leaderboardName)")
    try FileSystem.write(try render("html"), to: "\(folder)/\(Self.pageName)")
    try FileSystem.write(record.repeatablePlan(in: folder).yaml, to: "\(folder)/\(Self.planName)")
    if output.savesPredictions {
      try FileSystem.write(samples, to: "\(folder)/\(Self.samplesName)")
    } else {
      try remove("\(folder)/\(Self.samplesName)")
    }
    let numbers = runNumbers
    for number in numbers {
      for format in output.exportFormats {
        try FileSystem.write(rawResults(of: number, format), to: "\(folder)/\(Self.rawName(number, format))")
      }
    }
    try removeStaleResults(
      in: folder,
      keeping: Set(
        numbers.flatMap { number in
          output.exportFormats.map { Self.rawName(number, $0) }
        }))
    try writeVisualizations(to: "\(folder)/\(Self.visualizationsName)")
  }

  /// Draws the charts, and removes those of a former report that are there no more. A machine without fonts has none, which is no
  /// reason to lose the rest of the report.
  private func writeVisualizations(to folder: String) throws(BenchmarkError) {
    var kept: Set<String> = []
    if record.plan.output.visualize {
      do throws(BenchmarkError) {
        kept = Set(try writeCharts(to: folder, replacing: true).files)
      } catch  where error.kind == .unsupported {}
    }
    for name in FileSystem.isFolder(folder) ? try FileSystem.list(folder) : [] where !kept.contains(name) {
      if Self.isChartFile(name) { try remove("\(folder)/\(name)") }
    }
  }

  /// The numbers of the runs that the record has cells of.
  private var runNumbers: [Int] { Set(record.cells.map(\.cell.run)).sorted() }

  static func rawName(_ run: Int, _ format: OutputSettings.ExportFormat) -> String {
    "run_\(run)_results.\(format.rawValue)"
  }

  private func removeStaleResults(in folder: String, keeping names: Set<String>) throws(BenchmarkError) {
    for name in try FileSystem.list(folder) where Self.isRawResults(name) && !names.contains(name) {
      try remove("\(folder)/\(name)")
    }
  }

  /// Whether a file is called as raw results of a run are.
  private static func isRawResults(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    let words = parts.first?.split(separator: "_") ?? []
    return parts.count == 2 && OutputSettings.ExportFormat(rawValue: String(parts[1])) != nil && words.count == 3
      && words[0] == "run" && Int(words[1]) != nil && words[2] == "results"
  }

  private func remove(_ path: String) throws(BenchmarkError) {
    if FileSystem.isFile(path), unlink(path) != 0 { throw FileSystem.failure("cannot remove", path, errno) }
  }
}
