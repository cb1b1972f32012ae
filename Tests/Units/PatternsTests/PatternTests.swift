import Foundation
import Support
import Testing

@testable import Patterns

/// Expressions held to Python's `re`, and to their limit.
struct PatternTests {
  static let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
    .appendingPathComponent("Goldens/patterns/patterns.jsonl").path

  /// What Python makes of an expression in a text: `start-end[groups]` of each match.
  private static func expected(_ matches: [JSONValue]) -> [String] {
    matches.map { match in
      let fields = match.arrayValue ?? []
      let groups = (fields[2].arrayValue ?? []).map { $0.stringValue ?? "nil" }
      return "\(fields[0].integerValue ?? -1)-\(fields[1].integerValue ?? -1)\(groups)"
    }
  }

  private static func found(_ pattern: Pattern, _ text: String) throws -> [String] {
    try pattern.matches(in: text).map { match in
      "\(match.range.lowerBound)-\(match.range.upperBound)\(match.groups.map { $0 ?? "nil" })"
    }
  }

  @Test("Every expression finds what Python's re finds, or is refused as there")
  func goldens() throws {
    let lines = String(decoding: try FileSystem.read(Self.goldens), as: UTF8.self).split(separator: "\n")
    #expect(lines.count > 200)
    for line in lines {
      let record = try #require(try JSONReader.parse(Array(line.utf8), name: "golden").objectValue)
      let source = try #require(record["pattern"]?.stringValue)
      if record["refused"] != nil {
        #expect(throws: BenchmarkError.self, "\(source)") { try Pattern(source) }
        continue
      }
      let pattern: Pattern
      do { pattern = try Pattern(source) } catch {
        Issue.record("\(source): \(error)")
        continue
      }
      for pair in record["found"]?.arrayValue ?? [] {
        let fields = try #require(pair.arrayValue)
        let text = try #require(fields[0].stringValue)
        let expected = Self.expected(fields[1].arrayValue ?? [])
        #expect(try Self.found(pattern, text) == expected, "\(source) in \(text.debugDescription)")
        #expect(try pattern.firstMatch(in: text) == pattern.matches(in: text).first)
      }
      for text in record["missed"]?.arrayValue ?? [] {
        #expect(try Self.found(pattern, text.stringValue ?? "").isEmpty, "\(source) in \(text)")
      }
    }
  }

  @Test(
    "A search that would not end is an error that names the expression",
    arguments: [
      "(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*b", "(?:a?){40}a{40}b", "((a*)*)*b", "(.*?){8}b", "(a+|b+)+c",
      "(x?x?)*\\1y",
    ])
  func limit(source: String) throws {
    let pattern = try Pattern(source.replacing("\\1", with: ""))
    let text = String(repeating: source.contains("x") ? "x" : "a", count: 60) + "!"
    let start = Clock.seconds()
    do {
      _ = try pattern.matches(in: text)
    } catch let error as BenchmarkError {
      #expect(error.message.contains(pattern.source) && error.message.contains("takes too long"))
    }
    #expect(Clock.seconds() - start < 60)
  }

  @Test("The limit is met by the first of them in truth, and not by plain searches of long texts")
  func limitIsMet() throws {
    #expect(throws: BenchmarkError.self) {
      try Pattern("(a+)+$").firstMatch(in: String(repeating: "a", count: 40) + "!")
    }
    let long = String(repeating: "word 12, ", count: 20_000) + "#### 7"
    #expect(try Pattern(#"#### (\-?[0-9\.\,]+)"#).matches(in: long).map { $0.groups[1] } == ["7"])
    #expect(try Pattern(#"\d+"#).matches(in: long).count == 20_001)
    #expect(try Pattern(#"(-?[$0-9.,]{2,})|(-?[0-9]+)"#).matches(in: long).count == 20_001)
  }

  @Test("Deep and huge expressions are refused")
  func size() throws {
    for source in [
      String(repeating: "(", count: 100_000), String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000),
      String(repeating: "a", count: 100_000), "((((a{1000}){1000}){1000}){1000})", "a{99999}",
    ] {
      #expect(throws: BenchmarkError.self) { try Pattern(source) }
    }
  }

  @Test("One expression serves many threads")
  func threads() async throws {
    let pattern = try Pattern(#"(\w+)=(\d+)"#)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<50 {
        group.addTask {
          try pattern.firstMatch(in: "x a\(index)=\(index)")?.groups == ["a\(index)=\(index)", "a\(index)", "\(index)"]
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
