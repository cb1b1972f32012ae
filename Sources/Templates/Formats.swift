import Glibc
import Support

/// Numbers through the C library's formats.
enum NumberFormat {
  /// The number with a count of decimals, rounded as the exact value asks.
  static func fixed(_ number: Double, _ decimals: Int) -> String { text(number, "f", decimals) }

  /// The number by one of the conversions e, f, g.
  static func text(_ number: Double, _ conversion: Character, _ precision: Int, alternate: Bool = false) -> String {
    if number.isNaN { return conversion.isUppercase ? "NAN" : "nan" }
    if number.isInfinite {
      let sign = number < 0 ? "-" : ""
      return sign + (conversion.isUppercase ? "INF" : "inf")
    }
    var buffer = [CChar](repeating: 0, count: precision + 400)
    _ = withVaList([Int32(precision), number]) {
      vsnprintf(&buffer, buffer.count, "%\(alternate ? "#" : "").*\(conversion)", $0)
    }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // The host may have set a locale whose point is a comma.
    return text.contains(",") ? String(text.map { $0 == "," ? "." : $0 }) : text
  }
}

/// One place of a format: how a value is laid out.
struct FormatField {
  static let mostPrecision = 1000

  var fill = " "
  var align: Character?
  var sign: Character = "-"
  var isAlternate = false
  var isZeroPadded = false
  var width = 0
  var grouping: Character?
  var precision: Int?
  var conversion: Character = "s"

  /// Digits with their sign, laid out.
  func number(_ digits: String, isNegative: Bool, prefix: String = "", _ evaluator: Evaluator) throws(Fault) -> String {
    let sign = isNegative ? "-" : self.sign == "-" ? "" : String(self.sign)
    let body = grouping.map { Self.grouped(digits, $0) } ?? digits
    let head = sign + prefix
    if isZeroPadded, align == nil || align == "=" {
      let missing = width - head.utf8.count - body.utf8.count
      try evaluator.budget.allocate("0", times: missing)
      return head + String(repeating: "0", count: max(0, missing)) + body
    }
    return try padded(head + body, default: ">", evaluator)
  }

  /// A text, laid out.
  func padded(_ text: String, default side: Character, _ evaluator: Evaluator) throws(Fault) -> String {
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return text }
    try evaluator.budget.allocate(fill, times: missing)
    let left = align ?? side
    let before = left == "<" ? 0 : left == "^" ? missing / 2 : missing
    return String(repeating: fill, count: before) + text + String(repeating: fill, count: missing - before)
  }

  private static func grouped(_ digits: String, _ mark: Character) -> String {
    let whole = digits.prefix { $0.isNumber }
    var result = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { result.append(mark) }
      result.append(digit)
    }
    return result + digits.dropFirst(whole.count)
  }

  /// A value by the field's conversion, which is one of numbers.
  func formatted(_ value: Value, _ evaluator: Evaluator) throws(Fault) -> String {
    switch conversion {
    case "d", "i", "u", "x", "X", "o", "b":
      guard let integer = value.integerValue else {
        throw Fault("the format '\(conversion)' needs an integer, not a \(value.typeName)")
      }
      let radix = ["x": 16, "X": 16, "o": 8, "b": 2][conversion] ?? 10
      var digits = String(integer.magnitude, radix: radix, uppercase: conversion == "X")
      if let precision, digits.count < precision { digits = digits.leftPadded(to: precision, with: "0") }
      let prefix = isAlternate && radix != 10 ? "0\(conversion)" : ""
      return try number(digits, isNegative: integer < 0, prefix: prefix, evaluator)
    case "e", "E", "f", "F", "g", "G", "%":
      guard var number = value.numberValue else {
        throw Fault("the format '\(conversion)' needs a number, not a \(value.typeName)")
      }
      if conversion == "%" { number *= 100 }
      let text = NumberFormat.text(
        number.magnitude, conversion == "%" ? "f" : conversion, precision ?? 6, alternate: isAlternate)
      let isNegative = number.sign == .minus && !number.isNaN
      return try self.number(text + (conversion == "%" ? "%" : ""), isNegative: isNegative, evaluator)
    default: throw Fault.unsupported("the format '\(conversion)' is not supported")
    }
  }
}

/// A format read from left to right.
struct FormatCursor {
  let scalars: [Unicode.Scalar]
  var offset = 0

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  var current: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }

  mutating func take(_ wanted: String) -> Character? {
    guard let scalar = current, wanted.unicodeScalars.contains(scalar) else { return nil }
    offset += 1
    return Character(scalar)
  }

  /// The number at hand; nil if there is none.
  mutating func number(_ what: String, atMost limit: Int) throws(Fault) -> Int? {
    var value: Int?
    while let scalar = current, scalar.isASCIIDigit {
      let next = (value ?? 0) * 10 + Int(scalar.value - 48)
      if next > limit { throw Fault.unsupported("a \(what) above \(limit) is not supported") }
      value = next
      offset += 1
    }
    return value
  }

  /// The text up to a scalar, which is gone over; nil if it is missing.
  mutating func text(upTo end: Unicode.Scalar) -> String? {
    guard let place = scalars[offset...].firstIndex(of: end) else { return nil }
    defer { offset = place + 1 }
    return String(scalars: scalars[offset..<place])
  }
}

/// Python's `%`.
enum PercentFormat {
  static func text(_ format: String, _ value: Value, _ evaluator: Evaluator) throws(Fault) -> String {
    var arguments = [value][...]
    var isMapping = false
    // Python minds what is left over only where the value is no container.
    var mindsRest = true
    switch value {
    case .sequence(let list) where list.kind == .tuple: arguments = list.items[...]
    case .mapping: isMapping = true
    case .sequence, .undefined: mindsRest = false
    default: break
    }
    for argument in arguments { try evaluator.refuseStrictly(argument) }
    var result = ""
    var cursor = FormatCursor(format)
    try evaluator.budget.allocate(format.utf8.count)
    while let scalar = cursor.current {
      cursor.offset += 1
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      var named: Value?
      if cursor.take("(") != nil {
        guard isMapping, let name = cursor.text(upTo: ")") else { throw Fault("format requires a mapping") }
        named = try evaluator.item(.text(name), of: value)
        if named?.isUndefined == true { throw Fault("the format's '\(name)' is missing") }
      }
      var field = FormatField()
      while let flag = cursor.take("-+ #0") {
        switch flag {
        case "-": field.align = "<"
        case "+": field.sign = "+"
        case " ": if field.sign != "+" { field.sign = " " }
        case "#": field.isAlternate = true
        default: field.isZeroPadded = true
        }
      }
      field.width = try cursor.number("width", atMost: 1 << 40) ?? 0
      if cursor.take(".") != nil {
        field.precision = try cursor.number("precision", atMost: FormatField.mostPrecision) ?? 0
      }
      _ = cursor.take("hlL")
      guard let conversion = cursor.current else { throw Fault("incomplete format") }
      cursor.offset += 1
      if conversion == "%" {
        result += "%"
        continue
      }
      if conversion == "*" { throw Fault.unsupported("a width from the arguments is not supported") }
      guard let argument = named ?? arguments.popFirst() else { throw Fault("not enough arguments for format string") }
      field.conversion = Character(conversion)
      let part = try converted(argument, field, evaluator)
      try evaluator.budget.allocate(part.utf8.count)
      result += part
    }
    if mindsRest, !isMapping, !arguments.isEmpty { throw Fault("not all arguments converted during string formatting") }
    return result
  }

  private static func converted(_ value: Value, _ field: FormatField, _ evaluator: Evaluator) throws(Fault) -> String {
    var field = field
    switch field.conversion {
    case "s", "r":
      let text = field.conversion == "s" ? try evaluator.text(of: value) : try evaluator.representation(of: value)
      let cut = field.precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
      return try field.padded(cut, default: ">", evaluator)
    case "d", "i", "u":
      try evaluator.refuseUndefined(value)
      if case .number(let number) = value {
        guard let integer = Int(exactly: number.rounded(.towardZero)) else { throw Evaluator.tooLarge }
        return try field.formatted(.integer(integer), evaluator)
      }
      return try field.formatted(value, evaluator)
    case "x", "X", "o", "e", "E", "f", "F", "g", "G":
      try evaluator.refuseUndefined(value)
      if field.conversion == "F" { field.conversion = "f" }
      return try field.formatted(value, evaluator)
    default: throw Fault("unsupported format character '\(field.conversion)'")
    }
  }
}
