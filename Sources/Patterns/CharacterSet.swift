import Support

/// Sets of characters, `[a-z\d]`, by Python's rules and in PCRE2's writing.
enum CharacterSet {
  /// `\d`, `\s`, `\w` and what they leave out.
  struct Kind {
    /// What belongs to it, within brackets; of Unicode and of ASCII.
    private let members: (unicode: String, ascii: String)
    let isNegated: Bool

    init?(_ letter: Unicode.Scalar) {
      switch letter {
      case "d", "D": members = ("\\p{Nd}", "0-9")
      // As str.isspace() has it: with the four separators of files to units, without U+180E.
      case "s", "S":
        members = (
          "\\x{9}-\\x{d}\\x{1c}-\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}",
          "\\x{9}-\\x{d}\\x{20}"
        )
      // As str.isalnum() has it: no marks, no punctuation but the underscore.
      case "w", "W": members = ("\\p{Xan}_", "0-9A-Z_a-z")
      default: return nil
      }
      isNegated = letter.properties.isUppercase
    }

    func members(isASCII: Bool) -> String { isASCII ? members.ascii : members.unicode }
    func text(isASCII: Bool) -> String { "[\(isNegated ? "^" : "")\(members(isASCII: isASCII))]" }
  }

  /// Python takes all four for one letter where case is ignored; PCRE2 parts the Turkish two.
  static let lettersI: [Unicode.Scalar] = ["i", "I", "\u{130}", "\u{131}"]
  static let writtenLettersI = "iI\\x{130}\\x{131}"

  private enum Member {
    case character(Unicode.Scalar)
    case kind(Kind)
  }

  /// Reads a set behind its bracket.
  static func read(_ syntax: inout PythonSyntax, _ flags: PythonSyntax.Flags) throws(BenchmarkError) -> String {
    let isNegated = syntax.takes("^")
    var members = ""
    var complements: [String] = []  // of members that are negated kinds
    var isEmpty = true
    func add(_ first: Unicode.Scalar, _ last: Unicode.Scalar) {
      members += PythonSyntax.written(first) + (first == last ? "" : "-" + PythonSyntax.written(last))
      if flags.ignoresCase, lettersI.contains(where: { first <= $0 && $0 <= last }) { members += writtenLettersI }
    }
    func add(_ kind: Kind) {
      if kind.isNegated {
        complements.append(kind.members(isASCII: flags.isASCII))
      } else {
        members += kind.members(isASCII: flags.isASCII)
      }
    }
    while true {
      let scalar = try syntax.setCharacter()
      if scalar == "]", !isEmpty { break }
      isEmpty = false
      let first = try member(&syntax, scalar)
      guard syntax.takes("-") else {
        switch first {
        case .character(let character): add(character, character)
        case .kind(let kind): add(kind)
        }
        continue
      }
      let end = try syntax.setCharacter()
      if end == "]" {
        switch first {
        case .character(let character): add(character, character)
        case .kind(let kind): add(kind)
        }
        add("-", "-")
        break
      }
      guard case .character(let low) = first, case .character(let high) = try member(&syntax, end), low <= high else {
        throw syntax.setFailure("bad character range")
      }
      add(low, high)
    }
    if complements.isEmpty { return "[\(isNegated ? "^" : "")\(members)]" }
    // PCRE2 has no set inside a set: one of several, or none of several and then anything.
    let parts = (members.isEmpty ? [] : ["[\(members)]"]) + complements.map { "[^\($0)]" }
    if !isNegated { return "(?:\(parts.joined(separator: "|")))" }
    return "(?:\(parts.map { "(?!\($0))" }.joined())[\\x{0}-\\x{10FFFF}])"
  }

  private static func member(_ syntax: inout PythonSyntax, _ scalar: Unicode.Scalar) throws(BenchmarkError) -> Member {
    if scalar != "\\" { return .character(scalar) }
    let letter = try syntax.setCharacter()
    if let kind = Kind(letter) { return .kind(kind) }
    if letter == "b" { return .character("\u{8}") }
    if PythonSyntax.isOctal(letter) {
      syntax.stepBack()
      return .character(try syntax.octal(most: 3))
    }
    return .character(try syntax.character(letter))
  }
}
