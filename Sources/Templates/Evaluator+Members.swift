/// Attributes, items and slices, looked up as jinja2's sandbox does.
extension Evaluator {
  /// `value.name`: a method or an attribute, else an item of the name.
  func attribute(_ name: String, of value: Value) throws(Fault) -> Value {
    if let member = try member(name, of: value) { return member }
    if case .mapping(let mapping) = value, let entry = mapping[name] { return entry }
    return .undefined("\(Self.described(value)) has no attribute '\(name)'")
  }

  /// `value[key]`: an item, else for a text a method or an attribute.
  func item(_ key: Value, of value: Value) throws(Fault) -> Value {
    if case .undefined(let reason) = value { throw Fault(reason) }
    try refuseStrictly(key)
    switch value {
    case .sequence(let list):
      if let index = key.integerValue {
        guard list.hasPlaces else { break }
        if let place = Self.place(index, list.items.count) { return list.items[place] }
      }
    case .text(let text):
      if let index = key.integerValue {
        try budget.spend(text.utf8.count / 16)
        let scalars = text.unicodeScalars
        if let place = Self.place(index, scalars.count) {
          return .text(String(scalars[scalars.index(scalars.startIndex, offsetBy: place)]))
        }
      }
    case .markup: throw Fault.unsupported("parts of a text that is marked safe are not supported")
    case .mapping(let mapping):
      if let hashed = try? Key(key), let entry = mapping[hashed] { return entry }
    default: break
    }
    if let name = key.textValue {
      if let member = try member(name, of: value) { return member }
      return .undefined("\(Self.described(value)) has no attribute '\(name)'")
    }
    return .undefined("\(Self.described(value, quoted: false)) has no element \(try representation(of: key))")
  }

  private static func place(_ index: Int, _ count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }

  /// How jinja2 speaks of a value of a type.
  private static func described(_ value: Value, quoted: Bool = true) -> String {
    if case .none = value { return "None" }
    return quoted ? "'\(value.typeName) object'" : "\(value.typeName) object"
  }

  /// A method or an attribute that Python's type has; nil where it has none.
  private func member(_ name: String, of value: Value) throws(Fault) -> Value? {
    if case .undefined(let reason) = value { throw Fault(reason) }
    if name.hasPrefix("__") || Methods.changing(value).contains(name) {
      return .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe.")
    }
    switch value {
    case .namespace(let namespace): return namespace[name]
    case .loop(let loop): return try member(name, of: loop)
    case .sequence(let list):
      if let place = list.placeNames.firstIndex(of: name) { return list.items[place] }
    default: break
    }
    if Methods.known(value).contains(name) { return .function(try Function(.method(value, name))) }
    return nil
  }

  private func member(_ name: String, of loop: LoopState) throws(Fault) -> Value? {
    let count = loop.items.count
    switch name {
    case "index": return .integer(loop.index + 1)
    case "index0": return .integer(loop.index)
    case "revindex": return .integer(count - loop.index)
    case "revindex0": return .integer(count - loop.index - 1)
    case "first": return .boolean(loop.index == 0)
    case "last": return .boolean(loop.index == count - 1)
    case "length": return .integer(count)
    case "depth": return .integer(1)
    case "depth0": return .integer(0)
    case "previtem": return loop.index > 0 ? loop.items[loop.index - 1] : .undefined("there is no previous item")
    case "nextitem":
      return loop.index + 1 < count ? loop.items[loop.index + 1] : .undefined("there is no next item")
    case "cycle", "changed": return .function(try Function(.method(.loop(loop), name)))
    default: return nil
    }
  }

  /// `value[from:to:step]`.
  func slice(_ value: Value, _ from: Int?, _ to: Int?, _ step: Int?) throws(Fault) -> Value {
    if case .undefined(let reason) = value { throw Fault(reason) }
    switch value {
    case .markup: throw Fault.unsupported("parts of a text that is marked safe are not supported")
    case .text(let text):
      try budget.allocate(text.utf8.count * 5)
      let scalars = Array(text.unicodeScalars)
      let places = try Self.places(scalars.count, from, to, step ?? 1)
      return .text(String(scalars: places.map { scalars[$0] }))
    case .sequence(let list) where list.kind == .list || list.kind == .tuple:
      let places = try Self.places(list.items.count, from, to, step ?? 1)
      try budget.allocate(entries: places.count)
      return .sequence(try ItemList(places.map { list.items[$0] }, list.kind))
    case .sequence(let list):
      guard case .range(let start, _, let stride) = list.kind else { break }
      let (first, end) = try Self.bounds(list.items.count, from, to, step ?? 1)
      let items = try Self.places(list.items.count, from, to, step ?? 1).map { list.items[$0] }
      let (scaled, overflow) = stride.multipliedReportingOverflow(by: step ?? 1)
      if overflow { throw Self.tooLarge }
      let kind = ItemList.Kind.range(from: start + first * stride, to: start + end * stride, step: scaled)
      return .sequence(try ItemList(items, kind))
    default: break
    }
    throw Fault("'\(value.typeName)' object is not subscriptable")
  }

  /// The places that Python's slice takes of so many items.
  private static func places(_ count: Int, _ from: Int?, _ to: Int?, _ step: Int) throws(Fault) -> [Int] {
    let (first, end) = try bounds(count, from, to, step)
    return Array(stride(from: first, to: end, by: step))
  }

  /// The first place of a slice and the one at which it ends.
  private static func bounds(_ count: Int, _ from: Int?, _ to: Int?, _ step: Int) throws(Fault) -> (
    first: Int, end: Int
  ) {
    if step == 0 { throw Fault("the step of a slice must not be 0") }
    let lowest = step > 0 ? 0 : -1
    let highest = step > 0 ? count : count - 1
    func clamped(_ bound: Int) -> Int {
      let place = bound < 0 ? max(bound, -count - 1) + count : bound
      return min(max(place, lowest), highest)
    }
    return (from.map(clamped) ?? (step > 0 ? lowest : highest), to.map(clamped) ?? (step > 0 ? highest : lowest))
  }
}

/// The names of the methods of Python's types.
enum Methods {
  static let ofText: Set<String> = [
    "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format", "format_map",
    "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
    "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "maketrans", "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
    "splitlines", "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill",
  ]
  private static let ofMapping: Set<String> = ["copy", "fromkeys", "get", "items", "keys", "values"]
  private static let ofList: Set<String> = ["copy", "count", "index"]
  private static let ofTuple: Set<String> = ["count", "index"]

  static func known(_ value: Value) -> Set<String> {
    switch value {
    case .text, .markup: ofText
    case .mapping: ofMapping
    case .sequence(let list): list.kind == .list ? ofList : list.kind == .tuple ? ofTuple : []
    default: []
    }
  }

  /// Methods that would change a value, which the sandbox forbids.
  static func changing(_ value: Value) -> Set<String> {
    switch value {
    case .mapping: ["clear", "pop", "popitem", "setdefault", "update"]
    case .sequence(let list) where list.kind == .list:
      ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]
    default: []
    }
  }
}

extension Evaluator {
  /// Calls a method of a value.
  func call(method name: String, of value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    switch value {
    case .text(let text): return try call(textMethod: name, of: text, arguments)
    case .mapping(let mapping):
      switch name {
      case "get":
        let bound = try arguments.bound("key default", of: name)
        guard let key = bound[0] else { throw Fault("get needs a key") }
        return mapping[try Key(key)] ?? bound[1] ?? .none
      case "keys": return .sequence(try ItemList(mapping.keys, .view("dict_keys")))
      case "values": return .sequence(try ItemList(mapping.values, .view("dict_values")))
      case "items": return .sequence(try ItemList(try pairs(of: mapping), .view("dict_items")))
      case "copy": return value
      default: break
      }
    case .sequence(let list):
      guard name != "copy" else { return value }
      guard let wanted = try arguments.bound("value", of: name)[0] else { throw Fault("\(name) needs a value") }
      var count = 0
      for (index, item) in list.items.enumerated() where try areEqual(item, wanted) {
        if name == "index" { return .integer(index) }
        count += 1
      }
      if name == "count" { return .integer(count) }
      throw Fault("\(try representation(of: wanted)) is not in the \(value.typeName)")
    case .loop(let loop):
      if name == "cycle" {
        if arguments.positional.isEmpty { throw Fault("no items for cycling given") }
        return arguments.positional[loop.index % arguments.positional.count]
      }
      if let last = loop.lastChecked, last.count == arguments.positional.count {
        var isSame = true
        for (one, other) in zip(last, arguments.positional) where !(try areEqual(one, other)) { isSame = false }
        if isSame { return .boolean(false) }
      }
      loop.lastChecked = arguments.positional
      return .boolean(true)
    default: break
    }
    throw Fault.unsupported("the method '\(name)' of a \(value.typeName) is not supported")
  }

  /// The entries of a dictionary as tuples.
  func pairs(of mapping: Mapping) throws(Fault) -> [Value] {
    try budget.allocate(entries: mapping.keys.count * 4)
    var pairs: [Value] = []
    for (key, value) in zip(mapping.keys, mapping.values) { pairs.append(try .tuple([key, value])) }
    return pairs
  }
}
