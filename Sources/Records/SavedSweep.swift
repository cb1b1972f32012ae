import Evaluation
import Plan
import Support
import Tasks

/// Reads back what a report wrote into a folder: comprehensive_report.json and samples.jsonl.
package enum SavedSweep {
  private static let reportName = "comprehensive_report.json"
  private static let samplesName = "samples.jsonl"

  /// The record, and the version of the library that made it. The path is of the folder, or of comprehensive_report.json or
  /// samples.jsonl in it: no other file stands for the report beside it.
  ///
  /// Errors: a missing file; JSON that is malformed or of another kind, with the file and the line of the sample.
  package static func read(_ path: String) throws(BenchmarkError) -> (record: SweepRecord, libraryVersion: String) {
    if !FileSystem.isFolder(path), !FileSystem.isFile(path) {
      throw BenchmarkError(.notFound, "\(path): no such report; give a folder that a report was written to")
    }
    let isFolder = FileSystem.isFolder(path)
    let folder = isFolder ? path : Self.folder(of: path)
    let reportPath = folder + "/" + reportName
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if !isFolder, name != reportName, name != samplesName {
      throw BenchmarkError(
        .invalidArgument,
        "\(path): not a report; give the folder that --output wrote, or its \(reportName)")
    }
    let samplesPath = folder + "/" + samplesName
    let report = try object(try JSONReader.parse(try FileSystem.read(reportPath), name: reportPath), reportPath)
    guard let cells = report["cells"]?.arrayValue, let plan = report["plan"]?.objectValue,
      let version = report["gemmabench"]?.stringValue
    else {
      throw BenchmarkError(
        .invalidFile, "\(reportPath): not a gemmabench report: \"gemmabench\", \"plan\" or \"cells\" is missing")
    }
    let parsedPlan: SweepPlan
    do throws(BenchmarkError) {
      parsedPlan = try SweepPlan(.object(plan))
    } catch { throw BenchmarkError(.invalidFile, "\(reportPath): \(error.message)") }
    if !parsedPlan.output.savesPredictions, !FileSystem.isFile(samplesPath) {
      throw BenchmarkError(
        .notFound,
        "\(samplesPath): cannot read the report: the plan had save_predictions: false, so the samples were not written")
    }
    var lines = SampleLines(try FileSystem.read(samplesPath), path: samplesPath)
    var records: [CellRecord] = []
    for cell in cells {
      records.append(try self.cell(try object(cell, reportPath), parsedPlan, reportPath, &lines))
    }
    if lines.hasMore {
      throw BenchmarkError(
        .invalidFile,
        "\(samplesPath): more samples than comprehensive_report.json counts; the files are of different reports")
    }
    var record = SweepRecord(
      plan: parsedPlan, cells: records, isCancelled: report["cancelled"]?.boolValue ?? false,
      seconds: report["seconds"]?.doubleValue ?? 0, startedAt: report["started_at"]?.stringValue ?? "")
    record.environments = report["environments"]?.arrayValue ?? []
    return (record, version)
  }

  /// The folder that a file lies in.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  fileprivate static func object(_ value: JSONValue, _ place: String) throws(BenchmarkError) -> JSONObject {
    guard let object = value.objectValue else {
      throw BenchmarkError(.invalidFile, "\(place): an object was expected, not \(value.typeName)")
    }
    return object
  }

  private static func cell(_ cell: JSONObject, _ plan: SweepPlan, _ path: String, _ lines: inout SampleLines)
    throws(BenchmarkError) -> CellRecord
  {
    guard let model = cell["model"]?.stringValue, let task = cell["task"]?.stringValue,
      let taskNumber = cell["task_number"]?.integerValue, let runNumber = cell["run_number"]?.integerValue
    else {
      throw BenchmarkError(
        .invalidFile, "\(path): a cell without \"model\", \"task\", \"task_number\" or \"run_number\"")
    }
    guard let modelNumber = plan.models.firstIndex(where: { $0.name == model }),
      plan.tasks.indices.contains(taskNumber), (1...plan.runs).contains(runNumber)
    else {
      throw BenchmarkError(.invalidFile, "\(path): \(model) · \(task): no such cell in the plan of the report")
    }
    let seeds = RunSeeds(run: runNumber, json: cell["seeds"]?.objectValue ?? [:])
    let planCell = Cell(plan, modelNumber: modelNumber, taskNumber: taskNumber, seeds: seeds)
    guard let run = cell["run"]?.objectValue else {
      let message = cell["error"]?.stringValue ?? "the report does not say why"
      return CellRecord(
        cell: planCell, taskName: task, outcome: .failure(BenchmarkError(.internalError, message)))
    }
    guard let count = run["samples"]?.integerValue, count >= 0, let planned = run["planned_samples"]?.integerValue,
      run["metrics"]?.objectValue != nil, run["specification"]?.objectValue != nil
    else {
      throw BenchmarkError(
        .invalidFile,
        "\(path): \(model) · \(task): \"samples\", \"planned_samples\", \"metrics\" or \"specification\" is missing")
    }
    var samples: [SampleRecord] = []
    for _ in 0..<count { samples.append(try lines.next(model: model, task: task)) }
    guard let header = RunHeader(json: run, samples: samples) else {
      throw BenchmarkError(.internalError, "\(path): \(model) · \(task): no header")
    }
    var record = RunRecord(
      header, modelName: model, taskName: task, limit: run["limit"]?.integerValue, samples: samples,
      plannedCount: planned, seconds: run["seconds"]?.doubleValue ?? 0,
      tokensAsked: run["tokens_asked"]?.integerValue ?? 0, tokensComputed: run["tokens_computed"]?.integerValue ?? 0,
      startedAt: run["started_at"]?.stringValue ?? "")
    record.failure = run["failure"]?.stringValue
    if let stop = run["early_stop"]?.objectValue, let rule = plan.stopRule {
      record.earlyStop = EarlyStop(saved: .object(stop), rule: rule)
    }
    record.seeds = seeds
    return CellRecord(cell: planCell, taskName: task, outcome: .success(record))
  }
}

/// The lines of samples.jsonl, one sample each.
private struct SampleLines {
  private let lines: [ArraySlice<UInt8>]
  private let path: String
  private var position = 0

  init(_ bytes: [UInt8], path: String) {
    lines = bytes.split(separator: UInt8(ascii: "\n"))
    self.path = path
  }

  var hasMore: Bool { position < lines.count }

  /// The next sample, which must be of a cell.
  mutating func next(model: String, task: String) throws(BenchmarkError) -> SampleRecord {
    guard position < lines.count else {
      throw BenchmarkError(
        .invalidFile, "\(path): fewer samples than comprehensive_report.json counts for \(model) · \(task)")
    }
    let place = "\(path): sample \(position + 1)"
    let object = try SavedSweep.object(try JSONReader.parse(Array(lines[position]), name: place), place)
    position += 1
    guard object["model"]?.stringValue == model, object["task"]?.stringValue == task else {
      throw BenchmarkError(.invalidFile, "\(place): a sample of \(model) · \(task) was expected")
    }
    guard let record = SampleRecord(saved: object) else {
      throw BenchmarkError(.invalidFile, "\(place): \"id\", \"scores\" or the answer is missing or malformed")
    }
    return record
  }
}

extension SampleRecord {
  /// The record behind its JSON; nil if the name, the scores or the answer are missing.
  ///
  /// - Parameter isGreedy: whether each continuation is the greedy one, where a store says so.
  package init?(saved object: JSONObject, isGreedy: [Bool]? = nil) {
    guard let id = object["id"]?.stringValue, let score = Score(members: object),
      let response = Response(members: object, isGreedy: isGreedy)
    else { return nil }
    self.init(
      id: id, attributes: SampleAttributes(members: object), promptSHA256: object["prompt_sha256"]?.stringValue ?? "",
      target: object["target"]?.stringValue ?? "", response: response, score: score, flags: score.flags,
      promptTokens: object["prompt_tokens"]?.integerValue ?? 0,
      answerTokens: object["answer_tokens"]?.integerValue ?? 0, seconds: object["seconds"]?.doubleValue ?? 0)
  }
}
