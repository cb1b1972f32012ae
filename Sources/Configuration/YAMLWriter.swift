import Support

extension JSONValue {
  /// The value as YAML in block style, which every loader of YAML 1.1 and 1.2 reads back as the same value.
  ///
  /// Texts are in double quotes with JSON's escapes unless they are words that no version of YAML takes for anything else.
  package var yaml: String {
    var output = ""
    writeYAML(to: &output, indent: 0, isNested: false)
    return output
  }

  private func writeYAML(to output: inout String, indent: Int, isNested: Bool) {
    let margin = String(repeating: " ", count: indent)
    switch self {
    case .object(let object) where !object.members.isEmpty:
      if isNested { output += "\n" }
      for (key, value) in object.members {
        output += margin + Self.yamlText(key) + ":"
        value.writeYAML(to: &output, indent: indent + 2, isNested: true)
      }
    case .array(let elements) where !elements.isEmpty:
      if elements.allSatisfy(\.isShortScalar) {
        output += (isNested ? " [" : margin + "[") + elements.map(\.yamlScalar).joined(separator: ", ") + "]\n"
        return
      }
      if isNested { output += "\n" }
      for element in elements {
        output += margin + "-"
        if case .object(let object) = element, let first = object.members.first {
          // The first member stands beside the dash, the others below it.
          output += " " + Self.yamlText(first.key) + ":"
          first.value.writeYAML(to: &output, indent: indent + 4, isNested: true)
          for (key, value) in object.members.dropFirst() {
            output += margin + "  " + Self.yamlText(key) + ":"
            value.writeYAML(to: &output, indent: indent + 4, isNested: true)
          }
        } else {
          element.writeYAML(to: &output, indent: indent + 2, isNested: true)
        }
      }
    default: output += (isNested ? " " : margin) + yamlScalar + "\n"
    }
  }

  private var isShortScalar: Bool {
    switch self {
    case .null, .bool, .integer, .number: true
    case .string(let text): text.utf8.count <= 40
    default: false
    }
  }

  private var yamlScalar: String {
    switch self {
    case .string(let text): Self.yamlText(text)
    case .number(let value) where value.isFinite: Self.yamlNumber(value)
    case .array: "[]"
    case .object: "{}"
    default: text()
    }
  }

  /// YAML 1.1 takes a number with an exponent for one only if it has a point and a sign.
  private static func yamlNumber(_ value: Double) -> String {
    let text = value.description
    guard let letter = text.firstIndex(of: "e") else { return text }
    let mantissa = text[..<letter]
    let exponent = text[text.index(after: letter)...]
    return (mantissa.contains(".") ? String(mantissa) : mantissa + ".0") + "e"
      + (exponent.hasPrefix("-") || exponent.hasPrefix("+") ? "" : "+") + exponent
  }

  private static func yamlText(_ text: String) -> String {
    let isWord =
      !text.isEmpty && text.utf8.count <= 64 && text.utf8.first.map(isLetter) == true
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    return isWord && !reserved.contains(text.lowercased()) ? text : quoted(text)
  }

  /// Double quotes with escapes that YAML shares with JSON; what YAML does not print is escaped by its number.
  private static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: output += "\\\""
      case 0x5C: output += "\\\\"
      case 0x0A: output += "\\n"
      case 0x0D: output += "\\r"
      case 0x09: output += "\\t"
      case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
        output.unicodeScalars.append(scalar)
      default:
        output += "\\u" + String(scalar.value, radix: 16).leftPadded(to: 4, with: "0")
      }
    }
    return output + "\""
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
