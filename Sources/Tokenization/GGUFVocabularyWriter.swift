import Checkpoints
import Support

/// Writes the vocabulary of a checkpoint folder as llama.cpp's converter does: a SentencePiece model (tokenizer.model)
/// as the kind "llama", a tokenizer.json as the kind "gemma4", which has merges, or "gpt2", whose merges are of bytes.
///
/// Source: `conversion/base.py` and `conversion/gemma.py` of llama.cpp.
package struct GGUFVocabularyWriter {
  /// A token as the file holds it; types are the numbers of SentencePiece's kinds.
  private struct Token {
    var text: [UInt8]
    var score: Float
    var kind: SentencePieceModel.Kind
  }

  private let folder: String
  private let tokenizer: Tokenizer
  private var tokens: [Token] = []
  /// Identifiers of tokens that a tokenizer.json adds to the model's own: found whole in a text, as others are not.
  private var addedTokens: Set<Int> = []

  /// What Gemma's converters call special though not every file says so.
  private static let specialTexts: Set<String> = ["<pad>", "<mask>", "<2mass>", "[@BOS@]"]
  /// Gemma 4's marks that a reader of a chat must see: special to `transformers`, user-defined in GGUF files.
  private static let visibleTexts: Set<String> = [
    "<|channel>", "<channel|>", "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>", "<|\"|>",
  ]

  /// Adds the keys `tokenizer.*` for a vocabulary that is filled up to `size` tokens, the rows of the embedding.
  ///
  /// - Parameter allowsSentencePiece: whether a tokenizer.model is taken where there is one; Gemma 4's is of merges.
  /// Tokens beyond `size`, which the model has no row for, are left out.
  ///
  /// - Throws: what is missing or malformed in the tokenizer's files.
  package static func write(
    folder: String, size: Int, allowsSentencePiece: Bool, to metadata: inout GGUFMetadata
  ) throws(BenchmarkError) {
    var writer = GGUFVocabularyWriter(folder: folder, tokenizer: try Tokenizer.load(folder: folder))
    let definition = writer.tokenizer.definition
    if definition.rawTokens.hasRules || definition.normalizedTokens.hasRules {
      throw BenchmarkError(
        .unsupported,
        "\(folder): added tokens with \"lstrip\", \"rstrip\" or \"single_word\"; a GGUF file cannot store this")
    }
    let model = "\(folder)/tokenizer.model"
    if allowsSentencePiece, FileSystem.isFile(model) {
      try writer.readSentencePieces(model)
      try writer.finish(size: size, name: "llama", merges: nil, to: &metadata)
    } else {
      let path = "\(folder)/tokenizer.json"
      let merges = try writer.readTokenizerFile(path)
      guard let level = definition.byteLevel else {
        try writer.finish(size: size, name: "gemma4", merges: merges, to: &metadata)
        return
      }
      let rule = GGUFPreTokenizer.all.first {
        $0.pattern == level.splitter.source && $0.ignoresMerges == level.ignoresMerges
          && $0.composes == definition.composes
      }
      guard let rule else {
        throw BenchmarkError(
          .unsupported,
          "\(path): no llama.cpp name is known for this pre-tokenizer; convert the model with llama.cpp's own script")
      }
      try writer.finish(size: size, name: "gpt2", preTokenizer: rule.names[0], merges: merges, to: &metadata)
    }
  }

  private init(folder: String, tokenizer: Tokenizer) {
    self.folder = folder
    self.tokenizer = tokenizer
  }

  private func isSpecial(_ identifier: Int, _ text: [UInt8]) -> Bool {
    if tokenizer.definition.specialTokens.contains(Int32(identifier)) { return true }
    let text = String(decoding: text, as: UTF8.self)
    return Self.specialTexts.contains(text) || (text.hasPrefix("<unused") && text.hasSuffix(">"))
  }

  private mutating func readSentencePieces(_ path: String) throws(BenchmarkError) {
    let model = try SentencePieceModel(try FileSystem.read(path), name: path)
    for (index, piece) in model.pieces.enumerated() {
      var token = Token(text: Array(piece.text), score: piece.score, kind: piece.kind)
      if piece.kind == .userDefined {
        if isSpecial(index, token.text) {
          token.kind = .control
        } else {
          token.text = Self.withSpaces(token.text)
        }
      }
      tokens.append(token)
    }
    let vocabulary = tokenizer.definition.vocabulary
    for identifier in tokens.count..<max(tokens.count, vocabulary.identifierCount) {
      guard vocabulary.contains(Int32(identifier)) else {
        tokens.append(Self.filler(identifier))
        continue
      }
      let isSpecial = tokenizer.definition.specialTokens.contains(Int32(identifier))
      let text = Array(vocabulary.bytes(of: Int32(identifier)))
      tokens.append(Token(text: text, score: -1000, kind: isSpecial ? .control : .userDefined))
    }
  }

  /// A text with the marks of spaces as spaces, as GGUF files have it in user-defined tokens.
  private static func withSpaces(_ text: [UInt8]) -> [UInt8] {
    TokenizerDefinition.Replacement(pattern: TokenizerDefinition.spaceMark, content: [TokenizerDefinition.space])
      .applied(to: text)
  }

  /// Reads tokens and added tokens; answers the merges, two texts with a space between. `Tokenizer.load` has checked the
  /// file: what is malformed here is refused briefly.
  private mutating func readTokenizerFile(_ path: String) throws(BenchmarkError) -> [[UInt8]] {
    let bytes = try FileSystem.read(path)
    let source = JSONSource(bytes: bytes, name: path)
    var scanner = JSONScanner(bytes, 0..<bytes.count, name: path)
    let document = try scanner.members()
    if let range = document["added_tokens"] {
      for token in try source.parse(range, "added_tokens").arrayValue ?? [] {
        if let identifier = token.objectValue?["id"]?.integerValue { addedTokens.insert(identifier) }
      }
    }
    let vocabulary = tokenizer.definition.vocabulary
    for identifier in 0..<Int32(vocabulary.identifierCount) {
      let text = Array(vocabulary.bytes(of: identifier))
      var token = Token(text: text, score: 0, kind: .normal)
      if !vocabulary.contains(identifier) {
        token = Self.filler(Int(identifier))
      } else if Self.visibleTexts.contains(String(decoding: text, as: UTF8.self)) {
        token.kind = .userDefined
      } else if tokenizer.definition.specialTokens.contains(identifier)
        || (addedTokens.contains(Int(identifier)) && isSpecial(Int(identifier), text))
      {
        token.kind = .control
      } else if tokenizer.definition.byteLevel == nil, TokenizerDefinition.byteValue(of: text[...]) != nil {
        token.kind = .byte
      } else if addedTokens.contains(Int(identifier)) {
        token.kind = .userDefined
      }
      tokens.append(token)
    }
    var lines: [[UInt8]] = []
    if let range = document["model"] {
      var model = JSONScanner(bytes, range, name: path)
      try source.forEachMerge(try model.members()["merges"]) { (text, border) in
        lines.append(
          text[..<(text.startIndex + border)] + [TokenizerDefinition.space] + text[(text.startIndex + border)...])
      }
    }
    return lines
  }

  /// What stands in for a token that the model has a row for and the vocabulary does not.
  private static func filler(_ identifier: Int) -> Token {
    Token(text: Array("[PAD\(identifier)]".utf8), score: -10_000, kind: .unused)
  }

  private mutating func finish(
    size: Int, name: String, preTokenizer: String? = nil, merges: [[UInt8]]?, to metadata: inout GGUFMetadata
  ) throws(BenchmarkError) {
    // What has no row is left out, as llama.cpp's converter does: llama.cpp wants a row for each token.
    tokens = Array(tokens.prefix(size))
    for identifier in tokens.count..<size { tokens.append(Self.filler(identifier)) }
    metadata.set("tokenizer.ggml.model", name)
    let preTokenizer = preTokenizer ?? (merges == nil ? "default" : nil)
    if let preTokenizer { metadata.set("tokenizer.ggml.pre", preTokenizer) }
    metadata.set("tokenizer.ggml.tokens", tokens.map(\.text))
    metadata.set("tokenizer.ggml.scores", tokens.map(\.score))
    metadata.set("tokenizer.ggml.token_type", tokens.map { Int32($0.kind.rawValue) })
    if let merges { metadata.set("tokenizer.ggml.merges", merges) }
    let definition = tokenizer.definition
    if let token = definition.beginningOfSequence { metadata.set("tokenizer.ggml.bos_token_id", UInt32(token)) }
    if let token = definition.endOfSequence { metadata.set("tokenizer.ggml.eos_token_id", UInt32(token)) }
    for (role, texts) in [
      ("unknown", ["<unk>"]), ("padding", ["<pad>"]), ("eot", ["<end_of_turn>", "<turn|>", "<|eot_id|>"]),
    ] {
      for text in texts {
        guard let identifier = definition.vocabulary.identifier(of: text), identifier < size else { continue }
        metadata.set("tokenizer.ggml.\(role)_token_id", UInt32(identifier))
        break
      }
    }
    ChatTemplateSource.write(try ChatTemplateSource.all(folder: folder), to: &metadata)
    metadata.set("tokenizer.ggml.add_space_prefix", false)
    let (leading, trailing) = (definition.leadingTokens, definition.trailingTokens)
    let beginning = definition.beginningOfSequence.map { [$0] } ?? [], end = definition.endOfSequence.map { [$0] } ?? []
    guard leading.isEmpty || leading == beginning, trailing.isEmpty || trailing == end else {
      throw BenchmarkError(
        .unsupported,
        "\(folder): special tokens around a text other than <bos> and <eos>; a GGUF file cannot store this")
    }
    metadata.set("tokenizer.ggml.add_bos_token", !leading.isEmpty)
    metadata.set("tokenizer.ggml.add_eos_token", !trailing.isEmpty)
  }
}
