import Evaluation
import Support

/// A continuation to be scored after a context, as tokens that fit the model's context length.
package struct ScoreRequest: Sendable, Equatable {
  /// Begins with BOS where the model has one and the tokenizer puts it there; never empty.
  package let context: [Int32]
  /// Never empty.
  package let continuation: [Int32]
  /// Tokens of context and continuation together, before any was dropped.
  package let tokenCount: Int
  /// Tokens that were dropped from the front of the context so that it fits; 0 almost always.
  package let truncatedTokens: Int

  /// What goes through the model: the last token's successor is not asked for.
  var input: [Int32] { context + continuation.dropLast() }

  /// The first position whose logits are needed.
  var firstLogit: Int { context.count - 1 }
}

/// A prompt to be continued, as tokens that leave room for the answer.
package struct GenerationRequest: Sendable, Equatable {
  /// Begins with BOS where the model has one and the tokenizer puts it there; never empty.
  package let prompt: [Int32]
  /// Tokens of the prompt before any was dropped.
  package let promptTokenCount: Int
  /// Tokens that were dropped from the front of the prompt so that it fits.
  package let truncatedTokens: Int
  package let stops: [String]
  /// Tokens that the answer may have.
  package let maximumTokens: Int
  /// Tokens that end the text.
  package var endTokens: Set<Int32>
  package var sampling: SamplingParameters
  /// How thoughts are kept apart from the answer; nil: they are not.
  package var thinking: ThinkingTokens? = nil

  /// Tokens that may be made, those of thoughts and markers among them.
  var mostTokens: Int { thinking?.mostTokens ?? maximumTokens }

  /// The tokens that an estimate counts: of thoughts without a budget `Thinking.assumedTokens`, if the context leaves as many.
  var estimatedTokens: Int {
    guard let thinking, thinking.budget == nil else { return mostTokens }
    return min(mostTokens, maximumTokens + Thinking.assumedTokens)
  }
}

/// A request as tokens: what a `Scheduler` runs.
package enum TokenRequest: Sendable, Equatable {
  case score(ScoreRequest)
  case generate(GenerationRequest)

  /// The tokens whose keys and values are needed before the first answer.
  var input: [Int32] {
    switch self {
    case .score(let request): request.input
    case .generate(let request): request.prompt
    }
  }

  /// The first position whose logits are needed.
  var firstLogit: Int {
    switch self {
    case .score(let request): request.firstLogit
    case .generate(let request): request.prompt.count - 1
    }
  }
}

/// What came of a request as tokens.
package enum TokenResponse: Sendable {
  case score(ContinuationScore)
  case generate(Generation)
}
