import Support

/// Numbers as people and models write them: signs of every kind, currency, thousands set apart, decimals, exponents.
///
/// Digits, signs, commas and points of any script that are as good as ASCII's are read as those. A comma, an apostrophe or a
/// narrow space counts only between thousands: `1,234` is one number, `1,2` are two. Parentheses
/// are no sign.
struct NumberText: Equatable {
  /// The number in ASCII, with its sign and its commas, without currency and percent: `-1,234.5`.
  let text: String
  let value: Double
  /// Where it stands, in unicode scalars: sign and currency in front and behind included.
  private let range: Range<Int>

  /// The numbers in a text, in their order.
  static func all(in text: String) -> [NumberText] {
    let scalars = Array(text.unicodeScalars)
    var numbers: [NumberText] = []
    var offset = 0
    while offset < scalars.count {
      if let number = NumberText(scalars, at: offset) {
        numbers.append(number)
        offset = number.range.upperBound
      } else {
        offset = end(ofDigits: scalars, from: offset) + 1
      }
    }
    return numbers
  }

  /// The value of a text that is one number and nothing else, with or without currency and percent; nil if it is none.
  static func value(_ text: String) -> Double? {
    var text = PythonText.stripped(text)
    // The point of a sentence, as in `5.` and `5%.`.
    if text.hasSuffix(".") { text.removeLast() }
    let numbers = all(in: text)
    guard numbers.count == 1, numbers[0].range == 0..<text.unicodeScalars.count else { return nil }
    return numbers[0].value
  }

  /// The number whose first digit (or point in front of digits) stands at an offset; nil if none begins there.
  private init?(_ scalars: [Unicode.Scalar], at offset: Int) {
    func digit(_ index: Int) -> Int? { scalars.indices.contains(index) ? Self.digit(scalars[index]) : nil }
    var end = offset
    var written = ""
    while let value = digit(end) {
      written += "\(value)"
      end += 1
    }
    let wholeDigits = end - offset
    if wholeDigits == 0 {
      // A point behind a word is the end of a sentence, and no beginning of a decimal.
      let isBeginning = offset == 0 || !Self.closesNumber(scalars, at: offset - 1)
      guard Self.isPoint(scalars[offset]), digit(offset + 1) != nil, isBeginning else { return nil }
    }
    var plain = written
    if (1...3).contains(wholeDigits), written.first != "0" {
      // A group of thousands is three digits, and not the beginning of more.
      while scalars.indices.contains(end), let separator = Self.separator(scalars[end]),
        let first = digit(end + 1), let second = digit(end + 2), let third = digit(end + 3), digit(end + 4) == nil
      {
        plain += "\(first)\(second)\(third)"
        written += separator + "\(first)\(second)\(third)"
        end += 4
      }
    }
    if scalars.indices.contains(end), Self.isPoint(scalars[end]), digit(end + 1) != nil {
      var fraction = ""
      end += 1
      while let value = digit(end) {
        fraction += "\(value)"
        end += 1
      }
      // 1.2.3 is a version or a section.
      if scalars.indices.contains(end), Self.isPoint(scalars[end]), digit(end + 1) != nil { return nil }
      plain = (plain.isEmpty ? "0" : plain) + "." + fraction
      written += "." + fraction
    }
    if let (exponent, length) = Self.exponent(scalars, at: end) {
      plain += exponent
      written += exponent
      end += length
    }
    let (start, isNegative) = Self.beginning(scalars, before: offset)
    guard let size = Double(plain), size.isFinite else { return nil }
    text = (isNegative ? "-" : "") + written
    value = isNegative ? -size : size
    range = start..<Self.end(ofUnit: scalars, from: end)
  }

  /// Where sign and currency in front of a number begin, in either order, and whether the sign is a minus.
  ///
  /// A dash behind a letter, a digit or what closes a number parts two words: `10-12` holds 10 and 12.
  private static func beginning(_ scalars: [Unicode.Scalar], before offset: Int) -> (start: Int, isNegative: Bool) {
    var start = offset
    func skipCurrency() {
      var place = start
      while place > 0, scalars[place - 1] == " " { place -= 1 }
      guard place > 0, isCurrency(scalars[place - 1]) else { return }
      // A currency behind another number is that one's: in "5 € 7" the 7 has none.
      if place != start, place > 1, isWord(scalars[place - 2]) || scalars[place - 2] == " " { return }
      start = place - 1
      if start > 0, scalars[start - 1] == "\\" { start -= 1 }
    }
    func sign() -> Bool? {
      guard start > 0, isMinus(scalars[start - 1]) || isPlus(scalars[start - 1]) else { return nil }
      if start > 1, closesNumber(scalars, at: start - 2) { return nil }
      return isMinus(scalars[start - 1])
    }
    if let isNegative = sign() {
      start -= 1
      skipCurrency()
      return (start, isNegative)
    }
    skipCurrency()
    if let isNegative = sign() { return (start - 1, isNegative) }
    return (start, false)
  }

  /// Where a percent sign or a currency behind a number ends.
  private static func end(ofUnit scalars: [Unicode.Scalar], from end: Int) -> Int {
    var place = end
    while place < scalars.count, scalars[place] == " " || scalars[place] == "\u{A0}" || scalars[place] == "\\" {
      place += 1
    }
    guard place < scalars.count else { return end }
    if isPercent(scalars[place]) { return place + 1 }
    let isBeforeNumber = place + 1 < scalars.count && digit(scalars[place + 1]) != nil
    return isCurrency(scalars[place]) && !isBeforeNumber ? place + 1 : end
  }

  /// "e5" and its length where an exponent stands at an offset: `1e5`, `1.5E-3`.
  private static func exponent(_ scalars: [Unicode.Scalar], at offset: Int) -> (text: String, length: Int)? {
    guard offset < scalars.count, scalars[offset] == "e" || scalars[offset] == "E" else { return nil }
    var end = offset + 1
    var text = "e"
    if end < scalars.count, isMinus(scalars[end]) || isPlus(scalars[end]) {
      if isMinus(scalars[end]) { text += "-" }
      end += 1
    }
    let first = end
    while end < scalars.count, let value = digit(scalars[end]) {
      text += "\(value)"
      end += 1
    }
    return end == first || (end < scalars.count && isWord(scalars[end])) ? nil : (text, end - offset)
  }

  /// The end of the digits and points that begin at an offset, where they are no number; the offset itself without any.
  private static func end(ofDigits scalars: [Unicode.Scalar], from offset: Int) -> Int {
    var end = offset
    while end + 1 < scalars.count, digit(scalars[offset]) != nil,
      digit(scalars[end + 1]) != nil || isPoint(scalars[end + 1])
    {
      end += 1
    }
    return end
  }

  /// The value of a decimal digit of any script.
  private static func digit(_ scalar: Unicode.Scalar) -> Int? {
    if scalar.isASCII { return scalar.value >= 0x30 && scalar.value <= 0x39 ? Int(scalar.value) - 0x30 : nil }
    guard scalar.properties.numericType == .decimal else { return nil }
    return scalar.properties.numericValue.map { Int($0) }
  }

  private static func isPoint(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || scalar == "\u{FF0E}" || scalar == "\u{66B}"
  }

  /// What a separator of thousands is written as; nil for what is none.
  private static func separator(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case ",", "\u{FF0C}", "\u{66C}", "'", "\u{2019}", "\u{202F}", "\u{2009}": ","
    default: nil
    }
  }

  /// The hyphen, the minus, and the dashes that stand for it.
  private static func isMinus(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2D, 0x2010...0x2015, 0x207B, 0x208B, 0x2212, 0x2796, 0xFE58, 0xFE63, 0xFF0D: true
    default: false
    }
  }

  private static func isPlus(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "+" || scalar == "\u{FF0B}" || scalar == "\u{FE62}"
  }

  private static func isPercent(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "%" || scalar == "\u{FF05}" || scalar == "\u{FE6A}" || scalar == "\u{66A}"
  }

  private static func isCurrency(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .currencySymbol
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  /// Whether what stands at an index ends a word or a number, so that a dash behind it is no sign. A currency does so behind
  /// a number alone: `10$-12$`, but `$-5`. Scripts without spaces between words part none.
  private static func closesNumber(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
    let scalar = scalars[index]
    if isCurrency(scalar) { return index > 0 && digit(scalars[index - 1]) != nil }
    switch scalar.value {
    case 0x0E00...0x0E7F, 0x3040...0x30FF, 0xAC00...0xD7AF: return false
    default: break
    }
    if scalar.properties.isIdeographic { return false }
    return isWord(scalar) || scalar == ")" || scalar == "]" || scalar == "}" || isPercent(scalar)
  }
}
