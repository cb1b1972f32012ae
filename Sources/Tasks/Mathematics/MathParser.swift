import Support

/// Reads an expression from its tokens.
struct MathParser {
  private var tokens: [MathToken]
  var position = 0
  private var depth = 0
  /// Bars of a magnitude that are open.
  private var bars = 0
  /// What ± stands for: 1 or -1.
  private let sign: Int128
  private(set) var hasSign = false

  static let closing: Set<String> = ["}", "\\", "end", "rfloor", "rceil"]
  /// Nesting beyond this is no answer.
  private static let maximumDepth = 48

  init(_ tokens: [MathToken], sign: Int128) {
    self.tokens = tokens
    self.sign = sign
  }

  /// Reads all tokens: one expression, or several with commas between them.
  mutating func whole() throws(MathFault) -> MathExpression {
    let items = try list()
    if position < tokens.count { throw MathFault() }
    return items.count == 1 ? items[0] : .sequence(open: "", close: "", items)
  }

  var next: MathToken? { position < tokens.count ? tokens[position] : nil }

  mutating func take(_ mark: Character) -> Bool { take(.mark(mark)) }

  mutating func take(_ token: MathToken) -> Bool {
    if next != token { return false }
    position += 1
    return true
  }

  mutating func expect(_ token: MathToken) throws(MathFault) {
    if !take(token) { throw MathFault() }
  }

  mutating func list() throws(MathFault) -> [MathExpression] {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth { throw MathFault() }
    var items: [MathExpression] = []
    while true {
      // "1, 2, and 3" has a separator twice.
      while !items.isEmpty, take(",") || take(";") {}
      items.append(try relation())
      guard next == .mark(",") || next == .mark(";") else { return items }
      position += 1
      if position == tokens.count { return items }
    }
  }

  mutating func relation() throws(MathFault) -> MathExpression {
    var sides = [try union()]
    var marks: [Character] = []
    while case .mark(let mark)? = next, "=<>≤≥≠".contains(mark) {
      position += 1
      marks.append(mark)
      sides.append(try union())
    }
    return marks.isEmpty ? sides[0] : .relation(sides, marks)
  }

  private mutating func union() throws(MathFault) -> MathExpression {
    var parts = [try sum()]
    while take("∪") { parts.append(try sum()) }
    return parts.count == 1 ? parts[0] : .union(parts)
  }

  mutating func sum() throws(MathFault) -> MathExpression {
    if case .text(let text)? = next {
      position += 1
      var words = [text]
      while case .text(let text)? = next {
        position += 1
        words.append(text)
      }
      return .text(words.joined(separator: " "))
    }
    var terms: [MathNode] = []
    while true {
      var factor: Int128 = 1
      var hasMark = terms.isEmpty
      loop: while case .mark(let mark)? = next {
        switch mark {
        case "+": break
        case "-": factor = -factor
        case "±", "∓":
          factor *= mark == "±" ? sign : -sign
          hasSign = true
        default: break loop
        }
        hasMark = true
        position += 1
      }
      if !hasMark { break }
      let term = try product()
      if terms.isEmpty, factor == 1, !continues { return term }
      if case .percent(let node) = term, terms.isEmpty, !continues { return .percent(.operation(.negative, [node])) }
      if case .based = term { throw MathFault() }
      let node = try scalar(term)
      terms.append(factor == 1 ? node : Self.negative(node))
      if !continues { break }
    }
    return .scalar(terms.count == 1 ? terms[0] : .operation(.sum, terms))
  }

  private var continues: Bool {
    guard case .mark(let mark)? = next else { return false }
    return "+-±∓".contains(mark)
  }

  private static func negative(_ node: MathNode) -> MathNode {
    if case .number(let number) = node { return .number(-number) }
    return .operation(.negative, [node])
  }

  func scalar(_ expression: MathExpression) throws(MathFault) -> MathNode {
    guard case .scalar(let node) = expression else { throw MathFault() }
    return node
  }

  private mutating func product() throws(MathFault) -> MathExpression {
    var wholeNumber: Int?
    if case .number(let digits)? = next { wholeNumber = Int(digits) }
    let first = try power()
    var factors: [MathNode] = []
    // 1\frac{3}{4} and 1 3/4 are sums.
    if let wholeNumber, case .scalar(.number) = first, let part = try mixedPart() {
      factors.append(.operation(.sum, [.number(MathNumber(Int128(wholeNumber))), .number(part)]))
    } else {
      if take("%") { return .percent(try scalar(first)) }
      if !beginsFactor, next != .mark("*"), next != .mark("/"), next != .mark(":") { return first }
      factors.append(try scalar(first))
    }
    while true {
      if take("*") {
        factors.append(try signed())
      } else if take("/") || take(":") {
        factors.append(.operation(.reciprocal, [try signed()]))
      } else if beginsFactor {
        if case .number? = next { throw MathFault() }
        factors.append(try scalar(try power()))
      } else {
        break
      }
    }
    let node = factors.count == 1 ? factors[0] : .operation(.product, factors)
    return take("%") ? .percent(node) : .scalar(node)
  }

  mutating func signed() throws(MathFault) -> MathNode {
    var isNegative = false
    while true {
      if take("-") { isNegative.toggle() } else if !take("+") { break }
    }
    let node = try scalar(try power())
    return isNegative ? Self.negative(node) : node
  }

  /// The fraction behind a whole number.
  private mutating func mixedPart() throws(MathFault) -> MathNumber? {
    let start = position
    if take(.command("frac")) {
      let (top, bottom) = (try argument(), try argument())
      if case .number(let numerator) = top, case .number(let denominator) = bottom, numerator.integer != nil,
        denominator.integer != nil
      {
        return numerator * denominator.reciprocal
      }
    } else if case .number(let top)? = next, position + 2 < tokens.count, tokens[position + 1] == .mark("/"),
      case .number(let bottom) = tokens[position + 2], let top = Int128(top), let bottom = Int128(bottom)
    {
      position += 3
      return MathNumber(top, bottom)
    }
    position = start
    return nil
  }

  var beginsFactor: Bool {
    switch next {
    case .number?, .recurring?, .symbol?: true
    case .command(let name)?: !Self.closing.contains(name)
    case .mark(let mark)?: mark == "(" || mark == "{" || mark == "[" || mark == "|" && bars == 0
    case .text?, nil: false
    }
  }

  mutating func power() throws(MathFault) -> MathExpression {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth { throw MathFault() }
    var base = try primary()
    while true {
      if take("!") {
        base = .scalar(.operation(.factorial, [try scalar(base)]))
      } else if next == .mark("_"), case .scalar(.number) = base, case .number(let digits) = tokens[position - 1] {
        position += 1
        return .based(digits, base: try subscript_())
      } else if take("^") {
        // 90^{\circ}: the sign of degrees was left out.
        if take("{") {
          if take("}") { continue }
          position -= 1
        }
        if next == nil { continue }
        base = .scalar(.operation(.power, [try scalar(base), try exponent()]))
      } else {
        return base
      }
    }
  }

  mutating func exponent() throws(MathFault) -> MathNode {
    var isNegative = false
    while true {
      if take("-") { isNegative.toggle() } else if !take("+") { break }
    }
    let node = try scalar(try power())
    return isNegative ? Self.negative(node) : node
  }

  /// What stands behind "_", as a text.
  mutating func subscript_() throws(MathFault) -> String {
    var text = ""
    func shown(_ token: MathToken) throws(MathFault) -> String {
      switch token {
      case .number(let text), .symbol(let text), .text(let text), .command(let text): return text
      case .mark(let mark): return String(mark)
      case .recurring: throw MathFault()
      }
    }
    guard let first = next else { throw MathFault() }
    position += 1
    if first != .mark("{") { return try shown(first) }
    while let token = next {
      position += 1
      if token == .mark("}") { return text }
      text += try shown(token)
    }
    throw MathFault()
  }

  /// An argument of a command: what is in braces, else one digit or one factor.
  mutating func argument() throws(MathFault) -> MathNode {
    if case .number(let digits)? = next, digits.utf8.count > 1, let first = digits.first {
      tokens[position] = .number(String(digits.dropFirst()))
      return .number(MathNumber(decimal: String(first)))
    }
    return try scalar(try primary())
  }

  mutating func primary() throws(MathFault) -> MathExpression {
    guard let token = next else { throw MathFault() }
    position += 1
    switch token {
    case .number(let digits): return .scalar(.number(MathNumber(decimal: digits)))
    case .recurring(let digits, let recurring): return .scalar(.number(Self.recurring(digits, recurring)))
    case .symbol(let name):
      if next == .mark("_") {
        position += 1
        return .scalar(.symbol(name + "_" + (try subscript_())))
      }
      if name == "i" { return .scalar(.number(MathNumber(real: 0, imaginary: 1))) }
      if name == "e" { return .scalar(.number(MathNumber(real: 2.718281828459045))) }
      return .scalar(.symbol(name))
    case .text: throw MathFault()
    case .command(let name): return try command(name)
    case .mark(let mark): return try bracket(mark)
    }
  }

  private static func recurring(_ digits: String, _ recurring: String) -> MathNumber {
    let decimals = digits.split(separator: ".", omittingEmptySubsequences: false).last?.count ?? 0
    if decimals + recurring.count > 30 { return .notANumber }
    let whole = digits.filter { $0 != "." }
    let (shift, period) = (Self.powerOfTen(decimals), Self.powerOfTen(recurring.count) - 1)
    guard let before = Int128(whole), let after = Int128(recurring) else { return .notANumber }
    return MathNumber(before, shift) + MathNumber(after, period) * MathNumber(1, shift)
  }

  private static func powerOfTen(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { (value, _) in value * 10 } }

  private mutating func bracket(_ mark: Character) throws(MathFault) -> MathExpression {
    switch mark {
    case "{":
      let inner = try relation()
      try expect(.mark("}"))
      return inner
    case "(", "[":
      let items = try list()
      let close: Character = next == .mark("]") ? "]" : ")"
      try expect(.mark(close))
      if items.count == 1 { return items[0] }
      return .sequence(open: String(mark), close: String(close), items)
    case "|":
      bars += 1
      let inner = try scalar(try sum())
      bars -= 1
      try expect(.mark("|"))
      return .scalar(.operation(.magnitude, [inner]))
    default: throw MathFault()
    }
  }
}
