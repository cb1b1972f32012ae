import Support

extension SamplingParameters {
  /// How the publisher of a checkpoint folder wants it sampled: what generation_config.json says, read as `transformers`
  /// reads it; nil where there is no such file. Errors: a file that is not a JSON object, a value that cannot be used.
  package static func recommended(folder: String, seed: UInt64) throws(BenchmarkError) -> SamplingParameters? {
    let path = "\(folder)/generation_config.json"
    guard FileSystem.isFile(path) else { return nil }
    let value = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython)
    guard let object = value.objectValue else {
      throw BenchmarkError(.invalidFile, "\(path): a JSON object was expected, not \(value.typeName)")
    }
    return try recommended(generationConfiguration: object, path: path, seed: seed)
  }

  /// The parameters of a generation_config.json: greedy unless `do_sample` is true; what it does not set is the default of
  /// `transformers` (`GenerationConfig._get_default_generation_params`: temperature 1, top_k 50, top_p 1).
  ///
  /// Errors: a value of another type, or outside its range.
  package static func recommended(generationConfiguration object: JSONObject, path: String, seed: UInt64)
    throws(BenchmarkError) -> SamplingParameters
  {
    func number(_ key: String, or standard: Double) throws(BenchmarkError) -> Double {
      switch object[key] {
      case nil, .null?: return standard
      case let value?:
        guard let number = value.doubleValue else {
          throw BenchmarkError(
            .invalidFile, "\(path): \"\(key)\" must be a number, not \(value.typeName)", key: key)
        }
        return number
      }
    }
    let samples: Bool
    switch object["do_sample"] {
    case nil, .null?: samples = false
    case .bool(let value)?: samples = value
    case let value?:
      throw BenchmarkError(
        .invalidFile, "\(path): \"do_sample\" must be true or false, not \(value.typeName)", key: "do_sample")
    }
    let penalty = try number("repetition_penalty", or: 1)
    let topK = try number("top_k", or: 50)
    guard let wholeTopK = Int(exactly: topK) else {
      throw BenchmarkError(.invalidFile, "\(path): \"top_k\" must be a whole number, not \(topK)", key: "top_k")
    }
    let (temperature, topP, minP) = (
      try number("temperature", or: 1), try number("top_p", or: 1), try number("min_p", or: 0)
    )
    do throws(BenchmarkError) {
      guard samples, temperature != 0 else {
        return try SamplingParameters(temperature: 0, repetitionPenalty: penalty, seed: 0)
      }
      return try SamplingParameters(
        temperature: temperature, topK: wholeTopK, topP: topP, minP: minP, repetitionPenalty: penalty, seed: seed)
    } catch { throw BenchmarkError(.invalidFile, "\(path): \(error.message)") }
  }
}
