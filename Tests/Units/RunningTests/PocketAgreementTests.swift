import Evaluation
import Inference
import Statistics
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// The pocket models through this library, against the records that transformers made of them in float32
/// (scripts/pocket/evaluate.py).
@Suite struct PocketAgreementTests {
  static let pocket = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" } + "/scripts/pocket"
  static let names = ["pocket-1m", "pocket-6m"]

  private func golden(_ name: String, _ task: String) throws -> [JSONObject] {
    let document = try JSONReader.parse(FileSystem.read("\(Self.pocket)/goldens/\(name).json"), name: name)
    return try #require(document.objectValue?[task]?.arrayValue).compactMap(\.objectValue)
  }

  private func run(_ name: String, _ type: String) throws -> RunRecord {
    let model = try LocalProvider.load(ModelSpecification("\(Self.pocket)/models/\(name)")) { _, _ in }
    let specification: JSONValue = [
      "type": .string(type), "shots": 5, "data": .string("\(Self.pocket)/data/\(type)"),
    ]
    return try TaskRunner.run(try TaskCatalogue.load(TaskSpecification(specification)), on: model) { _ in true }
  }

  @Test("Every multiple-choice item gets the likelihoods and the answer that transformers give", arguments: names)
  func multipleChoice(name: String) throws {
    let samples = try run(name, "mmlu").samples
    let records = try golden(name, "mmlu")
    let byID = Dictionary(uniqueKeysWithValues: samples.map { ($0.id, $0) })
    #expect(records.count == samples.count && records.count >= 300)
    var greatest = 0.0
    var ties = 0
    for record in records {
      let id = "\(record["subject"]?.stringValue ?? "")/\(record["index"]?.integerValue ?? -1)"
      let sample = try #require(byID[id], "\(id)")
      guard let values = sample.response.logLikelihoodValues else {
        Issue.record("\(id): not a choice")
        continue
      }
      let expected = try #require(record["log_likelihoods"]?.arrayValue).compactMap(\.doubleValue)
      #expect(expected.count == values.count)
      greatest = zip(values, expected).reduce(greatest) { max($0, abs($1.0 - $1.1)) }
      let letter = ["A", "B", "C", "D"][try #require(record["predicted"]?.integerValue)]
      let ranked = expected.sorted(by: >)
      // Likelihoods closer than the arithmetic is exact are a tie that either side may break.
      if ranked[0] - ranked[1] > 1e-4 { #expect(sample.score.prediction == letter, "\(id)") } else { ties += 1 }
    }
    print("\(name): log-likelihoods differ by at most \(greatest)")
    #expect(greatest <= 1e-4)
    #expect(ties <= 5)
  }

  @Test("Every word problem gets the prompt, the text and the score that transformers give", arguments: names)
  func wordProblems(name: String) throws {
    let samples = try run(name, "gsm8k").samples
    let records = try golden(name, "gsm8k")
    #expect(records.count == samples.count && records.count >= 300)
    for (sample, record) in zip(samples, records) {
      #expect(sample.promptSHA256 == record["prompt_sha256"]?.stringValue)
      guard let text = sample.response.text?.text else {
        Issue.record("\(sample.id): not a generation")
        continue
      }
      // Where the two best tokens are closer than float32 arithmetic is exact, either is right.
      let isDecided = try #require(record["minimal_gap"]?.doubleValue) > 1e-4
      if isDecided { #expect(text == record["text"]?.stringValue, "\(sample.id)") }
      let scores = ["strict_match", "flexible_match"].map { sample.score.value(of: $0) }
      let expected = ["correct", "flexible_correct"].map { record[$0]?.boolValue.map { $0 ? 1.0 : 0.0 } }
      if isDecided { #expect(scores == expected, "\(sample.id)") }
    }
  }

  /// What the pair is for: something true to show. The records are those the tests above hold this library to.
  @Test("The larger model is better on every task, and both are neither guessing nor perfect")
  func contrast() throws {
    // A blind guess at a word problem's answer, a number of up to fifty or so, is right once in fifty times.
    for (task, chance) in [("mmlu", 0.25), ("gsm8k", 0.02)] {
      let right = try Self.names.map { name in try golden(name, task).map { $0["correct"]?.boolValue == true } }
      let onlySmall = zip(right[0], right[1]).count { $0 && !$1 }
      let onlyLarge = zip(right[0], right[1]).count { !$0 && $1 }
      let test = try #require(McNemarTest(onlyFirst: onlySmall, onlySecond: onlyLarge))
      print("\(task): only pocket-1m \(onlySmall), only pocket-6m \(onlyLarge), p = \(test.exactProbability)")
      #expect(onlyLarge > onlySmall && test.exactProbability < 0.01)
      for flags in right {
        let estimate = Estimate(scores: flags.map { $0 ? 1 : 0 }, isBinary: true, level: 0.95)
        #expect(try #require(estimate.interval).lower > chance)
        #expect(try #require(estimate.mean) < 0.97)
      }
    }
  }
}
