import Support
import Testing

/// Rows of Tests/Goldens/statistics, and what counts as equal to them.
enum Goldens {
  static let packageRoot = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }

  static func rows(_ part: String, of file: String) throws -> [[JSONValue]] {
    let path = packageRoot + "/Tests/Goldens/statistics/\(file).json"
    let golden = try JSONReader.parse(FileSystem.read(path), name: path)
    let rows = try #require(golden.objectValue?[part]?.arrayValue).compactMap(\.arrayValue)
    #expect(!rows.isEmpty)
    return rows
  }

  /// Relative above 1, absolute below; null is nil.
  static func isClose(_ found: Double?, _ expected: JSONValue, tolerance: Double = 1e-10) -> Bool {
    guard let expected = expected.doubleValue else { return found == nil && expected.isNull }
    guard let found else { return false }
    return abs(found - expected) <= tolerance * max(1, abs(expected))
  }
}

extension JSONValue {
  /// An array of numbers; empty if it is none.
  var numbers: [Double] { arrayValue?.compactMap(\.doubleValue) ?? [] }
  var integers: [Int] { arrayValue?.compactMap(\.integerValue) ?? [] }
  /// [task][model][item]
  var grid: [[[Double]]] { arrayValue?.map { $0.arrayValue?.map(\.numbers) ?? [] } ?? [] }
}
