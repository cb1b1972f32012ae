import Support

/// A response with its cost in tokens and time: what a provider returns for a request.
package struct Answer: Sendable, Equatable {
  package let response: Response
  package let usage: Usage
  /// What was generated, one text after another, or the continuations that were scored. // [tokens]
  package let tokens: [Int32]
  /// The natural-log probability of each token of the continuations; nil of generated text. // [tokens]
  package let logProbabilities: [Float]?
  /// Seconds of the model's time: its share of the passes that it was in, by the tokens computed for it.
  package let seconds: Double

  package init(response: Response, usage: Usage, tokens: [Int32], logProbabilities: [Float]?, seconds: Double) {
    self.response = response
    self.usage = usage
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.seconds = seconds
  }
}

/// The tokens of one request.
package struct Usage: Sendable, Equatable {
  /// Of the prompt, before any was dropped.
  package var promptTokens: Int
  /// Tokens that were made, or scored.
  package var outputTokens: Int
  /// Tokens that were dropped from the front of the prompt so that it fits; 0 almost always.
  package var truncatedTokens: Int
  /// Tokens that went through the model for it.
  package var computedTokens: Int
  /// Tokens whose keys and values another request had left in the prefix cache.
  package var reusedTokens: Int

  package init(
    promptTokens: Int = 0, outputTokens: Int = 0, truncatedTokens: Int = 0, computedTokens: Int = 0,
    reusedTokens: Int = 0
  ) {
    self.promptTokens = promptTokens
    self.outputTokens = outputTokens
    self.truncatedTokens = truncatedTokens
    self.computedTokens = computedTokens
    self.reusedTokens = reusedTokens
  }

  /// Tokens that had to be there, computed or reused.
  package var heldTokens: Int { computedTokens + reusedTokens }

  package var json: JSONValue {
    [
      "prompt_tokens": JSONValue(promptTokens), "output_tokens": JSONValue(outputTokens),
      "truncated_tokens": JSONValue(truncatedTokens), "computed_tokens": JSONValue(computedTokens),
      "reused_tokens": JSONValue(reusedTokens),
    ]
  }

  /// The counts behind their JSON; nil if one is missing.
  package init?(json value: JSONValue) {
    guard let object = value.objectValue, let prompt = object["prompt_tokens"]?.integerValue,
      let output = object["output_tokens"]?.integerValue, let truncated = object["truncated_tokens"]?.integerValue,
      let computed = object["computed_tokens"]?.integerValue, let reused = object["reused_tokens"]?.integerValue
    else { return nil }
    self.init(
      promptTokens: prompt, outputTokens: output, truncatedTokens: truncated, computedTokens: computed,
      reusedTokens: reused)
  }
}
