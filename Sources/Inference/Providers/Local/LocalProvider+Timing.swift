import Evaluation
import Support

extension LocalProvider {
  package func time(_ prompt: String, outputTokens: Int, goesOn: () -> Bool) throws(BenchmarkError) -> TimedGeneration?
  {
    let use = ProcessorUse.current
    let start = Clock.seconds()
    let request = try requestTokenizer.generationRequest(prompt: prompt, stops: [], maximumTokens: outputTokens)
    let dividingSeconds = Clock.seconds() - start
    var limits = BatchLimits()
    limits.rows = max(limits.rows, request.prompt.count)
    var prefillSeconds = 0.0
    var stepSeconds: [Double] = []
    stepSeconds.reserveCapacity(outputTokens)
    var made: Generation?
    // Tokens that end a text are passed over, so that every model makes the same count.
    try scheduler(limits).run(
      [.generate(request.endless)],
      onPass: { pass in
        if pass.generatedRows == 0 { prefillSeconds += pass.seconds } else { stepSeconds.append(pass.seconds) }
        return goesOn()
      }
    ) { _, response, _ in
      if case .generate(let generation) = response { made = generation }
    }
    guard let made else { return nil }
    let others = use.flatMap { earlier in ProcessorUse.current.map { $0.secondsOfOthers(since: earlier) } }
    return TimedGeneration(
      tokens: made.tokens,
      measurement: Measurement(
        promptTokens: request.prompt.count, timeToFirstTokenSeconds: dividingSeconds + prefillSeconds,
        prefillSeconds: prefillSeconds, interTokenSeconds: stepSeconds,
        ignoredEndTokens: made.tokens.count { request.endTokens.contains($0) },
        peakMemoryBytes: ProcessMemory.peakResidentBytes, otherProcessorSeconds: others))
  }

  /// Measures a timing request; nil if `goesOn`, which is asked between tokens now and then, said to stop.
  func measured(_ request: Request, _ measuring: MeasurementHandler?, goesOn: () throws(BenchmarkError) -> Bool)
    throws(BenchmarkError) -> [TimedGeneration]?
  {
    guard case .timing(let prompt, let outputTokens, let repetitions, let warmup) = request else { return [] }
    let interval = 0.1
    var asked = Clock.seconds()
    var failure: BenchmarkError?
    func asks() -> Bool {
      if Clock.seconds() - asked < interval { return true }
      asked = Clock.seconds()
      do throws(BenchmarkError) { return try goesOn() } catch {
        failure = error
        return false
      }
    }
    var made: [TimedGeneration]? = []
    if let measuring {
      made = try measuring(request, asks)
    } else {
      for _ in 0..<warmup + repetitions {
        guard let timed = try time(prompt, outputTokens: outputTokens, goesOn: asks) else {
          made = nil
          break
        }
        made?.append(timed)
      }
    }
    if let failure { throw failure }
    return made
  }
}

extension GenerationRequest {
  /// The same without tokens that end it.
  var endless: GenerationRequest {
    var request = self
    request.endTokens = []
    return request
  }
}
