import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// A generative task that draws its answers.
@Suite struct SamplingRunTests {
  private func task(_ more: JSONObject) throws -> any BenchmarkTask {
    var object: JSONObject = ["type": "gsm8k", "shots": 1, "maximum_tokens": 8, "data": .string(Fixtures.gsm8k)]
    for (key, value) in more.members { object[key] = value }
    return try TaskCatalogue.load(TaskSpecification(.object(object)))
  }

  @Test("A sample's text depends on the seed and its name, not on how many run beside it")
  func samples() throws {
    let model = try Fixtures.model()
    func responses(_ more: JSONObject, limit: Int? = nil) throws -> [Response] {
      try TaskRunner.run(try task(more), on: model, limit: limit) { _ in true }.samples.map(\.response)
    }
    let drawn = try responses(["temperature": 1.5])
    #expect(try responses(["temperature": 1.5]) == drawn)
    #expect(try responses(["temperature": 1.5], limit: 1) == [drawn[0]])
    #expect(try responses(["temperature": 1.5, "sampling_seed": 7]) != drawn)
    #expect(try responses([:]) != drawn)
    #expect(try responses(["temperature": 1.5, "top_k": 1]) == responses([:]))
  }

  @Test("A plan takes fractions where a task does, and no others")
  func fractions() throws {
    func plan(_ option: String) throws -> SweepPlan {
      try SweepPlan(json: #"{"models": ["x"], "tasks": [{"type": "gsm8k", "# + option + "}]}")
    }
    _ = try plan(#""temperature": 0.7, "top_p": 0.95, "top_k": 40"#)
    _ = try plan(#""temperature": 1"#)
    #expect(throws: BenchmarkError.self) { try plan(#""temperature": 0.7, "top_k": 0.5"#) }
  }

  @Test("The specification says how answers are drawn; filters without a temperature are an error")
  func specification() throws {
    let drawn = try task(["temperature": 0.7, "top_k": 40, "top_p": 0.95, "sampling_seed": 3]).specification
    #expect(drawn["temperature"] == 0.7 && drawn["top_k"] == 40 && drawn["top_p"] == 0.95)
    #expect(drawn["sampling_seed"] == 3)
    let greedy = try task([:]).specification
    #expect(greedy["temperature"] == 0.0 && greedy["top_p"] == 1.0)
    for more in [["top_k": 4], ["top_p": 0.5], ["temperature": -1], ["temperature": 1, "top_p": 0]] as [JSONObject] {
      #expect(throws: BenchmarkError.self) { try task(more) }
    }
  }
}
