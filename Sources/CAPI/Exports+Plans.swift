import CGemmaBench
import Plan
import Records
import Reporting
import Running
import Store
import Support
import Tasks

@_cdecl("gb_plan_parse") @implementation
public func gb_plan_parse(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ text: UnsafePointer<CChar>?) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    out.pointee = PlanHandle(try SweepPlan(text: try Boundary.text(text, "text"))).retained()
  }
}

@_cdecl("gb_plan_read") @implementation
public func gb_plan_read(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let path = try Boundary.path(path, "path")
    if path.isEmpty { throw BenchmarkError(.invalidArgument, "path is empty") }
    out.pointee = PlanHandle(try SweepPlan(path: path)).retained()
  }
}

@_cdecl("gb_plan_change") @implementation
public func gb_plan_change(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ plan: OpaquePointer?, _ changes: UnsafePointer<CChar>?
) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let plan = try PlanHandle.from(plan, "plan").plan
    let value = try Boundary.json(changes, "changes")
    guard let object = value.objectValue else {
      throw BenchmarkError(.invalidArgument, "changes: an object was expected, not \(value.typeName)")
    }
    // The warnings were given when the plan was read.
    out.pointee = PlanHandle(try plan.changed(by: object), warns: false).retained()
  }
}

@_cdecl("gb_plan_info") @implementation
public func gb_plan_info(_ plan: OpaquePointer?) -> UnsafePointer<CChar>? {
  var info: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in info = try PlanHandle.from(plan, "plan").info.pointer }
  return info
}

@_cdecl("gb_plan_free") @implementation
public func gb_plan_free(_ plan: OpaquePointer?) { Handle.free(plan) }

@_cdecl("gb_plan_run") @implementation
public func gb_plan_run(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ plan: OpaquePointer?, _ options: UnsafePointer<gb_plan_options>?
) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let plan = try PlanHandle.from(plan, "plan").plan
    let options = try Options.read(options, zero: gb_plan_options(), "gb_plan_options")
    var observer = SweepObserver()
    observer.onSample = Options.onSample(options.on_sample, options.user_data)
    observer.onCell = Options.onCell(options.on_cell, options.user_data, level: plan.confidenceLevel)
    observer.onNotice = { Log.write(GB_LOG_WARNING, $0) }
    let folder = try Boundary.optionalPath(options.output, "gb_plan_options: output") ?? plan.output.path
    let replaces = options.flags & GB_PLAN_FORCE != 0
    if let folder { try SweepReport.checkOutput(folder, replacing: replaces) }
    let keeping = try Options.keeping(options, folder: folder)
    let finishing = GracefulStop()
    let record = try SweepRunner.run(
      plan, defined: try definedTasks(options), registry: Options.registry, keeping: keeping, observer: observer,
      finishing: finishing, progress: Options.progress(options.progress, options.user_data, finishing: finishing))
    Log.warn(of: record.runs)
    if let warning = keeping.cache?.warning { Log.write(GB_LOG_WARNING, warning) }
    let handle = ReportHandle(record)
    if let folder { try handle.report.write(to: folder, replacing: true) }
    out.pointee = handle.retained()
    if record.isCancelled {
      throw BenchmarkError(.cancelled, "\(plan.name): cancelled; the report has the finished samples")
    }
  }
}

/// The tasks of callbacks that were passed along with a plan.
private func definedTasks(_ options: gb_plan_options) throws(BenchmarkError) -> [CallbackTask] {
  if options.task_count == 0 { return [] }
  let pointers = try Boundary.require(options.tasks, "gb_plan_options: tasks")
  var tasks: [CallbackTask] = []
  for index in 0..<options.task_count {
    let task = try TaskHandle.from(pointers[index], "gb_plan_options: tasks[\(index)]").task
    guard let task = task as? CallbackTask else {
      throw BenchmarkError(
        .invalidArgument,
        "gb_plan_options: tasks[\(index)] (\(task.name)) was not made by gb_define_task; put its specification into the plan instead"
      )
    }
    tasks.append(task)
  }
  return tasks
}

@_cdecl("gb_plan_estimate") @implementation
public func gb_plan_estimate(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ plan: OpaquePointer?,
  _ options: UnsafePointer<gb_plan_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let plan = try PlanHandle.from(plan, "plan").plan
    let options = try Options.read(options, zero: gb_plan_options(), "gb_plan_options")
    let estimate = try PlanEstimate(
      plan, defined: try definedTasks(options), registry: Options.registry,
      progress: Options.progress(options.progress, options.user_data))
    out.pointee = try Boundary.copy(estimate.json.text())
  }
}

@_cdecl("gb_report_run_count") @implementation
public func gb_report_run_count(_ report: OpaquePointer?) -> UInt64 {
  var count: UInt64 = 0
  _ = Boundary.run { () throws(BenchmarkError) in
    count = UInt64(try ReportHandle.from(report, "report").runs.count)
  }
  return count
}

@_cdecl("gb_report_run") @implementation
public func gb_report_run(_ report: OpaquePointer?, _ index: UInt64) -> OpaquePointer? {
  var run: OpaquePointer?
  _ = Boundary.run { () throws(BenchmarkError) in
    let handle = try ReportHandle.from(report, "report")
    if index >= UInt64(handle.runs.count) {
      throw BenchmarkError(
        .invalidArgument, "index \(index) is out of range; the report has \(handle.runs.count) cells (from 0)")
    }
    _ = try handle.report.record.cells[Int(index)].outcome.get()
    run = handle.runs[Int(index)]?.borrowed
  }
  return run
}

@_cdecl("gb_report_render") @implementation
public func gb_report_render(
  _ out_text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ report: OpaquePointer?,
  _ format: UnsafePointer<CChar>?
) -> gb_status {
  out_text?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_text, "out_text")
    let report = try ReportHandle.from(report, "report").report
    out.pointee = try Boundary.copy(try report.render(try Boundary.text(format, "format")))
  }
}

@_cdecl("gb_report_pivot") @implementation
public func gb_report_pivot(
  _ out_text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ report: OpaquePointer?,
  _ options_json: UnsafePointer<CChar>?
) -> gb_status {
  out_text?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_text, "out_text")
    let report = try ReportHandle.from(report, "report").report
    out.pointee = try Boundary.copy(try report.pivot(callOptions(options_json, of: .table)).text)
  }
}

@_cdecl("gb_report_set_force") @implementation
public func gb_report_set_force(_ report: OpaquePointer?, _ force: Int32) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    try ReportHandle.from(report, "report").replaces = force != 0
  }
}

@_cdecl("gb_report_write") @implementation
public func gb_report_write(_ report: OpaquePointer?, _ folder: UnsafePointer<CChar>?) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    let handle = try ReportHandle.from(report, "report")
    let folder = try Boundary.path(folder, "folder")
    if folder.isEmpty { throw BenchmarkError(.invalidArgument, "folder is empty") }
    try handle.report.write(to: folder, replacing: handle.replaces)
  }
}

@_cdecl("gb_report_chart") @implementation
public func gb_report_chart(
  _ report: OpaquePointer?, _ chart: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?
) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    let handle = try ReportHandle.from(report, "report")
    try handle.report.writeChart(
      try Boundary.text(chart, "chart"), to: try Boundary.path(path, "path"), replacing: handle.replaces)
  }
}

@_cdecl("gb_report_charts") @implementation
public func gb_report_charts(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ report: OpaquePointer?,
  _ folder: UnsafePointer<CChar>?, _ formats: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let handle = try ReportHandle.from(report, "report")
    let folder = try Boundary.path(folder, "folder")
    if folder.isEmpty { throw BenchmarkError(.invalidArgument, "folder is empty") }
    let formats = try SweepReport.chartFormats(try Boundary.optionalText(formats, "formats") ?? "svg")
    out.pointee = try Boundary.copy(
      try handle.report.writeCharts(to: folder, formats: formats, replacing: handle.replaces).json.text())
  }
}

@_cdecl("gb_report_read") @implementation
public func gb_report_read(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let path = try Boundary.path(path, "path")
    if path.isEmpty { throw BenchmarkError(.invalidArgument, "path is empty") }
    let saved = try SavedSweep.readRun(path)
    out.pointee = ReportHandle(saved.record, libraryVersion: saved.libraryVersion).retained()
  }
}

@_cdecl("gb_report_export") @implementation
public func gb_report_export(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ report: OpaquePointer?,
  _ format: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let handle = try ReportHandle.from(report, "report")
    let format = try Boundary.text(format, "format")
    let path = try Boundary.path(path, "path")
    if path.isEmpty { throw BenchmarkError(.invalidArgument, "path is empty") }
    let written = try handle.report.export(
      format, to: path, replacing: handle.replaces, questions: RunStore.questions(in:sweep:of:))
    out.pointee = try Boundary.copy(JSONValue.array(written.map { .string($0) }).text())
  }
}

@_cdecl("gb_store_history") @implementation
public func gb_store_history(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ folder: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let folder = try Boundary.path(folder, "folder")
    out.pointee = try Boundary.copy(JSONValue.array(try StoreHistory.sweeps(below: folder)).text())
  }
}

@_cdecl("gb_report_free") @implementation
public func gb_report_free(_ report: OpaquePointer?) { Handle.free(report) }
