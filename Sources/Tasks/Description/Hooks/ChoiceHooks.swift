import Evaluation
import Support

/// WinoGrande: the sentence up to its gap with each option, and what follows the gap.
enum WinograndeHooks {
  /// The position of the right option.
  static let text: NativeHooks.Value = { (document) throws(BenchmarkError) in
    switch try DocumentReader(document).text("answer") {
    case "1": return 0
    case "2": return 1
    case let other: throw BenchmarkError(.invalidFile, "winogrande: the answer must be 1 or 2, not \"\(other)\"")
    }
  }

  static let target: NativeHooks.Value = { (document) throws(BenchmarkError) in
    .string(PythonText.stripped(try parts(document).after))
  }

  static let choices: NativeHooks.Value = { (document) throws(BenchmarkError) in
    let reader = DocumentReader(document)
    let before = try parts(document).before
    return .array([.string(before + (try reader.text("option1"))), .string(before + (try reader.text("option2")))])
  }

  private static func parts(_ document: JSONObject) throws(BenchmarkError) -> (before: String, after: String) {
    let sentence = try DocumentReader(document).text("sentence")
    guard let gap = sentence.unicodeScalars.firstIndex(of: "_") else {
      throw BenchmarkError(.invalidFile, "winogrande: no _ in \"\(sentence)\"")
    }
    return (String(sentence[..<gap]), String(sentence[sentence.unicodeScalars.index(after: gap)...]))
  }
}

/// RACE: an article, its questions but the last with their answers, and the last.
enum RaceHooks {
  private static let letters = ["A", "B", "C", "D"]

  static let text: NativeHooks.Value = { (document) throws(BenchmarkError) in
    let problems = try problems(document)
    var text = "Article: " + (try DocumentReader(document).text("article")) + "\n\n"
    for problem in problems.dropLast() {
      let question = try problem.text("question")
      let answer = try problem.texts("options")[try answer(problem)]
      if question.hasSuffix("  _  .") {
        text += question.dropLast(5) + answer + "\n"
      } else {
        text += "Question: \(question)\nAnswer: \(answer)\n"
      }
    }
    return .string(text + (try problems[problems.count - 1].text("question")))
  }

  static let target: NativeHooks.Value = { (document) throws(BenchmarkError) in
    let problems = try problems(document)
    return JSONValue(try answer(problems[problems.count - 1]))
  }

  static let choices: NativeHooks.Value = { (document) throws(BenchmarkError) in
    let problems = try problems(document)
    return .array(try problems[problems.count - 1].texts("options").prefix(4).map { .string($0) })
  }

  private static func problems(_ document: JSONObject) throws(BenchmarkError) -> [DocumentReader] {
    let reader = DocumentReader(document)
    let items = PythonLiteral.value(of: try reader.text("problems"))?.arrayValue ?? []
    let problems = items.compactMap { $0.objectValue.map(DocumentReader.init) }
    if problems.isEmpty || problems.count != items.count { throw reader.missing("problems", "a list of Python") }
    return problems
  }

  private static func answer(_ problem: DocumentReader) throws(BenchmarkError) -> Int {
    guard let answer = letters.firstIndex(of: try problem.text("answer")), try problem.texts("options").count > answer
    else { throw problem.missing("answer", "the letter of an option") }
    return answer
  }
}

/// COPA: a premise with "because" or "therefore", and two sentences that may follow.
enum CopaHooks {
  static let text: NativeHooks.Value = { (document) throws(BenchmarkError) in
    let reader = DocumentReader(document)
    guard let connector = ["cause": "because", "effect": "therefore"][try reader.text("question")] else {
      throw reader.missing("question", "cause or effect")
    }
    let premise = PythonText.stripped(try reader.text("premise")).unicodeScalars.dropLast()
    return .string(String(premise) + " " + connector)
  }

  static let target: NativeHooks.Value = { (document) throws(BenchmarkError) in
    .string(try choice(document, document["label"]?.integerValue == 0 ? "choice1" : "choice2"))
  }

  static let choices: NativeHooks.Value = { (document) throws(BenchmarkError) in
    .array([.string(try choice(document, "choice1")), .string(try choice(document, "choice2"))])
  }

  private static func choice(_ document: JSONObject, _ key: String) throws(BenchmarkError) -> String {
    let reader = DocumentReader(document)
    let text = try reader.text(key)
    guard let first = text.unicodeScalars.first else { throw reader.missing(key, "not empty") }
    return " " + first.properties.lowercaseMapping + String(text.unicodeScalars.dropFirst())
  }
}

/// MMLU-Pro: questions of up to ten options, answered after a chain of thought.
enum MMLUProHooks {
  private static let letters = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"]

  static let text: NativeHooks.Value = { (document) throws(BenchmarkError) in
    let reader = DocumentReader(document)
    var text = "Question:\n" + (try reader.text("question")) + "\nOptions:\n"
    for (letter, option) in zip(letters, try reader.texts("options")) {
      text += "\(letter). \(PythonText.stripped(option))\n"
    }
    return .string(text + "Answer: Let's think step by step.")
  }

  static let exampleTarget: NativeHooks.Value = { (document) throws(BenchmarkError) in
    .string(
      PythonValue.replaced(try DocumentReader(document).text("cot_content"), "A: Let's think step by step. ", ""))
  }
}

/// TruthfulQA with several true answers: the share of probability that they have.
enum TruthfulQAHooks {
  static let shareOfTrue: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let labels = try DocumentReader(document).object("mc2_targets").document["labels"]?.arrayValue ?? []
    let sums = results.logLikelihoods.map(\.value)
    if labels.count != sums.count {
      throw BenchmarkError(.invalidFile, "truthfulqa: \(labels.count) labels and \(sums.count) choices")
    }
    let probabilities = sums.map { exponential($0) }
    let total = probabilities.reduce(0, +)
    let ofTrue = zip(labels, probabilities).reduce(0) { $1.0.integerValue == 1 ? $0 + $1.1 / total : $0 }
    return ["acc": .number(ofTrue)]
  }
}

/// AGIEval: questions with one or several right choices, and mathematics in words.
enum AGIEvalHooks {
  static let choiceResults: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let reader = DocumentReader(document)
    let gold = (document["gold"]?.arrayValue ?? []).compactMap(\.integerValue)
    let choices = try reader.texts("choices")
    let sums = results.logLikelihoods.map(\.value)
    if choices.count != sums.count || sums.isEmpty { throw reader.missing("choices", "as long as the answers") }
    let lengths = choices.map { Double($0.unicodeScalars.count) }
    let normed = zip(sums, lengths).map(/)
    func isRight(_ values: [Double]) -> Double { gold.contains(ChoiceScores.first(of: values)) ? 1 : 0 }
    return ["acc": .number(isRight(sums)), "acc_norm": .number(isRight(normed))]
  }

  static let mathResults: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let isRight = MathAnswer.areEqualWords(results.text, document["answer"]?.stringValue)
    return ["acc": .number(isRight ? 1 : 0)]
  }
}
