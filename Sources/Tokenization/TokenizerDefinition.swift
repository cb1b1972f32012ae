import Support

/// Everything a tokenizer file says, in the form the encoder and the decoder use; each loader makes one.
struct TokenizerDefinition: Sendable {
  /// What becomes of a character that the vocabulary lacks.
  enum Fallback: Sendable {
    /// The tokens of its bytes: 256 identifiers, by byte.
    case bytes([Int32])
    /// One unknown token; neighbouring ones make a single token if `fused`.
    case unknown(Int32, fused: Bool)
    /// Nothing: no character lacks a token.
    case none
  }

  /// How decoding shows a run of byte tokens that is not valid UTF-8.
  enum ByteRunRule: Sendable {
    /// One U+FFFD for each token of the whole run: the `ByteFallback` decoder of Hugging Face's tokenizers.
    case wholeRun
    /// What is valid is shown, and each invalid byte is one U+FFFD: SentencePiece.
    case eachByte
  }

  /// How text is cut into pieces before merges; none reaches across.
  enum Cut: Sendable {
    case none
    /// Behind each space that the normaliser left.
    case afterSpace
    /// In front of each "▁".
    case beforeMark
  }

  /// How tokens become a text again.
  struct Decoding: Sendable {
    /// Whether "▁" stays, where others show a space.
    var showsMarks = false
    /// What stands between tokens.
    var separator: [UInt8] = []
    /// Spaces that go from the front of the whole.
    var strippedSpaces = 0
  }

  /// A replacement of every occurrence of one byte string by another.
  struct Replacement: Sendable {
    let pattern: [UInt8]
    let content: [UInt8]

    /// The text with the replacement made; texts that `sparing` finds are copied as they are.
    func applied(to text: [UInt8], sparing: TokenMatcher = TokenMatcher()) -> [UInt8] {
      var result: [UInt8] = []
      result.reserveCapacity(text.count + text.count / 2)
      text.withUnsafeBufferPointer { bytes in
        var offset = 0
        var start = 0  // of what is not copied yet
        while offset < bytes.count {
          if let match = sparing.match(bytes, at: offset) {
            offset += match.count
          } else if bytes[offset] == pattern[0], bytes.count - offset >= pattern.count,
            pattern.count == 1 || bytes[offset..<offset + pattern.count].elementsEqual(pattern)
          {
            if start < offset { result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<offset])) }
            result.append(contentsOf: content)
            offset += pattern.count
            start = offset
          } else {
            offset += 1
          }
        }
        if start < bytes.count { result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...])) }
      }
      return result
    }
  }

  static let space = UInt8(ascii: " ")
  /// "▁", U+2581, which stands for a space inside pieces.
  static let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]
  static let spaceReplacement = Replacement(pattern: [space], content: spaceMark)

  var vocabulary: Vocabulary
  var merges: MergeTable
  var fallback: Fallback
  /// Tokens matched in the text as it was given.
  var rawTokens = TokenMatcher()
  /// Tokens matched in the normalised text between the raw ones.
  var normalizedTokens = TokenMatcher()
  /// Whether texts of `normalizedTokens` are left alone by the normaliser (SentencePiece's user-defined symbols).
  var normalizerSparesTokens = false
  /// The normaliser: replacements one after the other.
  var replacements: [Replacement] = []
  /// Whether the normaliser composes characters (Unicode's form NFC), before all else.
  var composes = false
  var cut = Cut.none
  /// How bytes become tokens, in a vocabulary of bytes; nil in one of characters.
  var byteLevel: ByteLevel?
  /// Identifiers that decoding leaves out.
  var specialTokens: Set<Int32> = []
  /// The byte of each byte token.
  var byteOfToken: [Int32: UInt8] = [:]
  var byteRunRule: ByteRunRule = .wholeRun
  /// The token that begins a sequence; nil where the model has none.
  var beginningOfSequence: Int32?
  /// The token that ends a text; nil where the file does not say.
  var endOfSequence: Int32?
  /// What stands in front of a text's tokens and behind them, if special tokens are wanted.
  var leadingTokens: [Int32]
  var trailingTokens: [Int32] = []
  /// Whether the trailing tokens follow a text that brings its own beginning too, as in llama.cpp; lm-evaluation-harness
  /// and `apply_chat_template` put nothing around such a text.
  var endsEveryText = false
  /// Whether a space is put in front of a text, and in front of what follows a special token (llama.cpp's
  /// `add_space_prefix`).
  var prefixesSpace = false
  /// Whether a word that is a token as a whole is that token, whatever the merges say.
  var ignoresMerges = false
  var decoding = Decoding()
  /// What of the file was put right, for whoever loads it.
  var warnings: [String] = []

  init(
    vocabulary: Vocabulary, merges: MergeTable, fallback: Fallback, beginningOfSequence: Int32? = nil,
    endOfSequence: Int32? = nil
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.fallback = fallback
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    leadingTokens = beginningOfSequence.map { [$0] } ?? []
  }

  /// Warns of what stands around a text other than the beginning of a sequence in front; `reason` names who says so.
  mutating func addWarningsOfSpecials(name: String, reason: String) {
    func texts(_ tokens: [Int32]) -> String { tokens.map { vocabulary.string(of: $0) ?? "\($0)" }.joined() }
    if let beginningOfSequence, !leadingTokens.contains(beginningOfSequence) {
      warnings.append(
        "\(name): prompts do not begin with \(texts([beginningOfSequence])), \(reason); Gemma was trained with it")
    }
    if !trailingTokens.isEmpty {
      warnings.append("\(name): \(texts(trailingTokens)) follows each prompt, \(reason)")
    }
  }

  /// Makes tokens special that the vocabulary has; other texts are left out.
  mutating func addSpecialTokens(_ texts: [String]) {
    for text in texts {
      guard let identifier = vocabulary.identifier(of: text) else { continue }
      rawTokens.add(text.utf8, identifier: identifier)
      specialTokens.insert(identifier)
    }
  }

  /// The text of a byte token, such as `<0x0A>`.
  static func byteTokenText(_ byte: UInt8) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    return "<0x" + String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self) + ">"
  }

  /// The byte that a byte token's text names, or nil.
  static func byteValue(of text: ArraySlice<UInt8>) -> UInt8? {
    guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">") else { return nil }
    var value: UInt8 = 0
    for byte in text.dropFirst(3).dropLast() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | (byte - UInt8(ascii: "0"))
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | (byte - UInt8(ascii: "A") + 10)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | (byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }
}
