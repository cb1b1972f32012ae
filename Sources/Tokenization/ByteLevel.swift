import Patterns
import Support

/// Byte-level byte-pair encoding, as in GPT-2, Llama 3 and Qwen: a text is cut by a regular expression, each byte of a piece
/// is written as a character, and the merges join those. Every text has tokens, and none is unknown.
///
/// Source: `ByteLevel` and `BPE` of Hugging Face's `tokenizers`.
struct ByteLevel: Sendable {
  /// Cuts a text before it is divided.
  let splitter: SplitPattern
  /// Whether a piece that is a token as a whole becomes it, whatever the merges say (Llama 3).
  let ignoresMerges: Bool
  /// The token of each byte. // [256]
  let symbols: [Int32]

  /// The expression that `ByteLevel` itself cuts by, GPT-2's.
  static let standardPattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Errors: a vocabulary that lacks the token of a byte.
  init(
    pattern: String, ignoresMerges: Bool, _ vocabulary: Vocabulary, name: String
  ) throws(BenchmarkError) {
    do {
      splitter = try SplitPattern(pattern)
    } catch { throw BenchmarkError(error.kind, "\(name): pre-tokenizer: \(error.message)") }
    self.ignoresMerges = ignoresMerges
    var symbols: [Int32] = []
    for character in Self.characters {
      guard let symbol = vocabulary.identifier(of: character[...]) else {
        let byte = symbols.count
        throw BenchmarkError(
          .unsupported,
          "\(name): no token for the byte \(byte) (\"\(String(decoding: character, as: UTF8.self))\"): some texts cannot be tokenized"
        )
      }
      symbols.append(symbol)
    }
    self.symbols = symbols
  }

  /// The character that stands for each byte, as UTF-8: itself where it is visible in Latin 1, else one from U+0100 on.
  /// // [256]
  static let characters: [[UInt8]] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      let isVisible = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
      let value = isVisible ? UInt32(byte) : next
      if !isVisible { next += 1 }
      return Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? []
    }
  }()

  private static let byteOfScalar: [UInt32: UInt8] = {
    var bytes: [UInt32: UInt8] = [:]
    for (byte, text) in characters.enumerated() {
      text.withUnsafeBufferPointer { bytes[decodeScalar($0, at: 0).scalar] = UInt8(byte) }
    }
    return bytes
  }()

  /// A text with each byte as its character.
  static func mapped(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for byte in bytes { result += characters[Int(byte)] }
    return result
  }

  /// The bytes that a token's text stands for; the text itself where it holds a character that stands for no byte, as that
  /// of an added token may.
  static func bytes(of text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    let isWhole = text.withUnsafeBufferPointer { buffer in
      var offset = 0
      while offset < buffer.count {
        let (scalar, count) = decodeScalar(buffer, at: offset)
        guard let byte = byteOfScalar[scalar] else { return false }
        result.append(byte)
        offset += count
      }
      return true
    }
    return isWhole ? result : Array(text)
  }
}
