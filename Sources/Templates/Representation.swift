import Support

/// Python's `str()` and `repr()`.
extension Evaluator {
  /// The text of a value where it is written.
  func text(of value: Value) throws(Fault) -> String {
    switch value {
    case .text(let text), .markup(let text): return text
    case .undefined:
      try refuseStrictly(value)
      return ""
    default: return try representation(of: value)
    }
  }

  /// `repr()`.
  func representation(of value: Value) throws(Fault) -> String {
    var text = ""
    try represent(value, into: &text)
    return text
  }

  private func represent(_ value: Value, into text: inout String) throws(Fault) {
    let before = text.utf8.count
    switch value {
    case .undefined: text += "Undefined"
    case .none: text += "None"
    case .boolean(let flag): text += flag ? "True" : "False"
    case .integer(let integer): text += String(integer)
    case .number(let number): text += PythonNumber.text(number)
    case .text(let string):
      try budget.allocate(string.utf8.count)
      text += Quotation.text(string)
    case .markup(let string):
      try budget.allocate(string.utf8.count)
      text += "Markup(\(Quotation.text(string)))"
    case .sequence(let list):
      switch list.kind {
      case .list: try represent(list.items, "[", "]", into: &text)
      case .tuple: try represent(list.items, "(", list.items.count == 1 ? ",)" : ")", into: &text)
      case .view(let name): try represent(list.items, name + "([", "])", into: &text)
      case .range(let from, let to, let step): text += "range(\(from), \(to)\(step == 1 ? "" : ", \(step)"))"
      case .generator: throw Fault.unsupported("the result of a filter cannot be printed; pass it through list or join")
      }
    case .mapping(let mapping):
      text += "{"
      for (index, (key, entry)) in zip(mapping.keys, mapping.values).enumerated() {
        if index > 0 { text += ", " }
        try represent(key, into: &text)
        text += ": "
        try represent(entry, into: &text)
      }
      text += "}"
    case .namespace, .function, .loop: throw Fault.unsupported("a \(value.typeName) cannot be printed")
    }
    try budget.spend()
    try budget.allocate(max(0, text.utf8.count - before))
  }

  private func represent(_ items: [Value], _ open: String, _ close: String, into text: inout String) throws(Fault) {
    text += open
    for (index, item) in items.enumerated() {
      if index > 0 { text += ", " }
      try represent(item, into: &text)
    }
    text += close
  }
}

/// `repr()` of a text.
enum Quotation {
  static func text(_ string: String) -> String {
    let scalars = string.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var view = String.UnicodeScalarView([quote])
    for scalar in scalars {
      switch scalar {
      case "\\", quote: view.append(contentsOf: ["\\", scalar])
      case "\n": view.append(contentsOf: "\\n".unicodeScalars)
      case "\r": view.append(contentsOf: "\\r".unicodeScalars)
      case "\t": view.append(contentsOf: "\\t".unicodeScalars)
      default:
        if isPrintable(scalar) { view.append(scalar) } else { view.append(contentsOf: escape(scalar).unicodeScalars) }
      }
    }
    view.append(quote)
    return String(view)
  }

  /// `str.isprintable` of a character.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return switch scalar.value {
    case ..<0x100: "\\x" + digits.leftPadded(to: 2, with: "0")
    case ..<0x10000: "\\u" + digits.leftPadded(to: 4, with: "0")
    default: "\\U" + digits.leftPadded(to: 8, with: "0")
    }
  }
}

/// `repr()` of a float: the shortest digits that give the number again, laid out as Python does.
enum PythonNumber {
  static func text(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    let (digits, point) = decimals(number.magnitude)
    let sign = number.sign == .minus ? "-" : ""
    if point > 16 || point < -3 {
      let exponent = point - 1
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      let shown = String(exponent.magnitude).leftPadded(to: 2, with: "0")
      return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(shown)"
    }
    if point <= 0 { return "\(sign)0." + String(repeating: "0", count: -point) + digits }
    if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
    return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
  }

  /// The significant digits, and how many of them stand before the point.
  private static func decimals(_ number: Double) -> (digits: String, point: Int) {
    let parts = number.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
    var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    var digits = Substring(String(mantissa[0]) + fraction)
    while digits.count > 1, digits.first == "0" {
      digits.removeFirst()
      point -= 1
    }
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    return digits == "0" ? ("0", 1) : (String(digits), point)
  }
}
