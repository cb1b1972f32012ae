import CGemmaBench
import Support
import Testing

@testable import CAPI

/// Handles of the tiny checkpoint and of the small data, made through the C interface.
enum Fixtures {
  static let folder: String = {
    let tests = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(tests)/Goldens"
  }()

  static var mmlu: String {
    JSONValue.object([
      "type": "mmlu", "subset": "mathematics", "shots": 1, "data": .string("\(folder)/tasks/data/mmlu"),
    ]).text()
  }
  static var gsm8k: String {
    JSONValue.object([
      "type": "gsm8k", "shots": 1, "maximum_tokens": 4, "data": .string("\(folder)/tasks/data/gsm8k"),
    ]).text()
  }

  /// A plan of the tiny model, under each name, on the tasks given as JSON.
  static func plan(tasks: [String], names: [String] = ["tiny"], limit: Int = 0) -> String {
    let models = names.map { #"{"path": "\#(folder)/tiny", "name": "\#($0)"}"# }.joined(separator: ", ")
    return #"{"models": [\#(models)], "tasks": [\#(tasks.joined(separator: ", "))], "limit": \#(limit), "threads": 2}"#
  }

  static func model(contextLength: UInt32 = 0) throws -> OpaquePointer {
    var options = gb_load_options()
    options.struct_size = UInt32(MemoryLayout<gb_load_options>.size)
    options.threads = 2
    options.context_length = contextLength
    var model: OpaquePointer?
    try succeed(gb_load_model(&model, "\(folder)/tiny", &options))
    return try #require(model)
  }

  static func task(_ specification: String) throws -> OpaquePointer {
    var task: OpaquePointer?
    try succeed(gb_load_task(&task, specification))
    return try #require(task)
  }

  static func run(_ model: OpaquePointer, _ task: OpaquePointer, limit: UInt64 = 0) throws -> OpaquePointer {
    var options = gb_run_options()
    options.struct_size = UInt32(MemoryLayout<gb_run_options>.size)
    options.limit = limit
    var run: OpaquePointer?
    try succeed(gb_run_task(&run, model, task, &options))
    return try #require(run)
  }

  static func report(_ plan: String) throws -> OpaquePointer {
    var parsed: OpaquePointer?
    try succeed(gb_plan_parse(&parsed, plan))
    defer { gb_plan_free(parsed) }
    var report: OpaquePointer?
    try succeed(gb_plan_run(&report, parsed, nil))
    return try #require(report)
  }

  /// Fails the test, with the library's message, unless the status is GB_OK.
  static func succeed(_ status: gb_status, _ place: SourceLocation = #_sourceLocation) throws {
    let message = lastError
    try #require(status == GB_OK, "\(message)", sourceLocation: place)
  }

  static var lastError: String { gb_last_error().map { String(cString: $0) } ?? "NULL" }

  static func text(_ pointer: UnsafePointer<CChar>?) throws -> String { String(cString: try #require(pointer)) }

  static func object(_ pointer: UnsafePointer<CChar>?) throws -> JSONObject {
    try #require(try JSONReader.parse(try text(pointer)).objectValue)
  }

  /// A text that the caller owns, freed after it was read.
  static func owned(_ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> gb_status) throws -> String {
    var pointer: UnsafeMutablePointer<CChar>?
    try succeed(call(&pointer))
    defer { gb_string_free(pointer) }
    return String(cString: try #require(pointer))
  }

  /// The statistics of a run as JSON, with options as JSON.
  static func stats(_ run: OpaquePointer, _ options: String? = nil) throws -> JSONObject {
    try #require(try JSONReader.parse(try owned { gb_stats($0, run, options) }).objectValue)
  }

  /// The samples of a run without their times.
  static func samples(_ run: OpaquePointer) throws -> [JSONObject] {
    try (0..<gb_run_count(run)).map { index in
      var sample = try object(gb_run_sample(run, index))
      sample["seconds"] = nil
      return sample
    }
  }
}
