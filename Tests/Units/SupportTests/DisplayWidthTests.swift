import Testing

@testable import Support

/// The columns of a terminal that texts take.
@Suite struct DisplayWidthTests {
  /// Widths by Unicode's EastAsianWidth.txt: W and F are two columns; combining marks and format characters none.
  @Test(
    "Wide letters take two columns, marks none",
    arguments: [
      ("", 0), ("gemma-3-1b", 10), ("größe", 5), ("gro\u{308}ße", 5), ("東京", 4), ("谷歌/杰玛-3", 11), ("ｗｉｄｅ", 8),
      ("구글", 4), ("ガ", 2), ("カ\u{3099}", 2), ("–", 1), ("…", 1), ("─", 1), ("₂", 1), ("جيما", 4), ("é\u{200B}", 1),
      ("🚀", 2),
    ])
  func widths(text: String, width: Int) {
    #expect(text.displayWidth == width)
    #expect(text.padded(to: 12).displayWidth == 12 && text.padded(to: 12).hasPrefix(text))
    #expect(text.leftPadded(to: 12).displayWidth == 12 && text.leftPadded(to: 12).hasSuffix(text))
  }
}
