import Support

/// Jinja's filters.
extension Evaluator {
  /// Filters that Jinja has and this engine has not, each with its reason.
  private static let refused: [String: String] = [
    "forceescape": "markup", "xmlattr": "markup", "striptags": "markup", "urlize": "markup", "random": "chance",
    "pprint": "layout", "filesizeformat": "layout",
    "wordwrap": "layout", "urlencode": "web addresses",
  ]

  func filter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    if name != "default", name != "d" { try refuseStrictly(value) }
    try charge(value, each: name == "int" || name == "float" ? 1 : 64)
    switch name {
    case "default", "d":
      let bound = try arguments.bound("default_value boolean", of: name)
      let isMissing = value.isUndefined || (bound[1]?.isTrue ?? false) && !value.isTrue
      return isMissing ? bound[0] ?? .text("") : value
    case "length", "count":
      _ = try arguments.bound("", of: name)
      return .integer(try length(of: value))
    case "string":
      if case .markup = value { return value }
      return .text(try text(of: value))
    case "safe": return .markup(try text(of: value))
    case "escape", "e": return .markup(try escaped(value))
    case "list":
      let items = try items(of: value)
      try budget.allocate(entries: items.count)
      return try .list(items)
    case "items":
      return try lazily { () throws(Fault) in
        if value.isUndefined { return [] }
        guard case .mapping(let mapping) = value else { throw Fault("can only get item pairs from a mapping") }
        return try pairs(of: mapping)
      }
    case "attr":
      guard let attribute = try arguments.bound("name", of: name)[0]?.textValue else {
        throw Fault("attr needs a name")
      }
      if case .mapping(let mapping) = value, mapping[attribute] != nil, !Methods.known(value).contains(attribute) {
        return .undefined("'dict object' has no attribute '\(attribute)'")
      }
      return try self.attribute(attribute, of: value)
    case "tojson":
      let text = try JSONFilter.text(value, arguments, self)
      return settings.escapesJSON ? .markup(text) : .text(text)
    case "abs", "int", "float", "round": return try number(name, value, arguments)
    case "upper", "lower", "capitalize", "title", "trim", "replace", "center", "indent", "truncate", "format",
      "wordcount":
      if name == "indent" || name == "truncate", value.textValue == nil {
        // As in jinja2, what is short enough stays what it is.
        if name == "truncate" {
          let bound = try arguments.bound("length killwords end leeway", of: name)
          let most = (bound[0]?.integerValue ?? 255).addingReportingOverflow(bound[3]?.integerValue ?? 5)
          if most.overflow { throw Self.tooLarge }
          if try length(of: value) <= most.partialValue { return value }
        }
        throw Fault("\(name) needs a text, not a \(value.typeName)")
      }
      if case .markup = value {
        guard ["upper", "lower", "trim"].contains(name),
          case .text(let text) = try textFilter(name, try text(of: value), arguments)
        else { throw Fault.unsupported("the filter '\(name)' of a text that is marked safe is not supported") }
        return .markup(text)
      }
      return try textFilter(name, try text(of: value), arguments)
    case "join", "first", "last", "reverse", "map", "select", "reject", "selectattr", "rejectattr", "sum", "batch",
      "slice":
      return try listFilter(name, value, arguments)
    case "sort", "dictsort", "unique", "min", "max", "groupby": return try orderFilter(name, value, arguments)
    default:
      if let reason = Self.refused[name] {
        throw Fault.unsupported("the filter '\(name)' (\(reason)) is not supported")
      }
      throw Fault(.syntax, "no filter named '\(name)'")
    }
  }

  private static let filterNames = Set(
    ("default d length count string list items attr tojson safe escape e abs int float round upper lower capitalize title trim replace "
      + "center indent truncate format wordcount join first last reverse map select reject selectattr rejectattr sum "
      + "batch slice sort dictsort unique min max groupby").split(separator: " ").map(String.init))

  /// Whether Jinja has a filter of this name.
  static func hasFilter(_ name: String) -> Bool { filterNames.contains(name) || refused[name] != nil }

  private func length(of value: Value) throws(Fault) -> Int {
    switch value {
    case .undefined: return 0
    case .text(let text), .markup(let text): return text.unicodeScalars.count
    case .mapping(let mapping): return mapping.keys.count
    case .sequence(let list) where list.kind != .generator: return list.items.count
    case .loop(let loop): return loop.items.count
    default: throw Fault("object of type '\(value.typeName)' has no len()")
    }
  }

  // MARK: numbers

  private func number(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    try refuseUndefined(value)
    switch name {
    case "abs":
      if let integer = value.integerValue { return integer < 0 ? try unary("-", .integer(integer)) : .integer(integer) }
      guard case .number(let number) = value else { throw Fault("bad operand type for abs(): '\(value.typeName)'") }
      return .number(number.magnitude)
    case "int":
      let bound = try arguments.bound("default base", of: name)
      let base = try bound[1].map { (value) throws(Fault) in try integer(value, name) } ?? 10
      return try PythonParse.integer(value, base: base) ?? bound[0] ?? .integer(0)
    case "float":
      let fallback = try arguments.bound("default", of: name)[0] ?? .number(0)
      return PythonParse.number(value).map { .number($0) } ?? fallback
    default:
      let bound = try arguments.bound("precision method", of: name)
      let precision = try bound[0].map { (value) throws(Fault) in try integer(value, name) } ?? 0
      let method = bound[1]?.textValue ?? "common"
      guard let number = value.numberValue else {
        throw Fault("type \(value.typeName) doesn't define __round__ method")
      }
      guard (0...100).contains(precision) else {
        throw Fault.unsupported("round to \(precision) places is not supported")
      }
      switch method {
      case "common":
        if let integer = value.integerValue { return .integer(integer) }
        guard number.isFinite else { return .number(number) }
        return .number(Double(NumberFormat.fixed(number, precision)) ?? number)
      case "ceil", "floor":
        guard number.isFinite else { throw Fault("cannot convert float to integer") }
        let scale = (0..<precision).reduce(1.0) { scale, _ in scale * 10 }
        return .number((number * scale).rounded(method == "ceil" ? .up : .down) / scale)
      default: throw Fault("method must be common, ceil or floor")
      }
    }
  }

  // MARK: texts

  private func textFilter(_ name: String, _ text: String, _ arguments: Arguments) throws(Fault) -> Value {
    switch name {
    case "upper", "lower", "capitalize":
      _ = try arguments.bound("", of: name)
      return try call(textMethod: name, of: text, Arguments())
    case "trim": return try call(textMethod: "strip", of: text, arguments)
    case "title": return .text(try wordTitles(text))
    case "replace":
      let bound = try arguments.bound("old new count", of: name)
      guard let old = bound[0], let new = bound[1] else { throw Fault("replace needs two texts") }
      var limit = -1
      if let count = bound[2] { if case .none = count {} else { limit = try integer(count, name) } }
      return .text(try replaced(text, try self.text(of: old), try self.text(of: new), atMost: limit))
    case "center":
      let width =
        try arguments.bound("width", of: name)[0].map { (value) throws(Fault) in try integer(value, name) } ?? 80
      return .text(try padded(text, width, " ", name))
    case "indent": return .text(try indented(text, arguments))
    case "truncate": return .text(try truncated(text, arguments))
    case "format":
      if !arguments.named.isEmpty, !arguments.positional.isEmpty {
        throw Fault("format takes positional or named arguments")
      }
      if arguments.named.isEmpty { return .text(try PercentFormat.text(text, try .tuple(arguments.positional), self)) }
      var entries: [(key: Value, value: Value)] = []
      for (name, value) in arguments.named { entries.append((.text(name), value)) }
      return .text(try PercentFormat.text(text, .mapping(try Mapping(entries)), self))
    default:
      var words = 0
      var isInWord = false
      for scalar in text.unicodeScalars {
        let isWord = scalar == "_" || TextKinds.answer("isalnum", String(scalar)) == true
        if isWord, !isInWord { words += 1 }
        isInWord = isWord
      }
      return .integer(words)
    }
  }

  /// Jinja's `title`: words begin after white space, hyphens and opening brackets.
  private func wordTitles(_ text: String) throws(Fault) -> String {
    try budget.allocate(text.utf8.count * 2)
    var result = ""
    var word = ""
    func ended() -> String {
      guard let first = word.unicodeScalars.first else { return "" }
      return LetterCase.upper(String(first)) + LetterCase.lower(String(scalars: word.unicodeScalars.dropFirst()))
    }
    for scalar in text.unicodeScalars {
      if PythonText.isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar) {
        result += ended() + String(scalar)
        word = ""
      } else {
        word.unicodeScalars.append(scalar)
      }
    }
    return result + ended()
  }

  private func indented(_ text: String, _ arguments: Arguments) throws(Fault) -> String {
    let bound = try arguments.bound("width first blank", of: "indent")
    var margin = "    "
    switch bound[0] {
    case nil: break
    case .text(let given)?: margin = given
    case let width?:
      let count = try integer(width, "indent")
      try budget.allocate(" ", times: count)
      margin = String(repeating: " ", count: max(0, count))
    }
    let isBlank = bound[2]?.isTrue ?? false
    let lines = TextSearch.lines(text + "\n", keepsEnds: false)
    try budget.allocate(margin, times: lines.count + 1)
    var parts: [String] = []
    for (index, line) in lines.enumerated() {
      parts.append(index > 0 && (isBlank || !line.isEmpty) ? margin + line : line)
    }
    return (bound[1]?.isTrue ?? false ? margin : "") + (try joined(parts, "\n"))
  }

  private func truncated(_ text: String, _ arguments: Arguments) throws(Fault) -> String {
    let bound = try arguments.bound("length killwords end leeway", of: "truncate")
    let length = try bound[0].map { (value) throws(Fault) in try integer(value, "truncate") } ?? 255
    let end = bound[2]?.textValue ?? "..."
    let leeway = try bound[3].map { (value) throws(Fault) in try integer(value, "truncate") } ?? 5
    let scalars = Array(text.unicodeScalars)
    let room = length - end.unicodeScalars.count
    if room < 0 || leeway < 0 { throw Fault("truncate needs a length of at least that of its end") }
    try budget.allocate(scalars.count * 4)
    if scalars.count <= length || scalars.count - length <= leeway { return text }
    let cut = scalars[..<room]
    if bound[1]?.isTrue ?? false { return String(scalars: cut) + end }
    return String(scalars: cut[..<(cut.lastIndex(of: " ") ?? cut.endIndex)]) + end
  }
}
