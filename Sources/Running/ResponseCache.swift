@preconcurrency import Glibc
import Inference
import Plan
import Records
import Storage
import Store
import Support

/// The response cache: responses by request, reused across runs; and the digests of large files.
///
/// The key is of the model's weights, tokenizer and configuration, the arithmetic, the tokens, and every setting of the
/// request. A cache never stops a run: what goes wrong with it is told by `warning`, and the run goes on without it.
package final class ResponseCache: DigestKeeping {
  /// Names the folder of the cache; "off" turns it off.
  package static let variable = "GEMMABENCH_CACHE"
  static let fileName = "answers.db"

  private static let schema = Database.Schema(
    applicationID: 0x676D_6263, version: 1, title: "response cache",
    statements: [
      "CREATE TABLE answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID",
      """
      CREATE TABLE files (path TEXT PRIMARY KEY, state TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID
      """,
    ])

  private var database: Database?
  private var pending: [(key: String, answer: String, seconds: Double)] = []
  private var pendingKeys: [String: Int] = [:]
  /// Why the cache is not used any more; nil while it is.
  package private(set) var warning: String?

  /// The cache of this user: in GEMMABENCH_CACHE, else in XDG_CACHE_HOME/gemmabench, else in ~/.cache/gemmabench; nil if it
  /// is turned off.
  package static func ofUser() -> ResponseCache? {
    func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
    if let given = text(variable) { return given == "off" ? nil : ResponseCache(folder: Paths.expanded(given)) }
    if let base = text("XDG_CACHE_HOME"), base.hasPrefix("/") { return ResponseCache(folder: base + "/gemmabench") }
    return text("HOME").map { ResponseCache(folder: $0 + "/.cache/gemmabench") }
  }

  package init(folder: String) {
    attempt { () throws(BenchmarkError) in
      try FileSystem.makeFolder(folder)
      database = try Database(path: folder + "/" + Self.fileName, access: .write, schema: Self.schema)
    }
  }

  private func attempt(_ body: () throws(BenchmarkError) -> Void) {
    do { try body() } catch {
      warning = "the response cache is not used: \(error.message)"
      database = nil
      pending = []
      pendingKeys = [:]
    }
  }

  /// A response as its provider keeps it, and the seconds it took when it was made.
  func response(to key: String) -> (value: JSONValue, seconds: Double)? {
    if let place = pendingKeys[key] {
      return (try? JSONReader.parse(pending[place].answer)).map { ($0, pending[place].seconds) }
    }
    var found: (JSONValue, Double)?
    attempt { () throws(BenchmarkError) in
      guard let row = try database?.query("SELECT answer, seconds FROM answers WHERE key = ?", [.text(key)]).first,
        let value = try? JSONReader.parse(row.text(0) ?? "")
      else { return }
      found = (value, row.real(1) ?? 0)
    }
    return found
  }

  /// Takes in a response; it is written by the next commit.
  func add(_ key: String, _ value: JSONValue, seconds: Double) {
    if database == nil { return }
    pendingKeys[key] = pending.count
    pending.append((key, value.text(), seconds))
  }

  func commit() {
    if pending.isEmpty { return }
    attempt { () throws(BenchmarkError) in
      guard let database else { return }
      try database.transaction { () throws(BenchmarkError) in
        for entry in pending {
          try database.query(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)",
            [.text(entry.key), .text(entry.answer), .real(entry.seconds)])
        }
      }
      pending = []
      pendingKeys = [:]
    }
  }

  /// Drops what was taken in since the last commit.
  func forgetPending() {
    pending = []
    pendingKeys = [:]
  }

  /// The digest of a file in a certain state, if it was kept.
  package func digest(of path: String, state: String) -> String? {
    var found: String?
    attempt { () throws(BenchmarkError) in
      found = try database?.query(
        "SELECT sha256 FROM files WHERE path = ? AND state = ?", [.text(path), .text(state)]
      ).first?.text(0)
    }
    return found
  }

  package func keep(digest: String, of path: String, state: String) {
    attempt { () throws(BenchmarkError) in
      try database?.query("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", [.text(path), .text(state), .text(digest)])
    }
  }
}
