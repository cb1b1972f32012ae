import Evaluation
import Plan
import Records
import Support

extension SweepReport {
  /// The layouts that other programs read.
  enum ExportFormat: String, CaseIterable {
    /// One document: the analysis, with every sample in its cell.
    case json
    /// A line a sample.
    case csv
    /// lm-evaluation-harness's results and samples.
    case harness = "lm-eval"
  }

  /// Writes the report for other programs: JSON and CSV into a file, the harness's layout into a folder. Returns the paths
  /// written.
  ///
  /// Errors: an unknown format, with the nearest; a report that is in no store, for the harness's layout; a file
  /// that is there, unless it may be replaced; what the system refuses.
  ///
  /// - Parameter questions: reads what was asked from a store, which the harness's layout shows.
  package func export(_ name: String, to path: String, replacing: Bool = false, questions: @escaping QuestionSource)
    throws(BenchmarkError) -> [String]
  {
    guard let format = ExportFormat(rawValue: name) else {
      let hint = NearestName.hint(name, among: ExportFormat.allCases.map(\.rawValue))
      throw BenchmarkError(.invalidArgument, "no such format to export: \"\(name)\"\(hint)")
    }
    if !replacing, format != .harness { try FileSystem.checkFree(path) }
    switch format {
    case .json: try FileSystem.write(try render("everything"), to: path)
    case .csv: try FileSystem.write(csv, to: path)
    case .harness: return try HarnessExport(self, questions: questions).write(to: path, replacing: replacing)
    }
    return [path]
  }

  /// The analysis, with every sample in its cell.
  var whole: JSONValue {
    guard var object = json.objectValue, var cells = object["cells"]?.arrayValue else { return json }
    for (index, cell) in record.cells.enumerated() where index < cells.count {
      guard case .success(let run) = cell.outcome, var entry = cells[index].objectValue else { continue }
      entry["samples"] = .array(run.samples.map(\.json))
      cells[index] = .object(entry)
    }
    object["cells"] = .array(cells)
    return .object(object)
  }

  /// One line a sample, after a line of names; a column for each metric of any task. RFC 4180, lines ending in CR LF.
  var csv: String { csv(of: record.runs) }

  func csv(of runs: [RunRecord]) -> String {
    var metrics: [String] = []
    for metric in runs.flatMap(\.metrics) where !metrics.contains(metric.name) { metrics.append(metric.name) }
    let names =
      ["model", "task", "run_number", "id", "subject", "target", "prediction"] + metrics
      + ["flags", "prompt_tokens", "answer_tokens", "seconds", "prompt_sha256", "response"]
    var text = Self.line(names)
    for run in runs {
      for sample in run.samples {
        var response = ""
        switch sample.response {
        case .generated(let texts): response = texts.map(\.text).joined(separator: "\n")
        case .logLikelihoods(let values): response = values.map { "\($0.value)" }.joined(separator: " ")
        case .measured(let measurements):
          response = measurements.map { "\($0.timeToFirstTokenSeconds)" }.joined(separator: " ")
        }
        text += Self.line(
          [
            run.modelName, run.taskName, "\(run.seeds.run)", sample.id, sample.subject ?? "", sample.target,
            sample.score.prediction ?? "",
          ] + metrics.map { sample.score.value(of: $0).map { "\($0)" } ?? "" } + [
            sample.flags.joined(separator: " "), "\(sample.promptTokens)", "\(sample.answerTokens)",
            "\(sample.seconds)", sample.promptSHA256, response,
          ])
      }
    }
    return text
  }

  private static func line(_ fields: [String]) -> String {
    let special: Set<UInt8> = Set("\",\r\n".utf8)
    let quoted = fields.map { field -> String in
      if !field.utf8.contains(where: special.contains) { return field }
      return "\"" + field.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
    return quoted.joined(separator: ",") + "\r\n"
  }
}
