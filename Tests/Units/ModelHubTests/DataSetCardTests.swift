import Foundation
import Support
import Testing

@testable import ModelHub

/// Configurations and splits of data sets, held to the package `datasets`.
struct DataSetCardTests {
  private static let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Goldens/datasets/cards.jsonl").path

  @Test("Each split has the files that datasets takes for it")
  func goldens() throws {
    let lines = String(decoding: try FileSystem.read(Self.goldens), as: UTF8.self).split(separator: "\n")
    #expect(lines.count > 150)
    for line in lines {
      let record = try #require(try JSONReader.parse(Array(line.utf8)).objectValue)
      let paths = (record["paths"]?.arrayValue ?? []).compactMap(\.stringValue)
      let readme = record["readme"]?.stringValue
      if record["error"] == true {
        #expect(throws: BenchmarkError.self) { try DataSetCard(readme: Array((readme ?? "").utf8), path: "README.md") }
        continue
      }
      let expected = try #require(record["splits"]?.objectValue)
      let card: DataSetCard
      do {
        card = try readme.map { try DataSetCard(readme: Array($0.utf8), path: "README.md") } ?? DataSetCard()
      } catch {
        // What `datasets` refuses when a configuration is read may be refused with the card.
        #expect(expected.members.allSatisfy { $0.value.isNull }, "\(error)")
        continue
      }
      #expect(card.configurations.map(\.name) == expected.keys)
      for (name, splits) in expected.members {
        let configuration = try card.configuration(named: name, of: "r")
        // `datasets` fails later where a split has no files.
        guard let splits = splits.objectValue, splits.members.allSatisfy({ $0.value != .array([]) }) else {
          #expect(throws: BenchmarkError.self, "\(name) of \(line)") { try configuration.files(among: paths, of: "r") }
          continue
        }
        let found = try configuration.files(among: paths, of: "r")
        #expect(
          found
            == splits.members.map { member in
              DataSetCard.Split(name: member.key, files: (member.value.arrayValue ?? []).compactMap(\.stringValue))
            }, "\(name) of \(line)")
      }
    }
  }

  @Test("The default configuration is the only one, the one called default, or the one that says so")
  func defaults() throws {
    func chosen(_ configs: String) throws -> String {
      let text = "---\nlicense: mit\nconfigs:\n\(configs)---\n"
      return try DataSetCard(readme: Array(text.utf8), path: "README.md").configuration(named: nil, of: "o/n").name
    }
    #expect(DataSetCard().configurations.map(\.name) == ["default"])
    #expect(try chosen("- config_name: a\n") == "a")
    #expect(try chosen("- config_name: a\n- config_name: default\n") == "default")
    #expect(try chosen("- config_name: 2024\n- config_name: b\n  default: true\n") == "b")
    #expect(throws: BenchmarkError(.invalidArgument, "o/n: none of the configurations is the default; name one: a, b"))
    {
      try chosen("- config_name: a\n- config_name: b\n")
    }
    #expect(
      throws: BenchmarkError(
        .invalidArgument, "o/n: more than one of the configurations is the default; name one: a, b")
    ) { try chosen("- config_name: a\n  default: true\n- config_name: b\n  default: true\n") }
    #expect(throws: BenchmarkError(.notFound, "o/n: no configuration \"defautl\"; did you mean \"default\"?")) {
      try DataSetCard().configuration(named: "defautl", of: "o/n")
    }
  }

  @Test("Patterns that leave the repository, and YAML that is damaged, are errors with file and line")
  func refusals() {
    func message(_ configs: String) -> String {
      do {
        _ = try DataSetCard(readme: Array("---\nconfigs:\n\(configs)---\n".utf8), path: "README.md")
        return "no error"
      } catch { return "\(error)" }
    }
    for pattern in ["../x.csv", "/etc/passwd", "https://example.org/x.csv", "hf://datasets/a/b/x.csv"] {
      #expect(
        message("- config_name: a\n  data_files: \(pattern)\n").hasSuffix("\"\(pattern)\" is not in the repository"))
    }
    #expect(message("- config_name: a\n  data_dir: ../b\n").hasSuffix("must be a folder of the repository"))
    #expect(message("- config_name: a\n- config_name: a\n").hasSuffix("the configuration \"a\" stands twice"))
    #expect(message("- config_name: [\n").hasPrefix("README.md:"))
    #expect(message("  a: b\n").hasSuffix("\"configs\" must be a list, not an object"))
  }

  @Test("A pattern of many wildcards takes no more time than its length")
  func hostilePatterns() throws {
    let pattern = try FilePattern(String(repeating: "**/*a*/", count: 200) + "*a*a*a*a*a*a*a*a*b")
    let path = String(repeating: "aaaaaaaa/", count: 200) + String(repeating: "a", count: 200)
    #expect(!pattern.matches(path))
    #expect(pattern.matches(path + "b"))
  }
}
