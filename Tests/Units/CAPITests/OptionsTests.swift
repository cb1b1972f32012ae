import CGemmaBench
import Support
import Testing

@testable import CAPI

/// Option structs of other versions: what an older caller leaves out is zero, what a newer one sets is not ignored.
@Suite struct OptionsTests {
  /// Calls with options whose bytes a test chooses, as a caller compiled against another header would.
  private func load(size: Int, bytes: [Int: UInt8] = [:]) -> gb_status {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 16)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 8192)
    memory.storeBytes(of: UInt32(size), as: UInt32.self)
    for (offset, byte) in bytes { memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
    var out: OpaquePointer?
    let status = gb_load_model(&out, "\(Fixtures.folder)/tiny", memory.assumingMemoryBound(to: gb_load_options.self))
    #expect((out != nil) == (status == GB_OK))
    gb_model_free(out)
    return status
  }

  private let known = MemoryLayout<gb_load_options>.size

  @Test("A size too small to be one, or absurd, is refused", arguments: [0, 1, 4, 7, 4097])
  func badSizes(size: Int) {
    #expect(load(size: size) == GB_INVALID_ARGUMENT)
    #expect(Fixtures.lastError.contains("struct_size \(size)") && Fixtures.lastError.contains("gb_load_options"))
  }

  @Test("An older, shorter struct means the defaults of what it lacks")
  func olderStruct() {
    // Beyond the size a shorter caller has something else: here a reserved field that must not be read.
    #expect(load(size: 8, bytes: [12: 9, 20: 255]) == GB_OK)
    #expect(load(size: 12, bytes: [8: 64, 12: 9]) == GB_OK)
  }

  @Test("A newer, longer struct is taken if it sets nothing new, and refused if it does")
  func newerStruct() {
    #expect(load(size: known) == GB_OK)
    #expect(load(size: known + 24) == GB_OK)
    #expect(load(size: 4096) == GB_OK)
    for offset in [known, known + 23] {
      #expect(load(size: known + 24, bytes: [offset: 1]) == GB_INVALID_ARGUMENT)
      #expect(Fixtures.lastError.contains("does not know"))
    }
    #expect(load(size: known + 24, bytes: [known + 24: 1]) == GB_OK, "what lies beyond the struct is not read")
  }

  @Test("A reserved field must be zero, and a flag known")
  func reserved() throws {
    let offset = try #require(MemoryLayout<gb_load_options>.offset(of: \.flags))
    #expect(load(size: known, bytes: [offset: 128]) == GB_INVALID_ARGUMENT)
    #expect(Fixtures.lastError.contains("flags 128"))
    var json: UnsafeMutablePointer<CChar>?
    var pullOptions = gb_pull_options()
    pullOptions.struct_size = UInt32(MemoryLayout<gb_pull_options>.size)
    pullOptions.reserved = 1
    #expect(gb_pull_model(&json, "google/gemma-3-1b-it", &pullOptions) == GB_INVALID_ARGUMENT && json == nil)

    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    defer {
      gb_task_free(task)
      gb_model_free(model)
    }
    var out: OpaquePointer?
    var runOptions = gb_run_options()
    runOptions.struct_size = UInt32(MemoryLayout<gb_run_options>.size)
    runOptions.reserved = 1
    #expect(gb_run_task(&out, model, task, &runOptions) == GB_INVALID_ARGUMENT)
    var plan: OpaquePointer?
    try Fixtures.succeed(gb_plan_parse(&plan, Fixtures.plan(tasks: [Fixtures.mmlu])))
    defer { gb_plan_free(plan) }
    var planOptions = gb_plan_options()
    planOptions.struct_size = UInt32(MemoryLayout<gb_plan_options>.size)
    planOptions.flags = 1 << 20
    #expect(gb_plan_run(&out, plan, &planOptions) == GB_INVALID_ARGUMENT && out == nil)
  }

  @Test("NULL options are all defaults")
  func noOptions() throws {
    var model: OpaquePointer?
    try Fixtures.succeed(gb_load_model(&model, "\(Fixtures.folder)/tiny", nil))
    defer { gb_model_free(model) }
    let info = try Fixtures.object(gb_model_info(model))
    #expect(info["context_length"] == 4096 && info["name"] == "tiny")
  }

  @Test(
    "Options as JSON: what is no JSON, an unknown key and a value of the wrong kind or outside its range are refused by name",
    arguments: [
      ("{", "options are not JSON"), ("[]", "an object was expected, not an array"),
      (#"{"metrik": "x"}"#, #"unknown key "metrik"; did you mean "metric"?"#),
      (#"{"interval": "wilsn"}"#, #"interval: no such interval: "wilsn"; did you mean "wilson"?"#),
      (#"{"replicates": 0}"#, "replicates: a whole number from 1 to 10000000 was expected, not 0"),
      (#"{"seed": 18446744073709551615}"#, "seed: a whole number of 0 or more was expected"),
      (#"{"clusters": 3}"#, "clusters: a text was expected, not 3"),
      (#"{"trim": 0.5}"#, "trim: a number between 0 and 0.5 was expected, not 0.5"),
    ])
  func callOptions(text: String, message: String) throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    let run = try Fixtures.run(model, task, limit: 1)
    defer {
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    var out: UnsafeMutablePointer<CChar>? = .init(bitPattern: 8)
    #expect(gb_stats(&out, run, text) == GB_INVALID_ARGUMENT && out == nil)
    #expect(Fixtures.lastError.hasPrefix("stats: ") && Fixtures.lastError.contains(message), "\(Fixtures.lastError)")
    #expect(try Fixtures.stats(run, "{}") == Fixtures.stats(run))
    #expect(try Fixtures.stats(run, #"{"metric": null}"#) == Fixtures.stats(run))
  }

  @Test("A statistic that an option requests stands under its name; one that knows no clusters is refused with them")
  func furtherStatistics() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    let run = try Fixtures.run(model, task)
    defer {
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    let found = try Fixtures.stats(run, #"{"trim": 0.1}"#)
    let trimmed = try #require(found["statistics"]?.objectValue?["trimmed_mean"]?.objectValue)
    let count = try #require(found["count"]?.integerValue)
    #expect(trimmed["trim"] == 0.1 && trimmed["count"]?.integerValue == count - 2 * (count / 10))
    #expect(trimmed["value"]?.doubleValue != nil)
    var out: UnsafeMutablePointer<CChar>?
    #expect(gb_stats(&out, run, #"{"trim": 0.1, "clusters": "subject"}"#) == GB_INVALID_ARGUMENT)
    #expect(Fixtures.lastError.contains("no trimmed mean: it does not support clusters; leave out trim"))
  }

  @Test("The schema publishes the calls' options and the charts that there are")
  func schema() throws {
    let schema = try #require(try JSONReader.parse(try Fixtures.owned { gb_schema($0) }).objectValue)
    let calls = try #require(schema["calls"]?.objectValue)
    func names(_ call: String) -> [String] {
      (calls[call]?.arrayValue ?? []).compactMap { $0.objectValue?["name"]?.stringValue }
    }
    #expect(Set(["confidence_level", "interval", "trim"]).isSubset(of: names("stats")))
    #expect(names("compare_reports").suffix(3) == ["margin", "by", "values"] && names("power").contains("half_width"))
    let charts = (schema["charts"]?.arrayValue ?? []).compactMap { $0.objectValue?["name"]?.stringValue }
    #expect(charts.first == "heatmap" && charts.contains("flags") && Set(charts).count == charts.count)
  }
}
