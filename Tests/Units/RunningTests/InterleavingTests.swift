import Evaluation
import Inference
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Measurements of several models take turns, and nobody but the clock can tell.
@Suite struct InterleavingTests {
  static let models: JSONValue = [
    ["path": .string(Fixtures.tiny), "name": "first"], ["path": .string(Fixtures.tiny), "name": "second"],
  ]
  static let tasks: JSONValue = [
    [
      "type": "efficiency", "sample_prompts": ["The fox ran over the hill.", "One day"], "output_lengths": [4],
      "repetitions": 3,
    ]
  ]

  @Test("Rounds go through the models forwards and backwards in turn") func order() {
    #expect(InterleavedMeasurements.order(rounds: 3, participants: 2) == [0, 1, 1, 0, 0, 1])
    #expect(InterleavedMeasurements.order(rounds: 2, participants: 3) == [0, 1, 2, 2, 1, 0])
    #expect(InterleavedMeasurements.order(rounds: 2, participants: 1) == [0, 0])
  }

  @Test("One model's request has both measured; the other finds what was made, once") func handover() throws {
    let models = try ["a", "b"].map { name in
      InterleavedMeasurements.Participant(name: name, provider: try Fixtures.model(), heldBytes: 1 << 30)
    }
    let measurements = InterleavedMeasurements(models)
    let request = Request.timing(prompt: "The fox", outputTokens: 4, repetitions: 2, warmup: 1)
    var passes = 0
    func count() -> Bool {
      passes += 1
      return true
    }
    let first = try #require(try measurements.measure("a", request, count))
    #expect(first.count == 3 && passes == 2 * 3 * 4, "both models, three rounds, four passes each")
    let second = try #require(try measurements.measure("b", request, count))
    #expect(second.count == 3 && passes == 24, "measured already")
    #expect(first.map(\.tokens) == second.map(\.tokens))
    #expect(first.allSatisfy { ($0.measurement.peakMemoryBytes ?? 0) >= 1 << 30 })
    #expect(try measurements.measure("b", request, count)?.count == 3 && passes == 48, "anew")
    #expect(try measurements.measure("a", request) { false }?.count == 3, "of the last round")
    #expect(try measurements.measure("a", request) { false } == nil, "stopped")
  }

  @Test("A sweep of two models has what each alone has, times apart") func sweep() throws {
    let record = try SweepRunner.run(Fixtures.plan(models: Self.models, tasks: Self.tasks)) { _ in true }
    #expect(record.cells.map(\.modelName) == ["first", "second"] && record.runs.count == 2)
    let alone = try SweepRunner.run(
      Fixtures.plan(models: [["path": .string(Fixtures.tiny), "name": "alone"]], tasks: Self.tasks)
    ) { _ in true }
    for run in record.runs {
      #expect(run.isComplete && run.samples.map(\.id) == alone.runs[0].samples.map(\.id))
      #expect(run.tokensComputed == alone.runs[0].tokensComputed && run.tokensAsked == alone.runs[0].tokensAsked)
      for sample in run.samples {
        guard case .measured(let measurements) = sample.response else { return #expect(Bool(false), "not measured") }
        #expect(measurements.count == 3 && sample.seconds > 0)
        #expect(measurements.allSatisfy { ($0.peakMemoryBytes ?? 0) > 1 << 20 })
      }
    }
  }
}
