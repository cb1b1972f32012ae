@_spi(_Unicode) import Swift

/// Unicode's form NFC, in which a letter and its accent are one character where there is one for both.
enum Composition {
  /// A text, which must be valid UTF-8, in that form; ASCII is in it already.
  static func composed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    if text.allSatisfy({ $0 < 0x80 }) { return Array(text) }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: String(decoding: text, as: UTF8.self)._nfc)
    return Array(String(result).utf8)
  }
}
