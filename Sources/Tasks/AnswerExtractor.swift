import Patterns
import Support

/// The rule that finds the answer in a generated text.
struct AnswerExtractor: Sendable {
  /// The rules that have names; a regular expression is the other way.
  enum Rule: String, CaseIterable, Sendable {
    /// The whole text.
    case all
    /// The first line that is not empty.
    case firstLine = "first_line"
    case firstNumber = "first_number"
    case lastNumber = "last_number"
  }

  private enum Method: Sendable {
    case rule(Rule)
    case pattern(Pattern, takesLast: Bool)
  }

  private let method: Method

  init(_ rule: Rule) { method = .rule(rule) }

  /// A regular expression of Python's `re`: of a match the first group that has a text, or the whole match where there are no
  /// groups, as lm-evaluation-harness takes it.
  init(pattern: String, takesLast: Bool, _ place: String) throws(BenchmarkError) {
    do throws(BenchmarkError) {
      method = .pattern(try Pattern(pattern), takesLast: takesLast)
    } catch {
      throw BenchmarkError(error.kind, "\(place): \(error.message)")
    }
  }

  /// The answer in a text, without white space at its ends; nil if there is none.
  ///
  /// Errors: a regular expression that takes too long.
  func answer(in text: String) throws(BenchmarkError) -> String? {
    let found: String?
    switch method {
    case .rule(.all): found = text
    case .rule(.firstLine):
      found = text.split(whereSeparator: \.isNewline).map { PythonText.stripped(String($0)) }.first { !$0.isEmpty }
    case .rule(.firstNumber): found = NumberText.all(in: text).first?.text
    case .rule(.lastNumber): found = NumberText.all(in: text).last?.text
    case .pattern(let pattern, let takesLast):
      let match = takesLast ? try pattern.matches(in: text).last : try pattern.firstMatch(in: text)
      found = match.flatMap { match in
        match.groups.count == 1 ? match.groups[0] : match.groups.dropFirst().compactMap(\.self).first { !$0.isEmpty }
      }
    }
    let answer = found.map(PythonText.stripped)
    return answer?.isEmpty == true ? nil : answer
  }
}
