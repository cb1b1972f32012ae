import CGemmaBench
@preconcurrency import Glibc
import Support
import Testing

@testable import CAPI

/// Statuses, errors of threads, and the small functions.
@Suite struct LibraryTests {
  @Test("Every status has its name, and a number that is none says so")
  func statusNames() throws {
    let names = [
      "GB_OK", "GB_INVALID_ARGUMENT", "GB_NOT_FOUND", "GB_INVALID_FILE", "GB_UNSUPPORTED", "GB_INPUT_OUTPUT",
      "GB_OUT_OF_MEMORY", "GB_CANCELLED", "GB_CALLBACK_FAILED", "GB_INTERNAL", "GB_NETWORK",
      "GB_ACCESS_DENIED",
    ]
    for (index, name) in names.enumerated() { #expect(try Fixtures.text(gb_status_name(gb_status(-index))) == name) }
    for status in [1, -12, gb_status.min, gb_status.max] {
      #expect(try Fixtures.text(gb_status_name(status)) == "GB_UNKNOWN_STATUS")
    }
  }

  @Test("Kinds of errors and statuses are one to one")
  func kinds() {
    for status in gb_status(-11)...(-1) { #expect(Boundary.status(of: Boundary.kind(of: status)) == status) }
  }

  @Test("The version is that of the header")
  func version() throws {
    #expect(try Fixtures.text(gb_version()) == "\(GB_VERSION_MAJOR).\(GB_VERSION_MINOR).\(GB_VERSION_PATCH)")
    let system = try JSONReader.parse(try Fixtures.owned { gb_system_info($0) })
    #expect(system.objectValue?["version"]?.stringValue == LibraryVersion.text)
    #expect((system.objectValue?["threads"]?.integerValue ?? 0) >= 1)
  }

  @Test("The last error is the thread's own, empty where nothing failed, and kept through a success")
  func lastErrorPerThread() throws {
    var out: OpaquePointer?
    #expect(gb_load_model(&out, "of/this/thread", nil) == GB_NOT_FOUND)
    let before = Fixtures.lastError
    var thread = pthread_t()
    let messages = Messages()
    let created = pthread_create(
      &thread, nil,
      { pointer in
        let messages = Unmanaged<Messages>.fromOpaque(pointer!).takeUnretainedValue()
        messages.list.append(Fixtures.lastError)
        var out: OpaquePointer?
        _ = gb_load_model(&out, "of/the/other", nil)
        messages.list.append(Fixtures.lastError)
        _ = gb_set_log_callback(nil, nil)
        messages.list.append(Fixtures.lastError)
        return nil
      }, Unmanaged.passUnretained(messages).toOpaque())
    try #require(created == 0)
    pthread_join(thread, nil)
    try #require(messages.list.count == 3)
    #expect(messages.list[0].isEmpty)
    #expect(messages.list[1].contains("of/the/other") && messages.list[2] == messages.list[1])
    #expect(Fixtures.lastError == before && before.contains("of/this/thread"))
  }

  /// What the other thread saw; read once it has ended.
  private final class Messages {
    var list: [String] = []
  }

  @Test("Missing files are GB_NOT_FOUND, unknown options GB_INVALID_ARGUMENT, each in one line")
  func statuses() {
    var out: OpaquePointer?
    #expect(gb_load_model(&out, "no/such/folder", nil) == GB_NOT_FOUND)
    #expect(Fixtures.lastError.contains("no/such/folder"))
    #expect(gb_load_task(&out, #"{"type": "mmlu", "data": "no/such/data"}"#) == GB_NOT_FOUND)
    #expect(Fixtures.lastError.contains("no/such/data") && Fixtures.lastError.contains("https://"))
    #expect(gb_load_task(&out, #"{"type": "mmlu", "shot": 5}"#) == GB_INVALID_ARGUMENT)
    #expect(Fixtures.lastError.contains("did you mean \"shots\"?"))
    #expect(gb_load_task(&out, "not json\n") == GB_INVALID_ARGUMENT && !Fixtures.lastError.contains("\n"))
    #expect(gb_run_lua_file("no/such/script.lua", nil) == GB_NOT_FOUND)
    #expect(Fixtures.lastError.contains("no/such/script.lua"))
    #expect(out == nil)
  }

  @Test("A message stays one line, whatever line breaks the value has that it quotes")
  func oneLine() {
    var out: OpaquePointer?
    #expect(gb_load_task(&out, #"{"type": "a\r\nb\nc\rd"}"#) == GB_NOT_FOUND)
    #expect(Fixtures.lastError.contains("\"a b c d\""))
  }

  @Test("The catalogue lists the tasks with their options and defaults")
  func catalogue() throws {
    let entries = try #require(try JSONReader.parse(try Fixtures.owned { gb_task_catalogue($0) }).arrayValue)
    let types = entries.compactMap { $0.objectValue?["type"]?.stringValue }
    #expect(types.contains("mmlu") && types.contains("gsm8k"))
    for entry in entries {
      for option in entry.objectValue?["options"]?.arrayValue ?? [] {
        #expect(option.objectValue?["name"]?.stringValue != nil && option.objectValue?["help"]?.stringValue != nil)
        #expect(option.objectValue?["default"] != nil)
      }
    }
  }

  @Test("Prompts are those of the task, as many as asked for, none beyond its end")
  func prompts() throws {
    let task = try Fixtures.task(Fixtures.mmlu)
    defer { gb_task_free(task) }
    func count(_ asked: UInt64) throws -> Int? {
      try JSONReader.parse(try Fixtures.owned { gb_task_prompts($0, task, asked) }).arrayValue?.count
    }
    #expect(try count(2) == 2 && count(0) == 15 && count(.max) == 15)
    let prompts = try JSONReader.parse(try Fixtures.owned { gb_task_prompts($0, task, 1) })
    let first = try #require(prompts.arrayValue?.first?.objectValue)
    #expect(first["continuations"] == [" A", " B", " C", " D"])
    #expect(first["prompt_sha256"]?.stringValue == SHA256.hexadecimal(try #require(first["context"]?.stringValue)))
    #expect(try Fixtures.object(gb_task_info(task))["samples"] == 15)
  }
}

/// Tokens and texts through C.
@Suite struct InferenceTests {
  @Test("Tokens make their text again, with BOS once or not at all")
  func tokens() throws {
    let model = try Fixtures.model()
    defer { gb_model_free(model) }
    func tokens(_ text: String, bos: Int32) throws -> [Int32] {
      var pointer: UnsafeMutablePointer<Int32>?
      var count = 0
      try Fixtures.succeed(gb_tokenize(&pointer, &count, model, text, bos))
      defer { gb_tokens_free(pointer) }
      return Array(UnsafeBufferPointer(start: pointer, count: count))
    }
    let plain = try tokens("The fox, größer", bos: 0)
    #expect(try tokens("The fox, größer", bos: 1) == [2] + plain)
    #expect(try tokens("<bos>The fox, größer", bos: 1) == [2] + plain)
    #expect(try tokens("", bos: 0).isEmpty && tokens("", bos: 1) == [2])
    #expect(try Fixtures.owned { gb_detokenize($0, model, plain, plain.count) } == "The fox, größer")
    #expect(try Fixtures.owned { gb_detokenize($0, model, nil, 0) }.isEmpty)
  }

  @Test("A generation tells its text, its tokens and why it ended; its callback sees every token")
  func generation() throws {
    let model = try Fixtures.model()
    var options = gb_generate_options()
    options.struct_size = UInt32(MemoryLayout<gb_generate_options>.size)
    options.max_tokens = 6
    var seen = 0
    var out: OpaquePointer?
    try withUnsafeMutablePointer(to: &seen) { counter in
      options.user_data = UnsafeMutableRawPointer(counter)
      options.on_token = { _, text, data in
        data!.assumingMemoryBound(to: Int.self).pointee += text == nil ? 100 : 1
        return 0
      }
      try Fixtures.succeed(gb_generate(&out, model, "The garden was full of", &options))
    }
    gb_model_free(model)
    defer { gb_generation_free(out) }
    let info = try Fixtures.object(gb_generation_info(out))
    #expect(info["finish_reason"] == "length" && info["tokens"]?.arrayValue?.count == 6 && seen == 6)
    #expect(try info["text"]?.stringValue == Fixtures.text(gb_generation_text(out)))
  }

  @Test("Stops cut the text; a callback that says no keeps what was made")
  func stops() throws {
    let model = try Fixtures.model()
    defer { gb_model_free(model) }
    var options = gb_generate_options()
    options.struct_size = UInt32(MemoryLayout<gb_generate_options>.size)
    options.stop_count = 1
    var out: OpaquePointer?
    #expect(gb_generate(&out, model, "x", &options) == GB_INVALID_ARGUMENT, "a count without a list")
    try "fice".withCString { stop in
      try withUnsafePointer(to: UnsafePointer<CChar>?.some(stop)) { list in
        options.stops = list
        try Fixtures.succeed(gb_generate(&out, model, "The garden was full of", &options))
      }
    }
    #expect(try Fixtures.text(gb_generation_text(out)) == " of of o")
    gb_generation_free(out)
    options.stops = nil
    options.stop_count = 0
    options.on_token = { _, _, _ in 1 }
    try Fixtures.succeed(gb_generate(&out, model, "The garden was full of", &options))
    let info = try Fixtures.object(gb_generation_info(out))
    #expect(info["finish_reason"] == "cancelled" && info["tokens"]?.arrayValue?.count == 1)
    gb_generation_free(out)
  }

  @Test("Scores of tokens are those of the harness's goldens in sum")
  func scores() throws {
    let model = try Fixtures.model()
    defer { gb_model_free(model) }
    let goldens = try JSONReader.parse(try FileSystem.read("\(Fixtures.folder)/engine/harness.json"))
    let group = try #require(goldens.objectValue?["scores"]?.arrayValue?.first?.objectValue)
    func integers(_ value: JSONValue?) -> [Int32] {
      (value?.arrayValue ?? []).compactMap { $0.integerValue.map(Int32.init) }
    }
    let context = integers(group["context_tokens"])
    for continuation in try #require(group["continuations"]?.arrayValue).compactMap(\.objectValue) {
      let tokens = integers(continuation["tokens"])
      var values = [Float](repeating: 0, count: tokens.count)
      try Fixtures.succeed(gb_score_tokens(&values, model, context, context.count, tokens, tokens.count))
      let sum = values.reduce(0) { $0 + Double($1) }
      #expect(abs(sum - (continuation["log_likelihood"]?.doubleValue ?? .infinity)) <= 1e-4)
    }
  }
}
