import Glibc
import Support

/// Python's `int()` and `float()` of a value.
enum PythonParse {
  /// The integer; nil where Python raises.
  static func integer(_ value: Value, base: Int) throws(Fault) -> Value? {
    if let integer = value.integerValue { return .integer(integer) }
    if case .text(let text) = value, let integer = integer(text, base: base) { return .integer(integer) }
    guard let number = number(value), number.isFinite else { return nil }
    guard let integer = Int(exactly: number.rounded(.towardZero)) else { throw Evaluator.tooLarge }
    return .integer(integer)
  }

  private static func integer(_ text: String, base: Int) -> Int? {
    var digits = PythonText.stripped(text)
    var isNegative = false
    if let first = digits.unicodeScalars.first, first == "-" || first == "+" {
      isNegative = first == "-"
      digits = String(digits.unicodeScalars.dropFirst())
    }
    let prefix = [16: "0x", 8: "0o", 2: "0b"][base]
    if let prefix, digits.lowercased().hasPrefix(prefix) { digits = String(digits.dropFirst(2)) }
    guard (2...36).contains(base), let plain = withoutJoints(digits), let value = Int(plain, radix: base) else {
      return nil
    }
    return isNegative ? -value : value
  }

  /// The digits with ASCII ones for those of other scripts, without the underscores between them.
  private static func withoutJoints(_ text: String) -> String? {
    var result = ""
    var previous: Unicode.Scalar = "_"
    for scalar in text.unicodeScalars {
      if scalar == "_" {
        if previous == "_" { return nil }
      } else if !scalar.isASCII, scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue {
        result += String(Int(digit))
      } else if scalar == "-" || scalar == "+" {
        return nil
      } else {
        result.unicodeScalars.append(scalar)
      }
      previous = scalar
    }
    return previous == "_" ? nil : result
  }

  /// The float; nil where Python raises.
  static func number(_ value: Value) -> Double? {
    if let number = value.numberValue { return number }
    guard case .text(let text) = value else { return nil }
    let plain = PythonText.stripped(text)
    let isSpecial = ["inf", "infinity", "nan"].contains(
      plain.lowercased().filter { $0 != "-" && $0 != "+" })
    if isSpecial { return Double(plain) }
    let joints = plain.unicodeScalars.contains("_")
    let digits = plain.unicodeScalars.allSatisfy { $0.isASCIIDigit || "+-.eE_".unicodeScalars.contains($0) }
    guard digits, !joints || !plain.contains("__") && !plain.hasPrefix("_") && !plain.hasSuffix("_") else { return nil }
    let joined = joints ? plain.filter { $0 != "_" } : plain
    // Python takes "1." and ".5", Swift does not take them all.
    return Double(joined) ?? Double(joined.hasSuffix(".") ? joined + "0" : "0" + joined)
  }
}

/// `strftime` of the local time, in the C locale.
enum TimeFormat {
  private static let longest = 4096

  static func text(_ format: String, secondsSince1970: Int?, _ budget: Budget) throws(Fault) -> String {
    if format.utf8.count > 1024 { throw Fault.unsupported("a time format of more than 1024 bytes is not supported") }
    if format.isEmpty { return "" }
    var seconds = secondsSince1970 ?? time(nil)
    var moment = tm()
    localtime_r(&seconds, &moment)
    // Microseconds are not in C's format; a space keeps an empty result apart from one that does not fit.
    let expanded = TextSearch.pieces(format, TextSearch.all("%f", in: format), 2).joined(separator: "000000") + " "
    var buffer = [CChar](repeating: 0, count: longest)
    let locale = newlocale(1 << LC_CTYPE | 1 << LC_TIME, "C", nil)
    defer { if let locale { freelocale(locale) } }
    let count = locale.map { strftime_l(&buffer, longest, expanded, &moment, $0) } ?? 0
    if count == 0 { throw Fault.unsupported("the time format '\(format)' is not supported") }
    try budget.allocate(count)
    return String(decoding: buffer.prefix(count - 1).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
