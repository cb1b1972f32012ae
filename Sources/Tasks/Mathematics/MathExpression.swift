import Support

/// A mathematical answer: what is compared by value and not as a text.
indirect enum MathExpression: Sendable {
  case scalar(MathNode)
  /// A number of hundredths.
  case percent(MathNode)
  /// A number of another base: its digits.
  case based(String, base: String)
  /// A tuple, an interval, a set in braces, or a list without brackets.
  case sequence(open: String, close: String, [MathExpression])
  case union([MathExpression])
  case matrix([[MathExpression]])
  /// Sides with a relation between each and the next.
  case relation([MathExpression], [Character])
  case text(String)

  /// Answers longer than this are compared as texts.
  static let maximumBytes = 1500

  /// Reads an answer; nil where it is no expression that is known here.
  init?(_ text: String) {
    if text.utf8.count > Self.maximumBytes { return nil }
    guard let lexer = try? MathLexer(text), !lexer.tokens.isEmpty else { return nil }
    let tokens = MathUnits.dropped(lexer.tokens)
    var parser = MathParser(tokens, sign: 1)
    guard let expression = try? parser.whole() else { return nil }
    guard parser.hasSign else {
      self = expression
      return
    }
    var other = MathParser(tokens, sign: -1)
    guard let second = try? other.whole() else { return nil }
    // Of x = ±2 the two values.
    self = .sequence(open: "", close: "", Self.items(of: expression) + Self.items(of: second))
  }

  private static func items(of expression: MathExpression) -> [MathExpression] {
    if case .sequence("", _, let items) = expression { items } else { [expression] }
  }

  /// Whether an answer is the right one: the same text but for spaces and marks, or the same value.
  ///
  /// Numbers are equal if they are the same fraction, or within a relative difference of 1e-9 where one is not rational or is a long decimal; terms with
  /// symbols if they are equal at some points. The order in sets and lists does not count. Units and degrees are left out, an
  /// equation stands for its right side, 50% for 0.5 and for 50.
  static func areEqual(_ right: String, _ answer: String) -> Bool {
    let (first, second) = (plain(right), plain(answer))
    if first == second { return !first.isEmpty }
    // Numbers of more digits than are computed with.
    if isWhole(first), isWhole(second), first.utf8.count > 30 || second.utf8.count > 30 { return false }
    guard let a = MathExpression(right), let b = MathExpression(answer) else { return false }
    return a.isEqual(to: b)
  }

  private static func isWhole(_ text: String) -> Bool {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// A text without what says nothing, for answers in words.
  private static func plain(_ text: String) -> String {
    var text = PythonText.stripped(text)
    for command in ["\\text", "\\mathrm", "\\textbf", "\\mbox", "\\left", "\\right", "\\!", "\\,", "\\ "] {
      text = PythonValue.replaced(text, command, "")
    }
    while text.hasSuffix(".") { text.removeLast() }
    let kept = text.unicodeScalars.filter { !PythonText.isSpace($0) && !"{}$\"'".unicodeScalars.contains($0) }
    let result = String(String.UnicodeScalarView(kept))
    // x and X are two symbols, words are words however they begin.
    return result.utf8.count > 2 ? result.lowercased() : result
  }

  /// Whether another expression has the same value; the other one is the answer that is judged.
  func isEqual(to other: MathExpression) -> Bool {
    switch (self, other) {
    case (.relation(let sides, let marks), .relation(let others, let otherMarks)):
      return Self.areEqual(sides, marks, others, otherMarks)
    case (_, .relation(let sides, let marks)):
      if let last = sides.last, marks.allSatisfy({ $0 == "=" }) { return isEqual(to: last) }
      return other.interval.map { isEqual(to: $0) } ?? false
    case (.relation(let sides, let marks), _):
      if let last = sides.last, marks.allSatisfy({ $0 == "=" }) {
        return sides.count > 2 || sides[0].isName ? last.isEqual(to: other) : false
      }
      return interval.map { $0.isEqual(to: other) } ?? false
    case (.scalar(let first), .scalar(let second)): return first.isEqual(to: second)
    case (.percent(let first), .percent(let second)): return first.isEqual(to: second)
    case (.percent(let first), .scalar(let second)), (.scalar(let second), .percent(let first)):
      return first.isEqual(to: second)
        || MathNode.operation(.product, [first, .number(MathNumber(1, 100))]).isEqual(to: second)
    case (.based(let digits, let base), .based(let otherDigits, let otherBase)):
      return digits == otherDigits && base == otherBase
    case (.text(let first), .text(let second)): return Self.plain(first) == Self.plain(second)
    case (.text(let text), .scalar(let node)), (.scalar(let node), .text(let text)):
      if case .symbol(let name) = node { return Self.word(text) == Self.word(name) }
      return false
    case (.matrix(let first), .matrix(let second)):
      return Self.areEqual(first, second) { Self.areEqual($0, $1) { $0.isEqual(to: $1) } }
    case (.union(let first), .union(let second)): return Self.areSame(first, second)
    case (.sequence(let open, let close, let first), .sequence(let otherOpen, let otherClose, let second)):
      let isSet = open == "" || open == "{"
      if isSet, otherOpen == "" || otherOpen == "{" { return Self.areSame(first, second) }
      // A list may be meant for a tuple, never for an interval that has its ends.
      let isTuple = open + close == "()" || isSet
      let isOtherTuple = ["", "{", "("].contains(otherOpen) && otherClose != "]"
      if isTuple != isOtherTuple || !isTuple && open + close != otherOpen + otherClose { return false }
      return Self.areEqual(first, second) { $0.isEqual(to: $1) }
    case (.sequence("{", _, let items), _) where items.count == 1: return items[0].isEqual(to: other)
    case (_, .sequence("{", _, let items)) where items.count == 1: return isEqual(to: items[0])
    // 5, 5: a list of one value.
    case (_, .sequence("", _, let items)): return items.allSatisfy { isEqual(to: $0) }
    default: return false
    }
  }

  /// Whether there are words in it.
  var hasWords: Bool {
    switch self {
    case .text: true
    case .sequence(_, _, let items), .union(let items), .relation(let items, _): items.contains(where: \.hasWords)
    case .matrix(let rows): rows.joined().contains(where: \.hasWords)
    case .scalar, .percent, .based: false
    }
  }

  /// Whether two terms are equal; false for anything else than terms.
  static func areEqualTerms(_ first: String, _ second: String) -> Bool {
    guard case .scalar(let a)? = MathExpression(first), case .scalar(let b)? = MathExpression(second) else {
      return false
    }
    return a.isEqual(to: b)
  }

  private static func word(_ text: String) -> String {
    let text = PythonText.stripped(text)
    return text.hasPrefix("(") && text.hasSuffix(")") ? String(text.dropFirst().dropLast()) : text
  }

  private var isName: Bool {
    switch self {
    case .scalar(let node): node.isName
    case .text: true
    case .sequence(_, _, let items): items.allSatisfy(\.isName)
    default: false
    }
  }

  private static func areEqual<Item>(_ first: [Item], _ second: [Item], _ isEqual: (Item, Item) -> Bool) -> Bool {
    first.count == second.count && zip(first, second).allSatisfy(isEqual)
  }

  /// Whether each item of one list is in the other.
  private static func areSame(_ first: [MathExpression], _ second: [MathExpression]) -> Bool {
    first.allSatisfy { item in second.contains { item.isEqual(to: $0) } }
      && second.allSatisfy { item in first.contains { $0.isEqual(to: item) } }
  }

  // MARK: Relations

  private static let turned: [Character: Character] = ["<": ">", ">": "<", "≤": "≥", "≥": "≤"]

  private static func areEqual(
    _ sides: [MathExpression], _ marks: [Character], _ others: [MathExpression], _ otherMarks: [Character]
  ) -> Bool {
    // Of a chain of equations the first side and the last.
    let isEquation = marks.allSatisfy { $0 == "=" }
    if isEquation, sides.count > 2 || others.count > 2, otherMarks.allSatisfy({ $0 == "=" }) {
      return areEqual([sides[0], sides[sides.count - 1]], ["="], [others[0], others[others.count - 1]], ["="])
    }
    let isSame = { (a: [MathExpression], b: [MathExpression]) in areEqual(a, b) { $0.isEqual(to: $1) } }
    if marks == otherMarks, isSame(sides, others) { return true }
    let turnedMarks = otherMarks.reversed().map { turned[$0] ?? $0 }
    if marks == turnedMarks, isSame(sides, others.reversed()) { return true }
    guard marks.count == 1, otherMarks.count == 1, let difference = difference(sides),
      let other = self.difference(others), let ratio = difference.ratio(to: other)
    else { return false }
    return marks == (ratio > 0 || isEquation ? otherMarks : turnedMarks)
  }

  private static func difference(_ sides: [MathExpression]) -> MathNode? {
    guard case .scalar(let left) = sides[0], case .scalar(let right) = sides[1] else { return nil }
    return .operation(.sum, [left, .operation(.negative, [right])])
  }

  /// The interval that an inequality such as 2 < x ≤ 5 or x > 3 says.
  private var interval: MathExpression? {
    guard case .relation(let sides, let marks) = self else { return nil }
    if sides.count == 2 {
      if !sides[0].isName, sides[1].isName {
        return Self.relation([sides[1], sides[0]], [Self.turned[marks[0]] ?? marks[0]]).interval
      }
      guard sides[0].isName else { return nil }
      let infinity = MathNode.number(.infinity)
      switch marks[0] {
      case "<", "≤":
        return .sequence(
          open: "(", close: marks[0] == "<" ? ")" : "]", [.scalar(.operation(.negative, [infinity])), sides[1]])
      case ">", "≥": return .sequence(open: marks[0] == ">" ? "(" : "[", close: ")", [sides[1], .scalar(infinity)])
      default: return nil
      }
    }
    guard sides.count == 3, sides[1].isName else { return nil }
    if marks.allSatisfy({ $0 == ">" || $0 == "≥" }) {
      return Self.relation(sides.reversed(), marks.reversed().map { Self.turned[$0] ?? $0 }).interval
    }
    guard marks.allSatisfy({ $0 == "<" || $0 == "≤" }) else { return nil }
    return .sequence(open: marks[0] == "<" ? "(" : "[", close: marks[1] == "<" ? ")" : "]", [sides[0], sides[2]])
  }
}
