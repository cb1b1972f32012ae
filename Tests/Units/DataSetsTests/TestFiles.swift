import Foundation
import Support

@testable import DataSets

/// Files that the tests read.
enum TestFiles {
  private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static let goldens = package + "/Tests/Goldens/parquet"
  /// Real data that the project does not ship: `GEMMABENCH_DATA`, else `shared/data` beside the package.
  static let data = ProcessInfo.processInfo.environment["GEMMABENCH_DATA"] ?? package + "/../shared/data"

  /// What pyarrow reads from a file.
  struct Golden {
    let file: String
    let count: Int
    /// nil where there is only a digest.
    let rows: [JSONValue]?
    let digest: String?
  }

  static func goldens(in path: String) throws -> [Golden] {
    var known: [String: [JSONValue]] = [:]
    return try String(decoding: FileSystem.read(path), as: UTF8.self).split(separator: "\n").map { line in
      let record = try JSONReader.parse(Array(line.utf8), name: path).objectValue ?? [:]
      let file = record["file"]?.stringValue ?? ""
      let rows = record["rows"]?.arrayValue ?? record["rows_of"]?.stringValue.flatMap { known[$0] }
      known[file] = rows
      return Golden(
        file: file, count: record["count"]?.integerValue ?? -1, rows: rows, digest: record["sha256"]?.stringValue)
    }
  }

  /// A value as the goldens have it: numbers that JSON has no word for by their names, whole ones without a fraction.
  static func plain(_ value: JSONValue) -> JSONValue {
    switch value {
    case .number(let number) where number.isNaN: .string("NaN")
    case .number(let number) where number.isInfinite: .string(number > 0 ? "Infinity" : "-Infinity")
    case .number(let number) where number == number.rounded() && abs(number) < 9_007_199_254_740_992:
      .integer(Int64(number))
    case .array(let elements): .array(elements.map(plain))
    case .object(let object):
      .object(JSONObject(distinct: object.members.map { (key: $0.key, value: plain($0.value)) }))
    default: value
    }
  }

  /// A folder of its own for the files of a test.
  static func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("gemmabench-data-\(UUID().uuidString)")
      .path
    try FileSystem.makeFolder(path)
    return path
  }

  /// A file with a text, and its path.
  static func file(_ name: String, _ text: String) throws -> String {
    let path = try folder() + "/" + name
    try FileSystem.write(text, to: path)
    return path
  }

  static func rows(_ path: String, _ options: DataOptions = DataOptions()) throws -> [DataRow] {
    var reader = try DataReader(path, options)
    return try reader.rows()
  }

  /// The message of the error that a body ends in.
  static func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }
}
