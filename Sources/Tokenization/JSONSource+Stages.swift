import Support

extension JSONSource {
  // MARK: the stages around the model

  func readNormalizer(_ range: Range<Int>?) throws(BenchmarkError) -> [TokenizerDefinition.Replacement] {
    guard let range else { return [] }
    return try steps(try parse(range, "normalizer"), list: "normalizers").map { step throws(BenchmarkError) in
      guard step["type"] == "Replace" else { throw unsupported("the normalizer \(typeName(step))") }
      return try replacement(step)
    }
  }

  /// How text is cut into pieces, and whether the stage writes "▁" for spaces.
  func readPreTokenizer(_ range: Range<Int>?) throws(BenchmarkError) -> (TokenizerDefinition.Cut, isMarked: Bool) {
    guard let range else { return (.none, false) }
    let steps = try steps(try parse(range, "pre_tokenizer"), list: "pretokenizers")
    if steps.count == 1, isMetaspace(steps[0]) {
      // Of the schemes of a space in front, Gemma's files have none.
      guard steps[0]["prepend_scheme"] == "never" || steps[0]["add_prefix_space"] == false else {
        throw unsupported("the pre-tokenizer Metaspace with a space in front (\"prepend_scheme\")")
      }
      return (steps[0]["split"]?.boolValue ?? true ? .beforeMark : .none, true)
    }
    for step in steps {
      guard step["type"] == "Split", step["pattern"]?.objectValue?["String"] == " ",
        step["behavior"] == "MergedWithPrevious", step["invert"]?.boolValue != true
      else { throw unsupported("the pre-tokenizer \(typeName(step)) with these settings") }
    }
    return (steps.isEmpty ? .none : .afterSpace, false)
  }

  private func isMetaspace(_ step: JSONObject) -> Bool {
    step["type"] == "Metaspace" && (step["replacement"] ?? "▁") == "▁"
  }

  /// How tokens become text, and whether byte tokens become bytes: a replacement of "▁", ByteFallback, Fuse and Strip, in this
  /// order, each of which may be missing.
  func readDecoder(_ range: Range<Int>?) throws(BenchmarkError) -> (TokenizerDefinition.Decoding, showsBytes: Bool) {
    let stage = try range.map { range throws(BenchmarkError) in try parse(range, "decoder") } ?? .null
    // Without a decoder, `tokenizers` writes tokens as they are, with spaces between.
    if stage.isNull { return (TokenizerDefinition.Decoding(showsMarks: true, separator: [0x20]), false) }
    let steps = try steps(stage, list: "decoders")
    let refusal = unsupported("the decoder \(steps.map(typeName).joined(separator: " + "))")
    var rest = steps[...]
    func next(_ type: String) -> JSONObject? { rest.first?["type"]?.stringValue == type ? rest.removeFirst() : nil }
    var decoding = TokenizerDefinition.Decoding(showsMarks: true)
    if let step = next("Replace") {
      let replacement = try replacement(step)
      if replacement.pattern != TokenizerDefinition.spaceMark || replacement.content != [TokenizerDefinition.space] {
        throw unsupported("a decoder that replaces other than \"▁\" by \" \"")
      }
      decoding.showsMarks = false
    } else if let step = next("Metaspace") {
      guard isMetaspace(step) else { throw refusal }
      decoding.showsMarks = false
      let keepsSpace = step["prepend_scheme"] == "never" || step["add_prefix_space"] == false
      decoding.strippedSpaces = keepsSpace ? 0 : 1
    }
    let showsBytes = next("ByteFallback") != nil
    let isFused = next("Fuse") != nil
    if isFused, let step = next("Strip") {
      guard step["content"] == " ", step["stop"]?.integerValue == 0, let count = step["start"]?.integerValue, count >= 0
      else { throw unsupported("a Strip decoder that removes other than leading spaces") }
      decoding.strippedSpaces += count
    }
    guard rest.isEmpty else { throw refusal }
    return (decoding, showsBytes)
  }

  /// The special tokens that are put in front of a text and behind it.
  func readPostProcessor(_ range: Range<Int>?) throws(BenchmarkError) -> (leading: [Int32], trailing: [Int32]) {
    guard let range else { return ([], []) }
    var leading: [Int32] = []
    var trailing: [Int32] = []
    for step in try steps(try parse(range, "post_processor"), list: "processors") {
      switch step["type"]?.stringValue {
      case "TemplateProcessing":
        let pieces = (step["single"]?.arrayValue ?? []).compactMap(\.objectValue)
        guard let text = pieces.firstIndex(where: { $0["Sequence"] != nil }),
          pieces.count(where: { $0["Sequence"] != nil }) == 1
        else { throw unsupported("a template of the post-processor without its text, or with it twice") }
        let table = step["special_tokens"]?.objectValue ?? [:]
        let inFront = try pieces[..<text].map { piece throws(BenchmarkError) in try specialTokens(piece, table) }
        let behind = try pieces[(text + 1)...].map { piece throws(BenchmarkError) in try specialTokens(piece, table) }
        leading = inFront.flatMap { $0 } + leading
        trailing += behind.flatMap { $0 }
      case "BertProcessing", "RobertaProcessing":
        guard let first = step["cls"]?.arrayValue?.last?.integerValue.flatMap({ Int32(exactly: $0) }),
          let last = step["sep"]?.arrayValue?.last?.integerValue.flatMap({ Int32(exactly: $0) })
        else { throw failure("a post-processor lacks \"cls\" or \"sep\"") }
        leading.insert(first, at: 0)
        trailing.append(last)
      case "ByteLevel": break  // It moves the places of tokens in the text.
      default: throw unsupported("the post-processor \(typeName(step))")
      }
    }
    return (leading, trailing)
  }

  /// The tokens of a special one in a template.
  private func specialTokens(_ piece: JSONObject, _ table: JSONObject) throws(BenchmarkError) -> [Int32] {
    guard let name = piece["SpecialToken"]?.objectValue?["id"]?.stringValue,
      let tokens = table[name]?.objectValue?["ids"]?.arrayValue
    else { throw failure("a template of the post-processor names a token that it has no ids for") }
    return try tokens.map { token throws(BenchmarkError) in
      guard let token = token.integerValue.flatMap({ Int32(exactly: $0) }), token >= 0 else {
        throw failure("the post-processor has the id \(token.text()) for \(name)")
      }
      return token
    }
  }

  /// The steps of a stage: none for null, those of a sequence, or the one.
  func steps(_ stage: JSONValue, list: String) throws(BenchmarkError) -> [JSONObject] {
    if stage.isNull { return [] }
    guard let object = stage.objectValue else { throw failure("a stage is \(stage.typeName), not an object") }
    if object["type"] != "Sequence" { return [object] }
    guard let elements = object[list]?.arrayValue else { throw failure("a Sequence has no \"\(list)\"") }
    return try elements.map { element throws(BenchmarkError) in
      guard let step = element.objectValue else { throw failure("a step of \"\(list)\" is not an object") }
      return step
    }
  }

  func typeName(_ step: JSONObject) -> String { step["type"]?.stringValue ?? "without a type" }

  private func replacement(_ step: JSONObject) throws(BenchmarkError) -> TokenizerDefinition.Replacement {
    guard let content = step["content"]?.stringValue, let pattern = step["pattern"]?.objectValue else {
      throw failure("a Replace lacks \"pattern\" or \"content\"")
    }
    guard let text = pattern["String"]?.stringValue, !text.isEmpty else {
      throw unsupported("a Replace by a regular expression")
    }
    return TokenizerDefinition.Replacement(pattern: Array(text.utf8), content: Array(content.utf8))
  }
}
