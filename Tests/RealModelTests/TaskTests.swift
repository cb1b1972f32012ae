import Evaluation
import Inference
import Records
import Running
import Support
import Tasks
import Testing

/// Whole tasks on the real model, from the files of the data to the choice or the text: what lm-evaluation-harness makes of
/// them with transformers in float32.
@Suite(.enabled(if: RealModel.isThere), .serialized) struct RealModelTaskTests {
  /// How far two correct computations in float32 may lie apart; what is closer than this is a tie.
  static let tolerance = 1e-4

  private func run(_ specification: JSONObject, limit: Int? = nil) throws -> [SampleRecord] {
    let task = try TaskCatalogue.load(TaskSpecification(.object(specification)))
    return try TaskRunner.run(task, on: try RealModel.model(), limit: limit) { _ in true }.samples
  }

  @Test(
    "MMLU's choices and log-likelihoods are those of lm-evaluation-harness", .enabled(if: RealModel.hasData("mmlu")),
    arguments: ["abstract_algebra", "anatomy", "global_facts", "us_foreign_policy"])
  func choices(subject: String) throws {
    let golden = try #require(
      try RealModel.golden("mmlu.json")["subjects"]?.objectValue?[subject]?.objectValue)
    let samples = try run(
      ["type": "mmlu", "subset": .string(subject), "shots": 5, "data": .string(RealModel.data + "/mmlu")])
    let expected = try #require(golden["log_likelihoods"]?.arrayValue)
    let prompts = try #require(golden["prompts"]?.arrayValue)
    let correct = Array(try #require(golden["correct"]?.stringValue))
    #expect(samples.count == expected.count && samples.count >= 100)
    var greatest = 0.0
    var ties = 0
    for (index, sample) in samples.enumerated() {
      #expect(String(sample.promptSHA256.prefix(16)) == prompts[index].stringValue, "\(sample.id): the prompt")
      guard let values = sample.response.logLikelihoodValues else {
        Issue.record("\(sample.id): not a choice")
        continue
      }
      let theirs = (expected[index].arrayValue ?? []).compactMap(\.doubleValue)
      try #require(theirs.count == 4 && values.count == 4)
      greatest = zip(values, theirs).reduce(greatest) { max($0, abs($1.0 - $1.1)) }
      let ranked = theirs.indices.sorted { theirs[$0] > theirs[$1] }
      if theirs[ranked[0]] - theirs[ranked[1]] <= Self.tolerance {
        ties += 1
        continue
      }
      #expect(sample.score.prediction == ["A", "B", "C", "D"][ranked[0]], "\(sample.id)")
      #expect(sample.score.value(of: "accuracy") == (correct[index] == "1" ? 1 : 0), "\(sample.id)")
    }
    print("Gemma 3 270M, \(subject): \(samples.count) questions, log-likelihoods differ by at most \(greatest)")
    #expect(greatest <= Self.tolerance && ties <= 1)
  }

  @Test("GSM8K's texts are those of lm-evaluation-harness", .enabled(if: RealModel.hasData("gsm8k")))
  func texts() throws {
    let golden = try #require(try RealModel.golden("gsm8k.json")["samples"]?.arrayValue).compactMap(\.objectValue)
    let samples = try run(
      ["type": "gsm8k", "shots": 5, "data": .string(RealModel.data + "/gsm8k")], limit: golden.count)
    #expect(samples.count == golden.count && samples.count == 20)
    var undecided = 0
    for (sample, theirs) in zip(samples, golden) {
      #expect(String(sample.promptSHA256.prefix(16)) == theirs["prompt"]?.stringValue, "\(sample.id): the prompt")
      guard let text = sample.response.text?.text else {
        Issue.record("\(sample.id): not a generation")
        continue
      }
      // Where the two best tokens are closer than float32 arithmetic is exact, either is right.
      if try #require(theirs["smallest_gap"]?.doubleValue) <= Self.tolerance {
        undecided += 1
        continue
      }
      #expect(text == theirs["text"]?.stringValue, "\(sample.id)")
      for (ours, key) in [("strict_match", "strict-match"), ("flexible_match", "flexible-extract")] {
        let expected = theirs[key]?.objectValue?["score"]?.doubleValue
        #expect(sample.score.value(of: ours) == expected, "\(sample.id): \(ours)")
      }
    }
    #expect(undecided <= 2)
  }
}
