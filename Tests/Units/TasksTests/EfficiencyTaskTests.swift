import Evaluation
import Support
import Testing

@testable import Tasks

/// The efficiency task as values: its samples, its options, and what it reads off measurements.
@Suite struct EfficiencyTaskTests {
  private func task(_ more: JSONObject = [:]) throws -> any BenchmarkTask {
    var object: JSONObject = ["type": "efficiency"]
    for (key, value) in more.members { object[key] = value }
    return try TaskCatalogue.load(TaskSpecification(.object(object)))
  }

  private func measurement(
    first: Double = 0.5, prefill: Double = 0.4, steps: [Double], ended: Int = 0, peak: Int? = 1 << 20
  ) -> Measurement {
    Measurement(
      promptTokens: 20, timeToFirstTokenSeconds: first, prefillSeconds: prefill, interTokenSeconds: steps,
      ignoredEndTokens: ended, peakMemoryBytes: peak)
  }

  @Test("Every prompt is asked for every length, exactly, alone, as often as the options say")
  func samples() throws {
    let task = try task(["sample_prompts": ["a", "b"], "output_lengths": [4, 9], "repetitions": 3, "warmup": 2])
    #expect(task.count == 4)
    #expect(try (0..<4).map { try task.sample(at: $0).id } == ["1/4", "1/9", "2/4", "2/9"])
    let prompt = try task.prompt(at: 3)
    #expect(prompt.request == .timing(prompt: "b", outputTokens: 9, repetitions: 3, warmup: 2))
    #expect(prompt.target == "9 tokens" && prompt.context == "b")
    #expect(throws: BenchmarkError.self) { try task.prompt(at: 4) }
  }

  @Test("Defaults are filled in, and the specification makes the same task again")
  func defaults() throws {
    let task = try task()
    #expect(task.specification["output_lengths"] == [128, 256, 512])
    #expect(task.specification["repetitions"] == 5 && task.specification["warmup"] == 1)
    let again = try TaskCatalogue.load(TaskSpecification(.object(task.specification)))
    #expect(again.specification == task.specification && again.count == task.count)
    #expect(task.mainMetric == "decode_tokens_per_second")
  }

  @Test(
    "Options that say nothing to measure are errors that name them",
    arguments: [
      ("output_lengths", []), ("output_lengths", [1]), ("output_lengths", [8, 8]), ("output_lengths", ["8"]),
      ("output_lengths", 8), ("sample_prompts", []), ("sample_prompts", [""]), ("sample_prompts", 3),
      ("repetitions", 0), ("warmup", -1),
    ] as [(String, JSONValue)])
  func errors(key: String, value: JSONValue) {
    let error = #expect(throws: BenchmarkError.self) { try task([key: value]) }
    #expect(error?.kind == .invalidArgument && error?.message.contains(key) == true)
  }

  @Test("A sample's numbers are medians over its repetitions, by their definitions")
  func scores() throws {
    let task = try task(["sample_prompts": ["a"], "output_lengths": [5], "repetitions": 3])
    let response = Response.measured([
      measurement(first: 0.9, prefill: 0.8, steps: [0.1, 0.1, 0.1, 0.1]),
      measurement(first: 0.5, prefill: 0.4, steps: [0.1, 0.2, 0.3, 0.4], peak: 3 << 20),
      measurement(first: 0.4, prefill: 0.2, steps: [0.4, 0.4, 0.4, 0.4], peak: 5 << 20),
    ])
    let score = try task.score(0, response)
    func near(_ name: String, _ expected: Double) -> Bool {
      abs((score.value(of: name) ?? .nan) - expected) < 1e-9 * expected
    }
    #expect(near("time_to_first_token_seconds", 0.5))
    #expect(near("prefill_tokens_per_second", 20 / 0.4))
    #expect(near("decode_tokens_per_second", 4 / 1.0))
    #expect(near("inter_token_median_seconds", 0.25))
    // The position of a share among n values is (n - 1) share: 2.85 of 3, between 0.3 and 0.4.
    #expect(near("inter_token_p95_seconds", 0.385))
    #expect(near("inter_token_p99_seconds", 0.397))
    #expect(near("peak_memory_bytes", Double(3 << 20)))
    #expect(score.flags.isEmpty)
  }

  @Test("An end of text that was passed over is flagged; a response of another size is unscored")
  func flags() throws {
    let task = try task(["sample_prompts": ["a"], "output_lengths": [3], "repetitions": 1])
    #expect(try task.score(0, .measured([measurement(steps: [1, 1], ended: 1)])).flags == ["end_of_text_ignored"])
    for wrong in [
      Response.measured([]), .measured([measurement(steps: [1])]), .logLikelihoods([-1], tokenCounts: [1]),
    ] {
      let score = try task.score(0, wrong)
      #expect(score.flags == ["mismatched_response"] && score.metrics.allSatisfy { $0.value == nil })
    }
    let silent = try task.score(0, .measured([measurement(steps: [1, 1], peak: nil)]))
    #expect(silent.value(of: "peak_memory_bytes") == nil && silent.value(of: "decode_tokens_per_second") == 1)
  }
}
