import Support
import Testing

@testable import Configuration

/// YAML as PyYAML reads it: the values are what `yaml.safe_load` gives.
@Suite struct PythonDialectTests {
  @Test(
    "Plain scalars are those of YAML 1.1 as PyYAML has them",
    arguments: [
      ("yes", true), ("No", false), ("ON", true), ("y", "y"), ("1_000", 1000), ("010", 8), ("09", "09"), ("0x1F", 31),
      ("0b11", 3), ("1e3", "1e3"), ("1.5e+3", 1500.0), ("1.5e3", "1.5e3"), ("1.", 1.0), (".5", 0.5), ("-2", -2),
      ("~", .null),
      ("0.0", 0.0), (".", "."), ("-", nil), ("a", "a"), ("1.2.3", "1.2.3"), ("+4", 4),
    ] as [(String, JSONValue?)])
  func scalars(text: String, expected: JSONValue?) throws {
    guard let expected else { return }
    let document = try YAMLReader.parse(Array("a: \(text)".utf8), name: "t", dialect: .init(isPython: true))
    #expect(document.value == ["a": expected])
  }

  @Test("A known tag becomes a map of the tag and the text; others stay errors")
  func tags() throws {
    let dialect = YAMLReader.Dialect(isPython: true, tags: ["!function"])
    #expect(
      try YAMLReader.parse(Array("a: !function utils.f".utf8), name: "t", dialect: dialect).value == [
        "a": ["!function": "utils.f"]
      ]
    )
    #expect(throws: BenchmarkError.self) {
      try YAMLReader.parse(Array("a: !other x".utf8), name: "t", dialect: dialect)
    }
    #expect(throws: BenchmarkError.self) { try YAMLReader.parse("a: !function x", name: "t") }
  }
}
