import Evaluation
import Plan
import Records
import Statistics
import Support
import Synchronization

/// A sweep as a reader sees it: tables, Markdown, JSON. Pure functions of the record; no model is run again.
package struct SweepReport: Sendable {
  package let record: SweepRecord
  /// The version of the library that made the record.
  package let libraryVersion: String
  /// Made once, when it is first asked for: it resamples.
  private let keptAnalysis = Kept<SweepAnalysis?>()
  /// What the sweep decides; nil where there is too little, or the plan wants no tests.
  package var analysis: SweepAnalysis? {
    keptAnalysis.value { record.plan.runsStatisticalTests ? SweepAnalysis(record) : nil }
  }

  /// What was published of the models beside what was measured; nil where there is nothing.
  var published: PublishedComparison? { PublishedComparison(record) }
  /// Tasks that put the same questions in several ways, side by side; empty where there are none.
  var bands: [BandComparison] { BandComparison.all(record) }

  /// The forms a report can be rendered in.
  package enum Format: String, CaseIterable, Sendable {
    /// Tables for people; `terminal` is the same with a terminal's colours.
    case table, terminal
    /// The scores with what they must not be read without; with a terminal's colours.
    case short, shortTerminal = "short_terminal"
    case markdown, leaderboard, json, samples, summary, html, csv, everything
  }

  package init(record: SweepRecord, libraryVersion: String) {
    self.record = record
    self.libraryVersion = libraryVersion
  }

  /// The report in a form by its name; an error names the forms there are.
  package func render(_ name: String) throws(BenchmarkError) -> String {
    guard let format = Format(rawValue: name) else {
      let hint = NearestName.hint(name, among: Format.allCases.map(\.rawValue))
      throw BenchmarkError(.invalidArgument, "no such format: \"\(name)\"\(hint)")
    }
    switch format {
    case .table: return tables(.none)
    case .terminal: return tables(.colored)
    case .short: return ShortReport(self).text(.none)
    case .shortTerminal: return ShortReport(self).text(.colored)
    case .markdown: return markdown
    case .leaderboard: return Leaderboard(self).markdown
    case .json: return json.text(indented: true) + "\n"
    case .samples: return samples
    case .summary: return executiveSummary
    case .html: return HTMLPage(report: self, charts: drawnCharts).text
    case .csv: return csv
    case .everything: return whole.text(indented: true) + "\n"
    }
  }

  private var level: Double { record.plan.confidenceLevel }

  /// Every table for a terminal, the scores first.
  private func tables(_ ink: TerminalInk) -> String {
    var text = summary.text(ink) + notes.map { VisibleText.line($0) + "\n" }.joined()
    for (title, table, notes) in published?.tables() ?? [] {
      text += "\n\(ink.head(VisibleText.line(title)))\n\n\(table.text(ink))"
      text += notes.map { VisibleText.line($0) + "\n" }.joined()
    }
    for band in bands { text += "\n\(ink.head(band.title))\n\n\(band.table.text(ink))" }
    for (title, table) in efficiencyTables {
      // What a sample is stands in the first two columns; eighty is what a terminal has at least.
      text += "\n\(ink.head(VisibleText.line(title)))\n"
      text += table.bands(width: 80, leading: 2).map { "\n" + $0.text(ink) }.joined()
    }
    for (title, table) in analysisTables { text += "\n\(ink.head(VisibleText.line(title)))\n\n\(table.text(ink))" }
    return text
  }

  /// One row a cell, of an efficiency task several: the metric with its interval, counts and time.
  var summary: Table {
    let percent = (level * 100).fixed(level * 100 == (level * 100).rounded() ? 0 : 1)
    // Plans of one run have no need of the column.
    let showsRuns = record.plan.runs > 1
    let rows = record.cells.flatMap { cell -> [[String]] in
      let names = [cell.modelName, cell.taskName] + (showsRuns ? ["\(cell.cell.run)"] : [])
      switch cell.outcome {
      case .failure: return [names + ["", "failed", "", "", "", ""]]
      case .success(let run):
        let metrics = Self.shownMetrics(run)
        if metrics.isEmpty { return [names + ["", "", "", "", "", ""]] }
        return metrics.enumerated().map { row, metric in
          let estimate = run.estimate(metric, level: level)
          return names + [
            metric.title, (estimate.mean ?? estimate.median).map(metric.text) ?? "–",
            estimate.interval.map { Self.words($0, metric.unit) } ?? Self.noInterval,
            "\(run.samples.count)", estimate.unscoredCount == 0 ? "" : "\(estimate.unscoredCount)",
            row == 0 ? "\(run.seconds.fixed(1)) s" : "",
          ]
        }
      }
    }
    let names = ["model", "task"] + (showsRuns ? ["run"] : [])
    let score = names.count + 1
    let marks = record.cells.flatMap { cell -> [Table.Mark?] in
      switch cell.outcome {
      case .failure: return [.failed]
      case .success(let run):
        // Who is best is said of all runs together, so a single one of several has no mark.
        let first = showsRuns ? nil : mark(ofModel: cell.modelName, taskNumber: cell.cell.taskNumber)
        return [first] + [Table.Mark?](repeating: nil, count: max(0, Self.shownMetrics(run).count - 1))
      }
    }
    return Table(
      header: names + ["metric", "score", "\(percent)% interval", "samples", "unscored", "time"], rows: rows,
      numericColumns: showsRuns ? [2, 4, 5, 6, 7, 8] : [3, 4, 5, 6, 7]
    ) { row, column in
      if column == score { return marks[row] }
      return column == score + 1 && rows[row][column] == Self.noInterval ? .faint : nil
    }
  }

  private static let noInterval = "no interval"

  /// A share in percent, for people.
  static func percent(_ share: Double) -> String { ValueUnit.fraction.text(share) }

  /// What a reader must know beside the numbers: failures, a cancelled sweep, flags of samples, what was computed.
  var notes: [String] {
    var notes: [String] = []
    if record.isCancelled { notes.append(interruption) }
    for part in analysis?.tasks ?? [] {
      if part.droppedCount > 0 {
        notes.append(
          "\(part.name): the ranking leaves out \(part.droppedCount) samples without a score from every model")
      }
      if !part.stoppedModels.isEmpty {
        notes.append("\(part.name): not ranked, since stopped early: \(part.stoppedModels.joined(separator: ", "))")
      }
    }
    notes += clusterNotes
    notes += runNotes
    notes += cellNotes
    let asked = record.runs.reduce(0) { $0 + $1.tokensAsked }
    let computed = record.runs.reduce(0) { $0 + $1.tokensComputed }
    if asked > 0 {
      notes.append(
        "tokens: \(asked) in all requests, \(computed) computed, \(asked - computed) reused from the prefix cache")
    }
    return notes
  }

  /// Why the record is not whole.
  var interruption: String {
    record.isRunning
      ? "not finished (it is still running, or was killed): the scores are of the samples finished so far"
      : "cancelled: the scores are of the finished samples"
  }

  /// What became of single cells: failures, stop rules, measurements that stand out, flags of samples.
  var cellNotes: [String] {
    var notes: [String] = []
    for cell in record.cells {
      switch cell.outcome {
      case .failure(let error):
        // A model that does not load fails in each of its cells: that is said once.
        let same = record.cells.filter { other in
          guard case .failure(let reason) = other.outcome else { return false }
          return other.modelName == cell.modelName && reason.message == error.message
        }
        if same.count == 1 {
          notes.append("\(Self.title(cell)) failed: \(error.message)")
        } else if same.first.map({ Self.title($0) }) == Self.title(cell) {
          notes.append("\(cell.modelName) failed in \(same.count) cells: \(error.message)")
        }
      case .success(let run):
        if let stop = run.earlyStop { notes.append("\(Self.title(cell)): \(Self.words(stop, run))") }
        for words in [Self.outlierNote(run), Self.busyNote(run)].compactMap({ $0 }) {
          notes.append("\(Self.title(cell)): \(words)")
        }
        if let failure = run.failure {
          notes.append(
            "\(Self.title(cell)): stopped after \(run.samples.count) of \(run.plannedCount.counted("sample")): \(failure)"
          )
        }
        if run.flagCounts.isEmpty { continue }
        let flags = run.flagCounts.map { "\($0.flag) \($0.count)" }.joined(separator: ", ")
        let each = run.repeats > 1 ? " with \(run.repeats) responses each" : ""
        notes.append("\(Self.title(cell)): \(flags) (of \(run.samples.count.counted("sample"))\(each))")
      }
    }
    return notes
  }

  /// What the samples of each task share beside their subjects, which the intervals of the report take no account of.
  private var clusterNotes: [String] {
    var seen: Set<String> = []
    return record.runs.filter { seen.insert($0.taskName).inserted }.compactMap { run in
      let kinds = Set(run.samples.flatMap(\.attributes.others.keys)).sorted()
      guard let first = kinds.first else { return nil }
      return
        "\(run.taskName): samples share \(kinds.joined(separator: ", ")), but intervals and tests here treat them as "
        + "independent; `gemmabench stats` and `compare` with --clusters \(first) treat them as clusters"
    }
  }

  /// What a cell is called: its run is named where it is not the first.
  static func title(_ cell: CellRecord) -> String {
    "\(cell.modelName) · \(cell.taskName)" + (cell.cell.run > 1 ? " · run \(cell.cell.run)" : "")
  }

  private static func words(_ stop: EarlyStop, _ run: RunRecord) -> String {
    let found: String
    switch stop.rule.condition {
    case .decided(let first, let second):
      found = stop.better.map { "\($0) is better" } ?? "no significant difference between \(first) and \(second)"
    case .halfWidth(let width):
      let points = "known to ± \((width * 100).fixed(width < 0.01 ? 2 : 1)) points"
      let score = "score over all \(run.plannedCount.counted("sample"))"
      found = run.isStoppedEarly ? "\(score) \(points)" : "\(score) not \(points) before the last sample"
    }
    return "\(found), after \(run.samples.count.counted("sample")); stopping saved \(stop.savedCount)"
  }

  /// The whole analysis.
  var json: JSONValue {
    let cells = record.cells.map { cell -> JSONValue in
      var object: JSONObject = [
        "model": .string(cell.modelName), "task": .string(cell.taskName),
        "task_number": JSONValue(cell.cell.taskNumber), "run_number": JSONValue(cell.cell.run),
        "seeds": .object(cell.cell.seeds.json),
      ]
      switch cell.outcome {
      case .success(let run): object["run"] = run.json(level: level)
      case .failure(let error): object["error"] = .string(error.message)
      }
      return .object(object)
    }
    var report: JSONObject = [
      "gemmabench": .string(libraryVersion), "plan": record.plan.canonical, "plan_hash": .string(record.plan.hash),
      "environments": .array(record.environments), "started_at": .string(record.startedAt),
      "seconds": .number(record.seconds),
      "cancelled": .bool(record.isCancelled), "cells": .array(cells),
      "unrepeated_tasks": .array(record.unrepeatedTasks.map { .string($0.name) }),
      "repeated_runs": .array(RepeatedRuns.all(record).map(\.json)),
      "quantisations": .array(VarianceSplit.quantizations(record).map(\.json)),
      "analysis": analysis?.json ?? .null,
    ]
    report["published"] = published?.json
    let bands = bands
    if !bands.isEmpty { report["bands"] = .array(bands.map(\.json)) }
    return .object(report)
  }

  /// One JSON object a sample, a line each, in the order they ran.
  var samples: String {
    var lines = ""
    for cell in record.cells {
      guard let run = try? cell.outcome.get() else { continue }
      for sample in run.samples {
        var object: JSONObject = [
          "model": .string(cell.modelName), "task": .string(cell.taskName), "run_number": JSONValue(cell.cell.run),
        ]
        for (key, value) in sample.json.objectValue?.members ?? [] { object[key] = value }
        lines += JSONValue.object(object).text() + "\n"
      }
    }
    return lines
  }
}

/// A value that is made once, by whoever asks for it first; the others wait.
private final class Kept<Value: Sendable>: Sendable {
  private let kept = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    kept.withLock { kept in
      if let kept { return kept }
      let made = make()
      kept = made
      return made
    }
  }
}
