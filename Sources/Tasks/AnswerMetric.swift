import Evaluation
import Support

/// How an answer is compared with the right one.
struct AnswerMetric: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    /// Both are the same text after the normalisations.
    case exactMatch = "exact_match"
    /// The answer holds the right one, after the normalisations.
    case contains
    /// Both are numbers that differ by no more than the tolerance.
    case numericMatch = "numeric_match"
  }

  /// What is done to both sides before they are compared, in the order of this list.
  enum Normalization: String, CaseIterable, Sendable {
    case lowercase
    /// ASCII punctuation goes.
    case punctuation
    /// The words a, an and the go.
    case articles
    /// Runs of white space become one space.
    case whitespace
  }

  let kind: Kind
  let normalizations: Set<Normalization>
  let tolerance: Double

  var metric: Metric {
    switch kind {
    case .exactMatch:
      Metric(
        name: kind.rawValue, summary: "the share of responses that are the right text", harnessName: "exact_match,none")
    case .contains: Metric(name: kind.rawValue, summary: "the share of responses that contain the right text")
    case .numericMatch: Metric(name: kind.rawValue, summary: "the share of responses that are the right number")
    }
  }

  /// Why a right answer cannot be compared with; nil if it can.
  func objection(to target: String) -> String? {
    switch kind {
    case .numericMatch: NumberText.value(target) == nil ? "the answer \"\(target)\" is not a number" : nil
    case .exactMatch, .contains: normalized(target).isEmpty ? "the answer \"\(target)\" is empty once normalised" : nil
    }
  }

  func isRight(_ answer: String, target: String) -> Bool {
    switch kind {
    case .exactMatch: return PythonText.areSame(normalized(answer), normalized(target))
    case .contains: return holds(Array(normalized(answer).unicodeScalars), Array(normalized(target).unicodeScalars))
    case .numericMatch:
      guard let value = NumberText.value(answer), let wanted = NumberText.value(target) else { return false }
      return (value - wanted).magnitude <= tolerance
    }
  }

  func normalized(_ text: String) -> String {
    var text = text
    if normalizations.contains(.lowercase) { text = text.lowercased() }
    if normalizations.contains(.punctuation) {
      text = String(text.unicodeScalars.filter { !Self.isPunctuation($0) })
    }
    if normalizations.contains(.articles) {
      // With the words parted by one space, as the next step leaves them: an article that goes takes its space along.
      let words = Self.words(text).filter { !["a", "an", "the"].contains($0.lowercased()) }
      text = words.joined(separator: " ")
    }
    if normalizations.contains(.whitespace) { text = Self.words(text).joined(separator: " ") }
    return PythonText.stripped(text)
  }

  private static func words(_ text: String) -> [String] {
    text.unicodeScalars.split(whereSeparator: PythonText.isSpace).map { String($0) }
  }

  /// Python's `string.punctuation`.
  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }

  private func holds(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar]) -> Bool {
    part.count <= text.count && (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)] == part[...] }
  }
}
