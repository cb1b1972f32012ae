import Patterns
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
      throw BenchmarkError(error.kind, "\(place) \(error.message)")
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
    case .rule(.firstNumber): found = NumberText.all(in: text).first
    case .rule(.lastNumber): found = NumberText.all(in: text).last
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

/// Numbers as people write them: a sign, digits, commas between thousands, a point and more digits.
enum NumberText {
  /// The numbers in a text, in their order, as they stand.
  static func all(in text: String) -> [String] {
    let bytes = Array(text.utf8)
    var numbers: [String] = []
    var offset = 0
    while offset < bytes.count {
      guard isDigit(bytes[offset]) else {
        offset += 1
        continue
      }
      var start = offset
      if start > 0, bytes[start - 1] == UInt8(ascii: "."), start < 2 || !isDigit(bytes[start - 2]) { start -= 1 }
      // A hyphen after a letter or digit parts two words: "10-12" holds 10 and 12.
      if start > 0, bytes[start - 1] == UInt8(ascii: "-"), start < 2 || !isWord(bytes[start - 2]) { start -= 1 }
      var end = offset
      while end < bytes.count {
        let isSeparator = bytes[end] == UInt8(ascii: ",") || bytes[end] == UInt8(ascii: ".")
        if isDigit(bytes[end]) || (isSeparator && end + 1 < bytes.count && isDigit(bytes[end + 1])) {
          end += 1
        } else {
          break
        }
      }
      numbers.append(String(decoding: bytes[start..<end], as: UTF8.self))
      offset = end
    }
    return numbers
  }

  /// The value of a text that is one number, with or without `$`, `%` and commas; nil if it is none.
  static func value(_ text: String) -> Double? {
    let kept = String(PythonText.stripped(text).filter { !"$,%".contains($0) })
    guard kept.utf8.contains(where: isDigit), let value = Double(kept), value.isFinite else { return nil }
    return value
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte >= 0x80 || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }
}
