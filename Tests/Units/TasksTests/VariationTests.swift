import Evaluation
import Glibc
import Support
import Testing

@testable import Tasks

/// What runs of other seeds change about a task, and what they leave alone.
struct VariationTests {
  private func seeds(_ run: Int, _ varying: [Variation] = Variation.allCases) -> RunSeeds {
    RunSeeds(run: run, planSeed: 1234, varying: varying)
  }

  @Test("Run 1 is the task itself")
  func canonical() throws {
    for task in [try TestData.mmlu(["subset": "abstract_algebra", "shots": 1]), try TestData.gsm8k(["shots": 2])] {
      let first = task.varied(by: seeds(1))
      #expect(first.specification == task.specification)
      for index in 0..<task.count { #expect(try first.prompt(at: index) == task.prompt(at: index)) }
    }
  }

  @Test("Choices change places, and the answer is read in the file's letters")
  func choiceOrder() throws {
    let task = try TestData.mmlu(["subset": "mathematics", "shots": 0])
    let varied = task.varied(by: seeds(2, [.choiceOrder]))
    #expect(task.variations == [.choiceOrder] && varied.specification["choice_seed"]?.integerValue != nil)
    var moved = 0
    for index in 0..<task.count {
      let (before, after) = (try task.prompt(at: index), try varied.prompt(at: index))
      guard case .logLikelihood(_, let continuations) = after.request else {
        throw BenchmarkError(.internalError, "not a choice")
      }
      let (context, plain) = (after.context, before.context)
      if context != plain { moved += 1 }
      #expect(continuations.sorted() == [" A", " B", " C", " D"] && after.target == before.target)
      // The letter that the right choice stands behind in the prompt is the one whose likelihood counts for it.
      let choices = try #require(try task.sample(at: index).document["choices"]?.arrayValue?.compactMap(\.stringValue))
      for (choice, continuation) in zip(choices, continuations) {
        #expect(context.contains("\n\(continuation.dropFirst()). \(choice)\n"))
      }
      let answer = try #require(MMLUFiles.letters.firstIndex(of: after.target))
      var values = [-9.0, -9, -9, -9]
      values[answer] = -1
      let score = try varied.score(index, .logLikelihoods(values, tokenCounts: [1, 1, 1, 1]))
      #expect(score.value(of: "accuracy") == 1 && score.prediction == before.target)
    }
    #expect(moved >= 12)  // of 15; one order in 24 is the file's own
  }

  @Test("Solved questions are drawn for each subject, the same for all of its questions")
  func fewShotDraws() throws {
    let task = try TestData.mmlu(["subset": "abstract_algebra", "shots": 2])
    #expect(task.variations == [.fewShotDraws, .choiceOrder])
    func preamble(_ run: Int, _ index: Int) throws -> Substring {
      let context = try task.varied(by: seeds(run, [.fewShotDraws])).prompt(at: index).context
      return context[..<(context.ranges(of: "\n\n").last?.upperBound ?? context.startIndex)]
    }
    #expect(try preamble(2, 0) == preamble(2, 1))
    let drawn = Set(try (1...8).map { try preamble($0, 0) })
    #expect(drawn.count > 1)
    // What is drawn are the subject's own solved questions.
    #expect(try (2...8).allSatisfy { try preamble($0, 0).contains("about abstract algebra.\n\n") })
  }

  @Test("GSM8K draws other solved problems; without shots nothing of it varies")
  func gsm8k() throws {
    let task = try TestData.gsm8k(["shots": 2])
    #expect(task.variations == [.fewShotDraws])
    let runs = try (1...4).map { run in try task.varied(by: seeds(run)).prompt(at: 0).context }
    #expect(Set(runs).count > 1)
    let bare = try TestData.gsm8k(["shots": 0])
    #expect(bare.variations.isEmpty)
  }

  /// MMLU, GSM8K and a custom task over files of their own, with what varies.
  private func tasksOfFiles() throws -> (folder: String, tasks: [(JSONObject, seeds: [(Variation, String)])]) {
    let names = [
      "mmlu/dev/abstract_algebra_dev.csv", "mmlu/test/abstract_algebra_test.csv", "gsm8k/train.jsonl",
      "gsm8k/test.jsonl",
    ]
    let folder = try TestData.folder(
      of: try names.map { name in
        (name: name, text: String(decoding: try FileSystem.read(TestData.fixture + "/" + name), as: UTF8.self))
      })
    return (
      folder,
      [
        (
          ["type": "mmlu", "subset": "abstract_algebra", "shots": 2, "data": .string(folder + "/mmlu")],
          [(.fewShotDraws, "fewshot_seed"), (.choiceOrder, "choice_seed")]
        ),
        (
          ["type": "gsm8k", "shot_count": 3, "temperature": 0.7, "data": .string(folder + "/gsm8k")],
          [(.fewShotDraws, "fewshot_seed"), (.sampling, "sampling_seed")]
        ),
        (
          ["type": "gsm8k", "draw": "once", "shots": 2, "data": .string(folder + "/gsm8k"), "name": "fixed"],
          [(.fewShotDraws, "fewshot_seed")]
        ),
        (
          [
            "type": "custom", "prompt": "{question}", "shots": 2, "seed": 5, "answer_pattern": "#### (.*)",
            "data": .string(folder + "/gsm8k/test.jsonl"), "examples": .string(folder + "/gsm8k/train.jsonl"),
          ], [(.fewShotDraws, "fewshot_seed")]
        ),
      ]
    )
  }

  @Test("A varied task is the one that is loaded with its seeds, and needs none of its files any more")
  func sharedRows() throws {
    let (folder, specifications) = try tasksOfFiles()
    var pairs: [(loaded: any BenchmarkTask, expected: [any BenchmarkTask])] = []
    for (specification, options) in specifications {
      let task = try TaskCatalogue.load(TaskSpecification(.object(specification)))
      let expected = try (2...3).map { run in
        var object = specification
        if object["seed"] != nil { object["seed"] = nil }
        for (variation, option) in options { object[option] = seeds(run)[variation].map { JSONValue($0) } }
        return try TaskCatalogue.load(TaskSpecification(.object(object)))
      }
      #expect(task.variations == options.map(\.0))
      pairs.append((task, expected))
    }
    #expect(rename(folder, folder + "-gone") == 0)
    for (specification, _) in specifications {
      #expect(throws: BenchmarkError.self) { try TaskCatalogue.load(TaskSpecification(.object(specification))) }
    }
    for (task, expected) in pairs {
      for (run, other) in zip(2...3, expected) {
        let varied = task.varied(by: seeds(run))
        // Byte by byte: cells of stores are found by it.
        #expect(varied.name == other.name)
        #expect(JSONValue.object(varied.specification).text() == JSONValue.object(other.specification).text())
        #expect(varied.specification != task.specification && varied.dataFiles == task.dataFiles)
        for index in 0..<task.count { #expect(try varied.prompt(at: index) == other.prompt(at: index)) }
      }
    }
  }

  @Test("A subset's questions are varied alike in whatever group they are asked")
  func subsets() throws {
    let one = try TestData.mmlu(["subset": "high_school_statistics", "shots": 2]).varied(by: seeds(3))
    let group = try TestData.mmlu(["subset": "mathematics", "shots": 2]).varied(by: seeds(3))
    #expect(try one.prompt(at: 1) == group.prompt(at: group.count - 2))
  }

  @Test("Derived seeds are stable, differ with every word, and fit a JSON number of any reader")
  func derived() {
    // printf '1234\nsampling\nrun 2' | sha256sum, first 16 digits, shifted right by 11 bits
    #expect(RunSeeds.derived(1234, "sampling", "run 2") == Self.samplingOfRunTwo)
    #expect(RunSeeds.derived(1234, "a", "b") != RunSeeds.derived(1234, "ab"))
    #expect(RunSeeds(run: 2, json: seeds(2).json) == seeds(2))
    let all = RunSeeds(run: 2, planSeed: 1234, varying: Variation.allCases)
    #expect(all.ofAnswers.varied == [.fewShotDraws, .choiceOrder, .sampling] && !all.repeats(all.ofAnswers))
    #expect(all.ofAnswers.repeats(RunSeeds(run: 5, json: all.ofAnswers.json)))
  }

  private static let samplingOfRunTwo = 3_486_907_377_813_339
}
