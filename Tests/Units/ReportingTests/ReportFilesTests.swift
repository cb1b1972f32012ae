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

  @Test("The files are written into a new folder within new folders, each as it is rendered")
  func newFolder() throws {
    try withFolder { folder in
      let report = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)])
      let target = "\(folder)/results/of today/one"
      try report.write(to: target)
      #expect(
        try FileSystem.list(target) == [
          "comprehensive_report.json", "executive_summary.md", "leaderboard.md", "plan.yaml", "report.html",
          "run_1_results.yaml", "samples.jsonl", "visualizations",
        ])
      #expect(try FileSystem.list(target + "/visualizations").contains("heatmap.svg"))
      #expect(try FileSystem.readText("\(target)/comprehensive_report.json") == report.render("json"))
      #expect(try FileSystem.readText("\(target)/executive_summary.md") == report.render("summary"))
      #expect(try FileSystem.readText("\(target)/leaderboard.md") == report.render("leaderboard"))
      #expect(try FileSystem.readText("\(target)/samples.jsonl") == report.render("samples"))
    }
  }

  @Test("Writing again replaces the files and leaves nothing beside them")
  func again() throws {
    try withFolder { folder in
      try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)]).write(to: folder + "/")
      let second = try Fixtures.report(cells: [])
      try second.write(to: folder)
      #expect(try FileSystem.list(folder).count == 7)  // without a cell there are no raw results
      #expect(try FileSystem.readText("\(folder)/comprehensive_report.json") == second.render("json"))
      #expect(try FileSystem.read("\(folder)/samples.jsonl").isEmpty)
    }
  }

  @Test(
    "A file of no report that is called as one of its parts is neither replaced nor removed",
    arguments: ["leaderboard.md", "run_1_results.yaml", "run_7_results.csv", "visualizations/heatmap.svg"])
  func ofNoReport(name: String) throws {
    try withFolder { folder in
      try FileSystem.makeFolder("\(folder)/visualizations")
      try FileSystem.write("mine", to: "\(folder)/\(name)")
      for replacing in [false, true] {
        let error = #expect(throws: BenchmarkError.self) {
          try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)]).write(to: folder, replacing: replacing)
        }
        #expect(
          error?.message.contains("\(name) exists and is not part of a report") == true, "\(error?.message ?? "")")
      }
      #expect(try FileSystem.readText("\(folder)/\(name)") == "mine")
      #expect(!FileSystem.isFile("\(folder)/comprehensive_report.json"))
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
      try FileSystem.makeFolder("\(folder)/executive_summary.md")
      let error = #expect(throws: BenchmarkError.self) { try Fixtures.report(cells: []).write(to: folder) }
      #expect(error?.kind == .inputOutput && error?.message.contains("executive_summary.md") == true)
      #expect(try FileSystem.list(folder) == ["comprehensive_report.json", "executive_summary.md"])
    }
  }
}
