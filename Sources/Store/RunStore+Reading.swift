import Evaluation
import Plan
import Records
import Storage
import Support
import Tasks

extension RunStore {
  /// The record of a sweep, as far as it came, and the version of the library that worked on it last; nil: the latest sweep.
  ///
  /// Errors: no such sweep; a store that is damaged or holds what does not belong together.
  package func sweep(_ number: Int?) throws(BenchmarkError) -> (record: SweepRecord, libraryVersion: String) {
    let chosen = number.map { StoredValue.integer($0) } ?? .null
    let row = try database.query(
      """
      SELECT id, plan, version FROM sweeps
      WHERE id = coalesce(?, (SELECT sweep FROM sessions ORDER BY id DESC LIMIT 1))
      """, [chosen]
    ).first
    guard let row, let sweep = row.integer(0) else {
      let count = try database.integer("SELECT count(*) FROM sweeps")
      throw BenchmarkError(
        .notFound,
        "\(folder): \(number.map { "no run \($0)" } ?? "no run"); the store has \(count): `gemmabench history \(folder)` lists them"
      )
    }
    let plan: SweepPlan
    do throws(BenchmarkError) { plan = try SweepPlan(json: row.text(1) ?? "") } catch {
      throw BenchmarkError(.invalidFile, "\(database.path): sweep \(sweep): \(error.message)")
    }
    return (try record(of: sweep, plan: plan), row.text(2) ?? "")
  }

  /// The record of a sweep, as far as it came.
  package func record(of sweep: Int, plan: SweepPlan) throws(BenchmarkError) -> SweepRecord {
    let row = try database.query("SELECT started_at, seconds, state FROM sweeps WHERE id = ?", [.integer(sweep)]).first
    var record = SweepRecord(
      plan: plan, cells: try cells(of: sweep, plan: plan, ordinal: nil),
      isCancelled: row?.text(2) == "cancelled" || row?.text(2) == "running", seconds: row?.real(1) ?? 0,
      startedAt: row?.text(0) ?? "", place: (folder, sweep))
    record.isRunning = row?.text(2) == "running"
    let sessions = try database.query(
      "SELECT environment FROM sessions WHERE sweep = ? GROUP BY environment ORDER BY min(id)", [.integer(sweep)])
    for session in sessions {
      let environment = try JSONReader.parse(session.text(0) ?? "null", name: "\(database.path): sweep \(sweep)")
      if !environment.isNull { record.environments.append(environment) }
    }
    return record
  }

  /// The cells of a sweep that were reached, or the one of a place.
  func cells(of sweep: Int, plan: SweepPlan, ordinal: Int?) throws(BenchmarkError) -> [CellRecord] {
    let rows = try database.query(
      """
      SELECT sweep_cells.model, task, task_number, run, seeds, state, error, planned, positions, early_stop, cell, header,
        started_at
      FROM sweep_cells LEFT JOIN cells ON cells.id = sweep_cells.cell
      WHERE sweep = ?1 AND (?2 IS NULL OR ordinal = ?2) ORDER BY ordinal
      """, [.integer(sweep), StoredValue(ordinal)])
    var records: [CellRecord] = []
    for row in rows {
      if let record = try cell(row, plan) { records.append(record) }
    }
    return records
  }

  private func cell(_ row: StoredRow, _ plan: SweepPlan) throws(BenchmarkError) -> CellRecord? {
    let (model, task) = (row.text(0) ?? "", row.text(1) ?? "")
    let place = "\(database.path): \(model) · \(task)"
    let seeds = RunSeeds(
      run: row.integer(3) ?? 1, json: try JSONReader.parse(row.text(4) ?? "{}", name: place).objectValue ?? [:])
    guard let modelNumber = plan.models.firstIndex(where: { $0.name == model }), let taskNumber = row.integer(2),
      plan.tasks.indices.contains(taskNumber)
    else { throw BenchmarkError(.invalidFile, "\(place): no such cell in the plan of the store") }
    let planCell = Cell(plan, modelNumber: modelNumber, taskNumber: taskNumber, seeds: seeds)
    func record(_ outcome: Result<RunRecord, BenchmarkError>) -> CellRecord {
      CellRecord(cell: planCell, taskName: task, outcome: outcome)
    }
    if row.text(5) == "failed" {
      return record(.failure(BenchmarkError(.internalError, row.text(6) ?? "the store does not say why")))
    }
    guard let cell = row.integer(10), let planned = row.integer(7), let text = row.text(11) else { return nil }
    let entries = try samples(of: cell, positions: CellJournal.positions(row.text(8) ?? ""))
    if entries.isEmpty, planned > 0 { return nil }
    guard let header = (try JSONReader.parse(text, name: place)).objectValue.flatMap({ RunHeader(json: $0) }) else {
      throw BenchmarkError(.invalidFile, "\(place): a cell whose header is not complete")
    }
    var whole = RunRecord(
      header, modelName: model, taskName: task, limit: plan.limit(ofTask: taskNumber), planned: planned,
      entries: entries.sorted { $0.key < $1.key }.map(\.value), startedAt: row.text(12) ?? "")
    whole.failure = row.text(6)
    whole.seeds = seeds
    if let text = row.text(9), let rule = plan.stopRule {
      whole.earlyStop = EarlyStop(saved: try JSONReader.parse(text, name: place), rule: rule)
    }
    return record(.success(whole))
  }

  /// The samples of a cell by position, all or those at some positions.
  func samples(of cell: Int, positions: Set<Int>?) throws(BenchmarkError) -> [Int: CellJournal.Entry] {
    var entries: [Int: CellJournal.Entry] = [:]
    let sql = """
      SELECT position, record, tokens_asked, tokens_computed, seconds, context, greedy
      FROM samples JOIN questions ON questions.id = question WHERE cell = ?
      """
    try database.forEach(sql, [.integer(cell)]) { row throws(BenchmarkError) in
      let position = row.integer(0) ?? -1
      if positions?.contains(position) == false { return }
      let place = "\(database.path): cell \(cell), sample \(position)"
      guard let object = try JSONReader.parse(row.text(1) ?? "", name: place).objectValue,
        var record = SampleRecord(saved: object, isGreedy: Self.flags(row.text(6)))
      else { throw BenchmarkError(.invalidFile, "\(place): not a sample's record") }
      record.seconds = row.real(4) ?? 0
      record.prompt = row.text(5)
      entries[position] = CellJournal.Entry(
        record: record, tokensAsked: row.integer(2) ?? 0, tokensComputed: row.integer(3) ?? 0)
    }
    return entries
  }

  /// Whether each continuation of a sample is the greedy one; nil where the store does not say.
  private static func flags(_ text: String?) -> [Bool]? {
    text.flatMap { try? JSONReader.parse($0) }?.arrayValue?.compactMap(\.boolValue)
  }

  /// Every sweep of the store, as JSON: what ran when, how far it came, and its scores.
  func history() throws(BenchmarkError) -> [JSONValue] {
    let rows = try database.query(
      "SELECT id, name, plan_hash, version, started_at, ended_at, seconds, state FROM sweeps ORDER BY started_at, id")
    var sweeps: [JSONValue] = []
    for row in rows {
      let number = row.integer(0) ?? 0
      // A plan that this process cannot read (a task of one's own) still has its line.
      let found = Result<SweepRecord, BenchmarkError> { () throws(BenchmarkError) in try sweep(number).record }
      let record = try? found.get()
      var problem: JSONValue = .null
      if case .failure(let error) = found { problem = .string(error.message) }
      let sessions = try database.integer("SELECT count(*) FROM sessions WHERE sweep = ?", [.integer(number)])
      let environment = try database.query(
        "SELECT environment FROM sessions WHERE sweep = ? ORDER BY id DESC LIMIT 1", [.integer(number)])
      sweeps.append([
        "run": .string("\(folder)#\(number)"), "folder": .string(folder), "sweep": JSONValue(number),
        "name": .string(row.text(1) ?? ""), "plan_hash": .string(row.text(2) ?? ""),
        "gemmabench": .string(row.text(3) ?? ""), "started_at": .string(row.text(4) ?? ""),
        "ended_at": row.text(5).map { .string($0) } ?? .null, "seconds": JSONValue(optional: row.real(6)),
        "state": .string(row.text(7) ?? ""), "sessions": JSONValue(sessions),
        "environment": (environment.first?.text(0)).flatMap { try? JSONReader.parse($0) } ?? .null,
        "cells": .array(
          (record?.cells ?? []).map { Self.brief($0, level: record?.plan.confidenceLevel ?? 0.95) }),
        "problem": problem,
      ])
    }
    return sweeps
  }

  private static func brief(_ cell: CellRecord, level: Double) -> JSONValue {
    var object: JSONObject = [
      "model": .string(cell.modelName), "task": .string(cell.taskName), "run_number": JSONValue(cell.cell.run),
    ]
    switch cell.outcome {
    case .failure(let error): object["error"] = .string(error.message)
    case .success(let run):
      object["samples"] = JSONValue(run.samples.count)
      object["planned_samples"] = JSONValue(run.plannedCount)
      object["metric"] = run.metrics.first.map { .string($0.name) } ?? .null
      object["estimate"] = run.metrics.first.map { run.estimate($0, level: level).json } ?? .null
      object["metrics"] = .array(
        run.metrics.map { metric in
          var entry = metric.json
          entry["estimate"] = run.estimate(metric, level: level).json
          return .object(entry)
        })
    }
    return .object(object)
  }

  /// What was asked in a cell, by the sample's name: for exports that show it. // [sample: question]
  package func questions(sweep: Int, model: String, task: String, run: Int) throws(BenchmarkError)
    -> [String: StoredQuestion]
  {
    var questions: [String: StoredQuestion] = [:]
    let sql = """
      SELECT record, context, request, document, greedy FROM samples JOIN questions ON questions.id = question
      WHERE cell IN (SELECT cell FROM sweep_cells WHERE sweep = ? AND model = ? AND task = ? AND run = ?)
      """
    try database.forEach(sql, [.integer(sweep), .text(model), .text(task), .integer(run)]) {
      row throws(BenchmarkError) in
      guard let id = try JSONReader.parse(row.text(0) ?? "").objectValue?["id"]?.stringValue else { return }
      questions[id] = StoredQuestion(
        context: row.text(1) ?? "", request: try JSONReader.parse(row.text(2) ?? "null"),
        document: try JSONReader.parse(row.text(3) ?? "null"),
        isGreedy: try JSONReader.parse(row.text(4) ?? "[]").arrayValue?.compactMap(\.boolValue) ?? [])
    }
    return questions
  }

  /// What was asked in a run of a sweep that the store of a folder has, by the sample's name. // [sample: question]
  package static func questions(in folder: String, sweep: Int, of run: RunRecord) throws(BenchmarkError)
    -> [String: StoredQuestion]
  {
    try RunStore(reading: folder).questions(
      sweep: sweep, model: run.modelName, task: run.taskName, run: run.seeds.run)
  }
}
