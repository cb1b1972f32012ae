import Support

/// A token that stands beside the vocabulary of a tokenizer's model and is found whole in a text.
struct AddedToken {
  let text: String
  let identifier: Int
  /// Whether decoding leaves it out.
  let isSpecial: Bool
  /// Whether it is looked for in the normalised text, not in the text as given.
  let isNormalized: Bool

  init(_ text: String, identifier: Int, isSpecial: Bool, isNormalized: Bool) {
    self.text = text
    self.identifier = identifier
    self.isSpecial = isSpecial
    self.isNormalized = isNormalized
  }

  /// An entry of tokenizer.json's `added_tokens` or of tokenizer_config.json's `added_tokens_decoder`.
  ///
  /// Errors: no text, a flag of the format that no Gemma tokenizer sets.
  init(_ object: JSONObject, identifier: Int, _ place: String, name: String) throws(BenchmarkError) {
    guard let text = object["content"]?.stringValue, !text.isEmpty else {
      throw BenchmarkError(.invalidFile, "\(name): \(place) lacks \"content\" or \"id\"")
    }
    for flag in ["single_word", "lstrip", "rstrip"] where object[flag]?.boolValue == true {
      throw BenchmarkError(.unsupported, "\(name): added token \(text) has \"\(flag)\", which is not supported")
    }
    let isSpecial = object["special"]?.boolValue == true
    self.init(
      text, identifier: identifier, isSpecial: isSpecial, isNormalized: object["normalized"]?.boolValue ?? true)
  }
}

extension TokenizerDefinition {
  /// Adds a token with an identifier of its own, which may be that of the same text in the vocabulary. It may lie beyond
  /// the model's embedding table: Google's text-only Gemma 3 has one such, `<image_soft_token>`.
  mutating func add(_ token: AddedToken, name: String) throws(BenchmarkError) {
    let (text, identifier) = (token.text, token.identifier)
    let bytes = Array(text.utf8)
    func failure(_ reason: String) -> BenchmarkError {
      BenchmarkError(.invalidFile, "\(name): added token \(text) has the \(reason)")
    }
    switch vocabulary.add(bytes[...], as: identifier) {
    case .added: break
    case .textTaken(let other) where Int(other) == identifier: break
    case .identifierTaken where vocabulary.bytes(of: Int32(identifier)).elementsEqual(bytes): break
    case .textTaken(let other): throw failure("identifiers \(other) and \(identifier)")
    case .identifierTaken: throw failure("identifier \(identifier) of another")
    case .identifierOutOfRange, .tooLarge: throw failure("identifier \(identifier), which is out of range")
    }
    if token.isSpecial { specialTokens.insert(Int32(identifier)) }
    if token.isNormalized {
      var normalized = bytes
      for replacement in replacements { normalized = replacement.applied(to: normalized) }
      normalizedTokens.add(normalized, identifier: Int32(identifier))
    } else {
      rawTokens.add(bytes, identifier: Int32(identifier))
    }
  }

  /// Adds what the files beside a tokenizer.json or tokenizer.model name and the vocabulary lacks, as `transformers` does:
  /// the entries of `added_tokens_decoder` in tokenizer_config.json, where it has none those of added_tokens.json, then the
  /// special tokens. Makes special what these files call so.
  ///
  /// A text that the vocabulary has keeps its identifier there; one without an identifier, or with that of another text,
  /// gets the next free one.
  mutating func addTokens(besides folder: String) throws(BenchmarkError) {
    let configuration = try TokenizerConfiguration(folder: folder)
    for token in configuration.addedTokens where vocabulary.identifier(of: token.text) == nil {
      let isFree = !vocabulary.contains(Int32(clamping: token.identifier))
      let identifier = isFree ? token.identifier : vocabulary.identifierCount
      try add(
        AddedToken(token.text, identifier: identifier, isSpecial: token.isSpecial, isNormalized: token.isNormalized),
        name: folder)
    }
    for text in configuration.specialTokens where vocabulary.identifier(of: text) == nil {
      try add(
        AddedToken(text, identifier: vocabulary.identifierCount, isSpecial: true, isNormalized: false), name: folder)
    }
    addSpecialTokens(configuration.specialTokens)
  }
}
