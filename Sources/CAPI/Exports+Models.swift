import CGemmaBench
@preconcurrency import Glibc
import Inference
import Plan
import Records
import Running
import Store
import Support

@_cdecl("gb_load_model") @implementation
public func gb_load_model(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?,
  _ options: UnsafePointer<gb_load_options>?
) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let path = try Boundary.path(path, "path")
    let options = try Options.read(options, zero: gb_load_options(), "gb_load_options")
    let progress = Options.progress(options.progress, options.user_data)
    let source = LocalSource(try Options.model(path, options))
    let model = try source.load { progress(Progress($0, of: source.name)) }
    Log.write(
      GB_LOG_INFO,
      "\(model.name): \(model.model?.facts.parameterCount ?? 0) parameters in \(model.loadSeconds.fixed(2)) s")
    for warning in model.warnings { Log.write(GB_LOG_WARNING, warning) }
    out.pointee = ModelHandle(model).retained()
  }
}

@_cdecl("gb_memory_estimate") @implementation
public func gb_memory_estimate(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ model: UnsafePointer<CChar>?,
  _ options: UnsafePointer<gb_load_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let model = try Boundary.path(model, "model")
    let options = try Options.read(options, zero: gb_load_options(), "gb_load_options")
    let memory = try LocalSource(try Options.model(model, options)).memory()
    out.pointee = try Boundary.copy(memory.text())
  }
}

@_cdecl("gb_model_info") @implementation
public func gb_model_info(_ model: OpaquePointer?) -> UnsafePointer<CChar>? {
  var info: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in info = try ModelHandle.from(model, "model").info.pointer }
  return info
}

@_cdecl("gb_model_free") @implementation
public func gb_model_free(_ model: OpaquePointer?) { Handle.free(model) }

@_cdecl("gb_tokenize") @implementation
public func gb_tokenize(
  _ out_tokens: UnsafeMutablePointer<UnsafeMutablePointer<Int32>?>?, _ out_count: UnsafeMutablePointer<Int>?,
  _ model: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ add_bos: Int32
) -> gb_status {
  out_tokens?.pointee = nil
  out_count?.pointee = 0
  return Boundary.run { () throws(BenchmarkError) in
    let outTokens = try Boundary.require(out_tokens, "out_tokens")
    let outCount = try Boundary.require(out_count, "out_count")
    let model = try ModelHandle.from(model, "model").provider
    let tokens = model.tokenizer.encode(try Boundary.text(text, "text"), addBeginningOfSequence: add_bos != 0)
    let memory = try Boundary.allocate(tokens.count, of: Int32.self)
    memory.update(from: tokens, count: tokens.count)
    outTokens.pointee = memory
    outCount.pointee = tokens.count
  }
}

@_cdecl("gb_detokenize") @implementation
public func gb_detokenize(
  _ out_text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ model: OpaquePointer?,
  _ tokens: UnsafePointer<Int32>?, _ count: Int
) -> gb_status {
  out_text?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_text, "out_text")
    let model = try ModelHandle.from(model, "model").provider
    // A tokenizer may have entries beyond the rows of the model, and a model rows beyond the tokenizer.
    let size = max(model.tokenizer.vocabularySize, model.requestTokenizer.configuration.vocabularySize)
    out.pointee = try Boundary.copy(model.tokenizer.decode(try tokenArray(tokens, count, "tokens", size: size)))
  }
}

@_cdecl("gb_tokens_free") @implementation
public func gb_tokens_free(_ tokens: UnsafeMutablePointer<Int32>?) { free(tokens) }

@_cdecl("gb_score_tokens") @implementation
public func gb_score_tokens(
  _ out_log_probabilities: UnsafeMutablePointer<Float>?, _ model: OpaquePointer?, _ context: UnsafePointer<Int32>?,
  _ context_count: Int, _ continuation: UnsafePointer<Int32>?, _ continuation_count: Int
) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_log_probabilities, "out_log_probabilities")
    let model = try ModelHandle.from(model, "model").provider
    let size = model.requestTokenizer.configuration.vocabularySize
    let contextTokens = try tokenArray(context, context_count, "context", size: size)
    let continuationTokens = try tokenArray(continuation, continuation_count, "continuation", size: size)
    if contextTokens.count + continuationTokens.count - 1 > model.contextLength {
      throw BenchmarkError(
        .invalidArgument,
        "\(contextTokens.count) and \(continuationTokens.count) tokens do not fit the context length"
          + " \(model.contextLength); load the model with a larger context_length")
    }
    let score = try model.score(context: contextTokens, continuation: continuationTokens)
    out.update(from: score.logProbabilities, count: score.logProbabilities.count)
  }
}

/// Tokens of a C array, each one below `size`.
private func tokenArray(_ tokens: UnsafePointer<Int32>?, _ count: Int, _ name: String, size: Int)
  throws(BenchmarkError) -> [Int32]
{
  if count == 0 { return [] }
  let tokens = try Boundary.require(tokens, name)
  if count < 0 || count > 1 << 28 {
    throw BenchmarkError(.invalidArgument, "\(name): count \(count) is outside 0 to \(1 << 28)")
  }
  let array = Array(UnsafeBufferPointer(start: tokens, count: count))
  if let wrong = array.first(where: { $0 < 0 || $0 >= size }) {
    throw BenchmarkError(.invalidArgument, "\(name): token \(wrong): the vocabulary has the ids 0 to \(size - 1)")
  }
  return array
}
