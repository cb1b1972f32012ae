import Support

extension TokenizerDefinition {
  /// The definition in a Hugging Face tokenizer.json, as far as the supported models use the format; the rest is refused by name.
  ///
  /// - Parameter isGemmaClass: whether `transformers` would load it as its class `GemmaTokenizer`, which takes vocabulary,
  ///   merges, added tokens and post-processor of the file and has stages of its own in place of the other ones.
  init(json bytes: [UInt8], name: String, isGemmaClass: Bool = false) throws(BenchmarkError) {
    if bytes.withUnsafeBufferPointer({ String(validating: $0, as: UTF8.self) }) == nil {
      throw BenchmarkError(.invalidFile, "\(name): not valid UTF-8")
    }
    var scanner = JSONScanner(bytes, ByteOrderMark.length(bytes)..<bytes.count, name: name)
    let document = try scanner.members()
    try scanner.expectEnd()
    guard let modelRange = document["model"] else { throw BenchmarkError(.invalidFile, "\(name): no \"model\"") }
    var modelScanner = JSONScanner(bytes, modelRange, name: name)
    let model = try modelScanner.members()
    try modelScanner.expectEnd()
    let source = JSONSource(bytes: bytes, name: name)
    try source.checkModel(model, isGemmaClass: isGemmaClass)

    let vocabulary = try source.readVocabulary(model["vocab"])
    if !isGemmaClass, let pattern = try source.readBytePattern(document["pre_tokenizer"]) {
      try self.init(bytesOf: source, document, model, vocabulary, pattern: pattern)
      return
    }
    let unknown = try source.unknownToken(model, vocabulary)
    let fallback = try source.fallback(model, vocabulary, unknown: unknown, isGemmaClass: isGemmaClass)
    let merges = try source.readMerges(model["merges"], vocabulary, fallback: fallback, unknown: unknown)
    // The real marks are found below, once the added tokens are there.
    self.init(vocabulary: vocabulary, merges: merges, fallback: fallback)
    var showsBytes = true
    if isGemmaClass {
      replacements = [Self.spaceReplacement]
    } else {
      ignoresMerges = try source.flag("ignore_merges", model)
      replacements = try source.readNormalizer(document["normalizer"])
      let isMarked: Bool
      (cut, isMarked) = try source.readPreTokenizer(document["pre_tokenizer"])
      if isMarked { replacements.append(Self.spaceReplacement) }
      (decoding, showsBytes) = try source.readDecoder(document["decoder"])
    }
    // "truncation" and "padding" are left over from the training of a model; `transformers` ignores both by default.
    try addTokens(source, document["added_tokens"])
    for identifier in 0..<Int32(self.vocabulary.identifierCount) where showsBytes {
      if let byte = Self.byteValue(of: self.vocabulary.bytes(of: identifier)) { byteOfToken[identifier] = byte }
    }
    beginningOfSequence = try sequenceMark("<bos>", name: name)
    endOfSequence = try sequenceMark("<eos>", name: name)
    (leadingTokens, trailingTokens) = try source.readPostProcessor(document["post_processor"])
    addWarningsOfSpecials(name: name, reason: "as its post_processor says")
  }

  func sequenceMark(_ text: String, name: String) throws(BenchmarkError) -> Int32 {
    if let identifier = vocabulary.identifier(of: text) { return identifier }
    throw BenchmarkError(.invalidFile, "\(name): no token \(text), which a tokenizer of this kind has")
  }

  mutating func addTokens(_ source: JSONSource, _ range: Range<Int>?) throws(BenchmarkError) {
    guard let range else { return }
    guard let tokens = try source.parse(range, "added_tokens").arrayValue else {
      throw source.failure("\"added_tokens\" is not an array")
    }
    for (index, token) in tokens.enumerated() {
      guard let object = token.objectValue, let identifier = object["id"]?.integerValue else {
        throw source.failure("added token \(index) lacks \"content\" or \"id\"")
      }
      try add(
        try AddedToken(object, identifier: identifier, "added token \(index)", name: source.name), name: source.name)
    }
  }
}
