/// A text to be generated: it ends at one of the stop strings, at the model's own end of text, or at a count of tokens.
package struct TextRequest: Sendable, Equatable {
  package var prompt: String
  /// Texts that end the answer; within a thought they end nothing.
  package var stop: [String]
  /// Tokens that the answer may have; those of a thought have a limit of their own.
  package var maxTokens: Int
  package var sampling: SamplingParameters
  /// How many texts are made, each with random numbers of its own.
  package var repeats: Int
  /// How thoughts are kept apart from the answer; nil: whatever the model writes is its answer.
  package var thinking: Thinking?
  /// Where `maxTokens` is a default that gives way to the prompt: the tokens that are left to the answer in any case. Nil: it was
  /// asked for. Once a provider has fitted the request it has no meaning.
  package var leastTokens: Int?

  package init(
    prompt: String, stop: [String], maxTokens: Int, sampling: SamplingParameters = .greedy, repeats: Int = 1,
    thinking: Thinking? = nil
  ) {
    self.prompt = prompt
    self.stop = stop
    self.maxTokens = maxTokens
    self.sampling = sampling
    self.repeats = repeats
    self.thinking = thinking
  }

  /// Tokens that one text may have at most, those of a thought among them; without a budget
  /// `Thinking.assumedTokens` stand for those.
  package var mostTokens: Int { maxTokens + (thinking.map { $0.budget ?? Thinking.assumedTokens } ?? 0) }
}
