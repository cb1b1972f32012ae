extension String {
  /// The columns that a terminal gives the text: two for wide letters (Chinese, Japanese, Korean, emoji), none for marks that
  /// combine with the letter before them, one for all others.
  ///
  /// Source of the wide ranges: Unicode Standard Annex 11, East Asian Width (classes W and F), by whole blocks.
  package var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }
}

extension Character {
  /// As `String.displayWidth`: a letter with its marks takes what the widest of them does.
  fileprivate var displayWidth: Int { unicodeScalars.reduce(0) { Swift.max($0, $1.displayWidth) } }
}

extension Unicode.Scalar {
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
  ]

  fileprivate var displayWidth: Int {
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if properties.isEmojiPresentation { return 2 }
    return Self.wide.contains { $0.contains(value) } ? 2 : 1
  }
}
