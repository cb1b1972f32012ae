import Support

/// A part of a template's text.
struct Token {
  enum Kind: Equatable {
    case text(String)
    case blockBegin, blockEnd, outputBegin, outputEnd
    case name(String), string(String), integer(Int), number(Double)
    case sign(String)
    case end

    static func == (left: Kind, right: Kind) -> Bool {
      switch (left, right) {
      case (.blockBegin, .blockBegin), (.blockEnd, .blockEnd), (.outputBegin, .outputBegin), (.outputEnd, .outputEnd),
        (.end, .end):
        true
      case (.name(let first), .name(let second)), (.sign(let first), .sign(let second)): first == second
      default: false
      }
    }
  }

  let kind: Kind
  let line: Int
}

/// Cuts a template into tokens, as jinja2's lexer does: marks of white space control are dealt with here.
struct Lexer {
  private let source: [Unicode.Scalar]
  private let settings: Template.Settings
  private var offset = 0
  private var line = 1
  /// Whether the last thing read ended with a line break; so does the beginning.
  private var isAtLineStart = true
  private var tokens: [Token] = []

  init(_ text: String, _ settings: Template.Settings) {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      // Line breaks of every kind become "\n".
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    for index in scalars.indices where scalars[index] == "\r" { scalars[index] = "\n" }
    if !settings.keepsTrailingNewline, scalars.last == "\n" { scalars.removeLast() }
    source = scalars
    self.settings = settings
  }

  /// The tokens of the text, an `end` last.
  mutating func all() throws(Fault) -> [Token] {
    while offset < source.count { try root() }
    tokens.append(Token(kind: .end, line: line))
    return tokens
  }

  private func fault(_ message: String) -> Fault { Fault(.syntax, message, line: line) }

  private func isAt(_ text: String, _ place: Int) -> Bool {
    var place = place
    for scalar in text.unicodeScalars {
      if place >= source.count || source[place] != scalar { return false }
      place += 1
    }
    return true
  }

  private func skipSpace(_ place: Int) -> Int {
    var place = place
    while place < source.count, PythonText.isSpace(source[place]) { place += 1 }
    return place
  }

  /// Moves on, counting lines.
  private mutating func advance(to place: Int) {
    for index in offset..<place where source[index] == "\n" { line += 1 }
    if place > offset { isAtLineStart = source[place - 1] == "\n" }
    offset = place
  }

  /// Text up to a tag, and the tag.
  private mutating func root() throws(Fault) {
    var begin = offset
    while begin < source.count, !isTag(begin) { begin += 1 }
    guard begin < source.count else {
      appendText(source[offset...])
      advance(to: source.count)
      return
    }
    let isOutput = source[begin + 1] == "{"
    let mark = begin + 2 < source.count ? source[begin + 2] : " "
    appendText(stripped(offset..<begin, mark, isOutput: isOutput))
    let hasMark = mark == "-" || mark == "+"
    if source[begin + 1] == "%", let inner = rawBegin(begin) {
      advance(to: inner)
      try raw()
      return
    }
    advance(to: begin)
    let line = line
    advance(to: begin + (hasMark ? 3 : 2))
    switch source[begin + 1] {
    case "#": try comment()
    case "%": try tag(begin: .blockBegin, end: .blockEnd, close: "%}", line)
    default: try tag(begin: .outputBegin, end: .outputEnd, close: "}}", line)
    }
  }

  private func isTag(_ place: Int) -> Bool {
    source[place] == "{" && place + 1 < source.count && ["{", "%", "#"].contains(source[place + 1])
  }

  private mutating func appendText(_ scalars: ArraySlice<Unicode.Scalar>) {
    if !scalars.isEmpty { tokens.append(Token(kind: .text(String(scalars: scalars)), line: line)) }
  }

  /// What a tag leaves of the text in front of it.
  private func stripped(_ range: Range<Int>, _ mark: Unicode.Scalar, isOutput: Bool) -> ArraySlice<Unicode.Scalar> {
    var text = source[range]
    if mark == "-" {
      while let last = text.last, PythonText.isSpace(last) { text.removeLast() }
    } else if mark != "+", settings.stripsBlocks, !isOutput {
      let lineStart = text.lastIndex(of: "\n").map { $0 + 1 } ?? (isAtLineStart ? text.startIndex : nil)
      if let lineStart, text[lineStart...].allSatisfy(PythonText.isSpace) { text = text[..<lineStart] }
    }
    return text
  }

  /// Where the tag whose closing mark begins at a place has its end, with the white space that it takes; nil where it does
  /// not close there.
  private func closing(_ close: String, at place: Int) -> Int? {
    let isOutput = close == "}}"
    if isAt("-" + close, place) { return skipSpace(place + 3) }
    if !isOutput, isAt("+" + close, place) { return place + 3 }
    guard isAt(close, place) else { return nil }
    let takesBreak = !isOutput && settings.trimsBlocks && isAt("\n", place + 2)
    return place + (takesBreak ? 3 : 2)
  }

  private mutating func comment() throws(Fault) {
    var place = offset
    while place < source.count {
      if let end = closing("#}", at: place) {
        advance(to: end)
        return
      }
      place += 1
    }
    throw fault("a comment is not closed")
  }

  /// Where the content of a `raw` tag at a place begins; nil if it is another.
  private func rawBegin(_ place: Int) -> Int? {
    var inner = place + 2
    if isAt("-", inner) || isAt("+", inner) { inner += 1 }
    inner = skipSpace(inner)
    guard isAt("raw", inner) else { return nil }
    inner = skipSpace(inner + 3)
    if isAt("-%}", inner) { return skipSpace(inner + 3) }
    return isAt("%}", inner) ? inner + 2 : nil
  }

  private mutating func raw() throws(Fault) {
    var place = offset
    while place < source.count {
      if isAt("{%", place) {
        var inner = place + 2
        let mark = inner < source.count ? source[inner] : " "
        if mark == "-" || mark == "+" { inner += 1 }
        inner = skipSpace(inner)
        if isAt("endraw", inner), let end = closing("%}", at: skipSpace(inner + 6)) {
          appendText(stripped(offset..<place, mark, isOutput: false))
          advance(to: end)
          return
        }
      }
      place += 1
    }
    throw fault("a raw block is not closed")
  }

  private mutating func tag(begin: Token.Kind, end: Token.Kind, close: String, _ beginLine: Int) throws(Fault) {
    tokens.append(Token(kind: begin, line: beginLine))
    var open: [Unicode.Scalar] = []
    while true {
      advance(to: skipSpace(offset))
      guard offset < source.count else { throw fault("a tag is not closed") }
      if open.isEmpty, let after = closing(close, at: offset) {
        tokens.append(Token(kind: end, line: line))
        advance(to: after)
        return
      }
      let (kind, after) = try content(&open)
      tokens.append(Token(kind: kind, line: line))
      advance(to: after)
    }
  }

  private static let signs = [
    "==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",",
    ":", ".", "|", ";",
  ]

  /// The token at the offset and where it ends.
  private func content(_ open: inout [Unicode.Scalar]) throws(Fault) -> (Token.Kind, Int) {
    let first = source[offset]
    if first == "'" || first == "\"" { return try StringLiteral.read(source, offset, line) }
    if let number = try NumberLiteral.read(source, offset, line) { return number }
    var end = offset
    while end < source.count, source[end].isWordScalar { end += 1 }
    if end > offset {
      if !first.isNameStart { throw fault("a name cannot begin with \"\(first)\"") }
      return (.name(String(scalars: source[offset..<end])), end)
    }
    guard let sign = Self.signs.first(where: { isAt($0, offset) }) else {
      throw fault("unexpected \"\(first)\" in a tag")
    }
    switch first {
    case "(": open.append(")")
    case "[": open.append("]")
    case "{": open.append("}")
    case ")", "]", "}":
      guard let wanted = open.popLast() else { throw fault("unmatched \"\(first)\"") }
      if wanted != first { throw fault("\"\(wanted)\" is missing before \"\(first)\"") }
    default: break
    }
    return (.sign(sign), offset + sign.unicodeScalars.count)
  }
}
