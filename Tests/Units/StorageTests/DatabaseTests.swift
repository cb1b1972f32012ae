@preconcurrency import Glibc
import Support
import Testing

@testable import Storage

/// A folder that goes away with its last user.
private final class TemporaryFolder {
  let path: String

  init() throws {
    path = "/tmp/gemmabench-storage-\(getpid())-\(UInt64.random(in: 0...(.max)))"
    try FileSystem.makeFolder(path)
  }

  deinit {
    chmod(path, 0o700)
    for name in (try? FileSystem.list(path)) ?? [] { unlink(path + "/" + name) }
    rmdir(path)
  }
}

/// Files of SQLite: what is kept, what is refused, and what a message says.
@Suite struct DatabaseTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/test.db" }

  private static let schema = Database.Schema(
    applicationID: 77, version: 1, title: "test file", statements: ["CREATE TABLE t (a INTEGER PRIMARY KEY, b)"])

  init() throws { folder = try TemporaryFolder() }

  private func database(_ access: Database.Access = .write) throws(BenchmarkError) -> Database {
    try Database(path: path, access: access, schema: Self.schema)
  }

  private func failure(_ access: Database.Access = .write) -> BenchmarkError? {
    do throws(BenchmarkError) { _ = try database(access) } catch { return error }
    return nil
  }

  @Test("Values come back as they went in")
  func values() throws {
    let database = try database()
    let values: [StoredValue] = [
      .null, .integer(.min), .integer(.max), .real(0.1), .text(""), .text("ünï\0code"), .blob([]), .blob([0, 255, 1]),
    ]
    for value in values { try database.query("INSERT INTO t (b) VALUES (?)", [value]) }
    #expect(try database.query("SELECT b FROM t ORDER BY a").map { $0.values[0] } == values)
  }

  @Test("A transaction that fails leaves nothing; one that ends is seen by readers")
  func transactions() throws {
    let database = try database()
    #expect(throws: BenchmarkError.self) {
      try database.transaction { () throws(BenchmarkError) in
        try database.query("INSERT INTO t (b) VALUES (1)")
        throw BenchmarkError(.cancelled, "no")
      }
    }
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    try database.transaction { () throws(BenchmarkError) in try database.execute("INSERT INTO t (b) VALUES (1)") }
    #expect(try self.database(.read).integer("SELECT count(*) FROM t") == 1)
  }

  @Test("A reader is refused what is not there, and reads what may not be written")
  func readers() throws {
    #expect(failure(.read)?.kind == .notFound)
    do { _ = try database() }
    do {
      let reader = try database(.read)
      #expect(throws: BenchmarkError.self) { try reader.execute("INSERT INTO t (b) VALUES (1)") }
    }
    #expect(try FileSystem.list(folder.path) == ["test.db"])
    chmod(path, 0o400)
    chmod(folder.path, 0o500)
    #expect(try database(.read).integer("SELECT count(*) FROM t") == 0)
    // The rights of a file bind everybody but root.
    if getuid() != 0 { #expect(failure()?.kind == .inputOutput) }
  }

  @Test("Files that are no database, another program's, or of a newer version are refused by name")
  func foreignFiles() throws {
    try FileSystem.write(String(repeating: "no database ", count: 200), to: path)
    #expect(failure()?.kind == .invalidFile)
    #expect(failure()?.message.contains("damaged") == true)
    unlink(path)
    do {
      let other = try Database(
        path: path, access: .write,
        schema: Database.Schema(applicationID: 5, version: 1, title: "other", statements: ["CREATE TABLE x (y)"]))
      try other.execute("INSERT INTO x VALUES (1)")
    }
    #expect(failure()?.message.contains("another program") == true)
    unlink(path)
    do { try database().execute("PRAGMA user_version = 9") }
    #expect(failure()?.kind == .unsupported && failure(.read)?.kind == .unsupported)
  }

  @Test("A damaged file is refused and left as it is")
  func damage() throws {
    do {
      let database = try database()
      for number in 0..<2000 {
        try database.query("INSERT INTO t (b) VALUES (?)", [.text("row \(number) of a table that takes pages")])
      }
    }
    var bytes = try FileSystem.read(path)
    for index in 8192..<16384 { bytes[index] = 0x5A }
    let file = open(path, O_WRONLY)
    #expect(write(file, bytes, bytes.count) == bytes.count)
    close(file)
    #expect(failure()?.kind == .invalidFile)
    #expect(try FileSystem.read(path) == bytes)
  }

  @Test("A folder has one worker at a time, whose number the refusal names")
  func locks() throws {
    var lock: FolderLock? = try FolderLock(folder: folder.path, name: "lock")
    var refusal: BenchmarkError?
    do throws(BenchmarkError) { _ = try FolderLock(folder: folder.path, name: "lock") } catch { refusal = error }
    #expect(refusal?.message.contains("process \(getpid()) is using this folder") == true)
    #expect(lock != nil)
    lock = nil
    #expect(try FileSystem.list(folder.path) == [])
    _ = try FolderLock(folder: folder.path, name: "lock")
  }
}
