import Evaluation
import Statistics
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// The efficiency task on a model: what a record holds of it.
@Suite struct EfficiencyRunTests {
  private func run(_ more: JSONObject = [:]) throws -> RunRecord {
    var object: JSONObject = [
      "type": "efficiency", "sample_prompts": ["The fox ran over the hill.", "One day"], "output_lengths": [4, 8],
      "repetitions": 5,
    ]
    for (key, value) in more.members { object[key] = value }
    return try TaskRunner.run(
      TaskCatalogue.load(TaskSpecification(.object(object))), on: Fixtures.model()
    ) { $0.meanScore == nil }
  }

  @Test("Every prompt and length has its measurements, with as many tokens as were asked for")
  func samples() throws {
    let record = try run()
    #expect(record.samples.map(\.id) == ["1/4", "1/8", "2/4", "2/8"] && record.isComplete)
    for (sample, length) in zip(record.samples, [4, 8, 4, 8]) {
      guard case .measured(let measurements) = sample.response else {
        Issue.record("\(sample.id) was not measured")
        continue
      }
      #expect(measurements.count == 5 && sample.answerTokens == length)
      for measurement in measurements {
        #expect(measurement.outputTokens == length && measurement.promptTokens == sample.promptTokens)
        #expect(measurement.timeToFirstTokenSeconds >= measurement.prefillSeconds)
        #expect((measurement.peakMemoryBytes ?? 0) > 1 << 20)
        #expect(Measurement(measurement.json) == measurement, "JSON reads back")
      }
    }
    #expect(record.tokensSaved == 0)
    // Six generations of each, the warm-up included.
    let rows = record.samples.reduce(0) { $0 + 6 * ($1.promptTokens + $1.answerTokens - 1) }
    #expect(record.tokensComputed == rows)
  }

  @Test("Times and rates are summed up by medians with intervals, never by means")
  func estimates() throws {
    let record = try run()
    for metric in record.metrics where metric.name != "peak_memory_bytes" {
      let estimate = record.estimate(metric, level: 0.95)
      let median = try #require(estimate.median)
      #expect(estimate.mean == nil && estimate.standardError == nil && estimate.count == 4)
      let interval = try #require(estimate.interval)
      #expect(interval.lower <= median && median <= interval.upper && interval.method == .percentile)
    }
    let json = try #require(record.json(level: 0.9).objectValue)
    let metrics = try #require(json["metrics"]?.objectValue)
    #expect(metrics.keys == TimingMetric.allCases.map(\.rawValue))
    for (_, value) in metrics.members { #expect(value.objectValue?["mean"] == nil) }
    let efficiency = try #require(json["efficiency"]?.arrayValue)
    #expect(efficiency.count == 4 && efficiency[1].objectValue?["output_tokens"] == 8)
    let decode = try #require(efficiency[1].objectValue?["decode_tokens_per_second"]?.objectValue)
    #expect(decode["median"]?.doubleValue == record.samples[1].score.value(of: "decode_tokens_per_second"))
    #expect(decode["level"] == 0.9 && json["averages"] == .null && json["tokens_saved"] == 0)
  }

  @Test("Two and three repetitions have a median and no interval", arguments: [2, 3])
  func fewRepetitions(count: Int) throws {
    let record = try run(["repetitions": JSONValue(count)])
    for metric in record.metrics {
      let estimate = record.estimate(metric, level: 0.95)
      #expect(estimate.median != nil && estimate.interval == nil)
    }
  }

  @Test("Other intervals and comparisons of samples are errors that say what there is")
  func errors() throws {
    let record = try run()
    let metric = try record.metric(nil)
    var options = EstimateOptions()
    options.method = .student
    #expect(throws: BenchmarkError.self) { try record.estimate(metric, options: options) }
    let error = #expect(throws: BenchmarkError.self) { try RunComparison(record, record) }
    #expect(error?.message.contains("medians") == true)
  }

  @Test("A length that the context does not hold fails the run with both numbers")
  func tooLong() throws {
    let error = #expect(throws: BenchmarkError.self) { try run(["output_lengths": [100_000]]) }
    #expect(error?.message.contains("100000") == true)
  }
}
