import Support

extension TokenizerDefinition {
  /// The definition in a Hugging Face tokenizer.json, as far as the supported models use the format; the rest is refused by name.
  init(json bytes: [UInt8], name: String) throws(BenchmarkError) {
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
    try source.checkModel(model)

    let vocabulary = try source.readVocabulary(model["vocab"])
    if let pattern = try source.readBytePattern(document["pre_tokenizer"]) {
      try self.init(bytesOf: source, document, model, vocabulary, pattern: pattern)
      return
    }
    if try source.flag("ignore_merges", model) { throw source.unsupported("\"ignore_merges\"") }
    let unknown = try source.unknownToken(model, vocabulary)
    let fallback = try source.fallback(model, vocabulary, unknown: unknown)
    let merges = try source.readMerges(model["merges"], vocabulary, fallback: fallback, unknown: unknown)
    // The real marks are found below, once the added tokens are there.
    self.init(vocabulary: vocabulary, merges: merges, fallback: fallback)
    replacements = try source.readNormalizer(document["normalizer"])
    cutsAfterSpace = try source.readPreTokenizer(document["pre_tokenizer"])
    try source.checkDecoder(document["decoder"])
    if let range = document["post_processor"] { _ = try source.parse(range, "post_processor") }
    // "truncation" and "padding" are left over from the training of a model; `transformers` heeds neither unasked.
    try addTokens(source, document["added_tokens"])
    for identifier in 0..<Int32(self.vocabulary.identifierCount) {
      if let byte = Self.byteValue(of: self.vocabulary.bytes(of: identifier)) { byteOfToken[identifier] = byte }
    }
    beginningOfSequence = try sequenceMark("<bos>", name: name)
    endOfSequence = try sequenceMark("<eos>", name: name)
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
