import CGemmaBench
import Inference
import Plan
import Records
import Running
import Store
import Support

@_cdecl("gb_measure_speed") @implementation
public func gb_measure_speed(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ model: OpaquePointer?,
  _ options: UnsafePointer<gb_speed_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let model = try ModelHandle.from(model, "model").provider
    let given = try Options.read(options, zero: gb_speed_options(), "gb_speed_options")
    var options = SpeedBenchmark.Options()
    if given.prompt_tokens != 0 { options.promptTokens = Int(given.prompt_tokens) }
    if given.generated_tokens != 0 { options.generatedTokens = Int(given.generated_tokens) }
    if given.repetitions != 0 { options.repetitions = Int(given.repetitions) }
    if given.batch_count > 0 {
      let sizes = try Boundary.require(given.batch_sizes, "gb_speed_options: batch_sizes")
      options.batchSizes = (0..<given.batch_count).map { Int(sizes[$0]) }
    }
    let progress = Options.progress(given.progress, given.user_data)
    let benchmark = try SpeedBenchmark(model, options: options)
    let result = try benchmark.run { (done, total) throws(BenchmarkError) in
      let state = Progress(stage: .speed, message: model.name, completed: done, total: total)
      if !progress(state) { throw BenchmarkError(.cancelled, "\(model.name): the measurement was cancelled") }
    }
    out.pointee = try Boundary.copy(result.text())
  }
}
