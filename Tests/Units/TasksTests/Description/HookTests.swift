import Evaluation
import Support
import Testing

@testable import Tasks

/// Counterparts of Python functions, held to what those give for made-up documents (Tests/Goldens/descriptions/hooks.json).
@Suite struct HookTests {
  private static func golden(_ name: String) throws -> JSONObject {
    let path = TestData.packageRoot + "/Tests/Goldens/descriptions/hooks.json"
    return try TestData.object(TestData.object(JSONReader.parse(FileSystem.read(path), name: "hooks.json"))[name])
  }

  private static func documents(_ golden: JSONObject) throws -> [JSONObject] {
    try TestData.array(golden["documents"]).map { try TestData.object($0) }
  }

  private static func texts(_ value: JSONValue?) throws -> [String] {
    try TestData.array(value).map { $0.stringValue ?? "" }
  }

  private static func text(_ text: String) -> HookResults { .responses(.one(.string(text))) }

  @Test(
    "Values of documents",
    arguments: [
      ("race", "text", RaceHooks.text), ("race", "target", RaceHooks.target), ("race", "choices", RaceHooks.choices),
      ("copa", "text", CopaHooks.text), ("copa", "target", CopaHooks.target), ("copa", "choices", CopaHooks.choices),
      ("mmlu_pro", "text", MMLUProHooks.text), ("mmlu_pro", "target", MMLUProHooks.exampleTarget),
      ("wikitext", "text", WikitextHooks.text),
    ] as [(String, String, NativeHooks.Value)])
  func values(task: String, key: String, hook: NativeHooks.Value) throws {
    let golden = try Self.golden(task)
    let wanted = try TestData.array(golden[key])
    for (document, wanted) in zip(try Self.documents(golden), wanted) { #expect(try hook(document) == wanted) }
  }

  @Test(
    "Rows of a split",
    arguments: [
      ("hellaswag", HellaswagHooks.rows), ("math", MathHooks.rows), ("drop", DropHooks.rows),
      ("arc_llama", ARCHooks.rows), ("truthfulqa", TruthfulQAHooks.rows),
    ] as [(String, NativeHooks.Rows)])
  func rows(task: String, hook: NativeHooks.Rows) throws {
    let golden = try Self.golden(task)
    let made = try hook(try Self.documents(golden))
    #expect(try made.count == TestData.array(golden["rows"]).count)
    for (made, wanted) in zip(made, try TestData.array(golden["rows"])) {
      for (key, value) in try TestData.object(wanted).members { #expect(made[key] == value, "\(key)") }
    }
  }

  @Test("Perplexities count the words and bytes of the page as it is")
  func wikitext() throws {
    let golden = try Self.golden("wikitext")
    for (document, wanted) in zip(try Self.documents(golden), try TestData.array(golden["results"])) {
      let made = try WikitextHooks.results(
        document, .logLikelihoods([LogLikelihood(value: -12.5, tokenCount: nil)]))
      for (key, value) in try TestData.object(wanted).members {
        #expect(made[key] == .sums(try TestData.array(value).compactMap(\.doubleValue)))
      }
    }
  }

  @Test("Answers in LaTeX are equal where the harness takes them for equal")
  func mathematics() throws {
    let golden = try Self.golden("math")
    let texts = try Self.texts(golden["texts"])
    for (first, row) in zip(texts, try TestData.array(golden["equal"])) {
      for (second, wanted) in zip(texts, try TestData.array(row)) {
        #expect(MathAnswer.areEqual(first, second) == (wanted == 1), "\(first) and \(second)")
      }
    }
    let answers = try Self.texts(golden["answers"])
    for (document, row) in zip(try Self.documents(golden), try TestData.array(golden["results"])) {
      for (answer, wanted) in zip(answers, try TestData.array(row)) {
        let made = try MathHooks.results(document, Self.text(answer))["exact_match"]
        #expect(made == .number(wanted.doubleValue ?? .nan), "\(answer)")
      }
    }
  }

  @Test("Answers of AGIEval are found in words, and several choices may be right")
  func agieval() throws {
    let golden = try Self.golden("agieval")
    let texts = try Self.texts(golden["texts"])
    for (first, row) in zip(texts, try TestData.array(golden["equal"])) {
      for (second, wanted) in zip(texts, try TestData.array(row)) {
        #expect(MathAnswer.areEqualWords(first, second) == (wanted == 1), "\(first) and \(second)")
      }
    }
    let made = try AGIEvalHooks.choiceResults(
      ["gold": [1, 2], "choices": ["a", "longer one", "bc"]],
      .logLikelihoods([-3, -5, -4].map { LogLikelihood(value: $0, tokenCount: nil) }))
    for (key, value) in try TestData.object(golden["choices"]).members {
      #expect(made[key] == .number(value.doubleValue ?? .nan))
    }
  }

  @Test("Bags of words are scored as in DROP")
  func drop() throws {
    let golden = try Self.golden("drop")
    let answers = try Self.texts(golden["answers"])
    let rows = try TestData.array(golden["rows"]).map { try TestData.object($0) }
    for (document, row) in zip(rows, try TestData.array(golden["results"])) {
      for (answer, wanted) in zip(answers, try TestData.array(row)) {
        let made = try DropHooks.results(document, Self.text(answer))
        for (key, value) in try TestData.object(wanted).members {
          guard case .number(let number)? = made[key] else {
            Issue.record("no \(key)")
            continue
          }
          #expect(abs(number - (value.doubleValue ?? .nan)) < 1e-12, "\(key) of \(answer)")
        }
      }
    }
  }

  @Test("BLEU and ROUGE with true and false answers are the harness's")
  func truthfulQA() throws {
    let golden = try Self.golden("truthfulqa")
    let texts = try Self.texts(golden["texts"])
    let rows = try TestData.array(golden["rows"]).map { try TestData.object($0) }
    #expect(rows.count == 2 && texts.count == 9)
    for (document, row) in zip(rows, try TestData.array(golden["results"])) {
      for (text, wanted) in zip(texts, try TestData.array(row)) {
        let made = try TruthfulQAHooks.overlap(document, Self.text(text))
        let wanted = try TestData.object(wanted)
        #expect(Set(made.keys) == Set(wanted.keys))
        for (key, value) in wanted.members {
          guard case .number(let number)? = made[key], let value = value.doubleValue else {
            Issue.record("no \(key)")
            continue
          }
          #expect(abs(number - value) < 1e-10, "\(key) of \(text)")
          let bounds = try #require(TruthfulQAHooks.bounds(key))
          #expect(bounds.contains(number))
        }
      }
    }
    #expect(TruthfulQAHooks.bounds("rouge1_max") == 0...100 && TruthfulQAHooks.bounds("exact_match") == nil)
    let noFalse: JSONObject = ["correct_answers": ["a"], "incorrect_answers": []]
    #expect(TestData.message { _ = try TruthfulQAHooks.overlap(noFalse, Self.text("a")) }.contains("incorrect_answers"))
  }

  @Test(
    "The filters of BIG-Bench Hard read what the harness's read", arguments: ["choice", "mapped", "numbers", "sorted"])
  func bigBench(name: String) throws {
    let golden = try Self.golden("bbh")
    let documents = try Self.documents(golden)
    let place = DocumentPlace(name: "test")
    let filter =
      switch name {
      case "choice":
        try BigBenchHooks.choice(
          ["function": "f", "regex_pattern": #"(\([A-Z]\))"#, "ignore_case": true, "ignore_punctuation": true], place)
      case "mapped":
        try BigBenchHooks.mapped(
          ["function": "f", "regex_pattern_to_value": golden["map"] ?? [:], "ignore_case": true], place)
      case "numbers": try BigBenchHooks.numbers(["function": "f", "regex_pattern": #"(\d+)"#], place)
      default: try BigBenchHooks.sortedWords(["function": "f"], place)
      }
    let document = documents[name == "sorted" ? 1 : 0]
    for (text, wanted) in zip(try Self.texts(golden["texts"]), try TestData.array(golden[name])) {
      let made = try filter.apply(.many([.string(text)]), document).items
      #expect(made == (try TestData.array(wanted)), "\(text)")
    }
  }
}
