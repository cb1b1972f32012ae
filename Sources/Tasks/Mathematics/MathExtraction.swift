import Support

/// Finds the answer in what a model wrote, or in a solution, where math-verify 0.9.0 (H. Kydlicek, 2024) finds it.
///
/// Candidates are formulas between marks, boxes, and numbers or sums of numbers in plain text. Those behind "the final answer is"
/// with "I hope" after them come first, then the last box or what "final answer is" says, then what stands behind "answer:", behind
/// "answer", and anywhere; of equal ones the last that can be read.
struct MathExtraction {
  private struct Candidate {
    let text: String
    let start: Int
    let end: Int
  }

  private let scalars: [Unicode.Scalar]
  /// The text with small letters of ASCII.
  private let lower: [Unicode.Scalar]
  /// Each in the order of the text.
  private var formulas: [Candidate] = []
  private var plain: [Candidate] = []

  /// The answer as it is written; nil where there is nothing like one.
  static func answer(in text: String) -> String? { MathExtraction(text).answer }

  private init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    lower = scalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar($0.value + 32) ?? $0 : $0 }
    formulas = foundFormulas()
    plain = foundNumbers()
  }

  private var answer: String? {
    var fallback: String?
    let final = ends(of: "final answer")
    let colon = ends(of: "answer:")
    let groups: [() -> [Candidate]] = [
      { ends(of: "final answer is").flatMap { behind($0) }.filter { isHoped($0.end) } },
      { final.compactMap(afterIs).flatMap { behind($0) } + box() },
      { near(colon) }, { near(ends(of: "answer")) }, { formulas + plain },
    ]
    for group in groups {
      for candidate in group().sorted(by: { ($0.end, -$0.start) > ($1.end, -$1.start) }) {
        if MathExpression(candidate.text) != nil { return candidate.text }
        fallback = fallback ?? candidate.text
      }
    }
    return fallback
  }

  // MARK: Places

  private func string(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[range])
    return String(view)
  }

  private func stands(_ word: [Unicode.Scalar], at position: Int, in scalars: [Unicode.Scalar]) -> Bool {
    position + word.count <= scalars.count && scalars[position..<position + word.count].elementsEqual(word)
  }

  private func isSpace(_ index: Int) -> Bool { index < scalars.count && PythonText.isSpace(scalars[index]) }

  private func isDigit(_ index: Int) -> Bool { index < scalars.count && ("0"..."9").contains(scalars[index]) }

  /// The positions behind a text, wherever it stands.
  private func ends(of text: String) -> [Int] {
    let word = Array(text.unicodeScalars)
    return lower.indices.filter { lower[$0] == word[0] && stands(word, at: $0, in: lower) }.map { $0 + word.count }
  }

  /// The position behind " is" in the hundred characters from a position on.
  private func afterIs(_ position: Int) -> Int? {
    let word = Array("is".unicodeScalars)
    let starts = position..<min(position + 101, scalars.count)
    return starts.first { isSpace($0) && stands(word, at: $0 + 1, in: lower) }.map { $0 + 3 }
  }

  /// Candidates that begin here, but for a colon and spaces.
  private func behind(_ position: Int) -> [Candidate] {
    var start = position
    if start < scalars.count, scalars[start] == ":" { start += 1 }
    while isSpace(start) { start += 1 }
    return [formulas, plain].compactMap { Self.next($0, from: position) }.filter { $0.start <= start }
  }

  private func isHoped(_ position: Int) -> Bool {
    var position = position
    if position < scalars.count, scalars[position] == "." { position += 1 }
    if isSpace(position) { position += 1 }
    return stands(Array("I hope".unicodeScalars), at: position, in: scalars)
  }

  /// The first candidates in the fifty characters behind each position.
  private func near(_ positions: [Int]) -> [Candidate] {
    positions.flatMap { position in
      [formulas, plain].compactMap { Self.next($0, from: position) }.filter { $0.start <= position + 50 }
    }
  }

  private static func next(_ candidates: [Candidate], from position: Int) -> Candidate? {
    var (low, high) = (0, candidates.count)
    while low < high {
      let middle = (low + high) / 2
      if candidates[middle].start < position { low = middle + 1 } else { high = middle }
    }
    return low < candidates.count ? candidates[low] : nil
  }

  // MARK: Boxes

  /// What stands in the last box, with the boxes before it that belong to it: close ones, and others behind a separator.
  private func box() -> [Candidate] {
    var contents: [String] = []
    var start = scalars.count
    var end = 0
    var failures = 0
    let word = Array("\\boxed".unicodeScalars)
    for position in scalars.indices.reversed() where stands(word, at: position, in: scalars) {
      guard let box = content(behind: position + word.count) else {
        // Each was looked through up to the end.
        failures += 1
        if failures > 20 { return [] }
        continue
      }
      if contents.isEmpty {
        end = box.end
      } else if start - box.end >= 10 {
        let between = box.end < start ? string(box.end..<start) : ""
        let words = between.split { !($0.isLetter || $0 == "," || $0 == ";") }.map(String.init)
        let isSeparated =
          between.contains(",") || between.contains(";") || words.contains("and") || words.contains("or")
        if contents.last == box.content || start - box.end >= 70 || !isSeparated { break }
      }
      if contents.last != box.content { contents.append(box.content) }
      // No answer has more; each box in a box holds all within it.
      if contents.count == 20 { break }
      start = position
    }
    if contents.isEmpty { return [] }
    return [Candidate(text: contents.reversed().joined(separator: ","), start: start, end: end)]
  }

  private func content(behind position: Int) -> (content: String, end: Int)? {
    var index = position
    while isSpace(index) { index += 1 }
    guard index < scalars.count, scalars[index] == "{" else {
      // \boxed 7
      var end = index
      while end < scalars.count, scalars[end] != "$", !isSpace(end) { end += 1 }
      return index == position || end == index ? nil : (string(index..<end), end)
    }
    var depth = 0
    for end in index..<scalars.count {
      if scalars[end] == "{" { depth += 1 }
      if scalars[end] == "}" { depth -= 1 }
      if depth == 0 { return (PythonText.stripped(string(index + 1..<end)), end + 1) }
    }
    // A box that the limit of tokens cut.
    return nil
  }

  // MARK: Formulas

  /// What stands between marks of formulas, $...$, $$...$$, \(...\), \[...\], those with a comma, "and" or "or" between them as
  /// one, and fractions of two numbers without marks.
  private func foundFormulas() -> [Candidate] {
    let marks = [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")].map {
      (Array($0.0.unicodeScalars), Array($0.1.unicodeScalars))
    }
    var found: [Candidate] = []
    // A mark that nothing closes is looked for once.
    var unclosed = Set<Int>()
    var index = 0
    while index < scalars.count {
      guard scalars[index] == "$" || scalars[index] == "\\" else {
        index += 1
        continue
      }
      if let end = bareFraction(index) {
        let isNegative = index > 0 && scalars[index - 1] == "-"
        let start = isNegative ? index - 1 : index
        found.append(Candidate(text: string(start..<end), start: start, end: end))
        index = end
        continue
      }
      let isEscaped = scalars[index] == "$" && index > 0 && (scalars[index - 1] == "\\" || isDigit(index - 1))
      guard !isEscaped, let kind = marks.indices.first(where: { stands(marks[$0].0, at: index, in: scalars) }),
        !unclosed.contains(kind)
      else {
        index += 1
        continue
      }
      let start = index + marks[kind].0.count
      var end = start
      while end < scalars.count,
        !stands(marks[kind].1, at: end, in: scalars) || scalars[end] == "$" && scalars[end - 1] == "\\"
      { end += 1 }
      if end == scalars.count {
        unclosed.insert(kind)
        index = start
        continue
      }
      let close = end + marks[kind].1.count
      if end > start { join(Candidate(text: string(start..<end), start: index, end: close), to: &found) }
      index = close
    }
    return found
  }

  private func join(_ candidate: Candidate, to found: inout [Candidate]) {
    if let last = found.last, candidate.start - last.end < 12 {
      let between = PythonText.stripped(string(last.end..<candidate.start))
      if ["and", "or", ",", ",and", ",or"].contains(between) {
        found[found.count - 1] = Candidate(
          text: last.text + "," + candidate.text, start: last.start, end: candidate.end)
        return
      }
    }
    found.append(candidate)
  }

  /// Where `\frac{1}{2}` ends.
  private func bareFraction(_ position: Int) -> Int? {
    let word = Array("\\frac".unicodeScalars)
    guard stands(word, at: position, in: scalars) else { return nil }
    var index = position + word.count
    for _ in 0..<2 {
      guard index < scalars.count, scalars[index] == "{" else { return nil }
      index += 1
      if index < scalars.count, scalars[index] == "-" { index += 1 }
      let start = index
      while isDigit(index) || index > start && index < scalars.count && ".,".unicodeScalars.contains(scalars[index]) {
        index += 1
      }
      guard index > start, index < scalars.count, scalars[index] == "}" else { return nil }
      index += 1
    }
    return index
  }

  // MARK: Numbers

  /// Numbers, and sums and products of numbers, at the beginning of a line or behind a space or "=".
  private func foundNumbers() -> [Candidate] {
    var found: [Candidate] = []
    var index = 0
    while index < scalars.count {
      let isFirst = index == 0 || isSpace(index - 1) || scalars[index - 1] == "="
      guard isFirst else {
        index += 1
        continue
      }
      var start = index
      if stands(["*", "*"], at: start, in: scalars) { start += 2 }
      let sum = foundSum(start)
      if start < scalars.count, scalars[start].properties.generalCategory == .currencySymbol { start += 1 }
      let candidate = sum ?? foundNumber(start)
      if let candidate { found.append(candidate) }
      index = max(index + 1, candidate?.end ?? 0)
    }
    return found
  }

  private func foundSum(_ start: Int) -> Candidate? {
    var first = start
    for mark: Unicode.Scalar in ["-", "(", "-"] where first < scalars.count && scalars[first] == mark { first += 1 }
    guard isDigit(first) else { return nil }
    let operators = "+-*×/^()÷".unicodeScalars
    var end = first
    while isDigit(end) || isSpace(end)
      || end < scalars.count && (scalars[end] == "." || operators.contains(scalars[end]))
    {
      end += 1
    }
    let isClosed = end == scalars.count || ",:$".unicodeScalars.contains(scalars[end])
    if !isClosed, scalars[end - 1] != ".", scalars[end - 1] != ")", !isSpace(end - 1) { return nil }
    while end > first, isSpace(end - 1) || scalars[end - 1] == "." { end -= 1 }
    guard scalars[first..<max(first, end - 1)].contains(where: { operators.contains($0) }) else { return nil }
    let text = string(start..<end)
    return MathExpression(text) == nil ? nil : Candidate(text: text, start: start, end: end)
  }

  private func foundNumber(_ start: Int) -> Candidate? {
    var end = start
    if end < scalars.count, scalars[end] == "-" { end += 1 }
    let first = end
    while isDigit(end) { end += 1 }
    if (1...3).contains(end - first) {
      // 1,234 and 1 234.
      while end < scalars.count, scalars[end] == "," || scalars[end] == " ", (1...3).allSatisfy({ isDigit(end + $0) }),
        !isDigit(end + 4)
      { end += 4 }
    }
    let whole = string(start..<end).filter { $0 != "," && $0 != " " }
    var text = whole
    if end < scalars.count, scalars[end] == "." || scalars[end] == "," && end > first, isDigit(end + 1) {
      let point = end
      end += 1
      while isDigit(end) { end += 1 }
      text += "." + string(point + 1..<end)
    }
    guard end > first, isDigit(end - 1) else { return nil }
    var sign = end
    while isSpace(sign) { sign += 1 }
    for word in ["%", "percent", "pct"] where stands(Array(word.unicodeScalars), at: sign, in: lower) {
      return Candidate(text: text + "%", start: start, end: sign + word.utf8.count)
    }
    return Candidate(text: text, start: start, end: end)
  }
}
