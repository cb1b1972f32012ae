import Testing

@testable import Support

struct TextSearchTests {
  private func rest(_ text: Substring, from wanted: Substring) -> Substring? {
    TextSearch.range(of: wanted, in: text).map { text[$0.lowerBound...] }
  }

  @Test("A text is found where its bytes stand first")
  func finding() {
    #expect(rest("aab aabaa é", from: "aaba") == "aabaa é")
    #expect(rest("aab aabaa é", from: "abb") == nil)
    #expect(rest("aab aabaa é", from: "é") == "é")
    #expect(TextSearch.range(of: "\n", in: "\r\n") != nil)
    #expect(rest("abc", from: "") == "abc")
    #expect(rest("aaab", from: "aab") == "aab")
  }

  @Test("A text is replaced wherever it stands, and one that is empty nowhere")
  func replacing() {
    #expect(TextSearch.replaced("X", with: "--", in: "aXbXXc") == "a--b----c")
    #expect(TextSearch.replaced("aa", with: "b", in: "aaa") == "ba")
    #expect(TextSearch.replaced("", with: "-", in: "abc") == "abc")
    #expect(TextSearch.replaced("a", with: "b", in: "") == "")
  }

  @Test("The parts between are all there, empty ones too")
  func parts() {
    #expect(", a, b, ".parts(between: ", ") == ["", "a", "b", ""])
    #expect("ab".parts(between: "") == ["ab"])
    #expect("".parts(between: "x") == [""])
  }
}
