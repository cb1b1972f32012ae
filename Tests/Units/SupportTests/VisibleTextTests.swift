import Support
import Testing

/// Texts of others, as they are shown.
struct VisibleTextTests {
  @Test(
    "What a terminal would obey is written out",
    arguments: [
      ("plain é 日本 🙂 👩‍👩‍👧", "plain é 日本 🙂 👩‍👩‍👧"), ("\u{1B}[31m", "\\u001B[31m"), ("\u{9B}31m", "\\u009B31m"),
      ("a\u{7F}\u{0}\u{8}", "a\\u007F\\u0000\\u0008"), ("\u{202E}abc\u{2066}", "\\u202Eabc\\u2066"),
      ("a\nb\tc", "a\\u000Ab\\u0009c"),
    ])
  func line(text: String, shown: String) { #expect(VisibleText.line(text) == shown) }

  @Test("Several lines stay lines, and nothing goes back to the start of one")
  func lines() {
    #expect(VisibleText.lines("a\n\tb\r\nc\rd\u{2028}") == "a\n\tb\r\nc\\u000Dd\\u2028")
  }

  @Test("The library's colours stay, and no other sequence")
  func colors() {
    #expect(VisibleText.coloredLines("\u{1B}[1;32mx\u{1B}[0m\n") == "\u{1B}[1;32mx\u{1B}[0m\n")
    #expect(VisibleText.coloredLines("\u{1B}[2J\u{1B}]0;x\u{7}") == "\\u001B[2J\\u001B]0;x\\u0007")
  }

  @Test("JSON stays JSON, of the same value")
  func json() throws {
    let value: JSONValue = ["a": "\u{9B}\u{202E}\u{7F}"]
    let shown = VisibleText.lines(value.text(indented: true))
    #expect(try JSONReader.parse(Array(shown.utf8), name: "x") == value)
    #expect(!shown.unicodeScalars.contains { $0.value == 0x9B || $0.value == 0x202E })
  }

  @Test("An error's message is one line that a terminal shows")
  func errors() {
    #expect(BenchmarkError(.notFound, "a\u{1B}]0;x\u{7}\r\nb").message == "a\\u001B]0;x\\u0007 b")
  }
}
