import Patterns
import Support

/// Answers in LaTeX, compared after the normalisations of MATH's authors (D. Hendrycks et al., NeurIPS 2021), as
/// lm-evaluation-harness has them.
enum MathAnswer {
  /// Why a text cannot be normalised: Python raises there, and the texts are then compared as they are.
  private struct Unreadable: Error {}

  /// Whether two answers are equal once normalised (hendrycks_math).
  static func areEqual(_ first: String, _ second: String) -> Bool {
    guard let (a, b) = try? (normalized(first, forgivesSlash: false), normalized(second, forgivesSlash: false)) else {
      return first == second
    }
    return a == b
  }

  /// Whether the answers within two texts are equal once normalised (agieval).
  static func areEqualWords(_ first: String, _ second: String?) -> Bool {
    guard let second else { return false }
    return areEqualAnswers(spoken(first), spoken(second))
  }

  private static func areEqualAnswers(_ first: String?, _ second: String?) -> Bool {
    guard let first, let second else { return first == nil && second == nil }
    guard let (a, b) = try? (normalized(first, forgivesSlash: true), normalized(second, forgivesSlash: true)) else {
      return first == second
    }
    return a == b
  }

  /// The last `\boxed{...}`, else `\fbox{...}`.
  ///
  /// - Parameter takesSpace: whether `\boxed ` up to a `$` is one.
  static func lastBoxed(_ text: String, takesSpace: Bool) -> String? {
    if takesSpace, PythonValue.contains(text, "\\boxed ") {
      let last = PythonValue.split(text, "\\boxed ").last ?? ""
      return "\\boxed " + (PythonValue.split(last, "$").first ?? "")
    }
    for name in ["\\boxed", "\\fbox"] {
      let parts = PythonValue.split(text, name)
      guard parts.count > 1, let rest = parts.last else { continue }
      var depth = 0
      var result = name
      for scalar in rest.unicodeScalars {
        result.unicodeScalars.append(scalar)
        if scalar == "{" { depth += 1 }
        if scalar == "}" {
          depth -= 1
          if depth == 0 { return result }
        }
      }
      return nil
    }
    return nil
  }

  /// What stands in the box; nil if the text is none.
  static func unboxed(_ text: String, takesSpace: Bool) -> String? {
    if takesSpace, PythonValue.contains(text, "\\boxed ") {
      return text.hasPrefix("\\boxed ") ? String(text.dropFirst(7)) : nil
    }
    guard text.hasPrefix("\\boxed{"), text.hasSuffix("}") else { return nil }
    return String(text.dropFirst(7).dropLast())
  }

  /// The answer within words: boxed, between dollar signs, behind the last sign of equality, or the last number.
  private static func spoken(_ text: String) -> String? {
    func afterEquality(_ text: String) -> String {
      guard text.contains("="), let last = PythonValue.split(text, "=").last else { return text }
      return String(last.drop { $0 == " " })
    }
    if PythonValue.contains(text, "\\boxed") {
      return lastBoxed(text, takesSpace: false).flatMap { unboxed($0, takesSpace: false) }.map(afterEquality)
    }
    if let match = try? Pattern(#"\$(.*)\$"#).matches(in: text).last, let found = match.groups[1],
      case let answer = afterEquality(found), !answer.isEmpty
    {
      return answer
    }
    if text.contains("=") {
      var last = afterEquality(text)
      while last.hasSuffix(".") { last.removeLast() }
      return PythonValue.split(last, "\\n").first
    }
    return (try? Pattern(#"(?:\$)?\d+(?:\.\d+)?(?![\w\d])"#).matches(in: text).last)?.groups[0]
  }

  private static func normalized(_ text: String, forgivesSlash: Bool) throws(Unreadable) -> String {
    var text = text
    for (old, new) in [
      ("\n", ""), ("\\!", ""), ("\\\\", "\\"), ("tfrac", "frac"), ("dfrac", "frac"), ("\\left", ""), ("\\right", ""),
      ("^{\\circ}", ""), ("^\\circ", ""), ("\\$", ""),
    ] { text = PythonValue.replaced(text, old, new) }
    let units = PythonValue.split(text, "\\text{ ")
    if units.count > 2 { throw Unreadable() }
    text = units[0]
    for (old, new) in [("\\%", ""), (" .", " 0."), ("{.", "{0.")] { text = PythonValue.replaced(text, old, new) }
    if text.isEmpty { return text }
    if text.hasPrefix(".") { text = "0" + text }
    let sides = PythonValue.split(text, "=")
    if sides.count == 2, sides[0].unicodeScalars.count <= 2 { text = sides[1] }
    text = try roots(text)
    text = PythonValue.replaced(text, " ", "")
    text = try fractions(text)
    if text == "0.5" { text = "\\frac{1}{2}" }
    return try slash(text, forgives: forgivesSlash)
  }

  /// `\sqrt3` as `\sqrt{3}`.
  private static func roots(_ text: String) throws(Unreadable) -> String {
    let parts = PythonValue.split(text, "\\sqrt")
    var result = parts[0]
    for part in parts.dropFirst() {
      guard let first = part.unicodeScalars.first else { throw Unreadable() }
      result += first == "{" ? "\\sqrt" + part : "\\sqrt{\(first)}" + String(part.unicodeScalars.dropFirst())
    }
    return result
  }

  /// `\frac12` as `\frac{1}{2}`.
  private static func fractions(_ text: String) throws(Unreadable) -> String {
    let parts = PythonValue.split(text, "\\frac")
    var result = parts[0]
    for part in parts.dropFirst() {
      let scalars = Array(part.unicodeScalars)
      guard let first = scalars.first else { throw Unreadable() }
      result += "\\frac"
      if first == "{" {
        result += part
        continue
      }
      if scalars.count < 2 { return text }
      var rest = String.UnicodeScalarView()
      rest.append(contentsOf: scalars.dropFirst(2))
      result += scalars[1] == "{" ? "{\(first)}{" + String(rest) : "{\(first)}{\(scalars[1])}" + String(rest)
    }
    return result
  }

  /// `1/2` as `\frac{1}{2}`.
  private static func slash(_ text: String, forgives: Bool) throws(Unreadable) -> String {
    let parts = PythonValue.split(text, "/")
    if parts.count != 2 { return text }
    guard let first = Int(parts[0]), let second = Int(parts[1]) else {
      if forgives { return text }
      throw Unreadable()
    }
    return text == "\(first)/\(second)" ? "\\frac{\(first)}{\(second)}" : text
  }
}
