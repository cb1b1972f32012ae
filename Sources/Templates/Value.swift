import Support

/// A value of a template, with Python's types.
enum Value {
  /// A name or an attribute that is not there, with what an error says about it.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  /// A text that `safe` has marked: what is added to it is escaped for HTML.
  case markup(String)
  case sequence(ItemList)
  case mapping(Mapping)
  case namespace(Namespace)
  case function(Function)
  case loop(LoopState)
}

/// A list, a tuple, or what iterates as one.
final class ItemList {
  enum Kind: Equatable {
    case list, tuple
    case range(from: Int, to: Int, step: Int)
    /// What `keys`, `values` and `items` of a mapping give: it has a length and no places.
    case view(String)
    /// What most filters give: true whatever it holds, gone over once, without length and places.
    case generator
  }

  let kind: Kind
  /// Taken away from a generator when it has been gone over.
  private(set) var items: [Value]
  /// How deep values lie in one another; an innermost list has 1.
  let depth: Int
  private let failure: Fault?
  /// The names of a tuple's places (`grouper`, `list`).
  var placeNames: [String] = []

  init(_ items: [Value], _ kind: Kind, failure: Fault? = nil) throws(Fault) {
    self.kind = kind
    self.failure = failure
    self.items = items
    depth = try Value.depth(around: items)
  }

  /// Whether items can be taken by their places.
  var hasPlaces: Bool {
    switch kind {
    case .list, .tuple, .range: true
    case .view, .generator: false
    }
  }

  /// The items, once from a generator; one that could not be made says so when it is gone over, as Python's do.
  func taken() throws(Fault) -> [Value] {
    if let failure { throw failure }
    guard kind == .generator else { return items }
    defer { items = [] }
    return items
  }

  /// Puts back what was not taken after all.
  func restore(_ rest: [Value]) { items = rest }
}

/// A dictionary that cannot be changed; its entries keep their order.
final class Mapping {
  let keys: [Value]
  let values: [Value]
  let depth: Int
  private let positions: [Key: Int]

  /// Builds a dictionary; a repeated key keeps its first place and its last value.
  init(_ entries: [(key: Value, value: Value)]) throws(Fault) {
    var keys: [Value] = []
    var values: [Value] = []
    var positions: [Key: Int] = [:]
    for (key, value) in entries {
      let hashed = try Key(key)
      if let position = positions[hashed] {
        values[position] = value
      } else {
        positions[hashed] = keys.count
        keys.append(key)
        values.append(value)
      }
    }
    self.keys = keys
    self.values = values
    self.positions = positions
    depth = max(try Value.depth(around: values), try Value.depth(around: keys))
  }

  subscript(key: Key) -> Value? { positions[key].map { values[$0] } }

  subscript(name: String) -> Value? { self[Key.text(Key.Characters(name))] }
}

/// A value as the key of a dictionary, equal as in Python: 1, 1.0 and True are one key.
enum Key: Hashable {
  case none, integer(Int), number(Double), text(Characters), tuple([Key]), undefined, object(ObjectIdentifier)

  /// A text compared by its scalars.
  struct Characters: Hashable {
    let text: String
    init(_ text: String) { self.text = text }
    static func == (left: Self, right: Self) -> Bool { PythonText.areSame(left.text, right.text) }
    func hash(into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  /// Errors: lists and dictionaries are no keys.
  init(_ value: Value) throws(Fault) {
    switch value {
    case .none: self = .none
    case .undefined: self = .undefined
    case .boolean(let flag): self = .integer(flag ? 1 : 0)
    case .integer(let integer): self = .integer(integer)
    case .number(let number): self = Int(exactly: number).map(Key.integer) ?? .number(number)
    case .text(let text), .markup(let text): self = .text(Characters(text))
    case .sequence(let list):
      guard list.kind == .tuple else { throw Fault("a \(value.typeName) cannot be a key of a dictionary") }
      var keys: [Key] = []
      for item in list.items { keys.append(try Key(item)) }
      self = .tuple(keys)
    case .mapping: throw Fault("a dict cannot be a key of a dictionary")
    case .namespace(let object): self = .object(ObjectIdentifier(object))
    case .function(let object): self = .object(ObjectIdentifier(object))
    case .loop(let object): self = .object(ObjectIdentifier(object))
    }
  }
}

/// What `namespace()` makes: its attributes alone can be set from within loops.
final class Namespace {
  private(set) var names: [String] = []
  private var values: [String: Value] = [:]

  subscript(name: String) -> Value? {
    get { values[name] }
    set {
      if values[name] == nil, newValue != nil { names.append(name) }
      values[name] = newValue
    }
  }

  /// Lets go of the values: a namespace may hold itself.
  func clear() { values = [:] }
}

/// What can be called.
final class Function {
  enum Kind {
    /// A function that is always there, such as `range`.
    case known(String)
    /// A method of a value.
    case method(Value, String)
    case macro(Macro)
  }

  let kind: Kind
  let depth: Int

  init(_ kind: Kind) throws(Fault) {
    self.kind = kind
    if case .method(let value, _) = kind { depth = try Value.depth(around: [value]) } else { depth = 1 }
  }
}

/// A macro, or the body of a call block, with the scope it was written in.
final class Macro {
  let definition: MacroDefinition
  private(set) var scope: Scope?

  init(_ definition: MacroDefinition, _ scope: Scope) {
    self.definition = definition
    self.scope = scope
  }

  /// Lets go of the scope: it may hold the macro.
  func letGo() { scope = nil }
}

/// The variable `loop`.
final class LoopState {
  let items: [Value]
  let nesting: Int
  var index = 0
  /// What `changed` was last called with.
  var lastChecked: [Value]?

  init(_ items: [Value], nesting: Int) {
    self.items = items
    self.nesting = nesting
  }
}

extension Value {
  /// Lists within lists beyond this are refused: whoever goes over them recurses.
  static let maximumDepth = 100

  /// The depth of a list of values.
  static func depth(around values: [Value]) throws(Fault) -> Int {
    var depth = 0
    for value in values {
      switch value {
      case .sequence(let list): depth = max(depth, list.depth)
      case .mapping(let mapping): depth = max(depth, mapping.depth)
      case .function(let function): depth = max(depth, function.depth)
      default: break
      }
    }
    if depth >= maximumDepth { throw Fault.unsupported("lists are nested more than \(maximumDepth) deep") }
    return depth + 1
  }

  static func list(_ items: [Value]) throws(Fault) -> Value { .sequence(try ItemList(items, .list)) }
  static func tuple(_ items: [Value]) throws(Fault) -> Value { .sequence(try ItemList(items, .tuple)) }
  static func generator(_ items: [Value]) throws(Fault) -> Value { .sequence(try ItemList(items, .generator)) }

  init(_ literal: Literal) {
    switch literal {
    case .none: self = .none
    case .boolean(let flag): self = .boolean(flag)
    case .integer(let integer): self = .integer(integer)
    case .number(let number): self = .number(number)
    case .text(let text): self = .text(text)
    }
  }

  /// A JSON value as Python's `json` reads it.
  init(json: JSONValue) throws(Fault) {
    switch json {
    case .null: self = .none
    case .bool(let flag): self = .boolean(flag)
    case .integer(let integer): self = .integer(Int(integer))
    case .number(let number): self = .number(number)
    case .string(let text): self = .text(text)
    case .array(let elements):
      var items: [Value] = []
      for element in elements { items.append(try Value(json: element)) }
      self = try .list(items)
    case .object(let object):
      var entries: [(key: Value, value: Value)] = []
      for (key, value) in object.members { entries.append((.text(key), try Value(json: value))) }
      self = .mapping(try Mapping(entries))
    }
  }

  /// The name of Python's type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .boolean: "bool"
    case .integer: "int"
    case .number: "float"
    case .text: "str"
    case .markup: "Markup"
    case .sequence(let list):
      switch list.kind {
      case .list: "list"
      case .tuple: "tuple"
      case .range: "range"
      case .view(let name): name
      case .generator: "generator"
      }
    case .mapping: "dict"
    case .namespace: "Namespace"
    case .function: "function"
    case .loop: "LoopContext"
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  var textValue: String? {
    switch self {
    case .text(let text), .markup(let text): text
    default: nil
    }
  }

  /// The value of an integer or a truth value.
  var integerValue: Int? {
    switch self {
    case .integer(let integer): integer
    case .boolean(let flag): flag ? 1 : 0
    default: nil
    }
  }

  /// The value of any number.
  var numberValue: Double? {
    if case .number(let number) = self { number } else { integerValue.map(Double.init) }
  }

  /// Python's `bool()`.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let flag): flag
    case .integer(let integer): integer != 0
    case .number(let number): number != 0
    case .text(let text), .markup(let text): !text.isEmpty
    case .sequence(let list): list.kind == .generator || !list.items.isEmpty
    case .mapping(let mapping): !mapping.keys.isEmpty
    case .namespace, .function, .loop: true
    }
  }
}
