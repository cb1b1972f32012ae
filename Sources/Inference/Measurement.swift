import Evaluation
import Support
import Transformer

/// A prompt to be continued by an exact count of tokens, several times over, to see what it takes.
package struct MeasurementRequest: Sendable, Equatable {
  package let text: String
  /// The prompt in tokens, and how many are to be made.
  package let generation: GenerationRequest
  /// Generations that count.
  package let repetitions: Int
  /// Generations before them that do not.
  package let warmup: Int

  /// Rows that go through the model, those of the warm-up included: nothing is shared.
  var rowCount: Int { (warmup + repetitions) * (generation.prompt.count + generation.maximumTokens - 1) }
}

/// Measures a request: the warm-up's generations first, then those that count; nil if `onToken`, which is asked between tokens,
/// said to stop.
package typealias MeasurementHandler = (
  _ request: MeasurementRequest, _ onToken: () -> Bool
) throws(BenchmarkError) -> [TimedGeneration]?

/// A generation of an exact count of tokens, and what it took.
package struct TimedGeneration: Sendable, Equatable {
  package let tokens: [Int32]
  package var measurement: Measurement
}

extension RequestMaking {
  /// A request to measure; a prompt that leaves no room for the tokens is cut after BOS, as for a generation.
  package func measurementRequest(prompt: String, tokens: Int, repetitions: Int, warmup: Int) throws(BenchmarkError)
    -> MeasurementRequest
  {
    MeasurementRequest(
      text: prompt, generation: try generationRequest(prompt: prompt, stops: [], maximumTokens: tokens),
      repetitions: repetitions, warmup: warmup)
  }
}

extension Model {
  /// Continues a prompt greedily by exactly so many tokens and says what it took; nil if `onToken` said to stop.
  ///
  /// The keys and values are its own and begin empty. `onToken` is called outside of what is timed.
  package func time(_ request: MeasurementRequest, onToken: () -> Bool) throws(BenchmarkError) -> TimedGeneration? {
    let use = ProcessorUse.current
    let start = Clock.seconds()
    let prompt = try generationRequest(
      prompt: request.text, stops: [], maximumTokens: request.generation.maximumTokens)
    let divided = Clock.seconds()
    let cache = try language.makeCache(capacity: prompt.prompt.count + prompt.maximumTokens)
    var token = try language.forward(prompt.prompt, cache: cache, logitCount: 1).greatest(0)
    let prefillSeconds = Clock.seconds() - divided
    var tokens = [token]
    var stepSeconds: [Double] = []
    stepSeconds.reserveCapacity(prompt.maximumTokens)
    while tokens.count < prompt.maximumTokens {
      if !onToken() { return nil }
      let stepStart = Clock.seconds()
      token = try language.forward([token], cache: cache, logitCount: 1).greatest(0)
      stepSeconds.append(Clock.seconds() - stepStart)
      tokens.append(token)
    }
    let others = use.flatMap { earlier in ProcessorUse.current.map { $0.secondsOfOthers(since: earlier) } }
    return TimedGeneration(
      tokens: tokens,
      measurement: Measurement(
        promptTokens: prompt.prompt.count, timeToFirstTokenSeconds: divided - start + prefillSeconds,
        prefillSeconds: prefillSeconds, interTokenSeconds: stepSeconds,
        ignoredEndTokens: tokens.count { prompt.endTokens.contains($0) },
        peakMemoryBytes: ProcessMemory.peakResidentBytes, otherProcessorSeconds: others))
  }
}
