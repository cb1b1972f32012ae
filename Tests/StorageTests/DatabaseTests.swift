import Support
import XCTest
@preconcurrency import Glibc

@testable import Storage

final class DatabaseTests: XCTestCase {
  private var folder = ""
  private var path: String { folder + "/test.db" }

  private static let schema = Database.Schema(
    applicationID: 77, version: 1, title: "test file", statements: ["CREATE TABLE t (a INTEGER PRIMARY KEY, b)"])

  override func setUp() {
    folder = "/tmp/gemmabench-storage-\(getpid())-\(UInt64.random(in: 0...(.max)))"
    XCTAssertEqual(mkdir(folder, 0o700), 0)
  }

  override func tearDown() {
    chmod(folder, 0o700)
    for name in (try? FileSystem.list(folder)) ?? [] { unlink(folder + "/" + name) }
    rmdir(folder)
  }

  private func open(_ access: Database.Access = .write) throws -> Database {
    try Database(path: path, access: access, schema: Self.schema)
  }

  private func failure(_ access: Database.Access = .write) -> BenchmarkError? {
    do { _ = try open(access) } catch { return error as? BenchmarkError }
    return nil
  }

  func testValuesComeBackAsTheyWere() throws {
    let database = try open()
    let values: [StoredValue] = [
      .null, .integer(.min), .integer(.max), .real(0.1), .text(""), .text("ünï\0code"), .blob([]), .blob([0, 255, 1]),
    ]
    for value in values { try database.query("INSERT INTO t (b) VALUES (?)", [value]) }
    XCTAssertEqual(try database.query("SELECT b FROM t ORDER BY a").map { $0.values[0] }, values)
  }

  func testATransactionThatFailsLeavesNothing() throws {
    let database = try open()
    XCTAssertThrowsError(
      try database.transaction { () throws(BenchmarkError) in
        try database.query("INSERT INTO t (b) VALUES (1)")
        throw BenchmarkError(.cancelled, "no")
      })
    XCTAssertEqual(try database.integer("SELECT count(*) FROM t"), 0)
    try database.transaction { () throws(BenchmarkError) in try database.execute("INSERT INTO t (b) VALUES (1)") }
    XCTAssertEqual(try open(.read).integer("SELECT count(*) FROM t"), 1)
  }

  func testWhatAReaderIsTold() throws {
    XCTAssertEqual(failure(.read)?.kind, .notFound)
    _ = try open()
    chmod(path, 0o400)
    chmod(folder, 0o500)
    XCTAssertEqual(try open(.read).integer("SELECT count(*) FROM t"), 0)
    if getuid() != 0 { XCTAssertEqual(failure()?.kind, .inputOutput) }
  }

  func testFilesThatAreNotOurs() throws {
    var found: BenchmarkError?
    try FileSystem.write(String(repeating: "no database ", count: 200), to: path)
    found = failure()
    XCTAssertEqual(found?.kind, .invalidFile)
    XCTAssertTrue(found?.message.contains("damaged") == true, found?.message ?? "")
    unlink(path)
    do {
      let other = try Database(
        path: path, access: .write,
        schema: Database.Schema(applicationID: 5, version: 1, title: "other", statements: ["CREATE TABLE x (y)"]))
      try other.execute("INSERT INTO x VALUES (1)")
    }
    XCTAssertTrue(failure()?.message.contains("another program") == true)
    unlink(path)
    do { try open().execute("PRAGMA user_version = 9") }
    XCTAssertEqual(failure()?.kind, .unsupported)
    XCTAssertEqual(failure(.read)?.kind, .unsupported)
  }

  func testADamagedFileIsLeftAsItIs() throws {
    do {
      let database = try open()
      for number in 0..<2000 {
        try database.query("INSERT INTO t (b) VALUES (?)", [.text("row \(number) of a table that takes pages")])
      }
    }
    var bytes = try FileSystem.read(path)
    for index in 8192..<16384 { bytes[index] = 0x5A }
    let file = Glibc.open(path, O_WRONLY)
    XCTAssertEqual(write(file, bytes, bytes.count), bytes.count)
    close(file)
    XCTAssertEqual(failure()?.kind, .invalidFile)
    XCTAssertEqual(try FileSystem.read(path), bytes)
  }

  func testAFolderHasOneWorkerAtATime() throws {
    var lock: FolderLock? = try FolderLock(folder: folder, name: "lock")
    XCTAssertThrowsError(try FolderLock(folder: folder, name: "lock")) { error in
      XCTAssertTrue((error as? BenchmarkError)?.message.contains("the process \(getpid()) is at work") == true)
    }
    XCTAssertNotNil(lock)
    lock = nil
    XCTAssertEqual(try FileSystem.list(folder), [])
    _ = try FolderLock(folder: folder, name: "lock")
  }
}
