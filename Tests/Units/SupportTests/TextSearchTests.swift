import Testing

@testable import Support

struct TextSearchTests {
  @Test("A text is found where its bytes stand first")
  func finding() {
    let text = "aab aabaa é"
    #expect(text.firstRange(of: "aaba").map { text[$0.lowerBound...] } == "aabaa é")
    #expect(text.firstRange(of: "abb") == nil)
    #expect(text.firstRange(of: "é").map { text[..<$0.lowerBound] } == "aab aabaa ")
    #expect("\r\n".firstRange(of: "\n") != nil)
    #expect(text.firstRange(of: "").map { $0.lowerBound == text.startIndex } == true)
  }

  @Test("A text is replaced wherever it stands, and one that is empty nowhere")
  func replacing() {
    #expect("aXbXXc".replacing("X", with: "--") == "a--b----c")
    #expect("aaa".replacing("aa", with: "b") == "ba")
    #expect("abc".replacing("", with: "-") == "abc")
    #expect("".replacing("a", with: "b") == "")
    #expect("$subject of $subject".replacing("$subject", with: "law") == "law of law")
  }

  @Test("The parts between are all there, empty ones too")
  func parts() {
    #expect(", a, b, ".parts(between: ", ") == ["", "a", "b", ""])
    #expect("ab".parts(between: "") == ["ab"])
    #expect("".parts(between: "x") == [""])
  }
}
