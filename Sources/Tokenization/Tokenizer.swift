import Checkpoints
import Support

/// Turns text into a model's token identifiers and back.
///
/// Immutable, so one tokenizer may serve many threads. What it does equals Hugging Face's `tokenizers` for a
/// tokenizer.json and SentencePiece for a tokenizer.model; the goldens in Tests/Goldens/tokenizers hold it to that.
package final class Tokenizer: Sendable {
  /// One more than the largest token identifier.
  package let vocabularySize: Int
  /// The token in front of every text; nil where texts begin with none, as in Qwen.
  package let beginningOfSequence: Int32?
  /// The token that ends a text; nil where the files do not say.
  package let endOfSequence: Int32?
  /// Which kind of file it came from: "tokenizer.json", "tokenizer.model" or "gguf".
  package let sourceName: String
  /// What of the file was put right, a line each.
  package let warnings: [String]
  let definition: TokenizerDefinition

  init(_ definition: TokenizerDefinition, sourceName: String) {
    self.definition = definition
    self.sourceName = sourceName
    warnings = definition.warnings
    vocabularySize = definition.vocabulary.identifierCount
    beginningOfSequence = definition.beginningOfSequence
    endOfSequence = definition.endOfSequence
  }

  /// Loads the tokenizer of a checkpoint: a folder, or a .gguf file with its vocabulary inside.
  package static func load(path: String) throws(BenchmarkError) -> Tokenizer {
    FileSystem.isFolder(path) ? try load(folder: path) : try load(file: path)
  }

  /// Loads the tokenizer of a checkpoint folder: tokenizer.json if it is there, else tokenizer.model.
  ///
  /// Where both are, tokenizer.json is taken: it alone says which tokens are special, and which were added later. The
  /// files beside it (`TokenizerConfiguration`) add further tokens and name further special ones.
  package static func load(folder: String) throws(BenchmarkError) -> Tokenizer {
    for name in ["tokenizer.json", "tokenizer.model"] {
      let path = "\(folder)/\(name)"
      guard FileSystem.isFile(path) else { continue }
      let configuration = try TokenizerConfiguration(folder: folder)
      var (definition, sourceName) = try Self.definition(file: path, isGemmaClass: configuration.isGemmaClass)
      try definition.addTokens(of: configuration, name: folder)
      if name == "tokenizer.model" {
        definition.leadingTokens =
          configuration.addsBeginning == true ? definition.beginningOfSequence.map { [$0] } ?? [] : []
        definition.trailingTokens = configuration.addsEnd == true ? definition.endOfSequence.map { [$0] } ?? [] : []
        definition.addWarningsOfSpecials(
          name: folder, reason: "as tokenizer_config.json says (add_bos_token, add_eos_token)")
      }
      return Tokenizer(definition, sourceName: sourceName)
    }
    throw BenchmarkError(.notFound, "\(folder): no tokenizer.json or tokenizer.model")
  }

  /// Loads one file: the vocabulary of a GGUF file, a tokenizer.json (by its name, or by a first byte of `{` after white
  /// space), or else a SentencePiece model.
  package static func load(file: String) throws(BenchmarkError) -> Tokenizer {
    if try GGUFModel.path(for: file) != nil { return try load(gguf: try GGUFFile(file)) }
    let (definition, name) = try Self.definition(file: file)
    return Tokenizer(definition, sourceName: name)
  }

  /// What a file that is no GGUF file says, and which kind it is.
  private static func definition(file: String, isGemmaClass: Bool = false) throws(BenchmarkError)
    -> (TokenizerDefinition, sourceName: String)
  {
    let bytes = try FileSystem.read(file)
    // A SentencePiece model begins with 0x0A too: its first field. A tokenizer.json has a brace soon after.
    let first = bytes.first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
    if file.hasSuffix(".json") || (!file.hasSuffix(".model") && first == UInt8(ascii: "{")) {
      return (try TokenizerDefinition(json: bytes, name: file, isGemmaClass: isGemmaClass), "tokenizer.json")
    }
    let model = try SentencePieceModel(bytes, name: file)
    return (try TokenizerDefinition(sentencePiece: model, name: file), "tokenizer.model")
  }

  /// Loads the vocabulary of a GGUF file that is open already.
  package static func load(gguf file: GGUFFile) throws(BenchmarkError) -> Tokenizer {
    Tokenizer(try GGUFVocabulary.definition(file), sourceName: "gguf")
  }

  /// The tokens of a text; if `addBeginningOfSequence`, with the special tokens around them that the file asks for: the
  /// beginning of a sequence, but for files that say not to, and in some the end of one.
  ///
  /// Special tokens written in the text (`<bos>`, `<start_of_turn>`) are recognised, as `transformers` does. A text that
  /// begins with the beginning-of-sequence token does not get a second one.
  package func encode(_ text: String, addBeginningOfSequence: Bool) -> [Int32] {
    var text = text
    var encoder = TextEncoder(definition)
    text.withUTF8 { encoder.encode($0) }
    let tokens = encoder.output
    guard addBeginningOfSequence else { return tokens }
    let leading = definition.leadingTokens
    if beginningOfSequence != nil && tokens.first == beginningOfSequence
      || !leading.isEmpty && tokens.starts(with: leading)
    {
      return definition.endsEveryText ? tokens + definition.trailingTokens : tokens
    }
    return leading + tokens + definition.trailingTokens
  }

  /// The piece as written in the vocabulary ("▁the"); nil where there is no such token.
  package func text(of token: Int32) -> String? { definition.vocabulary.string(of: token) }

  /// The token whose piece is this text; nil where there is none.
  package func token(of text: String) -> Int32? { definition.vocabulary.identifier(of: text) }

  /// Whether decoding leaves a token out.
  package func isSpecial(_ token: Int32) -> Bool { definition.specialTokens.contains(token) }
}
