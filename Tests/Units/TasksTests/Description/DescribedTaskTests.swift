import Evaluation
import Statistics
import Support
import Testing

@testable import Tasks

/// Made-up task files, held to what lm-evaluation-harness made of them (Tests/Goldens/descriptions/README.md).
@Suite struct DescribedTaskTests {
  static let folder = TestData.packageRoot + "/Tests/Goldens/descriptions"
  static let names = [
    "animals", "animals_same", "animals_yes", "animals_written", "animals_vote", "endings", "pages", "lines",
  ]
  /// Tasks that name functions of Python.
  static let hooked =
    PythonHookTests.hasPython
    ? ["hooked_notes", "hooked_choices", "hooked_pages", "hooked_lines", "hooked_squares"] : []

  private static func golden(_ file: String = "harness.json") throws -> JSONObject {
    try TestData.object(JSONReader.parse(FileSystem.read(folder + "/" + file), name: file))
  }

  private static func golden(of name: String) throws -> JSONObject {
    try TestData.object(golden(hooked.contains(name) ? "python.json" : "harness.json")[name])
  }

  private static func task(_ name: String) throws -> DescribedTask {
    let isHooked = hooked.contains(name)
    let file = try TaskFile("\(folder)/\(isHooked ? "python" : "tasks")/\(name).yaml")
    let python = isHooked ? TaskPython(PythonProcess(root: nil)) : nil
    return try DescribedTask(TaskDescription(file, python: python), from: LocalSplits(folders: []))
  }

  private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.text() }

  @Test("Requests are the harness's", arguments: names + hooked)
  func requests(_ name: String) throws {
    let task = try Self.task(name)
    let documents = try TestData.array(TestData.object(Self.golden(of: name)["tasks"])[name])
    #expect(documents.count == task.count)
    for (index, document) in documents.enumerated() {
      let document = try TestData.object(document)
      let wanted = try TestData.array(document["requests"]).map { try TestData.array($0) }
      switch try task.prompt(at: index).request {
      case .logLikelihood(let contexts, let continuations):
        let pairs = try Request.logLikelihood(contexts: contexts, continuations: continuations).pairs()
        #expect(pairs.map { [.string($0.context), .string($0.continuation)] } == wanted, "document \(index)")
      case .rollingLogLikelihood(let text, _): #expect(wanted == [[.string(text)]])
      case .generation(let text):
        #expect(.string(text.prompt) == wanted[0][0], "document \(index)")
        let generation = try TestData.object(wanted[0][1])
        #expect(generation["until"] == .array(text.stop.map { .string($0) }))
        #expect(text.maxTokens == generation["max_gen_toks"]?.integerValue ?? 256)
        #expect(text.sampling.temperature == (generation["do_sample"] == true ? 0.5 : 0))
      case .timing: Issue.record("a request that is timed")
      }
      let target = try task.target(at: index)
      #expect(Self.text(target) == Self.text(document["target"] ?? .null), "document \(index)")
    }
  }

  private static func response(_ document: JSONObject) throws -> Response {
    let responses = try TestData.array(document["responses"]).map { try TestData.array($0) }
    if responses[0][0].stringValue != nil {
      return .generated(responses[0].map { GeneratedText(text: $0.stringValue ?? "", finishReason: .stop) })
    }
    return .logLikelihoods(
      responses.map { answer in
        let pair = answer[0].arrayValue ?? [answer[0]]
        return LogLikelihood(
          value: pair[0].doubleValue ?? .nan, tokenCount: nil, isGreedy: pair.count > 1 ? pair[1].boolValue : nil)
      })
  }

  @Test("Answers, scores and the values of all samples are the harness's", arguments: names + hooked)
  func scores(_ name: String) throws {
    let task = try Self.task(name)
    let golden = try Self.golden(of: name)
    var scores: [Score] = []
    for (index, document) in try TestData.array(TestData.object(golden["tasks"])[name]).enumerated() {
      let document = try TestData.object(document)
      let filters = try TestData.object(document["filters"])
      let response = try Self.response(document)
      if case .generated(let texts) = response {
        for (pipeline, answer) in try task.answers(index, texts.map(\.text)) {
          guard case .one(let value) = answer else { continue }
          #expect(try TestData.object(filters[pipeline])["filtered"] == [value], "document \(index): \(pipeline)")
        }
      }
      let score = try task.scoreAll(index, response)
      scores.append(score)
      for metric in task.scoreMetrics where !metric.aggregate.isOfCorpus {
        let parts = try #require(metric.harnessName).split(separator: ",", maxSplits: 1).map(String.init)
        let wanted = try TestData.object(TestData.object(filters[parts[1]])["metrics"])[parts[0]]
        // The harness keeps the right answer with the probabilities here, and takes the score of all of them.
        guard let number = wanted?.doubleValue else { continue }
        #expect(abs(try #require(score.value(of: metric.name)) - number) < 1e-12, "document \(index): \(metric.name)")
      }
    }
    let results = try TestData.object(TestData.object(golden["results"])[name])
    #expect(Set(task.metrics.compactMap(\.harnessName)) == Set(results.keys))
    for metric in task.metrics where metric != AnswerBits.metric {
      let wanted = try #require(results[metric.harnessName ?? ""]?.doubleValue)
      let values = scores.compactMap { $0.value(of: metric.name) }
      let found: Double? =
        if metric.aggregate.isOfCorpus {
          Estimate(sums: scores.map { $0.sums(of: metric.name) }) { metric.aggregate.value(ofSums: $0) }.mean
        } else { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
      #expect(abs(try #require(found) - wanted) <= 1e-9 * max(1, wanted.magnitude), "\(metric.name)")
    }
  }

  @Test("A score keeps its sums in a record")
  func records() throws {
    let task = try Self.task("lines")
    let score = try task.score(1, .generated(text: "A dog barked at 3.5 cars", finishReason: .stop))
    let read = try #require(Score(members: score.members))
    #expect(read.sums(of: "bleu") == score.sums(of: "bleu") && score.sums(of: "bleu")?.count == 10)
    #expect(read.sums(of: "exact_match") == nil)
  }

  @Test("A group is its tasks, each a subject, and takes what it says of them")
  func groups() throws {
    let specification: JSONValue = ["type": .string(Self.folder + "/tasks/zoo_group.yaml")]
    let task = try TaskCatalogue.load(TaskSpecification(specification))
    let golden = try TestData.object(Self.golden()["zoo_all"])
    #expect(task.name == "zoo_all" && task.type == "harness" && task.count == 28)
    #expect(task.metrics.map(\.name) == ["acc", "answer_bits_per_byte"])
    var values: [Double] = []
    var place = 0
    for (name, documents) in try TestData.object(golden["tasks"]).members {
      for (index, document) in try TestData.array(documents).enumerated() {
        let sample = try task.sample(at: place)
        #expect(sample.id == "\(name)/\(index)" && sample.subject == name)
        let document = try TestData.object(document)
        #expect(
          try task.prompt(at: place).context == TestData.array(TestData.array(document["requests"])[0])[0].stringValue)
        values.append(try #require(try task.score(place, Self.response(document)).value(of: "acc")))
        place += 1
      }
    }
    let wanted = try TestData.object(TestData.object(golden["groups"])["zoo_all"])["acc,none"]?.doubleValue
    #expect(abs(values.reduce(0, +) / Double(values.count) - (wanted ?? .nan)) < 1e-12)
  }

  @Test("Options change shots and draws, and a pinned digest must be that of the files")
  func options() throws {
    func load(_ options: JSONObject) throws -> any BenchmarkTask {
      var object: JSONObject = ["type": "harness", "file": .string(Self.folder + "/tasks/animals.yaml")]
      for (key, value) in options.members { object[key] = value }
      return try TaskCatalogue.load(TaskSpecification(.object(object)))
    }
    let task = try load([:])
    #expect(task.specification["shots"] == 2 && task.variations == [.fewShotDraws])
    #expect(try load(["num_fewshot": 0]).prompt(at: 0).context.hasPrefix("Which animal"))
    #expect(try load(["fewshot_seed": 7]).prompt(at: 0).context != task.prompt(at: 0).context)
    let digest = try #require(task.specification["description_sha256"]?.stringValue)
    #expect(try load(["description_sha256": .string(digest)]).specification == task.specification)
    #expect(TestData.message { _ = try load(["description_sha256": "0123"]) }.contains("description_sha256"))
    #expect(TestData.message { _ = try load(["shots": 9]) }.contains("8 few-shot examples are too few for 9 shots"))
  }

  @Test("Names of tasks, groups and tags are found in a folder of task files")
  func library() throws {
    let library = HarnessLibrary(folder: Self.folder + "/tasks")
    let found = try library.find(["animals", "zoo", "zoo_all", "made_up", "animal"])
    guard case .task(let file)? = found["animals"] else {
      Issue.record("no task")
      return
    }
    #expect(file.path.hasSuffix("/animals.yaml"))
    guard case .group? = found["zoo_all"], case .tag(let files)? = found["zoo"] else {
      Issue.record("no group or tag")
      return
    }
    #expect(files.map(\.path).map { $0.split(separator: "/").last ?? "" } == ["animals.yaml", "animals_yes.yaml"])
    #expect(found["animal"] == nil)
  }
}
