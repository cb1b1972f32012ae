/// The arguments of a call, evaluated.
struct Arguments {
  var positional: [Value] = []
  var named: [(name: String, value: Value)] = []

  init(_ positional: [Value] = []) { self.positional = positional }

  /// The arguments by the names of the parameters, nil for those that are not given.
  ///
  /// Errors: too many, and names that are none of the parameters'.
  func bound(_ parameters: String, of what: String) throws(Fault) -> [Value?] {
    let names = parameters.split(separator: " ").map(String.init)
    if positional.count > names.count {
      throw Fault("\(what) takes \(names.count) arguments at most, not \(positional.count)")
    }
    var values: [Value?] = positional + Array(repeating: nil, count: names.count - positional.count)
    for (name, value) in named {
      guard let index = names.firstIndex(of: name) else { throw Fault("\(what) takes no argument '\(name)'") }
      if values[index] != nil { throw Fault("\(what) got the argument '\(name)' twice") }
      values[index] = value
    }
    return values
  }
}

extension Evaluator {
  func value(of expression: Expression, _ scope: Scope, caller: Value? = nil) throws(Fault) -> Value {
    try budget.spend()
    return try nested { () throws(Fault) in
      switch expression {
      case .constant(let literal): return Value(literal)
      case .name(let name):
        if let value = scope.value(of: name) { return value }
        return try known(name)
      case .list(let items): return try .list(try values(of: items, scope))
      case .tuple(let items): return try .tuple(try values(of: items, scope))
      case .mapping(let entries):
        try budget.allocate(entries: entries.count * 2)
        var values: [(key: Value, value: Value)] = []
        for (key, value) in entries {
          values.append((try self.value(of: key, scope), try self.value(of: value, scope)))
        }
        return .mapping(try Mapping(values))
      case .postfix(let base, let parts):
        return try value(of: try value(of: base, scope), parts, scope, caller: caller)
      case .unary(let sign, let operand): return try unary(sign, try value(of: operand, scope))
      case .chain(let first, let rest):
        var result = try value(of: first, scope)
        for (sign, operand) in rest { result = try arithmetic(sign, result, try value(of: operand, scope)) }
        return result
      case .concatenation(let parts):
        var result = ""
        for part in parts {
          let text = try text(of: try value(of: part, scope))
          try budget.allocate(result.utf8.count + text.utf8.count)
          result += text
        }
        return .text(result)
      case .comparison(let first, let rest): return try comparison(first, rest, scope)
      case .all(let parts): return try combined(parts, stopsAt: false, scope)
      case .any(let parts): return try combined(parts, stopsAt: true, scope)
      case .conditional(let test, let then, let otherwise):
        if try isTrue(try value(of: test, scope)) { return try value(of: then, scope) }
        if let otherwise { return try value(of: otherwise, scope) }
        return .undefined(Self.noElse)
      }
    }
  }

  private func values(of expressions: [Expression], _ scope: Scope) throws(Fault) -> [Value] {
    try budget.allocate(entries: expressions.count)
    var values: [Value] = []
    for expression in expressions { values.append(try value(of: expression, scope)) }
    return values
  }

  /// `and` and `or`: the value that decides.
  private func combined(_ parts: [Expression], stopsAt wanted: Bool, _ scope: Scope) throws(Fault) -> Value {
    var value = Value.none
    for (index, part) in parts.enumerated() {
      value = try self.value(of: part, scope)
      if index < parts.count - 1, try isTrue(value) == wanted { break }
    }
    return value
  }

  private func comparison(_ first: Expression, _ rest: [(sign: String, value: Expression)], _ scope: Scope)
    throws(Fault) -> Value
  {
    var left = try value(of: first, scope)
    for (sign, expression) in rest {
      let right = try value(of: expression, scope)
      if !(try compare(sign, left, right)) { return .boolean(false) }
      left = right
    }
    return .boolean(true)
  }

  /// A value with what follows it.
  func value(of base: Value, _ parts: [Postfix], _ scope: Scope, caller: Value? = nil) throws(Fault) -> Value {
    var value = base
    for (index, part) in parts.enumerated() {
      try budget.spend()
      line = part.line
      switch part.kind {
      case .attribute(let name): value = try attribute(name, of: value)
      case .item(let key): value = try item(try self.value(of: key, scope), of: value)
      case .slice(let from, let to, let step):
        value = try slice(
          value, try bound(from, scope), try bound(to, scope), try bound(step, scope))
      case .call(let list):
        var arguments = try self.arguments(list, scope)
        if let caller, index == parts.count - 1 { arguments.named.append(("caller", caller)) }
        value = try call(value, arguments)
      case .filter(let name, let list): value = try filter(name, value, try arguments(list, scope))
      case .test(let name, let list):
        let isNegated = name.hasPrefix("not ")
        let plain = isNegated ? String(name.dropFirst(4)) : name
        value = .boolean(try test(plain, value, try arguments(list, scope)) != isNegated)
      }
      line = part.line
    }
    return value
  }

  private func bound(_ expression: Expression?, _ scope: Scope) throws(Fault) -> Int? {
    guard let expression else { return nil }
    let value = try value(of: expression, scope)
    if case .none = value { return nil }
    if let bound = value.integerValue { return bound }
    throw Fault("a slice needs integers, not \(value.typeName)")
  }

  private func arguments(_ list: ArgumentList, _ scope: Scope) throws(Fault) -> Arguments {
    var arguments = Arguments(try values(of: list.positional, scope))
    for (name, expression) in list.named { arguments.named.append((name, try value(of: expression, scope))) }
    if let spread = list.spread {
      let items = try self.items(of: try value(of: spread, scope))
      try budget.allocate(entries: items.count)
      arguments.positional += items
    }
    if let spread = list.spreadNamed {
      guard case .mapping(let mapping) = try value(of: spread, scope) else { throw Fault("\"**\" needs a dict") }
      for (key, value) in zip(mapping.keys, mapping.values) {
        guard let name = key.textValue else { throw Fault("keywords must be strings") }
        if arguments.named.contains(where: { $0.name == name }) { throw Fault("the argument '\(name)' is given twice") }
        arguments.named.append((name, value))
      }
    }
    return arguments
  }

  /// The functions that every template finds.
  private func known(_ name: String) throws(Fault) -> Value {
    switch name {
    case "range", "dict", "namespace": return .function(try Function(.known(name)))
    case "raise_exception", "strftime_now":
      if settings.isChat { return .function(try Function(.known(name))) }
    case "self": return .namespace(try makeNamespace())  // its attributes are blocks, of which there are none
    case "cycler", "joiner", "lipsum": throw Fault.unsupported("the function '\(name)' is not supported")
    default: break
    }
    return .undefined("'\(name)' is undefined")
  }

  func call(_ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    if case .undefined(let reason) = value { throw Fault(reason) }
    guard case .function(let function) = value else { throw Fault("a \(value.typeName) cannot be called") }
    switch function.kind {
    case .macro(let macro): return try call(macro, arguments)
    case .method(let receiver, let name): return try call(method: name, of: receiver, arguments)
    case .known(let name): return try call(known: name, arguments)
    }
  }

  private func call(known name: String, _ arguments: Arguments) throws(Fault) -> Value {
    switch name {
    case "range": return try range(arguments)
    case "dict", "namespace":
      var entries: [(key: Value, value: Value)] = []
      if arguments.positional.count > 1 { throw Fault("\(name) takes one argument at most") }
      if let first = arguments.positional.first { entries = try self.entries(of: first) }
      for (key, value) in arguments.named { entries.append((.text(key), value)) }
      try budget.allocate(entries: entries.count * 2)
      if name == "dict" { return .mapping(try Mapping(entries)) }
      let namespace = try makeNamespace()
      for (key, value) in entries {
        guard let key = key.textValue else { throw Fault("a namespace needs names, not \(key.typeName)") }
        if key.hasPrefix("_") { throw Fault("a name of a namespace cannot begin with \"_\" (\(key))") }
        namespace[key] = value
      }
      return .namespace(namespace)
    case "raise_exception":
      let message = try arguments.bound("message", of: name)[0]
      throw Fault(.raised, try message.map { (value) throws(Fault) in try text(of: value) } ?? "no reason is given")
    default:
      guard let format = try arguments.bound("format", of: name)[0]?.textValue else {
        throw Fault("strftime_now needs a format such as '%d %b %Y'")
      }
      return .text(try TimeFormat.text(format, secondsSince1970: settings.secondsSince1970, budget))
    }
  }

  /// The entries of a dictionary, or of a list of pairs.
  private func entries(of value: Value) throws(Fault) -> [(key: Value, value: Value)] {
    if case .mapping(let mapping) = value { return Array(zip(mapping.keys, mapping.values)).map { ($0, $1) } }
    var entries: [(key: Value, value: Value)] = []
    for item in try items(of: value) {
      let pair = try items(of: item)
      if pair.count != 2 { throw Fault("a dict is made of pairs, not of \(pair.count) values") }
      entries.append((pair[0], pair[1]))
    }
    return entries
  }

  private func range(_ arguments: Arguments) throws(Fault) -> Value {
    var bounds: [Int] = []
    for value in arguments.positional {
      guard let bound = value.integerValue else { throw Fault("range needs integers, not \(value.typeName)") }
      bounds.append(bound)
    }
    guard (1...3).contains(bounds.count), arguments.named.isEmpty else { throw Fault("range needs 1 to 3 integers") }
    let (start, end) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    if step == 0 { throw Fault("the step of a range must not be 0") }
    let distance = Double(end) - Double(start)
    if distance / Double(step) > 100_000 {
      throw Fault("range too big: the sandbox allows 100000 numbers, not \(Int(min(distance / Double(step), 9e18)))")
    }
    let numbers = Array(stride(from: start, to: end, by: step))
    try budget.allocate(entries: numbers.count)
    return .sequence(try ItemList(numbers.map { .integer($0) }, .range(from: start, to: end, step: step)))
  }
}
