import CGemmaBench
import Inference
import Plan
import Records
import Running
import Statistics
import Store
import Support
import Tasks
import Testing

@testable import CAPI

/// Runs through C: the same numbers as through Swift and as in a plan, whatever is freed when.
@Suite struct RunTests {
  @Test("A run through C has the numbers of one through Swift and of one in a plan", arguments: [true, false])
  func sameNumbers(choices: Bool) throws {
    let specification = choices ? Fixtures.mmlu : Fixtures.gsm8k
    let model = try Fixtures.model()
    let task = try Fixtures.task(specification)
    let run = try Fixtures.run(model, task, limit: 2)
    let report = try Fixtures.report(Fixtures.plan(tasks: [specification], limit: 2))
    defer {
      gb_report_free(report)
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    let swift = try TaskRunner.run(
      try TaskCatalogue.load(TaskSpecification(try JSONReader.parse(specification))),
      on: try LocalProvider.load(ModelSpecification("\(Fixtures.folder)/tiny", threads: 1)) { _, _ in }, limit: 2
    ) { _ in true }
    #expect(gb_report_run_count(report) == 1)
    let planned = try #require(gb_report_run(report, 0))

    let samples = try Fixtures.samples(run)
    #expect(samples.count == (choices ? 10 : 2))
    #expect(try Fixtures.samples(planned) == samples)
    let expected = swift.samples.map { sample -> JSONObject in
      var object = sample.json.objectValue ?? [:]
      object["seconds"] = nil
      return object
    }
    #expect(samples == expected)

    let estimate = swift.estimate(try swift.metric(nil), level: 0.95)
    for handle in [run, planned] {
      let stats = try Fixtures.stats(handle)
      #expect(stats["mean"]?.doubleValue == estimate.mean && stats["median"] == .null)
      #expect(stats["standard_error"]?.doubleValue == estimate.standardError && estimate.standardError != nil)
      #expect(stats["lower"]?.doubleValue == estimate.interval?.lower && estimate.interval != nil)
      #expect(stats["upper"]?.doubleValue == estimate.interval?.upper)
      #expect(stats["count"]?.integerValue == samples.count && stats["unscored"] == 0)
      #expect(stats["confidence_level"] == 0.95 && stats["clusters"] == .null && stats["statistics"] == [:])
    }
  }

  @Test("A metric is chosen by name, and a level changes the interval alone")
  func metricAndLevel() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.gsm8k)
    let run = try Fixtures.run(model, task)
    defer {
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    let wide = try Fixtures.stats(run, #"{"confidence_level": 0.99}"#)
    let narrow = try Fixtures.stats(run, #"{"confidence_level": 0.5}"#)
    #expect(wide["mean"] == narrow["mean"] && wide["confidence_level"] == 0.99)
    let ends = [narrow, wide].compactMap { $0["upper"]?.doubleValue }
    #expect(ends.count == 2 && ends[0] < ends[1])
    #expect(try Fixtures.stats(run, #"{"metric": "flexible_match"}"#)["metric"] == "flexible_match")
    var out: UnsafeMutablePointer<CChar>?
    for level in ["-0.1", "0", "1", "95", "\"0.9\"", "true"] {
      #expect(gb_stats(&out, run, "{\"confidence_level\": \(level)}") == GB_INVALID_ARGUMENT && out == nil)
      #expect(
        Fixtures.lastError == "stats: confidence_level: a number between 0 and 1 was expected, not \(level)")
    }
    #expect(gb_stats(&out, run, #"{"metric": "flexible_mtch"}"#) == GB_INVALID_ARGUMENT)
    #expect(Fixtures.lastError.contains("did you mean \"flexible_match\"?"))
  }

  @Test("Handles keep alive what they use, in whatever order they are freed", arguments: 0..<6)
  func freeOrder(order: Int) throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    let run = try Fixtures.run(model, task, limit: 1)
    let frees: [() -> Void] = [{ gb_model_free(model) }, { gb_task_free(task) }, { gb_run_free(run) }]
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    for index in orders[order] {
      frees[index]()
      if index != 2, orders[order].firstIndex(of: 2)! > orders[order].firstIndex(of: index)! {
        #expect(try Fixtures.object(gb_run_info(run))["model"]?.objectValue?["name"] == "tiny")
        #expect(try Fixtures.samples(run).count == 5)
      }
    }
  }

  @Test("Borrowed text stays the same text as long as its handle lives")
  func borrowedText() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    let run = try Fixtures.run(model, task)
    defer {
      gb_run_free(run)
      gb_task_free(task)
      gb_model_free(model)
    }
    let first = try #require(gb_run_sample(run, 0))
    let text = String(cString: first)
    for index in 0..<gb_run_count(run) { _ = gb_run_sample(run, index) }
    #expect(gb_run_sample(run, 0) == first && String(cString: first) == text)
    #expect(gb_run_sample(run, 15) == nil)
    #expect(Fixtures.lastError.contains("index 15 is out of range; the run has 15 samples"))
    #expect(gb_run_sample(run, .max) == nil)
  }

  @Test("Progress that returns non-zero cancels the run, which keeps what was done")
  func cancellation() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    defer {
      gb_task_free(task)
      gb_model_free(model)
    }
    var calls: Int32 = 0
    var out: OpaquePointer?
    let status = withUnsafeMutablePointer(to: &calls) { counter in
      var options = gb_run_options()
      options.struct_size = UInt32(MemoryLayout<gb_run_options>.size)
      options.user_data = UnsafeMutableRawPointer(counter)
      options.progress = { progress, data in
        guard let progress = progress?.pointee, let data else { return 1 }
        data.assumingMemoryBound(to: Int32.self).pointee += 1
        let isWhole = progress.struct_size == UInt32(MemoryLayout<gb_progress>.size) && progress.total == 15
        return isWhole && progress.completed < 4 ? 0 : 1
      }
      return gb_run_task(&out, model, task, &options)
    }
    #expect(status == GB_CANCELLED && calls >= 5)
    let run = try #require(out)
    defer { gb_run_free(run) }
    // What the pass at work finished besides is kept too.
    let count = gb_run_count(run)
    #expect(count >= 4 && count < 15)
    #expect(Fixtures.lastError.contains("cancelled after \(count) of 15 samples"))
    #expect(try Fixtures.object(gb_run_info(run))["complete"] == false)
    #expect(try Fixtures.stats(run)["count"]?.integerValue == Int(count))
    let whole = try Fixtures.run(model, task)
    defer { gb_run_free(whole) }
    let samples = try Fixtures.samples(run)
    #expect(samples.count == Int(count))
    #expect(try Fixtures.samples(whole).filter { samples.contains($0) } == samples)
  }

  @Test("A run cancelled before its first sample has no mean, no error, no interval")
  func cancelledAtOnce() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.task(Fixtures.mmlu)
    var options = gb_run_options()
    options.struct_size = UInt32(MemoryLayout<gb_run_options>.size)
    options.progress = { _, _ in 1 }
    var run: OpaquePointer?
    #expect(gb_run_task(&run, model, task, &options) == GB_CANCELLED)
    let stats = try Fixtures.stats(try #require(run))
    #expect(stats["count"] == 0 && stats["confidence_level"] == 0.95)
    for key in ["mean", "median", "standard_error", "lower", "upper", "method"] { #expect(stats[key] == .null) }
    gb_model_free(model)
    gb_task_free(task)
    gb_run_free(run)
  }

  @Test("Loading can be cancelled, and then leaves no model")
  func cancelledLoad() {
    var options = gb_load_options()
    options.struct_size = UInt32(MemoryLayout<gb_load_options>.size)
    options.progress = { _, _ in 1 }
    var model: OpaquePointer?
    #expect(gb_load_model(&model, "\(Fixtures.folder)/tiny", &options) == GB_CANCELLED && model == nil)
  }
}
