import Support

/// The times of one generation of an exact number of tokens, run alone and without the prefix cache.
package struct Measurement: Sendable, Equatable {
  /// Tokens of the prompt that were read.
  package let promptTokens: Int
  /// From the text of the prompt to its first token: dividing into tokens, reading them, choosing.
  package let timeToFirstTokenSeconds: Double
  /// The part of it that reads the tokens and chooses.
  package let prefillSeconds: Double
  /// From each token to the next. // [output tokens - 1]
  package let interTokenSeconds: [Double]
  /// Tokens made that end a text: passed over, so that every model makes the same count.
  package let ignoredEndTokens: Int
  /// The most memory the process held at a time, up to the end of this generation; nil if the system does not say.
  package var peakMemoryBytes: Int?
  /// Seconds that processors worked for other processes meanwhile; nil if the system does not say.
  package let otherProcessorSeconds: Double?

  /// Tokens that were made.
  package var outputTokens: Int { interTokenSeconds.count + 1 }
  /// From the text of the prompt to the last token.
  package var seconds: Double { timeToFirstTokenSeconds + interTokenSeconds.reduce(0, +) }

  /// Seconds are kept to the nanosecond: the clock knows no more.
  package init(
    promptTokens: Int, timeToFirstTokenSeconds: Double, prefillSeconds: Double, interTokenSeconds: [Double],
    ignoredEndTokens: Int, peakMemoryBytes: Int?, otherProcessorSeconds: Double? = nil
  ) {
    func nanoseconds(_ value: Double) -> Double { (value * 1e9).rounded() / 1e9 }
    self.promptTokens = promptTokens
    self.timeToFirstTokenSeconds = nanoseconds(timeToFirstTokenSeconds)
    self.prefillSeconds = nanoseconds(prefillSeconds)
    self.interTokenSeconds = interTokenSeconds.map(nanoseconds)
    self.ignoredEndTokens = ignoredEndTokens
    self.peakMemoryBytes = peakMemoryBytes
    self.otherProcessorSeconds = otherProcessorSeconds.map(nanoseconds)
  }
}

extension Measurement {
  /// The measurement as JSON; what the system does not say is null.
  package var json: JSONValue {
    [
      "prompt_tokens": JSONValue(promptTokens), "output_tokens": JSONValue(outputTokens),
      "time_to_first_token_seconds": .number(timeToFirstTokenSeconds), "prefill_seconds": .number(prefillSeconds),
      "inter_token_seconds": .array(interTokenSeconds.map { .number($0) }),
      "ignored_end_tokens": JSONValue(ignoredEndTokens),
      "peak_memory_bytes": peakMemoryBytes.map { JSONValue($0) } ?? .null,
      "other_processor_seconds": JSONValue(optional: otherProcessorSeconds),
    ]
  }

  /// The measurement behind its JSON; nil if a time is missing or malformed.
  package init?(_ value: JSONValue) {
    guard let object = value.objectValue, let promptTokens = object["prompt_tokens"]?.integerValue,
      let first = object["time_to_first_token_seconds"]?.doubleValue,
      let prefill = object["prefill_seconds"]?.doubleValue, let steps = object["inter_token_seconds"]?.arrayValue
    else { return nil }
    let seconds = steps.compactMap(\.doubleValue)
    if seconds.count != steps.count { return nil }
    self.init(
      promptTokens: promptTokens, timeToFirstTokenSeconds: first, prefillSeconds: prefill, interTokenSeconds: seconds,
      ignoredEndTokens: object["ignored_end_tokens"]?.integerValue ?? 0,
      peakMemoryBytes: object["peak_memory_bytes"]?.integerValue,
      otherProcessorSeconds: object["other_processor_seconds"]?.doubleValue)
  }
}
