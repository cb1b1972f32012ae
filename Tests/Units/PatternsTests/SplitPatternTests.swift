import Support
import Testing

@testable import Patterns

/// Pre-tokenizers' expressions; that they cut as `tokenizers` cuts is held by the tests of whole tokenizers.
struct SplitPatternTests {
  static let llama =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private func pieces(_ pattern: String, _ text: String) throws -> [String] {
    let pattern = try SplitPattern(pattern)
    let bytes = Array(text.utf8)
    var result: [String] = []
    bytes.withUnsafeBufferPointer { buffer in
      pattern.split(buffer) { result.append(String(decoding: buffer[$0], as: UTF8.self)) }
    }
    return result
  }

  @Test func llamasExpressionCutsWords() throws {
    #expect(
      try pieces(Self.llama, "It's 12345 \n\n  ok?!\nX'LL") == [
        "It", "'s", " ", "123", "45", " \n\n", " ", " ok", "?!\n", "X", "'LL",
      ])
    #expect(try pieces(Self.llama, "") == [])
    #expect(try pieces(Self.llama, "   ") == ["   "])
    // U+180E is no white space to Oniguruma, and U+00A0 is.
    #expect(try pieces(Self.llama, "\u{180E}\u{A0}\u{A0}x") == ["\u{180E}", "\u{A0}", "\u{A0}x"])
  }

  @Test func whatLiesBetweenMatchesIsAPieceToo() throws {
    #expect(try pieces(#"\p{N}"#, "a12b") == ["a", "1", "2", "b"])
    #expect(try pieces("[a-c-]x?", "bx-d") == ["bx", "-", "d"])
  }

  /// U+1C89 is a letter since Unicode 16, U+11F50 a number since 15.
  @Test func lettersAreThoseOfUnicode16() throws {
    #expect(try pieces(Self.llama, "a\u{1C89}b!\u{11F50}1") == ["a\u{1C89}b", "!", "\u{11F50}1"])
  }

  @Test func longTextsTakeAMoment() throws {
    for unit in ["a", " ", "\n", "1", "é", "!", " \n"] {
      let text = String(repeating: unit, count: 100_000)
      #expect(try pieces(Self.llama, text).joined() == text)
    }
  }

  @Test(arguments: [
    "(a+)+", "(?:a|b)*", "(ab){2}", "a++", "a+?", "a{,3}", "^a", "a$", ".", #"\w"#, #"\bx"#, #"\1"#, "(?<n>a)",
    "(?<=a)b",
    "[a[b]]", "[a-c&&b]", #"[\S]"#, #"\p{Han}"#, #"\p{^L}"#, #"\P{L}"#, #"\p{M}"#, "(a", "a)", "[", "[]", #"\"#,
    "(?s:a)", "(?>a)", "x?",
    "a|",
    #"[\s-x]"#, #"[x-\d]"#,
  ])
  func whatTheLibrariesTakeDifferentlyIsRefused(pattern: String) {
    let error = #expect(throws: BenchmarkError.self) { try SplitPattern(pattern) }
    #expect(error?.message.contains("is not supported") == true)
  }
}
