import Plan
import Records
import Statistics
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// Facets found in what runs varied, and the variance that each adds.
@Suite struct VarianceSplitTests {
  @Test("What changes together is one facet, what is crossed stands apart, and what is neither is nothing")
  func facets() {
    func found(_ runs: [[(name: String, level: String)]]) -> [String]? {
      RunFacets(runs)?.facets.map { "\($0.name):\($0.levels)" }
    }
    let together = (0..<3).map { [(name: "shots", level: "\($0)"), (name: "order", level: "\($0 * 7)"), ("none", "")] }
    #expect(found(together) == ["shots and order:3"])
    let crossed = (0..<6).map { [(name: "shots", level: "\($0 % 2)"), (name: "order", level: "\($0 / 2)")] }
    #expect(found(crossed) == ["shots:2", "order:3"])
    // Runs that share levels are not the levels of one facet: a run is missing.
    #expect(found(Array(crossed.dropLast())) == nil)
    #expect(found(crossed + [crossed[0]]) == nil)
    #expect(found([[("shots", "1")], [("shots", "1")]]) == ["runs:2"])
  }

  @Test("The order of the runs changes nothing; scores that are missing give nothing")
  func components() throws {
    let runs = [(1, 0), (0, 1), (0, 0), (1, 1)].map { shots, order in
      [(name: "shots", level: "\(shots)"), (name: "order", level: "\(order)")]
    }
    let scores: [[Double]] = [[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 0, 0]]
    let facets = try #require(RunFacets(runs))
    let found = try #require(facets.components(scores))
    // The first level seen of each facet is its first: shots 1, 0 and order 0, 1.
    let grid = (0..<3).flatMap { item in [0, 3, 2, 1].map { scores[$0][item] } }
    let expected = VarianceComponents(facets: [("items", 3), ("shots", 2), ("order", 2)], scores: grid)
    #expect(found == expected)
    #expect(facets.components([[1], [1, 0], [1], [1]]) == nil)
    #expect(facets.components([[1, 0]]) == nil)
  }

  @Test("Runs of one model and their needs; a single run has no split")
  func split() throws {
    func run(_ number: Int, _ scores: [Double?]) -> RunRecord {
      var run = Fixtures.run(samples: scores.enumerated().map { Fixtures.sample($0.offset, score: $0.element) })
      run.seeds = RunSeeds(run: number, planSeed: 1, varying: [.fewShotDraws])
      return run
    }
    let runs = [run(1, [1, 0, 1, 1, nil]), run(2, [1, 0, 0, 1, 1]), run(3, [1, 0, 1, 0, 1])]
    let split = try #require(VarianceSplit(runs, Fixtures.accuracy))
    #expect(
      split.components.components.map(\.facets) == [["items"], ["few-shot examples"], ["items", "few-shot examples"]])
    let expected = VarianceComponents(
      facets: [("items", 4), ("few-shot examples", 3)], scores: [1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0])
    #expect(split.components == expected)
    let shares = [(true, false), (false, true), (true, true)].compactMap { split.share(items: $0.0, runs: $0.1) }
    #expect(shares.count == 3 && abs(shares.reduce(0, +) - 1) < 1e-12)
    #expect(split.table.rows.count == 3 && split.table.rows[1][3] == "3")
    #expect(split.json.objectValue?["needs"]?.arrayValue?.count == 2)
    #expect(VarianceSplit([runs[0]], Fixtures.accuracy) == nil)
    #expect(VarianceSplit([run(1, [nil]), run(2, [1])], Fixtures.accuracy) == nil)
    let same = try #require(VarianceSplit([run(1, [1, 1]), run(2, [1, 1])], Fixtures.accuracy))
    #expect(same.share(items: true, runs: false) == nil && same.table.rows.allSatisfy { $0[2] == "–" })
  }

  /// A sweep of one task whose runs go through what they vary; the scores are those of each model's runs in their order.
  private func sweep(
    _ scores: [[[Double]]], quantizations: [String] = ["none"], design: RunDesign = .together, runs: Int,
    vary: [Variation] = [.fewShotDraws, .choiceOrder]
  ) throws -> SweepRecord {
    let models = quantizations.map { ["path": "models/a", "quantization": .string($0)] as JSONValue }
    let plan = try SweepPlan(
      json: JSONValue.object([
        "models": .array(models), "tasks": ["mmlu"], "runs": JSONValue(runs), "design": .string(design.rawValue),
        "vary": .array(vary.map { .string($0.rawValue) }),
      ]).text())
    let cells = plan.cells(variations: [vary]).map { cell -> CellRecord in
      let values = scores[cell.modelNumber][cell.run - 1]
      let run = Fixtures.run(
        model: cell.model.name, samples: values.enumerated().map { Fixtures.sample($0.offset, score: $0.element) },
        seeds: cell.seeds)
      return CellRecord(cell: cell, taskName: "mmlu", outcome: .success(run))
    }
    return SweepRecord(plan: plan, cells: cells, isCancelled: false, seconds: 1, startedAt: "")
  }

  @Test("Files of one base are split by what they store, files of none are not compared")
  func filesOfOneBase() throws {
    func splits(_ base: String) throws -> [VarianceSplit] {
      let plan = try SweepPlan(
        json: #"{"models": [{"path": "a.gguf"\#(base)}, {"path": "b.gguf"\#(base)}], "tasks": ["mmlu"]}"#)
      let cells = plan.cells(variations: [[]]).map { cell -> CellRecord in
        let scores: [Double] = cell.modelNumber == 0 ? [1, 0, 1, 1] : [0, 0, 1, 0]
        let run = Fixtures.run(
          model: cell.model.name, samples: scores.enumerated().map { Fixtures.sample($0.offset, score: $0.element) },
          seeds: cell.seeds, elementType: cell.modelNumber == 0 ? "q8_0" : "q4_k_m")
        return CellRecord(cell: cell, taskName: "mmlu", outcome: .success(run))
      }
      return VarianceSplit.quantizations(
        SweepRecord(plan: plan, cells: cells, isCancelled: false, seconds: 1, startedAt: ""))
    }
    #expect(try splits("").isEmpty)
    let split = try #require(try splits(#", "base": "gemma""#).first)
    #expect(split.components.components.map(\.facets).contains(["quantisation"]))
  }

  @Test("Crossed runs have a facet for each thing they vary, and no interval over runs, which are not independent")
  func crossed() throws {
    // Run k has draw (k - 1) mod 2 and order (k - 1) / 2.
    let scores: [[Double]] = [[1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 1, 0], [1, 0, 0, 0]]
    let record = try sweep([scores], design: .crossed, runs: 4)
    let group = try #require(RepeatedRuns.all(record).first)
    let split = try #require(group.variance)
    #expect(
      split.components.components.map(\.facets) == [
        ["items"], ["few-shot examples"], ["items", "few-shot examples"], ["order of choices"],
        ["items", "order of choices"],
        ["few-shot examples", "order of choices"], ["items", "few-shot examples", "order of choices"],
      ])
    let grid = (0..<4).flatMap { item in [0, 2, 1, 3].map { scores[$0][item] } }
    let facets = [
      (name: "items", levels: 4), (name: "few-shot examples", levels: 2), (name: "order of choices", levels: 2),
    ]
    #expect(split.components == VarianceComponents(facets: facets, scores: grid))
    #expect(group.isCrossed && group.interval == nil && group.summary.standardDeviation != nil)
    let report = SweepReport(record: record, libraryVersion: "1")
    #expect(report.notes.contains { $0.contains("no interval over runs") })
    #expect(report.repeatedRunsTable?.rows.first?.contains("no interval") == true)
    // The same runs, had they varied everything at once, are one facet and independent.
    let together = try #require(RepeatedRuns.all(try sweep([scores], runs: 4)).first)
    #expect(together.variance?.components.needs.map(\.facet) == ["items", "few-shot examples and order of choices"])
    #expect(!together.isCrossed && together.interval != nil)
  }

  @Test("A run that is missing from a crossed design leaves no split")
  func incomplete() throws {
    var record = try sweep([[[1, 0], [0, 0], [1, 1], [0, 1]]], design: .crossed, runs: 4)
    record = SweepRecord(
      plan: record.plan, cells: Array(record.cells.dropLast()), isCancelled: true, seconds: 1, startedAt: "")
    let group = try #require(RepeatedRuns.all(record).first)
    #expect(group.variance == nil && group.interval == nil && group.json.objectValue?["variance"] == .null)
  }

  @Test("Two weight types of one model on the same items: how much quantisation adds, by hand")
  func quantisation() throws {
    // Means of items 1, 0.5, 0.5, 0; of types 0.75 and 0.25; of all 0.5.
    let record = try sweep([[[1, 1, 1, 0]], [[1, 0, 0, 0]]], quantizations: ["none", "q4_0"], runs: 1)
    let split = try #require(VarianceSplit.quantizations(record).first)
    #expect(VarianceSplit.quantizations(record).count == 1)
    #expect(split.components.components.map(\.facets) == [["items"], ["quantisation"], ["items", "quantisation"]])
    // Sums of squares 1, 0.5 and 0.5 with 3, 1 and 3 degrees of freedom.
    let squares = split.components.components.map(\.meanSquare)
    for (found, expected) in zip(squares, [1.0 / 3, 0.5, 1.0 / 6]) { #expect(abs(found - expected) < 1e-12) }
    // (1/3 - 1/6) / 2, (1/2 - 1/6) / 4 and 1/6.
    let variances = split.components.components.map(\.variance)
    for (found, expected) in zip(variances, [1.0 / 12, 1.0 / 12, 1.0 / 6]) { #expect(abs(found - expected) < 1e-12) }
    let json = SweepReport(record: record, libraryVersion: "1").json.objectValue
    #expect(json?["quantisations"]?.arrayValue?.count == 1)
  }

  @Test("Types are crossed with runs; models that differ in more than their type, or in nothing, are no family")
  func families() throws {
    let scores: [[Double]] = [[1, 0, 1], [0, 0, 1]]
    let record = try sweep([scores, scores], quantizations: ["none", "q8_0"], runs: 2, vary: [.choiceOrder])
    let split = try #require(VarianceSplit.quantizations(record).first)
    #expect(split.components.needs.map(\.facet) == ["items", "quantisation", "order of choices"])
    let effect = try #require(split.components.components.first { $0.facets == ["quantisation"] })
    #expect(effect.meanSquare == 0)
    #expect(VarianceSplit.quantizations(try sweep([scores], runs: 2)).isEmpty)
    for other in [#""path": "models/b""#, #""path": "models/a", "precision": "bfloat16""#] {
      let plan = try SweepPlan(
        json: #"{"models": ["models/a", {\#(other), "quantization": "q4_0"}], "tasks": ["mmlu"]}"#)
      let cells = plan.cells(variations: [[]]).map {
        CellRecord(
          cell: $0, taskName: "mmlu",
          outcome: .success(
            Fixtures.run(model: $0.model.name, samples: [Fixtures.sample(0, score: 1), Fixtures.sample(1, score: 0)])))
      }
      let mixed = SweepRecord(plan: plan, cells: cells, isCancelled: false, seconds: 1, startedAt: "")
      #expect(VarianceSplit.quantizations(mixed).isEmpty, "\(other)")
    }
  }

  @Test("Whole runs that differ in the order of items alone are one measurement")
  func orders() throws {
    let plan = try SweepPlan(
      json: #"""
        {"models": ["models/a", {"path": "models/a", "name": "a4", "quantization": "q4_0"}], "tasks": ["mmlu"], "runs": 3,
         "stop_when": {"half_width": 0.01}}
        """#)
    let scores: [String: [Double]] = ["a": [1, 1, 1, 0], "a4": [1, 0, 0, 0]]
    let cells = try plan.cells(variations: [[.itemOrder]]).map { cell -> CellRecord in
      let samples = try #require(scores[cell.model.name]).enumerated().map { Fixtures.sample($0, score: $1) }
      return CellRecord(
        cell: cell, taskName: "mmlu",
        outcome: .success(Fixtures.run(model: cell.model.name, samples: samples, seeds: cell.seeds)))
    }
    #expect(cells.count == 6)
    let record = SweepRecord(plan: plan, cells: cells, isCancelled: false, seconds: 1, startedAt: "")
    #expect(RepeatedRuns.all(record).isEmpty)
    // The split is that of one run each.
    let once = try sweep([[[1, 1, 1, 0]], [[1, 0, 0, 0]]], quantizations: ["none", "q4_0"], runs: 1)
    let split = try #require(VarianceSplit.quantizations(record).first)
    #expect(split.components == VarianceSplit.quantizations(once).first?.components)
  }

  @Test("The interval over runs ends where the metric does")
  func clamp() throws {
    // Means 1, 1 and 0.5, and Student's t of 2 degrees of freedom, which has a closed form: (2p - 1) / sqrt(2p(1 - p)).
    let high = try sweep([[[1, 1], [1, 1], [1, 0]]], runs: 3)
    let top = try #require(RepeatedRuns.all(high).first)
    let half = 0.95 / (2 * 0.975 * 0.025).squareRoot() * (1.0 / 12).squareRoot() / 3.0.squareRoot()
    #expect(top.interval?.upper == 1 && abs((top.interval?.lower ?? 0) - (5.0 / 6 - half)) < 1e-12)
    #expect((top.summary.interval?.upper ?? 0) > 1.5)
    #expect(top.json.objectValue?["upper"]?.doubleValue == 1)
    let low = try #require(RepeatedRuns.all(try sweep([[[0, 0], [0, 0], [1, 0]]], runs: 3)).first)
    #expect(low.interval?.lower == 0 && abs((low.interval?.upper ?? 0) - (1.0 / 6 + half)) < 1e-12)
    // Runs that agree leave no interval, at the edge too.
    let flat = try #require(RepeatedRuns.all(try sweep([[[1, 1], [1, 1], [1, 1]]], runs: 3)).first)
    #expect(flat.interval == nil)
  }
}
