import CGemmaBench
import Checkpoints
import Inference
import Plan
import Quantization
import Records
import Running
import Store
import Support

@_cdecl("gb_quantize_model") @implementation
public func gb_quantize_model(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ model: UnsafePointer<CChar>?,
  _ output: UnsafePointer<CChar>?, _ options: UnsafePointer<gb_quantize_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let model = try Boundary.path(model, "model")
    let output = try Boundary.path(output, "output")
    if output.isEmpty { throw BenchmarkError(.invalidArgument, "output: empty; the path of a .gguf file is needed") }
    let options = try Options.read(options, zero: gb_quantize_options(), "gb_quantize_options")
    if options.force == 0 { try FileSystem.checkFree(output) }
    let scheme = try QuantizationScheme(
      name: try Boundary.optionalText(options.type, "gb_quantize_options: type") ?? "q4_k")
    let source = LocalSource(
      ModelSpecification(
        model, name: model,
        cacheFolder: try Boundary.optionalPath(options.cache_dir, "gb_quantize_options: cache_dir")))
    let progress = Options.progress(options.progress, options.user_data)
    let path = try source.path { progress(Progress($0, of: model)) }
    let quantizer = try ModelQuantizer(model: path, scheme: scheme)
    try quantizer.write(to: output, threads: Int(options.threads)) { (done, total) throws(BenchmarkError) in
      let state = Progress(stage: .quantize, message: model, completed: Int(done), total: Int(total))
      if !progress(state) { throw BenchmarkError(.cancelled, "\(model): quantising was cancelled") }
    }
    var result: JSONObject = ["path": .string(output), "type": .string(scheme.name)]
    for (key, value) in quantizer.summary.json.members { result[key] = value }
    out.pointee = try Boundary.copy(JSONValue.object(result).text())
  }
}
