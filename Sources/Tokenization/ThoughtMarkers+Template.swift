import Evaluation

extension ThoughtMarkers {
  /// The markers that a chat template writes; of several those that are tokens of the vocabulary. Nil where it writes none.
  ///
  /// The closing marker decides: a template that drops thoughts of earlier turns cuts at it.
  package static func find(template: String, tokenizer: Tokenizer) -> ThoughtMarkers? {
    let written = all.filter { ByteText.contains(template, $0.closing) }
    return written.first { tokenizer.token(of: $0.opening) != nil && tokenizer.token(of: $0.closing) != nil }
      ?? written.first
  }

  /// The known markers that are both tokens of a vocabulary; nil where there are none.
  package static func find(tokenizer: Tokenizer) -> ThoughtMarkers? {
    all.first { tokenizer.token(of: $0.opening) != nil && tokenizer.token(of: $0.closing) != nil }
  }
}
