import Support

extension TokenizerDefinition {
  /// Pieces that Gemma's models, or GGUF files of them, list as user-defined although they steer a model: decoding leaves them
  /// out, as it does with Google's tokenizer.json, which marks them special.
  private static let markers = ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<|turn>", "<turn|>"]

  /// The definition in a SentencePiece model of the byte-pair kind.
  ///
  /// A piece's score is its merge rank: of two neighbours whose joined text is a piece, those with the highest score join
  /// first (sentencepiece/src/bpe_model.cc). Control pieces are matched in raw text, as `transformers` does.
  init(sentencePiece model: SentencePieceModel, name: String) throws(BenchmarkError) {
    try Self.checkSupport(model, name: name)
    var vocabulary = Vocabulary(capacity: model.pieces.count)
    var duplicates: [(Int32, Int)] = []
    for (index, piece) in model.pieces.enumerated() {
      switch vocabulary.add(piece.text, as: index) {
      case .added: break
      case .textTaken(let other) where model.followsLlama:
        _ = vocabulary.addDuplicate(piece.text, as: index)
        duplicates.append((other, index))
      case .textTaken(let other):
        throw BenchmarkError(.invalidFile, "\(name): pieces \(other) and \(index) have the same text")
      default: throw BenchmarkError(.invalidFile, "\(name): piece \(index) does not fit the vocabulary")
      }
    }
    let isDuplicate = Set(duplicates.map(\.1))
    self.init(
      vocabulary: vocabulary, merges: try Self.merges(of: model, vocabulary, duplicates: isDuplicate, name: name),
      fallback: try Self.fallback(of: model, vocabulary, name: name),
      beginningOfSequence: try Self.sequenceMark(
        "<bos>", model.beginningPiece, model.beginningIdentifier, model, vocabulary, name: name),
      endOfSequence: try Self.sequenceMark("<eos>", model.endPiece, model.endIdentifier, model, vocabulary, name: name))
    warnings = Self.warnings(ofDuplicates: duplicates, vocabulary, name: name)
    replacements = [Self.spaceReplacement]
    normalizerSparesTokens = true
    byteRunRule = .eachByte
    for (index, piece) in model.pieces.enumerated() where !isDuplicate.contains(index) {
      let identifier = Int32(index)
      switch piece.kind {
      case .control, .unknown:
        rawTokens.add(piece.text, identifier: identifier)
        specialTokens.insert(identifier)
      case .userDefined:
        normalizedTokens.add(piece.text, identifier: identifier)
        if Self.markers.contains(where: { piece.text.elementsEqual($0.utf8) }) { specialTokens.insert(identifier) }
      case .byte: byteOfToken[identifier] = Self.byteValue(of: piece.text)
      case .unused: specialTokens.insert(identifier)
      case .normal: break
      }
    }
  }

  /// One line that says which texts stand in a vocabulary more than once; none where none does.
  static func warnings(ofDuplicates duplicates: [(Int32, Int)], _ vocabulary: Vocabulary, name: String) -> [String] {
    guard let (first, second) = duplicates.first else { return [] }
    let text = vocabulary.string(of: first) ?? ""
    let others = duplicates.count > 1 ? " (\(duplicates.count - 1) other texts have two tokens, too)" : ""
    return ["\(name): \"\(text)\" is both token \(first) and token \(second)\(others); the first is used"]
  }

  private static func checkSupport(_ model: SentencePieceModel, name: String) throws(BenchmarkError) {
    if model.modelType != 2 {
      let kinds = [1: "Unigram", 3: "word", 4: "character"]
      throw BenchmarkError(
        .unsupported,
        "\(name): a SentencePiece model of the \(kinds[model.modelType] ?? "unknown") kind; Gemma uses BPE")
    }
    if model.addsDummyPrefix { throw unsupported("add_dummy_prefix", name) }
    if model.removesExtraWhitespace { throw unsupported("remove_extra_whitespaces", name) }
    if !model.escapesWhitespace { throw unsupported("escape_whitespaces = false", name) }
    if model.whitespaceIsSuffix { throw unsupported("treat_whitespace_as_suffix", name) }
    if !model.characterMap.isEmpty { throw unsupported("the normalizer \"\(model.normalizerName)\"", name) }
    if !model.denormalizerMap.isEmpty { throw unsupported("a denormalizer", name) }
    if !model.followsLlama, let index = model.pieces.firstIndex(where: { $0.kind == .unused }) {
      throw unsupported("an unused piece (\(index))", name)
    }
  }

  private static func unsupported(_ feature: String, _ name: String) -> BenchmarkError {
    BenchmarkError(.unsupported, "\(name): \(feature) is not supported; no Gemma model uses it")
  }

  private static func fallback(of model: SentencePieceModel, _ vocabulary: Vocabulary, name: String)
    throws(BenchmarkError) -> Fallback
  {
    let unknown = model.pieces.indices.filter { model.pieces[$0].kind == .unknown }
    if unknown.count != 1, !(model.followsLlama && model.byteFallback) {
      throw BenchmarkError(.invalidFile, "\(name): \(unknown.count) unknown pieces; there must be one")
    }
    let bytes = (0...255).map { byte -> Int32 in
      let identifier = vocabulary.identifier(of: byteTokenText(UInt8(byte)))
      if let identifier, model.pieces[Int(identifier)].kind == .byte { return identifier }
      // llama.cpp takes the piece of the character, where a byte is one.
      return model.followsLlama && byte < 0x80 ? vocabulary.identifier(of: [UInt8(byte)]) ?? -1 : -1
    }
    if !model.followsLlama, model.pieces.count(where: { $0.kind == .byte }) != bytes.count(where: { $0 >= 0 }) {
      throw BenchmarkError(.invalidFile, "\(name): a byte piece is not named like <0x0A>")
    }
    if !model.byteFallback {
      if bytes.contains(where: { $0 >= 0 }) {
        throw BenchmarkError(.invalidFile, "\(name): byte pieces although byte_fallback is off")
      }
      return .unknown(Int32(unknown[0]), fused: true)
    }
    if let missing = bytes.firstIndex(of: -1) {
      throw BenchmarkError(.invalidFile, "\(name): byte_fallback without the piece \(byteTokenText(UInt8(missing)))")
    }
    return .bytes(bytes)
  }

  private static func sequenceMark(
    _ usual: String, _ named: String, _ known: Int?, _ model: SentencePieceModel, _ vocabulary: Vocabulary, name: String
  ) throws(BenchmarkError) -> Int32 {
    if let known { return Int32(known) }
    for text in [usual, named] {
      guard let identifier = vocabulary.identifier(of: text) else { continue }
      let kind = model.pieces[Int(identifier)].kind
      if kind == .control || kind == .userDefined { return identifier }
    }
    throw BenchmarkError(.invalidFile, "\(name): no control piece \(usual), which every Gemma model has")
  }

  private static func merges(
    of model: SentencePieceModel, _ vocabulary: Vocabulary, duplicates: Set<Int>, name: String
  ) throws(BenchmarkError) -> MergeTable {
    var table = MergeTable(capacity: model.pieces.count * 2, phantomBase: Int32(vocabulary.identifierCount))
    // Texts of the user-defined pieces are cut out before; with llama.cpp, those with spaces have no mark to be joined.
    let isText = model.pieces.enumerated().map { index, piece in
      model.followsLlama
        ? !duplicates.contains(index) && piece.kind != .userDefined
        : piece.kind == .normal || piece.kind == .userDefined
    }
    for (index, piece) in model.pieces.enumerated() where isText[index] {
      let scalars = String(decoding: piece.text, as: UTF8.self).unicodeScalars
      if scalars.count == 1 { table.setSymbol(Int32(index), of: scalars.first!.value) }
    }
    // Equal scores are equal ranks: the leftmost joins first.
    let scores = Set(model.pieces.map(\.score).filter { !$0.isNaN }).sorted(by: >)
    var rankOfScore: [Float: UInt32] = [:]
    for (rank, score) in scores.enumerated() { rankOfScore[score] = UInt32(rank) }

    for (index, piece) in model.pieces.enumerated() where isText[index] {
      let text = piece.text
      var borders: [Int] = []
      for offset in text.indices.dropFirst() where text[offset] & 0xC0 != 0x80 { borders.append(offset) }
      if borders.isEmpty { continue }
      let rank = rankOfScore[piece.score] ?? 0
      var joins = false
      for (position, border) in borders.enumerated() {
        guard
          let left = symbol(text[..<border], isCharacter: position == 0, vocabulary, isText, &table),
          let right = symbol(text[border...], isCharacter: position == borders.count - 1, vocabulary, isText, &table)
        else { continue }
        table.setJoin(left, right, rank: rank, symbol: Int32(index))
        joins = true
      }
      if joins, piece.score.isNaN, piece.kind != .control, piece.kind != .unknown {
        throw BenchmarkError(
          .unsupported, "\(name): token \(index) has the score NaN, which cannot be ranked; set it to a number")
      }
      if joins { table.addNeighbours(text) }
    }
    return table
  }

  /// The symbol of a part of a piece: a character always has one, a longer text only as a piece.
  private static func symbol(
    _ text: ArraySlice<UInt8>, isCharacter: Bool, _ vocabulary: Vocabulary, _ isText: [Bool], _ table: inout MergeTable
  ) -> Int32? {
    if isCharacter { return table.symbolOrPhantom(of: String(decoding: text, as: UTF8.self).unicodeScalars.first!) }
    return vocabulary.identifier(of: text).flatMap { isText[Int($0)] ? $0 : nil }
  }
}
