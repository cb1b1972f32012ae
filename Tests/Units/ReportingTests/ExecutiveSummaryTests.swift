import Support
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// The page for a reader in a hurry: it stays one, whatever the sweep.
@Suite struct ExecutiveSummaryTests {
  /// Models of which each gets more right than the one before, on two tasks.
  private func summary(models: Int) throws -> String {
    let cells = (0..<models).flatMap { model in
      ["mmlu", "gsm8k"].map { task in
        Fixtures.cell(
          Fixtures.run(
            model: "model-\(model)", task: task,
            samples: (0..<8).map { Fixtures.sample($0, score: $0 <= model % 8 ? 1 : 0) }))
      }
    }
    return try Fixtures.report(cells: cells).render("summary")
  }

  /// The lines of a section of the page.
  private func part(_ title: String, of page: String) throws -> [Substring] {
    let lines = page.split(separator: "\n")
    let start = try #require(lines.firstIndex(of: "## \(title)"))
    return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") })
  }

  @Test("Few models: every one is in the tables and lists")
  func few() throws {
    let page = try summary(models: 3)
    for model in 0..<3 { #expect(page.contains("| model-\(model) |")) }
    #expect(!page.contains("more, in report.html"))
  }

  @Test("Forty models: still one page, which says how much it leaves out and where that is")
  func forty() throws {
    let page = try summary(models: 40)
    #expect(page.split(separator: "\n", omittingEmptySubsequences: false).count < 80)
    let costs = try part("What it cost", of: page)
    #expect(costs.count { $0.hasPrefix("| model-") } == 10)
    #expect(costs.contains("- and 30 more, in report.html"))
    #expect(page.split(separator: "\n").allSatisfy { $0.count < 600 })
    let distrust = try part("What to distrust", of: page)
    #expect(distrust.count { $0.contains("8 samples leave an interval of") } == 6)
    #expect(distrust.contains("- and 74 more, in report.html"))
  }
}
