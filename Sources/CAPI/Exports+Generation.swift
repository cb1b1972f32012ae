import CGemmaBench
import Evaluation
import Inference
import Support

@_cdecl("gb_generate") @implementation
public func gb_generate(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ model: OpaquePointer?, _ prompt: UnsafePointer<CChar>?,
  _ options: UnsafePointer<gb_generate_options>?
) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let model = try ModelHandle.from(model, "model").provider
    let prompt = try Boundary.text(prompt, "prompt")
    let options = try Options.read(options, zero: gb_generate_options(), "gb_generate_options")
    let maximumTokens = options.max_tokens == 0 ? min(256, model.contextLength - 1) : Int(options.max_tokens)
    var stops: [String] = []
    if options.stop_count > 0 {
      let list = try Boundary.require(options.stops, "gb_generate_options: stops")
      for index in 0..<options.stop_count { stops.append(try Boundary.text(list[index], "stops[\(index)]")) }
    }
    try Options.checkReserved(options.reserved, "gb_generate_options")
    let sampling = try SamplingParameters(
      temperature: options.temperature, topK: Int(options.top_k), topP: options.top_p == 0 ? 1 : options.top_p,
      seed: options.seed == 0 ? 1234 : options.seed)
    var onToken: ((Int32, String, TextPart) -> Bool)?
    if let callback = options.on_token {
      let userData = options.user_data
      onToken = { token, text, _ in text.withCString { callback(token, $0, userData) } == 0 }
    }
    let generation = try model.generate(
      prompt: prompt, stops: stops, maximumTokens: maximumTokens, sampling: sampling, onToken: onToken)
    out.pointee = GenerationHandle(generation).retained()
  }
}

@_cdecl("gb_generation_text") @implementation
public func gb_generation_text(_ generation: OpaquePointer?) -> UnsafePointer<CChar>? {
  var text: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in
    text = try GenerationHandle.from(generation, "generation").text.pointer
  }
  return text
}

@_cdecl("gb_generation_info") @implementation
public func gb_generation_info(_ generation: OpaquePointer?) -> UnsafePointer<CChar>? {
  var info: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in
    info = try GenerationHandle.from(generation, "generation").info.pointer
  }
  return info
}

@_cdecl("gb_generation_free") @implementation
public func gb_generation_free(_ generation: OpaquePointer?) { Handle.free(generation) }
