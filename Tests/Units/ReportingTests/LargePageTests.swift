@preconcurrency import Glibc
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// A page of the size of all of MMLU for four models, written where GEMMABENCH_LARGE_PAGE says, for a browser to be timed on.
@Suite struct LargePageTests {
  static let path = getenv("GEMMABENCH_LARGE_PAGE").map { String(cString: $0) }

  /// As long as a five-shot prompt of MMLU: examples that a subject's samples share, then the question.
  private func prompt(_ index: Int) -> String {
    let examples = String(repeating: "An example of subject \(index / 250) with its choices and answer. ", count: 40)
    return examples + String(repeating: "What is asked in question \(index)? ", count: 10) + "\nAnswer:"
  }

  @Test(.enabled(if: path != nil)) func write() throws {
    let models = (0..<4).map { model in
      Fixtures.run(
        model: "model-\(model)",
        samples: (0..<14_042).map { index in
          var sample = Fixtures.sample(
            index, score: (index * (model + 3)) % 7 < 4 ? 1 : 0, subject: "subject \(index / 250)")
          sample.prompt = prompt(index)
          return sample
        })
    }
    let page = try Fixtures.report(cells: models.map(Fixtures.cell)).render("html")
    try FileSystem.write(page, to: try #require(Self.path))
    // Whole prompts alone would take 14,042 times 2,600 bytes.
    #expect(page.utf8.count < 20_000_000)
  }
}
