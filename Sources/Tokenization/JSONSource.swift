import Support

/// The parts of a tokenizer.json, each read from where it lies in the file.
struct JSONSource {
  let bytes: [UInt8]
  let name: String

  func failure(_ reason: String) -> BenchmarkError { BenchmarkError(.invalidFile, "\(name): \(reason)") }

  func parse(_ range: Range<Int>, _ part: String) throws(BenchmarkError) -> JSONValue {
    try JSONReader.parse(Array(bytes[range]), name: "\(name) (\(part))")
  }

  func unsupported(_ what: String) -> BenchmarkError {
    BenchmarkError(.unsupported, "\(name): \(what) is not supported; no tokenizer of a supported model uses it")
  }

  private func value(_ key: String, _ members: [String: Range<Int>]) throws(BenchmarkError) -> JSONValue {
    guard let range = members[key] else { return .null }
    return try parse(range, key)
  }

  func flag(_ key: String, _ members: [String: Range<Int>]) throws(BenchmarkError) -> Bool {
    switch try value(key, members) {
    case .null: return false
    case .bool(let flag): return flag
    default: throw failure("\"\(key)\" of the model is not a boolean")
    }
  }

  func checkModel(_ model: [String: Range<Int>]) throws(BenchmarkError) {
    let type = try value("type", model)
    guard type.isNull || type == "BPE" else {
      throw unsupported("the model type \(type.stringValue ?? type.typeName)")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      let affix = try value(key, model)
      if !affix.isNull, affix != "" { throw unsupported("\"\(key)\"") }
    }
    let dropout = try value("dropout", model)
    if !dropout.isNull, dropout.doubleValue != 0 { throw unsupported("\"dropout\"") }
    let known = [
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
      "ignore_merges", "vocab", "merges",
    ]
    for key in model.keys.sorted() where !known.contains(key) { throw unsupported("\"\(key)\" of the model") }
  }

  func readVocabulary(_ range: Range<Int>?) throws(BenchmarkError) -> Vocabulary {
    guard let range else { throw failure("the model has no \"vocab\"") }
    var vocabulary = Vocabulary(capacity: range.count / 16)
    var scanner = JSONScanner(bytes, range, name: name)
    var text: [UInt8] = []
    try scanner.expect("{")
    if scanner.skip("}") { throw failure("the vocabulary is empty") }
    repeat {
      text.removeAll(keepingCapacity: true)
      try scanner.readString(into: &text)
      try scanner.expect(":")
      let identifier = try scanner.readIdentifier()
      switch vocabulary.add(text[...], as: identifier) {
      case .added: break
      case .identifierTaken: throw scanner.failure("the token identifier \(identifier) stands twice")
      case .textTaken: throw scanner.failure("the token \"\(String(decoding: text, as: UTF8.self))\" stands twice")
      case .identifierOutOfRange: throw scanner.failure("the token identifier \(identifier) is out of range")
      case .tooLarge: throw scanner.failure("the vocabulary is too large")
      }
    } while scanner.skip(",")
    try scanner.expect("}")
    try scanner.expectEnd()
    return vocabulary
  }

  func unknownToken(_ model: [String: Range<Int>], _ vocabulary: Vocabulary) throws(BenchmarkError) -> Int32? {
    let token = try value("unk_token", model)
    if token.isNull { return nil }
    guard let text = token.stringValue else { throw failure("\"unk_token\" is not a string") }
    guard let identifier = vocabulary.identifier(of: text) else {
      throw failure("the unknown token \"\(text)\" is not in the vocabulary")
    }
    return identifier
  }

  func fallback(_ model: [String: Range<Int>], _ vocabulary: Vocabulary, unknown: Int32?)
    throws(BenchmarkError) -> TokenizerDefinition.Fallback
  {
    if try flag("byte_fallback", model) {
      var identifiers: [Int32] = []
      for byte in UInt8.min...UInt8.max {
        let text = TokenizerDefinition.byteTokenText(byte)
        guard let identifier = vocabulary.identifier(of: text) else {
          throw failure("\"byte_fallback\" without the token \(text)")
        }
        identifiers.append(identifier)
      }
      return .bytes(identifiers)
    }
    guard let unknown else { throw failure("neither \"byte_fallback\" nor \"unk_token\": some text has no tokens") }
    return .unknown(unknown, fused: try flag("fuse_unk", model))
  }

  /// Reads merges written as "a b" or as ["a", "b"].
  func readMerges(
    _ range: Range<Int>?, _ vocabulary: Vocabulary, fallback: TokenizerDefinition.Fallback, unknown: Int32?
  ) throws(BenchmarkError) -> MergeTable {
    var list = MergeListReader(vocabulary, capacity: (range?.count ?? 0) / 24, fallback: fallback, unknown: unknown)
    try forEachMerge(range) { (text, border) throws(BenchmarkError) in
      do throws(MergeListReader.Fault) {
        try list.add(text, border: border)
      } catch { throw error.error(name) }
    }
    return list.table
  }

  /// Calls `body` with the joined text of each merge, in order, and where its right part begins.
  func forEachMerge(_ range: Range<Int>?, _ body: (ArraySlice<UInt8>, Int) throws(BenchmarkError) -> Void)
    throws(BenchmarkError)
  {
    guard let range else { throw failure("the model has no \"merges\"") }
    var scanner = JSONScanner(bytes, range, name: name)
    try scanner.expect("[")
    if scanner.skip("]") { return }
    var text: [UInt8] = []
    repeat {
      let border = try readMerge(&scanner, into: &text)
      try body(text[...], border)
    } while scanner.skip(",")
    try scanner.expect("]")
    try scanner.expectEnd()
  }

  /// Reads one merge as the joined text, and returns where its right part begins.
  private func readMerge(_ scanner: inout JSONScanner, into text: inout [UInt8]) throws(BenchmarkError) -> Int {
    text.removeAll(keepingCapacity: true)
    if scanner.isAtString() {
      try scanner.readString(into: &text)
      guard let border = text.firstIndex(of: UInt8(ascii: " ")), text.lastIndex(of: UInt8(ascii: " ")) == border,
        border > 0, border < text.count - 1
      else { throw scanner.failure("a merge is not two tokens with a space between") }
      text.remove(at: border)
      return border
    }
    try scanner.expect("[")
    try scanner.readString(into: &text)
    let border = text.count
    try scanner.expect(",")
    try scanner.readString(into: &text)
    try scanner.expect("]")
    if border == 0 || border == text.count { throw scanner.failure("a merge with an empty token") }
    return border
  }

  // MARK: the stages around the model

  func readNormalizer(_ range: Range<Int>?) throws(BenchmarkError) -> [TokenizerDefinition.Replacement] {
    guard let range else { return [] }
    return try steps(try parse(range, "normalizer"), list: "normalizers").map { step throws(BenchmarkError) in
      guard step["type"] == "Replace" else { throw unsupported("the normalizer \(typeName(step))") }
      return try replacement(step)
    }
  }

  /// Whether text is cut after spaces, the one way of cutting that Gemma's files ask for.
  func readPreTokenizer(_ range: Range<Int>?) throws(BenchmarkError) -> Bool {
    guard let range else { return false }
    let steps = try steps(try parse(range, "pre_tokenizer"), list: "pretokenizers")
    for step in steps {
      guard step["type"] == "Split", step["pattern"]?.objectValue?["String"] == " ",
        step["behavior"] == "MergedWithPrevious", step["invert"]?.boolValue != true
      else { throw unsupported("the pre-tokenizer \(typeName(step)) with these settings") }
    }
    return !steps.isEmpty
  }

  func checkDecoder(_ range: Range<Int>?) throws(BenchmarkError) {
    let steps =
      try range.map { range throws(BenchmarkError) in
        try self.steps(try parse(range, "decoder"), list: "decoders")
      } ?? []
    let names = steps.map(typeName)
    guard names == ["Replace", "ByteFallback", "Fuse"] else {
      throw unsupported("the decoder \(names.isEmpty ? "null" : names.joined(separator: " + "))")
    }
    let replacement = try replacement(steps[0])
    if replacement.pattern != TokenizerDefinition.spaceMark || replacement.content != [TokenizerDefinition.space] {
      throw unsupported("a decoder that replaces other than \"▁\" by \" \"")
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
