/// What Python does to text, where a published prompt depends on it.
package enum PythonText {
  /// The text without white space at its ends, as `str.strip()`: every scalar for which `str.isspace()` holds.
  package static func stripped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(scalars[first...last])
  }

  /// The text without white space at its end, as `str.rstrip()`.
  package static func strippedAtEnd(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let last = scalars.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(scalars[...last])
  }

  /// Whether two texts are the same scalars, as `==` of Python's `str`; Swift's takes "é" and "e" with an accent for equal.
  package static func areSame(_ first: String, _ second: String) -> Bool { first.utf8.elementsEqual(second.utf8) }

  /// Unicode's White_Space and the four information separators, which Python counts by their bidirectional class.
  package static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }
}
