import Support

/// Where the tests find their files.
enum TestFiles {
  static let goldens: String = {
    let parts = #filePath.split(separator: "/").dropLast(4)
    return "/" + parts.joined(separator: "/") + "/Tests/Goldens/templates"
  }()

  /// The objects of a file with one JSON object a line.
  static func lines(_ path: String) throws -> [JSONObject] {
    try FileSystem.readText(path).utf8.split(separator: UInt8(ascii: "\n")).map { line in
      try JSONReader.parse(Array(line), name: path).objectValue ?? [:]
    }
  }
}
