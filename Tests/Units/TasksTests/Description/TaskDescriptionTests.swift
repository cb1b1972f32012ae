import Support
import Testing

@testable import Tasks

/// Reading task files: what is wrong is named with its place, and what Python would make of a text is made of it.
@Suite struct TaskDescriptionTests {
  private static let start = """
    task: one
    dataset_path: json
    test_split: test
    doc_to_text: "{{question}}"
    doc_to_target: answer

    """

  private func message(_ text: String, _ others: [(name: String, text: String)] = []) throws -> String {
    let folder = try TestData.folder(of: [("task.yaml", text)] + others)
    return TestData.message { _ = try TaskDescription(folder + "/task.yaml") }.replacing(folder, with: "F")
  }

  @Test(
    "Errors name the file, the place and the remedy",
    arguments: [
      ("metric_lst: []", "F/task.yaml: F/task.yaml:6:13: unknown key \"metric_lst\"; did you mean \"metric_list\"?"),
      ("output_type: generate", "F/task.yaml:6:14: output_type: no such output_type: \"generate\""),
      ("num_fewshot: -1", "F/task.yaml:6:14: num_fewshot: a whole number from 0 was expected, not -1"),
      ("description: \"{% if %}\"", "F/task.yaml:6:14: description"),
      ("class: !function task.One", "F/task.yaml:6:8: class: a task that is a class of Python cannot be used here"),
      (
        "output_type: multiple_choice\ndoc_to_choice: c\nmetric_list: [{metric: bleu}]",
        "F/task.yaml:8:24: metric_list[0]: metric: \"bleu\" is no metric of multiple_choice"
      ),
      (
        "metric_list: [{metric: exact_match, ignore_cases: true}]",
        "F/task.yaml:6:37: metric_list[0]: unknown key \"ignore_cases\"; did you mean \"ignore_case\"?"
      ),
      (
        "filter_list: [{name: a, filter: [{function: regexp}]}]",
        "F/task.yaml:6:45: filter_list[0]: filter[0]: function: unknown filter \"regexp\"; did you mean \"regex\"?"
      ),
      (
        "filter_list: [{name: a, filter: [{function: regex, regex_pattern: '(a'}]}]",
        "F/task.yaml:6:67: filter_list[0]: filter[0]: regex_pattern:"
      ),
      ("generation_kwargs: {until: [a], num_beams: 4}", "num_beams: beam search cannot be used here; give 1"),
      ("fewshot_config: {sampler: last_n}", "sampler: no such sampler: \"last_n\""),
      ("include: other.yaml", "F/task.yaml:6:10: include[0]: cannot open F/other.yaml"),
      ("include: task.yaml", "F/task.yaml: files include one another"),
      ("process_docs: !function utils.missing", "F/task.yaml:6:15: process_docs: cannot open F/utils.py"),
    ])
  func errors(line: String, expected: String) throws {
    let message = try message(Self.start + line)
    #expect(message.contains(expected), "\(message)")
    #expect(!message.contains("\n"))
  }

  @Test("A Python function without a counterpart is named, with its digest")
  func unknownFunction() throws {
    let message = try message(
      Self.start + "process_docs: !function utils.process",
      [("utils.py", "import re\n\ndef process(dataset):\n    return dataset\n")])
    let digest = SHA256.hexadecimal("def process(dataset):\n    return dataset\n").prefix(16)
    #expect(
      message.contains(
        "F/task.yaml:6:15: process_docs: the Python function utils.process (SHA-256 \(digest)...) has no")
        == true, "\(message)")
  }

  @Test("A function that keeps the rows of one value is read as what it does")
  func equality() throws {
    let source = """
      from functools import partial

      def process_docs(dataset, subject):
          return dataset.filter(lambda x: x["category"] == subject)

      birds = partial(process_docs, subject="bird")

      def fish(dataset):
          return dataset.filter(lambda doc: doc["category"] == "fish")

      def other(dataset):
          return dataset.filter(lambda doc: doc["category"] != "fish")
      """
    let rows: [JSONObject] = [["category": "bird", "n": 1], ["category": "fish", "n": 2]]
    for (name, kept) in [("birds", [rows[0]]), ("fish", [rows[1]])] {
      let folder = try TestData.folder(of: [
        ("task.yaml", Self.start + "process_docs: !function utils.\(name)"), ("utils.py", source),
      ])
      let description = try TaskDescription(folder + "/task.yaml")
      #expect(try description.processDocuments?(rows) == kept)
    }
    #expect(
      try message(Self.start + "process_docs: !function utils.other", [("utils.py", source)]).contains("utils.other"))
  }

  @Test("A definition has with it what it uses of its module, and nothing else")
  func closures() {
    let module = PythonModule(
      "import re\nA = 1\nB = [\n  A,\n]\n\n\ndef f(x):\n    '''text\nat the margin'''\n    return g(x)\n\n# note\n@cache\ndef g(x):\n    return B\n\ndef h():\n    pass\n"
    )
    #expect(
      module.closure(of: "f")
        == "A = 1\nB = [\n  A,\n]\ndef f(x):\n    '''text\nat the margin'''\n    return g(x)\n@cache\ndef g(x):\n    return B\n"
    )
    #expect(module.closure(of: "h") == "def h():\n    pass\n")
    #expect(module.closure(of: "re") == nil)
  }

  /// What `ast.literal_eval` gives.
  @Test(
    "Literals of Python are read as Python reads them",
    arguments: [
      (#"['a', "b"]"#, ["a", "b"]), ("[1, -2.5, True, None,]", [1, -2.5, true, .null]), ("('x',)", ["x"]),
      ("(1)", 1), ("()", []), (#"['it\'s', "say \"so\"", 'é\u00e9\x41\n']"#, ["it's", "say \"so\"", "éé\u{41}\n"]),
      (#"{'a': [1], "b": {}}"#, ["a": [1], "b": [:]]), ("'a' 'b'", "ab"), (#"r'\d'"#, #"\d"#), ("1_000", 1000),
      ("0x1F", 31), ("1e3", 1000.0), (".5", 0.5), ("1, 2", [1, 2]), ("[\n 1,\n 2 ]", [1, 2]), ("'''a\nb'''", "a\nb"),
    ] as [(String, JSONValue)])
  func literals(text: String, value: JSONValue) {
    #expect(PythonLiteral.value(of: text) == value)
  }

  @Test(
    "What is no literal of Python is none",
    arguments: ["", "[1", "a", "[a]", "'a", "012", "1 + 1", "f'x'", "[1] x", "{1}", "1__0", "'a\nb'", "True1"])
  func noLiterals(text: String) {
    #expect(PythonLiteral.value(of: text) == nil)
  }
}
