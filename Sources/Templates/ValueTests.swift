/// Jinja's tests: what stands after `is`.
extension Evaluator {
  private static let testNames = Set(
    ("eq equalto == ne != lt lessthan < le <= gt greaterthan > ge >= in sameas divisibleby defined undefined none boolean true "
      + "false integer float number string mapping sequence iterable callable odd even lower upper filter test escaped")
      .split(separator: " ").map(String.init))

  /// Whether Jinja has a test of this name.
  static func hasTest(_ name: String) -> Bool { testNames.contains(name) }

  func test(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Bool {
    try charge(value)
    switch name {
    case "eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<=", "gt", "greaterthan", ">", "ge", ">=",
      "in",
      "sameas", "divisibleby":
      guard let other = try arguments.bound("other", of: name)[0] else { throw Fault("the test \(name) needs a value") }
      return try test(name, value, other)
    default: _ = try arguments.bound("", of: "the test \(name)")
    }
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": if case .none = value { return true }
    case "boolean": if case .boolean = value { return true }
    case "true": if case .boolean(true) = value { return true }
    case "false": if case .boolean(false) = value { return true }
    case "integer": if case .integer = value { return true }
    case "float": if case .number = value { return true }
    case "number": return value.numberValue != nil
    case "string": return value.textValue != nil
    case "mapping": if case .mapping = value { return true }
    case "sequence":
      switch value {
      case .text, .markup, .mapping: return true
      case .undefined: return !settings.isStrict
      case .sequence(let list): return list.hasPlaces
      default: return false
      }
    case "iterable":
      try refuseStrictly(value)
      switch value {
      case .text, .markup, .mapping, .sequence, .undefined, .loop: return true
      default: return false
      }
    case "callable":
      switch value {
      case .function, .undefined: return true
      default: return false
      }
    case "odd": return try areEqual(try arithmetic("%", value, .integer(2)), .integer(1))
    case "even": return try areEqual(try arithmetic("%", value, .integer(2)), .integer(0))
    case "lower": return TextKinds.answer("islower", try text(of: value)) ?? false
    case "upper": return TextKinds.answer("isupper", try text(of: value)) ?? false
    case "filter": return value.textValue.map(Self.hasFilter) ?? false
    case "test": return value.textValue.map(Self.hasTest) ?? false
    case "escaped": if case .markup = value { return true }
    default: throw Fault(.syntax, "no test named '\(name)'")
    }
    return false
  }

  private func test(_ name: String, _ value: Value, _ other: Value) throws(Fault) -> Bool {
    switch name {
    case "eq", "equalto", "==": return try compare("==", value, other)
    case "ne", "!=": return try compare("!=", value, other)
    case "lt", "lessthan", "<": return try compare("<", value, other)
    case "le", "<=": return try compare("<=", value, other)
    case "gt", "greaterthan", ">": return try compare(">", value, other)
    case "ge", ">=": return try compare(">=", value, other)
    case "in": return try compare("in", value, other)
    case "divisibleby": return try areEqual(try arithmetic("%", value, other), .integer(0))
    default:
      let isSame = try areEqual(value, other)
      return isSame && value.typeName == other.typeName
    }
  }
}
