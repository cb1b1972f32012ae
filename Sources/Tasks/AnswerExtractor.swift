import Support

/// What of a generated text is taken for the answer.
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
    case pattern(String, takesLast: Bool)
  }

  private let method: Method

  init(_ rule: Rule) { method = .rule(rule) }

  /// A regular expression in the syntax of Swift's Regex (that of Perl, mostly): its first group, or the whole match where
  /// it has none.
  init(pattern: String, takesLast: Bool, _ place: String) throws(BenchmarkError) {
    do { _ = try Regex(pattern) } catch {
      throw BenchmarkError(.invalidArgument, "\(place) \"\(pattern)\" is no regular expression: \(error)")
    }
    method = .pattern(pattern, takesLast: takesLast)
  }

  /// The answer in a text, without white space at its ends; nil if there is none.
  func answer(in text: String) -> String? {
    let found: String?
    switch method {
    case .rule(.all): found = text
    case .rule(.firstLine):
      found = text.split(whereSeparator: \.isNewline).map { PythonText.stripped(String($0)) }.first { !$0.isEmpty }
    case .rule(.firstNumber): found = NumberText.all(in: text).first?.text
    case .rule(.lastNumber): found = NumberText.all(in: text).last?.text
    case .pattern(let source, let takesLast): found = Self.match(source, text, takesLast: takesLast)
    }
    let answer = found.map(PythonText.stripped)
    return answer?.isEmpty == true ? nil : answer
  }

  private static func match(_ source: String, _ text: String, takesLast: Bool) -> String? {
    // Made anew each time: a Regex may not be shared between threads, and reading it costs nothing beside a generation.
    guard let regex = try? Regex(source).matchingSemantics(.unicodeScalar) else { return nil }
    let match = takesLast ? text.matches(of: regex).last : text.firstMatch(of: regex)
    guard let output = match?.output else { return nil }
    return (output.count > 1 ? output[1].substring : output[0].substring).map(String.init)
  }
}
