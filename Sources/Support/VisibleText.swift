/// Makes untrusted text safe to show: what a terminal or a page would obey is escaped.
///
/// Control characters (C0 with ESC, DEL, C1), and the marks that turn the direction of text (Trojan Source,
/// CVE-2021-42574) become `\u001B` and the like, as JSON writes them, so that JSON stays JSON; everything else stays.
package enum VisibleText {
  /// A text of one line: line breaks and tabs are written out too.
  package static func line(_ text: String) -> String { escaped(text, keepsLines: false) }

  /// A text of several lines: line feeds and tabs stay; a carriage return goes where it belongs to a line's end.
  package static func lines(_ text: String) -> String { escaped(text, keepsLines: true) }

  /// Whether a terminal might obey a character rather than show it.
  static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0: true
    // Marks, embeddings, overrides and isolates of direction; separators of lines and paragraphs.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The same of a text of the library's that is coloured for a terminal: the colours stay.
  package static func coloredLines(_ text: String) -> String {
    let parts = text.parts(between: "\u{1B}[")
    return lines(String(parts[0]))
      + parts.dropFirst().map { part in
        let code = part.prefix { "0123456789;".contains($0) }
        let rest = part.dropFirst(code.count)
        return rest.first == "m"
          ? "\u{1B}[\(code)m" + lines(String(rest.dropFirst())) : "\\u001B[" + lines(String(part))
      }.joined()
  }

  private static func escaped(_ text: String, keepsLines: Bool) -> String {
    guard text.unicodeScalars.contains(where: isObeyed) else { return text }
    var output = ""
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    while let scalar = next {
      next = scalars.next()
      if keepsLines, scalar == "\n" || scalar == "\t" || (scalar == "\r" && next == "\n") {
        output.unicodeScalars.append(scalar)
      } else if isObeyed(scalar) {
        for unit in String(Character(scalar)).utf16 {
          output += "\\u" + String(unit, radix: 16, uppercase: true).leftPadded(to: 4, with: "0")
        }
      } else {
        output.unicodeScalars.append(scalar)
      }
    }
    return output
  }
}
