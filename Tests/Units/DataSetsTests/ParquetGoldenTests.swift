import Foundation
import Support
import Testing

@testable import DataSets

/// Parquet files held to what pyarrow reads from them.
struct ParquetGoldenTests {
  @Test("Every encoding, codec, page version and nesting is read as pyarrow reads it")
  func goldens() throws {
    let goldens = try TestFiles.goldens(in: TestFiles.goldens + "/rows.jsonl")
    #expect(goldens.count >= 38)
    for golden in goldens { try Self.compare(golden, in: TestFiles.goldens) }
  }

  /// Made by `tools/goldens/make_parquet_goldens.py --random FOLDER` in `GEMMABENCH_RANDOM_PARQUET`.
  @Test(
    "Random files are read as pyarrow reads them",
    .enabled(
      if: ProcessInfo.processInfo.environment["GEMMABENCH_RANDOM_PARQUET"] != nil,
      "needs GEMMABENCH_RANDOM_PARQUET, a folder of tools/goldens/make_parquet_goldens.py --random"))
  func randomFiles() throws {
    let folder = ProcessInfo.processInfo.environment["GEMMABENCH_RANDOM_PARQUET"] ?? ""
    let goldens = try TestFiles.goldens(in: folder + "/rows.jsonl")
    #expect(!goldens.isEmpty)
    for golden in goldens { try Self.compare(golden, in: folder) }
    print("random parquet files: \(goldens.count)")
  }

  private static func compare(_ golden: TestFiles.Golden, in folder: String) throws {
    let expected = try #require(golden.rows)
    var reader = try DataReader(folder + "/" + golden.file)
    #expect(reader.rowCount == golden.count, "\(golden.file)")
    var rows: [DataRow] = []
    do { rows = try reader.rows() } catch { Issue.record("\(golden.file): \(error)") }
    #expect(rows.count == expected.count, "\(golden.file)")
    var differences = 0
    for (row, expected) in zip(rows, expected) {
      guard case .object(let expected) = expected else { continue }
      for ((key, value), other) in zip(expected.members, row.fields.members) {
        let found = TestFiles.plain(other.value)
        if key == other.key, equal(found, value) { continue }
        differences += 1
        if differences <= 3 {
          Issue.record("\(golden.file), \(row.place), \(key): \(found.text()), not \(value.text())")
        }
      }
      #expect(row.fields.members.count == expected.members.count)
    }
  }

  /// Equal, with an integer beyond 64 bits as the double that its text stands for.
  private static func equal(_ found: JSONValue, _ expected: JSONValue) -> Bool {
    if case .number(let number) = found, let text = expected.stringValue { return Double(text) == number }
    return found == expected
  }
}
