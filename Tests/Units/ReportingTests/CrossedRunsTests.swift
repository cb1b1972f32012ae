import Evaluation
import Plan
import Records
import Running
import Statistics
import Store
import Support
import Testing

@testable import Reporting

/// Small trained models, run: what a crossed design and two weight types say of the variance.
@Suite struct CrossedRunsTests {
  private static let pocket: String = {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return "/\(root)/scripts/pocket"
  }()

  private static func run(models: JSONValue, tasks: JSONValue, _ more: JSONObject) throws -> SweepRecord {
    var plan: JSONObject = ["models": models, "tasks": tasks, "threads": 2]
    for (key, value) in more.members { plan[key] = value }
    return try SweepRunner.run(SweepPlan(json: JSONValue.object(plan).text())) { _ in true }
  }

  private static var model: JSONValue { .string(pocket + "/models/pocket-1m") }
  private static var questions: JSONValue {
    ["type": "mmlu", "subset": "opposites", "shots": 2, "data": .string(pocket + "/data/mmlu")]
  }

  @Test("Draws, orders of choices and sampling come out as facets of their own")
  func crossed() throws {
    let problems: JSONValue = [
      "type": "gsm8k", "shots": 1, "temperature": 1, "maximum_tokens": 4, "data": .string(Self.pocket + "/data/gsm8k"),
    ]
    let record = try Self.run(
      models: [Self.model], tasks: [Self.questions, problems], ["runs": 6, "design": "crossed", "limit": 4])
    let groups = RepeatedRuns.all(record)
    #expect(groups.count == 2 && groups.allSatisfy { $0.runs == [1, 2, 3, 4, 5, 6] && $0.interval == nil })
    for (group, other) in zip(groups, ["order of choices", "sampling"]) {
      let split = try #require(group.variance)
      #expect(split.components.needs.map(\.facet) == ["items", "few-shot examples", other])
      #expect(split.components.needs.map(\.levels) == [4, 3, 2])
      #expect(split.components.components.count == 7)
    }
    // Run k has draw (k - 1) mod 3 and order (k - 1) / 3; the mean square of the orders by its definition.
    let means = groups[0].scores
    let halves = [means[0..<3], means[3..<6]].map { $0.reduce(0, +) / 3 }
    let orders = try #require(groups[0].variance?.components.components.first { $0.facets == ["order of choices"] })
    #expect(abs(orders.meanSquare - 12 * (halves[0] - halves[1]) * (halves[0] - halves[1]) / 2) < 1e-12)
    // The same draw in both halves: the same solved questions, in another order of choices.
    let prompts = record.runs.filter { $0.seeds[.sampling] == nil }.map { $0.samples.map(\.promptSHA256) }
    #expect(Set(prompts).count == 6)
    let page = try SweepReport(record: record, libraryVersion: "1").render("html")
    #expect(
      page.contains("few-shot examples × order of choices") && page.contains("items × few-shot examples × sampling"))
  }

  @Test("Two weight types of one model on the same items: an analysis of variance of what they scored")
  func weightTypes() throws {
    let record = try Self.run(
      models: [
        ["path": Self.model, "name": "plain"], ["path": Self.model, "name": "small", "quantization": "q4_0"],
      ], tasks: [Self.questions], [:])
    let split = try #require(VarianceSplit.quantizations(record).first)
    #expect(split.modelNames == ["plain", "small"])
    let scores = record.runs.map { run in run.samples.compactMap { $0.score.metrics.first?.value } }
    let n = Double(scores[0].count)
    #expect(scores[0].count == scores[1].count && scores[0].count >= 10)
    let types = scores.map { $0.reduce(0, +) / n }
    let grand = (types[0] + types[1]) / 2
    let items = zip(scores[0], scores[1]).map { ($0 + $1) / 2 }
    let ofItems = 2 * items.reduce(0) { $0 + ($1 - grand) * ($1 - grand) } / (n - 1)
    let ofTypes = n * types.reduce(0) { $0 + ($1 - grand) * ($1 - grand) }
    var rest = 0.0
    for (type, values) in zip(types, scores) {
      for (item, value) in zip(items, values) {
        rest += (value - type - item + grand) * (value - type - item + grand) / (n - 1)
      }
    }
    let found = split.components.components
    #expect(found.map(\.facets) == [["items"], ["quantisation"], ["items", "quantisation"]])
    for (component, expected) in zip(found, [(ofItems - rest) / 2, (ofTypes - rest) / n, rest]) {
      #expect(abs(component.rawVariance - expected) < 1e-12, "\(component.facets)")
    }
  }
}
