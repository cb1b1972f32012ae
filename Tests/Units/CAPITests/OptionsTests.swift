import CGemmaBench
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
    let run = try Fixtures.run(model, task, limit: 1)
    defer {
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    var out: OpaquePointer?
    var runOptions = gb_run_options()
    runOptions.struct_size = UInt32(MemoryLayout<gb_run_options>.size)
    runOptions.reserved = 1
    #expect(gb_run_task(&out, model, task, &runOptions) == GB_INVALID_ARGUMENT)
    var statsOptions = gb_stats_options()
    statsOptions.struct_size = UInt32(MemoryLayout<gb_stats_options>.size)
    statsOptions.reserved = 1
    var result = gb_stats_result()
    result.struct_size = UInt32(MemoryLayout<gb_stats_result>.size)
    #expect(gb_stats(&result, run, &statsOptions) == GB_INVALID_ARGUMENT)
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

  @Test("gb_stats writes no byte beyond the size it was given", arguments: [8, 16, 24, 32, 40, 72, 96, 104, 112])
  func shorterResult(size: Int) throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    let run = try Fixtures.run(model, task)
    defer {
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    let whole = try Fixtures.stats(run)
    let known = MemoryLayout<gb_stats_result>.size
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 256)
    memory.storeBytes(of: UInt32(size), as: UInt32.self)
    try Fixtures.succeed(gb_stats(memory.assumingMemoryBound(to: gb_stats_result.self), run, nil))
    let bytes = Array(UnsafeRawBufferPointer(start: memory, count: 256))
    let expected = withUnsafeBytes(of: whole) { Array($0) }
    #expect(memory.load(as: UInt32.self) == UInt32(size), "the size stays the caller's")
    #expect(Array(bytes[4..<min(size, known)]) == Array(expected[4..<min(size, known)]))
    #expect(bytes[min(size, known)...].allSatisfy { $0 == 0xA5 })
  }

  @Test("gb_stats refuses a size that is none, and writes nothing", arguments: [0, 4, 7, 5000])
  func badResultSize(size: Int) throws {
    var result = gb_stats_result()
    result.struct_size = UInt32(size)
    result.mean = 42
    #expect(gb_stats(&result, nil, nil) == GB_INVALID_ARGUMENT)
    #expect(Fixtures.lastError.contains("struct_size \(size)") && result.mean == 42)
  }

  @Test("A failure of gb_stats leaves zeros, as the header says of numbers")
  func failedStats() throws {
    var result = gb_stats_result()
    result.struct_size = UInt32(MemoryLayout<gb_stats_result>.size)
    result.mean = 42
    result.has_mean = 1
    #expect(gb_stats(&result, nil, nil) == GB_INVALID_ARGUMENT)
    #expect(result.has_mean == 0 && result.mean == 0 && result.count == 0)
  }
}
