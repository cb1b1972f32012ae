import CSQLite
@preconcurrency import Glibc
import Support

/// A connection to one SQLite file; it belongs to one thread at a time.
///
/// A writer's file is in WAL mode: what is committed survives a process that is killed at any moment, and readers go on
/// beside it. A commit reaches the disk itself at least once a second of commits (`commit`), so a machine that loses its
/// power loses no more than that.
package final class Database {
  package enum Access: Sendable {
    /// Reads and writes; the file is made if it is not there.
    case write
    case read
  }

  /// What the file holds: the number that marks it as this kind of file, the version of its tables, and how to make them.
  package struct Schema: Sendable {
    package let applicationID: Int
    package let version: Int
    package let statements: [String]
    /// What the file is called in messages, such as "store of results".
    package let title: String

    package init(applicationID: Int, version: Int, title: String, statements: [String]) {
      self.applicationID = applicationID
      self.version = version
      self.title = title
      self.statements = statements
    }
  }

  package let path: String
  let connection: OpaquePointer
  private var statements: [String: Statement] = [:]
  private var syncedAt = 0.0
  private var isSynchronous = false

  /// Milliseconds to wait for another connection's transaction.
  private static let busyMilliseconds: Int32 = 5000

  /// Opens a file, makes its tables if it is new, and checks that it is whole and of this kind.
  ///
  /// Errors: `.notFound` (to read what is not there), `.invalidFile` (damaged, or another kind of file), `.unsupported` (made by
  /// a newer version), `.inputOutput` (a folder that cannot be written to, a full disk, a lock held for long).
  package init(path: String, access: Access, schema: Schema) throws(BenchmarkError) {
    self.path = path
    if access == .read, !FileSystem.isFile(path) {
      throw BenchmarkError(.notFound, "\(path): no such \(schema.title)")
    }
    let (name, flags) = Self.opening(path, access)
    var opened: OpaquePointer?
    let status = sqlite3_open_v2(name, &opened, flags, nil)
    guard let opened else { throw BenchmarkError(.outOfMemory, "\(path): no memory for a database connection") }
    connection = opened
    if status != SQLITE_OK { throw failure() }
    sqlite3_extended_result_codes(connection, 1)
    sqlite3_busy_timeout(connection, Self.busyMilliseconds)
    try prepare(schema, access)
  }

  deinit {
    statements = [:]
    sqlite3_close_v2(connection)
  }

  /// The name and flags to open a file with. One in a folder that cannot be written to, whose writer ended in order, is
  /// read as it lies: SQLite would else want to make its index of the WAL beside it.
  private static func opening(_ path: String, _ access: Access) -> (String, Int32) {
    if access == .write { return (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX) }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX
    // A connection that may write takes the files of the WAL away again when it is the last; `query_only` holds it to reading.
    if Glibc.access(folder, W_OK) == 0 { return (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX) }
    if FileSystem.isFile(path + "-wal") { return (path, flags) }
    let unsafe: Set<UInt8> = [UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "%")]
    let digits = Array("0123456789ABCDEF")
    let escaped = path.utf8.reduce(into: "") { text, byte in
      if byte < 0x80, !unsafe.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return ("file:\(escaped)?immutable=1", flags | SQLITE_OPEN_URI)
  }

  private func prepare(_ schema: Schema, _ access: Access) throws(BenchmarkError) {
    let found = try integer("PRAGMA application_id")
    let version = try integer("PRAGMA user_version")
    let isEmpty = try integer("SELECT count(*) FROM sqlite_master") == 0
    if isEmpty, access == .read { throw BenchmarkError(.invalidFile, "\(path): an empty \(schema.title)") }
    if !isEmpty, found != schema.applicationID {
      throw BenchmarkError(.invalidFile, "\(path): a database of another program; give another folder")
    }
    if version > schema.version {
      throw BenchmarkError(
        .unsupported,
        "\(path): written by a newer gemmabench (format \(version); this version reads up to \(schema.version)); update gemmabench"
      )
    }
    if access == .read { return try execute("PRAGMA query_only = ON") }
    // What does not know WAL (some network file systems) says so by its answer, and keeps the rollback journal.
    try execute("PRAGMA journal_mode = WAL")
    try execute("PRAGMA synchronous = NORMAL")
    try execute("PRAGMA foreign_keys = ON")
    if !isEmpty { return try check() }
    try transaction { () throws(BenchmarkError) in
      for statement in schema.statements { try execute(statement) }
      try execute("PRAGMA application_id = \(schema.applicationID)")
      try execute("PRAGMA user_version = \(schema.version)")
    }
  }

  /// Throws if the file's pages contradict each other.
  private func check() throws(BenchmarkError) {
    let answer = try query("PRAGMA quick_check(1)").first?.text(0) ?? "no answer"
    if answer != "ok" { throw Self.damaged(path, answer) }
  }

  /// Runs statements that give no rows.
  package func execute(_ sql: String) throws(BenchmarkError) {
    if sqlite3_exec(connection, sql, nil, nil, nil) != SQLITE_OK { throw failure() }
  }

  /// Runs a statement with values for its question marks, and returns its rows. Statements are kept compiled.
  @discardableResult
  package func query(_ sql: String, _ values: [StoredValue] = []) throws(BenchmarkError) -> [StoredRow] {
    var rows: [StoredRow] = []
    try forEach(sql, values) { row throws(BenchmarkError) in rows.append(row) }
    return rows
  }

  /// Runs a statement and hands over its rows one by one. The body runs no statement of the same text.
  package func forEach(
    _ sql: String, _ values: [StoredValue] = [], _ body: (StoredRow) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    let statement: Statement
    if let kept = statements[sql] {
      statement = kept
    } else {
      statement = try Statement(sql, self)
      statements[sql] = statement
    }
    defer { statement.reset() }
    try statement.bind(values)
    while let row = try statement.next() { try body(row) }
  }

  /// The whole number that a statement gives; 0 if it gives none.
  package func integer(_ sql: String, _ values: [StoredValue] = []) throws(BenchmarkError) -> Int {
    try query(sql, values).first?.integer(0) ?? 0
  }

  /// The row number of the last insertion.
  package var lastInsertedRow: Int { Int(sqlite3_last_insert_rowid(connection)) }

  /// Runs a body as one transaction: all of it is kept, or nothing.
  package func transaction<Value>(_ body: () throws(BenchmarkError) -> Value) throws(BenchmarkError) -> Value {
    let isDue = Clock.seconds() - syncedAt >= 1
    if isDue != isSynchronous {
      try execute("PRAGMA synchronous = \(isDue ? "FULL" : "NORMAL")")
      isSynchronous = isDue
    }
    try execute("BEGIN IMMEDIATE")
    do throws(BenchmarkError) {
      let value = try body()
      try execute("COMMIT")
      if isDue { syncedAt = Clock.seconds() }
      return value
    } catch {
      // A full disk has rolled back already; a second time is no harm, and not what went wrong.
      sqlite3_exec(connection, "ROLLBACK", nil, nil, nil)
      throw error
    }
  }

  /// What the last call failed of, with what to do.
  func failure() -> BenchmarkError {
    let code = sqlite3_extended_errcode(connection)
    let detail = String(cString: sqlite3_errmsg(connection))
    let system = sqlite3_system_errno(connection)
    let reason = system == 0 ? detail : "\(detail): \(String(cString: strerror(system)))"
    switch code & 0xFF {
    case SQLITE_FULL:
      return BenchmarkError(
        .inputOutput,
        "\(path): the disk is full; committed data are kept; free some space and run the same command again")
    case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
      return BenchmarkError(
        .inputOutput, "\(path): cannot be written (\(reason)); give a folder that this user may write to")
    case SQLITE_CORRUPT, SQLITE_NOTADB: return Self.damaged(path, detail)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return BenchmarkError(.inputOutput, "\(path): another process is using the database; wait for it to end")
    case SQLITE_NOMEM: return BenchmarkError(.outOfMemory, "\(path): no memory for the database")
    case SQLITE_IOERR:
      let isFull = system == ENOSPC || system == EDQUOT
      return BenchmarkError(
        .inputOutput,
        isFull
          ? "\(path): the disk is full; committed data are kept; free some space and run the same command again"
          : "\(path): cannot be read or written (\(reason)); committed data are kept")
    default: return BenchmarkError(.internalError, "\(path): \(reason) (SQLite \(code))")
    }
  }

  private static func damaged(_ path: String, _ detail: String) -> BenchmarkError {
    BenchmarkError(
      .invalidFile,
      "\(path): the database is damaged (\(detail)) and was not changed; move it away to start again, or recover what"
        + " is readable with `sqlite3 FILE .recover`")
  }
}
