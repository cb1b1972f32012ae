import DataSets
import Evaluation
import Support
import Testing

@testable import Tasks

/// Prompts of the small fixture, spelt out.
struct TaskPromptTests {
  @Test("An MMLU prompt names the subject, strips the question and ends in Answer:")
  func mmluPrompt() throws {
    let task = try TestData.mmlu(["subset": "abstract_algebra", "shots": 1])
    let prompt = try task.prompt(at: 0)
    let expected =
      "The following are multiple choice questions (with answers) about abstract algebra.\n\n"
      + "What is 2 + 2?\nA. 3\nB. 4\nC. 5\nD. 6\nAnswer: B\n\n"
      + "What is 3 * 3?\nA. 6\nB. 9\nC. 12\nD. 1,000\nAnswer:"
    #expect(prompt.request == .choice(context: expected, continuations: [" A", " B", " C", " D"]))
    #expect(prompt.sampleID == "abstract_algebra/0")
    #expect(prompt.subject == "abstract_algebra")
    #expect(prompt.target == "B")
    #expect(prompt.contextSHA256 == SHA256.hexadecimal(expected))
    #expect(try task.prompt(at: 1).context.contains("Two lines\nin \"quotes\"?\nA. p"))
    #expect(try task.prompt(at: 2).context.contains("\n\nNo-break spaces?\nA. "))
  }

  @Test("The group mathematics is its five subjects, each with its own samples")
  func mmluGroup() throws {
    let task = try TestData.mmlu(["subset": "mathematics"])
    #expect(task.name == "mmlu_mathematics")
    #expect(task.count == 15)
    #expect(try task.sample(at: 14).id == "high_school_statistics/2")
    #expect(Set(try (0..<15).map { try task.sample(at: $0).subject }) == Set(MMLUSubjects.mathematics))
    #expect(task.dataFiles.count == 10)
  }

  @Test("MMLU has 57 subjects in four categories")
  func mmluSubjects() {
    #expect(MMLUSubjects.all.count == 57)
    #expect(Set(MMLUSubjects.all).count == 57)
    #expect(
      [MMLUSubjects.stem, MMLUSubjects.humanities, MMLUSubjects.socialSciences, MMLUSubjects.other].map(\.count)
        == [19, 13, 12, 13])
    #expect(MMLUSubjects.mathematics.allSatisfy(MMLUSubjects.stem.contains))
  }

  @Test("GSM8K shows worked solutions, or final answers alone")
  func gsm8kChainOfThought() throws {
    let worked = try TestData.gsm8k(["shots": 2]).prompt(at: 0)
    let bare = try TestData.gsm8k(["shots": 2, "chain_of_thought": false]).prompt(at: 0)
    #expect(worked.target == "2,400")
    #expect(worked.context.hasSuffix("Question: A box holds 1,200 pens. How many do 2 hold?\nAnswer:"))
    #expect(worked.context.split(separator: "Question: ").count == 3)
    #expect(worked.context.contains("<<"))
    #expect(!bare.context.contains("<<"))
    #expect(bare.context.contains("\nAnswer: #### "))
  }

  @Test("Another seed draws other solved problems, and the same seed the same")
  func gsm8kSeed() throws {
    func contexts(_ seed: Int) throws -> [String] {
      let task = try TestData.gsm8k(["shots": 3, "seed": JSONValue(seed)])
      return try (0..<task.count).map { try task.prompt(at: $0).context }
    }
    #expect(try contexts(1) == contexts(1))
    #expect(try contexts(1) != contexts(2))
  }

  @Test("Solved problems drawn once, or the first, are the same for every question; a run's seed draws others")
  func gsm8kSharedExamples() throws {
    func beginnings(_ task: any BenchmarkTask) throws -> [String] {
      try (0..<task.count).map { index in
        let question = try task.sample(at: index).document["question"]?.stringValue ?? ""
        let context = try task.prompt(at: index).context
        let asked = "Question: \(question)\nAnswer:"
        #expect(context.hasSuffix(asked))
        return String(context.dropLast(asked.count))
      }
    }
    let each = try TestData.gsm8k(["shots": 2])
    let once = try TestData.gsm8k(["shots": 2, "draw": "once"])
    let first = try TestData.gsm8k(["shots": 2, "draw": "first"])
    let drawn = try beginnings(each)
    #expect(Set(drawn).count > 1)
    #expect(try Set(beginnings(once)) == [drawn[0]])
    let rows = try LineDelimitedJSON.rows(
      of: FileSystem.read(TestData.fixture + "/gsm8k/train.jsonl"), path: "train.jsonl")
    let solved = try rows.prefix(2).map { row in
      try "Question: \(row.string("question"))\nAnswer: \(row.string("answer"))\n\n"
    }
    #expect(try Set(beginnings(first)) == [solved.joined()])

    #expect(each.specification["draw"] == nil)
    #expect(first.specification["draw"] == "first")
    #expect(first.specification["fewshot_seed"] == nil)
    let seeds = RunSeeds(run: 2, planSeed: 1, varying: [.fewShotDraws])
    let varied = first.varied(by: seeds)
    #expect(varied.specification["draw"] == "once")
    #expect(varied.specification["fewshot_seed"]?.integerValue == seeds[.fewShotDraws])
    #expect(try Set(beginnings(varied)).count == 1)
  }

  @Test("A task is timed by its metrics, and so are its requests")
  func timed() throws {
    let questions = [try TestData.mmlu(["subset": "mathematics"]), try TestData.gsm8k()]
    let tasks = questions + [try TaskCatalogue.load(TaskSpecification("efficiency"))]
    #expect(tasks.map(\.isTimed) == [false, false, true])
    for task in tasks {
      #expect(try task.prompt(at: 0).request.isTimed == task.isTimed, "\(task.type)")
      #expect(TaskCatalogue.isTimed(type: task.type) == task.isTimed, "\(task.type)")
      #expect(try TaskCatalogue.entry(task.type).metrics == task.metrics, "\(task.type)")
    }
  }

  @Test("A specification is canonical: defaults filled in, aliases under their full names, no folder")
  func specification() throws {
    #expect(
      try TestData.mmlu(["subset": "mathematics"]).specification
        == ["type": "mmlu", "subset": "mathematics", "shots": 5, "split": "test"])
    let plain = try TestData.gsm8k(["shots": 4, "chain_of_thought": true]).specification
    #expect(try TestData.gsm8k(["use_chain_of_thought": true, "shot_count": 4]).specification == plain)
    #expect(plain["fewshot_seed"] == 1234)
    #expect(plain["data"] == nil)
  }
}
