import CGemmaBench
import Support
import Testing

@testable import CAPI

/// Plans and their reports through C.
@Suite struct PlanTests {
  @Test("A plan tells its canonical form, its cells and its hash")
  func info() throws {
    var plan: OpaquePointer?
    try Fixtures.succeed(gb_plan_parse(&plan, #"{"models": ["x/a", "x/b"], "tasks": ["mmlu"]}"#))
    defer { gb_plan_free(plan) }
    let info = try Fixtures.object(gb_plan_info(plan))
    #expect(info["cells"]?.arrayValue?.count == 2 && info["hash"]?.stringValue?.count == 64)
    #expect(info["plan"]?.objectValue?["confidence_level"] == 0.95)
  }

  @Test("A plan that cannot be used is refused with the reason")
  func refused() {
    var plan: OpaquePointer?
    #expect(gb_plan_parse(&plan, "{") == GB_INVALID_ARGUMENT && plan == nil)
    #expect(gb_plan_parse(&plan, #"{"modles": ["a"], "tasks": ["mmlu"]}"#) == GB_INVALID_ARGUMENT)
    #expect(Fixtures.lastError.contains("did you mean \"models\"?"))
  }

  @Test("A cell that fails has no run but a reason, and the others have theirs")
  func failedCell() throws {
    let tooLong = #"{"type": "efficiency", "output_lengths": [300], "repetitions": 1}"#
    let model = #"{"path": "\#(Fixtures.folder)/tiny", "context_length": 256}"#
    let plan = #"{"models": [\#(model)], "tasks": [\#(tooLong), \#(Fixtures.gsm8k)]}"#
    let report = try Fixtures.report(plan)
    defer { gb_report_free(report) }
    #expect(gb_report_run_count(report) == 2)
    #expect(gb_report_run(report, 0) == nil)
    #expect(Fixtures.lastError.contains("max_tokens 300"))
    #expect(gb_run_count(gb_report_run(report, 1)) == 3)
    #expect(gb_report_run(report, 2) == nil)
    #expect(Fixtures.lastError.contains("index 2 is out of range; the report has 2 cells"))
  }

  @Test("A cancelled plan gives GB_CANCELLED and a report of what was done")
  func cancelled() throws {
    let report = try Self.cancelledReport { progress, _ in
      guard let progress = progress?.pointee else { return 1 }
      return String(cString: progress.message) == "a · gsm8k" ? 1 : 0
    }
    defer { gb_report_free(report) }
    #expect(gb_report_run_count(report) == 2)
    #expect(gb_run_count(gb_report_run(report, 0)) == 5)
    #expect(gb_report_run(report, 1) != nil && gb_run_count(gb_report_run(report, 1)) == 0)
    let rendered = try Fixtures.owned { gb_report_render($0, report, "json") }
    #expect(try JSONReader.parse(rendered).objectValue?["cancelled"] == true)
  }

  @Test("A plan asked to finish ends with the sample at work, and is cancelled")
  func finished() throws {
    let report = try Self.cancelledReport { progress, _ in
      guard let progress = progress?.pointee else { return 1 }
      let isAsked = String(cString: progress.message) == "a · gsm8k" && String(cString: progress.stage) == "run"
      return isAsked && progress.completed == 0 && progress.has_seconds_left != 0 ? GB_FINISH_SAMPLES : 0
    }
    defer { gb_report_free(report) }
    // Nothing was at work when the cell had just begun.
    #expect(gb_report_run_count(report) == 2 && gb_run_count(gb_report_run(report, 1)) == 0)
  }

  /// The report of two models on two tasks that the progress function brings to an end.
  private static func cancelledReport(_ progress: gb_progress_callback?) throws -> OpaquePointer? {
    var plan: OpaquePointer?
    let text = Fixtures.plan(tasks: [Fixtures.mmlu, Fixtures.gsm8k], names: ["a", "b"], limit: 1)
    try Fixtures.succeed(gb_plan_parse(&plan, text))
    defer { gb_plan_free(plan) }
    var options = gb_plan_options()
    options.struct_size = UInt32(MemoryLayout<gb_plan_options>.size)
    options.progress = progress
    var report: OpaquePointer?
    #expect(gb_plan_run(&report, plan, &options) == GB_CANCELLED)
    return report
  }

  @Test("A plan with some keys replaced is the plan with those keys")
  func change() throws {
    var plan: OpaquePointer?
    var changed: OpaquePointer?
    try Fixtures.succeed(gb_plan_parse(&plan, "models: [x/a]\ntasks: [mmlu]\nlimit: 5"))
    try Fixtures.succeed(gb_plan_change(&changed, plan, #"{"limit": 7, "output": {"path": "out"}}"#))
    gb_plan_free(plan)
    defer { gb_plan_free(changed) }
    let info = try Fixtures.object(gb_plan_info(changed))["plan"]?.objectValue
    #expect(info?["limit"] == 7 && info?["output"]?.objectValue?["path"] == "out")
    var none: OpaquePointer?
    #expect(gb_plan_change(&none, changed, #"{"limt": 7}"#) == GB_INVALID_ARGUMENT && none == nil)
    #expect(Fixtures.lastError.contains("did you mean \"limit\"?"))
    #expect(gb_plan_change(&none, changed, "[]") == GB_INVALID_ARGUMENT)
    #expect(gb_plan_change(&none, changed, nil) == GB_INVALID_ARGUMENT)
  }

  @Test("A report renders in every form, and refuses others")
  func render() throws {
    let report = try Fixtures.report(Fixtures.plan(tasks: [Fixtures.mmlu], limit: 1))
    defer { gb_report_free(report) }
    let run = try #require(gb_report_run(report, 0))
    #expect(try Fixtures.owned { gb_report_render($0, report, "table") }.contains("mmlu_mathematics"))
    #expect(try Fixtures.owned { gb_report_render($0, report, "markdown") }.hasPrefix("# sweep\n"))
    let samples = try Fixtures.owned { gb_report_render($0, report, "samples") }
    #expect(samples.split(separator: "\n").count == Int(gb_run_count(run)))
    let json = try JSONReader.parse(try Fixtures.owned { gb_report_render($0, report, "json") })
    let cell = json.objectValue?["cells"]?.arrayValue?[0].objectValue?["run"]?.objectValue
    let mean = cell?["metrics"]?.objectValue?["accuracy"]?.objectValue?["mean"]?.doubleValue
    #expect(try Fixtures.stats(run)["mean"]?.doubleValue == mean)
    var text: UnsafeMutablePointer<CChar>?
    #expect(gb_report_render(&text, report, "parchment") == GB_INVALID_ARGUMENT && text == nil)
  }

  @Test("A report that cannot be written is an error that names the folder")
  func write() throws {
    let report = try Fixtures.report(Fixtures.plan(tasks: [Fixtures.gsm8k], limit: 1))
    defer { gb_report_free(report) }
    #expect(gb_report_write(report, "") == GB_INVALID_ARGUMENT)
    #expect(gb_report_write(report, nil) == GB_INVALID_ARGUMENT)
    let file = "\(Fixtures.folder)/tiny/config.json"
    #expect(gb_report_write(report, "\(file)/below") != GB_OK)
    #expect(Fixtures.lastError.contains(file))
  }
}
