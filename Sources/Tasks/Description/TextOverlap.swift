import Evaluation
import Support

/// Counts of n-grams that a response shares with a reference, for BLEU and chrF as sacrebleu 2 counts them.
enum TextOverlap {
  /// The sums of BLEU, or of chrF: of several references those that give the highest score.
  static func sums(_ aggregate: Metric.Aggregate, _ response: String, references: [String]) -> [Double] {
    if aggregate == .bleu { return words(response, references: references) }
    let all = references.map { characters(response, reference: $0, words: aggregate == .chrfWords) }
    return all.max { (aggregate.value(ofSums: $0) ?? 0) < (aggregate.value(ofSums: $1) ?? 0) } ?? []
  }

  /// Tokens of the response and of the nearest reference in length, then matching and all n-grams of 1 to 4. // [2 + 8]
  static func words(
    _ response: String, references: [String], tokens cut: (String) -> [String] = TextOverlap.tokens
  ) -> [Double] {
    let tokens = cut(response)
    let others = references.map(cut)
    let length = tokens.count
    // Of references that differ equally in length the shorter counts.
    let nearest = others.map(\.count).min { first, second in
      let (a, b) = (abs(first - length), abs(second - length))
      return a == b ? first < second : a < b
    }
    var sums = [Double(length), Double(nearest ?? 0)]
    var totals: [Double] = []
    for size in 1...4 {
      let counts = grams(tokens, size)
      var most: [[String]: Int] = [:]
      for other in others { most.merge(grams(other, size), uniquingKeysWith: max) }
      sums.append(Double(counts.reduce(0) { $0 + min($1.value, most[$1.key] ?? 0) }))
      totals.append(Double(counts.values.reduce(0, +)))
    }
    return sums + totals
  }

  /// BLEU of one response, with the tokens of NIST's mteval-v14 (sacrebleu's `intl`). // [0, 100]
  static func sentenceBLEU(_ response: String, reference: String) -> Double {
    Metric.Aggregate.bleu.value(
      ofSums: words(response, references: [reference], tokens: internationalTokens)) ?? 0
  }

  /// For n-grams of 1 to 6 characters, and with `words` of 1 and 2 words: those of the response (0 where the reference has
  /// none), of the reference, and the matching ones. // [3 * 6], with words [3 * 8]
  static func characters(_ response: String, reference: String, words: Bool) -> [Double] {
    func letters(_ text: String) -> [String] {
      text.unicodeScalars.filter { !PythonText.isSpace($0) }.map { String($0) }
    }
    let (made, wanted) = (letters(response), letters(reference))
    var sums: [Double] = []
    func add(_ made: [[String]: Int], _ wanted: [[String]: Int]) {
      sums += [
        Double(wanted.isEmpty ? 0 : made.values.reduce(0, +)), Double(wanted.values.reduce(0, +)),
        Double(made.reduce(0) { $0 + min($1.value, wanted[$1.key] ?? 0) }),
      ]
    }
    for size in 1...6 { add(grams(made, size), grams(wanted, size)) }
    if words {
      let (made, wanted) = (parted(response), parted(reference))
      for size in 1...2 { add(grams(made, size), grams(wanted, size)) }
    }
    return sums
  }

  static func grams(_ items: [String], _ size: Int) -> [[String]: Int] {
    var counts: [[String]: Int] = [:]
    guard items.count >= size else { return counts }
    for start in 0...(items.count - size) { counts[Array(items[start..<start + size]), default: 0] += 1 }
    return counts
  }

  /// Words, with a mark of punctuation at the end of one, or else at its beginning, on its own.
  private static func parted(_ text: String) -> [String] {
    PythonValue.words(text).flatMap { word -> [String] in
      let scalars = Array(word.unicodeScalars)
      guard scalars.count > 1, let first = scalars.first, let last = scalars.last else { return [word] }
      func part(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
      }
      if PythonPunctuation.contains(last) { return [part(scalars.dropLast()), part([last])] }
      if PythonPunctuation.contains(first) { return [part([first]), part(scalars.dropFirst())] }
      return [word]
    }
  }

  /// The tokens of NIST's mteval-v13a.
  static func tokens(_ line: String) -> [String] {
    var line = PythonValue.replaced(line, "<skipped>", "")
    line = PythonValue.replaced(PythonValue.replaced(line, "-\n", ""), "\n", " ")
    for (name, mark) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
      line = PythonValue.replaced(line, name, mark)
    }
    var scalars = Array(" \(line) ".unicodeScalars)
    scalars = scalars.flatMap { isSymbol($0) ? [" ", $0, " "] : [$0] }
    // A period or comma behind what is no digit, then one before what is no digit, then a dash behind a digit. Pairs do not
    // overlap, as matches of an expression.
    scalars = pairs(scalars) {
      !isDigit($0) && isPoint($1)
    } change: {
      [$0, " ", $1, " "]
    }
    scalars = pairs(scalars) {
      isPoint($0) && !isDigit($1)
    } change: {
      [" ", $0, " ", $1]
    }
    scalars = pairs(scalars) {
      isDigit($0) && $1 == "-"
    } change: {
      [$0, " ", $1, " "]
    }
    return words(scalars)
  }

  /// The tokens of NIST's mteval-v14: a mark of punctuation behind or before what is no number stands alone, and symbols do.
  private static func internationalTokens(_ line: String) -> [String] {
    var scalars = Array(line.unicodeScalars)
    scalars = pairs(scalars) {
      kind($0) != .number && kind($1) == .punctuation
    } change: {
      [$0, " ", $1, " "]
    }
    scalars = pairs(scalars) {
      kind($0) == .punctuation && kind($1) != .number
    } change: {
      [" ", $0, " ", $1]
    }
    return words(scalars.flatMap { kind($0) == .symbol ? [" ", $0, " "] : [$0] })
  }

  private enum Kind { case number, punctuation, symbol, other }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: .number
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      .punctuation
    case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: .symbol
    default: .other
    }
  }

  private static func words(_ scalars: [Unicode.Scalar]) -> [String] {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return PythonValue.words(String(view))
  }

  private static func pairs(
    _ scalars: [Unicode.Scalar], _ matches: (Unicode.Scalar, Unicode.Scalar) -> Bool,
    change: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
  ) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < scalars.count {
      if index + 1 < scalars.count, matches(scalars[index], scalars[index + 1]) {
        result += change(scalars[index], scalars[index + 1])
        index += 2
      } else {
        result.append(scalars[index])
        index += 1
      }
    }
    return result
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
  private static func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

  /// Marks that are tokens of their own: all of ASCII but apostrophe, comma, dash, period, and space.
  private static func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
    default: false
    }
  }
}
