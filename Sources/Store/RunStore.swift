import Evaluation
@preconcurrency import Glibc
import Plan
import Records
import Storage
import Support
import Tasks

/// The store of an output folder: `results.db`, where responses are saved as they come.
///
/// One writer at a time has the folder (`FolderLock`); readers may read meanwhile. A cell is stored under the hash of all that
/// decides its responses, so that another plan in the same folder reuses the cells that it shares.
package final class RunStore {
  package static let fileName = SweepRecord.storeName
  static let lockName = "results.db.lock"

  static let schema = Database.Schema(
    applicationID: 0x676D_6272, version: 1, title: "results store",
    statements: [
      // A plan that was run here; the same plan again goes on with its row.
      """
      CREATE TABLE sweeps (
        id INTEGER PRIMARY KEY, plan_hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, plan TEXT NOT NULL,
        version TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, seconds REAL NOT NULL DEFAULT 0,
        state TEXT NOT NULL)
      """,
      // A process that worked on it, and what it ran on.
      """
      CREATE TABLE sessions (
        id INTEGER PRIMARY KEY, sweep INTEGER NOT NULL REFERENCES sweeps(id), process INTEGER NOT NULL,
        environment TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, outcome TEXT)
      """,
      // What was asked of a model: the content is what decides the answers, and the identity its SHA-256.
      """
      CREATE TABLE cells (
        id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, content TEXT NOT NULL, fingerprint TEXT,
        header TEXT, started_at TEXT NOT NULL)
      """,
      // The place of a cell in a sweep, and the positions of the samples that the sweep takes of it.
      """
      CREATE TABLE sweep_cells (
        sweep INTEGER NOT NULL REFERENCES sweeps(id), ordinal INTEGER NOT NULL, cell INTEGER REFERENCES cells(id),
        model TEXT NOT NULL, task TEXT NOT NULL, task_number INTEGER NOT NULL, run INTEGER NOT NULL, seeds TEXT NOT NULL,
        state TEXT NOT NULL, error TEXT, planned INTEGER, positions TEXT, early_stop TEXT,
        PRIMARY KEY (sweep, ordinal))
      """,
      // What was asked, each text once, whichever models it was put to.
      """
      CREATE TABLE questions (
        id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, context TEXT NOT NULL, request TEXT NOT NULL,
        document TEXT NOT NULL)
      """,
      // The record is the sample as reports have it. Tokens (int32) and their natural-log probabilities (float32) are little-endian.
      """
      CREATE TABLE samples (
        cell INTEGER NOT NULL REFERENCES cells(id), position INTEGER NOT NULL,
        question INTEGER NOT NULL REFERENCES questions(id), prompt_sha256 TEXT NOT NULL, record TEXT NOT NULL,
        tokens BLOB, log_probabilities BLOB, greedy TEXT, tokens_asked INTEGER NOT NULL, tokens_computed INTEGER NOT NULL,
        seconds REAL NOT NULL, answered_at TEXT NOT NULL, PRIMARY KEY (cell, position))
      """,
      """
      CREATE VIEW answers AS SELECT
        cells.identity, samples.position, json_extract(record, '$.id') AS id, json_extract(record, '$.subject') AS subject,
        prompt_sha256, json_extract(record, '$.target') AS target, json_extract(record, '$.prediction') AS prediction,
        json_extract(record, '$.response') AS response, json_extract(record, '$.log_likelihoods') AS log_likelihoods,
        json_extract(record, '$.score') AS score, json_extract(record, '$.flags') AS flags, seconds, answered_at
        FROM samples JOIN cells ON cells.id = samples.cell
      """,
    ])

  package let folder: String
  let database: Database
  private let lock: FolderLock?
  /// Why the store cannot be written to any more: the sweep ends with it.
  package var failure: BenchmarkError?

  /// Opens the store of a folder for a sweep; both are made if need be.
  ///
  /// Errors: another process at work on it (with its number), a folder or disk that cannot be written to, a damaged store, one
  /// of a newer version.
  package init(folder: String) throws(BenchmarkError) {
    self.folder = folder
    try FileSystem.makeFolder(folder)
    lock = try FolderLock(folder: folder, name: Self.lockName)
    database = try Database(path: folder + "/" + Self.fileName, access: .write, schema: Self.schema)
  }

  /// Opens the store of a folder to read it, also while a sweep goes on.
  package init(reading folder: String) throws(BenchmarkError) {
    self.folder = folder
    lock = nil
    database = try Database(path: folder + "/" + Self.fileName, access: .read, schema: Self.schema)
  }

  /// Whether a folder has a store.
  package static func exists(in folder: String) -> Bool { FileSystem.isFile(folder + "/" + fileName) }

  /// The options that name data sets of the Hub at the commits that earlier sessions of a plan read, by the task's place in the
  /// plan; tasks of files are left out.
  package func pinnedData(of plan: SweepPlan) throws(BenchmarkError) -> [Int: JSONObject] {
    let rows = try database.query(
      """
      SELECT DISTINCT sweep_cells.task_number, json_extract(cells.content, '$.task') FROM sweep_cells
        JOIN cells ON cells.id = sweep_cells.cell JOIN sweeps ON sweeps.id = sweep_cells.sweep
        WHERE sweeps.plan_hash = ? AND json_extract(cells.content, '$.task.data_revision') IS NOT NULL
        ORDER BY sweep_cells.ordinal
      """,
      [.text(plan.hash)])
    var pins: [Int: JSONObject] = [:]
    for row in rows {
      guard let number = row.integer(0), pins[number] == nil, let text = row.text(1),
        let task = try JSONReader.parse(text).objectValue
      else { continue }
      var pin = JSONObject()
      for option in ["data", "data_revision", "examples"] {
        if let value = task[option] { pin[option] = value }
      }
      pins[number] = pin
    }
    return pins
  }

  /// Begins a session of a plan: the first, or one that resumes an interrupted one.
  package func begin(_ plan: SweepPlan, environment: JSONValue, version: String) throws(BenchmarkError) -> StoreSession
  {
    try database.transaction { () throws(BenchmarkError) in
      let now = Clock.timestamp()
      try database.query(
        """
        INSERT INTO sweeps (plan_hash, name, plan, version, started_at, state) VALUES (?, ?, ?, ?, ?, 'running')
        ON CONFLICT (plan_hash) DO UPDATE SET state = 'running', ended_at = NULL, version = excluded.version,
          plan = excluded.plan
        """,
        [.text(plan.hash), .text(plan.name), .text(plan.canonical.text()), .text(version), .text(now)])
      let row = try database.query(
        "SELECT id, started_at, seconds FROM sweeps WHERE plan_hash = ?", [.text(plan.hash)]
      ).first
      guard let row, let sweep = row.integer(0) else {
        throw BenchmarkError(.internalError, "\(folder): the store did not keep the plan")
      }
      try database.query(
        "INSERT INTO sessions (sweep, process, environment, started_at) VALUES (?, ?, ?, ?)",
        [.integer(sweep), .integer(Int(getpid())), .text(environment.text()), .text(now)])
      return StoreSession(
        store: self, sweep: sweep, number: database.lastInsertedRow, startedAt: row.text(1) ?? now,
        secondsBefore: row.real(2) ?? 0)
    }
  }
}

/// A process's work on one sweep of a store.
package final class StoreSession {
  package let store: RunStore
  package let sweep: Int
  /// The row of the session.
  private let number: Int
  /// When the sweep's first session began, and the seconds that earlier ones took.
  let startedAt: String
  let secondsBefore: Double
  private let began = Clock.seconds()

  init(store: RunStore, sweep: Int, number: Int, startedAt: String, secondsBefore: Double) {
    self.store = store
    self.sweep = sweep
    self.number = number
    self.startedAt = startedAt
    self.secondsBefore = secondsBefore
  }

  var seconds: Double { secondsBefore + Clock.seconds() - began }

  /// Where the answers of a cell go, and those that are there.
  package func journal(_ place: CellPlace, identity: CellIdentity) throws(BenchmarkError) -> CellJournal {
    let database = store.database
    return try database.transaction { () throws(BenchmarkError) in
      try database.query(
        """
        INSERT INTO cells (identity, content, fingerprint, started_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (identity) DO NOTHING
        """,
        [
          .text(identity.hash), .text(identity.content.text()), .text(identity.fingerprint.text()),
          .text(Clock.timestamp()),
        ])
      let cell = try database.integer("SELECT id FROM cells WHERE identity = ?", [.text(identity.hash)])
      let isFinished =
        try database.integer(
          "SELECT count(*) FROM sweep_cells WHERE sweep = ? AND ordinal = ? AND cell = ? AND state = 'complete'",
          [.integer(sweep), .integer(place.ordinal), .integer(cell)]) > 0
      if !isFinished { try put(place, cell: cell, state: "running", error: nil) }
      return CellJournal(store: store, sweep: sweep, place: place, cell: cell, isFinished: isFinished)
    }
  }

  /// Whether the cell at a place of the sweep is complete.
  package func isFinished(_ ordinal: Int) throws(BenchmarkError) -> Bool {
    try store.database.integer(
      "SELECT count(*) FROM sweep_cells WHERE sweep = ? AND ordinal = ? AND state = 'complete'",
      [.integer(sweep), .integer(ordinal)]) > 0
  }

  /// Notes a cell that failed.
  package func fail(_ place: CellPlace, _ error: BenchmarkError) throws(BenchmarkError) {
    try store.database.transaction { () throws(BenchmarkError) in
      let cell = try store.database.integer(
        "SELECT cell FROM sweep_cells WHERE sweep = ? AND ordinal = ?", [.integer(sweep), .integer(place.ordinal)])
      try put(place, cell: cell == 0 ? nil : cell, state: "failed", error: error.message)
    }
  }

  private func put(_ place: CellPlace, cell: Int?, state: String, error: String?) throws(BenchmarkError) {
    try store.database.query(
      """
      INSERT INTO sweep_cells (sweep, ordinal, cell, model, task, task_number, run, seeds, state, error)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (sweep, ordinal) DO UPDATE SET cell = excluded.cell, model = excluded.model, task = excluded.task,
        task_number = excluded.task_number, run = excluded.run, seeds = excluded.seeds, state = excluded.state,
        error = excluded.error
      """,
      [
        .integer(sweep), .integer(place.ordinal), StoredValue(cell), .text(place.cell.model.name),
        .text(place.taskName), .integer(place.cell.taskNumber), .integer(place.cell.run),
        .text(JSONValue.object(place.cell.seeds.json).text()), .text(state),
        StoredValue(error),
      ])
  }

  /// Ends the session: the sweep is complete, cancelled, or has cells that failed.
  package func end(isCancelled: Bool, hasFailures: Bool) throws(BenchmarkError) {
    let state = isCancelled ? "cancelled" : hasFailures ? "failed" : "complete"
    let now = StoredValue.text(Clock.timestamp())
    try store.database.transaction { () throws(BenchmarkError) in
      try store.database.query(
        "UPDATE sweeps SET state = ?, ended_at = ?, seconds = ? WHERE id = ?",
        [.text(state), now, .real(seconds), .integer(sweep)])
      try store.database.query(
        "UPDATE sessions SET ended_at = ?, outcome = ? WHERE id = ?", [now, .text(state), .integer(number)])
    }
  }
}

/// Where a cell stands in its sweep.
package struct CellPlace {
  package let ordinal: Int
  package let cell: Cell
  let taskName: String

  package init(ordinal: Int, cell: Cell, taskName: String) {
    self.ordinal = ordinal
    self.cell = cell
    self.taskName = taskName
  }
}

/// What decides a cell's answers: two cells of one identity have the same, to the bit.
package struct CellIdentity {
  package let content: JSONValue
  package let hash: String
  /// The digests of the model's files, one by one.
  package let fingerprint: JSONValue

  package init(content: JSONObject, fingerprint: JSONValue) {
    self.content = .object(content)
    self.fingerprint = fingerprint
    hash = SHA256.hexadecimal(JSONValue.object(content).text(sortedKeys: true))
  }
}
