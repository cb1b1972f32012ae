/// Bytes as text.
enum BinaryText {
  private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let hexadecimalDigits = Array("0123456789abcdef".utf8)

  /// Base64 with padding (RFC 4648, section 4).
  static func base64(_ bytes: UnsafeRawBufferPointer) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = 0
      for position in 0..<3 { group = group << 8 | (position < count ? Int(bytes[start + position]) : 0) }
      for position in 0..<4 {
        text.append(position <= count ? base64Digits[group >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// A UUID (RFC 9562) of 16 bytes.
  static func uuid(_ bytes: UnsafeRawBufferPointer) -> String {
    var text: [UInt8] = []
    for (position, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(position) { text.append(UInt8(ascii: "-")) }
      text.append(hexadecimalDigits[Int(byte >> 4)])
      text.append(hexadecimalDigits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Decimals: whole numbers that are to be divided by a power of ten.
enum DecimalText {
  /// `scale` is the number of digits behind the point.
  static func text(_ unscaled: Int64, scale: Int) -> String {
    text(Array("\(unscaled.magnitude)".utf8), isNegative: unscaled < 0, scale: scale)
  }

  /// A number in two's complement, the most significant byte first.
  static func text(_ bytes: UnsafeRawBufferPointer, scale: Int) throws(DataFault) -> String {
    guard 1...LeafType.maximumDecimalBytes ~= bytes.count else {
      throw DataFault("a decimal of \(bytes.count) bytes; 1 to \(LeafType.maximumDecimalBytes) are possible")
    }
    let isNegative = bytes[0] >= 0x80
    var magnitude = Array(bytes)
    if isNegative {
      var carry: UInt16 = 1
      for position in magnitude.indices.reversed() {
        let sum = UInt16(~magnitude[position]) + carry
        magnitude[position] = UInt8(truncatingIfNeeded: sum)
        carry = sum >> 8
      }
    }
    // Divided by ten until nothing is left; the remainders are the digits from the last one on.
    var digits: [UInt8] = []
    var first = 0
    while first < magnitude.count {
      var remainder = 0
      for position in first..<magnitude.count {
        let value = remainder << 8 | Int(magnitude[position])
        magnitude[position] = UInt8(value / 10)
        remainder = value % 10
      }
      digits.append(UInt8(ascii: "0") + UInt8(remainder))
      while first < magnitude.count, magnitude[first] == 0 { first += 1 }
    }
    return text(digits.reversed(), isNegative: isNegative, scale: scale)
  }

  private static func text(_ digits: [UInt8], isNegative: Bool, scale: Int) -> String {
    let zeros = repeatElement(UInt8(ascii: "0"), count: max(0, scale + 1 - digits.count))
    var text = isNegative ? [UInt8(ascii: "-")] : []
    let padded = zeros + digits
    text += padded.dropLast(scale)
    if scale > 0 {
      text.append(UInt8(ascii: "."))
      text += padded.suffix(scale)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
