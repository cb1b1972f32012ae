import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

@Suite struct HTMLPageTests {
  /// What a spiteful model might write.
  static let attack =
    "</script><script>window.attacked = true</script><img src=x onerror=\"window.attacked=1\"> & \u{1F600}\u{0}'"

  private func generated(_ index: Int, _ text: String, prompt: String?, score: Double? = 1) -> SampleRecord {
    var sample = SampleRecord(
      id: "g\(index)", promptSHA256: SHA256.hexadecimal(prompt ?? ""), target: text,
      response: .generated(text: text, finishReason: .length),
      score: Score(metrics: [MetricValue(name: "accuracy", value: score, prediction: text)], flags: []),
      flags: ["stopped_at_length"], promptTokens: 3, answerTokens: 4, seconds: 0.1)
    sample.prompt = prompt
    return sample
  }

  /// The JSON of a block of the page.
  private func block(_ page: String, _ id: String) throws -> JSONValue {
    let open = "<script type=\"application/json\" id=\"\(id)\">"
    let start = try #require(page.range(of: open)).upperBound
    let end = try #require(page[start...].range(of: "</script>")).lowerBound
    return try JSONReader.parse(String(page[start..<end]), name: id)
  }

  @Test func whateverAModelWroteIsTextAndReadsBackWhole() throws {
    let run = Fixtures.run(
      model: Self.attack, task: Self.attack, samples: [generated(0, Self.attack, prompt: Self.attack)])
    let page = try Fixtures.report(cells: [Fixtures.cell(run)], name: Self.attack).render("html")
    #expect(!page.contains("<img") && !page.contains("<script>window"))
    // As many scripts end as begin: no text ended one.
    #expect(page.components(of: "<script").count == page.components(of: "</script>").count)
    let samples = try #require(try block(page, "samples-0-0").arrayValue)
    let answer = try #require(samples.first?.objectValue?["m"]?.arrayValue?.first?.objectValue)
    #expect(answer["a"]?.stringValue == Self.attack && answer["x"]?.stringValue == Self.attack)
    #expect(
      try block(page, "sample-index").objectValue?["sheets"]?.arrayValue?.first?.objectValue?["name"]?.stringValue
        == Self.attack)
  }

  @Test func promptsAreWholeAgainFromWhatTheyShare() throws {
    let prompts = ["ab\u{1F600}cd", "ab\u{1F601}xy", "ab\u{1F600}cd", "", "ü", "ûx"]
    let samples = prompts.enumerated().map { generated($0.offset, "x", prompt: $0.element) }
    let page = try Fixtures.report(cells: [Fixtures.cell(Fixtures.run(samples: samples))]).render("html")
    var before: [UInt16] = []
    var found: [String] = []
    for sample in try #require(try block(page, "samples-0-0").arrayValue) {
      let told = try #require(sample.objectValue?["p"]?.arrayValue)
      before = Array(before.prefix(try #require(told[0].integerValue))) + Array(try #require(told[1].stringValue).utf16)
      found.append(String(decoding: before, as: UTF16.self))
    }
    #expect(found == prompts)
  }

  @Test func scoresOfSeveralModelsStandSampleBySample() throws {
    let first = Fixtures.run(model: "one", samples: [Fixtures.sample(0, score: 1), Fixtures.sample(1, score: nil)])
    let second = Fixtures.run(model: "two", samples: [Fixtures.sample(1, score: 0), Fixtures.sample(2, score: 1)])
    let page = try Fixtures.report(cells: [Fixtures.cell(first), Fixtures.cell(second)]).render("html")
    let sheet = try #require(try block(page, "sample-index").objectValue?["sheets"]?.arrayValue?.first?.objectValue)
    #expect(sheet["ids"] == ["s0", "s1", "s2"])
    let scores = try #require(sheet["models"]?.arrayValue).map { $0.objectValue?["scores"]?.stringValue }
    #expect(scores == ["1- ", " 01"])
  }

  @Test func nothingIsLoadedFromElsewhere() throws {
    let page = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed), Fixtures.failed]).render("html")
    #expect(page.contains("default-src 'none'"))
    for word in ["http://", "https://", "src=", "@import", "url("] { #expect(!page.contains(word), "\(word)") }
    #expect(page.contains("models/other: no such folder"))
  }
}

extension String {
  /// The parts between occurrences of a text.
  fileprivate func components(of text: String) -> [Substring] {
    split(separator: text, omittingEmptySubsequences: false)
  }

  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}

extension Substring {
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
