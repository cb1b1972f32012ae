import Evaluation
import Support
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// The report in each of its forms.
@Suite struct SweepReportTests {
  @Test("The table shows score, interval and counts of each cell")
  func table() throws {
    let text = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)]).render("table")
    let lines = text.split(separator: "\n")
    #expect(lines[0].hasPrefix("model  task  metric    score"))
    #expect(lines[0].contains("95% interval"))
    // Wilson for 3 of 4, as in the tables of the literature: 30.1% to 95.4%.
    #expect(lines[2].hasPrefix("tiny   mmlu  accuracy  75.0%  30.1% – 95.4%"))
    #expect(lines[2].contains(" 5 ") && lines[2].contains(" 1 ") && lines[2].hasSuffix("12.3 s"))
    #expect(text.contains("tied_choices 1, undefined_log_likelihood 1 (of 5 samples)"))
  }

  @Test("The interval's column names its level", arguments: [(0.95, "95%"), (0.9, "90%"), (0.999, "99.9%")])
  func level(level: Double, words: String) throws {
    let report = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)], level: level)
    #expect(try report.render("table").contains("\(words) interval"))
  }

  @Test("Where nothing was scored there is no number")
  func nothingScored() throws {
    let run = Fixtures.run(samples: [Fixtures.sample(0, score: nil), Fixtures.sample(1, score: nil)])
    let report = try Fixtures.report(cells: [Fixtures.cell(run)])
    let row = try #require(try report.render("table").split(separator: "\n").dropFirst(2).first)
    #expect(row.contains("–") && row.contains("no interval") && !row.contains("%") && !row.contains("nan"))
    let metric = try #require(
      report.json.objectValue?["cells"]?.arrayValue?[0].objectValue?["run"]?.objectValue?["metrics"]?
        .objectValue?["accuracy"]?.objectValue)
    #expect(metric["mean"] == .null && metric["lower"] == .null && metric["count"] == 0 && metric["unscored"] == 2)
  }

  @Test("A run without samples reports itself as such")
  func noSamples() throws {
    let run = Fixtures.run(samples: [], plannedCount: 3)
    let report = try Fixtures.report(cells: [Fixtures.cell(run)], isCancelled: true)
    for format in SweepReport.Format.allCases { _ = try report.render(format.rawValue) }
    #expect(try report.render("table").contains("no interval"))
    #expect(try report.render("samples").isEmpty)
  }

  @Test("A sweep without cells is still a report")
  func noCells() throws {
    let report = try Fixtures.report(cells: [], isCancelled: true)
    #expect(try report.render("table").contains("cancelled"))
    #expect(try report.render("markdown").hasPrefix("# a sweep\n"))
    #expect(report.json.objectValue?["cells"] == [])
  }

  @Test("A failed cell is in every form with its reason")
  func failure() throws {
    let report = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed), Fixtures.failed])
    #expect(try report.render("table").contains("failed"))
    #expect(try report.render("table").contains("other · gsm8k failed: models/other: no such folder"))
    #expect(try report.render("markdown").contains("failed: models/other: no such folder"))
    let cell = try #require(report.json.objectValue?["cells"]?.arrayValue?[1].objectValue)
    #expect(cell["error"] == "models/other: no such folder" && cell["run"] == nil)
  }

  @Test("A cancelled sweep says so in every form")
  func cancelled() throws {
    let run = Fixtures.run(samples: [Fixtures.sample(0, score: 1)], plannedCount: 9)
    let report = try Fixtures.report(cells: [Fixtures.cell(run)], isCancelled: true)
    #expect(try report.render("table").contains("cancelled: the scores are of the finished samples"))
    #expect(try report.render("markdown").contains("cancelled: the scores"))
    #expect(report.json.objectValue?["cancelled"] == true)
    let complete = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)])
    #expect(try !complete.render("table").contains("cancelled"))
    #expect(complete.json.objectValue?["cancelled"] == false)
  }

  @Test("JSON reads back with the numbers of the record")
  func json() throws {
    let run = Fixtures.mixed
    let report = try Fixtures.report(cells: [Fixtures.cell(run)])
    let text = try report.render("json")
    let object = try #require(try JSONReader.parse(text).objectValue)
    #expect(JSONValue.object(object) == report.json && text.hasSuffix("}\n"))
    #expect(object["gemmabench"] == "1.2.3" && object["plan_hash"]?.stringValue == report.record.plan.hash)
    let cell = try #require(object["cells"]?.arrayValue?[0].objectValue?["run"]?.objectValue)
    let estimate = run.estimate(Fixtures.accuracy, level: 0.95)
    let metric = try #require(cell["metrics"]?.objectValue?["accuracy"]?.objectValue)
    #expect(metric["mean"]?.doubleValue == 0.75 && metric["count"] == 4 && metric["unscored"] == 1)
    #expect(metric["lower"]?.doubleValue == estimate.interval?.lower)
    #expect(metric["upper"]?.doubleValue == estimate.interval?.upper)
    #expect(metric["standard_error"]?.doubleValue == estimate.standardError)
    #expect(cell["subjects"]?.objectValue?["algebra"]?.objectValue?["mean"]?.doubleValue == 0.5)
    #expect(cell["seconds"]?.doubleValue == 12.34 && cell["tokens_computed"] == 120)
  }

  @Test("Samples are one JSON object a line, model and task in front")
  func samples() throws {
    let second = Fixtures.run(model: "other", samples: [Fixtures.sample(0, score: 0)])
    let report = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed), Fixtures.failed, Fixtures.cell(second)])
    let lines = try report.render("samples").split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 7 && lines[6].isEmpty)
    let objects = try lines.dropLast().map { try #require(try JSONReader.parse(String($0)).objectValue) }
    #expect(objects.map { $0["model"]?.stringValue } == Array(repeating: "tiny", count: 5) + ["other"])
    #expect(objects[4]["id"] == "s4" && objects[4]["scores"] == ["accuracy": .null])
    #expect(objects[0].keys.prefix(3) == ["model", "task", "run_number"])
    #expect(objects[0]["log_likelihoods"] == [-1.5, -2.25])
  }

  @Test("A line break within a response stays within its line of samples")
  func lineBreaks() throws {
    let sample = SampleRecord(
      id: "a\nb", promptSHA256: "", target: "\u{2028}",
      response: .generated(text: "one\ntwo\r\n", finishReason: .length),
      score: Fixtures.sample(0, score: 1).score, flags: [], promptTokens: 1, answerTokens: 1, seconds: 0)
    let text = try Fixtures.report(cells: [Fixtures.cell(Fixtures.run(samples: [sample]))]).render("samples")
    #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    #expect(try JSONReader.parse(text).objectValue?["response"] == "one\ntwo\r\n")
  }

  @Test("A format that is none is an error with the nearest")
  func unknownFormat() throws {
    let report = try Fixtures.report(cells: [])
    let error = #expect(throws: BenchmarkError.self) { try report.render("jsn") }
    #expect(error?.kind == .invalidArgument && error?.message.contains("did you mean \"json\"?") == true)
    #expect(throws: BenchmarkError.self) { try report.render("") }
  }
}

/// The page of Markdown.
@Suite struct MarkdownReportTests {
  static let hostile = "a|b<script>alert(1)</script>"

  @Test("A name that is Markdown or HTML stays a name, wherever it stands")
  func hostileNames() throws {
    let run = Fixtures.run(model: Self.hostile, task: Self.hostile, samples: Fixtures.mixed.samples)
    let failed = CellRecord(
      cell: Fixtures.cell(of: Self.hostile), taskName: "t",
      outcome: .failure(BenchmarkError(.internalError, "<img src=x>")))
    let report = try Fixtures.report(cells: [Fixtures.cell(run), failed], isCancelled: true, name: Self.hostile)
    let page = try report.render("markdown")
    for (index, character) in zip(page.indices, page) where character == "<" {
      #expect(index > page.startIndex && page[page.index(before: index)] == "\\", "an open \"<\" in the page")
    }
    for line in page.split(separator: "\n") where line.hasPrefix("|") {
      #expect([4, 8].contains(TableTests.columnCount(line)), "\(line)")
    }
  }

  @Test("A name with line breaks stays on its line")
  func lineBreaks() throws {
    let run = Fixtures.run(model: "one\n# two", samples: Fixtures.mixed.samples)
    let page = try Fixtures.report(cells: [Fixtures.cell(run)], name: "x\n# y").render("markdown")
    #expect(!page.split(separator: "\n").contains { $0.hasPrefix("# two") || $0.hasPrefix("# y") })
  }

  @Test("A task of several subjects has a table of them, a task of one has none")
  func subjects() throws {
    let page = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)]).render("markdown")
    #expect(page.contains("by subject") && page.contains("| algebra | 50.0% |") && page.contains("| logic | 100.0% |"))
    let one = Fixtures.run(samples: [Fixtures.sample(0, score: 1, subject: "algebra")])
    #expect(try !Fixtures.report(cells: [Fixtures.cell(one)]).render("markdown").contains("by subject"))
  }

  @Test("The page says how it was made: plan, version, time, specification, tokens")
  func provenance() throws {
    let report = try Fixtures.report(cells: [Fixtures.cell(Fixtures.mixed)])
    let page = try report.render("markdown")
    for words in [
      "Wilson", "gemmabench 1.2.3", "2026-01-02T03:04:05Z", String(report.record.plan.hash.prefix(12)),
      #"`{"type":"mmlu","shots":0}`"#, "400 tokens in all requests, 120 computed, 280 reused",
    ] {
      #expect(page.contains(words), "\(words)")
    }
  }
}
