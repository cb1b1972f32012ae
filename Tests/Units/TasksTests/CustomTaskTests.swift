import DataSets
import Evaluation
import Support
import Testing

@testable import Tasks

/// The declared task, held to the built-in ones and, through them, to lm-evaluation-harness.
struct CustomTaskTests {
  static func load(_ options: JSONObject) throws -> any BenchmarkTask {
    var object: JSONObject = ["type": "custom"]
    for (key, value) in options.members { object[key] = value }
    return try TaskCatalogue.load(TaskSpecification(.object(object)))
  }

  /// GSM8K as one declares it.
  static func problems(_ more: JSONObject = [:]) throws -> any BenchmarkTask {
    var options: JSONObject = [
      "data": .string(TestData.fixture + "/gsm8k/test.jsonl"), "name": "own",
      "prompt": "Question: {question}\nAnswer:", "answer": "{answer}", "answer_pattern": "#### (.+)",
      "solution": "{answer}", "pattern": #"#### (\-?[0-9\.\,]+)"#,
      "examples": .string(TestData.fixture + "/gsm8k/train.jsonl"), "shots": 5, "seed": 1234,
      "stops": ["Question:", "</s>", "<|im_end|>"],
    ]
    for (key, value) in more.members { options[key] = value }
    return try load(options)
  }

  @Test("GSM8K, declared, puts GSM8K's prompts: the same draws, the same text", arguments: [0, 1, 5, 8])
  func problemPrompts(shots: Int) throws {
    let declared = try Self.problems(["shots": JSONValue(shots)])
    let builtIn = try TestData.gsm8k(["shots": JSONValue(shots)])
    #expect(declared.count == builtIn.count && declared.name == "own")
    for index in 0..<builtIn.count { #expect(try declared.prompt(at: index) == builtIn.prompt(at: index)) }
  }

  @Test("MMLU, declared over a file without a header, puts MMLU's questions", arguments: [0, 3])
  func questionPrompts(shots: Int) throws {
    let subject = "abstract_algebra"
    let description = "The following are multiple choice questions (with answers) about abstract algebra.\n\n"
    let declared = try Self.load([
      "data": .string(TestData.fixture + "/mmlu/test/\(subject)_test.csv"),
      "examples": .string(TestData.fixture + "/mmlu/dev/\(subject)_dev.csv"), "shots": JSONValue(shots),
      "columns": ["question", "A", "B", "C", "D", "answer"], "description": .string(description),
      "prompt": "{question|strip}\nA. {A}\nB. {B}\nC. {C}\nD. {D}\nAnswer:", "choices": ["A", "B", "C", "D"],
      "answer_is": "letter",
    ])
    let builtIn = try TestData.mmlu(["subset": .string(subject), "shots": JSONValue(shots)])
    #expect(declared.name == "abstract_algebra_test" && declared.count == builtIn.count)
    for index in 0..<builtIn.count {
      let (own, other) = (try declared.prompt(at: index), try builtIn.prompt(at: index))
      #expect(own.request == other.request && own.target == other.target && own.description == other.description)
      let response = Response.logLikelihoods([-3, -1, -2, -4], tokenCounts: [1, 1, 1, 1])
      #expect(try declared.score(index, response).metrics[0] == builtIn.score(index, response).metrics[0])
    }
  }

  @Test("Files of every form have the same rows")
  func forms() throws {
    let sums = (1...8).map { (question: "What is \($0) plus \($0)?", answer: "\(2 * $0)") }
    let lines = sums.map { "{\"question\": \"\($0.question)\", \"answer\": \"\($0.answer)\"}" }
    func table(_ separator: String) -> String {
      (["question\(separator)answer"] + sums.map { $0.question + separator + $0.answer }).joined(separator: "\n") + "\n"
    }
    let folder = try TestData.folder(of: [
      ("a.jsonl", lines.joined(separator: "\n")), ("b.json", "[\(lines.joined(separator: ","))]"),
      ("lines.json", lines.joined(separator: "\n")), ("c.csv", table(",")), ("d.tsv", table("\t")), ("e", lines[0]),
    ])
    let files =
      ["a.jsonl", "b.json", "lines.json", "c.csv", "d.tsv"].map { "\(folder)/\($0)" }
      + [TestData.packageRoot + "/Tests/Goldens/datasets/sums.parquet"]
    for file in files {
      let task = try Self.load(["data": .string(file), "prompt": "{question}"])
      #expect(task.count == 8, "\(file)")
      for (index, sum) in sums.enumerated() {
        #expect(try task.prompt(at: index).context == sum.question)
        #expect(try task.sample(at: index).target == sum.answer)
      }
      let digest = SHA256.hexadecimal(try FileSystem.read(file))
      #expect(task.dataFiles == [DataFile(path: file, sha256: digest)])
    }
    #expect(try Self.load(["data": .string("\(folder)/e"), "prompt": "{question}"]).count == 1)
    #expect(
      TestData.message { _ = try Self.load(["data": "a.jsonl", "prompt": "{q}", "split": "test"]) }.contains(
        "\"split\" is for data sets on the Hub"))
  }

  @Test("A pattern finds what the harness's regular expression finds in 3000 generations")
  func pattern() throws {
    let task = try Self.problems(["shots": 0])
    for row in try TestData.array(try TestData.golden("gsm8k-scores.json")["rows"]) {
      let row = try TestData.array(row)
      let text = try #require(row[1].stringValue)
      let score = try task.score(0, .generated(text: text, finishReason: .stop))
      #expect(score.prediction == row[2].stringValue, "\(text)")
      #expect(score.flags == (row[2].isNull ? ["no_answer"] : []))
    }
  }

  @Test("Of choices that are texts of each row, the normalised accuracy is the main metric")
  func normalized() throws {
    let folder = try TestData.folder(of: [
      ("rows.jsonl", #"{"q": "Sky?", "options": ["blue", "a very long answer"], "right": 1, "kind": "colour"}"#)
    ])
    let task = try Self.load([
      "data": .string(folder + "/rows.jsonl"), "prompt": "{q}", "choices": "options", "answer": "{right}",
      "answer_is": "index", "subject": "kind",
    ])
    #expect(
      try task.prompt(at: 0).request
        == .choice(context: "Sky?", continuations: [" blue", " a very long answer"]))
    #expect(try task.sample(at: 0).subject == "colour" && task.sample(at: 0).target == "a very long answer")
    // -4 / 4 = -1 and -9 / 18 = -0.5: formula of acc_norm.
    let score = try task.score(0, .logLikelihoods([-4, -9], tokenCounts: [1, 4]))
    #expect(task.metrics.map(\.name) == ["accuracy_normalized", "accuracy", "answer_bits_per_byte"])
    #expect(score.metrics.prefix(2).map(\.value) == [1, 0] && score.prediction == "a very long answer")
    #expect(try task.score(0, .logLikelihoods([-4, .nan], tokenCounts: [1, 4])).flags == ["undefined_log_likelihood"])
    #expect(try task.score(0, .generated(text: "blue", finishReason: .length)).flags == ["mismatched_response"])
  }

  @Test("Fields name what rows share")
  func clusters() throws {
    let rows = #"{"q": "a", "answer": "b", "passage": "p1", "form": 2}"#
    let folder = try TestData.folder(of: [("rows.jsonl", rows)])
    var options: JSONObject = ["data": .string(folder + "/rows.jsonl"), "prompt": "{q}"]
    let plain = try Self.load(options)
    #expect(try plain.prompt(at: 0).attributes.others.members.isEmpty && plain.specification["clusters"] == nil)
    options["clusters"] = ["passage", "form"]
    let task = try Self.load(options)
    #expect(try task.sample(at: 0).attributes.others == ["form": "2", "passage": "p1"])
    #expect(try task.prompt(at: 0).attributes.others == ["form": "2", "passage": "p1"])
    options["clusters"] = "passage"
    #expect(try Self.load(options).prompt(at: 0).attributes.others == ["passage": "p1"])
    for (value, words) in [("pasage", "did you mean \"passage\"?"), ("subject", "the option \"subject\"")] {
      options["clusters"] = .string(value)
      let message = TestData.message { _ = try Self.load(options) }
      #expect(message.contains(words), "\(message)")
    }
  }

  @Test(
    "Metrics and normalisations",
    arguments: [
      ("exact_match", [], "Paris", " Paris\n", 1.0), ("exact_match", [], "Paris", "paris", 0),
      ("exact_match", ["lowercase"], "Paris", "PARIS", 1),
      ("exact_match", ["lowercase", "punctuation", "articles"], "The Eiffel Tower", "an eiffel-tower!", 0),
      ("exact_match", ["lowercase", "punctuation", "articles"], "The Eiffel Tower", "eiffel  tower.", 1),
      ("exact_match", ["whitespace"], "a b", "a \n b", 1),
      // As in Python, whose "==" of texts the harness's exact_match is: é in one scalar is not e and an accent.
      ("exact_match", [], "caf\u{E9}", "cafe\u{301}", 0), ("exact_match", [], "cafe\u{301}", "cafe\u{301}", 1),
      ("contains", ["lowercase"], "Paris", "It is paris, surely", 1),
      ("contains", [], "Paris", "It is London", 0), ("contains", [], "Paris", "Par", 0),
      ("numeric_match", [], "1200", "$1,200.00", 1), ("numeric_match", [], "1200", "1200.4", 0),
      ("numeric_match", [], "50%", "50", 1), ("numeric_match", [], "5", "five", 0),
    ])
  func metric(kind: String, steps: [String], target: String, text: String, expected: Double) throws {
    let row = JSONValue.object(["a": .string(target)]).text()
    let folder = try TestData.folder(of: [("rows.jsonl", row)])
    let task = try Self.load([
      "data": .string(folder + "/rows.jsonl"), "prompt": "{a}?", "answer": "{a}", "metric": .string(kind),
      "normalize": .array(steps.map { .string($0) }),
    ])
    let score = try task.score(0, .generated(text: text, finishReason: .endOfText))
    #expect(score.value(of: kind) == expected)
  }

  @Test(
    "Extractors",
    arguments: [
      ("all", " It is 5. ", "It is 5."), ("first_line", "\n  yes \nno", "yes"),
      ("first_number", "from 3.5 to 10-12", "3.5"),
      ("last_number", "so -1,234.5.", "-1,234.5"), ("last_number", "10-12", "12"), ("first_number", "x = -.5", "-.5"),
      ("last_number", "none", nil), ("first_line", " \n ", nil),
    ] as [(String, String, String?)])
  func extractor(rule: String, text: String, expected: String?) throws {
    let named = try #require(AnswerExtractor.Rule(rawValue: rule))
    #expect(try AnswerExtractor(named).answer(in: text) == expected)
  }

  @Test(
    "A number keeps its sign, wherever its currency stands, and commas count between thousands alone",
    arguments: [
      ("It is -$5.", -5), ("It is \u{2212}5.", -5), ("$-5", -5), ("-\u{20AC}1,234.50", -1234.5), ("-\\$5", -5),
      ("\u{FF0D}\u{FF15}", -5), ("\u{FF04}\u{FF11}\u{FF0C}\u{FF12}\u{FF13}\u{FF14}", 1234), ("\u{2013}5", -5),
      ("+5", 5), ("5.", 5), ("50%", 50), ("-50%", -50), ("about 1e5", 1e5), ("1.5E-3", 0.0015), ("1e\u{2212}3", 0.001),
      ("1,234,567.8", 1_234_567.8), ("1,2", 2), ("12,34", 34), ("1234,567", 567), ("0,123", 123), ("1,2345", 2345),
      ("1\u{202F}234", 1234), ("1'234", 1234), ("10-12", 12), ("10\u{2013}12", 12), ("10%-12%", 12), ("$10-$12", 12),
      ("10\u{20AC}-12\u{20AC}", 12), ("x = -.5", -0.5), ("(5)", 5), ("(-5)", -5), ("f(x)-5", 5), ("- 5", 5),
      ("答案是-5", -5), ("$-5$", -5), ("\u{663}", 3), ("7 in section 1.2.3", 7), ("007", 7), ("-0", 0), ("1e", 1),
    ] as [(String, Double)])
  func numbers(text: String, value: Double) throws {
    let found = try #require(NumberText.all(in: text).last)
    #expect(found.value == value, "\(text): \(found.text)")
    // What is shown reads back as the same number.
    #expect(NumberText.value(found.text) == value)
  }

  @Test(
    "A text that is one number, and texts that are none",
    arguments: [
      ("-$5", -5), ("$-5", -5), ("5 %", 5), ("5.", 5), ("$1,234.50.", 1234.5), (" \u{2212}5 ", -5), ("$ 5", 5),
      ("5 \u{20AC}", 5),
      ("1e5", 1e5), ("1,2", nil), ("five", nil), ("5 apples", nil), ("0x1F", nil), ("(5)", nil), ("1/2", nil),
      ("nan", nil),
      ("", nil), ("1.2.3", nil), ("5-3", nil), ("- 5", nil),
    ] as [(String, Double?)])
  func wholeNumber(text: String, value: Double?) {
    #expect(NumberText.value(text) == value, "\(text)")
  }

  @Test("numeric_match tells a minus from none, in the answer and in the target")
  func signs() throws {
    let rows = ["-5", "5", "-$5", "\u{2212}5", "1e5"].map { JSONValue.object(["a": .string($0)]).text() }
    let folder = try TestData.folder(of: [("rows.jsonl", rows.joined(separator: "\n"))])
    let task = try Self.load([
      "data": .string(folder + "/rows.jsonl"), "prompt": "{a}?", "answer": "{a}", "extract": "last_number",
      "metric": "numeric_match",
    ])
    func scores(_ text: String) throws -> [Double?] {
      try (0..<5).map {
        try task.score($0, .generated(text: text, finishReason: .stop)).value(of: "numeric_match")
      }
    }
    for text in ["It is \u{2212}5.", "It is -$5.", "$-5", "\u{2014}5"] { #expect(try scores(text) == [1, 0, 1, 1, 0]) }
    #expect(try scores("It is 5.") == [0, 1, 0, 0, 0] && scores("100,000") == [0, 0, 0, 0, 1])
  }

  @Test(
    "A template written for Jinja, or without a field, is an error that says how fields are written",
    arguments: [
      (["prompt": "Question: {{question}}"], "a field is written in single braces: {question}"),
      (["prompt": "{{ question }}\n"], "single braces: {question}"),
      (["prompt": "Say something."], "such as {question}"),
      (["prompt": "{question} {{answer}}"], "single braces: {answer}"), (["prompt": "${question"], "unclosed"),
      (["prompt": "{% if question %}"], "a Jinja statement"), (["answer": "{{answer}}"], "single braces: {answer}"),
      (["solution": "{{answer|trim}}"], "single braces: {answer}"),
      (
        ["choices": ["{{question}}", "{{answer}}"], "pattern": .null, "stops": .null, "answer_pattern": .null],
        "choices[0]: \"{{question}}\""
      ),
      (["choices": "{{options}}", "pattern": .null, "stops": .null], "single braces: {options}"),
    ] as [(JSONObject, String)])
  func jinja(change: JSONObject, expected: String) throws {
    let message = TestData.message { _ = try Self.problems(change) }
    #expect(message.contains(expected), "\(message)")
  }

  @Test("A declared metric has a direction and a unit, and the main one of choices can be chosen")
  func described() throws {
    let folder = try TestData.folder(of: [("rows.jsonl", #"{"q": "x", "a": "1", "o": ["1", "2"]}"#)])
    let base: JSONObject = ["data": .string(folder + "/rows.jsonl"), "prompt": "{q}", "answer": "{a}"]
    func metrics(_ metric: JSONValue, _ choices: JSONValue = .null) throws -> [Metric] {
      var options = base
      options["metric"] = metric
      options["choices"] = choices
      return try Self.load(options).metrics
    }
    let described = try metrics(["name": "contains", "higher_is_better": false, "unit": "leaks", "summary": "leaks"])[0]
    #expect(described.name == "contains" && !described.higherIsBetter && described.text(0.25) == "0.25 leaks")
    func choices(_ metric: JSONValue, _ choices: JSONValue) throws -> [String] {
      try metrics(metric, choices).filter(\.isShare).map(\.name)
    }
    #expect(try choices("accuracy", "o") == ["accuracy", "accuracy_normalized"])
    // Where the right choice is the bad one, more bits for it are better.
    let turned = try metrics(["name": "accuracy", "higher_is_better": false], "o")
    #expect(turned.map(\.higherIsBetter) == [false, false, true])
    #expect(try choices(.null, ["{a}", "no"]) == ["accuracy_normalized", "accuracy"])
    #expect(try choices(.null, ["1", "no"]) == ["accuracy", "accuracy_normalized"])
    for (metric, words) in [
      (["name": "contains", "unit": 3], "\"unit\" must be"),
      (["name": "contains", "higher_is_better": "no"], "true or false"),
      (["naem": "contains"], "did you mean \"name\"?"), (3, "a name was expected, or an object with \"name\""),
    ] as [(JSONValue, String)] {
      let message = TestData.message { _ = try metrics(metric) }
      #expect(message.contains(words), "\(message)")
    }
    #expect(TestData.message { _ = try metrics("exact_match", "o") }.contains("accuracy or accuracy_normalized"))
  }

  @Test("The last match of a pattern, and a pattern without a group")
  func lastMatch() throws {
    let last = try AnswerExtractor(pattern: "answer: (\\w+)", takesLast: true, "x")
    #expect(try last.answer(in: "answer: a, no, answer: b") == "b")
    let whole = try AnswerExtractor(pattern: "[A-D]", takesLast: false, "x")
    #expect(try whole.answer(in: "it is (C)") == "C" && whole.answer(in: "no") == nil)
    let either = try AnswerExtractor(pattern: "(?P<letter>[A-D])\\)|is (\\d+)", takesLast: false, "x")
    #expect(try either.answer(in: "it is 42") == "42")
  }

  @Test("A pattern that takes too long leaves the sample unscored, and is an error where it reads the data")
  func endlessPattern() throws {
    let text = String(repeating: "a", count: 40) + "!"
    let extractor = try AnswerExtractor(pattern: "(a+)+$", takesLast: false, "x")
    #expect(throws: BenchmarkError.self) { try extractor.answer(in: text) }
    let task = try Self.problems(["pattern": "(a+)+$"])
    let score = try task.score(0, .generated(text: text, finishReason: .endOfText))
    #expect(score.flags == ["pattern_limit"] && score.metrics.allSatisfy { $0.value == nil })
  }

  @Test(
    "A bad specification names the key and the remedy",
    arguments: [
      (["prompt": .null], "\"prompt\" is missing"), (["prompt": "{question"], "prompt: unclosed \"{\""),
      (["prompt": "a } b"], "write \"}}\""), (["prompt": "{}"], "names no field"),
      (["prompt": "{question|trim}"], "only \"strip\" can follow"),
      (["shots": 2, "examples": .null], "2 shots need \"examples\""),
      (["examples": .string(TestData.fixture + "/gsm8k/test.jsonl")], "must be different files"),
      (["shots": 9], "8 rows are too few for 9 shots"),
      (["pattern": "(["], "pattern: invalid regular expression \"([\""),
      (["extract": "last_number"], "\"extract\" and \"pattern\" both"),
      (["extract": "last_nubmer", "pattern": .null], "did you mean \"last_number\"?"),
      (["metric": "exact"], "no such metric: \"exact\""),
      (["normalize": ["lower"]], "no such normalisation: \"lower\""),
      (["tolerance": 1], "set \"metric\" to \"numeric_match\""),
      (["choices": ["a", "b"]], "\"choices\" are scored"),
      (["answer_is": "letter"], "\"answer_is\": \"letter\" needs \"choices\""),
      (["columns": ["a"]], "\"columns\" is only for CSV and TSV files"),
      (["promt": "x"], "unknown key \"promt\"; did you mean \"prompt\"?"),
      (["data": "/no/rows.jsonl"], "/no/rows.jsonl"),
      (["name": "two\nlines"], "name: one line of text was expected"), (["format": "xml"], "no such format: \"xml\""),
    ] as [(JSONObject, String)])
  func specification(change: JSONObject, expected: String) throws {
    let message = TestData.message { _ = try Self.problems(change) }
    #expect(message.contains(expected), "\(message)")
  }

  @Test(
    "A bad row is an error with file, line and field",
    arguments: [
      ("rows.jsonl", "{\"q\":\"x\",\"a\":\"1\"}\n{\"question\":\"y\",\"a\":\"1\"}\n", ":2: no field \"q\""),
      ("rows.jsonl", "{\"q\":[1],\"a\":\"1\"}\n", ":1: the field \"q\" must be a text or a number, not an array"),
      ("rows.jsonl", "\n\n{\"q\":\"x\",\"a\":\" \"}\n", ":3: the answer \"\" is empty"),
      ("rows.jsonl", "{\"q\":\"x\"\n", ":1:"), ("rows.jsonl", "\n", ": no rows"),
      ("rows.csv", "q,a\nx,1\n\"y\nz\",1,2\n", ":3: 2 fields (q, a) were expected, not 3"),
      ("rows.csv", "q,a,q\n", "two columns have the name \"q\""), ("rows.csv", "q,b\nx,1\n", ":2: no field \"a\""),
    ])
  func row(file: String, text: String, expected: String) throws {
    let folder = try TestData.folder(of: [(file, text)])
    let message = TestData.message {
      _ = try Self.load(["data": .string("\(folder)/\(file)"), "prompt": "{q}", "answer": "{a}"])
    }
    #expect(message.contains("/\(file)\(expected)") || message.contains(expected), "\(message)")
  }

  @Test("Two rows of one id, and an answer that is no choice")
  func ids() throws {
    let folder = try TestData.folder(of: [("rows.csv", "id,q,a\nx,1,yes\nx,2,maybe\n")])
    let base: JSONObject = ["data": .string(folder + "/rows.csv"), "prompt": "{q}", "answer": "{a}"]
    var options = base
    options["id"] = "id"
    #expect(TestData.message { _ = try Self.load(options) }.contains(":3: the id \"x\" is also in line 2"))
    options = base
    options["choices"] = ["yes", "no"]
    #expect(
      TestData.message { _ = try Self.load(options) }.contains(":3: the answer \"maybe\" is not the text of one of"))
  }

  @Test("Braces, members and elements in a template")
  func template() throws {
    let fields: JSONObject = ["a": "x", "b": ["c": [1, true, 2.5]], "d.e": "dotted"]
    let row = DataRow(fields: fields, path: "f", number: 3, isLine: true)
    let template = try PromptTemplate("{{{a}}} {b.c.0} {b.c.1} { b.c.2 } {d.e}", "x")
    #expect(try template.render(row) == "{x} 1 true 2.5 dotted")
    #expect(try PromptTemplate("", "x").render(row) == "")
    #expect(TestData.message { _ = try PromptTemplate("{b.c.9}", "x").render(row) }.contains("f:3: no field \"b.c.9\""))
  }

  @Test("A name tells two tasks of one type apart")
  func name() throws {
    let task = try TestData.mmlu(["subset": "abstract_algebra", "name": "warm-up"])
    #expect(task.name == "warm-up" && task.specification["name"] == "warm-up" && task.type == "mmlu")
    #expect(try task.prompt(at: 0) == TestData.mmlu(["subset": "abstract_algebra"]).prompt(at: 0))
  }
}
