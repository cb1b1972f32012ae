import Testing

@testable import Tasks

struct NumberWordsTests {
  @Test("Words say a number; a model that repeats one of them without end says none") func values() {
    #expect(NumberWords.value(of: "two hundred and five") == 205)
    #expect(NumberWords.value(of: "three million twenty-one thousand") == 3_021_000)
    #expect(NumberWords.value(of: String(repeating: "hundred ", count: 500)) == nil)
    #expect(NumberWords.value(of: String(repeating: "ninety hundred ", count: 40) + "billion") == nil)
    #expect(NumberWords.value(of: "none") == nil)
  }
}
