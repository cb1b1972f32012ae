import Support

/// What a plain scalar of YAML means: the core schema of YAML 1.2 (section 10.3.2), which reads `yes` and `off` as texts.
enum YAMLScalar {
  /// The value of a scalar without quotes; nil if it is a number that JSON cannot hold (`.inf`, `.nan`, out of range).
  static func value(of text: String) -> JSONValue? {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    let bytes = Array(text.utf8)
    if isDecimal(bytes) {
      let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
      return Int64(digits).map { .integer($0) } ?? number(String(digits))
    }
    if text.hasPrefix("0o"), text.utf8.dropFirst(2).allSatisfy({ (0x30...0x37).contains($0) }), bytes.count > 2 {
      return Int64(text.dropFirst(2), radix: 8).map { .integer($0) }
    }
    if text.hasPrefix("0x"), text.dropFirst(2).allSatisfy(\.isHexDigit), bytes.count > 2 {
      return Int64(text.dropFirst(2), radix: 16).map { .integer($0) }
    }
    if isFloat(bytes) { return number(text) }
    let unsigned = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text[...]
    if [".inf", ".Inf", ".INF"].contains(unsigned) || [".nan", ".NaN", ".NAN"].contains(text) { return nil }
    return .string(text)
  }

  /// The value of a scalar without quotes as PyYAML reads it, by YAML 1.1 (http://yaml.org/type): words such as `yes` are
  /// truth values, numbers may have underscores, and an exponent needs a point and a sign. What JSON cannot hold stays text.
  static func pythonValue(of text: String) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return .bool(true)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return .bool(false)
    default: break
    }
    var bytes = Array(text.utf8)
    let sign = bytes.first == UInt8(ascii: "-") ? "-" : ""
    if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { bytes.removeFirst() }
    guard let first = bytes.first, isDigit(first) || first == UInt8(ascii: ".") else { return .string(text) }
    let digits = String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    func whole(_ digits: Substring, _ radix: Int) -> JSONValue? {
      digits.isEmpty ? nil : Int64(sign + digits, radix: radix).map { .integer($0) }
    }
    if digits.hasPrefix("0b") { return whole(digits.dropFirst(2), 2) ?? .string(text) }
    if digits.hasPrefix("0x") { return whole(digits.dropFirst(2), 16) ?? .string(text) }
    if digits.utf8.allSatisfy(isDigit), isDigit(first) {
      if digits.count > 1, digits.hasPrefix("0") { return whole(digits[...], 8) ?? .string(text) }
      return whole(digits[...], 10) ?? .string(text)
    }
    let parts = digits.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, mantissa.count == 2, mantissa.allSatisfy({ $0.utf8.allSatisfy(isDigit) }),
      !(mantissa[0].isEmpty && mantissa[1].isEmpty)
    else { return .string(text) }
    if parts.count == 2 {
      let exponent = parts[1]
      guard exponent.first == "+" || exponent.first == "-", exponent.count > 1,
        exponent.dropFirst().utf8.allSatisfy(isDigit)
      else { return .string(text) }
    }
    return number(sign + digits) ?? .string(text)
  }

  private static func number(_ text: String) -> JSONValue? {
    var digits = text.hasPrefix("+") ? String(text.dropFirst()) : text
    // Swift wants a digit on both sides of a point.
    if let point = digits.firstIndex(of: ".") {
      let after = digits.index(after: point)
      if after == digits.endIndex || !digits[after].isNumber { digits.insert("0", at: after) }
    }
    if digits.hasPrefix(".") { digits = "0" + digits }
    if digits.hasPrefix("-.") { digits = "-0" + digits.dropFirst() }
    guard let value = Double(digits), value.isFinite else { return nil }
    return .number(value)
  }

  /// [-+]? [0-9]+
  private static func isDecimal(_ bytes: [UInt8]) -> Bool {
    let digits = unsigned(bytes)
    return !digits.isEmpty && digits.allSatisfy(isDigit)
  }

  /// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
  private static func isFloat(_ bytes: [UInt8]) -> Bool {
    var rest = unsigned(bytes)
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      if whole.isEmpty, fraction.isEmpty { return false }
      rest = rest.dropFirst(1 + fraction.count)
    } else if whole.isEmpty {
      return false
    }
    guard let letter = rest.first else { return true }
    return letter | 0x20 == UInt8(ascii: "e") && isDecimal(Array(rest.dropFirst()))
  }

  private static func unsigned(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    let hasSign = bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-")
    return bytes[(hasSign ? 1 : 0)...]
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
