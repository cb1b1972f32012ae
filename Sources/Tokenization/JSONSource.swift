import Support

/// The parts of a tokenizer.json, each read from where it lies in the file.
struct JSONSource {
  let bytes: [UInt8]
  let name: String

  func failure(_ reason: String) -> BenchmarkError { BenchmarkError(.invalidFile, "\(name): \(reason)") }

  func parse(_ range: Range<Int>, _ part: String) throws(BenchmarkError) -> JSONValue {
    try JSONReader.parse(Array(bytes[range]), name: "\(name) (\(part))", reading: .repeatedKeys)
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

  func checkModel(_ model: [String: Range<Int>], isGemmaClass: Bool) throws(BenchmarkError) {
    let type = try value("type", model)
    guard type.isNull || type == "BPE" else {
      throw unsupported("the model type \(type.stringValue ?? type.typeName)")
    }
    if isGemmaClass { return }
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
      // Of a key that stands twice the last value counts, as in every reader of JSON.
      switch vocabulary.addLast(text[...], as: identifier) {
      case .added, .textTaken: break
      case .identifierTaken: throw scanner.failure("the token identifier \(identifier) appears twice")
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

  func fallback(_ model: [String: Range<Int>], _ vocabulary: Vocabulary, unknown: Int32?, isGemmaClass: Bool)
    throws(BenchmarkError) -> TokenizerDefinition.Fallback
  {
    let firstByte = TokenizerDefinition.byteTokenText(0)
    if try flag("byte_fallback", model) || isGemmaClass && vocabulary.identifier(of: firstByte) != nil {
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
    guard let unknown else {
      throw failure("neither \"byte_fallback\" nor \"unk_token\": some texts cannot be tokenized")
    }
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
}
