import Support

/// What Python makes of values of JSON.
enum PythonValue {
  /// `str()`.
  static func text(_ value: JSONValue) -> String {
    if case .string(let text) = value { return text }
    return representation(value)
  }

  /// `repr()`.
  static func representation(_ value: JSONValue) -> String {
    switch value {
    case .null: "None"
    case .bool(let flag): flag ? "True" : "False"
    case .integer(let number): "\(number)"
    case .number(let number): self.number(number)
    case .string(let text): quoted(text)
    case .array(let items): "[" + items.map(representation).joined(separator: ", ") + "]"
    case .object(let object):
      "{" + object.members.map { quoted($0.key) + ": " + representation($0.value) }.joined(separator: ", ") + "}"
    }
  }

  private static func number(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    // Swift writes the same digits, and an exponent from 2^54 on where Python's begins at 1e16.
    if number == number.rounded(), number.magnitude < 1e16 { return "\(Int64(number)).0" }
    return "\(number)"
  }

  private static func quoted(_ text: String) -> String {
    let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
    var result = quote
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "'" where quote == "'": result += "\\'"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + quote
  }

  /// A whole number or a truth value, which Python counts among them.
  static func integer(_ value: JSONValue) -> Int? {
    switch value {
    case .integer(let number): Int(exactly: number)
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }

  /// The item at a position of a list, counted from the end where it is negative.
  static func item<Item>(_ items: [Item], _ position: Int) -> Item? {
    let index = position < 0 ? position + items.count : position
    return items.indices.contains(index) ? items[index] : nil
  }

  /// `bool()`.
  static func isTrue(_ value: JSONValue) -> Bool {
    switch value {
    case .null: false
    case .bool(let flag): flag
    case .integer(let number): number != 0
    case .number(let number): number != 0
    case .string(let text): !text.isEmpty
    case .array(let items): !items.isEmpty
    case .object(let object): !object.members.isEmpty
    }
  }

  /// A text cut at white space, without empty parts: `str.split()`.
  static func words(_ text: String) -> [String] {
    text.unicodeScalars.split(whereSeparator: PythonText.isSpace).map(String.init)
  }

  /// A text cut at each occurrence of another: `str.split(separator)`.
  static func split(_ text: String, _ separator: String) -> [String] {
    let bytes = Array(text.utf8)
    let mark = Array(separator.utf8)
    var parts: [String] = []
    var start = 0
    var index = 0
    while !mark.isEmpty, index + mark.count <= bytes.count {
      if bytes[index] == mark[0], bytes[index..<index + mark.count].elementsEqual(mark) {
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += mark.count
        start = index
      } else {
        index += 1
      }
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts
  }

  /// A text with another in place of each occurrence: `str.replace`.
  static func replaced(_ text: String, _ old: String, _ new: String) -> String {
    split(text, old).joined(separator: new)
  }

  static func contains(_ text: String, _ part: String) -> Bool { split(text, part).count > 1 }
}
