import Evaluation
import Support
import Testing

@testable import Tasks

/// Tasks of the catalogue, held to what lm-evaluation-harness makes of made-up rows (Tests/Goldens/catalogue/README.md) and,
/// where they are there, of real ones.
@Suite struct CatalogueTests {
  static let folder = TestData.packageRoot + "/Tests/Goldens/catalogue"

  /// A task, its goldens, and the families' file that has them.
  struct Entry: Sendable, CustomTestStringConvertible {
    let task: String
    let runs: [JSONValue]
    var testDescription: String { task }
  }

  static let entries: [Entry] = {
    let names = ((try? FileSystem.list(folder)) ?? []).filter { $0.hasSuffix(".json") }
    return names.flatMap { name -> [Entry] in
      guard let bytes = try? FileSystem.read(folder + "/" + name), let file = try? JSONReader.parse(bytes, name: name)
      else { return [] }
      return (file.objectValue?["tasks"]?.objectValue ?? [:]).members.map { task, made in
        Entry(task: task, runs: made.objectValue?["runs"]?.arrayValue ?? [])
      }
    }
  }()

  /// The task of the catalogue, or that of one of its subjects.
  private static func task(_ name: String, member: String?, shots: Int?, from source: any SplitSource) throws
    -> DescribedTask
  {
    let found = try #require(try CatalogueTask.all.get().first { $0.name == name }, "\(name)")
    let files = member == nil ? found.files : found.files.filter { $0["task"]?.value.stringValue == member }
    #expect(files.count == 1, "\(name): \(member ?? "no subjects")")
    return try DescribedTask(
      TaskDescription(try #require(files.first)), type: name, from: source, shots: shots, runsPrograms: true)
  }

  @Test("Prompts, answers and scores are the harness's", arguments: entries)
  func equalsHarness(_ entry: Entry) throws {
    let source = LocalSplits(folders: [Self.folder])
    #expect(!entry.runs.isEmpty)
    for run in entry.runs {
      let run = try TestData.object(run)
      let task = try Self.task(
        entry.task, member: run["member"]?.stringValue, shots: run["shots"]?.integerValue, from: source)
      let documents = try TestData.array(run["documents"]).map { try TestData.object($0) }
      #expect(documents.count == task.count)
      try HarnessRun(documents: documents, results: TestData.object(run["results"])).check(task, task.name)
    }
  }

  /// Tasks whose goldens are of real data, in Tests/Goldens/tasks.
  static let ofRealData: Set = ["mmlu", "gsm8k"]

  @Test("Every task of the catalogue has goldens, and loads with its subjects")
  func loads() throws {
    let tasks = try CatalogueTask.all.get()
    #expect(Set(tasks.map(\.name)).subtracting(Self.ofRealData) == Set(Self.entries.map(\.task)))
    for entry in Self.entries {
      var specification: JSONObject = ["type": .string(entry.task), "data": .string(Self.folder)]
      if tasks.first(where: { $0.name == entry.task })?.files[0]["unsafe_code"] != nil {
        guard PythonHookTests.hasPython else { continue }
        specification["unsafe_code"] = true
      }
      let task = try TaskCatalogue.load(TaskSpecification(.object(specification)))
      let members = try entry.runs.map { try TestData.object($0) }.filter { $0["shots"]?.integerValue == nil }
      #expect(try task.count == members.reduce(0) { try $0 + TestData.array($1["documents"]).count }, "\(entry.task)")
      #expect(task.type == entry.task && task.name == entry.task)
      var ids: [String] = []
      for member in members {
        let prefix = member["member"]?.stringValue.map { $0 + "/" } ?? ""
        ids += try TestData.array(member["documents"]).indices.map { "\(prefix)\($0)" }
      }
      #expect(try (0..<task.count).map { try task.sample(at: $0).id } == ids, "\(entry.task)")
    }
  }

  @Test("Each name of a function that files of the catalogue can say has one")
  func names() {
    for name in NativeHooks.names.keys {
      let hook = PythonHook("\(TaskFile.nativeTag) \(name)", folder: nil, at: DocumentPlace(name: name))
      let kinds: [() throws -> Void] = [
        { _ = try NativeHooks.value(hook) }, { _ = try NativeHooks.rows(hook) },
        { _ = try NativeHooks.results(hook, [], isRolling: false) },
        { _ = try NativeHooks.filter(hook, arguments: [:], at: hook.place) },
        { if try !NativeHooks.runsPrograms(hook) { throw hook.unknown() } },
      ]
      #expect(kinds.contains { (try? $0()) != nil }, "\(name)")
    }
  }

  @Test("What is said of a task can be true")
  func about() throws {
    for task in try CatalogueTask.all.get() {
      let about = task.about
      #expect(about.title != task.name, "\(task.name)")
      // A user's own texts have no source or licence.
      let isOwn = task.files[0]["dataset_path"]?.value == .string(TextFiles.kind)
      #expect(isOwn || about.source != nil && about.paper != nil && about.licence != nil, "\(task.name)")
      #expect(!about.tags.isEmpty, "\(task.name)")
      if let chance = about.chance { #expect(chance > 0 && chance < 1, "\(task.name)") }
      if task.output == .generation { #expect(about.chance == nil, "\(task.name)") }
      if let questions = about.questions { #expect(questions > 0, "\(task.name)") }
    }
  }

  /// The harness's goldens of real data, with the task of the catalogue that each is of.
  static let real: [(file: String, task: String, member: String?, shots: Int?, means: JSONObject)] = {
    guard let goldens = HarnessTaskTests.goldens, HarnessTaskTests.data != nil,
      let bytes = try? FileSystem.read(goldens + "/index.json"),
      let index = try? JSONReader.parse(bytes, name: "index.json")
    else {
      print("skipped: the catalogue's tasks on real data (GEMMABENCH_DATA/hub or goldens are missing)")
      return []
    }
    var names: [String: (task: String, member: String?)] = [:]
    for entry in entries {
      for run in entry.runs.compactMap(\.objectValue) {
        if let name = run["name"]?.stringValue { names[name] = (entry.task, run["member"]?.stringValue) }
      }
    }
    return (index.objectValue?["tasks"]?.arrayValue ?? []).compactMap(\.objectValue).compactMap { entry in
      guard let file = entry["file"]?.stringValue, let name = entry["task"]?.stringValue, let found = names[name],
        let means = entry["mean"]?.objectValue
      else { return nil }
      return (file, found.task, found.member, file.contains("@") ? entry["num_fewshot"]?.integerValue : nil, means)
    }
  }()

  @Test("Prompts, answers and scores are the harness's on real data", arguments: real.indices)
  func equalsHarnessOnRealData(_ index: Int) throws {
    let (file, name, member, shots, means) = Self.real[index]
    guard let goldens = HarnessTaskTests.goldens, let data = HarnessTaskTests.data else { return }
    let task = try Self.task(name, member: member, shots: shots, from: LocalSplits(folders: [data]))
    try HarnessRun.of(goldens + "/" + file, means: means).judged(task).check(task, file)
  }

  @Test("A revision is of a data set on the Hub that the task reads", arguments: ["boolq", "mmlu", "gsm8k"])
  func revisions(_ type: String) throws {
    func message(_ options: JSONObject) -> String {
      var object: JSONObject = ["type": .string(type)]
      for (key, value) in options.members { object[key] = value }
      return TestData.message { _ = try TaskCatalogue.load(TaskSpecification(.object(object))) }
    }
    #expect(message(["data": .string(Self.folder), "data_revision": "main"]).contains("\"data\" names a folder"))
    #expect(message(["data_revision": "other/thing@main"]).contains("does not read \"other/thing\""))
  }

  @Test("A row without a right choice says so, and has no bits of a right answer")
  func noRightChoice() throws {
    let rows = [-1, 2, 1].map { #"{"question": "q", "passage": "p", "idx": 0, "label": \#($0)}"# }
    let folder = try TestData.folder(of: [("validation.jsonl", rows.joined(separator: "\n"))])
    let task = try TaskCatalogue.load(TaskSpecification(["type": "boolq", "data": .string(folder)]))
    for (index, isKnown) in [false, false, true].enumerated() {
      let score = try task.score(index, .logLikelihoods([-2, -1], tokenCounts: [1, 1]))
      #expect(score.flags == (isKnown ? [] : [ScoreFlag.noRightChoice]))
      #expect(score.value(of: "acc") == (isKnown ? 1 : 0))
      #expect((score.value(of: "answer_bits_per_byte") != nil) == isKnown)
    }
  }

  @Test("A text is a file, or the files of a folder, and an empty one is refused")
  func texts() throws {
    func load(_ data: String, _ options: JSONObject = [:]) throws -> any BenchmarkTask {
      var object: JSONObject = ["type": "text", "data": .string(data)]
      for (key, value) in options.members { object[key] = value }
      return try TaskCatalogue.load(TaskSpecification(.object(object)))
    }
    let folder = try TestData.folder(of: [("b.txt", "two"), ("a.txt", "one\n"), ("c.md", "three"), ("empty/x.txt", "")])
    #expect(try load(folder + "/c.md").prompt(at: 0).request == .rollingLogLikelihood(text: "three"))
    let strided = try load(folder + "/c.md", ["stride": 16])
    #expect(try strided.prompt(at: 0).request == .rollingLogLikelihood(text: "three", stride: 16))
    #expect(strided.specification["stride"] == 16)
    let task = try load(folder)
    #expect(task.specification["stride"] == nil)
    #expect(try (0..<task.count).map { try task.prompt(at: $0).context } == ["one\n", "two"])
    #expect(task.dataFiles.map(\.path) == [folder + "/a.txt", folder + "/b.txt"])
    #expect(TestData.message { _ = try load(folder + "/empty") }.contains("x.txt: the file is empty"))
    #expect(TestData.message { _ = try load(folder + "/none") }.contains("give \"data\": a file of text"))
  }
}
