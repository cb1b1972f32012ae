import Support
import Testing

@testable import Templates

/// Templates cut up and put together at random: whatever comes, an end comes, as a text or an error of one line.
struct TemplateFuzzTests {
  /// A generator with a seed: the same templates in every run.
  private struct Chance {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(max(1, bound)))
    }
  }

  private static let scraps = [
    "{%", "%}", "{{", "}}", "{#", "#}", "-", "+", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "|", "~", "**", "//",
    "%", ".", ",",
    ":", "=", " if ", " else ", " for ", " in ", " is ", " not ", " and ", "{% endif %}", "{% endfor %}", "{% else %}",
    "{% raw %}",
    "{% set x = ", "{% macro f(x) %}", "{% endmacro %}", "{{ f(1) }}", "{% break %}", "loop.index", "range(9)",
    "namespace()", "99999999999",
    "1e999", "-9223372036854775808", " * 9999999", "\u{0}", "\u{301}", "\u{1F600}", "\r\n", "messages", "[0]",
    "['role']", "[::-1]",
    ".content", " | tojson", " | sort", " | join", "%s", "{0}", ".format(", "none", "true",
  ]

  @Test func mutatedTemplatesEnd() throws {
    let lines = try TestFiles.lines(TestFiles.goldens + "/cases.jsonl")
    var sources = lines.compactMap { $0["template"]?.stringValue }
    for name in ["lines-with-tools", "headers-with-dates", "types-of-tools", "turns-with-parts-joined"] {
      sources += Array(repeating: try FileSystem.readText("\(TestFiles.goldens)/\(name).jinja"), count: 40)
    }
    let tables = try #require(lines[0]["tables"]?.objectValue)
    let chats = try #require(tables["chat"]?.arrayValue)
    var settings = Template.Settings.chat
    settings.limits.steps = 20_000
    settings.limits.bytes = 4 << 20
    var chance = Chance(state: 16)
    var rendered = 0
    for _ in 0..<3000 {
      let source = mutated(sources[chance.next(sources.count)], sources, &chance)
      let variables = chats[chance.next(chats.count)].objectValue ?? [:]
      do throws(BenchmarkError) {
        let text = try Template(source, name: "x", settings: settings).render(variables)
        #expect(text.utf8.count <= 4 << 20)
        rendered += 1
      } catch { #expect(!error.message.contains("\n") && error.message.utf8.count < 4000) }
    }
    #expect(rendered > 100)
  }

  private func mutated(_ source: String, _ sources: [String], _ chance: inout Chance) -> String {
    var scalars = Array(source.unicodeScalars)
    for _ in 0...chance.next(4) {
      let place = chance.next(scalars.count + 1)
      let end = min(scalars.count, place + chance.next(12))
      switch chance.next(5) {
      case 0: scalars.removeSubrange(place..<end)
      case 1: scalars.insert(contentsOf: Self.scraps[chance.next(Self.scraps.count)].unicodeScalars, at: place)
      case 2: scalars.replaceSubrange(place..<end, with: Self.scraps[chance.next(Self.scraps.count)].unicodeScalars)
      case 3:
        let other = Array(sources[chance.next(sources.count)].unicodeScalars)
        let from = chance.next(other.count + 1)
        scalars.insert(contentsOf: other[from..<min(other.count, from + 60)], at: place)
      default: scalars.insert(contentsOf: scalars[place..<end], at: place)
      }
    }
    return String(scalars: scalars)
  }
}
