import Patterns
import Support

/// AIME: the boxed text, else the one between the first dollar sign and the last, compared as MATH's are.
enum AIMEHooks {
  static let results: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let parts = PythonValue.split(results.text, "$")
    var answer = parts.count <= 2 ? results.text : parts[1..<(parts.count - 1)].joined(separator: "$")
    if let boxed = MathAnswer.lastBoxed(results.text, takesSpace: true),
      let content = MathAnswer.unboxed(boxed, takesSpace: true)
    {
      answer = content
    }
    guard let right = document.members.first(where: { $0.key.lowercased() == "answer" })?.value else {
      throw DocumentReader(document).missing("answer", "a number")
    }
    return ["exact_match": .number(MathAnswer.areEqual(answer, PythonValue.text(right)) ? 1 : 0)]
  }
}

/// Answers compared as mathematics: what math-verify does, with `MathExpression` in place of sympy.
enum MathVerifyHooks {
  /// The right answer is the field "answer", or the one of the field "solution".
  static let results: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let right: String?
    if let answer = document["answer"], !answer.isNull {
      right = PythonValue.text(answer)
    } else {
      right = MathExtraction.answer(in: try DocumentReader(document).text("solution"))
    }
    return ["math_verify": .number(isRight(right, results.text) ? 1 : 0)]
  }

  static func isRight(_ right: String?, _ response: String) -> Bool {
    guard let right, let answer = MathExtraction.answer(in: response) else { return false }
    return MathExpression.areEqual(right, answer)
  }
}

/// MATH as Minerva asks it (A. Lewkowycz et al., 2022): the text behind "The final answer is", normalised by the rules of its
/// appendix D.
///
/// Where texts differ, the harness compares terms with sympy, and here `MathExpression` does.
enum MinervaHooks {
  static let rows: NativeHooks.Rows = { (rows) throws(BenchmarkError) in
    var made: [JSONObject] = []
    for row in rows {
      let reader = DocumentReader(row)
      guard let boxed = MathAnswer.lastBoxed(try reader.text("solution"), takesSpace: true),
        let answer = MathAnswer.unboxed(boxed, takesSpace: true)
      else { throw reader.missing("solution", "a solution with its answer in \\boxed") }
      var row = row
      row["answer"] = .string(try normalized(answer))
      made.append(row)
    }
    return made
  }

  static let results: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let reader = DocumentReader(document)
    let right = try reader.text("answer")
    let said = try Pattern("Final Answer: The final answer is(.*?). I hope it is correct.")
      .firstMatch(in: results.text + "I hope it is correct.")
    let answer = try normalized(said.map { PythonText.stripped($0.groups[1] ?? "") } ?? "[invalidanswer]")
    let isExact = PythonText.areSame(answer, right) && !answer.isEmpty || MathExpression.areEqualTerms(right, answer)
    let isVerified = MathVerifyHooks.isRight(
      MathExtraction.answer(in: try reader.text("solution")), results.text)
    return ["exact_match": .number(isExact ? 1 : 0), "math_verify": .number(isVerified ? 1 : 0)]
  }

  /// Texts that are replaced, in this order.
  private static let replacements = [
    ("an ", ""), ("a ", ""), (".$", "$"), ("\\$", ""), ("\\ ", ""), (" ", ""), ("mbox", "text"), (",\\text{and}", ","),
    ("\\text{and}", ","), ("\\text{m}", "\\text{}"),
  ]
  private static let units = [
    "square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", "\\ldots", "sue", "points",
    "feet", "minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students",
    "childrentickets", "multiples", "\\text{s}", "\\text{.}", "\\text{\ns}", "\\text{}^2", "\\text{}^3", "\\text{\n}",
    "\\text{}", "\\mathrm{th}", "^\\circ", "^{\\circ}", "\\;", ",\\!", "{,}", "\"", "\\dots",
  ]
  /// A pattern, and which of its groups stay between which texts.
  private static let rewritings: [(String, @Sendable ([String?]) -> String)] = [
    (#"(.*?)(\$)(.*?)(\$)(.*)"#, { "$\($0[3] ?? "")$" }), (#"(\\text\{)(.*?)(\})"#, { $0[2] ?? "" }),
    (#"(\\textbf\{)(.*?)(\})"#, { $0[2] ?? "" }), (#"(\\overline\{)(.*?)(\})"#, { $0[2] ?? "" }),
    (#"(\\boxed\{)(.*)(\})"#, { $0[2] ?? "" }), ("(frac)([^{])(.)", { "frac{\($0[2] ?? "")}{\($0[3] ?? "")}" }),
    (#"(sqrt)(\[[^\]]*\])(\w)"#, { "sqrt\($0[2] ?? ""){\($0[3] ?? "")}" }),
    (#"(sqrt)(?!\[)([^{])"#, { "sqrt{\($0[2] ?? "")}" }),
  ]

  private static func isWord(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A } }

  static func normalized(_ answer: String) throws(BenchmarkError) -> String {
    var text = PythonValue.split(answer, "=").last ?? ""
    let words = units.filter(isWord).joined(separator: "|")
    text = try Pattern(#"(?<!\\)\b(?:"# + words + #")\b"#).replaced(in: text, with: "")
    for (old, new) in replacements { text = PythonValue.replaced(text, old, new) }
    let command = try Pattern(#"\\[a-zA-Z]+"#)
    for unit in units {
      if !isWord(unit) {
        text = PythonValue.replaced(text, unit, "")
      } else if PythonValue.contains(text, unit) {
        text = try removed(unit, from: text, outside: command)
      }
    }
    for (pattern, replacement) in rewritings {
      text = try Pattern(pattern).replaced(in: text) { replacement($0.groups) }
    }
    text = PythonValue.replaced(text, "$", "")
    let isGrouped = try Pattern(#"^-?\d{1,3}(,\d{3})+\Z"#).firstMatch(in: text) != nil
    return isGrouped ? PythonValue.replaced(text, ",", "") : text
  }

  /// A text without a unit, which stays in names of commands: \left has an ft.
  private static func removed(_ unit: String, from text: String, outside command: Pattern) throws(BenchmarkError)
    -> String
  {
    let bytes = Array(text.utf8)
    var result = ""
    var start = 0
    func take(upTo end: Int) {
      result += PythonValue.replaced(String(decoding: bytes[start..<end], as: UTF8.self), unit, "")
    }
    for match in try command.matches(in: text) {
      take(upTo: match.range.lowerBound)
      result += match.groups[0] ?? ""
      start = match.range.upperBound
    }
    take(upTo: bytes.count)
    return result
  }
}

/// GPQA: four choices in the order that the harness gives them.
enum GPQAHooks {
  /// The harness seeds Python's generator with 0 and shuffles the choices of one question after the other.
  static let rows: NativeHooks.Rows = { (rows) throws(BenchmarkError) in
    var generator = PythonRandom(seed: 0)
    var made: [JSONObject] = []
    for row in rows {
      let reader = DocumentReader(row)
      let keys = ["Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Correct Answer"]
      let right = cleaned(row[keys[3]])
      var choices = keys.map { cleaned(row[$0]) }
      generator.shuffle(&choices)
      guard let answer = choices.firstIndex(of: right) else { throw reader.missing(keys[3], "one of the choices") }
      var row = row
      for (index, choice) in choices.enumerated() { row["choice\(index + 1)"] = .string(choice) }
      row["choices"] = .array(choices.map { .string($0) })
      row["answer"] = .string("(\(["A", "B", "C", "D"][answer]))")
      made.append(row)
    }
    return made
  }

  private static func cleaned(_ value: JSONValue?) -> String {
    guard let text = value?.stringValue else { return " " }
    return PythonValue.replaced(PythonValue.replaced(PythonText.stripped(text), " [title]", ". "), "  ", " ")
  }
}
