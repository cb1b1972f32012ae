/// A value that is written in the template.
enum Literal: Sendable {
  case none, boolean(Bool), integer(Int), number(Double), text(String)
}

/// An expression. What stands in a row (sums, filters, `and`) is one node, so that evaluating it does not recurse.
indirect enum Expression: Sendable {
  case constant(Literal)
  case name(String)
  case list([Expression])
  case tuple([Expression])
  case mapping([(key: Expression, value: Expression)])
  case postfix(Expression, [Postfix])
  case unary(String, Expression)
  /// Operators of one rank from left to right.
  case chain(Expression, [(sign: String, value: Expression)])
  case concatenation([Expression])
  case comparison(Expression, [(sign: String, value: Expression)])
  case all([Expression])
  case any([Expression])
  case conditional(test: Expression, then: Expression, otherwise: Expression?)
}

/// What follows a value.
struct Postfix: Sendable {
  enum Kind: Sendable {
    case attribute(String)
    case item(Expression)
    case slice(from: Expression?, to: Expression?, step: Expression?)
    case call(ArgumentList)
    case filter(String, ArgumentList)
    case test(String, ArgumentList)
  }

  let kind: Kind
  let line: Int
}

/// The arguments of a call as they are written.
struct ArgumentList: Sendable {
  var positional: [Expression] = []
  var named: [(name: String, value: Expression)] = []
  /// What `*` and `**` stand before.
  var spread: Expression?
  var spreadNamed: Expression?
}

/// What can be assigned to.
indirect enum Target: Sendable {
  case name(String)
  case attribute(String, String)
  case tuple([Target])
}

/// A macro's name, parameters and body; a call block has the name "caller".
struct MacroDefinition: Sendable {
  let name: String
  let parameters: [(name: String, value: Expression?)]
  let body: [Statement]
  /// Whether the body reads `caller`, `varargs` and `kwargs`.
  let readsCaller: Bool
  let readsExtra: Bool
  let readsExtraNamed: Bool
}

/// A statement and the line it begins at.
struct Statement: Sendable {
  indirect enum Kind: Sendable {
    case text(String)
    case output(Expression)
    case branch([(test: Expression, body: [Statement])], otherwise: [Statement])
    case loop(Target, over: Expression, test: Expression?, body: [Statement], otherwise: [Statement])
    case set(Target, Expression)
    case setBlock(Target, filters: [Postfix], body: [Statement])
    case macro(MacroDefinition)
    case call(Expression, MacroDefinition)
    case filterBlock([Postfix], body: [Statement])
    case with([(target: Target, value: Expression)], body: [Statement])
    /// A `generation` block: a scope of its own.
    case scoped([Statement])
    case leaveLoop
    case nextRound
  }

  let kind: Kind
  let line: Int
}
