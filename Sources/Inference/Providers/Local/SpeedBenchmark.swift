import Support

/// Measures how fast a model reads a prompt and makes tokens, apart from each other and from tokenizing and sampling.
///
/// Every figure is the median of several repetitions, after one that is not counted; the least and the greatest stand
/// beside it.
package struct SpeedBenchmark {
  /// What is measured; nil and empty mean the defaults.
  package struct Options: Sendable {
    /// Tokens of the prompt.
    package var promptTokens = 512
    /// Tokens made, after a prompt of one.
    package var generatedTokens = 128
    package var repetitions = 5
    /// Sequences that are decoded side by side.
    package var batchSizes = [1]
    package init() {}
  }

  private let provider: LocalProvider
  private let model: any SequenceModel
  private let options: Options

  /// Errors: sizes that the model's context does not hold; fewer than one repetition.
  package init(_ provider: LocalProvider, options: Options) throws(BenchmarkError) {
    func check(_ value: Int, _ name: String, _ limit: Int) throws(BenchmarkError) {
      if value < 1 || value > limit {
        throw BenchmarkError(.invalidArgument, "\(name) \(value): must be between 1 and \(limit)")
      }
    }
    try check(options.promptTokens, "prompt_tokens", provider.contextLength)
    try check(options.generatedTokens, "generated_tokens", provider.contextLength - 1)
    try check(options.repetitions, "repetitions", 1000)
    for size in options.batchSizes { try check(size, "batch size", 256) }
    guard let model = provider.model else {
      throw BenchmarkError(.internalError, "internal error: \(provider.name) was opened without weights")
    }
    self.provider = provider
    self.model = model
    self.options = options
  }

  /// Median, least and greatest rate of the repetitions.
  private struct Rates {
    let median: Double
    let least: Double
    let greatest: Double

    init(_ rates: [Double]) {
      let sorted = rates.sorted()
      median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
      least = sorted[0]
      greatest = sorted[sorted.count - 1]
    }

    var json: JSONValue { ["median": .number(median), "least": .number(least), "greatest": .number(greatest)] }
  }

  /// Runs everything and returns a JSON object; `progress` is told repetitions done and all, and cancels by throwing.
  package func run(progress: (Int, Int) throws(BenchmarkError) -> Void) throws(BenchmarkError) -> JSONValue {
    let facts = model.facts
    let total = (options.repetitions + 1) * (1 + options.batchSizes.count)
    var done = 0
    func measure(_ tokens: Int, _ body: () throws(BenchmarkError) -> Double) throws(BenchmarkError) -> Rates {
      var rates: [Double] = []
      for repetition in 0...options.repetitions {
        try progress(done, total)
        let seconds = try body()
        if repetition > 0 { rates.append(Double(tokens) / max(seconds, 1e-9)) }
        done += 1
      }
      return Rates(rates)
    }
    try progress(0, total)
    let machine = try model.machineSpeed()
    let prefill = try measure(options.promptTokens, prefillSeconds)
    var decodes: [JSONValue] = []
    for size in options.batchSizes {
      let rates = try measure(options.generatedTokens * size) { () throws(BenchmarkError) in try decodeSeconds(size) }
      let bytesPerSecond = rates.median / Double(size) * Double(facts.bytesPerPass)
      decodes.append([
        "batch_size": JSONValue(size), "tokens_per_second": rates.json,
        "read_gigabytes_per_second": .number(bytesPerSecond / 1e9),
        "share_of_read_bandwidth": .number(bytesPerSecond / machine.readBytesPerSecond),
      ])
    }
    try progress(total, total)
    let multiplyAdds = prefill.median * Double(facts.multiplyAddsPerToken)
    return [
      "model": provider.facts, "prompt_tokens": JSONValue(options.promptTokens),
      "generated_tokens": JSONValue(options.generatedTokens), "repetitions": JSONValue(options.repetitions),
      "machine": [
        "read_gigabytes_per_second": .number(machine.readBytesPerSecond / 1e9),
        "giga_multiply_adds_per_second": .number(machine.multiplyAddsPerSecond / 1e9),
      ],
      "weight_bytes_per_pass": JSONValue(facts.bytesPerPass),
      "prefill": [
        "tokens_per_second": prefill.json, "giga_multiply_adds_per_second": .number(multiplyAdds / 1e9),
        "share_of_arithmetic_peak": .number(multiplyAdds / machine.multiplyAddsPerSecond),
      ],
      "decode": .array(decodes),
    ]
  }

  /// Token numbers spread over the vocabulary; what they say does not matter to the time they take.
  private func token(_ index: Int) -> Int32 {
    Int32(truncatingIfNeeded: 5 + index &* 7919 % max(1, model.facts.vocabularySize - 5))
  }

  private func prefillSeconds() throws(BenchmarkError) -> Double {
    try seconds([(0..<options.promptTokens).map(token)], outputTokens: 1).prompts
  }

  /// The first token of each text is made by the pass that reads the prompts.
  private func decodeSeconds(_ size: Int) throws(BenchmarkError) -> Double {
    try seconds((0..<size).map { [token($0)] }, outputTokens: options.generatedTokens + 1).steps
  }

  /// What passes take that read prompts, all in one, and those that make tokens, of texts that nothing ends before their length.
  private func seconds(_ prompts: [[Int32]], outputTokens: Int) throws(BenchmarkError) -> (
    prompts: Double, steps: Double
  ) {
    var limits = BatchLimits()
    limits.rows = max(limits.rows, prompts.reduce(0) { $0 + $1.count })
    limits.logitRows = max(limits.logitRows, prompts.count)
    limits.sequences = prompts.count
    let requests = prompts.map { prompt in
      TokenRequest.generate(
        GenerationRequest(
          prompt: prompt, promptTokenCount: prompt.count, truncatedTokens: 0, stops: [], maximumTokens: outputTokens,
          endTokens: [], sampling: .greedy))
    }
    var seconds = (prompts: 0.0, steps: 0.0)
    try provider.scheduler(limits).run(
      requests,
      onPass: { pass in
        if pass.generatedRows == 0 { seconds.prompts += pass.seconds } else { seconds.steps += pass.seconds }
        return true
      }
    ) { _, _, _ in }
    return seconds
  }
}
