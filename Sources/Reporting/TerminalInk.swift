/// How a terminal is told to colour a text, or that it is not: the sixteen colours that every theme has its own shades of.
///
/// Source of the codes: ECMA-48, Select Graphic Rendition.
enum TerminalInk: Sendable {
  case none
  case colored

  /// The head of a table.
  func head(_ text: String) -> String { wrapped(text, "1") }

  func painted(_ text: String, _ mark: Table.Mark) -> String {
    switch mark {
    case .best: wrapped(text, "1;32")
    case .tied: wrapped(text, "32")
    case .failed: wrapped(text, "31")
    case .faint: wrapped(text, "2")
    }
  }

  private func wrapped(_ text: String, _ code: String) -> String {
    self == .colored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
