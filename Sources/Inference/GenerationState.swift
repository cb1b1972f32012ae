import Evaluation
import Support
import Transformer

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

  /// What was made, once the generation has ended.
  func result(prefillSeconds: Double, decodeSeconds: Double) -> Generation {
    Generation(
      text: output.text, tokens: tokens, promptTokenCount: request.promptTokenCount,
      truncatedTokens: request.truncatedTokens, finishReason: finishReason ?? .cancelled,
      prefillSeconds: prefillSeconds, decodeSeconds: decodeSeconds)
  }

  /// The next token, by a row of logits.
  func next(from logits: Logits, row: Int) -> Int32 { request.sampling.choose(logits, row: row, index: tokens.count) }

  /// Takes the next token, and calls `onToken` with the text it adds; the generation may have ended then.
  mutating func append(_ token: Int32, of model: Model, onToken: ((Int32, String) -> Bool)? = nil) {
    tokens.append(token)
    if request.endTokens.contains(token) {
      finishReason = .endOfText
      return
    }
    let added = output.append(model.tokenizer.bytes(of: token, after: tokens.dropLast()))
    if let onToken, !onToken(token, added) {
      finishReason = .cancelled
    } else if output.isStopped {
      finishReason = .stop
    } else if tokens.count == request.maximumTokens {
      finishReason = .length
    }
  }
}
