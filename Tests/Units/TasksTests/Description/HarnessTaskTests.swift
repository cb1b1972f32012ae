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
    try HarnessRun.of(goldens + "/" + entry.file, means: entry.means).check(task, entry.file)
  }
}
