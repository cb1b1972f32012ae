import Support

/// The filters that go over lists.
extension Evaluator {
  /// The items for a filter that takes what is not true for an empty list.
  private func someItems(of value: Value) throws(Fault) -> [Value] { try isTrue(value) ? try items(of: value) : [] }

  func listFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    switch name {
    case "join":
      let bound = try arguments.bound("d attribute", of: name)
      let separator = try bound[0].map { (value) throws(Fault) in try text(of: value) } ?? ""
      var parts: [String] = []
      for item in try items(of: value) { parts.append(try text(of: try property(bound[1], of: item))) }
      return .text(try joined(parts, separator))
    case "first", "last":
      if name == "last", case .sequence(let list) = value, list.kind == .generator {
        throw Fault("'generator' object is not reversible")
      }
      let items = try items(of: value)
      if name == "first", case .sequence(let list) = value, list.kind == .generator {
        list.restore(Array(items.dropFirst()))
      }
      return (name == "first" ? items.first : items.last)
        ?? .undefined(name == "first" ? "No first item, sequence was empty." : "No last item, sequence was empty.")
    case "reverse":
      if case .text(let text) = value { return .text(String(scalars: text.unicodeScalars.reversed())) }
      if value.isUndefined { return try .list([]) }
      return try .generator(try items(of: value).reversed())
    case "map": return try lazily { () throws(Fault) in try mapped(value, arguments) }
    case "select", "reject", "selectattr", "rejectattr":
      return try lazily { () throws(Fault) in try chosen(name, value, arguments) }
    case "sum":
      let bound = try arguments.bound("attribute start", of: name)
      var total = bound[1] ?? .integer(0)
      if case .text = total { throw Fault("sum() can't sum strings") }
      for item in try items(of: value) { total = try arithmetic("+", total, try property(bound[0], of: item)) }
      return total
    default: return try lazily { () throws(Fault) in try grouped(name, value, arguments) }
    }
  }

  /// A generator of items; where they cannot be made, one that says so when it is gone over.
  func lazily(_ make: () throws(Fault) -> [Value]) throws(Fault) -> Value {
    do throws(Fault) {
      return try .generator(try make())
    } catch {
      guard error.kind == .evaluation else { throw error }
      var fault = error
      fault.line = fault.line ?? line
      return .sequence(try ItemList([], .generator, failure: fault))
    }
  }

  /// The items for which a test holds, or does not.
  private func chosen(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> [Value] {
    let byAttribute = name.hasSuffix("attr")
    var rest = arguments
    var path: Value?
    if byAttribute {
      guard !rest.positional.isEmpty else { throw Fault("missing parameter for attribute name") }
      path = rest.positional.removeFirst()
    }
    var kept: [Value] = []
    for item in try someItems(of: value) {
      let tested = try property(path, of: item)
      var holds: Bool
      if let test = rest.positional.first {
        var testArguments = rest
        testArguments.positional.removeFirst()
        guard let test = test.textValue else { throw Fault("the name of a test must be a text") }
        holds = try self.test(test, tested, testArguments)
      } else {
        holds = try isTrue(tested)
      }
      if name.hasPrefix("reject") { holds = !holds }
      if holds { kept.append(item) }
    }
    try budget.allocate(entries: kept.count)
    return kept
  }

  /// What a filter does with each item, or an attribute of each.
  private func mapped(_ value: Value, _ arguments: Arguments) throws(Fault) -> [Value] {
    let items = try someItems(of: value)
    try budget.allocate(entries: items.count)
    var results: [Value] = []
    if arguments.positional.isEmpty {
      guard let attribute = arguments.named.first(where: { $0.name == "attribute" })?.value else {
        throw Fault("map requires a filter argument")
      }
      let fallback = arguments.named.first { $0.name == "default" }?.value
      if let stranger = arguments.named.first(where: { !["attribute", "default"].contains($0.name) }) {
        throw Fault("unexpected keyword argument '\(stranger.name)'")
      }
      for item in items { results.append(try property(attribute, of: item, default: fallback)) }
    } else {
      var rest = arguments
      guard let name = rest.positional.removeFirst().textValue else {
        throw Fault("the name of a filter must be a text")
      }
      for item in items { results.append(try filter(name, item, rest)) }
    }
    return results
  }

  /// Lists of so many items (`batch`), or so many lists (`slice`).
  private func grouped(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> [Value] {
    let bound = try arguments.bound(name == "batch" ? "linecount fill_with" : "slices fill_with", of: name)
    guard let count = bound[0]?.integerValue, count > 0 else { throw Fault("\(name) needs a number above 0") }
    let items = try items(of: value)
    var fill = bound[1]
    if case .none? = fill { fill = nil }
    var groups: [Value] = []
    if name == "batch" {
      var start = 0
      while start < items.count {
        var group = Array(items[start..<min(start + count, items.count)])
        if let fill, group.count < count {
          try budget.allocate(entries: count)
          group += Array(repeating: fill, count: count - group.count)
        }
        try budget.allocate(entries: group.count + 1)
        groups.append(try .list(group))
        start += count
      }
      return groups
    }
    try budget.allocate(entries: count * 2 + items.count)
    let (each, longer) = items.count.quotientAndRemainder(dividingBy: count)
    var start = 0
    for index in 0..<count {
      let end = start + each + (index < longer ? 1 : 0)
      var group = Array(items[start..<end])
      if let fill, index >= longer { group.append(fill) }
      groups.append(try .list(group))
      start = end
    }
    return groups
  }

  /// An attribute by its path ("a.b.0"); the value itself without a path.
  func property(_ path: Value?, of value: Value, default fallback: Value? = nil) throws(Fault) -> Value {
    switch path {
    case nil, .none?: return value
    case .text(let path)?:
      var value = value
      for part in TextSearch.pieces(path, TextSearch.all(".", in: path), 1) {
        let isIndex = TextKinds.answer("isdigit", part) == true
        value = try item(isIndex ? Int(part).map { .integer($0) } ?? .text(part) : .text(part), of: value)
        if let fallback, value.isUndefined { value = fallback }
      }
      return value
    case let index?:
      let value = try item(index, of: value)
      return value.isUndefined ? fallback ?? value : value
    }
  }

  // MARK: order

  func orderFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    switch name {
    case "sort":
      let bound = try arguments.bound("reverse case_sensitive attribute", of: name)
      var paths: [Value?] = [bound[2]]
      if case .text(let path)? = bound[2] {
        paths = TextSearch.pieces(path, TextSearch.all(",", in: path), 1).map { .text($0) }
      }
      return try .list(
        try sorted(try items(of: value), reversed: bound[0]?.isTrue ?? false) { (item) throws(Fault) in
          var keys: [Value] = []
          for path in paths { keys.append(folded(try property(path, of: item), bound[1])) }
          return keys.count == 1 ? keys[0] : try .list(keys)
        })
    case "dictsort":
      let bound = try arguments.bound("case_sensitive by reverse", of: name)
      guard case .mapping(let mapping) = value else { throw Fault("dictsort needs a mapping") }
      let by = bound[1]?.textValue ?? "key"
      guard by == "key" || by == "value" else { throw Fault("You can only sort by either \"key\" or \"value\"") }
      return try .list(
        try sorted(try pairs(of: mapping), reversed: bound[2]?.isTrue ?? false) { (pair) throws(Fault) in
          folded(try item(.integer(by == "key" ? 0 : 1), of: pair), bound[0])
        })
    case "unique":
      let bound = try arguments.bound("case_sensitive attribute", of: name)
      return try lazily { () throws(Fault) in
        var seen: Set<Key> = []
        var kept: [Value] = []
        for item in try items(of: value)
        where seen.insert(try Key(folded(try property(bound[1], of: item), bound[0]))).inserted {
          kept.append(item)
        }
        try budget.allocate(entries: kept.count)
        return kept
      }
    case "min", "max":
      let bound = try arguments.bound("case_sensitive attribute", of: name)
      var best: (item: Value, key: Value)?
      for item in try items(of: value) {
        let key = folded(try property(bound[1], of: item), bound[0])
        if let current = best {
          let isBetter = name == "min" ? try precedes(key, current.key) : try precedes(current.key, key, ">")
          if !isBetter { continue }
        }
        best = (item, key)
      }
      return best?.item ?? .undefined("No aggregated item, sequence was empty.")
    default: return try groups(value, arguments)
    }
  }

  private func groups(_ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    let bound = try arguments.bound("attribute default case_sensitive", of: "groupby")
    guard let attribute = bound[0] else { throw Fault("groupby needs an attribute") }
    let ordered = try sorted(try items(of: value), reversed: false) { (item) throws(Fault) in
      folded(try property(attribute, of: item, default: bound[1]), bound[2])
    }
    var groups: [Value] = []
    var members: [Value] = []
    var first: (key: Value, shown: Value)?
    func close() throws(Fault) {
      guard let first else { return }
      let group = try ItemList([first.shown, try .list(members)], .tuple)
      group.placeNames = ["grouper", "list"]
      groups.append(.sequence(group))
      members = []
    }
    for item in ordered {
      let shown = try property(attribute, of: item, default: bound[1])
      let key = folded(shown, bound[2])
      if let current = first, try areEqual(current.key, key) {
        members.append(item)
      } else {
        try close()
        first = (key, shown)
        members = [item]
      }
    }
    try close()
    try budget.allocate(entries: ordered.count + groups.count * 4)
    return try .list(groups)
  }

  /// A text in lower case, unless case counts.
  private func folded(_ value: Value, _ caseCounts: Value?) -> Value {
    guard case .text(let text) = value, !(caseCounts?.isTrue ?? false) else { return value }
    return .text(LetterCase.lower(text))
  }

  /// Items in the order of their keys, equal ones as they stood (also where reversed).
  private func sorted(_ items: [Value], reversed: Bool, _ key: (Value) throws(Fault) -> Value) throws(Fault) -> [Value]
  {
    try budget.allocate(entries: items.count * 3)
    var keyed: [(key: Value, item: Value)] = []
    for item in items { keyed.append((try key(item), item)) }
    var failure: Fault?
    let order = (0..<keyed.count).sorted { first, second in
      if failure != nil { return first < second }
      do throws(Fault) {
        let (one, other) = reversed ? (keyed[second].key, keyed[first].key) : (keyed[first].key, keyed[second].key)
        if try precedes(one, other) { return true }
        if try precedes(other, one) { return false }
      } catch { failure = error }
      return first < second
    }
    if let failure { throw failure }
    return order.map { keyed[$0].item }
  }
}
