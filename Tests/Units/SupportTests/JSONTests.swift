import Testing

@testable import Support

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "[1,2.5,-3e-05,\"a\\n\\u00e9\"]", "{\"b\":1,\"a\":{\"c\":[null]}}",
  ])
  func whatIsReadIsWrittenBack(text: String) throws {
    let value = try JSONReader.parse(text)
    #expect(try JSONReader.parse(value.text()) == value)
    #expect(try JSONReader.parse(value.text(indented: true)) == value)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1.", "1e", "-", "nul", "\"\\ud800\"", "\"\u{1}\"", "[1] 2", "1e999",
    "\"abc", "{\"a\"}", "{a:1}",
  ])
  func malformedTextIsAnErrorWithItsPlace(text: String) {
    let error = #expect(throws: BenchmarkError.self) { try JSONReader.parse(text, name: "x.json") }
    #expect(error?.kind == .invalidFile)
    #expect(error?.message.hasPrefix("x.json:1:") == true)
  }

  /// As Python's `json` has it.
  @Test func whatPythonReadsIsReadWhereItIsAskedFor() throws {
    let text = Array(#"{"a":1,"b":[NaN,Infinity,-Infinity,1e999,-1],"a":2}"#.utf8)
    let object = try #require(try JSONReader.parse(text, reading: .asPython).objectValue)
    let numbers = try #require(object["b"]?.arrayValue).compactMap(\.doubleValue)
    #expect(object.keys == ["a", "b"] && object["a"] == 2)
    #expect(numbers[0].isNaN && Array(numbers[1...]) == [.infinity, -.infinity, .infinity, -1])
    #expect(throws: BenchmarkError.self) { try JSONReader.parse(text, reading: .repeatedKeys) }
    for word in ["Nan", "Inf", "-Inf", "+Infinity", "NaNs"] {
      #expect(throws: BenchmarkError.self) { try JSONReader.parse(Array(word.utf8), reading: .asPython) }
    }
  }

  @Test func hostileNestingIsRefused() {
    #expect(throws: BenchmarkError.self) { try JSONReader.parse(String(repeating: "[", count: 100_000)) }
  }

  @Test func invalidBytesInAStringAreRefused() {
    #expect(throws: BenchmarkError.self) { try JSONReader.parse([0x22, 0xFF, 0x22]) }
  }

  @Test func surrogatePairsMakeOneCharacter() throws {
    #expect(try JSONReader.parse("\"\\ud83d\\ude00\"") == .string("😀"))
  }

  @Test func bigObjectsFindTheirKeysAndKeepTheirOrder() throws {
    let text = "{" + (0..<1000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
    let object = try #require(try JSONReader.parse(text).objectValue)
    #expect(object["k777"] == 777)
    #expect(object.keys.first == "k0" && object.keys.last == "k999")
  }

  /// U+09DF and its canonical equivalent are two keys of Gemma's vocabulary.
  @Test func keysThatAreCanonicallyEquivalentAreTwo() throws {
    for padding in [0, 100] {
      let others = (0..<padding).map { "\"k\($0)\":0," }.joined()
      let object = try #require(try JSONReader.parse("{\(others)\"\\u09df\":1,\"\\u09af\\u09bc\":2}").objectValue)
      #expect(object.members.count == padding + 2)
      #expect(object["\u{09DF}"] == 1 && object["\u{09AF}\u{09BC}"] == 2)
    }
  }

  @Test func canonicalFormSortsKeysAndAbsentNumbersAreNull() {
    let value: JSONValue = ["b": .number(.nan), "a": 0.1]
    #expect(value.text(sortedKeys: true) == "{\"a\":0.1,\"b\":null}")
  }
}
