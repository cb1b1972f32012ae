import CGemmaBench
import Support
import Testing

@testable import CAPI

/// Arguments that cannot be used: a status and a line of text, never a crash.
@Suite struct ArgumentTests {
  /// Checks that a call refused an argument, and that the message names it.
  private func refused(_ status: gb_status, _ name: String, _ place: SourceLocation = #_sourceLocation) {
    let message = Fixtures.lastError
    #expect(status == GB_INVALID_ARGUMENT, "\(message)", sourceLocation: place)
    #expect(message.contains(name) && !message.contains("\n"), "\(message)", sourceLocation: place)
  }

  @Test("NULL for any argument that is needed is refused, and the message names it")
  func nulls() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    let run = try Fixtures.run(model, task, limit: 1)
    defer {
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    var out: OpaquePointer?
    var text: UnsafeMutablePointer<CChar>?
    var tokens: UnsafeMutablePointer<Int32>?
    var count = 0
    var probability: Float = 0
    let token: [Int32] = [2]

    refused(gb_system_info(nil), "out_json")
    refused(gb_task_catalogue(nil), "out_json")
    refused(gb_load_model(nil, "x", nil), "out")
    refused(gb_load_model(&out, nil, nil), "path")
    refused(gb_tokenize(nil, &count, model, "x", 1), "out_tokens")
    refused(gb_tokenize(&tokens, nil, model, "x", 1), "out_count")
    refused(gb_tokenize(&tokens, &count, nil, "x", 1), "model")
    refused(gb_tokenize(&tokens, &count, model, nil, 1), "text")
    refused(gb_detokenize(nil, model, token, 1), "out_text")
    refused(gb_detokenize(&text, nil, token, 1), "model")
    refused(gb_detokenize(&text, model, nil, 1), "tokens")
    refused(gb_score_tokens(nil, model, token, 1, token, 1), "out_log_probabilities")
    refused(gb_score_tokens(&probability, nil, token, 1, token, 1), "model")
    refused(gb_score_tokens(&probability, model, nil, 1, token, 1), "context")
    refused(gb_score_tokens(&probability, model, token, 1, nil, 1), "continuation")
    refused(gb_generate(nil, model, "x", nil), "out")
    refused(gb_generate(&out, nil, "x", nil), "model")
    refused(gb_generate(&out, model, nil, nil), "prompt")
    refused(gb_load_task(nil, "{}"), "out")
    refused(gb_load_task(&out, nil), "specification")
    refused(gb_task_prompts(nil, task, 1), "out_json")
    refused(gb_task_prompts(&text, nil, 1), "task")
    refused(gb_run_task(nil, model, task, nil), "out")
    refused(gb_run_task(&out, nil, task, nil), "model")
    refused(gb_run_task(&out, model, nil, nil), "task")
    refused(gb_stats(nil, run, nil), "out_json")
    refused(gb_stats(&text, nil, nil), "run")
    refused(gb_power(nil, nil), "out_json")
    refused(gb_plan_parse(nil, "{}"), "out")
    refused(gb_plan_parse(&out, nil), "text")
    refused(gb_plan_run(nil, nil, nil), "out")
    refused(gb_plan_run(&out, nil, nil), "plan")
    refused(gb_report_render(nil, nil, "json"), "out_text")
    refused(gb_report_render(&text, nil, "json"), "report")
    refused(gb_report_write(nil, "x"), "report")
    refused(gb_run_lua_file(nil, nil), "path")
    #expect(out == nil && text == nil && tokens == nil)
  }

  @Test("A getter of NULL gives NULL or 0, and leaves a message")
  func nullGetters() {
    let getters: [(String, () -> UnsafePointer<CChar>?)] = [
      ("model", { gb_model_info(nil) }), ("task", { gb_task_info(nil) }), ("run", { gb_run_info(nil) }),
      ("run", { gb_run_sample(nil, 0) }), ("plan", { gb_plan_info(nil) }),
      ("generation", { gb_generation_text(nil) }), ("generation", { gb_generation_info(nil) }),
    ]
    for (name, getter) in getters {
      LastError.set("")
      #expect(getter() == nil)
      #expect(Fixtures.lastError.contains("\(name) is NULL"))
    }
    #expect(gb_run_count(nil) == 0 && gb_report_run_count(nil) == 0 && gb_report_run(nil, 0) == nil)
  }

  @Test("Every _free takes NULL")
  func nullFrees() {
    gb_string_free(nil)
    gb_tokens_free(nil)
    gb_model_free(nil)
    gb_generation_free(nil)
    gb_task_free(nil)
    gb_run_free(nil)
    gb_plan_free(nil)
    gb_report_free(nil)
  }

  @Test("A failure sets the out-parameters to nothing, whatever stood there")
  func outParameters() throws {
    let model = try Fixtures.model()
    defer { gb_model_free(model) }
    var out: OpaquePointer? = model
    #expect(gb_load_model(&out, "no/such/model", nil) == GB_NOT_FOUND)
    #expect(out == nil)
    out = model
    #expect(gb_load_task(&out, "{") == GB_INVALID_ARGUMENT && out == nil)
    var tokens: UnsafeMutablePointer<Int32>? = .init(bitPattern: 8)
    var count = 7
    #expect(gb_tokenize(&tokens, &count, nil, "x", 0) == GB_INVALID_ARGUMENT)
    #expect(tokens == nil && count == 0)
  }

  @Test("A handle of another kind is an error that says which argument it was")
  func otherKinds() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    defer {
      gb_task_free(task)
      gb_model_free(model)
    }
    var out: OpaquePointer?
    refused(gb_run_task(&out, task, task, nil), "model is a handle of another kind")
    refused(gb_run_task(&out, model, model, nil), "task is a handle of another kind")
    refused(gb_plan_run(&out, model, nil), "plan is a handle of another kind")
    #expect(gb_model_info(task) == nil && gb_task_info(model) == nil && gb_run_count(model) == 0)
  }

  @Test("Text that is not UTF-8 is refused")
  func invalidText() throws {
    let model = try Fixtures.model()
    defer { gb_model_free(model) }
    let invalid: [CChar] = [0x61, -1, 0]
    var out: OpaquePointer?
    var tokens: UnsafeMutablePointer<Int32>?
    var count = 0
    refused(gb_tokenize(&tokens, &count, model, invalid, 0), "text is not valid UTF-8")
    refused(gb_generate(&out, model, invalid, nil), "prompt is not valid UTF-8")
    refused(gb_load_task(&out, invalid), "specification is not valid UTF-8")
    refused(gb_plan_parse(&out, invalid), "text is not valid UTF-8")
    refused(gb_load_model(&out, invalid, nil), "path is not valid UTF-8")
  }

  @Test("Tokens out of the vocabulary, too many or none are refused with the number")
  func tokens() throws {
    let model = try Fixtures.model(contextLength: 8)
    defer { gb_model_free(model) }
    var values = [Float](repeating: 5, count: 16)
    let bos: [Int32] = [2]
    refused(gb_score_tokens(&values, model, bos, 1, [1280], 1), "continuation: token 1280")
    refused(gb_score_tokens(&values, model, [-7], 1, bos, 1), "context: token -7")
    refused(gb_score_tokens(&values, model, bos, 0, bos, 1), "at least one token")
    refused(gb_score_tokens(&values, model, bos, 1, bos, 0), "at least one token")
    let many = [Int32](repeating: 300, count: 9)
    refused(gb_score_tokens(&values, model, many, 9, bos, 1), "do not fit the context length 8")
    #expect(values == [Float](repeating: 5, count: 16), "nothing is written on failure")
    var text: UnsafeMutablePointer<CChar>?
    refused(gb_detokenize(&text, model, [99_999], 1), "token 99999")
  }
}
