import Support

extension TokenizerDefinition {
  /// The definition of a vocabulary of bytes. Which token ends a text stands beside the file, not in it.
  ///
  /// - Parameters:
  ///   - document: where the parts of the file lie.
  ///   - model: where the parts of its model lie.
  ///   - pattern: by which its pre-tokenizer cuts text.
  /// - Throws: what of the file is malformed, or of a kind that no supported model has.
  init(
    bytesOf source: JSONSource, _ document: [String: Range<Int>], _ model: [String: Range<Int>],
    _ vocabulary: Vocabulary, pattern: String
  ) throws(BenchmarkError) {
    self.init(
      vocabulary: vocabulary,
      merges: try source.readMerges(model["merges"], vocabulary, fallback: .none, unknown: nil), fallback: .none)
    byteLevel = try ByteLevel(
      pattern: pattern, ignoresMerges: try source.flag("ignore_merges", model), vocabulary, name: source.name)
    composes = try source.readComposition(document["normalizer"])
    try source.checkByteDecoder(document["decoder"])
    let beginning = try source.readBeginning(document["post_processor"])
    try addTokens(source, document["added_tokens"])
    if let beginning {
      let token = try sequenceMark(beginning, name: source.name)
      (beginningOfSequence, leadingTokens) = (token, [token])
    }
  }

  /// Which tokens begin and end a text of a vocabulary of bytes, by what stands beside its file.
  ///
  /// As in transformers 5, a file that says whether a token is added in front goes before the post-processor of
  /// tokenizer.json (`TokenizersBackend.update_post_processor`).
  mutating func setMarks(_ configuration: TokenizerConfiguration, _ folder: String) throws(BenchmarkError) {
    if byteLevel == nil { return }
    if configuration.addsEnd == true {
      throw BenchmarkError(
        .unsupported,
        "\(folder)/tokenizer_config.json: add_eos_token: true would end every prompt before it is continued")
    }
    if configuration.addsBeginning != nil || configuration.addsEnd != nil {
      let isAdded = configuration.addsBeginning ?? false
      beginningOfSequence = isAdded ? configuration.beginning.flatMap(vocabulary.identifier) : nil
      leadingTokens = beginningOfSequence.map { [$0] } ?? []
    }
    endOfSequence = configuration.end.flatMap(vocabulary.identifier)
  }
}

/// The stages around a model of bytes.
extension JSONSource {
  /// The expression by which the pre-tokenizer cuts text before it takes bytes for characters; nil if it does not do that.
  func readBytePattern(_ range: Range<Int>?) throws(BenchmarkError) -> String? {
    guard let range else { return nil }
    let steps = try steps(try parse(range, "pre_tokenizer"), list: "pretokenizers")
    guard let last = steps.last, last["type"] == "ByteLevel" else { return nil }
    if last["add_prefix_space"]?.boolValue != false { throw unsupported("\"add_prefix_space\" of ByteLevel") }
    let usesOwn = last["use_regex"]?.boolValue ?? true
    if steps.count == 1, usesOwn { return ByteLevel.standardPattern }
    guard steps.count == 2, !usesOwn, steps[0]["type"] == "Split",
      let pattern = steps[0]["pattern"]?.objectValue?["Regex"]?.stringValue, steps[0]["behavior"] == "Isolated",
      steps[0]["invert"]?.boolValue != true
    else { throw unsupported("the pre-tokenizer \(steps.map(typeName).joined(separator: " + ")) with these settings") }
    return pattern
  }

  /// Whether the normaliser composes characters.
  func readComposition(_ range: Range<Int>?) throws(BenchmarkError) -> Bool {
    guard let range else { return false }
    let names = try steps(try parse(range, "normalizer"), list: "normalizers").map(typeName)
    if names.isEmpty { return false }
    guard names == ["NFC"] else { throw unsupported("the normalizer \(names.joined(separator: " + "))") }
    return true
  }

  func checkByteDecoder(_ range: Range<Int>?) throws(BenchmarkError) {
    var names: [String] = []
    if let range { names = try steps(try parse(range, "decoder"), list: "decoders").map(typeName) }
    if names != ["ByteLevel"] {
      throw unsupported("the decoder \(names.isEmpty ? "null" : names.joined(separator: " + "))")
    }
  }

  /// The text of the token that the post-processor puts in front of every text; nil where there is none.
  ///
  /// Errors: tokens at other places, or several.
  func readBeginning(_ range: Range<Int>?) throws(BenchmarkError) -> String? {
    guard let range else { return nil }
    var beginning: String?
    for step in try steps(try parse(range, "post_processor"), list: "processors") where step["type"] != "ByteLevel" {
      guard step["type"] == "TemplateProcessing", let pieces = step["single"]?.arrayValue else {
        throw unsupported("the post-processor \(typeName(step))")
      }
      let areTokens = pieces.map { $0.objectValue?["Sequence"] == nil }
      guard areTokens == [false] || (areTokens == [true, false] && beginning == nil) else {
        throw unsupported("a post-processor that adds other than one token in front of a text")
      }
      if areTokens.count == 2 {
        beginning = pieces[0].objectValue?["SpecialToken"]?.objectValue?["id"]?.stringValue
        if beginning == nil { throw failure("a template of the post-processor has a piece without \"id\"") }
      }
    }
    return beginning
  }
}
