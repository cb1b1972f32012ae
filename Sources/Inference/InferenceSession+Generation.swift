import Evaluation
import Support

/// A generation as tokens, and what it took.
package struct Generation: Sendable {
  /// The text, cut before the first stop.
  package let text: String
  /// Every token that was made, those of a stop and of the end included.
  package let tokens: [Int32]
  package let promptTokenCount: Int
  /// Tokens that were dropped from the front of the prompt so that it fits.
  package let truncatedTokens: Int
  package let finishReason: FinishReason
  /// Seconds of reading the prompt and of making tokens; of one that ran beside others, its share of the passes.
  package let prefillSeconds: Double
  package let decodeSeconds: Double
}

extension InferenceSession {
  /// Continues a prompt, greedily unless a sampling is given: the most probable token each time, the lowest id among equals.
  ///
  /// BOS stands in front of the prompt, once. A prompt that opens a turn of a chat is answered until the turn ends. A
  /// prompt that would leave no room for `maximumTokens` is cut after BOS. The
  /// stops are looked for in the text made, and the text is cut before the first of them. `onToken` sees each token and
  /// the text it adds, and ends the generation by returning false.
  package func generate(
    prompt: String, stops: [String], maximumTokens: Int, sampling: SamplingParameters = .greedy,
    onToken: ((Int32, String) -> Bool)? = nil
  ) throws(BenchmarkError) -> Generation {
    try generate(
      try model.generationRequest(prompt: prompt, stops: stops, maximumTokens: maximumTokens, sampling: sampling),
      onToken: onToken)
  }

  func generate(_ request: GenerationRequest, onToken: ((Int32, String) -> Bool)? = nil) throws(BenchmarkError)
    -> Generation
  {
    var state = GenerationState(request)
    let start = Clock.seconds()
    var logits = try self.logits(of: request.prompt, logitCount: 1)
    let decodeStart = Clock.seconds()
    while true {
      let token = state.next(from: logits, row: 0)
      state.append(token, of: model, onToken: onToken)
      if state.finishReason != nil { break }
      logits = try next(token)
    }
    return state.result(prefillSeconds: decodeStart - start, decodeSeconds: Clock.seconds() - decodeStart)
  }
}
