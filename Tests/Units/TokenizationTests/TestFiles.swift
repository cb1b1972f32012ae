import Glibc
import Support

/// Where the tests find their files.
enum TestFiles {
  static let packageRoot: String = {
    let parts = #filePath.split(separator: "/").dropLast(4)
    return "/" + parts.joined(separator: "/")
  }()

  static let goldens = packageRoot + "/Tests/Goldens/tokenizers"
  static let tiny = goldens + "/tiny"

  /// Data that the project does not ship: `GEMMABENCH_DATA`, else `../shared/data`.
  static let data: String = getenv("GEMMABENCH_DATA").map { String(cString: $0) } ?? packageRoot + "/../shared/data"
  static let gemmaFile = data + "/tokenizer/tokenizer.json"

  /// Whether the real tokenizer.json is there; says aloud that tests skip if it is not.
  static let hasGemmaFile: Bool = {
    if FileSystem.isFile(gemmaFile) { return true }
    print("SKIPPED: tests with the real Gemma tokenizer, for \(gemmaFile) is absent; set GEMMABENCH_DATA")
    return false
  }()

  /// The objects of a file with one JSON object a line.
  static func lines(_ path: String) throws -> [JSONObject] {
    try FileSystem.readText(path).utf8.split(separator: UInt8(ascii: "\n")).map { line in
      try JSONReader.parse(Array(line), name: path).objectValue ?? [:]
    }
  }

  /// Writes bytes into a new scratch file, hands its path over, and removes it.
  static func withScratchFile<Result>(
    _ bytes: [UInt8], suffix: String, _ body: (String) throws -> Result
  ) throws -> Result {
    var template = Array("/tmp/gemmabench-tokens-XXXXXX\(suffix)".utf8CString)
    let descriptor = mkstemps(&template, Int32(suffix.utf8.count))
    if descriptor < 0 { throw FileSystem.failure("cannot create", "a scratch file", errno) }
    let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    defer { unlink(path) }
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + offset, bytes.count - offset) }
      if written <= 0 { break }
      offset += written
    }
    close(descriptor)
    return try body(path)
  }
}

extension JSONValue {
  /// An array of token identifiers.
  var tokens: [Int32] { (arrayValue ?? []).compactMap { $0.integerValue.map { Int32($0) } } }
}
