/// Finding and replacing texts in texts, byte by byte of their UTF-8.
///
/// The standard library's own come with its regular expressions, which would be a twentieth of the library; no module here
/// imports them (Package.swift). Where Foundation's are there too, as in tests, those are taken.
extension StringProtocol {
  /// Whether a text stands somewhere in this one; an empty one does.
  @_disfavoredOverload
  package func contains(_ text: some StringProtocol) -> Bool { firstRange(of: text) != nil }

  /// Where a text stands first; nil where it does not. An empty one stands at the beginning.
  @_disfavoredOverload
  package func firstRange(of text: some StringProtocol) -> Range<String.Index>? {
    TextSearch.range(of: Substring(text), in: Substring(self))
  }

  /// The text with another wherever one stands in it; one that is empty stands nowhere.
  @_disfavoredOverload
  package func replacing(_ text: some StringProtocol, with other: some StringProtocol) -> String {
    TextSearch.replaced(Substring(text), with: String(other), in: Substring(self))
  }

  /// The parts between the places where a text stands, those that are empty too; the whole where it is empty.
  package func parts(between text: some StringProtocol) -> [Substring] {
    TextSearch.parts(of: Substring(self), between: Substring(text))
  }
}

enum TextSearch {
  static func range(of text: Substring, in whole: Substring) -> Range<String.Index>? {
    let (wanted, bytes) = (text.utf8, whole.utf8)
    guard let first = wanted.first else { return bytes.startIndex..<bytes.startIndex }
    var start = bytes.startIndex
    while let found = bytes[start...].firstIndex(of: first) {
      var (end, position) = (found, wanted.startIndex)
      while position < wanted.endIndex, end < bytes.endIndex, bytes[end] == wanted[position] {
        end = bytes.index(after: end)
        position = wanted.index(after: position)
      }
      if position == wanted.endIndex { return found..<end }
      start = bytes.index(after: found)
    }
    return nil
  }

  static func parts(of whole: Substring, between text: Substring) -> [Substring] {
    if text.isEmpty { return [whole] }
    var rest = whole
    var parts: [Substring] = []
    while let range = range(of: text, in: rest) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    parts.append(rest)
    return parts
  }

  static func replaced(_ text: Substring, with other: String, in whole: Substring) -> String {
    let parts = parts(of: whole, between: text)
    return parts.count < 2 ? String(whole) : parts.joined(separator: other)
  }
}
