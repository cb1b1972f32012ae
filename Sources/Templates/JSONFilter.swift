import Support

/// `tojson`: Python's `json.dumps`, as `transformers` calls it or as Jinja's own filter does.
struct JSONFilter {
  private let evaluator: Evaluator
  private var isASCII = false
  private var indent: String?
  private var sortsKeys = false
  private var itemMark = ", "
  private var keyMark = ": "
  private let isForMarkup: Bool
  private var text = ""

  static func text(_ value: Value, _ arguments: Arguments, _ evaluator: Evaluator) throws(Fault) -> String {
    var writer = try JSONFilter(arguments, evaluator)
    try writer.write(value, level: 0)
    return writer.text
  }

  private init(_ arguments: Arguments, _ evaluator: Evaluator) throws(Fault) {
    self.evaluator = evaluator
    isForMarkup = evaluator.settings.escapesJSON
    let names = isForMarkup ? "indent" : "ensure_ascii indent separators sort_keys"
    let bound = try arguments.bound(names, of: "tojson")
    sortsKeys = isForMarkup || bound[3]?.isTrue ?? false
    isASCII = isForMarkup || bound[0]?.isTrue ?? false
    switch bound[isForMarkup ? 0 : 1] {
    case nil, .none?: break
    case .text(let margin)?: indent = margin
    case let width?:
      let count = try evaluator.integer(width, "tojson")
      try evaluator.budget.allocate(" ", times: count)
      indent = String(repeating: " ", count: max(0, count))
    }
    if indent != nil { itemMark = "," }
    if !isForMarkup, case .sequence(let marks)? = bound[2] {
      guard marks.items.count == 2, let item = marks.items[0].textValue, let key = marks.items[1].textValue else {
        throw Fault("tojson needs two texts as separators")
      }
      itemMark = item
      keyMark = key
    }
  }

  private mutating func append(_ part: String) throws(Fault) {
    try evaluator.budget.allocate(part.utf8.count)
    text += part
  }

  private mutating func breakLine(_ level: Int) throws(Fault) {
    guard let indent else { return }
    try evaluator.budget.allocate(indent, times: level)
    text += "\n" + String(repeating: indent, count: level)
  }

  private mutating func write(_ value: Value, level: Int) throws(Fault) {
    try evaluator.budget.spend()
    switch value {
    case .none: try append("null")
    case .boolean(let flag): try append(flag ? "true" : "false")
    case .integer(let integer): try append(String(integer))
    case .number(let number): try append(Self.text(of: number))
    case .text(let string), .markup(let string): try append(quoted(string))
    case .sequence(let list) where list.kind == .list || list.kind == .tuple:
      if list.items.isEmpty { return try append("[]") }
      try append("[")
      for (index, item) in list.items.enumerated() {
        if index > 0 { try append(itemMark) }
        try breakLine(level + 1)
        try write(item, level: level + 1)
      }
      try breakLine(level)
      try append("]")
    case .mapping(let mapping): try write(mapping, level: level)
    case .undefined, .sequence, .namespace, .function, .loop:
      throw Fault("Object of type \(value.typeName) is not JSON serializable")
    }
  }

  private mutating func write(_ mapping: Mapping, level: Int) throws(Fault) {
    if mapping.keys.isEmpty { return try append("{}") }
    var entries: [(key: Value, value: Value)] = Array(zip(mapping.keys, mapping.values)).map { ($0, $1) }
    if sortsKeys {
      guard entries.allSatisfy({ $0.key.textValue != nil }) || entries.allSatisfy({ $0.key.numberValue != nil }) else {
        throw Fault("keys of several types cannot be sorted")
      }
      entries.sort { first, second in
        if let one = first.key.textValue, let other = second.key.textValue {
          return one.unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars)
        }
        return (first.key.numberValue ?? 0) < (second.key.numberValue ?? 0)
      }
    }
    try append("{")
    for (index, (key, value)) in entries.enumerated() {
      if index > 0 { try append(itemMark) }
      try breakLine(level + 1)
      try append(quoted(try name(of: key)) + keyMark)
      try write(value, level: level + 1)
    }
    try breakLine(level)
    try append("}")
  }

  private func name(of key: Value) throws(Fault) -> String {
    switch key {
    case .text(let text), .markup(let text): return text
    case .none: return "null"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer(let integer): return String(integer)
    case .number(let number): return Self.text(of: number)
    default: throw Fault("keys must be str, int, float, bool or None, not \(key.typeName)")
    }
  }

  private static func text(of number: Double) -> String {
    if number.isNaN { return "NaN" }
    return number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : PythonNumber.text(number)
  }

  private func quoted(_ string: String) -> String {
    var view = String.UnicodeScalarView(["\""])
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"", "\\": view.append(contentsOf: ["\\", scalar])
      case "\n": view.append(contentsOf: "\\n".unicodeScalars)
      case "\r": view.append(contentsOf: "\\r".unicodeScalars)
      case "\t": view.append(contentsOf: "\\t".unicodeScalars)
      case "\u{8}": view.append(contentsOf: "\\b".unicodeScalars)
      case "\u{c}": view.append(contentsOf: "\\f".unicodeScalars)
      case "<", ">", "&", "'":
        if isForMarkup {
          view.append(contentsOf: Self.escape(UInt16(scalar.value)).unicodeScalars)
        } else {
          view.append(scalar)
        }
      default:
        if scalar.value < 0x20 || isASCII && scalar.value > 0x7E {
          for unit in String(scalar).utf16 { view.append(contentsOf: Self.escape(unit).unicodeScalars) }
        } else {
          view.append(scalar)
        }
      }
    }
    view.append("\"")
    return String(view)
  }

  private static func escape(_ unit: UInt16) -> String {
    "\\u" + String(unit, radix: 16).leftPadded(to: 4, with: "0")
  }
}
