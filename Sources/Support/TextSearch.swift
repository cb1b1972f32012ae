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
    TextSearch.range(of: Substring(text).utf8, in: Substring(self).utf8)
  }

  /// The text with another wherever one stands in it; one that is empty stands nowhere.
  @_disfavoredOverload
  package func replacing(_ text: some StringProtocol, with other: some StringProtocol) -> String {
    let parts = parts(between: text)
    return parts.count < 2 ? String(self) : parts.joined(separator: String(other))
  }

  /// The parts between the places where a text stands, those that are empty too; the whole where it is empty.
  package func parts(between text: some StringProtocol) -> [Substring] {
    var rest = Substring(self)
    let wanted = Substring(text).utf8
    if wanted.isEmpty { return [rest] }
    var parts: [Substring] = []
    while let range = TextSearch.range(of: wanted, in: rest.utf8) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    parts.append(rest)
    return parts
  }
}

private enum TextSearch {
  static func range(of wanted: Substring.UTF8View, in text: Substring.UTF8View) -> Range<String.Index>? {
    guard let first = wanted.first else { return text.startIndex..<text.startIndex }
    var start = text.startIndex
    while let found = text[start...].firstIndex(of: first) {
      var (end, position) = (found, wanted.startIndex)
      while position < wanted.endIndex, end < text.endIndex, text[end] == wanted[position] {
        end = text.index(after: end)
        position = wanted.index(after: position)
      }
      if position == wanted.endIndex { return found..<end }
      start = text.index(after: found)
    }
    return nil
  }
}
