import Foundation
import Support
import Testing

@testable import DataSets

/// Real data: files in the layout of the Hub's data sets.
struct RealDataTests {
  private static let hub = TestFiles.data + "/hub"
  private static let hasHub = FileSystem.isFolder(hub)

  private static func files(under folder: String) throws -> [String] {
    try FileSystem.list(folder).flatMap { name -> [String] in
      let path = folder + "/" + name
      return FileSystem.isFolder(path) ? try files(under: path) : path.hasSuffix(".parquet") ? [path] : []
    }
  }

  @Test(
    "Every parquet file of the Hub's layout is read as pyarrow reads it",
    .enabled(if: hasHub, "needs hub in GEMMABENCH_DATA or ../shared/data"))
  func hubFiles() throws {
    let digests = Dictionary(
      uniqueKeysWithValues: try TestFiles.goldens(in: TestFiles.goldens + "/hub.jsonl").map { ($0.file, $0) })
    var compared = 0
    var rowCount = 0
    for path in try Self.files(under: Self.hub) {
      let rows = try TestFiles.rows(path)
      // A file that came to the folder later has no digest here.
      guard let golden = digests[String(path.dropFirst(Self.hub.count + 1))] else { continue }
      var digest = SHA256()
      for row in rows { digest.update(Array((TestFiles.plain(.object(row.fields)).text() + "\n").utf8)) }
      #expect(rows.count == golden.count, "\(path)")
      #expect(digest.finish() == golden.digest, "\(path)")
      compared += 1
      rowCount += rows.count
    }
    #expect(compared > 0)
    print("parquet files compared with pyarrow: \(compared), rows: \(rowCount)")
  }
}
