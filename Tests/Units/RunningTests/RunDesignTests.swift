import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Runs that cross what they vary: which levels meet, whose seeds they are, and what cannot be crossed.
@Suite struct RunDesignTests {
  private static func plan(runs: Int, _ more: String = #""design": "crossed""#) throws -> SweepPlan {
    try SweepPlan(json: #"{"models": ["a", "b"], "tasks": ["mmlu"], "runs": \#(runs), \#(more)}"#)
  }

  /// Seeds as the levels they are of, counted from 1 in the order of the runs; "-" for what stays as the task says.
  private static func levels(_ cells: [Cell], _ variation: Variation) -> String {
    var seen: [Int] = []
    return cells.map { cell -> String in
      guard let seed = cell.seeds[variation] else { return "-" }
      if !seen.contains(seed) { seen.append(seed) }
      return "\((seen.firstIndex(of: seed) ?? 0) + 1)"
    }.joined()
  }

  @Test(
    "The levels multiply to the runs, as equal as can be, and none is alone",
    arguments: [
      (4, 2, [2, 2]), (6, 2, [3, 2]), (9, 2, [3, 3]), (12, 2, [4, 3]), (16, 2, [4, 4]), (8, 3, [2, 2, 2]),
      (12, 3, [3, 2, 2]), (18, 3, [3, 3, 2]), (5, 1, [5]), (5, 2, nil), (1, 2, nil), (2, 2, nil), (3, 2, nil),
      (4, 3, nil), (1, 1, nil), (7, 0, nil),
    ] as [(Int, Int, [Int]?)])
  func levels(runs: Int, facets: Int, expected: [Int]?) {
    #expect(RunDesign.levels(runs: runs, facets: facets) == expected)
  }

  @Test("Every level of one thing meets every level of the other once; run 1 is as the task says")
  func crossed() throws {
    let plan = try Self.plan(runs: 6)
    let cells = plan.cells(variations: [[.fewShotDraws, .choiceOrder]])
    #expect(cells.count == 12)
    let first = cells.filter { $0.modelNumber == 0 }
    #expect(Self.levels(first, .fewShotDraws) == "-12-12")
    #expect(Self.levels(first, .choiceOrder) == "---111")
    #expect(first[0].seeds == .canonical)
    // The models meet the same questions.
    #expect(cells.filter { $0.modelNumber == 1 }.map(\.seeds) == first.map(\.seeds))
    // A level has the seed of the run of that number where all vary together.
    let together = try Self.plan(runs: 6, #""design": "together""#).cells(variations: [[.fewShotDraws, .choiceOrder]])
    #expect(first[1].seeds[.fewShotDraws] == together[1].seeds[.fewShotDraws])
    #expect(first[2].seeds[.fewShotDraws] == together[2].seeds[.fewShotDraws])
    #expect(first[3].seeds[.choiceOrder] == together[1].seeds[.choiceOrder])
  }

  @Test("Sampling is drawn in the first level too")
  func sampling() throws {
    let cells = try Self.plan(runs: 4).cells(variations: [[.fewShotDraws, .sampling]])
    let first = cells.filter { $0.modelNumber == 0 }
    #expect(Self.levels(first, .fewShotDraws) == "-1-1" && Self.levels(first, .sampling) == "1122")
  }

  @Test("One thing that varies needs no crossing: the runs are those of the other design")
  func single() throws {
    let crossed = try Self.plan(runs: 5).cells(variations: [[.choiceOrder]])
    let together = try Self.plan(runs: 5, #""vary": ["choice_order"]"#).cells(variations: [[.choiceOrder]])
    #expect(crossed.map(\.seeds) == together.map(\.seeds))
  }

  @Test("Runs that cannot cross a task are an error with those that can, before anything runs")
  func refused() throws {
    func message(_ runs: Int) throws -> String {
      let two = #"[{"type": "mmlu", "subset": "abstract_algebra", "shots": 1, "data": "\#(Fixtures.mmlu)"}]"#
      let plan = try SweepPlan(
        json: #"{"models": ["\#(Fixtures.tiny)"], "tasks": \#(two), "runs": \#(runs), "design": "crossed", "limit": 1}"#
      )
      do {
        _ = try SweepRunner.run(plan) { _ in true }
        return "no error"
      } catch { return error.message }
    }
    let five = try message(5)
    #expect(
      five.contains("5 runs cannot cross few-shot examples with order of choices") && five.contains("use 4 or 6 runs"))
    #expect(try message(1).contains("; use 4 runs"))
    #expect(try message(4) == "no error")
  }

  @Test("The plan says its design, and one without has the hash that it always had")
  func canonical() throws {
    let plan = try Self.plan(runs: 4)
    #expect(plan.design == .crossed && plan.canonical.objectValue?["design"] == "crossed")
    #expect(try SweepPlan(json: plan.canonical.text()) == plan)
    let plain = try Self.plan(runs: 4, #""limit": null"#)
    #expect(plain.design == .together && plain.canonical.objectValue?["design"] == nil && plain.hash != plan.hash)
    #expect(try Self.plan(runs: 4, #""design": "together""#).hash == plain.hash)
    let nested = try SweepPlan(text: "models: [a]\ntasks: [mmlu]\nevaluation: {runs: 4, design: crossed}\n")
    #expect(nested.design == .crossed)
    do {
      _ = try SweepPlan(text: "models: [a]\ntasks: [mmlu]\ndesign: crosed\n", name: "x.yaml")
      Issue.record("no error")
    } catch {
      #expect(error.message == #"x.yaml:3:9: design: no such design: "crosed"; did you mean "crossed"?"#)
    }
  }
}
