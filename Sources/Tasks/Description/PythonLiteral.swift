import Support

/// Python's `ast.literal_eval`, of the values that JSON has: lm-evaluation-harness reads lists of choices by it.
///
/// Tuples become lists, keys of dictionaries texts. Sets, bytes, complex numbers and whole numbers beyond 64 bits are none.
struct PythonLiteral {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private static let maximumDepth = 64

  /// The value of a text; nil if it is none.
  static func value(of text: String) -> JSONValue? {
    var reader = PythonLiteral(scalars: Array(text.unicodeScalars))
    // Python refuses white space in front of an expression only where it begins a line of code; literal_eval strips it.
    reader.skipSpace(inBrackets: true)
    guard let value = reader.value(depth: 0) else { return nil }
    reader.skipSpace(inBrackets: true)
    if reader.peek == "," {
      // A tuple needs no brackets.
      var items = [value]
      while reader.take(",") {
        reader.skipSpace(inBrackets: false)
        guard let next = reader.value(depth: 0) else { break }
        items.append(next)
        reader.skipSpace(inBrackets: false)
      }
      return reader.position == reader.scalars.count ? .array(items) : nil
    }
    return reader.position == reader.scalars.count ? value : nil
  }

  private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    if peek != scalar { return false }
    position += 1
    return true
  }

  private mutating func skipSpace(inBrackets: Bool) {
    while let scalar = peek,
      scalar == " " || scalar == "\t" || scalar == "\u{c}" || inBrackets && (scalar == "\n" || scalar == "\r")
    {
      position += 1
    }
  }

  private mutating func value(depth: Int) -> JSONValue? {
    guard depth < Self.maximumDepth, let first = peek else { return nil }
    switch first {
    case "[": return list(closing: "]", depth)
    case "(":
      guard let (items, isTuple) = items(closing: ")", depth) else { return nil }
      return items.count == 1 && !isTuple ? items[0] : .array(items)
    case "{": return dictionary(depth)
    case "'", "\"": return text()
    case "-", "+":
      position += 1
      skipSpace(inBrackets: false)
      guard let number = number() else { return nil }
      if first == "+" { return number }
      if case .integer(let value) = number { return .integer(-value) }
      return number.doubleValue.map { .number(-$0) }
    case "0"..."9", ".": return number()
    default: return word()
    }
  }

  private mutating func list(closing: Unicode.Scalar, _ depth: Int) -> JSONValue? {
    items(closing: closing, depth).map { .array($0.items) }
  }

  /// What stands between brackets, and whether a comma stood in it.
  private mutating func items(closing: Unicode.Scalar, _ depth: Int) -> (items: [JSONValue], hasComma: Bool)? {
    position += 1
    var items: [JSONValue] = []
    var hasComma = false
    skipSpace(inBrackets: true)
    while !take(closing) {
      guard let item = value(depth: depth + 1) else { return nil }
      items.append(item)
      skipSpace(inBrackets: true)
      if take(",") {
        hasComma = true
        skipSpace(inBrackets: true)
      } else if peek != closing {
        return nil
      }
    }
    return (items, hasComma || items.isEmpty)
  }

  private mutating func dictionary(_ depth: Int) -> JSONValue? {
    position += 1
    var object = JSONObject()
    skipSpace(inBrackets: true)
    while !take("}") {
      guard let key = value(depth: depth + 1) else { return nil }
      skipSpace(inBrackets: true)
      guard take(":") else { return nil }
      skipSpace(inBrackets: true)
      guard let value = value(depth: depth + 1) else { return nil }
      object[key.stringValue ?? key.text()] = value
      skipSpace(inBrackets: true)
      if take(",") { skipSpace(inBrackets: true) } else if peek != "}" { return nil }
    }
    return .object(object)
  }

  private mutating func word() -> JSONValue? {
    for (word, value) in [("None", JSONValue.null), ("True", true), ("False", false)] {
      let end = position + word.unicodeScalars.count
      guard end <= scalars.count, scalars[position..<end].elementsEqual(word.unicodeScalars) else { continue }
      if end < scalars.count, scalars[end] == "_" || scalars[end].properties.isXIDContinue { return nil }
      position = end
      return value
    }
    // A prefix of a text.
    if let prefix = peek, "rRuU".unicodeScalars.contains(prefix), position + 1 < scalars.count,
      scalars[position + 1] == "'" || scalars[position + 1] == "\""
    {
      return text()
    }
    return nil
  }

  private mutating func number() -> JSONValue? {
    let start = position
    while let scalar = peek, scalar.isASCII,
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || scalar == "." || scalar == "_"
        || (scalar == "-" || scalar == "+") && position > start && "eE".unicodeScalars.contains(scalars[position - 1])
    { position += 1 }
    let text = String(String.UnicodeScalarView(scalars[start..<position]))
    if text.hasPrefix("_") || text.hasSuffix("_") || text.contains("__") { return nil }
    let digits = text.filter { $0 != "_" }
    if digits.allSatisfy({ ("0"..."9").contains($0) }) {
      // Python refuses zeros in front of a number.
      if digits.count > 1, digits.hasPrefix("0"), digits.contains(where: { $0 != "0" }) { return nil }
      return Int64(digits).map { .integer($0) }
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.lowercased().hasPrefix(prefix) {
      return Int64(digits.dropFirst(2), radix: radix).map { .integer($0) }
    }
    guard digits.allSatisfy({ "0123456789.eE+-".contains($0) }), digits != "." else { return nil }
    let padded = digits.hasPrefix(".") ? "0" + digits : digits
    return Double(padded.hasSuffix(".") ? padded + "0" : padded).map { .number($0) }
  }

  /// A text, or several beside one another, which Python joins.
  private mutating func text() -> JSONValue? {
    var result: [Unicode.Scalar] = []
    while true {
      var isRaw = false
      if let prefix = peek, "rRuU".unicodeScalars.contains(prefix) {
        isRaw = prefix == "r" || prefix == "R"
        position += 1
      }
      guard let part = quoted(isRaw) else { return nil }
      result += part
      let end = position
      skipSpace(inBrackets: true)
      let isNext = peek == "'" || peek == "\""
      let isPrefixed =
        peek.map { "rRuU".unicodeScalars.contains($0) } == true && position + 1 < scalars.count
        && (scalars[position + 1] == "'" || scalars[position + 1] == "\"")
      if !isNext && !isPrefixed {
        position = end
        return .string(String(String.UnicodeScalarView(result)))
      }
    }
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{c}",
    "v": "\u{b}",
  ]

  private mutating func quoted(_ isRaw: Bool) -> [Unicode.Scalar]? {
    guard let quote = peek, quote == "'" || quote == "\"" else { return nil }
    position += 1
    var width = 1
    if position + 1 < scalars.count, scalars[position] == quote, scalars[position + 1] == quote {
      width = 3
      position += 2
    }
    var text: [Unicode.Scalar] = []
    while let scalar = peek {
      position += 1
      if scalar == quote {
        if width == 1 { return text }
        if position + 1 < scalars.count, scalars[position] == quote, scalars[position + 1] == quote {
          position += 2
          return text
        }
        text.append(scalar)
      } else if scalar == "\\" {
        guard let escape = peek else { return nil }
        position += 1
        if isRaw {
          text += [scalar, escape]
        } else if let meant = Self.escapes[escape] {
          text.append(meant)
        } else if escape == "\n" {
          continue
        } else if ("0"..."7").contains(escape) {
          var code = escape.value - 48
          for _ in 0..<2 {
            guard let digit = peek, ("0"..."7").contains(digit) else { break }
            code = code * 8 + digit.value - 48
            position += 1
          }
          guard let scalar = Unicode.Scalar(code) else { return nil }
          text.append(scalar)
        } else if let count = ["x": 2, "u": 4, "U": 8][String(escape)] {
          guard position + count <= scalars.count,
            let code = UInt32(String(String.UnicodeScalarView(scalars[position..<position + count])), radix: 16),
            let scalar = Unicode.Scalar(code)
          else { return nil }
          text.append(scalar)
          position += count
        } else if escape == "N" {
          return nil
        } else {
          text += [scalar, escape]
        }
      } else if scalar == "\n", width == 1 {
        return nil
      } else {
        text.append(scalar)
      }
    }
    return nil
  }
}
