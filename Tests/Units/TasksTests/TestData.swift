import Glibc
import Support

@testable import Tasks

/// Where the tests find goldens, the small fixture of each layout, and the real data if it is there.
enum TestData {
  static let packageRoot = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
  static let goldens = packageRoot + "/Tests/Goldens/tasks"
  static let fixture = goldens + "/data"
  /// `GEMMABENCH_DATA`, else `shared/data` beside the package.
  static let folder = getenv("GEMMABENCH_DATA").map { String(cString: $0) } ?? packageRoot + "/../shared/data"
  static let hasMMLU = FileSystem.isFolder(folder + "/mmlu/test")
  static let hasGSM8K = FileSystem.isFile(folder + "/gsm8k/test.jsonl")

  /// The folder that an environment variable names, else one beside the package; nil if there is none.
  static func folder(_ variable: String, else path: String?) -> String? {
    let named = getenv(variable).map { String(cString: $0) } ?? path.map { packageRoot + "/" + $0 }
    return named.flatMap { FileSystem.isFolder($0) ? $0 : nil }
  }

  static func golden(_ name: String) throws -> JSONObject {
    try object(JSONReader.parse(FileSystem.read("\(goldens)/\(name)"), name: name))
  }

  static func object(_ value: JSONValue?) throws -> JSONObject {
    guard let object = value?.objectValue else { throw BenchmarkError(.invalidFile, "not an object") }
    return object
  }

  static func array(_ value: JSONValue?) throws -> [JSONValue] {
    guard let array = value?.arrayValue else { throw BenchmarkError(.invalidFile, "not an array") }
    return array
  }

  static func mmlu(_ options: JSONObject = [:], folder: String = fixture) throws -> any BenchmarkTask {
    try load("mmlu", options, folder: folder + "/mmlu")
  }

  static func gsm8k(_ options: JSONObject = [:], folder: String = fixture) throws -> any BenchmarkTask {
    try load("gsm8k", options, folder: folder + "/gsm8k")
  }

  private static func load(_ type: String, _ options: JSONObject, folder: String) throws -> any BenchmarkTask {
    var object: JSONObject = ["type": .string(type), "data": .string(folder)]
    for (key, value) in options.members { object[key] = value }
    return try TaskCatalogue.load(TaskSpecification(.object(object)))
  }

  /// The message of the error that a body throws; empty if it throws none.
  static func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return ""
  }

  /// A new folder of files, removed by the system's own clearing of /tmp.
  static func folder(of files: [(name: String, text: String)]) throws -> String {
    var template = Array("/tmp/gemmabench-tasks-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template).map({ String(cString: $0) }) else {
      throw BenchmarkError(.inputOutput, "no folder under /tmp")
    }
    for (name, text) in files {
      let parent = name.split(separator: "/").dropLast().joined(separator: "/")
      if !parent.isEmpty { try FileSystem.makeFolder(path + "/" + parent) }
      try FileSystem.write(text, to: path + "/" + name)
    }
    return path
  }
}
