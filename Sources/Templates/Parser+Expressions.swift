extension Parser {
  /// An expression, or several parted by commas, which are a tuple.
  mutating func expressionOrTuple(conditional: Bool = true, upToWord end: String? = nil, inBrackets: Bool = false)
    throws(Fault) -> Expression
  {
    var items: [Expression] = []
    var isTuple = false
    while true {
      let ends = [.blockEnd, .outputEnd, .sign(")")].contains(current.kind) || end.map { isWord($0) } ?? false
      if ends { break }
      items.append(try expression(conditional: conditional))
      if !skip(sign: ",") { break }
      isTuple = true
    }
    if isTuple || (items.isEmpty && inBrackets) { return .tuple(items) }
    guard let only = items.first else { throw fault("an expression was expected, not \(shown)") }
    return only
  }

  mutating func expression(conditional: Bool = true) throws(Fault) -> Expression {
    try nested { (parser) throws(Fault) in
      conditional ? try parser.conditionalExpression() : try parser.disjunction()
    }
  }

  private mutating func conditionalExpression() throws(Fault) -> Expression {
    let known = strangers.count
    var value = try disjunction()
    var count = 0
    while skip(word: "if") {
      defer { strangers.removeLast(strangers.count - known) }
      count += 1
      if count > limits.nesting { throw fault("too many conditions in a row") }
      let test = try disjunction()
      let otherwise = skip(word: "else") ? try expression() : nil
      value = .conditional(test: test, then: value, otherwise: otherwise)
    }
    return value
  }

  private mutating func disjunction() throws(Fault) -> Expression {
    var parts = [try conjunction()]
    while skip(word: "or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func conjunction() throws(Fault) -> Expression {
    var parts = [try negation()]
    while skip(word: "and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negation() throws(Fault) -> Expression {
    guard skip(word: "not") else { return try comparison() }
    return .unary("not", try nested { (parser) throws(Fault) in try parser.negation() })
  }

  private mutating func comparison() throws(Fault) -> Expression {
    let first = try sum()
    var rest: [(sign: String, value: Expression)] = []
    while true {
      if case .sign(let sign) = current.kind, ["==", "!=", "<", "<=", ">", ">="].contains(sign) {
        advance()
        rest.append((sign, try sum()))
      } else if skip(word: "in") {
        rest.append(("in", try sum()))
      } else if isWord("not"), following.kind == .name("in") {
        advance()
        advance()
        rest.append(("not in", try sum()))
      } else {
        return rest.isEmpty ? first : .comparison(first, rest)
      }
    }
  }

  private mutating func sum() throws(Fault) -> Expression {
    try chain(["+", "-"]) { (parser) throws(Fault) in try parser.concatenation() }
  }

  private mutating func concatenation() throws(Fault) -> Expression {
    var parts = [try product()]
    while skip(sign: "~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  private mutating func product() throws(Fault) -> Expression {
    try chain(["*", "/", "//", "%"]) { (parser) throws(Fault) in
      try parser.chain(["**"]) { (parser) throws(Fault) in try parser.unary() }
    }
  }

  private mutating func chain(_ signs: [String], _ operand: (inout Parser) throws(Fault) -> Expression) throws(Fault)
    -> Expression
  {
    let first = try operand(&self)
    var rest: [(sign: String, value: Expression)] = []
    while case .sign(let sign) = current.kind, signs.contains(sign) {
      advance()
      rest.append((sign, try operand(&self)))
    }
    return rest.isEmpty ? first : .chain(first, rest)
  }

  private mutating func unary(filtered: Bool = true) throws(Fault) -> Expression {
    var value: Expression
    if case .sign(let sign) = current.kind, sign == "-" || sign == "+" {
      advance()
      value = .unary(sign, try nested { (parser) throws(Fault) in try parser.unary(filtered: false) })
    } else {
      value = try primary()
    }
    var parts = try postfixes()
    if filtered {
      while let part = try filterOrTest() { parts.append(part) }
    }
    // Filters of one value are one row.
    if !parts.isEmpty { value = .postfix(value, parts) }
    return value
  }

  private mutating func primary() throws(Fault) -> Expression {
    switch current.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return .constant(.boolean(true))
      case "false", "False": return .constant(.boolean(false))
      case "none", "None": return .constant(.none)
      default:
        note(read: name)
        return .name(name)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text += more
        advance()
      }
      return .constant(.text(text))
    case .integer(let integer):
      advance()
      return .constant(.integer(integer))
    case .number(let number):
      advance()
      return .constant(.number(number))
    case .sign("("):
      advance()
      let inner = try nested { (parser) throws(Fault) in try parser.expressionOrTuple(inBrackets: true) }
      try expect(sign: ")")
      return inner
    case .sign("["): return .list(try items(end: "]"))
    case .sign("{"): return try mapping()
    default: throw fault("unexpected \(shown)")
    }
  }

  private mutating func items(end: String) throws(Fault) -> [Expression] {
    advance()
    var items: [Expression] = []
    while !isSign(end) {
      if !items.isEmpty { try expect(sign: ",") }
      if isSign(end) { break }
      items.append(try expression())
    }
    try expect(sign: end)
    return items
  }

  private mutating func mapping() throws(Fault) -> Expression {
    advance()
    var entries: [(key: Expression, value: Expression)] = []
    while !isSign("}") {
      if !entries.isEmpty { try expect(sign: ",") }
      if isSign("}") { break }
      let key = try expression()
      try expect(sign: ":")
      entries.append((key, try expression()))
    }
    try expect(sign: "}")
    return .mapping(entries)
  }

  // MARK: what follows a value

  /// Attributes, items and calls.
  private mutating func postfixes() throws(Fault) -> [Postfix] {
    var parts: [Postfix] = []
    while true {
      let line = current.line
      if skip(sign: ".") {
        switch current.kind {
        case .name(let name): parts.append(Postfix(kind: .attribute(name), line: line))
        case .integer(let integer): parts.append(Postfix(kind: .item(.constant(.integer(integer))), line: line))
        default: throw fault("a name or a number was expected, not \(shown)")
        }
        advance()
      } else if skip(sign: "[") {
        parts.append(Postfix(kind: try subscripted(), line: line))
      } else if isSign("(") {
        parts.append(Postfix(kind: .call(try arguments()), line: line))
      } else {
        return parts
      }
    }
  }

  private mutating func subscripted() throws(Fault) -> Postfix.Kind {
    var bounds: [Expression?] = []
    var colons = 0
    var value: Expression?
    while !isSign("]"), colons < 3 {
      if skip(sign: ":") {
        bounds.append(value)
        value = nil
        colons += 1
      } else if value == nil {
        value = try expression()
      } else {
        break
      }
    }
    if isSign(",") { throw Fault(.unsupported, "several subscripts are not supported", line: current.line) }
    try expect(sign: "]")
    bounds.append(value)
    if colons == 0 {
      guard let value else { throw fault("a subscript was expected") }
      return .item(value)
    }
    if colons > 2 { throw fault("a slice has three parts at most") }
    return .slice(from: bounds[0], to: bounds[1], step: bounds.count > 2 ? bounds[2] : nil)
  }

  mutating func arguments() throws(Fault) -> ArgumentList {
    try expect(sign: "(")
    var list = ArgumentList()
    var isFirst = true
    while !isSign(")") {
      if !isFirst { try expect(sign: ",") }
      if isSign(")") { break }
      isFirst = false
      if skip(sign: "**") {
        if list.spreadNamed != nil { throw fault("\"**\" is given twice in a call") }
        list.spreadNamed = try expression()
      } else if skip(sign: "*") {
        if list.spread != nil || list.spreadNamed != nil { throw fault("unexpected \"*\"") }
        list.spread = try expression()
      } else if case .name(let name) = current.kind, following.kind == .sign("=") {
        if list.spreadNamed != nil { throw fault("an argument follows \"**\"") }
        advance()
        advance()
        if list.named.contains(where: { $0.name == name }) { throw fault("the argument \"\(name)\" is given twice") }
        list.named.append((name, try expression()))
      } else {
        if list.spread != nil || list.spreadNamed != nil || !list.named.isEmpty {
          throw fault("an argument without a name follows one with a name")
        }
        list.positional.append(try expression())
      }
    }
    try expect(sign: ")")
    return list
  }

  /// The next filter, test or call after a value; nil if there is none.
  private mutating func filterOrTest() throws(Fault) -> Postfix? {
    let line = current.line
    if skip(sign: "|") { return try filter(line) }
    if skip(word: "is") { return try test(line) }
    if isSign("(") { return Postfix(kind: .call(try arguments()), line: line) }
    return nil
  }

  private mutating func dottedName() throws(Fault) -> String {
    var name = try expectName()
    while skip(sign: ".") { name += "." + (try expectName()) }
    return name
  }

  private mutating func filter(_ line: Int) throws(Fault) -> Postfix {
    let name = try dottedName()
    if !Evaluator.hasFilter(name), !isInBranch {
      strangers.append(Fault(.syntax, "no filter named '\(name)'", line: line))
    }
    return Postfix(kind: .filter(name, isSign("(") ? try arguments() : ArgumentList()), line: line)
  }

  /// The filters of a block: the first without "|" where the tag has begun it.
  mutating func filters(begun: Bool) throws(Fault) -> [Postfix] {
    var filters = begun ? [try filter(current.line)] : []
    while skip(sign: "|") { filters.append(try filter(current.line)) }
    return filters
  }

  private mutating func test(_ line: Int) throws(Fault) -> Postfix {
    let isNegated = skip(word: "not")
    let name = try dottedName()
    if !Evaluator.hasTest(name), !isInBranch {
      strangers.append(Fault(.syntax, "no test named '\(name)'", line: line))
    }
    var list = ArgumentList()
    switch current.kind {
    case .sign("("): list = try arguments()
    case .name("else"), .name("or"), .name("and"): break
    case .name("is"): throw fault("tests cannot be chained with \"is\"")
    case .name, .string, .integer, .number, .sign("["), .sign("{"):
      let value = try nested { (parser) throws(Fault) in try parser.primary() }
      let parts = try postfixes()
      list.positional = [parts.isEmpty ? value : .postfix(value, parts)]
    default: break
    }
    return Postfix(kind: .test(isNegated ? "not " + name : name, list), line: line)
  }
}
