import DataSets
import Evaluation
import Support
import Testing

@testable import Tasks

/// MMLU and GSM8K on data in the Hub's layout, held to the same rows as their authors publish them.
struct BuiltInDataTests {
  private static let subjects = MMLUSubjects.mathematics

  /// The rows of a subject's file as the Hub has them.
  private func rows(_ subject: String, _ split: String) throws -> [JSONObject] {
    let folder = DataFolder(path: TestData.fixture + "/mmlu", name: "mmlu", source: "")
    let data = DescribedData(
      path: "cais/mmlu", name: subject, arguments: [:], folder: nil, place: DocumentPlace(name: subject), whole: nil)
    return try MMLUFiles(folder: folder).split(split, of: data).rows.map { row in
      var row = row
      row["subject"] = .string(subject)
      return row
    }
  }

  private func text(_ rows: [JSONObject]) -> String { rows.map { JSONValue.object($0).text() + "\n" }.joined() }

  /// The prompts and the documents of a task.
  private func expectSame(_ task: any BenchmarkTask, _ other: any BenchmarkTask) throws {
    #expect(task.count == other.count && task.name == other.name && task.metrics == other.metrics)
    #expect(
      JSONValue.object(task.specification).text() == JSONValue.object(other.specification).text())
    for index in 0..<other.count {
      #expect(try task.prompt(at: index) == other.prompt(at: index))
      #expect(try task.sample(at: index).id == other.sample(at: index).id)
      #expect(try task.sample(at: index).target == other.sample(at: index).target)
    }
  }

  @Test("MMLU is asked from the configuration of all subjects, and from that of each")
  func mmlu() throws {
    var all: [String: [JSONObject]] = [:]
    var each: [(name: String, text: String)] = []
    for split in ["dev", "test"] {
      // The subjects' rows are mixed in the one configuration, each subject's in its order.
      let rows = try Self.subjects.reversed().map { try self.rows($0, split) }
      for position in 0..<(rows.map(\.count).max() ?? 0) {
        all[split, default: []] += rows.compactMap { $0.indices.contains(position) ? $0[position] : nil }
      }
      for subject in Self.subjects {
        each.append(("cais/mmlu/\(subject)/\(split).jsonl", text(try self.rows(subject, split))))
      }
    }
    let folders = [
      try TestData.folder(of: all.map { (name: "cais/mmlu/all/\($0.key).jsonl", text: text($0.value)) }),
      try TestData.folder(of: each),
    ]
    for folder in folders {
      for options in [[:], ["shots": 2, "fewshot_seed": 7, "choice_seed": 3]] as [JSONObject] {
        var own = options
        own["subset"] = "mathematics"
        let published = try TestData.mmlu(own)
        own["data"] = .string(folder)
        let task = try TestData.mmlu(own)
        try expectSame(task, published)
        let seeds = RunSeeds(run: 2, planSeed: 5, varying: Variation.allCases)
        try expectSame(task.varied(by: seeds), published.varied(by: seeds))
      }
      let message = TestData.message { _ = try TestData.mmlu(["data": .string(folder), "subset": "virology"]) }
      #expect(message.contains("virology"), "\(message)")
    }
    let files = try TestData.mmlu(["data": .string(folders[0]), "subset": "mathematics"]).dataFiles
    #expect(files.map { $0.path.split(separator: "/").last } == ["dev.jsonl", "test.jsonl"])
  }

  @Test("GSM8K is asked from the Hub's layout")
  func gsm8k() throws {
    let names = ["train", "test"]
    let folder = try TestData.folder(
      of: names.map { name in
        let bytes = try FileSystem.read(TestData.fixture + "/gsm8k/\(name).jsonl")
        return (name: "openai/gsm8k/main/\(name).jsonl", text: String(decoding: bytes, as: UTF8.self))
      })
    for options in [[:], ["shots": 3, "chain_of_thought": false, "draw": "once"]] as [JSONObject] {
      var own = options
      own["data"] = .string(folder)
      try expectSame(try TestData.gsm8k(own), try TestData.gsm8k(options))
    }
  }

  @Test(
    "The real questions are the same in the Hub's layout",
    .enabled(
      if: TestData.hasMMLU && FileSystem.isFolder(TestData.folder + "/hub/cais/mmlu"),
      "needs mmlu and hub/cais/mmlu in GEMMABENCH_DATA or ../shared/data"))
  func realQuestions() throws {
    let options: JSONObject = ["subset": "stem"]
    var own = options
    own["data"] = .string(TestData.folder + "/hub")
    try expectSame(try TestData.mmlu(own), try TestData.mmlu(options, folder: TestData.folder))
  }

  @Test("The catalogue has MMLU's subjects, and what it says of both tasks is in the schema")
  func catalogue() throws {
    let tasks = try CatalogueTask.all.get()
    let mmlu = try #require(tasks.first { $0.name == "mmlu" })
    #expect(mmlu.files.map { $0["task"]?.value.stringValue } == MMLUSubjects.all)
    #expect(TaskCatalogue.entries.prefix(2).map(\.type) == ["mmlu", "gsm8k"])
    #expect(try TaskCatalogue.entry("mmlu").about?.questions == 14_042)
    #expect(try TaskCatalogue.entry("gsm8k").about?.questions == 1319)
    #expect(TaskCatalogue.entries.count { $0.type == "mmlu" } == 1)
  }

  @Test("Keys that the harness has not are the catalogue's alone")
  func ownKeys() throws {
    let folder = try TestData.folder(of: [
      (
        "task.yaml",
        "task: one\ndataset_path: json\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nshown_target: a\n"
      )
    ])
    let message = TestData.message { _ = try TaskDescription(folder + "/task.yaml") }
    #expect(message.contains("unknown key \"shown_target\""), "\(message)")
  }
}
