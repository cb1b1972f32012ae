import Support
import Tasks

extension Measurement {
  /// The measurement as JSON; what the system does not say is null.
  var json: JSONValue {
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
  init?(_ value: JSONValue) {
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
