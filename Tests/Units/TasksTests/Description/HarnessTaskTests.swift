import Evaluation
import Glibc
import Support
import Testing

@testable import Tasks

/// Task files of lm-evaluation-harness on real data, held to the prompts, answers and scores that the harness made.
///
/// They need three folders: the harness's `tasks` (`LM_EVAL_TASKS`), data in the Hub's layout (`GEMMABENCH_DATA`/hub) and what
/// the harness made (`GEMMABENCH_HARNESS_GOLDENS`). Without them they say that they are skipped. With `GEMMABENCH_TEST_HOOKS` set
/// to `python`, functions without a counterpart are run (tools/goldens/make_harness_hook_goldens.py).
@Suite struct HarnessTaskTests {
  struct Entry: Sendable, CustomTestStringConvertible {
    let file: String
    let yaml: String
    let shots: Int?
    let means: JSONObject
    /// The folder of rows that were made up for the task.
    let data: String?
    var testDescription: String { file }
  }

  static let tasks = TestData.folder("LM_EVAL_TASKS", else: nil)
  static let goldens = TestData.folder("GEMMABENCH_HARNESS_GOLDENS", else: "../shared/goldens/harness")
  static let data = TestData.folder("GEMMABENCH_DATA", else: "../shared/data").map { $0 + "/hub" }

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
        file: file, yaml: yaml, shots: file.contains("@") ? object["num_fewshot"]?.integerValue : nil, means: means,
        data: object["data"]?.stringValue)
    }
  }()

  @Test("Prompts, targets, answers and scores are the harness's", arguments: entries)
  func equalsHarness(_ entry: Entry) throws {
    guard let tasks = Self.tasks, let goldens = Self.goldens, let data = Self.data else { return }
    let process = getenv("GEMMABENCH_TEST_HOOKS") == nil ? nil : PythonProcess(root: tasks)
    let description = try TaskDescription(TaskFile(tasks + "/" + entry.yaml), python: process.map { TaskPython($0) })
    if description.programs != nil, !PythonHookTests.hasPython { return }
    let source: any SplitSource = entry.data.map { MadeSplits(folder: data + "/" + $0) } ?? LocalSplits(folders: [data])
    let task = try DescribedTask(description, from: source, shots: entry.shots, runsPrograms: true)
    try HarnessRun.of(goldens + "/" + entry.file, means: entry.means).judged(task).check(task, entry.file)
  }

  /// Rows that stand for those of any data set.
  private struct MadeSplits: SplitSource {
    let folder: String

    func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
      let data = DescribedData(
        path: "default", name: nil, arguments: [:], folder: nil, place: DocumentPlace(name: folder), whole: nil)
      return try LocalSplits(folders: [folder]).split(name, of: data)
    }
  }
}
