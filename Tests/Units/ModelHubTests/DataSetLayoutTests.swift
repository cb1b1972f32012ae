import Support
import Testing

@testable import ModelHub

/// Which files a split has, by what a commit's list of files and its README.md say.
struct DataSetLayoutTests {
  private func find(
    _ paths: [String], _ configs: String? = nil, configuration: String? = nil, of repository: String = "o/n"
  ) throws -> DataSetLayout.Finding {
    let readme = configs.map { Array("---\nconfigs:\n\($0)---\n".utf8) }
    return try DataSetLayout.find(
      paths + (readme == nil ? [] : ["README.md"]), readme: readme, configuration: configuration, of: repository)
  }

  private func splits(_ finding: DataSetLayout.Finding) -> [String: [String]]? {
    guard case .layout(let layout) = finding else { return nil }
    return Dictionary(uniqueKeysWithValues: layout.splits.map { ($0.name, $0.files) })
  }

  private func reason(_ finding: DataSetLayout.Finding) -> String {
    if case .needsExport(let reason, _) = finding { reason } else { "\(finding)" }
  }

  @Test("Configurations of the README.md, and names of files")
  func configurations() throws {
    let configs = "- config_name: a\n  default: true\n  data_files: a/*.csv\n- config_name: b\n  data_dir: b\n"
    let paths = ["a/1.csv", "b/dev.jsonl", "b/test.jsonl", "b/notes.md"]
    #expect(splits(try find(paths, configs)) == ["train": ["a/1.csv"]])
    #expect(
      splits(try find(paths, configs, configuration: "b"))
        == ["validation": ["b/dev.jsonl"], "test": ["b/test.jsonl"]])
    #expect(throws: BenchmarkError.self) { try find(paths, configs, configuration: "c") }
    #expect(splits(try find(["train.json", "LICENSE", ".gitattributes"])) == ["train": ["train.json"]])
  }

  @Test("Of files of several forms those of the most common one")
  func forms() throws {
    #expect(
      splits(try find(["test.csv", "test/1.jsonl", "test/2.json", "test/3.jsonl"]))
        == ["test": ["test/1.jsonl", "test/2.json", "test/3.jsonl"]])
    // In a draw parquet before JSON before CSV.
    #expect(splits(try find(["test/a.csv", "test/b.parquet"])) == ["test": ["test/b.parquet"]])
    #expect(splits(try find(["test/a.csv", "test/b.json"])) == ["test": ["test/b.json"]])
    #expect(reason(try find(["test.jsonl.gz"])) == "test.jsonl.gz is compressed, which cannot be read")
    #expect(reason(try find(["train.arrow"])) == "its files are .arrow, which cannot be read")
    #expect(reason(try find(["LICENSE"])) == "no file of it has a form that can be read")
  }

  @Test("What only a script or the readers of datasets can read needs the Hub's parquet copy")
  func exports() throws {
    #expect(reason(try find(["n.py", "test.jsonl"])) == "its rows are made by a script (n.py)")
    #expect(splits(try find(["other.py", "test.jsonl"])) == ["test": ["test.jsonl"]])
    #expect(reason(try find(["test.jsonl"], configuration: "main")) == "its README.md lists no configurations")
    #expect(reason(try find([])) == "it has no data files")
    #expect(
      reason(try find(["a.csv"], "- config_name: a\n  data_files: a.csv\n  sep: \";\"\n"))
        == "its README.md has the options sep")
    #expect(reason(try find(["a.csv"], "- {\n")).contains("README.md"))
    // A split without files is a mistake of the card, not of the form.
    #expect(throws: BenchmarkError.self) { try find(["a.csv"], "- config_name: a\n  data_files: b.csv\n") }
  }

  @Test("The Hub's parquet copy is recognised by its files")
  func parquetCopy() throws {
    let paths = [
      ".gitattributes", "one/test/0000.parquet", "one/test/0001.parquet", "one/train/0000.parquet",
      "two/test/0000.parquet",
    ]
    #expect(
      splits(try find(paths, configuration: "one"))
        == ["test": ["one/test/0000.parquet", "one/test/0001.parquet"], "train": ["one/train/0000.parquet"]])
    #expect(
      throws: BenchmarkError(.invalidArgument, "o/n: none of the configurations is the default; name one: one, two")
    ) { try find(paths) }
    #expect(splits(try find(["default/test/0000.parquet"])) == ["test": ["default/test/0000.parquet"]])
    #expect(throws: BenchmarkError.self) { try find(["default/partial-test/0000.parquet"]) }
    #expect(ParquetExport.splits(["default/test/0000.parquet", "more.csv"]) == nil)
  }

  @Test("A split is named, or its nearest")
  func split() throws {
    guard case .layout(let layout) = try find(["test.jsonl", "train.jsonl"]) else {
      Issue.record("no layout")
      return
    }
    #expect(try layout.files(of: "test", in: "o/n") == ["test.jsonl"])
    #expect(
      throws: BenchmarkError(
        .notFound,
        "o/n: no split \"tset\" in configuration \"default\"; it has train, test; did you mean \"test\"?")
    ) { try layout.files(of: "tset", in: "o/n") }
  }
}

struct DataSetReferenceTests {
  @Test(
    "Forms of a reference",
    arguments: [
      ("hf://datasets/o/n", "o/n", nil), ("o/n@v1", "o/n", "v1"), ("old", "old", nil),
      ("hf://datasets/o/n@refs/convert/parquet", "o/n", "refs/convert/parquet"),
    ])
  func forms(text: String, repository: String, revision: String?) throws {
    let reference = try DataSetReference(text)
    #expect(reference.repository == repository && reference.revision == revision)
    #expect(reference.location == "hf://datasets/\(repository)")
  }

  @Test("What is no reference", arguments: ["", "o/n/test.csv", "../n", "o/n@", "o/n@a/../b", "hf://datasets/o//n"])
  func refusals(text: String) {
    #expect(throws: BenchmarkError.self) { try DataSetReference(text) }
  }

  @Test("Two revisions contradict each other")
  func revisions() throws {
    #expect(try DataSetReference("o/n@v1", revision: "v1").revision == "v1")
    #expect(throws: BenchmarkError(.invalidArgument, "\"o/n@v1\" and revision \"v2\" contradict each other")) {
      try DataSetReference("o/n@v1", revision: "v2")
    }
  }
}
