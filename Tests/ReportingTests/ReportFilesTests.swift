@preconcurrency import Glibc
import Support
import Testing

@testable import Reporting

/// The folder of a report.
@Suite struct ReportFilesTests {
  /// Runs a body with a new folder, and removes it with what the body left there.
  private func withFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/gemmabench-report-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    let folder = try #require(made)
    defer { remove(tree: folder) }
    try body(folder)
  }

  private func remove(tree path: String) {
    if FileSystem.isFolder(path) {
      for name in (try? FileSystem.list(path)) ?? [] { remove(tree: "\(path)/\(name)") }
      rmdir(path)
    } else {
      unlink(path)
    }
  }

  @Test("Four files are written into a new folder within new folders, each as it is rendered")
  func newFolder() throws {
    try withFolder { folder in
      let report = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)])
      let target = "\(folder)/results/of today/one"
      try report.write(to: target)
      #expect(try FileSystem.list(target) == ["report.html", "report.json", "report.md", "samples.jsonl"])
      #expect(try FileSystem.readText("\(target)/report.json") == report.render("json"))
      #expect(try FileSystem.readText("\(target)/report.md") == report.render("markdown"))
      #expect(try FileSystem.readText("\(target)/samples.jsonl") == report.render("samples"))
    }
  }

  @Test("Writing again replaces the files and leaves nothing beside them")
  func again() throws {
    try withFolder { folder in
      try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)]).write(to: folder + "/")
      let second = try Fixtures.report(cells: [])
      try second.write(to: folder)
      #expect(try FileSystem.list(folder).count == 4)
      #expect(try FileSystem.readText("\(folder)/report.json") == second.render("json"))
      #expect(try FileSystem.read("\(folder)/samples.jsonl").isEmpty)
    }
  }

  @Test("A folder that cannot be made is an error that names it")
  func unwritable() throws {
    try withFolder { folder in
      try FileSystem.write("a file", to: "\(folder)/taken")
      let report = try Fixtures.report(cells: [])
      for path in ["\(folder)/taken", "\(folder)/taken/below", "/proc/gemmabench"] {
        let error = #expect(throws: BenchmarkError.self) { try report.write(to: path) }
        #expect(error?.kind == .inputOutput || error?.kind == .notFound)
        #expect(error?.message.contains(path.hasPrefix("/proc") ? "/proc/gemmabench" : "taken") == true)
      }
      #expect(try FileSystem.readText("\(folder)/taken") == "a file")
    }
  }

  @Test("A file that cannot be replaced is an error that names it, and no half of it stays")
  func blockedFile() throws {
    try withFolder { folder in
      try FileSystem.makeFolder("\(folder)/report.md")
      let error = #expect(throws: BenchmarkError.self) { try Fixtures.report(cells: []).write(to: folder) }
      #expect(error?.kind == .inputOutput && error?.message.contains("report.md") == true)
      #expect(try FileSystem.list(folder) == ["report.json", "report.md"])
    }
  }
}
