import Support

/// A part of an answer in LaTeX or plain text.
enum MathToken: Sendable, Equatable {
  /// Digits, perhaps with a point.
  case number(String)
  /// 0.1666... as the digits before those that recur, and these.
  case recurring(String, String)
  case symbol(String)
  /// A command of LaTeX without its backslash, or a known word of plain text.
  case command(String)
  /// An operator, a bracket, a separator.
  case mark(Character)
  /// Words: what stands in \text, and letters side by side that are no product.
  case text(String)
}

/// Cuts an answer into tokens, without what does not change its value: sizes, spaces, dollar signs, degrees.
struct MathLexer {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  /// How many brackets are open, in which commas separate and do not group digits.
  private var depth = 0
  private let hasRows: Bool
  private(set) var tokens: [MathToken] = []

  private static let ignored: Set<String> = [
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "displaystyle",
    "textstyle", "limits", "quad", "qquad", "boxed", "fbox", "circ", "degree", "rm", "bf", "it", "mathbf", "boldsymbol",
    "vec", "hat", "overrightarrow", "tfrac", "angle", "triangle",
  ]
  private static let texts: Set<String> = [
    "text", "textbf", "textit", "textrm", "textnormal", "mathrm", "mathit", "mbox", "mathsf", "operatorname",
  ]
  private static let synonyms: [String: String] = [
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom", "leq": "le",
    "leqslant": "le", "geq": "ge", "geqslant": "ge", "neq": "ne", "infinity": "infty", "inf": "infty", "lvert": "|",
    "rvert": "|", "vert": "|", "mid": "|", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "emptyset": "varnothing",
    "varphi": "phi", "varepsilon": "epsilon",
  ]
  private static let marks: [String: Character] = [
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "pm": "±", "mp": "∓", "le": "≤", "ge": "≥", "lt": "<", "gt": ">",
    "ne": "≠", "approx": "=", "equiv": "=", "in": "=", "cup": "∪", "|": "|", "lbrace": "{", "rbrace": "}",
    "colon": ":", "langle": "(", "rangle": ")",
  ]
  private static let words: Set<String> = [
    "pi", "sqrt", "infty", "infinity", "inf", "log", "ln", "exp", "sin", "cos", "tan", "cot", "sec", "csc", "arcsin",
    "arccos", "arctan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "theta", "alpha", "beta",
  ]
  private static let characters: [Unicode.Scalar: MathToken] = [
    "−": .mark("-"), "–": .mark("-"), "×": .mark("*"), "·": .mark("*"), "⋅": .mark("*"), "∗": .mark("*"),
    "÷": .mark("/"), "≤": .mark("≤"), "≥": .mark("≥"), "≠": .mark("≠"), "≈": .mark("="), "∈": .mark("="),
    "∪": .mark("∪"), "±": .mark("±"), "∓": .mark("∓"), "∞": .command("infty"), "π": .command("pi"),
    "√": .command("sqrt"), "∅": .command("varnothing"), "＝": .mark("="), "，": .mark(","), "；": .mark(";"),
  ]

  /// Errors: `MathFault` where the text has what no answer has.
  init(_ text: String) throws(MathFault) {
    scalars = Array(text.unicodeScalars)
    hasRows = PythonValue.contains(text, "\\begin{")
    while position < scalars.count { try next() }
  }

  private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    position + offset < scalars.count ? scalars[position + offset] : nil
  }

  private static func isDigit(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { ("0"..."9").contains($0) } ?? false }

  private static func isLetter(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map { ("a"..."z").contains($0) || ("A"..."Z").contains($0) } ?? false
  }

  private mutating func run(while matches: (Unicode.Scalar?) -> Bool) -> String {
    var text = String.UnicodeScalarView()
    while matches(peek()), let scalar = peek() {
      text.append(scalar)
      position += 1
    }
    return String(text)
  }

  private mutating func next() throws(MathFault) {
    guard let scalar = peek() else { return }
    if Self.isDigit(scalar) || scalar == "." && Self.isDigit(peek(1)) { return number() }
    if Self.isLetter(scalar) { return word(run(while: Self.isLetter)) }
    position += 1
    switch scalar {
    case "\\": try command()
    case "$", "~", "°", "'", "\"", "\u{2061}": break
    case "(", "[":
      depth += 1
      tokens.append(.mark(Character(scalar)))
    case ")", "]":
      depth -= 1
      tokens.append(.mark(Character(scalar)))
    case "²": tokens += [.mark("^"), .number("2")]
    case "³": tokens += [.mark("^"), .number("3")]
    case "*" where peek() == "*":
      position += 1
      tokens.append(.mark("^"))
    case "<", ">", "!":
      if peek() == "=", scalar != "!" || !tokens.isEmpty {
        position += 1
        tokens.append(.mark(scalar == "<" ? "≤" : scalar == ">" ? "≥" : "≠"))
      } else {
        tokens.append(.mark(Character(scalar)))
      }
    case _ where PythonText.isSpace(scalar): break
    case _ where scalar.isASCII:
      guard ".+-*/^_={}|,;:%&".unicodeScalars.contains(scalar) else { throw MathFault() }
      // A point outside a number ends a sentence.
      if scalar != "." { tokens.append(.mark(Character(scalar))) }
    default: tokens.append(Self.characters[scalar] ?? .symbol(String(scalar)))
    }
  }

  private mutating func number() {
    var digits = run(while: Self.isDigit)
    // 12,345 and 12{,}345 and 12,\!345 and 12\,345.
    let mayHaveGroups = (1...3).contains(digits.utf8.count)
    while mayHaveGroups, let length = groupMark() {
      let group = scalars[(position + length)..<min(position + length + 4, scalars.count)]
      guard group.count >= 3, group.prefix(3).allSatisfy(Self.isDigit), group.count == 3 || !Self.isDigit(group.last)
      else { break }
      position += length + 3
      digits.unicodeScalars.append(contentsOf: group.prefix(3))
    }
    if peek() == ".", Self.isDigit(peek(1)) || !Self.isLetter(peek(1)) && digits.isEmpty == false {
      position += 1
      let decimals = run(while: Self.isDigit)
      digits += "." + decimals
      let bar = Array("\\overline{".unicodeScalars)
      if position + bar.count < scalars.count, Array(scalars[position..<position + bar.count]) == bar {
        let start = position
        position += bar.count
        let recurring = run(while: Self.isDigit)
        if !recurring.isEmpty, peek() == "}" {
          position += 1
          return tokens.append(.recurring(digits, recurring))
        }
        position = start
      }
      if decimals.isEmpty { digits.removeLast() }
    }
    tokens.append(.number(digits))
  }

  /// The length of what stands here between two groups of digits.
  private func groupMark() -> Int? {
    for mark in ["{,}", ",\\!", "\\,", ","] where mark != "," || depth == 0 {
      let mark = Array(mark.unicodeScalars)
      if position + mark.count <= scalars.count, Array(scalars[position..<position + mark.count]) == mark {
        return mark.count
      }
    }
    return nil
  }

  private mutating func word(_ word: String) {
    if Self.words.contains(word) { return named(word) }
    switch word {
    case "and", "or": tokens.append(.mark(","))
    case "i" where word.count == 1, "e" where word.count == 1: tokens.append(.symbol(word))
    case _ where word.count > 3: tokens.append(.text(word))
    case _ where word.count > 1 && MathUnits.names.contains(word.lowercased()): tokens.append(.text(word))
    default: for letter in word { tokens.append(.symbol(String(letter))) }
    }
  }

  private mutating func named(_ name: String) {
    let name = Self.synonyms[name] ?? name
    tokens.append(Self.marks[name].map { .mark($0) } ?? .command(name))
  }

  private mutating func command() throws(MathFault) {
    guard let scalar = peek() else { return }
    guard Self.isLetter(scalar) else {
      position += 1
      switch scalar {
      case "{", "}":
        depth += scalar == "{" ? 1 : -1
        tokens.append(.command(String(scalar)))
      case "%": tokens.append(.mark("%"))
      case "\\":
        // Between rows; elsewhere a backslash that was escaped.
        if hasRows {
          tokens.append(.command("\\"))
        } else if Self.isLetter(peek()) {
          try command()
        }
      case "|": tokens.append(.mark("|"))
      case "$", "!", ",", ";", ":", " ", "(", ")", "[", "]", "\n": break
      default: throw MathFault()
      }
      return
    }
    let name = run(while: Self.isLetter)
    if Self.texts.contains(name) { return words(try braced()) }
    switch name {
    case "begin", "end":
      depth += name == "begin" ? 1 : -1
      tokens.append(.command(name))
      tokens.append(.symbol(try braced()))
      // The columns of an array.
      if name == "begin", peek() == "{" { _ = try braced() }
    case "left", "right":
      if peek() == "." { position += 1 }
    case "mathbb", "mathcal", "overline": tokens.append(.symbol(name + (try braced())))
    default: if Self.synonyms[name] != nil || !Self.ignored.contains(name) { named(name) }
    }
  }

  /// What stands in braces here.
  private mutating func braced() throws(MathFault) -> String {
    while peek() == " " { position += 1 }
    guard peek() == "{" else {
      guard let scalar = peek() else { throw MathFault() }
      position += 1
      return String(scalar)
    }
    position += 1
    var text = String.UnicodeScalarView()
    var open = 1
    while let scalar = peek() {
      position += 1
      if scalar == "{" { open += 1 }
      if scalar == "}" { open -= 1 }
      if open == 0 { return String(text) }
      text.append(scalar)
    }
    throw MathFault()
  }

  /// The content of \text.
  private mutating func words(_ text: String) {
    let content = PythonText.stripped(text)
    switch content {
    case "": break
    case "and", "or", ", and", ", or", ",": tokens.append(.mark(","))
    case _ where Self.words.contains(content): named(content)
    case _ where content.utf8.count == 1 && Self.isLetter(content.unicodeScalars.first): tokens.append(.text(content))
    default: tokens.append(.text(content))
    }
  }
}

/// A text that is no mathematical expression.
struct MathFault: Error {}

/// Words that say in what a number counts, as far as they are short: longer words behind a number count as units anyway.
enum MathUnits {
  static let names: Set<String> = [
    "cm", "mm", "km", "ft", "in", "yd", "mi", "kg", "mg", "lb", "lbs", "oz", "hr", "hrs", "min", "sec", "mph", "sq",
    "cu", "per", "am", "pm", "deg", "rad", "mL", "ml", "gal", "day", "way", "men",
  ]

  /// The tokens without the units that they end with: words behind something that has a number or a command.
  static func dropped(_ tokens: [MathToken]) -> [MathToken] {
    var rest = tokens[...]
    while true {
      var shorter = rest
      // cm^2, cm^{2}, cm2 is left.
      if case .mark("}")? = shorter.last, shorter.count > 4 {
        if case .number = shorter[shorter.endIndex - 2], shorter[shorter.endIndex - 3] == .mark("{"),
          shorter[shorter.endIndex - 4] == .mark("^")
        {
          shorter = shorter.dropLast(4)
        }
      } else if case .number? = shorter.last, shorter.count > 2, shorter[shorter.endIndex - 2] == .mark("^") {
        shorter = shorter.dropLast(2)
      }
      guard case .text? = shorter.last else { break }
      shorter = shorter.dropLast()
      if shorter.last == .mark("/") { shorter = shorter.dropLast() }
      guard shorter.contains(where: isValue) else { break }
      if let last = shorter.last, isOpen(last) { break }
      rest = shorter
    }
    return Array(rest)
  }

  private static func isValue(_ token: MathToken) -> Bool {
    switch token {
    case .number, .recurring, .command("pi"), .command("frac"), .command("sqrt"): true
    default: false
    }
  }

  private static func isOpen(_ token: MathToken) -> Bool {
    guard case .mark(let mark) = token else { return false }
    return "+-*/^_=<>≤≥≠,;:([{&".contains(mark)
  }
}
