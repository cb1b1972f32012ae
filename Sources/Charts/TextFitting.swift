/// Texts made to fit: elided in the middle (names differ at both ends), or wrapped where a name has a seam.
extension TextMeasurer {
  /// The text, or its two ends around "…" where it is wider than allowed. At least one letter of each end stays.
  func elided(_ text: String, _ style: TextStyle, width: Double) -> String {
    if self.width(text, style) <= width { return text }
    let letters = Array(text)
    func kept(_ count: Int) -> String {
      String(letters.prefix((count + 1) / 2)) + "…" + String(letters.suffix(count / 2))
    }
    var (fits, tooMany) = (2, letters.count)
    while tooMany - fits > 1 {
      let middle = (fits + tooMany) / 2
      if self.width(kept(middle), style) <= width { fits = middle } else { tooMany = middle }
    }
    return letters.count <= 2 ? text : kept(fits)
  }

  /// Names elided to a width, or to a wider one where two different names would read the same.
  func labels(_ names: [String], _ style: TextStyle, width: Double) -> [String] {
    var width = width
    let distinct = Set(names).count
    while true {
      let labels = names.map { elided(Canvas.plain($0), style, width: width) }
      if Set(labels).count >= distinct || labels == names { return labels }
      let widest = names.map { self.width(Canvas.plain($0), style) }.max() ?? 0
      if width > widest { return labels }
      width *= 1.25
    }
  }

  /// The text on as many lines as it needs, broken after spaces, "_", "-", "/", "·" and between characters of scripts without
  /// spaces; nil where a piece is wider than a line, or more lines would be needed than allowed.
  func wrapped(_ text: String, _ style: TextStyle, width: Double, lines limit: Int = .max) -> [String]? {
    var lines: [String] = []
    var line = ""
    for piece in Self.pieces(Canvas.plain(text)) {
      if self.width(Self.trimmed(line + piece), style) <= width {
        line += piece
        continue
      }
      if !line.isEmpty { lines.append(Self.trimmed(line)) }
      if self.width(Self.trimmed(piece), style) > width { return nil }
      line = piece
    }
    if !line.isEmpty { lines.append(Self.trimmed(line)) }
    return lines.count <= limit ? lines : nil
  }

  /// The text on lines of a width, whatever it takes: a piece that is too wide is broken between letters.
  func broken(_ text: String, _ style: TextStyle, width: Double) -> [String] {
    if let lines = wrapped(text, style, width: width) { return lines }
    var lines: [String] = []
    var line = ""
    for letter in Canvas.plain(text) {
      if self.width(line + String(letter), style) > width, !line.isEmpty {
        lines.append(line)
        line = ""
      }
      line.append(letter)
    }
    return lines + [line]
  }

  private static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    for letter in text {
      piece.append(letter)
      if " _-/·:,".contains(letter) || (letter.unicodeScalars.first?.value ?? 0) >= 0x2E80 {
        pieces.append(piece)
        piece = ""
      }
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while text.last == " " { text.removeLast() }
    while text.first == " " { text.removeFirst() }
    return String(text)
  }
}
