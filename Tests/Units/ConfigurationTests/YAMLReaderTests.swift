import Support
import Testing

@testable import Configuration

/// YAML as people write it, and as nobody should.
@Suite struct YAMLReaderTests {
  private func value(_ text: String) throws -> JSONValue { try YAMLReader.parse(text, name: "t").value }

  private func message(_ text: String) -> String {
    do {
      _ = try YAMLReader.parse(text, name: "t")
      return "no error"
    } catch {
      #expect(error.kind == .invalidFile && !error.message.contains("\n"))
      return error.message
    }
  }

  /// The examples of YAML 1.2.2, section 10.3.2, and what the schema's expressions leave out.
  @Test(
    "Plain scalars are those of the core schema",
    arguments: [
      ("null", JSONValue.null), ("~", .null), ("NULL", .null), ("", .null), ("true", true), ("False", false),
      ("TRUE", true), ("yes", "yes"), ("off", "off"), ("y", "y"), ("0", 0), ("-0", 0), ("+12", 12), ("0o7", 7),
      ("0x3A", 58), ("-19", -19), ("010", 10), ("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("+12e03", 12000.0),
      ("-2E+05", -200_000.0), ("1.", 1.0), ("-.5", -0.5), ("1_000", "1_000"), ("0b1", "0b1"), ("0x", "0x"),
      ("0o8", "0o8"), ("1e", "1e"), (".", "."), ("-", nil), ("+", "+"), ("12:30", "12:30"), ("1.2.3", "1.2.3"),
      ("2026-01-02", "2026-01-02"), ("2b", "2b"), ("9223372036854775807", 9_223_372_036_854_775_807),
      ("9223372036854775808", 9_223_372_036_854_775_808.0), ("nUll", "nUll"), ("e5", "e5"),
    ] as [(String, JSONValue?)])
  func scalars(text: String, expected: JSONValue?) throws {
    guard let expected else { return }
    #expect(try value("a: \(text)") == ["a": expected])
  }

  @Test("Quotes and tags make texts and numbers of what they hold")
  func quotes() throws {
    #expect(
      try value(#"a: ["12", 'true', !!str 3, ! 4, !!float 2, !!int "7", "\u00e9\n"]"#)
        == ["a": ["12", "true", "3", "4", 2.0, 7, "é\n"]])
    #expect(try value("a: |\n  two\n  lines\nb: >-\n  one\n  line\n") == ["a": "two\nlines\n", "b": "one line"])
    #expect(message("a: !!int x").contains("t:1:4: \"x\" is not a valid int"))
    #expect(message("a: !secret x").contains("t:1:4: unknown tag \"!secret\""))
    #expect(message("a: .inf").contains("t:1:4: the number .inf is out of range"))
    #expect(message("a: 1e999").contains("out of range"))
  }

  @Test("Maps, lists, flow and block, comments and an empty text")
  func shapes() throws {
    #expect(try value("# nothing\n") == .null && value("") == .null)
    #expect(try value("- 1\n- [2, {a: 3}]\n-\n  b: # c\n    - 4\n") == [1, [2, ["a": 3]], ["b": [4]]])
    #expect(try value(#"{"a":1,"b":[true,null]}"#) == ["a": 1, "b": [true, .null]])
    #expect(try value("3: x\n") == ["3": "x"])
  }

  @Test("Marks tell where values and keys stand, in characters")
  func marks() throws {
    let document = try YAMLReader.parse(
      "models:\n  é: {path: x}\n  - \n".replacing("  - \n", with: "") + "tasks: [a, b]\n")
    #expect(document.mark(of: ["models", "é", "path"]) == TextPosition(line: 2, column: 13))
    #expect(document.keyMark(of: ["models", "é", "path"]) == TextPosition(line: 2, column: 7))
    #expect(document.mark(of: ["tasks", "1"]) == TextPosition(line: 3, column: 12))
    #expect(document.mark(of: ["tasks", "1", "none"]) == TextPosition(line: 3, column: 12))
    #expect(document.keyMark(of: []) == TextPosition(line: 1, column: 1))
  }

  @Test("Anchors are expanded, and << merges what a map does not say itself")
  func anchors() throws {
    #expect(try value("a: &x {b: 1}\nc: *x\n") == ["a": ["b": 1], "c": ["b": 1]])
    #expect(
      try value("base: &x {b: 1, c: 2}\none: {<<: *x, b: 3}\n")
        == ["base": ["b": 1, "c": 2], "one": ["b": 3, "c": 2]])
    #expect(try value("x: &x {b: 1}\ny: &y {b: 2, d: 4}\nz: {<<: [*x, *y]}\n").objectValue?["z"] == ["b": 1, "d": 4])
    #expect(message("a: *x").contains("t:1:4: unknown anchor \"x\""))
    #expect(message("a: &x [*x]").contains("unknown anchor"))
    #expect(message("<<: 3").contains("needs a map"))
  }

  @Test("What is malformed is an error with line and column")
  func malformed() {
    #expect(message("a: 1\nb: 2\na: 3\n").contains("t:3:1: the key \"a\" is given twice in one map, first in line 1"))
    #expect(message("a: [1, 2\n").hasPrefix("t:2:1: "))
    #expect(message("a:\n\t- b\n").hasPrefix("t:2:1: "))
    #expect(message("a: 1\n---\nb: 2\n").contains("t:2:1: more than one YAML document"))
    #expect(message("[a, b]: c").contains("t:1:1: a key must be a text"))
    #expect(message("a: \"\\q\"").hasPrefix("t:1:"))
    #expect(message("a: b: c").hasPrefix("t:1:5: "))
    do { _ = try YAMLReader.parse([0x61, 0x3A, 0x20, 0xFF, 0xFE], name: "t") } catch {
      #expect(error.message.hasPrefix("t: ") && error.message.contains("byte"))
    }
  }

  @Test("Nesting, aliases and size are bounded")
  func bounds() {
    #expect(message(String(repeating: "[", count: 100_000)).contains("nesting deeper than 64"))
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let alias = "*a\(level - 1)"
      bomb += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
    }
    #expect(message(bomb).contains("more than 200000 values"))
    #expect(message(String(repeating: "#", count: 5 << 20)).contains("too large"))
  }

  @Test("Whatever the bytes are, the reader ends in a value or a message")
  func mutations() throws {
    let sample = Array(
      """
      models: &m
        gemma-2b: {type: gemma, size: 2b, quantization: true}
        other: "quoted \\u00e9"
      tasks:
        - mmlu
        - {type: gsm8k, shots: 5, stops: ['a', "b"]} # comment
      text: |
        two
        lines
      again: *m
      """.utf8)
    var random = SystemLikeGenerator(state: 42)
    for _ in 0..<3000 {
      var bytes = sample
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("{}[]:,&*!|>'\"%@`#-\n\t ".utf8).randomElement(using: &random) ?? 0, at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 9))
        }
      }
      if let document = try? YAMLReader.parse(bytes, name: "t") {
        #expect(try YAMLReader.parse(document.value.yaml).value == document.value, "\(document.value.text())")
      }
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), so that a failure comes again.
private struct SystemLikeGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

/// YAML as it is written.
@Suite struct YAMLWriterTests {
  @Test("What is written reads back as the same value")
  func roundTrip() throws {
    let values: [JSONValue] = [
      ["a": 1, "b": [1, 2.5, "x"], "c": ["d": .null, "e": [:], "f": []]],
      ["list": [["a": 1, "b": ["c": 2]], [[1, 2], [["x": 1]]], "text", .null, -0.0, 1e-7, 1e300]],
      ["yes": "no", "null": "null", "~": "", "a: b": "# x", "- ": "{", "é": "日本\u{1F600}", "1": "2", "x": "1e5"],
      [
        "text": "two\nlines\t\"quoted\" \\ \u{7F}\u{85}\u{2028}\u{FEFF}\u{0}",
        "long": .string(String(repeating: "x", count: 500)),
      ],
      [], [:], "alone", 3, [[]], [[:]],
    ]
    for value in values { #expect(try YAMLReader.parse(value.yaml).value == value, "\(value.yaml)") }
  }

  @Test("Texts that YAML 1.1 would take for something else are quoted, and numbers have its form")
  func words() {
    let value: JSONValue = ["yes": "on", "n": "y", "plain": "word", "date": "2026-01-02", "small": .number(1e-7)]
    #expect(value.yaml == "\"yes\": \"on\"\n\"n\": \"y\"\nplain: word\ndate: \"2026-01-02\"\nsmall: 1.0e-07\n")
  }
}
