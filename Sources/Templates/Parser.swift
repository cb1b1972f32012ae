/// Builds a template's statements out of its tokens, by the rules of jinja2's parser.
struct Parser {
  private let tokens: [Token]
  private var position = 0
  let limits: Template.Limits
  private let isChat: Bool
  private var level = 0
  /// The names that are read anywhere; within a macro, those of the macro alone.
  private(set) var namesRead: Set<String> = []
  private(set) var parsed: [Statement] = []
  /// Filters and tests that Jinja has not, outside of branches: it refuses those before it renders.
  var strangers: [Fault] = []
  /// Whether what is parsed lies right in a branch.
  var isInBranch = false

  init(_ source: String, _ settings: Template.Settings) throws(Fault) {
    var lexer = Lexer(source, settings)
    tokens = try lexer.all()
    limits = settings.limits
    isChat = settings.isChat
  }

  mutating func parseAll() throws(Fault) {
    parsed = try statements(upTo: []).body
    if let stranger = strangers.first { throw stranger }
  }

  // MARK: tokens

  var current: Token { tokens[position] }
  var following: Token { tokens[min(position + 1, tokens.count - 1)] }

  mutating func advance() { if position < tokens.count - 1 { position += 1 } }

  func isSign(_ sign: String) -> Bool { current.kind == .sign(sign) }
  func isWord(_ word: String) -> Bool { current.kind == .name(word) }

  /// Goes over a sign if it is there.
  mutating func skip(sign: String) -> Bool {
    guard isSign(sign) else { return false }
    advance()
    return true
  }

  mutating func skip(word: String) -> Bool {
    guard isWord(word) else { return false }
    advance()
    return true
  }

  mutating func expect(sign: String) throws(Fault) {
    if !skip(sign: sign) { throw fault("\"\(sign)\" was expected, not \(shown)") }
  }

  mutating func expectName() throws(Fault) -> String {
    guard case .name(let name) = current.kind else { throw fault("a name was expected, not \(shown)") }
    advance()
    return name
  }

  private mutating func expectBlockEnd() throws(Fault) {
    guard current.kind == .blockEnd else { throw fault("the tag should end before \(shown)") }
    advance()
  }

  /// The token at hand, for errors.
  var shown: String {
    switch current.kind {
    case .text: "text"
    case .blockBegin, .outputBegin: "a tag"
    case .blockEnd, .outputEnd: "the end of the tag"
    case .name(let name): "\"\(name)\""
    case .string: "a quoted text"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .sign(let sign): "\"\(sign)\""
    case .end: "the end of the template"
    }
  }

  func fault(_ message: String) -> Fault { Fault(.syntax, message, line: current.line) }

  mutating func note(read name: String) { namesRead.insert(name) }

  /// Parses what lies one level deeper.
  mutating func nested<Part>(_ parse: (inout Parser) throws(Fault) -> Part) throws(Fault) -> Part {
    level += 1
    defer { level -= 1 }
    if level > limits.nesting {
      throw Fault(.unsupported, "tags and brackets are nested more than \(limits.nesting) deep", line: current.line)
    }
    return try parse(&self)
  }

  // MARK: statements

  /// Statements up to a tag of one of these names, whose name is gone over; without names up to the end.
  private mutating func statements(upTo ends: [String]) throws(Fault) -> (body: [Statement], end: String) {
    var body: [Statement] = []
    while true {
      let line = current.line
      switch current.kind {
      case .text(let text):
        advance()
        body.append(Statement(kind: .text(text), line: line))
      case .outputBegin:
        advance()
        let value = try expressionOrTuple()
        guard current.kind == .outputEnd else { throw fault("the tag should end before \(shown)") }
        advance()
        body.append(Statement(kind: .output(value), line: line))
      case .blockBegin:
        advance()
        let name = try expectName()
        if ends.contains(name) { return (body, name) }
        let kind = try nested { (parser) throws(Fault) in try parser.statement(name, line) }
        try expectBlockEnd()
        body.append(Statement(kind: kind, line: line))
      case .end:
        if let missing = ends.last { throw fault("the tag \"\(missing)\" is missing") }
        return (body, "")
      default: throw fault("unexpected \(shown)")
      }
    }
  }

  /// The body of a block: after the rest of its opening tag, up to a tag of one of these names.
  private mutating func block(_ ends: String...) throws(Fault) -> (body: [Statement], end: String) {
    _ = skip(sign: ":")
    try expectBlockEnd()
    let outer = isInBranch
    defer { isInBranch = outer }
    isInBranch = ends.contains("endif")
    return try statements(upTo: ends)
  }

  private mutating func statement(_ name: String, _ line: Int) throws(Fault) -> Statement.Kind {
    switch name {
    case "if": return try branch()
    case "for": return try loop()
    case "set": return try set()
    case "macro": return .macro(try macro(try expectName(), parameters: try signature(), end: "endmacro"))
    case "call":
      let parameters = isSign("(") ? try signature() : []
      let call = try expression()
      guard case .postfix(_, let parts) = call, case .call? = parts.last?.kind else {
        throw fault("a call was expected")
      }
      return .call(call, try macro("caller", parameters: parameters, end: "endcall"))
    case "filter":
      let filters = try self.filters(begun: true)
      return .filterBlock(filters, body: try block("endfilter").body)
    case "with": return try with()
    case "generation" where isChat: return .scoped(try block("endgeneration").body)
    case "break" where isChat: return .leaveLoop
    case "continue" where isChat: return .nextRound
    case "include", "import", "from", "extends", "block", "autoescape", "print", "do", "trans", "debug":
      throw Fault(.unsupported, "the tag \"\(name)\" is not supported", line: line)
    default: throw Fault(.syntax, "there is no tag \"\(name)\"", line: line)
    }
  }

  private mutating func branch() throws(Fault) -> Statement.Kind {
    var branches: [(test: Expression, body: [Statement])] = []
    while true {
      let test = try expressionOrTuple(conditional: false)
      let (body, end) = try block("elif", "else", "endif")
      branches.append((test, body))
      if end == "elif" { continue }
      return .branch(branches, otherwise: end == "else" ? try block("endif").body : [])
    }
  }

  private mutating func loop() throws(Fault) -> Statement.Kind {
    let target = try self.target()
    if !skip(word: "in") { throw fault("\"in\" was expected, not \(shown)") }
    let items = try expressionOrTuple(conditional: false, upToWord: "recursive")
    let test = skip(word: "if") ? try expression() : nil
    if isWord("recursive") { throw Fault(.unsupported, "recursive loops are not supported", line: current.line) }
    let (body, end) = try block("endfor", "else")
    let otherwise = end == "else" ? try block("endfor").body : []
    return .loop(target, over: items, test: test, body: body, otherwise: otherwise)
  }

  private mutating func set() throws(Fault) -> Statement.Kind {
    let target = try self.target()
    if skip(sign: "=") { return .set(target, try expressionOrTuple()) }
    let filters = try self.filters(begun: false)
    return .setBlock(target, filters: filters, body: try block("endset").body)
  }

  private mutating func with() throws(Fault) -> Statement.Kind {
    var values: [(target: Target, value: Expression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(sign: ",") }
      let target = try self.target(one: true)
      try expect(sign: "=")
      values.append((target, try expression()))
    }
    return .with(values, body: try block("endwith").body)
  }

  private mutating func macro(_ name: String, parameters: [(name: String, value: Expression?)], end: String)
    throws(Fault) -> MacroDefinition
  {
    let outer = namesRead
    namesRead = []
    defer { namesRead.formUnion(outer) }
    let body = try block(end).body
    return MacroDefinition(
      name: name, parameters: parameters, body: body, readsCaller: namesRead.contains("caller"),
      readsExtra: namesRead.contains("varargs"), readsExtraNamed: namesRead.contains("kwargs"))
  }

  private mutating func signature() throws(Fault) -> [(name: String, value: Expression?)] {
    try expect(sign: "(")
    var parameters: [(name: String, value: Expression?)] = []
    while !isSign(")") {
      if !parameters.isEmpty { try expect(sign: ",") }
      let name = try expectName()
      let value = skip(sign: "=") ? try expression() : nil
      if value == nil, parameters.contains(where: { $0.value != nil }) {
        throw fault("the parameter \"\(name)\" without a default follows one that has it")
      }
      parameters.append((name, value))
    }
    try expect(sign: ")")
    return parameters
  }

  private static let constants: Set<String> = ["true", "false", "none", "True", "False", "None"]

  /// What is assigned to: a name, an attribute of a namespace, several of them.
  private mutating func target(one: Bool = false) throws(Fault) -> Target {
    var targets: [Target] = []
    var isTuple = false
    repeat {
      if isTuple, current.kind == .blockEnd || isSign(")") || isSign("=") || isWord("in") { break }
      targets.append(try singleTarget())
      if one || !isSign(",") { break }
      isTuple = true
    } while skip(sign: ",")
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func singleTarget() throws(Fault) -> Target {
    if skip(sign: "(") {
      let inner = try nested { (parser) throws(Fault) in try parser.target() }
      try expect(sign: ")")
      return inner
    }
    let name = try expectName()
    if Self.constants.contains(name) || name == "loop" { throw fault("\"\(name)\" cannot be assigned to") }
    return skip(sign: ".") ? .attribute(name, try expectName()) : .name(name)
  }
}

extension MacroDefinition {
  /// The positions of a parameter by its name.
  func position(of name: String) -> Int? { parameters.firstIndex { $0.name == name } }
}
