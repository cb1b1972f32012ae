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

/// ARC with the prompt of Llama 3: questions of four choices, under the letters from A.
enum ARCHooks {
  private static let letters = ["A", "B", "C", "D"]

  static let rows: NativeHooks.Rows = { (rows) throws(BenchmarkError) in
    var made: [JSONObject] = []
    for row in rows {
      let reader = DocumentReader(row)
      var choices = try reader.object("choices").document
      let key = try reader.text("answerKey")
      guard choices["label"]?.arrayValue?.count == letters.count else { continue }
      // Some of the questions are numbered from 1.
      let answer = letters.contains(key) ? key : Int(key).flatMap { PythonValue.item(letters, $0 - 1) }
      guard let answer else { throw reader.missing("answerKey", "a letter or a number of a choice") }
      choices["label"] = .array(letters.map { .string($0) })
      var row = row
      row["choices"] = .object(choices)
      row["answerKey"] = .string(answer)
      made.append(row)
    }
    return made
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
