/// What commands of LaTeX, and words such as sqrt, stand for.
extension MathParser {
  mutating func command(_ name: String) throws(MathFault) -> MathExpression {
    switch name {
    case "{":
      if take(.command("}")) { return .sequence(open: "{", close: "}", []) }
      let items = try list()
      try expect(.command("}"))
      return .sequence(open: "{", close: "}", items)
    case "varnothing": return .sequence(open: "{", close: "}", [])
    case "pi": return .scalar(.number(MathNumber(real: .pi)))
    case "infty": return .scalar(.number(.infinity))
    case "frac":
      let (top, bottom) = (try argument(), try argument())
      return .scalar(.operation(.product, [top, .operation(.reciprocal, [bottom])]))
    case "binom": return .scalar(.operation(.binomial, [try argument(), try argument()]))
    case "sqrt":
      var index = MathNode.number(MathNumber(2))
      if take("[") {
        index = try scalar(try sum())
        try expect(.mark("]"))
      }
      return .scalar(.operation(.root, [index, try argument()]))
    case "lfloor", "lceil":
      let inner = try scalar(try sum())
      try expect(.command(name == "lfloor" ? "rfloor" : "rceil"))
      return .scalar(.operation(name == "lfloor" ? .floor : .ceiling, [inner]))
    case "begin": return try matrix()
    case "log": return .scalar(try logarithm())
    case _ where Self.closing.contains(name): throw MathFault()
    default:
      if MathNode.functions[name] != nil { return .scalar(try function(name)) }
      return .scalar(.symbol(name + (take("_") ? "_" + (try subscript_()) : "")))
    }
  }

  private mutating func logarithm() throws(MathFault) -> MathNode {
    var base = MathNode.number(MathNumber(10))
    if take("_") { base = try argument() }
    return .operation(.logarithm, [base, try operand()])
  }

  private mutating func function(_ name: String) throws(MathFault) -> MathNode {
    var exponent: MathNode?
    if take("^") { exponent = try self.exponent() }
    let value = MathNode.operation(.function(name), [try operand()])
    guard let exponent else { return value }
    if case .number(let number) = exponent, number.integer == -1 { throw MathFault() }
    return .operation(.power, [value, exponent])
  }

  /// What a function is of: what is in brackets, else the factors behind it up to the next function.
  private mutating func operand() throws(MathFault) -> MathNode {
    if next == .mark("(") || next == .mark("{") { return try scalar(try primary()) }
    var factors = [try signed()]
    while beginsFactor, next != .mark("(") {
      if case .command(let name)? = next, name == "log" || MathNode.functions[name] != nil { break }
      factors.append(try scalar(try power()))
    }
    return factors.count == 1 ? factors[0] : .operation(.product, factors)
  }

  private mutating func matrix() throws(MathFault) -> MathExpression {
    guard case .symbol(let kind)? = next, kind.hasSuffix("matrix") || kind == "array" else { throw MathFault() }
    position += 1
    var rows: [[MathExpression]] = [[]]
    while true {
      if take(.command("end")) { break }
      rows[rows.count - 1].append(try relation())
      if take("&") { continue }
      if take(.command("\\")) {
        if next != .command("end") { rows.append([]) }
      } else if next != .command("end") {
        throw MathFault()
      }
    }
    try expect(.symbol(kind))
    return .matrix(rows)
  }
}
