import Support

/// A token that stands beside the vocabulary of a tokenizer's model and is found whole in a text.
struct AddedToken {
  let text: String
  let identifier: Int
  /// Whether decoding leaves it out.
  let isSpecial: Bool
  /// Whether it is looked for in the normalised text, not in the text as given.
  let isNormalized: Bool
  /// What it does with the text around it.
  var rule = TokenMatcher.Rule()

  init(_ text: String, identifier: Int, isSpecial: Bool, isNormalized: Bool) {
    self.text = text
    self.identifier = identifier
    self.isSpecial = isSpecial
    self.isNormalized = isNormalized
  }

  /// An entry of tokenizer.json's `added_tokens` or of tokenizer_config.json's `added_tokens_decoder`.
  ///
  /// Errors: no text, a negative number.
  init(_ object: JSONObject, identifier: Int, _ place: String, name: String) throws(BenchmarkError) {
    guard let text = object["content"]?.stringValue else {
      throw BenchmarkError(.invalidFile, "\(name): \(place) lacks \"content\" or \"id\"")
    }
    if identifier < 0 {
      throw BenchmarkError(
        .invalidFile, "\(name): added token \(text) has the identifier \(identifier), which is out of range")
    }
    let isSpecial = object["special"]?.boolValue == true
    self.init(
      text, identifier: identifier, isSpecial: isSpecial, isNormalized: object["normalized"]?.boolValue ?? true)
    rule = TokenMatcher.Rule(object)
  }
}

extension TokenMatcher.Rule {
  /// What an added token's entry says of the text around it.
  init(_ object: JSONObject) {
    self.init()
    isSingleWord = object["single_word"]?.boolValue == true
    stripsLeft = object["lstrip"]?.boolValue == true
    stripsRight = object["rstrip"]?.boolValue == true
  }
}

extension TokenizerDefinition {
  /// Adds a token, as `tokenizers` does: one whose text the vocabulary has keeps its identifier there, others get the next
  /// free one, which may lie beyond the model's embedding table: Google's text-only Gemma 3 has one such,
  /// `<image_soft_token>`. A warning tells where that is not the number the file gives. One without a text is passed over.
  mutating func add(_ token: AddedToken, name: String) throws(BenchmarkError) {
    let bytes = Array(token.text.utf8)
    if bytes.isEmpty { return }
    let identifier: Int32
    if let known = vocabulary.identifier(of: token.text) {
      identifier = known
    } else {
      identifier = Int32(clamping: vocabulary.identifierCount)
      guard case .added = vocabulary.add(bytes[...], as: Int(identifier)) else {
        throw BenchmarkError(.invalidFile, "\(name): added token \(token.text): the vocabulary is too large")
      }
    }
    if Int(identifier) != token.identifier {
      warnings.append("\(name): added token \(token.text) is token \(identifier), not \(token.identifier)")
    }
    if token.isSpecial { specialTokens.insert(identifier) }
    if token.isNormalized {
      var normalized = bytes
      for replacement in replacements { normalized = replacement.applied(to: normalized) }
      normalizedTokens.add(normalized, identifier: identifier, rule: token.rule)
    } else {
      rawTokens.add(bytes, identifier: identifier, rule: token.rule)
    }
  }

  /// Adds what the files beside a tokenizer.json or tokenizer.model name and the vocabulary lacks, as `transformers` does:
  /// the entries of `added_tokens_decoder` in tokenizer_config.json, where it has none those of added_tokens.json, then the
  /// special tokens. Makes special what these files call so.
  mutating func addTokens(of configuration: TokenizerConfiguration, name folder: String) throws(BenchmarkError) {
    for token in configuration.addedTokens where vocabulary.identifier(of: token.text) == nil {
      try add(token, name: folder)
    }
    for text in configuration.specialTokens where vocabulary.identifier(of: text) == nil {
      var token = AddedToken(text, identifier: vocabulary.identifierCount, isSpecial: true, isNormalized: false)
      token.rule = configuration.rules[text] ?? token.rule
      try add(token, name: folder)
    }
    addSpecialTokens(configuration.specialTokens)
    try setMarks(configuration, folder)
  }
}
