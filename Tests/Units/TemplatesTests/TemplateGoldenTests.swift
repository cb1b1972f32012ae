import Glibc
import Support
import Testing

@testable import Templates

/// Templates rendered as jinja2 renders them.
@Suite struct TemplateGoldenTests {
  init() {
    // The goldens write dates in UTC.
    setenv("TZ", "UTC", 1)
    tzset()
  }

  @Test func rendersAsTheReference() throws {
    let compared = try compare(TestFiles.goldens + "/cases.jsonl")
    #expect(compared > 1000)
  }

  @Test func rendersTemplatesInTheWild() throws {
    guard let path = getenv("GEMMABENCH_TEMPLATE_CASES").map({ String(cString: $0) }) else {
      print(
        "SKIPPED: other people's templates, for GEMMABENCH_TEMPLATE_CASES is not set (tools/check/check_templates.py)")
      return
    }
    _ = try compare(path)
  }

  /// Compares the cases of a file; their count.
  private func compare(_ path: String) throws -> Int {
    var lines = try TestFiles.lines(path)
    let tables = try #require(lines.removeFirst()["tables"]?.objectValue)
    var count = 0
    for line in lines {
      let name = try #require(line["name"]?.stringValue)
      var settings: Template.Settings = line["settings"] == "chat" ? .chat : .harness
      settings.secondsSince1970 = 1_700_000_000
      let source = try line["template"]?.stringValue ?? FileSystem.readText("\(TestFiles.goldens)/\(name)")
      let template: Template
      do throws(BenchmarkError) {
        template = try Template(source, name: name, settings: settings)
      } catch {
        #expect(line["syntax_error"] != nil || line["compile_error"] != nil, "\(error.message)\n\(source)")
        #expect(error.message.contains(", line "), "\(error.message)")
        count += 1
        continue
      }
      #expect(line["syntax_error"] == nil, "\(name) should not be parsed: \(source)")
      let table = line["table"]?.stringValue.flatMap { tables[$0]?.arrayValue }
      for entry in line["cases"]?.arrayValue ?? [] {
        let wanted = try #require(entry.objectValue)
        var variables = wanted["variables"]
        if let table, case .integer(let index)? = variables { variables = table[Int(index)] }
        check(template, try #require(variables?.objectValue), wanted, source)
        count += 1
      }
    }
    return count
  }

  private func check(_ template: Template, _ variables: JSONObject, _ wanted: JSONObject, _ source: String) {
    do throws(BenchmarkError) {
      let text = try template.render(variables)
      if let digest = wanted["sha256"]?.stringValue {
        #expect(SHA256.hexadecimal(text) == digest, "\(template.name): \(text)")
      } else {
        let reference = wanted["text"]?.stringValue ?? "an error"
        #expect(Array(text.utf8) == Array(reference.utf8), "\(source)\n\(text)\nnot \(reference)")
      }
    } catch {
      #expect(wanted["text"] == nil && wanted["sha256"] == nil, "\(error.message)\n\(source)")
      if let reason = wanted["raised"]?.stringValue { #expect(error.message.contains(reason), "\(error.message)") }
      #expect(error.message.contains(", line "), "\(error.message)")
    }
  }
}
