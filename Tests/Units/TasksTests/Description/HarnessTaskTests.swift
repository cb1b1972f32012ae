import Evaluation
import Support
import Testing

@testable import Tasks

/// Task files of lm-evaluation-harness on real data, held to the prompts, answers and scores that the harness made.
///
/// They need three folders: the harness's `tasks` (`LM_EVAL_TASKS`), data in the Hub's layout (`GEMMABENCH_DATA`/hub) and what
/// the harness made (`GEMMABENCH_HARNESS_GOLDENS`). Without them they say that they are skipped.
@Suite struct HarnessTaskTests {
  struct Entry: Sendable, CustomTestStringConvertible {
    let file: String
    let yaml: String
    let shots: Int?
    let means: JSONObject
    var testDescription: String { file }
  }

  static let tasks = TestData.folder("LM_EVAL_TASKS", else: nil)
  static let goldens = TestData.folder("GEMMABENCH_HARNESS_GOLDENS", else: "../shared/goldens/harness")
  static let data = TestData.folder("GEMMABENCH_DATA", else: "../shared/data").map { $0 + "/hub" }

  /// Tasks that run programs.
  static let unsupported = ["humaneval.jsonl"]

  static let entries: [Entry] = {
    guard tasks != nil, let goldens, data != nil, let bytes = try? FileSystem.read(goldens + "/index.json"),
      let index = try? JSONReader.parse(bytes, name: "index.json")
    else {
      print("skipped: tests of lm-evaluation-harness's task files (LM_EVAL_TASKS, data or goldens are missing)")
      return []
    }
    return (index.objectValue?["tasks"]?.arrayValue ?? []).compactMap { entry in
      guard let object = entry.objectValue, let file = object["file"]?.stringValue,
        let yaml = object["yaml"]?.stringValue, let means = object["mean"]?.objectValue
      else { return nil }
      return Entry(
        file: file, yaml: yaml, shots: file.contains("@") ? object["num_fewshot"]?.integerValue : nil, means: means)
    }
  }()

  @Test("Prompts, targets, answers and scores are the harness's", arguments: entries)
  func equalsHarness(_ entry: Entry) throws {
    guard let tasks = Self.tasks, let goldens = Self.goldens, let data = Self.data else { return }
    if Self.unsupported.contains(entry.file) {
      #expect(throws: BenchmarkError.self) { try TaskDescription(tasks + "/" + entry.yaml) }
      return
    }
    let description = try TaskDescription(tasks + "/" + entry.yaml)
    let task = try DescribedTask(description, from: LocalSplits(folders: [data]), shots: entry.shots)
    var scores: [Score] = []
    for line in try FileSystem.readText(goldens + "/" + entry.file).split(separator: "\n") {
      let golden = try #require(try JSONReader.parse(Array(line.utf8), name: entry.file).objectValue)
      let index = try #require(golden["doc_id"]?.integerValue)
      try checkPrompt(task, index, golden)
      #expect(PythonValue.text(try task.target(at: index)) == PythonValue.text(golden["target"] ?? .null))
      scores.append(try checkScore(task, index, golden))
    }
    for (name, mean) in entry.means.members {
      let metric = try #require(task.metrics.first { $0.harnessName == name }, "\(name)")
      let values = scores.compactMap { $0.value(of: metric.name) }
      #expect(abs(values.reduce(0, +) / Double(values.count) - (mean.doubleValue ?? .nan)) < 1e-6, "\(name)")
    }
  }

  private func checkPrompt(_ task: DescribedTask, _ index: Int, _ golden: JSONObject) throws {
    let request = try task.prompt(at: index).request
    let wanted = try #require(golden["requests"]?.arrayValue).compactMap(\.objectValue)
    switch request {
    case .logLikelihood:
      let pairs = try request.pairs()
      #expect(pairs.count == wanted.count)
      for (pair, wanted) in zip(pairs, wanted) {
        if let context = wanted["context"]?.stringValue { #expect(pair.context == context) }
        #expect(SHA256.hexadecimal(pair.context) == wanted["context_sha256"]?.stringValue, "document \(index)")
        #expect(pair.continuation == wanted["continuation"]?.stringValue)
      }
    case .generation(let text):
      let wanted = try #require(wanted.first)
      if let context = wanted["context"]?.stringValue { #expect(text.prompt == context) }
      #expect(SHA256.hexadecimal(text.prompt) == wanted["context_sha256"]?.stringValue, "document \(index)")
      let generation = wanted["generation"]?.objectValue ?? [:]
      #expect(text.stop == (generation["until"]?.arrayValue ?? []).compactMap(\.stringValue))
      if let tokens = generation["max_gen_toks"]?.integerValue { #expect(text.maxTokens == tokens) }
    default: Issue.record("unexpected request")
    }
  }

  private func checkScore(_ task: DescribedTask, _ index: Int, _ golden: JSONObject) throws -> Score {
    let responses = try #require(golden["responses"]?.arrayValue).compactMap(\.arrayValue)
    let response: Response
    if task.description.output == .generation {
      let texts = responses[0].compactMap(\.stringValue)
      response = .generated(texts.map { GeneratedText(text: $0, finishReason: .stop) })
      for (name, answer) in try task.answers(index, texts) {
        guard case .one(let value) = answer else { continue }
        let wanted = golden["filters"]?.objectValue?[name]?.objectValue?["filtered"]?.arrayValue?.first
        #expect(value == wanted, "document \(index)")
      }
    } else {
      response = .logLikelihoods(
        responses.map { answer in
          let pair = answer[0].arrayValue ?? []
          return LogLikelihood(value: pair[0].doubleValue ?? .nan, tokenCount: nil, isGreedy: pair[1].boolValue)
        })
    }
    let score = try task.score(index, response)
    for metric in task.metrics where metric != AnswerBits.metric {
      let parts = try #require(metric.harnessName).split(separator: ",", maxSplits: 1).map(String.init)
      let wanted = golden["filters"]?.objectValue?[parts[1]]?.objectValue?["metrics"]?.objectValue?[parts[0]]
      let value = try #require(score.value(of: metric.name))
      #expect(abs(value - (wanted?.doubleValue ?? .nan)) < 1e-12, "document \(index): \(metric.name)")
    }
    return score
  }
}
