import Glibc
import Support

/// What Python's operators do to values.
extension Evaluator {
  /// `bool()`, which a strict undefined value refuses.
  func isTrue(_ value: Value) throws(Fault) -> Bool {
    try refuseStrictly(value)
    return value.isTrue
  }

  func refuseUndefined(_ values: Value...) throws(Fault) {
    for case .undefined(let reason) in values { throw Fault(reason) }
  }

  /// What an inline `if` without `else` gives; lenient in Jinja even where others are strict.
  static let noElse = "the inline if-expression evaluated to false and no else section was defined."

  /// Refuses an undefined value where these may not be used.
  func refuseStrictly(_ values: Value...) throws(Fault) {
    guard settings.isStrict else { return }
    for case .undefined(let reason) in values where reason != Self.noElse { throw Fault(reason) }
  }

  /// The items that a loop goes over.
  func items(of value: Value) throws(Fault) -> [Value] {
    switch value {
    case .undefined:
      try refuseStrictly(value)
      return []
    case .sequence(let list):
      try budget.spend(list.items.count / 8)
      return try list.taken()
    case .mapping(let mapping): return mapping.keys
    case .text(let text), .markup(let text):
      try budget.allocate(entries: text.unicodeScalars.count)
      return text.unicodeScalars.map { .text(String($0)) }
    default: throw Fault("a \(value.typeName) is not iterable")
    }
  }

  func unary(_ sign: String, _ value: Value) throws(Fault) -> Value {
    if sign == "not" { return .boolean(!(try isTrue(value))) }
    try refuseUndefined(value)
    if let integer = value.integerValue {
      if sign == "+" { return .integer(integer) }
      let (negative, overflow) = (0).subtractingReportingOverflow(integer)
      if overflow { throw Self.tooLarge }
      return .integer(negative)
    }
    guard case .number(let number) = value else {
      throw Fault("bad operand type for unary \(sign): '\(value.typeName)'")
    }
    return .number(sign == "-" ? -number : number)
  }

  static let tooLarge = Fault.unsupported("an integer is beyond 64 bits")

  func arithmetic(_ sign: String, _ left: Value, _ right: Value) throws(Fault) -> Value {
    if sign == "%", case .text(let format) = left {
      return .text(try PercentFormat.text(format, right, self))
    }
    try refuseUndefined(left, right)
    switch (sign, left, right) {
    case ("+", .text(let first), .text(let second)):
      try budget.allocate(first.utf8.count + second.utf8.count)
      return .text(first + second)
    case ("+", .markup, _), ("+", _, .markup):
      guard left.textValue != nil, right.textValue != nil else { break }
      let first = try escaped(left)
      let second = try escaped(right)
      try budget.allocate(first.utf8.count + second.utf8.count)
      return .markup(first + second)
    case ("+", .sequence(let first), .sequence(let second))
    where first.kind == second.kind && (first.kind == .list || first.kind == .tuple):
      try budget.allocate(entries: first.items.count + second.items.count)
      return .sequence(try ItemList(first.items + second.items, first.kind))
    case ("*", .text, _), ("*", .sequence, _), ("*", _, .text), ("*", _, .sequence):
      return try repeated(left, right)
    default: break
    }
    if sign != "/", let first = left.integerValue, let second = right.integerValue {
      return try arithmetic(sign, first, second)
    }
    guard let first = left.numberValue, let second = right.numberValue else {
      throw Fault("unsupported operand type(s) for \(sign): '\(left.typeName)' and '\(right.typeName)'")
    }
    return .number(try arithmetic(sign, first, second))
  }

  /// The text of a value for HTML, which marked text is already.
  func escaped(_ value: Value) throws(Fault) -> String {
    if case .markup(let text) = value { return text }
    var result = ""
    for scalar in try text(of: value).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "'": result += "&#39;"
      case "\"": result += "&#34;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    try budget.allocate(result.utf8.count)
    return result
  }

  private func repeated(_ left: Value, _ right: Value) throws(Fault) -> Value {
    let (value, factor) = left.integerValue == nil ? (left, right) : (right, left)
    guard let times = factor.integerValue else {
      throw Fault("can't multiply sequence by non-int of type '\(factor.typeName)'")
    }
    switch value {
    case .text(let text):
      try budget.allocate(text, times: times)
      return .text(String(repeating: text, count: max(0, times)))
    case .sequence(let list) where list.kind == .list || list.kind == .tuple:
      let (count, overflow) = list.items.count.multipliedReportingOverflow(by: max(0, times))
      try budget.allocate(entries: overflow ? Int.max >> 8 : count)
      var items: [Value] = []
      if count > 0 { for _ in 0..<times { items += list.items } }
      return .sequence(try ItemList(items, list.kind))
    default: throw Fault("unsupported operand type(s) for *: '\(left.typeName)' and '\(right.typeName)'")
    }
  }

  private func arithmetic(_ sign: String, _ left: Int, _ right: Int) throws(Fault) -> Value {
    var outcome: (partialValue: Int, overflow: Bool)
    switch sign {
    case "+": outcome = left.addingReportingOverflow(right)
    case "-": outcome = left.subtractingReportingOverflow(right)
    case "*": outcome = left.multipliedReportingOverflow(by: right)
    case "//", "%":
      if right == 0 { throw Fault("integer division or modulo by zero") }
      outcome = left.dividedReportingOverflow(by: right)
      if outcome.overflow { break }
      // Python rounds down, and the remainder has the divisor's sign.
      let remainder = left % right
      let isOff = remainder != 0 && (remainder < 0) != (right < 0)
      return .integer(sign == "//" ? outcome.partialValue - (isOff ? 1 : 0) : isOff ? remainder + right : remainder)
    default:
      if right < 0 { return .number(try arithmetic("**", Double(left), Double(right))) }
      outcome = (1, false)
      var base = (partialValue: left, overflow: false)
      var exponent = right
      while exponent > 0 {
        if exponent & 1 == 1 {
          let product = outcome.partialValue.multipliedReportingOverflow(by: base.partialValue)
          outcome = (product.partialValue, outcome.overflow || product.overflow || base.overflow)
        }
        exponent >>= 1
        let square = base.partialValue.multipliedReportingOverflow(by: base.partialValue)
        base = (square.partialValue, base.overflow || square.overflow)
      }
    }
    if outcome.overflow { throw Self.tooLarge }
    return .integer(outcome.partialValue)
  }

  private func arithmetic(_ sign: String, _ left: Double, _ right: Double) throws(Fault) -> Double {
    switch sign {
    case "+": return left + right
    case "-": return left - right
    case "*": return left * right
    case "**":
      if left == 0, right < 0 { throw Fault("0.0 cannot be raised to a negative power") }
      let power = pow(left, right)
      if left < 0, power.isNaN { throw Fault.unsupported("complex numbers are not supported") }
      if power.isInfinite, left.isFinite, right.isFinite { throw Fault("the result of ** is too large") }
      return power
    default:
      if right == 0 { throw Fault("float division by zero") }
      if sign == "/" { return left / right }
      var remainder = fmod(left, right)
      if remainder != 0, (remainder < 0) != (right < 0) { remainder += right }
      if remainder == 0 { remainder = right < 0 ? -0.0 : 0.0 }
      if sign == "%" { return remainder }
      let quotient = (left - remainder) / right
      if quotient == 0 { return left / right < 0 ? -0.0 : 0.0 }
      let floor = quotient.rounded(.down)
      return quotient - floor > 0.5 ? floor + 1 : floor
    }
  }

  // MARK: comparisons

  func compare(_ sign: String, _ left: Value, _ right: Value) throws(Fault) -> Bool {
    try refuseStrictly(left, right)
    try charge(left)
    try charge(right)
    switch sign {
    case "==": return try areEqual(left, right)
    case "!=": return !(try areEqual(left, right))
    case "in": return try contains(right, left)
    case "not in": return !(try contains(right, left))
    case "<": return try precedes(left, right, sign)
    case ">": return try precedes(right, left, sign)
    // Not the opposite of ">": a number that is none compares with nothing.
    default:
      if try sign == "<=" ? precedes(left, right, sign) : precedes(right, left, sign) { return true }
      return try areEqual(left, right)
    }
  }

  /// Counts a text that is gone over, by its bytes.
  func charge(_ value: Value, each bytes: Int = 64) throws(Fault) {
    if let text = value.textValue { try budget.spend(text.utf8.count / bytes) }
  }

  func areEqual(_ left: Value, _ right: Value) throws(Fault) -> Bool {
    try budget.spend()
    try refuseStrictly(left, right)
    switch (left, right) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.text, .text), (.markup, .text), (.text, .markup), (.markup, .markup):
      return PythonText.areSame(left.textValue ?? "", right.textValue ?? "")
    case (.sequence(let first), .sequence(let second)):
      if first === second { return true }
      guard first.kind == second.kind, first.kind != .generator, first.items.count == second.items.count else {
        return false
      }
      for (one, other) in zip(first.items, second.items) where !(try areEqual(one, other)) { return false }
      return true
    case (.mapping(let first), .mapping(let second)):
      if first === second { return true }
      guard first.keys.count == second.keys.count else { return false }
      for (key, value) in zip(first.keys, first.values) {
        guard let other = second[try Key(key)], try areEqual(value, other) else { return false }
      }
      return true
    case (.namespace(let first), .namespace(let second)): return first === second
    case (.function(let first), .function(let second)): return first === second
    case (.loop(let first), .loop(let second)): return first === second
    default:
      if let first = left.integerValue, let second = right.integerValue { return first == second }
      guard let first = left.numberValue, let second = right.numberValue else { return false }
      return first == second
    }
  }

  func precedes(_ left: Value, _ right: Value, _ sign: String = "<") throws(Fault) -> Bool {
    try budget.spend()
    try refuseUndefined(left, right)
    switch (left, right) {
    case (.text(let first), .text(let second)):
      return first.unicodeScalars.lexicographicallyPrecedes(second.unicodeScalars)
    case (.sequence(let first), .sequence(let second))
    where first.kind == second.kind && (first.kind == .list || first.kind == .tuple):
      for (one, other) in zip(first.items, second.items) where !(try areEqual(one, other)) {
        return try precedes(one, other, sign)
      }
      return first.items.count < second.items.count
    default:
      if let first = left.integerValue, let second = right.integerValue { return first < second }
      guard let first = left.numberValue, let second = right.numberValue else {
        throw Fault("'\(sign)' not supported between '\(left.typeName)' and '\(right.typeName)'")
      }
      return first < second
    }
  }

  func contains(_ container: Value, _ wanted: Value) throws(Fault) -> Bool {
    switch container {
    case .text(let text), .markup(let text):
      guard let part = wanted.textValue else {
        throw Fault("'in <string>' requires string as left operand, not \(wanted.typeName)")
      }
      try budget.spend(text.utf8.count / 64)
      return part.isEmpty || TextSearch.first(part, in: text) != nil
    case .mapping(let mapping): return mapping[try Key(wanted)] != nil
    case .sequence, .undefined:
      for item in try items(of: container) where try areEqual(item, wanted) { return true }
      return false
    default: throw Fault("argument of type '\(container.typeName)' is not iterable")
    }
  }
}
