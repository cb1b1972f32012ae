import Evaluation
import Support
import Tokenization

/// How a generation thinks, as tokens.
package struct ThinkingTokens: Sendable, Equatable {
  package let markers: ThoughtMarkers
  package let startsInThought: Bool
  /// Tokens of thought after which it is closed by force; nil: no such count.
  package let budget: Int?
  /// The tokens that close a thought by force, and those that close one which has nothing yet: with its label, as the
  /// family's own empty thoughts have it.
  package let closing: [Int32]
  package let closingAtOnce: [Int32]
  /// The token that closes a thought; nil where the vocabulary spells it in several.
  package let closingToken: Int32?
  /// Tokens that thoughts and answer may take together.
  package var mostTokens: Int
}

extension RequestTokenizer {
  /// Thinking as tokens of this vocabulary, before it is known what the context leaves: `mostTokens` are those that an
  /// answer of `maximumTokens` and the budget need, markers and a closing by force among them; without a budget those of
  /// the answer alone.
  ///
  /// Errors: a budget below 0; markers with a token that the embedding table has no row for.
  func thinkingTokens(_ thinking: Thinking, maximumTokens: Int) throws(BenchmarkError) -> ThinkingTokens {
    if let budget = thinking.budget, budget < 0 {
      throw BenchmarkError(.invalidArgument, "thinking budget \(budget): must be 0 or more")
    }
    let markers = thinking.markers
    func tokens(_ text: String) throws(BenchmarkError) -> [Int32] {
      let tokens = tokenizer.encode(text, addBeginningOfSequence: false)
      try check(tokens)
      return tokens
    }
    let closing = try tokens(markers.forcedClosing)
    let closingAtOnce = try tokens(markers.label + markers.forcedClosing)
    var most = maximumTokens
    if let budget = thinking.budget {
      let more = try tokens(markers.opening).count + max(closing.count, closingAtOnce.count)
      let (sum, overflows) = budget.addingReportingOverflow(more)
      let (all, overflowsToo) = sum.addingReportingOverflow(maximumTokens)
      most = overflows || overflowsToo ? Int.max : all
    }
    return ThinkingTokens(
      markers: markers, startsInThought: thinking.startsInThought, budget: thinking.budget, closing: closing,
      closingAtOnce: closingAtOnce, closingToken: tokenizer.token(of: markers.closing), mostTokens: most)
  }
}
