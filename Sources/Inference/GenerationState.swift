import Evaluation
import Support
import Tokenization

/// A text in the making: what one generation holds between its tokens.
struct GenerationState {
  let request: GenerationRequest
  private(set) var tokens: [Int32] = []
  /// Set once the generation has ended.
  private(set) var finishReason: FinishReason?
  private var output: StoppedText
  /// What takes the place of `output` where thoughts are kept apart.
  private var thoughts: ThoughtText?
  /// The tokens of prompt and text, where a repetition penalty wants them.
  private var seen: Set<Int32> = []

  init(_ request: GenerationRequest, tokenizer: Tokenizer) {
    self.request = request
    output = StoppedText(stops: request.stops)
    thoughts = request.thinking.map { ThoughtText($0, stops: request.stops, tokenizer: tokenizer) }
    if request.sampling.repetitionPenalty != 1 { seen = Set(request.prompt) }
    tokens.reserveCapacity(min(request.mostTokens, 1024))
  }

  /// Whether the next token is chosen by a row of logits; by the greatest of them otherwise.
  var needsRow: Bool { request.sampling.needsRow }

  /// What was made, once the generation has ended.
  func result(prefillSeconds: Double, decodeSeconds: Double) -> Generation {
    Generation(
      text: thoughts?.text ?? output.text, tokens: tokens, promptTokenCount: request.promptTokenCount,
      truncatedTokens: request.truncatedTokens, finishReason: finishReason ?? .cancelled,
      prefillSeconds: prefillSeconds, decodeSeconds: decodeSeconds, thought: thoughts?.thought,
      answerTokens: thoughts?.answerTokens)
  }

  /// The next token: by the logits behind the last one, unless a thought is being closed by force.
  mutating func next(from logits: LogitSummary) -> Int32 {
    let chosen = request.sampling.choose(logits, index: tokens.count, seen: seen)
    return thoughts?.forcedToken(insteadOf: chosen) ?? chosen
  }

  /// Takes the next token, and calls `onToken` with the text it adds and the part that this belongs to: once, or once for
  /// each part that the token adds to. The generation may have ended then.
  mutating func append(_ token: Int32, by tokenizer: Tokenizer, onToken: (Int32, String, TextPart) -> Bool) {
    tokens.append(token)
    if request.sampling.repetitionPenalty != 1 { seen.insert(token) }
    if thoughts != nil { return appendThinking(token, tokenizer, onToken) }
    if request.endTokens.contains(token) {
      finishReason = .endOfText
      return
    }
    let added = output.append(tokenizer.bytes(of: token, after: tokens.dropLast()))
    if !onToken(token, added, .answer) {
      finishReason = .cancelled
    } else if output.isStopped {
      finishReason = .stop
    } else if tokens.count == request.maximumTokens {
      finishReason = .length
    }
  }

  /// The same where thoughts are kept apart.
  private mutating func appendThinking(
    _ token: Int32, _ tokenizer: Tokenizer, _ onToken: (Int32, String, TextPart) -> Bool
  ) {
    guard var thoughts = thoughts.take() else { return }
    defer { self.thoughts = thoughts }
    var goesOn = true
    func give(_ part: TextPart, _ text: String) {
      // A text that is ended is not shown any further.
      if goesOn { goesOn = onToken(token, text, part) }
    }
    if request.endTokens.contains(token) {
      finishReason = .endOfText
      thoughts.finish(give)
      thoughts.countEnd()
    } else {
      thoughts.take(token, tokenizer.bytes(of: token, after: tokens.dropLast()), give)
      let isSpent = thoughts.hasAnswer(of: request.maximumTokens) || tokens.count >= request.mostTokens
      if isSpent || !goesOn || thoughts.isStopped { thoughts.finish(give) }
      if isSpent { finishReason = .length }
    }
    if !goesOn {
      finishReason = .cancelled
    } else if thoughts.isStopped {
      finishReason = .stop
    }
  }
}
