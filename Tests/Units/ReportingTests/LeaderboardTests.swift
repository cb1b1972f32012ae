import Evaluation
import Statistics
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// The leaderboard: who is where, by how much, and what is a tie.
@Suite struct LeaderboardTests {
  private func cell(_ model: String, _ task: String = "mmlu", right: Int, of count: Int = 60) -> CellRecord {
    Fixtures.cell(
      Fixtures.run(
        model: model, task: task, samples: (0..<count).map { Fixtures.sample($0, score: $0 < right ? 1 : 0) }))
  }

  private func lines(_ cells: [CellRecord]) throws -> [Substring] {
    try Fixtures.report(cells: cells).render("leaderboard").split(separator: "\n")
  }

  /// Score and Wilson interval as the leaderboard writes them.
  private func words(_ right: Int, of count: Int = 60) throws -> String {
    let interval = try #require(ConfidenceInterval.wilson(successes: right, count: count, level: 0.95))
    func percent(_ value: Double) -> String { (value * 100).fixed(1) + "%" }
    return "\(percent(Double(right) / Double(count))) (\(percent(interval.lower)) – \(percent(interval.upper)))"
  }

  @Test("Models are ranked from the best down, with an interval a task; ties have a range of ranks and are named")
  func ranked() throws {
    let cells = [
      cell("bad", right: 20), cell("bad", "gsm8k", right: 30), cell("good", right: 55),
      cell("good", "gsm8k", right: 31), cell("close", right: 54), cell("close", "gsm8k", right: 31),
    ]
    let lines = try lines(cells)
    #expect(lines[0] == "# a sweep: leaderboard")
    #expect(lines[1] == "| rank | model | all tasks | mmlu | gsm8k |")
    #expect(lines[2] == "| ---: | --- | ---: | ---: | ---: |")
    #expect(lines[3] == "| 1 – 2 (tie) | good | **71.7%** | **\(try words(55))** | **\(try words(31))** |")
    #expect(lines[4].hasPrefix("| 1 – 2 (tie) | close | **70.8%** | **\(try words(54))** |"))
    #expect(lines[5].hasPrefix("| 3 | bad | 41.7% | \(try words(20)) | **\(try words(30))** |"))
    #expect(lines[6] == "- All tasks, each counting the same: a tie for the best: good, close")
    #expect(lines[7] == "- mmlu: a tie for the best: good, close")
    #expect(lines[8] == "- gsm8k: a tie for the best: good, close, bad")
    #expect(lines[9].contains("95% interval") && lines[9].contains("Holm"))
  }

  @Test("One task ranks by itself; a model alone ahead is said to be")
  func alone() throws {
    let lines = try lines([cell("bad", right: 20), cell("good", right: 55)])
    #expect(lines[1] == "| rank | model | mmlu |")
    #expect(try lines[3] == "| 1 | good | **\(words(55))** |")
    #expect(try lines[4] == "| 2 | bad | \(words(20)) |")
    #expect(lines[5] == "- mmlu: good is ahead of every other model" && lines.count == 7)
  }

  @Test("A failed cell says so, and its model has no rank; other units keep theirs")
  func unranked() throws {
    let failed = CellRecord(
      cell: Fixtures.cell(of: "broken", task: 1), taskName: "gsm8k",
      outcome: .failure(BenchmarkError(.notFound, "nowhere")))
    let lines = try lines([
      cell("bad", right: 20), cell("bad", "gsm8k", right: 10), cell("good", right: 55),
      cell("good", "gsm8k", right: 50),
      cell("broken", right: 59), failed,
    ])
    #expect(lines[5].hasPrefix("| – | broken | – |") && lines[5].hasSuffix("| failed |"))
    #expect(lines.contains("- Not ranked, because a run of a ranked task is missing or incomplete: broken"))
    let speed = try Fixtures.report(cells: [Fixtures.cell(try EfficiencyReportTests.run())]).render("leaderboard")
    #expect(speed.contains("| model | efficiency decode_tokens_per_second |"))
    #expect(speed.contains("| tiny | 5.0/s (3.3/s – 10.0/s) |"))
  }

  @Test("One model takes no rank; a sweep without cells has a table; names cannot break it; Markdown begins with it")
  func withoutRanks() throws {
    let one = try lines([cell("a|b <i>", right: 20)])
    #expect(one[1] == "| model | mmlu |" && one.count == 5)
    #expect(try one[3] == "| a\\|b &lt;i> | \(words(20)) |")
    let none = try Fixtures.report(cells: []).render("leaderboard")
    #expect(none.hasPrefix("# a sweep: leaderboard\n\n| model |\n"))
    let several = try Fixtures.report(cells: [cell("bad", right: 20), cell("good", right: 55)]).render("markdown")
    #expect(several.contains("## Leaderboard\n\n| rank | model |") && several.contains("## Scores\n"))
    #expect(try !Fixtures.report(cells: [cell("a", right: 20)]).render("markdown").contains("Leaderboard"))
  }
}
