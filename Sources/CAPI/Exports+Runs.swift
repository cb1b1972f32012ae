import CGemmaBench
import Evaluation
import Inference
import Plan
import Records
import Running
import Store
import Support
import Tasks

@_cdecl("gb_load_task") @implementation
public func gb_load_task(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ specification: UnsafePointer<CChar>?)
  -> gb_status
{
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let value = try Boundary.json(specification, "specification")
    let given = try TaskSpecification(value)
    let task = try TaskCatalogue.load(given)
    for notice in TaskCatalogue.movedData(given, task: task) + task.notices { Log.write(GB_LOG_WARNING, notice) }
    out.pointee = TaskHandle(task).retained()
  }
}

@_cdecl("gb_task_info") @implementation
public func gb_task_info(_ task: OpaquePointer?) -> UnsafePointer<CChar>? {
  var info: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in info = try TaskHandle.from(task, "task").info.pointer }
  return info
}

@_cdecl("gb_task_prompts") @implementation
public func gb_task_prompts(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ task: OpaquePointer?, _ count: UInt64
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let task = try TaskHandle.from(task, "task").task
    var prompts: [JSONValue] = []
    for index in 0..<(count == 0 ? task.count : Int(min(count, UInt64(task.count)))) {
      let prompt = try task.prompt(at: index)
      var object: JSONObject = ["id": .string(prompt.sampleID), "context": .string(prompt.context)]
      for (key, value) in prompt.request.question.members { object[key] = value }
      object["target"] = .string(prompt.target)
      object["prompt_sha256"] = .string(prompt.contextSHA256)
      prompts.append(.object(object))
    }
    out.pointee = try Boundary.copy(JSONValue.array(prompts).text())
  }
}

@_cdecl("gb_task_free") @implementation
public func gb_task_free(_ task: OpaquePointer?) { Handle.free(task) }

@_cdecl("gb_run_task") @implementation
public func gb_run_task(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ model: OpaquePointer?, _ task: OpaquePointer?,
  _ options: UnsafePointer<gb_run_options>?
) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let model = try ModelHandle.from(model, "model").provider
    let task = try TaskHandle.from(task, "task").task
    let options = try Options.read(options, zero: gb_run_options(), "gb_run_options")
    try Options.checkReserved(options.reserved, "gb_run_options")
    let finishing = GracefulStop()
    let run = try TaskRunner.run(
      task, on: model, limit: options.limit == 0 ? nil : Int(min(options.limit, UInt64(Int.max))),
      settings: try settings(options),
      limits: BatchLimits(sequences: options.batch_size == 0 ? nil : Int(options.batch_size)),
      onSample: Options.onSample(options.on_sample, options.user_data).map { see in
        { (sample: SampleRecord) in see(model.name, task.name, 1, sample) }
      },
      finishing: finishing, progress: Options.progress(options.progress, options.user_data, finishing: finishing))
    Log.warn(of: [run])
    out.pointee = RunHandle(run).retained()
    if let failure = run.failure { throw BenchmarkError(.callbackFailed, failure) }
    if !run.isComplete {
      throw BenchmarkError(
        .cancelled, "\(task.name): cancelled after \(run.samples.count) of \(run.plannedCount) samples")
    }
  }
}

/// How the model of a run is asked.
private func settings(_ options: gb_run_options) throws(BenchmarkError) -> ModelSettings {
  var settings = try Options.settings(options.settings, call: "run").settings
  if options.chat_template != 0, settings.chatTemplate == .automatic { settings.chatTemplate = .own }
  return settings
}

@_cdecl("gb_run_count") @implementation
public func gb_run_count(_ run: OpaquePointer?) -> UInt64 {
  var count: UInt64 = 0
  _ = Boundary.run { () throws(BenchmarkError) in count = UInt64(try RunHandle.from(run, "run").run.samples.count) }
  return count
}

@_cdecl("gb_run_sample") @implementation
public func gb_run_sample(_ run: OpaquePointer?, _ index: UInt64) -> UnsafePointer<CChar>? {
  var sample: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in
    let handle = try RunHandle.from(run, "run")
    let count = handle.run.samples.count
    if index >= UInt64(count) {
      throw BenchmarkError(.invalidArgument, "index \(index) is out of range; the run has \(count) samples (from 0)")
    }
    sample = handle.sample(Int(index)).pointer
  }
  return sample
}

@_cdecl("gb_run_info") @implementation
public func gb_run_info(_ run: OpaquePointer?) -> UnsafePointer<CChar>? {
  var info: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in info = try RunHandle.from(run, "run").info.pointer }
  return info
}

@_cdecl("gb_run_free") @implementation
public func gb_run_free(_ run: OpaquePointer?) { Handle.free(run) }
