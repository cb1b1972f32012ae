import Support

/// A regular expression of Python's `re` (3.11 and later), written anew as PCRE2 reads it.
///
/// The two languages differ where they look alike: `\Z`, `\v`, `{,3}`, octal numbers, `[[:alpha:]]`, white space, which escapes there
/// are. So every item is read by Python's rules (its `re/_parser.py`) and written in a form that PCRE2 cannot misread.
struct PythonSyntax {
  private(set) var pattern = ""
  private(set) var groupCount = 0
  private(set) var groupNames: [String: Int] = [:]

  private let source: String
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var openGroups: Set<Int> = []
  /// Numbers that conditions name, to be checked when all groups are known.
  private var conditions: [Int] = []
  private var depth = 0
  private var globalFlags = Flags()

  private static let depthLimit = 200
  private static let lengthLimit = 1 << 16

  struct Flags {
    var ignoresCase = false
    var isMultiline = false
    var dotMatchesAll = false
    var isVerbose = false
    var isASCII = false
  }

  init(_ source: String) throws(BenchmarkError) {
    self.source = source
    scalars = Array(source.unicodeScalars)
    if scalars.count > Self.lengthLimit { throw failure("more than \(Self.lengthLimit) characters") }
    try readGlobalFlags()
    let flags = globalFlags
    let body = try alternatives(flags)
    if position < scalars.count { throw failure("unbalanced parenthesis") }
    if let missing = conditions.first(where: { $0 > groupCount }) {
      throw failure("invalid group reference \(missing)")
    }
    let letters =
      (flags.ignoresCase ? "i" : "") + (flags.isMultiline ? "m" : "") + (flags.dotMatchesAll ? "s" : "")
    pattern = (letters.isEmpty ? "" : "(?\(letters))") + body
  }

  // MARK: - Reading

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    if next != scalar { return false }
    position += 1
    return true
  }

  private mutating func takeAny(_ problem: String) throws(BenchmarkError) -> Unicode.Scalar {
    guard let scalar = next else { throw failure(problem) }
    position += 1
    return scalar
  }

  private mutating func take(while accepts: (Unicode.Scalar) -> Bool, most: Int = .max) -> String {
    var text = ""
    while text.unicodeScalars.count < most, let scalar = next, accepts(scalar) {
      text.unicodeScalars.append(scalar)
      position += 1
    }
    return text
  }

  private mutating func take(until end: Unicode.Scalar, _ what: String) throws(BenchmarkError) -> String {
    let text = take(while: { $0 != end })
    if !take(end) { throw failure("missing \(end), unterminated \(what)") }
    return text
  }

  private func failure(_ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidArgument, "invalid regular expression \"\(source)\": \(reason) at position \(position)")
  }

  // MARK: - Structure

  private mutating func alternatives(_ flags: Flags) throws(BenchmarkError) -> String {
    depth += 1
    if depth > Self.depthLimit { throw failure("groups are nested more than \(Self.depthLimit) deep") }
    var output = try sequence(flags)
    while take("|") { output += "|" + (try sequence(flags)) }
    depth -= 1
    return output
  }

  /// What the last item of a sequence was, for what may be repeated.
  private enum Item { case none, place, repeated, other }

  private mutating func sequence(_ flags: Flags) throws(BenchmarkError) -> String {
    var output = ""
    var last = Item.none
    while let scalar = next, scalar != "|", scalar != ")" {
      if flags.isVerbose, skipBlank() { continue }
      position += 1
      switch scalar {
      case "\\":
        let (text, isPlace) = try escape(flags)
        output += text
        last = isPlace ? .place : .other
      case "[":
        output += try CharacterSet.read(&self, flags)
        last = .other
      case ".":
        output += "."
        last = .other
      case "^", "$":
        output.unicodeScalars.append(scalar)
        last = .place
      case "(":
        if let text = try group(flags) {
          output += text
          last = .other
        }
      case "*", "+", "?", "{":
        guard let quantifier = try quantifier(scalar) else {
          output += Self.literal(scalar, flags)
          last = .other
          continue
        }
        switch last {
        case .none, .place: throw failure("nothing to repeat")
        case .repeated: throw failure("multiple repeat")
        case .other: output += quantifier + (take("?") ? "?" : take("+") ? "+" : "")
        }
        last = .repeated
      default:
        output += Self.literal(scalar, flags)
        last = .other
      }
    }
    return output
  }

  /// White space and comments of the verbose form.
  private mutating func skipBlank() -> Bool {
    guard let scalar = next else { return false }
    if " \t\n\r\u{B}\u{C}".unicodeScalars.contains(scalar) {
      position += 1
      return true
    }
    if scalar != "#" { return false }
    _ = take(while: { $0 != "\n" })
    return true
  }

  /// A repetition as PCRE2 has it; nil of a brace that begins no repetition, which stands for itself.
  private mutating func quantifier(_ mark: Unicode.Scalar) throws(BenchmarkError) -> String? {
    if mark != "{" { return String(Character(mark)) }
    let start = position
    if next == "}" { return nil }
    let least = take(while: Self.isDigit)
    var most = least
    let hasComma = take(",")
    if hasComma { most = take(while: Self.isDigit) }
    guard take("}") else {
      position = start
      return nil
    }
    func number(_ text: String) throws(BenchmarkError) -> Int {
      guard let number = Int(text), number <= 65535 else { throw failure("the repetition \(text) is above 65535") }
      return number
    }
    let low = least.isEmpty ? 0 : try number(least)
    if most.isEmpty { return "{\(low),}" }
    let high = try number(most)
    if high < low { throw failure("min repeat greater than max repeat") }
    return "{\(low),\(high)}"
  }

  // MARK: - Groups

  /// What follows a parenthesis, to its end; nil of a comment.
  private mutating func group(_ flags: Flags) throws(BenchmarkError) -> String? {
    if !take("?") { return try capture(flags) }
    let kind = try takeAny("unexpected end of pattern")
    switch kind {
    case "P":
      let form = try takeAny("unexpected end of pattern")
      if form == "<" { return try capture(flags, named: try name(until: ">")) }
      if form != "=" { throw failure("unknown extension ?P\(form)") }
      let name = try name(until: ")")
      guard let number = groupNames[name] else { throw failure("unknown group name '\(name)'") }
      return try reference(number)
    case "#":
      _ = try take(until: ")", "comment")
      return nil
    case ":", "=", "!", ">": return try rest(flags, opening: "(?\(kind)")
    case "<":
      let form = try takeAny("unexpected end of pattern")
      if form != "=" && form != "!" { throw failure("unknown extension ?<\(form); a named group is (?P<name>...)") }
      return try rest(flags, opening: "(?<\(form)")
    case "(": return try condition(flags)
    default:
      position -= 1
      return try flagged(flags)
    }
  }

  private mutating func rest(_ flags: Flags, opening: String) throws(BenchmarkError) -> String {
    let body = try alternatives(flags)
    if !take(")") { throw failure("missing ), unterminated subpattern") }
    return opening + body + ")"
  }

  private mutating func capture(_ flags: Flags, named name: String? = nil) throws(BenchmarkError) -> String {
    groupCount += 1
    let number = groupCount
    if let name {
      if groupNames[name] != nil { throw failure("redefinition of group name '\(name)'") }
      groupNames[name] = number
    }
    openGroups.insert(number)
    let text = try rest(flags, opening: "(")
    openGroups.remove(number)
    return text
  }

  private mutating func name(until end: Unicode.Scalar) throws(BenchmarkError) -> String {
    let text = try take(until: end, "name")
    if text.isEmpty { throw failure("missing group name") }
    let first = text.unicodeScalars.first!
    let isName =
      (first == "_" || first.properties.isXIDStart)
      && text.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
    if !isName { throw failure("bad character in group name '\(text)'") }
    return text
  }

  private func reference(_ number: Int) throws(BenchmarkError) -> String {
    if number > groupCount || number == 0 { throw failure("invalid group reference \(number)") }
    if openGroups.contains(number) { throw failure("cannot refer to an open group") }
    return "\\g{\(number)}"
  }

  private mutating func condition(_ flags: Flags) throws(BenchmarkError) -> String {
    let text = try take(until: ")", "name")
    let number: Int
    if let known = groupNames[text] {
      number = known
    } else {
      guard let given = Int(text), text.unicodeScalars.allSatisfy(Self.isDigit) else {
        throw failure("unknown group name '\(text)'")
      }
      if given == 0 { throw failure("bad group number") }
      number = given
      conditions.append(number)
    }
    var body = try sequence(flags)
    if take("|") {
      body += "|" + (try sequence(flags))
      if next == "|" { throw failure("conditional backref with more than two branches") }
    }
    if !take(")") { throw failure("missing ), unterminated subpattern") }
    return "(?(\(number))\(body))"
  }

  /// Flags at the very beginning, which hold for the whole expression.
  private mutating func readGlobalFlags() throws(BenchmarkError) {
    while true {
      let start = position
      if globalFlags.isVerbose { while skipBlank() {} }
      guard take("("), take("?") else {
        position = start
        return
      }
      let letters = take(while: { "aiLmsux".unicodeScalars.contains($0) })
      guard !letters.isEmpty, take(")") else {
        position = start
        return
      }
      globalFlags = try changed(globalFlags, letters, to: true)
    }
  }

  /// `(?flags-flags:...)`.
  private mutating func flagged(_ flags: Flags) throws(BenchmarkError) -> String {
    let on = take(while: { "aiLmsux".unicodeScalars.contains($0) })
    if !on.isEmpty, next == ")" { throw failure("global flags not at the start of the expression") }
    var off = ""
    if take("-") {
      off = take(while: { "imsx".unicodeScalars.contains($0) })
      if off.isEmpty { throw failure("missing flag") }
    }
    if on.isEmpty && off.isEmpty { throw failure("unknown extension ?\(next.map { String(Character($0)) } ?? "")") }
    if !take(":") { throw failure("missing :, or an unknown flag") }
    if on.contains(where: { off.contains($0) }) { throw failure("bad inline flags: flag turned on and off") }
    let inner = try changed(try changed(flags, on, to: true), off, to: false)
    func letters(_ text: String) -> String { text.filter { "ims".contains($0) } }
    let (kept, dropped) = (letters(on), letters(off))
    return try rest(inner, opening: "(?" + kept + (dropped.isEmpty ? "" : "-" + dropped) + ":")
  }

  private func changed(_ flags: Flags, _ letters: String, to value: Bool) throws(BenchmarkError) -> Flags {
    var flags = flags
    for letter in letters {
      switch letter {
      case "i": flags.ignoresCase = value
      case "m": flags.isMultiline = value
      case "s": flags.dotMatchesAll = value
      case "x": flags.isVerbose = value
      case "a": flags.isASCII = true
      case "u": flags.isASCII = false
      default: throw failure("bad inline flags: cannot use 'L' flag with a str pattern")
      }
    }
    // Python folds ASCII letters alone then; PCRE2 would fold all.
    if flags.isASCII && flags.ignoresCase { throw failure("the flags a and i together are not supported") }
    return flags
  }

  // MARK: - Escapes

  /// What follows a backslash outside a set, and whether it is a place rather than a character.
  private mutating func escape(_ flags: Flags) throws(BenchmarkError) -> (text: String, isPlace: Bool) {
    let scalar = try takeAny("bad escape (end of pattern)")
    switch scalar {
    case "A": return ("\\A", true)
    case "Z": return ("\\z", true)
    case "b": return (flags.isASCII ? Self.asciiBoundary : "\\b", true)
    case "B":
      // Until 3.13 it does not match in an empty text.
      let inside = flags.isASCII ? "(?!\(Self.asciiBoundary))" : "\\B"
      return ("(?:(?<=[\\x{0}-\\x{10FFFF}])\(inside)|(?=[\\x{0}-\\x{10FFFF}])\(inside))", true)
    case "1"..."9":
      let start = position
      var digits = String(Character(scalar))
      if let second = next, Self.isDigit(second) {
        digits.unicodeScalars.append(second)
        position += 1
        if digits.unicodeScalars.allSatisfy(Self.isOctal), let third = next, Self.isOctal(third) {
          position = start - 1
          return (Self.literal(try octal(most: 3), flags), false)
        }
      }
      return (try reference(Int(digits) ?? 0), false)
    case "0":
      position -= 1
      return (Self.literal(try octal(most: 3), flags), false)
    default:
      if let kind = CharacterSet.Kind(scalar) { return (kind.text(isASCII: flags.isASCII), false) }
      return (Self.literal(try character(scalar), flags), false)
    }
  }

  /// The character of an escape that stands for one, in a set or outside.
  mutating func character(_ scalar: Unicode.Scalar) throws(BenchmarkError) -> Unicode.Scalar {
    switch scalar {
    case "a": return "\u{7}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{B}"
    case "x": return try hexadecimal("x", 2)
    case "u": return try hexadecimal("u", 4)
    case "U": return try hexadecimal("U", 8)
    case "N": throw failure("\\N is not supported; write \\uXXXX")
    case "a"..."z", "A"..."Z", "0"..."9": throw failure("bad escape \\\(scalar)")
    default: return scalar
    }
  }

  private mutating func hexadecimal(_ letter: String, _ count: Int) throws(BenchmarkError) -> Unicode.Scalar {
    let digits = take(while: { $0.isASCII && $0.properties.isASCIIHexDigit }, most: count)
    if digits.unicodeScalars.count != count { throw failure("incomplete escape \\\(letter)\(digits)") }
    guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw failure("bad escape \\\(letter)\(digits)")
    }
    return scalar
  }

  mutating func octal(most: Int) throws(BenchmarkError) -> Unicode.Scalar {
    let digits = take(while: Self.isOctal, most: most)
    guard let value = UInt32(digits, radix: 8), value <= 0o377, let scalar = Unicode.Scalar(value) else {
      throw failure("octal escape value \\\(digits) outside of range 0-0o377")
    }
    return scalar
  }

  /// A character that stands for itself.
  static func literal(_ scalar: Unicode.Scalar, _ flags: Flags) -> String {
    if flags.ignoresCase, CharacterSet.lettersI.contains(scalar) { return "[\(CharacterSet.writtenLettersI)]" }
    return written(scalar)
  }

  /// A character as PCRE2 takes for itself anywhere.
  static func written(_ scalar: Unicode.Scalar) -> String {
    let isPlain =
      !scalar.isASCII && !(0x80..<0xA0).contains(scalar.value) || scalar.properties.isAlphabetic || isDigit(scalar)
    return isPlain ? String(Character(scalar)) : "\\x{\(String(scalar.value, radix: 16))}"
  }

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }
  static func isOctal(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "7" }

  private static let asciiBoundary =
    "(?:(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?=[0-9A-Z_a-z]))"

  // MARK: - What sets are read with

  mutating func setCharacter() throws(BenchmarkError) -> Unicode.Scalar { try takeAny("unterminated character set") }
  mutating func takes(_ scalar: Unicode.Scalar) -> Bool { take(scalar) }
  mutating func stepBack() { position -= 1 }
  func setFailure(_ reason: String) -> BenchmarkError { failure(reason) }
}
