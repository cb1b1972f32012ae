import Support

extension String {
  init(scalars: some Sequence<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self = String(view)
  }
}

extension Unicode.Scalar {
  /// Python's `\w`.
  var isWordScalar: Bool { self == "_" || properties.isAlphabetic && isNameStart || isDigitOrMark }
  var isNameStart: Bool { self == "_" || properties.isXIDStart }
  private var isDigitOrMark: Bool { properties.isXIDContinue || properties.numericType != nil }
  var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

/// Reads a quoted text, with the escapes of Python's `unicode-escape`.
enum StringLiteral {
  private static let simple: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{c}",
    "v": "\u{b}",
  ]

  static func read(_ source: [Unicode.Scalar], _ start: Int, _ line: Int) throws(Fault) -> (Token.Kind, Int) {
    var text: [Unicode.Scalar] = []
    var offset = start + 1
    while offset < source.count, source[offset] != source[start] {
      let scalar = source[offset]
      offset += 1
      guard scalar == "\\" else {
        text.append(scalar)
        continue
      }
      guard offset < source.count else { break }
      let escape = source[offset]
      offset += 1
      if let meant = simple[escape] {
        text.append(meant)
      } else if escape == "\n" {
        continue
      } else if ("0"..."7").contains(escape) {
        var code = escape.value - 48
        var digits = 1
        while digits < 3, offset < source.count, ("0"..."7").contains(source[offset]) {
          code = code * 8 + source[offset].value - 48
          offset += 1
          digits += 1
        }
        if let scalar = Unicode.Scalar(code) { text.append(scalar) }
      } else if let count = ["x": 2, "u": 4, "U": 8][String(escape)] {
        let digits = source[offset..<min(offset + count, source.count)]
        guard digits.count == count, digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
          let code = UInt32(String(scalars: digits), radix: 16)
        else { throw Fault(.syntax, "the escape \\\(escape) needs \(count) hexadecimal digits", line: line) }
        guard let scalar = Unicode.Scalar(code) else {
          throw Fault(
            .unsupported, "the escape \\\(escape)\(String(scalars: digits)) is half of a surrogate pair", line: line)
        }
        text.append(scalar)
        offset += count
      } else if escape == "N" {
        throw Fault(.unsupported, "the escape \\N{...} is not supported; write the character", line: line)
      } else {
        text += ["\\", escape]
      }
    }
    guard offset < source.count else { throw Fault(.syntax, "a quoted text is not closed", line: line) }
    return (.string(String(scalars: text)), offset + 1)
  }
}

/// Reads a number as Jinja writes them: `1_000`, `0x1f`, `1.5e3`; no `.5`, no `1.`.
enum NumberLiteral {
  static func read(_ source: [Unicode.Scalar], _ start: Int, _ line: Int) throws(Fault) -> (Token.Kind, Int)? {
    guard source[start].isASCIIDigit else { return nil }
    func digits(_ place: Int, _ isDigit: (Unicode.Scalar) -> Bool = { $0.isASCIIDigit }) -> Int {
      var end = place
      while end < source.count {
        let isJoint = source[end] == "_" && end > place && end + 1 < source.count && isDigit(source[end + 1])
        if !isDigit(source[end]) && !isJoint { break }
        end += 1
      }
      return end
    }
    func text(_ end: Int, from: Int) -> String { String(scalars: source[from..<end].filter { $0 != "_" }) }
    let whole = digits(start)
    var end = whole
    if end + 1 < source.count, source[end] == ".", source[end + 1].isASCIIDigit { end = digits(end + 1) }
    if end < source.count, source[end] == "e" || source[end] == "E" {
      var exponent = end + 1
      if exponent < source.count, source[exponent] == "+" || source[exponent] == "-" { exponent += 1 }
      if exponent < source.count, source[exponent].isASCIIDigit { end = digits(exponent) }
    }
    let follows = start > 0 && source[start - 1] == "."
    if end > whole, !follows, let number = Double(text(end, from: start)) { return (.number(number), end) }
    if source[start] == "0", start + 1 < source.count,
      let radix = ["x": 16, "o": 8, "b": 2][
        String(source[start + 1]).lowercased()]
    {
      let end = digits(start + 2) { Int(String($0), radix: radix) != nil }
      if end > start + 2 { return try integer(text(end, from: start + 2), radix, end, line) }
    }
    // A 0 in front ends the number: jinja2 reads "012" as two.
    let isZero = source[start] == "0" && !source[start..<whole].allSatisfy { $0 == "0" || $0 == "_" }
    return try integer(isZero ? "0" : text(whole, from: start), 10, isZero ? start + 1 : whole, line)
  }

  private static func integer(_ digits: String, _ radix: Int, _ end: Int, _ line: Int) throws(Fault)
    -> (Token.Kind, Int)
  {
    guard let value = Int(digits, radix: radix) else {
      throw Fault(.unsupported, "the integer \(digits) is beyond 64 bits", line: line)
    }
    return (.integer(value), end)
  }
}
