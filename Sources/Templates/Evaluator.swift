import Support

/// The variables of a block; what it lacks is looked for in the block around it.
final class Scope {
  var variables: [String: Value]
  let parent: Scope?

  init(_ variables: [String: Value] = [:], in parent: Scope?) {
    self.variables = variables
    self.parent = parent
  }

  func value(of name: String) -> Value? {
    var scope: Scope? = self
    while let at = scope {
      if let value = at.variables[name] { return value }
      scope = at.parent
    }
    return nil
  }
}

/// Renders the statements of one template once.
final class Evaluator {
  /// What ended a body.
  private enum Ending { case end, leaveLoop, nextRound }

  let settings: Template.Settings
  let budget: Budget
  /// The line of what is evaluated, for errors.
  var line = 1
  private var level = 0
  private var output = ""
  private var macros: [Macro] = []
  private var namespaces: [Namespace] = []
  private var loopLevel = 0

  init(_ settings: Template.Settings) {
    self.settings = settings
    budget = Budget(settings.limits)
  }

  /// Breaks the cycles that macros and namespaces may be part of.
  func letGo() {
    for macro in macros { macro.letGo() }
    for namespace in namespaces { namespace.clear() }
  }

  func render(_ body: [Statement], _ variables: JSONObject) throws(Fault) -> String {
    do throws(Fault) {
      let scope = Scope(in: nil)
      for (name, value) in variables.members { scope.variables[name] = try Value(json: value) }
      _ = try run(body, Scope(in: scope))
      return output
    } catch {
      var fault = error
      if fault.line == nil { fault.line = line }
      throw fault
    }
  }

  /// Does what lies one level deeper.
  func nested<Part>(_ work: () throws(Fault) -> Part) throws(Fault) -> Part {
    level += 1
    defer { level -= 1 }
    if level > settings.limits.nesting * 6 { throw Fault.unsupported("macros or brackets are nested too deeply") }
    return try work()
  }

  private func write(_ text: String) throws(Fault) {
    try budget.allocate(text.utf8.count)
    output += text
  }

  /// What a body writes, as a text.
  private func captured(_ body: [Statement], _ scope: Scope) throws(Fault) -> String {
    let outer = output
    output = ""
    defer { output = outer }
    _ = try run(body, scope)
    return output
  }

  private func run(_ body: [Statement], _ scope: Scope) throws(Fault) -> Ending {
    try nested { () throws(Fault) in
      for statement in body {
        try budget.spend()
        line = statement.line
        let ending = try run(statement, scope)
        if ending != .end { return ending }
      }
      return .end
    }
  }

  private func run(_ statement: Statement, _ scope: Scope) throws(Fault) -> Ending {
    switch statement.kind {
    case .text(let text): try write(text)
    case .output(let expression):
      let value = try value(of: expression, scope)
      try write(try text(of: value))
    case .branch(let branches, let otherwise):
      for (test, body) in branches where try isTrue(try value(of: test, scope)) { return try run(body, scope) }
      return try run(otherwise, scope)
    case .loop: try loop(statement.kind, scope)
    case .set(let target, let expression): try assign(try value(of: expression, scope), to: target, scope)
    case .setBlock(let target, let filters, let body):
      let text = Value.text(try captured(body, Scope(in: scope)))
      try assign(try filters.isEmpty ? text : value(of: text, filters, scope), to: target, scope)
    case .macro(let definition): scope.variables[definition.name] = try function(definition, scope)
    case .call(let call, let definition):
      let caller = try function(definition, scope)
      let value = try self.value(of: call, scope, caller: caller)
      try write(try text(of: value))
    case .filterBlock(let filters, let body):
      let text = Value.text(try captured(body, Scope(in: scope)))
      try write(try self.text(of: try value(of: text, filters, scope)))
    case .with(let values, let body):
      let inner = Scope(in: scope)
      for (target, expression) in values { try assign(try value(of: expression, scope), to: target, inner) }
      return try run(body, inner)
    case .scoped(let body): try write(try captured(body, Scope(in: scope)))
    case .leaveLoop: return .leaveLoop
    case .nextRound: return .nextRound
    }
    return .end
  }

  private func loop(_ kind: Statement.Kind, _ scope: Scope) throws(Fault) {
    guard case .loop(let target, let expression, let test, let body, let otherwise) = kind else { return }
    let source = try value(of: expression, scope)
    var items = try self.items(of: source)
    if let test {
      var kept: [Value] = []
      for item in items {
        try budget.spend()
        let inner = Scope(in: scope)
        try assign(item, to: target, inner)
        if try isTrue(try value(of: test, inner)) { kept.append(item) }
      }
      items = kept
    }
    loopLevel += 1
    defer { loopLevel -= 1 }
    let state = LoopState(items, nesting: loopLevel)
    // As in jinja2, the branch without a round is left out once a body has run to its end.
    var isThrough = false
    for (index, item) in items.enumerated() {
      try budget.spend()
      state.index = index
      let inner = Scope(["loop": .loop(state)], in: scope)
      try assign(item, to: target, inner)
      let ending = try run(body, inner)
      if ending == .leaveLoop { break }
      if ending == .end { isThrough = true }
    }
    if !isThrough, !otherwise.isEmpty { _ = try run(otherwise, Scope(in: scope)) }
  }

  private func assign(_ value: Value, to target: Target, _ scope: Scope) throws(Fault) {
    switch target {
    case .name(let name): scope.variables[name] = value
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace)? = scope.value(of: name) else {
        throw Fault("cannot assign the attribute \"\(attribute)\": \"\(name)\" is not a namespace")
      }
      if attribute.hasPrefix("_") { throw Fault("a name of a namespace cannot begin with \"_\" (\(attribute))") }
      namespace[attribute] = value
    case .tuple(let targets):
      let items = try self.items(of: value)
      if items.count != targets.count {
        throw Fault("\(items.count) values cannot be assigned to \(targets.count) names")
      }
      for (item, target) in zip(items, targets) { try assign(item, to: target, scope) }
    }
  }

  // MARK: macros

  private func function(_ definition: MacroDefinition, _ scope: Scope) throws(Fault) -> Value {
    try budget.allocate(200)
    let macro = Macro(definition, scope)
    macros.append(macro)
    return .function(try Function(.macro(macro)))
  }

  /// A new namespace, which `letGo` will clear.
  func makeNamespace() throws(Fault) -> Namespace {
    try budget.allocate(200)
    let namespace = Namespace()
    namespaces.append(namespace)
    return namespace
  }

  /// What a macro writes when it is called.
  func call(_ macro: Macro, _ arguments: Arguments) throws(Fault) -> Value {
    let definition = macro.definition
    let scope = Scope(in: macro.scope)
    var named = arguments.named
    func takeNamed(_ name: String) -> Value? {
      guard let index = named.firstIndex(where: { $0.name == name }) else { return nil }
      return named.remove(at: index).value
    }
    let parameters = definition.parameters
    let callLine = line
    for (index, parameter) in parameters.enumerated() {
      if index < arguments.positional.count {
        scope.variables[parameter.name] = arguments.positional[index]
      } else if let value = takeNamed(parameter.name) {
        scope.variables[parameter.name] = value
      } else if let expression = parameter.value {
        scope.variables[parameter.name] = try value(of: expression, scope)
      } else {
        scope.variables[parameter.name] = .undefined("parameter '\(parameter.name)' was not provided")
      }
    }
    if definition.readsCaller, definition.position(of: "caller") == nil {
      scope.variables["caller"] = takeNamed("caller") ?? .undefined("No caller defined")
    }
    if definition.readsExtraNamed {
      var entries: [(key: Value, value: Value)] = []
      for (name, value) in named { entries.append((.text(name), value)) }
      scope.variables["kwargs"] = .mapping(try Mapping(entries))
    } else if let (name, _) = named.first {
      throw Fault("the macro '\(definition.name)' takes no keyword argument '\(name)'")
    }
    let extra = Array(arguments.positional.dropFirst(parameters.count))
    if definition.readsExtra {
      scope.variables["varargs"] = try .tuple(extra)
    } else if !extra.isEmpty {
      throw Fault("the macro '\(definition.name)' takes at most \(parameters.count) argument(s)")
    }
    let text = try captured(definition.body, scope)
    line = callLine
    return .text(text)
  }
}
