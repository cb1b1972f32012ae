import Checkpoints
import Support

/// The vocabulary in a GGUF file: `tokenizer.ggml.model` is "llama" for a SentencePiece model (Gemma 1 to 3n), "gemma4" for
/// a list of merges of characters (Gemma 4), "gpt2" for one of bytes (Llama 3, Qwen).
///
/// Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, and `gguf-py` of llama.cpp for "gemma4".
struct GGUFVocabulary {
  private static let modelKey = "tokenizer.ggml.model"
  private static let tokensKey = "tokenizer.ggml.tokens"
  private static let scoresKey = "tokenizer.ggml.scores"
  private static let typesKey = "tokenizer.ggml.token_type"
  private static let mergesKey = "tokenizer.ggml.merges"
  private static let preTokenizerKey = "tokenizer.ggml.pre"
  private static let spacePrefixKey = "tokenizer.ggml.add_space_prefix"
  private static let characterMapKey = "tokenizer.ggml.precompiled_charsmap"

  private let file: GGUFFile
  /// Whether the vocabulary is of the kind with merges.
  private let isMergeList: Bool
  private var name: String { file.path }
  /// The numbers of `token_type` are those of SentencePiece's kinds.
  private var kinds: [SentencePieceModel.Kind]
  private var warnings: [String] = []

  /// Texts that mark a conversation's turns, control tokens whatever type a file gives them; `GGUFEndTokens.texts`, which
  /// llama.cpp makes control tokens, has the closing ones.
  private static let controlTexts = GGUFEndTokens.texts.union(["<bos>", "<start_of_turn>", "<|turn>"])
  private static let longestControlText = controlTexts.reduce(0) { max($0, $1.utf8.count) }

  /// The definition of the tokenizer in a file. Errors: no vocabulary, one of another kind, a malformed one.
  static func definition(_ file: GGUFFile) throws(BenchmarkError) -> TokenizerDefinition {
    guard let model = try file.string(modelKey) else {
      throw BenchmarkError(.invalidFile, "\(file.path): no vocabulary (key \(modelKey)); the file has only weights")
    }
    switch model {
    case "llama":
      let vocabulary = try GGUFVocabulary(file, isMergeList: false)
      var definition = try TokenizerDefinition(sentencePiece: try vocabulary.sentencePieceModel(), name: file.path)
      // Ollama's own files of Gemma 3, which lack this and llama.cpp refuses, have no key either and no space.
      let isOllamas =
        file.value("gemma3.attention.layer_norm_rms_epsilon") == nil && file.value("gemma3.block_count") != nil
      definition.prefixesSpace = try file.bool(spacePrefixKey) ?? !isOllamas
      try vocabulary.readSpecials(&definition)
      return definition
    case "gemma4":
      let vocabulary = try GGUFVocabulary(file, isMergeList: true)
      var definition = try vocabulary.mergeListDefinition()
      try vocabulary.readSpecials(&definition)
      return definition
    case "gpt2": return try GGUFVocabulary(file, isMergeList: false).byteLevelDefinition()
    default:
      throw file.failure(
        modelKey, "the vocabulary \"\(model)\" is not supported; \"llama\", \"gemma4\" and \"gpt2\" are", .unsupported)
    }
  }

  private init(_ file: GGUFFile, isMergeList: Bool) throws(BenchmarkError) {
    self.file = file
    self.isMergeList = isMergeList
    let tokens = try Self.required(Self.tokensKey, file)
    let types = try file.array(Self.typesKey)
    if tokens.count == 0 { throw file.failure(Self.tokensKey, "empty") }
    if tokens.count > Vocabulary.identifierLimit {
      throw file.failure(Self.tokensKey, "\(tokens.count) tokens; at most \(Vocabulary.identifierLimit) are supported")
    }
    if let types, types.count < tokens.count {
      throw file.failure(Self.typesKey, "\(types.count) types for \(tokens.count) tokens")
    }
    // llama.cpp takes a token without a type as normal. A token whose type is an unknown number is treated as unused.
    kinds = Array(repeating: .normal, count: tokens.count)
    for (index, number) in (try types?.integers() ?? []).prefix(tokens.count).enumerated() {
      kinds[index] = SentencePieceModel.Kind(rawValue: number) ?? .unused
    }
    try correctKinds(tokens)
  }

  /// Makes control tokens of those that the file's keys and their texts call so, as llama.cpp does for its ends of texts, and
  /// byte tokens of those with a byte's name, which is how llama.cpp finds them.
  private mutating func correctKinds(_ tokens: GGUFArray) throws(BenchmarkError) {
    func isText(_ kind: SentencePieceModel.Kind) -> Bool { kind == .normal || kind == .unused }
    var kinds = kinds
    var changed: [String] = []
    var sentenceEnd: Int?
    var hasTags = false
    try tokens.forEachString { (index, bytes) throws(BenchmarkError) in
      if isText(kinds[index]) || kinds[index] == .byte {
        if Self.isByteName(bytes) { kinds[index] = .byte } else if kinds[index] == .byte { kinds[index] = .normal }
      }
      guard bytes.count <= Self.longestControlText else { return }
      let text = String(decoding: bytes, as: UTF8.self)
      if text == GGUFEndTokens.sentenceEnd {
        sentenceEnd = index
      } else if text == GGUFEndTokens.tagMark {
        hasTags = true
      }
      if isText(kinds[index]), Self.controlTexts.contains(text) {
        kinds[index] = .control
        changed.append(text)
      }
    }
    if let sentenceEnd, hasTags {
      kinds[sentenceEnd] = .normal
      changed.removeAll { $0 == GGUFEndTokens.sentenceEnd }
    }
    self.kinds = kinds
    if !changed.isEmpty {
      warnings.append(
        "\(name): \(changed.joined(separator: ", ")) treated as control tokens, although the file declares them as text"
      )
    }
  }

  /// Whether a token's text is `<0x0A>`, with capital letters, or another byte's.
  private static func isByteName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == 6, let byte = TokenizerDefinition.byteValue(of: Array(bytes)[...]) else { return false }
    return bytes.elementsEqual(TokenizerDefinition.byteTokenText(byte).utf8)
  }

  private static func required(_ key: String, _ file: GGUFFile) throws(BenchmarkError) -> GGUFArray {
    guard let array = try file.array(key) else { throw file.failure(key, "missing, but the vocabulary needs it") }
    return array
  }

  /// The token that a key names or that llama.cpp takes without it, nil if there is none.
  private func token(_ role: String) throws(BenchmarkError) -> Int? {
    try GGUFEndTokens.token(role, file, count: kinds.count)
  }

  /// Reads which tokens stand around a text: the beginning unless the file says not to, the end if it says so.
  private func readSpecials(_ definition: inout TokenizerDefinition) throws(BenchmarkError) {
    definition.warnings += warnings
    // llama.cpp overrides a false in Gemma 4's files.
    let addsBeginning = try file.bool("tokenizer.ggml.add_bos_token") != false || isMergeList
    let addsEnd = try file.bool("tokenizer.ggml.add_eos_token") ?? false
    definition.leadingTokens = addsBeginning ? definition.beginningOfSequence.map { [$0] } ?? [] : []
    definition.trailingTokens = addsEnd ? definition.endOfSequence.map { [$0] } ?? [] : []
    definition.endsEveryText = true
    definition.addWarningsOfSpecials(name: name, reason: "as the file says (add_bos_token, add_eos_token)")
  }

  /// A token's text; llama.cpp's name for one that has none.
  private static func text(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> [UInt8] {
    bytes.isEmpty ? Array("[EMPTY_\(index)]".utf8) : Array(bytes)
  }

  // MARK: the SentencePiece kind

  private func sentencePieceModel() throws(BenchmarkError) -> SentencePieceModel {
    var model = SentencePieceModel()
    let values = try file.array(Self.scoresKey)?.floats() ?? Array(repeating: 0, count: kinds.count)
    if values.count < kinds.count {
      throw file.failure(Self.scoresKey, "\(values.count) scores for \(kinds.count) tokens")
    }
    model.modelType = 2
    model.followsLlama = true
    // The space in front is for the encoder, which puts it behind each special token too.
    model.addsDummyPrefix = false
    // llama.cpp ignores the key remove_extra_whitespaces in vocabularies of this kind.
    model.removesExtraWhitespace = false
    if let map = try file.array(Self.characterMapKey), map.count > 0 {
      throw file.failure(Self.characterMapKey, "a normalizer is not supported; no Gemma model uses it", .unsupported)
    }
    model.pieces.reserveCapacity(kinds.count)
    let unknown = try token("unknown")
    try Self.required(Self.tokensKey, file).forEachString { (index, bytes) throws(BenchmarkError) in
      // llama.cpp writes the spaces of user-defined pieces as they are, and marks <unk> as control where the
      // checkpoint's configuration calls it special.
      var kind = index == unknown ? .unknown : kinds[index]
      var text = Self.text(bytes, index)
      if kind == .userDefined { text = TokenizerDefinition.spaceReplacement.applied(to: text) }
      if String(validating: text, as: UTF8.self) == nil {
        // No text can hold such bytes.
        text = Array("[INVALID_\(index)]".utf8)
        if kind != .unused { kind = .normal }
      }
      try SentencePieceModel.checkText(text[...], index: index, name: name)
      model.pieces.append(SentencePieceModel.Piece(text: text[...], score: values[index], kind: kind))
    }
    model.byteFallback = kinds.contains(.byte)
    model.beginningIdentifier = try token("bos")
    model.endIdentifier = try token("eos")
    return model
  }

  // MARK: the kind with merges

  private func mergeListDefinition() throws(BenchmarkError) -> TokenizerDefinition {
    // llama.cpp ignores the key add_space_prefix in vocabularies with merges.
    let (vocabulary, duplicates) = try readVocabulary()
    var byteOfToken: [Int32: UInt8] = [:]
    var bytes = [Int32](repeating: -1, count: 256)
    for (index, kind) in kinds.enumerated() where kind == .byte {
      guard let byte = TokenizerDefinition.byteValue(of: vocabulary.bytes(of: Int32(index))) else {
        throw file.failure(Self.tokensKey, "byte token \(index) is not named like <0x0A>")
      }
      bytes[Int(byte)] = Int32(index)
      byteOfToken[Int32(index)] = byte
    }
    if let missing = bytes.firstIndex(of: -1) {
      let text = TokenizerDefinition.byteTokenText(UInt8(missing))
      throw file.failure(Self.tokensKey, "no token \(text): some texts cannot be tokenized")
    }
    let fallback = TokenizerDefinition.Fallback.bytes(bytes)
    var definition = TokenizerDefinition(
      vocabulary: vocabulary, merges: try readMerges(vocabulary, fallback), fallback: fallback,
      beginningOfSequence: try mark("bos", "<bos>", vocabulary), endOfSequence: try mark("eos", "<eos>", vocabulary))
    definition.replacements = [TokenizerDefinition.spaceReplacement]
    definition.byteOfToken = byteOfToken
    definition.warnings = TokenizerDefinition.warnings(ofDuplicates: duplicates, vocabulary, name: name)
    let isDuplicate = Set(duplicates.map(\.1))
    for (index, kind) in kinds.enumerated() where !isDuplicate.contains(index) {
      switch kind {
      case .control, .unknown, .userDefined:
        // Gemma 4's user-defined tokens (<|channel>, <|tool_call>) are special to transformers.
        definition.rawTokens.add(vocabulary.bytes(of: Int32(index)), identifier: Int32(index))
        definition.specialTokens.insert(Int32(index))
      case .unused: definition.specialTokens.insert(Int32(index))
      case .normal, .byte: break
      }
    }
    return definition
  }

  // MARK: the kind of bytes

  /// Errors: a pre-tokenizer of another family, a vocabulary that lacks the token of a byte.
  private func byteLevelDefinition() throws(BenchmarkError) -> TokenizerDefinition {
    guard let pre = try file.string(Self.preTokenizerKey) else {
      throw file.failure(Self.preTokenizerKey, "missing; it says how text is split; convert the model again")
    }
    guard let rule = GGUFPreTokenizer.all.first(where: { $0.names.contains(pre) }) else {
      let known = GGUFPreTokenizer.all.flatMap(\.names).joined(separator: ", ")
      throw file.failure(Self.preTokenizerKey, "\"\(pre)\" is not supported; \(known) are", .unsupported)
    }
    for key in [Self.spacePrefixKey, "tokenizer.ggml.add_eos_token"] where try file.bool(key) == true {
      throw file.failure(key, "true is not supported in a vocabulary of bytes", .unsupported)
    }
    let (vocabulary, duplicates) = try readVocabulary()
    var definition = TokenizerDefinition(
      vocabulary: vocabulary, merges: try readMerges(vocabulary, .none), fallback: .none)
    definition.byteLevel = try ByteLevel(
      pattern: rule.pattern, ignoresMerges: rule.ignoresMerges, vocabulary, name: name)
    definition.composes = rule.composes
    definition.warnings = warnings + TokenizerDefinition.warnings(ofDuplicates: duplicates, vocabulary, name: name)
    if try file.bool("tokenizer.ggml.add_bos_token") ?? rule.addsBeginning {
      guard let token = try token("bos") else {
        throw file.failure("tokenizer.ggml.bos_token_id", "missing, but every text must begin with that token")
      }
      definition.beginningOfSequence = Int32(token)
      definition.leadingTokens = [Int32(token)]
    }
    definition.endOfSequence = try token("eos").map { Int32($0) }
    let isDuplicate = Set(duplicates.map(\.1))
    for (index, kind) in kinds.enumerated() where !isDuplicate.contains(index) {
      switch kind {
      case .control, .unknown, .userDefined:
        definition.rawTokens.add(vocabulary.bytes(of: Int32(index)), identifier: Int32(index))
        if kind != .userDefined { definition.specialTokens.insert(Int32(index)) }
      case .normal, .unused, .byte: break
      }
    }
    return definition
  }

  private func readVocabulary() throws(BenchmarkError) -> (Vocabulary, duplicates: [(Int32, Int)]) {
    var vocabulary = Vocabulary(capacity: kinds.count)
    var duplicates: [(Int32, Int)] = []
    try Self.required(Self.tokensKey, file).forEachString { (index, bytes) throws(BenchmarkError) in
      let text = Self.text(bytes, index)[...]
      try SentencePieceModel.checkText(text, index: index, name: name)
      switch vocabulary.add(text, as: index) {
      case .added: break
      case .textTaken(let other):
        _ = vocabulary.addDuplicate(text, as: index)
        duplicates.append((other, index))
      default: throw file.failure(Self.tokensKey, "token \(index) does not fit the vocabulary")
      }
    }
    return (vocabulary, duplicates)
  }

  private func mark(_ role: String, _ text: String, _ vocabulary: Vocabulary) throws(BenchmarkError) -> Int32 {
    if let identifier = try token(role) { return Int32(identifier) }
    if let identifier = vocabulary.identifier(of: text) { return identifier }
    throw BenchmarkError(.invalidFile, "\(name): no token \(text), which every Gemma tokenizer has")
  }

  private func readMerges(_ vocabulary: Vocabulary, _ fallback: TokenizerDefinition.Fallback) throws(BenchmarkError)
    -> MergeTable
  {
    let merges = try Self.required(Self.mergesKey, file)
    let unknown = try token("unknown").map { Int32($0) }
    var list = MergeListReader(vocabulary, capacity: merges.count, fallback: fallback, unknown: unknown)
    try merges.forEachString { (index, bytes) throws(BenchmarkError) in
      guard let border = bytes.firstIndex(of: TokenizerDefinition.space), border > 0, border < bytes.count - 1,
        bytes.lastIndex(of: TokenizerDefinition.space) == border
      else { throw file.failure(Self.mergesKey, "merge \(index) is not two tokens with a space between") }
      var text = Array(bytes)
      text.remove(at: border)
      do throws(MergeListReader.Fault) {
        try list.add(text[...], border: border)
      } catch { throw error.error(name) }
    }
    return list.table
  }
}
