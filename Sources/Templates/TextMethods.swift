import Support

/// The methods of Python's `str`.
extension Evaluator {
  func call(textMethod name: String, of text: String, _ arguments: Arguments) throws(Fault) -> Value {
    try budget.spend(1 + text.utf8.count / 64)
    switch name {
    case "strip", "lstrip", "rstrip":
      let characters = try optionalText(try arguments.bound("chars", of: name)[0], name)
      try budget.allocate(text.utf8.count)
      return .text(TextSearch.stripped(text, characters, left: name != "rstrip", right: name != "lstrip"))
    case "split", "rsplit": return try .list(try split(text, arguments, name).map { .text($0) })
    case "splitlines":
      let keeps = try arguments.bound("keepends", of: name)[0]?.isTrue ?? false
      return try .list(try texts(TextSearch.lines(text, keepsEnds: keeps)))
    case "partition", "rpartition": return try partition(text, try onlyText(arguments, name), name)
    case "startswith", "endswith": return .boolean(try hasAffix(text, arguments, name))
    case "removeprefix":
      let prefix = try onlyText(arguments, name)
      return .text(
        text.utf8.starts(with: prefix.utf8)
          ? String(scalars: text.unicodeScalars.dropFirst(prefix.unicodeScalars.count)) : text)
    case "removesuffix":
      let suffix = try onlyText(arguments, name)
      let isThere = text.utf8.reversed().starts(with: suffix.utf8.reversed())
      return .text(isThere ? String(scalars: text.unicodeScalars.dropLast(suffix.unicodeScalars.count)) : text)
    case "replace":
      let bound = try arguments.bound("old new count", of: name)
      guard let old = bound[0]?.textValue, let new = bound[1]?.textValue else { throw Fault("replace needs two texts") }
      return .text(
        try replaced(
          text, old, new, atMost: try bound[2].map { (value) throws(Fault) in try integer(value, name) } ?? -1))
    case "find", "rfind", "index", "rindex", "count": return try search(text, arguments, name)
    case "join":
      guard let items = try arguments.bound("iterable", of: name)[0] else { throw Fault("join needs a list") }
      var parts: [String] = []
      for item in try self.items(of: items) {
        guard let part = item.textValue else { throw Fault("join needs texts, not a \(item.typeName)") }
        parts.append(part)
      }
      return .text(try joined(parts, text))
    case "format": return .text(try BraceFormat.text(text, arguments, self))
    case "upper", "lower", "title", "capitalize", "swapcase", "casefold":
      try budget.allocate(text.utf8.count * 2)
      return .text(try cased(text, name))
    case "center", "ljust", "rjust":
      let bound = try arguments.bound("width fillchar", of: name)
      let fill = bound[1]?.textValue ?? " "
      guard let width = bound[0]?.integerValue, fill.unicodeScalars.count == 1 else {
        throw Fault("\(name) needs a width")
      }
      return .text(try padded(text, width, fill, name))
    case "zfill":
      guard let width = try arguments.bound("width", of: name)[0]?.integerValue else {
        throw Fault("zfill needs a width")
      }
      let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.unicodeScalars.prefix(1)) : ""
      let digits = String(text.unicodeScalars.dropFirst(sign.unicodeScalars.count))
      return .text(sign + (try padded(digits, width - sign.unicodeScalars.count, "0", "rjust")))
    default:
      if let answer = TextKinds.answer(name, text) { return .boolean(answer) }
      throw Fault.unsupported("the method '\(name)' of a text is not supported")
    }
  }

  // MARK: arguments

  private func onlyText(_ arguments: Arguments, _ name: String) throws(Fault) -> String {
    guard let text = try arguments.bound("text", of: name)[0]?.textValue else { throw Fault("\(name) needs a text") }
    return text
  }

  private func optionalText(_ value: Value?, _ name: String) throws(Fault) -> String? {
    switch value {
    case nil, .none?: return nil
    case .text(let text)?: return text
    case let other?: throw Fault("\(name) needs a text, not a \(other.typeName)")
    }
  }

  func integer(_ value: Value, _ name: String) throws(Fault) -> Int {
    guard let integer = value.integerValue else { throw Fault("\(name) needs an integer, not a \(value.typeName)") }
    return integer
  }

  /// Texts as values, counted.
  func texts(_ parts: [String]) throws(Fault) -> [Value] {
    try budget.allocate(entries: parts.count)
    return parts.map { .text($0) }
  }

  // MARK: work

  func joined(_ parts: [String], _ separator: String) throws(Fault) -> String {
    try budget.allocate(separator, times: parts.count)
    var total = 0
    for part in parts { total += part.utf8.count }
    try budget.allocate(total)
    return parts.joined(separator: separator)
  }

  func padded(_ text: String, _ width: Int, _ fill: String, _ name: String) throws(Fault) -> String {
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return text }
    try budget.allocate(fill, times: missing)
    try budget.allocate(text.utf8.count)
    // Python puts the odd one on the left where the width is odd.
    let left = name == "ljust" ? 0 : name == "rjust" ? missing : missing / 2 + (missing & width & 1)
    return String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left)
  }

  func replaced(_ text: String, _ old: String, _ new: String, atMost limit: Int) throws(Fault) -> String {
    let most = limit < 0 ? Int.max : limit
    if old.isEmpty {
      let scalars = Array(text.unicodeScalars)
      let count = min(most, scalars.count + 1)
      try budget.allocate(new, times: count)
      try budget.allocate(text.utf8.count)
      var result = ""
      for (index, scalar) in scalars.enumerated() {
        if index < count { result += new }
        result.unicodeScalars.append(scalar)
      }
      return count > scalars.count ? result + new : result
    }
    let found = TextSearch.all(old, in: text, atMost: most)
    return try joined(TextSearch.pieces(text, found, old.utf8.count), new)
  }

  private func split(_ text: String, _ arguments: Arguments, _ name: String) throws(Fault) -> [String] {
    let bound = try arguments.bound("sep maxsplit", of: name)
    let limit = try bound[1].map { (value) throws(Fault) in try integer(value, name) } ?? -1
    let most = limit < 0 ? Int.max : limit
    try budget.allocate(text.utf8.count)
    guard let separator = try optionalText(bound[0], name) else {
      let parts = name == "split" ? Self.words(text, most) : Self.lastWords(text, most)
      try budget.allocate(entries: parts.count)
      return parts
    }
    if separator.isEmpty { throw Fault("empty separator") }
    let found =
      name == "split"
      ? TextSearch.all(separator, in: text, atMost: most)
      : TextSearch.last(separator, in: text, atMost: most).reversed()
    try budget.allocate(entries: found.count)
    return TextSearch.pieces(text, Array(found), separator.utf8.count)
  }

  private static func words(_ text: String, _ limit: Int) -> [String] {
    var rest = Substring(text).unicodeScalars
    var words: [String] = []
    while true {
      rest = rest.drop(while: PythonText.isSpace)
      if rest.isEmpty { return words }
      if words.count == limit { return words + [String(rest)] }
      let word = rest.prefix { !PythonText.isSpace($0) }
      words.append(String(word))
      rest = rest[word.endIndex...]
    }
  }

  private static func lastWords(_ text: String, _ limit: Int) -> [String] {
    var rest = Array(text.unicodeScalars)[...]
    var words: [String] = []
    while true {
      while let last = rest.last, PythonText.isSpace(last) { rest.removeLast() }
      if rest.isEmpty { break }
      if words.count == limit {
        words.append(String(scalars: rest))
        break
      }
      let word = rest.suffix(from: (rest.lastIndex(where: PythonText.isSpace) ?? rest.startIndex - 1) + 1)
      words.append(String(scalars: word))
      rest = rest[..<word.startIndex]
    }
    return words.reversed()
  }

  private func partition(_ text: String, _ separator: String, _ name: String) throws(Fault) -> Value {
    if separator.isEmpty { throw Fault("empty separator") }
    let found =
      name == "partition"
      ? TextSearch.first(separator, in: text) : TextSearch.last(separator, in: text, atMost: 1).first
    try budget.allocate(text.utf8.count)
    guard let found else {
      let parts = name == "partition" ? [text, "", ""] : ["", "", text]
      return try .tuple(parts.map { .text($0) })
    }
    let parts = TextSearch.pieces(text, [found], separator.utf8.count)
    return try .tuple([.text(parts[0]), .text(separator), .text(parts[1])])
  }

  /// The part of a text between two of Python's positions.
  private func range(_ text: String, _ from: Value?, _ to: Value?, _ name: String) throws(Fault) -> (String, start: Int)
  {
    func bound(_ value: Value?) throws(Fault) -> Int? {
      if case .none? = value { return nil }
      return try value.map { (value) throws(Fault) in try integer(value, name) }
    }
    let first = try bound(from)
    let last = try bound(to)
    if first == nil, last == nil { return (text, 0) }
    let count = text.unicodeScalars.count
    let start = first.map { $0 < 0 ? max(0, max($0, -count) + count) : $0 } ?? 0
    guard start <= count, case .text(let part) = try slice(.text(text), first, last, nil) else { return ("", -1) }
    return (part, start)
  }

  private func hasAffix(_ text: String, _ arguments: Arguments, _ name: String) throws(Fault) -> Bool {
    let bound = try arguments.bound("affix start end", of: name)
    let (part, start) = try range(text, bound[1], bound[2], name)
    var affixes: [Value] = []
    switch bound[0] {
    case .text?: affixes = [bound[0]!]
    case .sequence(let list)? where list.kind == .tuple: affixes = list.items
    default: throw Fault("\(name) needs a text or a tuple of texts")
    }
    for affix in affixes {
      guard let affix = affix.textValue else { throw Fault("\(name) needs a text or a tuple of texts") }
      if start < 0 { continue }
      let matches =
        name == "startswith"
        ? part.utf8.starts(with: affix.utf8) : part.utf8.reversed().starts(with: affix.utf8.reversed())
      if matches { return true }
    }
    return false
  }

  private func search(_ text: String, _ arguments: Arguments, _ name: String) throws(Fault) -> Value {
    let bound = try arguments.bound("sub start end", of: name)
    guard let wanted = bound[0]?.textValue else { throw Fault("\(name) needs a text") }
    let (part, start) = try range(text, bound[1], bound[2], name)
    if name == "count" {
      if start < 0 { return .integer(0) }
      return .integer(wanted.isEmpty ? part.unicodeScalars.count + 1 : TextSearch.all(wanted, in: part).count)
    }
    var found: Int?
    if start >= 0 {
      let isLast = name.hasPrefix("r")
      found =
        wanted.isEmpty
        ? (isLast ? part.utf8.count : 0)
        : isLast ? TextSearch.last(wanted, in: part, atMost: 1).first : TextSearch.first(wanted, in: part)
    }
    if let found {
      return .integer(start + TextSearch.pieces(part, [found], 0)[0].unicodeScalars.count)
    }
    if name.hasSuffix("find") { return .integer(-1) }
    throw Fault("substring not found")
  }

  private func cased(_ text: String, _ name: String) throws(Fault) -> String {
    switch name {
    case "upper": return LetterCase.upper(text)
    case "lower": return LetterCase.lower(text)
    case "title": return LetterCase.title(text)
    case "capitalize": return LetterCase.capitalized(text)
    case "swapcase": return LetterCase.swapped(text)
    default:
      guard text.unicodeScalars.allSatisfy(\.isASCII) else {
        throw Fault.unsupported("casefold of a text beyond ASCII is not supported")
      }
      return LetterCase.lower(text)
    }
  }
}

/// What Python's `isdigit` and its like say of a text.
enum TextKinds {
  /// The answer; nil for a method that is none of these.
  static func answer(_ name: String, _ text: String) -> Bool? {
    let scalars = text.unicodeScalars
    func all(_ holds: (Unicode.Scalar) -> Bool) -> Bool { !scalars.isEmpty && scalars.allSatisfy(holds) }
    switch name {
    case "isdigit": return all { $0.properties.numericType == .digit || $0.properties.numericType == .decimal }
    case "isdecimal": return all { $0.properties.numericType == .decimal }
    case "isnumeric": return all { $0.properties.numericType != nil }
    case "isalpha": return all(isLetter)
    case "isalnum": return all { isLetter($0) || $0.properties.numericType != nil }
    case "isspace": return all(PythonText.isSpace)
    case "isascii": return scalars.allSatisfy(\.isASCII)
    case "isprintable": return scalars.allSatisfy { Quotation.isPrintable($0) }
    case "isupper":
      return scalars.contains { $0.properties.isUppercase }
        && !scalars.contains { $0.properties.isLowercase || isTitle($0) }
    case "islower":
      return scalars.contains { $0.properties.isLowercase }
        && !scalars.contains { $0.properties.isUppercase || isTitle($0) }
    default: return nil
    }
  }

  private static func isTitle(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .titlecaseLetter
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
