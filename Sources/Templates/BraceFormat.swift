/// Python's `str.format`.
enum BraceFormat {
  static func text(_ format: String, _ arguments: Arguments, _ evaluator: Evaluator) throws(Fault) -> String {
    try evaluator.budget.allocate(format.utf8.count)
    var cursor = FormatCursor(format)
    var result = ""
    var automatic = 0
    while let scalar = cursor.current {
      cursor.offset += 1
      if scalar == "{" || scalar == "}" {
        if cursor.current == scalar {
          cursor.offset += 1
        } else {
          if scalar == "}" { throw Fault("Single '}' encountered in format string") }
          guard let inner = cursor.text(upTo: "}") else { throw Fault("expected '}' before end of string") }
          if inner.unicodeScalars.contains("{") { throw Fault.unsupported("fields within fields are not supported") }
          let part = try field(inner, arguments, &automatic, evaluator)
          try evaluator.budget.allocate(part.utf8.count)
          result += part
          continue
        }
      }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  private static func field(_ inner: String, _ arguments: Arguments, _ automatic: inout Int, _ evaluator: Evaluator)
    throws(Fault) -> String
  {
    let scalars = Array(inner.unicodeScalars)
    let colon = scalars.firstIndex(of: ":") ?? scalars.count
    var name = scalars[..<colon]
    var conversion: Unicode.Scalar?
    if let mark = name.firstIndex(of: "!") {
      guard mark == name.endIndex - 2, let kind = name.last else {
        throw Fault("expected ':' after conversion specifier")
      }
      conversion = kind
      name = name[..<mark]
    }
    var value = try named(String(scalars: name), arguments, &automatic, evaluator)
    switch conversion {
    case nil: break
    case "s": value = .text(try evaluator.text(of: value))
    case "r": value = .text(try evaluator.representation(of: value))
    default: throw Fault.unsupported("the conversion !\(conversion!) is not supported")
    }
    return try laidOut(value, String(scalars: scalars[min(colon + 1, scalars.count)...]), evaluator)
  }

  /// The value of a field's name: a number or a keyword, then attributes and items.
  private static func named(
    _ name: String, _ arguments: Arguments, _ automatic: inout Int, _ evaluator: Evaluator
  ) throws(Fault) -> Value {
    var cursor = FormatCursor(name)
    var head = ""
    while let scalar = cursor.current, scalar != ".", scalar != "[" {
      head.unicodeScalars.append(scalar)
      cursor.offset += 1
    }
    var value: Value
    if head.isEmpty || TextKinds.answer("isdigit", head) == true {
      guard head.isEmpty == (automatic >= 0) || automatic == 0 else {
        throw Fault("cannot switch between automatic field numbering and manual field specification")
      }
      let index = head.isEmpty ? automatic : Int(head) ?? Int.max
      automatic = head.isEmpty ? automatic + 1 : -1
      guard arguments.positional.indices.contains(index) else {
        throw Fault("Replacement index \(index) out of range for positional args tuple")
      }
      value = arguments.positional[index]
    } else {
      guard let found = arguments.named.first(where: { $0.name == head })?.value else {
        throw Fault("'\(head)' is missing")
      }
      value = found
    }
    while let scalar = cursor.current {
      cursor.offset += 1
      if scalar == "." {
        var part = ""
        while let scalar = cursor.current, scalar != ".", scalar != "[" {
          part.unicodeScalars.append(scalar)
          cursor.offset += 1
        }
        value = try evaluator.attribute(part, of: value)
      } else {
        guard scalar == "[", let part = cursor.text(upTo: "]") else { throw Fault("expected '}' before end of string") }
        let isIndex = TextKinds.answer("isdigit", part) == true
        value = try evaluator.item(isIndex ? .integer(Int(part) ?? Int.max) : .text(part), of: value)
      }
    }
    return value
  }

  private static func laidOut(_ value: Value, _ layout: String, _ evaluator: Evaluator) throws(Fault) -> String {
    if layout.isEmpty { return try evaluator.text(of: value) }
    try evaluator.refuseUndefined(value)
    var field = FormatField()
    var cursor = FormatCursor(layout)
    if cursor.scalars.count > 1, "<>^=".unicodeScalars.contains(cursor.scalars[1]) {
      field.fill = String(cursor.scalars[0])
      cursor.offset = 1
    }
    field.align = cursor.take("<>^=")
    field.sign = cursor.take("+- ") ?? "-"
    field.isAlternate = cursor.take("#") != nil
    field.isZeroPadded = cursor.take("0") != nil
    field.width = try cursor.number("width", atMost: 1 << 40) ?? 0
    field.grouping = cursor.take(",_")
    if cursor.take(".") != nil {
      field.precision = try cursor.number("precision", atMost: FormatField.mostPrecision)
      if field.precision == nil { throw Fault("Format specifier missing precision") }
    }
    let conversion = cursor.current.map(Character.init)
    if cursor.offset + (conversion == nil ? 0 : 1) != cursor.scalars.count { throw Fault("Invalid format specifier") }
    switch value {
    case .text(let text):
      guard conversion == nil || conversion == "s", field.sign == "-", field.grouping == nil, field.align != "=" else {
        throw Fault("Unknown format code for a text: '\(layout)'")
      }
      if field.isZeroPadded {
        field.fill = "0"
        field.isZeroPadded = false
      }
      let cut = field.precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
      return try field.padded(cut, default: "<", evaluator)
    case .integer, .boolean:
      guard "doxXbeEfFgG%".contains(conversion ?? "d") else {
        throw Fault("Unknown format code '\(conversion!)' for an int")
      }
      field.conversion = conversion ?? "d"
      if "doxXb".contains(field.conversion), field.precision != nil {
        throw Fault("Precision not allowed in integer format specifier")
      }
      if case .boolean = value, conversion == nil {
        throw Fault.unsupported("the format of a boolean is not supported")
      }
      return try field.formatted(value, evaluator)
    case .number(let number):
      guard let conversion else {
        if field.precision != nil { throw Fault.unsupported("a precision without a conversion is not supported") }
        return try field.number(PythonNumber.text(number.magnitude), isNegative: number.sign == .minus, evaluator)
      }
      guard "eEfFgG%".contains(conversion) else { throw Fault("Unknown format code '\(conversion)' for a float") }
      field.conversion = conversion
      return try field.formatted(value, evaluator)
    default: throw Fault("unsupported format string passed to \(value.typeName).__format__")
    }
  }
}
