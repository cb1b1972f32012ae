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

  init(_ request: GenerationRequest) {
    self.request = request
    output = StoppedText(stops: request.stops)
    tokens.reserveCapacity(min(request.maximumTokens, 1024))
  }

  /// Whether the next token is chosen by a row of logits; by the greatest of them otherwise.
  var needsRow: Bool { request.sampling.needsRow }

  /// What was made, once the generation has ended.
  func result(prefillSeconds: Double, decodeSeconds: Double) -> Generation {
    Generation(
      text: output.text, tokens: tokens, promptTokenCount: request.promptTokenCount,
      truncatedTokens: request.truncatedTokens, finishReason: finishReason ?? .cancelled,
      prefillSeconds: prefillSeconds, decodeSeconds: decodeSeconds)
  }

  /// The next token, by the logits behind the last one.
  func next(from logits: LogitSummary) -> Int32 { request.sampling.choose(logits, index: tokens.count) }

  /// Takes the next token, and calls `onToken` with the text it adds; the generation may have ended then.
  mutating func append(_ token: Int32, by tokenizer: Tokenizer, onToken: (Int32, String) -> Bool) {
    tokens.append(token)
    if request.endTokens.contains(token) {
      finishReason = .endOfText
      return
    }
    let added = output.append(tokenizer.bytes(of: token, after: tokens.dropLast()))
    if !onToken(token, added) {
      finishReason = .cancelled
    } else if output.isStopped {
      finishReason = .stop
    } else if tokens.count == request.maximumTokens {
      finishReason = .length
    }
  }
}
