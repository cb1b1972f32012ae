import Support

/// Reads an expression in Oniguruma's syntax and writes it in PCRE2's, as far as both mean the same by it.
///
/// Read are characters, their escapes, `.`-less classes, `\s`, `\d`, `\p{...}`, alternatives, groups (plain, `(?:`, `(?i:`),
/// looks ahead and repetitions of single characters and classes. Refused are groups that repeat, repetitions of repetitions,
/// anchors, back references and the rest.
struct SplitSyntax {
  private let scalars: [Unicode.Scalar]
  private let source: String
  private var position = 0
  private var output = ""

  /// White space as Oniguruma has it in Unicode: what PCRE2 has, without U+180E.
  private static let space =
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
  /// General categories that are known, letters and numbers those of Unicode 16.
  private static let categories: Set<String> = ["L", "N"]

  static func translated(_ source: String) throws(BenchmarkError) -> String {
    var syntax = SplitSyntax(source)
    try syntax.alternatives(depth: 0)
    if syntax.peek != nil { throw syntax.failure("an unmatched parenthesis") }
    return syntax.output
  }

  private init(_ source: String) {
    self.source = source
    scalars = Array(source.unicodeScalars)
  }

  private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func takes(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  private func failure(_ reason: String) -> BenchmarkError {
    BenchmarkError(.unsupported, "the regular expression \"\(source)\": \(reason) is not supported")
  }

  private mutating func alternatives(depth: Int) throws(BenchmarkError) {
    if depth > 8 { throw failure("a nesting of more than 8 groups") }
    while let scalar = peek, scalar != ")" {
      if scalar == "|" {
        position += 1
        output += "|"
        continue
      }
      let isGroup = try item(scalar, depth)
      try quantifier(isGroup: isGroup)
    }
  }

  /// Reads one item; whether it was a group.
  private mutating func item(_ scalar: Unicode.Scalar, _ depth: Int) throws(BenchmarkError) -> Bool {
    switch scalar {
    case "(":
      if takes("(?:") || takes("(?i:") || takes("(?=") || takes("(?!") {
        // Written the same by both; the text taken is at the end of what was read.
        var start = position - 1
        while scalars[start] != "(" { start -= 1 }
        output.unicodeScalars.append(contentsOf: scalars[start..<position])
      } else {
        position += 1
        if peek == "?" || peek == "*" { throw failure("a group that begins with \"(\(peek!)\"") }
        output += "(?:"
      }
      try alternatives(depth: depth + 1)
      guard takes(")") else { throw failure("a parenthesis that is not closed") }
      output += ")"
      return true
    case "[":
      position += 1
      try characterClass()
    case "\\":
      position += 1
      output += try escape(inClass: false)
    case "*", "+", "?", "{", "}", "]", "^", "$", ".": throw failure("\"\(scalar)\" at this place")
    default:
      position += 1
      output += Self.written(scalar)
    }
    return false
  }

  private mutating func quantifier(isGroup: Bool) throws(BenchmarkError) {
    let start = position
    if takes("?") || takes("*") || takes("+") {
      if isGroup, scalars[start] != "?" { throw failure("a group that repeats") }
    } else if takes("{") {
      var counts: [[Unicode.Scalar]] = [[]]
      while let scalar = peek, scalar != "}" {
        position += 1
        if scalar == ",", counts.count == 1 {
          counts.append([])
        } else if ("0"..."9").contains(scalar), counts[counts.count - 1].count < 4 {
          counts[counts.count - 1].append(scalar)
        } else {
          throw failure("a repetition of this form")
        }
      }
      guard takes("}"), !counts[0].isEmpty else { throw failure("a repetition of this form") }
      if isGroup { throw failure("a group that repeats") }
    } else {
      return
    }
    output.unicodeScalars.append(contentsOf: scalars[start..<position])
    // "+?" and "+" behind it would be lazy and possessive to one library, and not always to the other.
    if let next = peek, ["?", "*", "+", "{"].contains(next) { throw failure("a repetition of a repetition") }
  }

  private mutating func characterClass() throws(BenchmarkError) {
    output += takes("^") ? "[^" : "["
    var isEmpty = true
    var (isAfterSet, isInRange) = (false, false)
    while let scalar = peek {
      if scalar == "]" {
        if isEmpty { break }
        position += 1
        output += "]"
        return
      }
      isEmpty = false
      if scalar == "[" || scalars[position...].starts(with: ["&", "&"]) { throw failure("a set within a set") }
      position += 1
      if scalar == "-", peek != "]", !output.hasSuffix("["), !output.hasSuffix("[^") {
        if isAfterSet || isInRange { throw failure("a range of sets") }
        isInRange = true
        output += "-"
        continue
      }
      isAfterSet = scalar == "\\" && ["s", "d", "p"].contains(peek)
      if isAfterSet, isInRange { throw failure("a range of sets") }
      output += scalar == "\\" ? try escape(inClass: true) : Self.written(scalar)
      isInRange = false
    }
    throw failure("a set that is empty or not closed")
  }

  private mutating func escape(inClass: Bool) throws(BenchmarkError) -> String {
    guard let scalar = peek else { throw failure("a backslash at the end") }
    position += 1
    switch scalar {
    case "r": return "\\r"
    case "n": return "\\n"
    case "t": return "\\t"
    case "s": return inClass ? Self.space : "[\(Self.space)]"
    case "S":
      if inClass { throw failure("\\S in a set") }
      return "[^\(Self.space)]"
    case "d": return "\\p{Nd}"
    case "p":
      var name = ""
      guard takes("{") else { throw failure("\"\\p\" without a name in braces") }
      while let letter = peek, letter != "}" {
        name.unicodeScalars.append(letter)
        position += 1
      }
      guard takes("}"), Self.categories.contains(name) else { throw failure("\"\\p{\(name)}\"") }
      let members = "\\p{\(name)}" + LaterCharacters.members(of: name)
      return inClass ? members : "[\(members)]"
    default:
      guard scalar.isASCII, !("a"..."z").contains(scalar), !("A"..."Z").contains(scalar),
        !("0"..."9").contains(scalar)
      else { throw failure("\"\\\(scalar)\"") }
      return Self.written(scalar)
    }
  }

  /// A character that means itself.
  private static func written(_ scalar: Unicode.Scalar) -> String { "\\x{\(String(scalar.value, radix: 16))}" }
}
