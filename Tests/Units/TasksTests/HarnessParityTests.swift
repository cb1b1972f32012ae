import Evaluation
import Support
import Testing

@testable import Tasks

/// Prompts and scores against lm-evaluation-harness's own (Tests/Goldens/tasks/README.md).
struct HarnessParityTests {
  @Test(
    "Every MMLU prompt has the harness's hash, at 0 and at 5 shots",
    .enabled(if: TestData.hasMMLU, "needs mmlu in GEMMABENCH_DATA or ../shared/data"), arguments: [0, 5])
  func mmluPrompts(shots: Int) throws {
    let golden = try TestData.golden("mmlu-prompts.json")
    #expect(golden.keys == MMLUSubjects.all)
    let task = try TestData.mmlu(["shots": JSONValue(shots)], folder: TestData.folder)
    #expect(task.count == 14_042)
    var hashes: [String: [String]] = [:]
    for index in 0..<task.count {
      let prompt = try task.prompt(at: index)
      hashes[prompt.subject ?? "", default: []].append(prompt.contextSHA256)
    }
    for (subject, entry) in golden.members {
      let entry = try TestData.object(entry)
      let expected = try TestData.object(entry["\(shots)_shot"])
      let found = hashes[subject] ?? []
      #expect(entry["count"]?.integerValue == found.count)
      #expect(try TestData.array(expected["first"]).map(\.stringValue) == found.prefix(2).map { $0 })
      #expect(expected["all"]?.stringValue == SHA256.hexadecimal(found.joined()), "\(subject)")
    }
  }

  @Test(
    "Every GSM8K prompt with the first solved problems has the hash of the harness's sampler first_n",
    .enabled(if: TestData.hasGSM8K, "needs gsm8k in GEMMABENCH_DATA or ../shared/data"))
  func gsm8kFirstPrompts() throws {
    let expected = try TestData.object(try TestData.golden("gsm8k-prompts.json")["5_shot_first_n"])
    let task = try TestData.gsm8k(["draw": "first"], folder: TestData.folder)
    let found = try (0..<task.count).map { try task.prompt(at: $0).contextSHA256 }
    #expect(try TestData.array(expected["first"]).compactMap(\.stringValue) == Array(found.prefix(2)))
    #expect(expected["all"]?.stringValue == SHA256.hexadecimal(found.joined()))
  }

  @Test(
    "Every GSM8K prompt has the harness's hash, with its draw of solved problems",
    .enabled(if: TestData.hasGSM8K, "needs gsm8k in GEMMABENCH_DATA or ../shared/data"), arguments: [0, 5, 8])
  func gsm8kPrompts(shots: Int) throws {
    let golden = try TestData.golden("gsm8k-prompts.json")
    let task = try TestData.gsm8k(["shots": JSONValue(shots)], folder: TestData.folder)
    #expect(task.count == golden["count"]?.integerValue)
    let expected = try TestData.object(golden["\(shots)_shot"])
    let found = try (0..<task.count).map { try task.prompt(at: $0).contextSHA256 }
    let first = try TestData.array(expected["first"]).compactMap(\.stringValue)
    #expect(first == Array(found.prefix(first.count)))
    #expect(expected["all"]?.stringValue == SHA256.hexadecimal(found.joined()))
    guard case .generation(let text) = try task.prompt(at: 0).request else {
      Issue.record("not a request to generate")
      return
    }
    #expect(try TestData.array(golden["until"]).map(\.stringValue) == text.stop)
    #expect(text.maxTokens == 256 && text.sampling == .greedy && text.repeats == 1 && text.thinking == nil)
  }

  @Test("Three thousand generations get the harness's extracts and scores")
  func gsm8kScores() throws {
    let golden = try TestData.golden("gsm8k-scores.json")
    let documents = try TestData.array(golden["documents"]).map { $0.text() + "\n" }.joined()
    let folder = try TestData.folder(of: [("gsm8k/test.jsonl", documents)])
    let task = try TestData.gsm8k(["shots": 0], folder: folder)
    let rows = try TestData.array(golden["rows"])
    #expect(rows.count == 3000)
    var scoredRight = 0
    for row in rows {
      let row = try TestData.array(row)
      let index = try #require(row[0].integerValue)
      let text = try #require(row[1].stringValue)
      let score = try task.score(index, .generated(text: text, finishReason: .stop))
      #expect(score.metrics.map(\.prediction) == [row[2].stringValue, row[4].stringValue], "\(row[1].text())")
      #expect(score.metrics.map(\.value) == [row[3].doubleValue, row[5].doubleValue], "\(row[1].text())")
      scoredRight += score.value(of: "strict_match") == 1 ? 1 : 0
    }
    #expect(scoredRight > 200)
  }

  @Test("Draws are those of Python's random.sample")
  func draws() throws {
    for row in try TestData.array(TestData.golden("python-draws.json")["rows"]) {
      let row = try TestData.array(row)
      let seed = try #require(Int(row[0].stringValue ?? ""))
      let population = try #require(row[1].integerValue)
      let count = try #require(row[2].integerValue)
      var generator = PythonRandom(seed: seed)
      for draw in try TestData.array(row[3]) {
        let expected = try TestData.array(draw).compactMap(\.integerValue)
        #expect(generator.sample(count, of: population) == expected, "seed \(seed), \(count) of \(population)")
      }
    }
  }
}
