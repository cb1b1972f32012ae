import Evaluation
import Glibc
import Patterns
import Support

/// e to the power of a number.
func exponential(_ value: Double) -> Double { exp(value) }

/// HellaSwag: text without the marks that the data have of WikiHow's pages.
enum HellaswagHooks {
  static let rows: NativeHooks.Rows = { (rows) throws(BenchmarkError) in
    let brackets = try Pattern(#"\[.*?\]"#)
    var made: [JSONObject] = []
    for row in rows {
      let reader = DocumentReader(row)
      let context = try reader.text("ctx_a") + " " + capitalized(try reader.text("ctx_b"))
      var row = row
      row["query"] = .string(try cleaned(try reader.text("activity_label") + ": " + context, brackets))
      var choices: [JSONValue] = []
      for ending in try reader.texts("endings") { choices.append(.string(try cleaned(ending, brackets))) }
      row["choices"] = .array(choices)
      guard let gold = row["label"].flatMap({ $0.integerValue ?? $0.stringValue.flatMap { Int($0) } }) else {
        throw reader.missing("label", "a whole number")
      }
      row["gold"] = JSONValue(gold)
      made.append(row)
    }
    return made
  }

  /// ARC in the translations of Okapi.
  static let arcRows: NativeHooks.Rows = { (rows) throws(BenchmarkError) in
    let brackets = try Pattern(#"\[.*?\]"#)
    var made: [JSONObject] = []
    for row in rows {
      let reader = DocumentReader(row)
      var row = row
      row["query"] = .string("Question: " + (try cleaned(try reader.text("instruction"), brackets)) + "\nAnswer:")
      var choices: [JSONValue] = []
      for letter in ["a", "b", "c", "d", "e"] {
        guard let option = row["option_\(letter)"]?.stringValue, !option.isEmpty else { continue }
        choices.append(.string(try cleaned(option, brackets)))
      }
      row["choices"] = .array(choices)
      guard let gold = ["A", "B", "C", "D", "E"].firstIndex(of: try reader.text("answer")) else {
        throw reader.missing("answer", "a letter from A to E")
      }
      row["gold"] = JSONValue(gold)
      made.append(row)
    }
    return made
  }

  private static func cleaned(_ text: String, _ brackets: Pattern) throws(BenchmarkError) -> String {
    let text = PythonValue.replaced(PythonText.stripped(text), " [title]", ". ")
    return PythonValue.replaced(try brackets.replaced(in: text, with: ""), "  ", " ")
  }

  /// Python's `str.capitalize`.
  private static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return "" }
    return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
  }
}

/// WikiText: pages as they were before they were cut into tokens.
enum WikitextHooks {
  static let text: NativeHooks.Value = { (document) throws(BenchmarkError) in
    var text = PythonValue.replaced(try DocumentReader(document).text("page"), "s '", "s'")
    text = try Pattern("/' [0-9]/").replaced(in: text, with: "/'[0-9]/")
    for (old, new) in [
      (" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", "."), (" : ", ": "), (" ; ", "; "), (" . ", ". "), (" ! ", "! "),
      (" ? ", "? "), (" , ", ", "),
    ] { text = PythonValue.replaced(text, old, new) }
    for (pattern, open, close) in [
      (#"\(\s*([^\)]*?)\s*\)"#, "(", ")"), (#"\[\s*([^\]]*?)\s*\]"#, "[", "]"), (#"{\s*([^}]*?)\s*}"#, "{", "}"),
      (#"\"\s*([^\"]*?)\s*\""#, "\"", "\""), (#"'\s*([^']*?)\s*'"#, "'", "'"),
    ] {
      text = try Pattern(pattern).replaced(in: text) { open + ($0.groups[1] ?? "") + close }
    }
    for (old, new) in [
      ("= = = =", "===="), ("= = =", "==="), ("= =", "=="), (" \u{B0} ", "\u{B0}"), (" \n", "\n"), ("\n ", "\n"),
      (" N ", " 1 "), (" 's", "'s"),
    ] { text = PythonValue.replaced(text, old, new) }
    return .string(text)
  }

  /// Words and bytes are those of the page as the data have it.
  static let results: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let page = try DocumentReader(document).text("page")
    let value = results.logLikelihoods.first?.value ?? .nan
    let words = try RollingCounts.words(page)
    let bytes = Double(page.utf8.count)
    return [
      "word_perplexity": .sums([value, words]), "byte_perplexity": .sums([value, bytes]),
      "bits_per_byte": .sums([value, bytes]),
    ]
  }
}

/// What perplexities of whole texts are divided by.
enum RollingCounts {
  /// The parts between white space, empty ones at the ends too: `len(re.split(r"\s+", text))`.
  static func words(_ text: String) throws(BenchmarkError) -> Double {
    var count = 1
    var isInSpace = false
    for scalar in text.unicodeScalars {
      let isSpace = PythonText.isSpace(scalar)
      if isSpace, !isInSpace { count += 1 }
      isInSpace = isSpace
    }
    return Double(count)
  }
}

/// MATH: the text in the solution's last box, compared after the normalisations of its authors.
enum MathHooks {
  static let rows: NativeHooks.Rows = { (rows) throws(BenchmarkError) in
    var made: [JSONObject] = []
    for row in rows {
      var row = row
      row["answer"] = .string(try boxedAnswer(row))
      made.append(row)
    }
    return made
  }

  static let results: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let parts = PythonValue.split(results.text, "$")
    let answer = parts.count <= 2 ? results.text : parts[1..<(parts.count - 1)].joined(separator: "$")
    return ["exact_match": .number(MathAnswer.areEqual(answer, try boxedAnswer(document)) ? 1 : 0)]
  }

  private static func boxedAnswer(_ document: JSONObject) throws(BenchmarkError) -> String {
    let reader = DocumentReader(document)
    guard let boxed = MathAnswer.lastBoxed(try reader.text("solution"), takesSpace: true),
      let answer = MathAnswer.unboxed(boxed, takesSpace: true)
    else { throw reader.missing("solution", "a solution with its answer in \\boxed") }
    return answer
  }
}

/// DROP: answers as bags of words.
enum DropHooks {
  static let rows: NativeHooks.Rows = { (rows) throws(BenchmarkError) in
    var made: [JSONObject] = []
    for row in rows {
      let reader = DocumentReader(row)
      var candidates = [try reader.object("answer")]
      let validated = try reader.object("validated_answers").document
      let numbers = validated["number"]?.arrayValue ?? []
      for index in numbers.indices {
        var candidate = JSONObject()
        for key in ["number", "date", "spans"] {
          candidate[key] = validated[key]?.arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        }
        candidates.append(DocumentReader(candidate))
      }
      var answers: [JSONValue] = []
      for candidate in candidates {
        let answer = JSONValue.array(try parsed(candidate).map { .string($0) })
        if !answers.contains(answer) { answers.append(answer) }
      }
      var row = row
      row["id"] = row["query_id"]
      row["answers"] = .array(answers)
      made.append(row)
    }
    return made
  }

  private static func parsed(_ answer: DocumentReader) throws(BenchmarkError) -> [String] {
    let number = answer.document["number"] ?? ""
    if number != "" { return [PythonValue.text(number)] }
    let spans = try answer.texts("spans")
    if !spans.isEmpty { return spans }
    let date = try answer.object("date")
    let parts = [try date.text("day"), try date.text("month"), try date.text("year")]
    return [PythonText.stripped(parts.joined(separator: " "))]
  }

  static let results: NativeHooks.Results = { (document, results) throws(BenchmarkError) in
    let predicted = try normalized(results.text)
    let bag = Set(PythonValue.words(predicted))
    var (bestMatch, bestF1) = (0.0, 0.0)
    for gold in document["answers"]?.arrayValue ?? [] {
      let spans = (gold.arrayValue ?? []).map(PythonValue.text)
      guard let first = spans.first, !PythonText.stripped(first).isEmpty else { continue }
      var texts: [String] = []
      for span in spans { texts.append(try normalized(span)) }
      if texts == [predicted] { bestMatch = 1 }
      // One response can be matched with one span alone: the best.
      let scores = texts.map { text -> Double in
        let gold = Set(PythonValue.words(text))
        return sharesNumbers(gold, bag) ? f1(bag, gold) : 0
      }
      let mean = (scores.max() ?? 0) / Double(scores.count)
      bestF1 = max(bestF1, (mean * 100).rounded(.toNearestOrEven) / 100)
    }
    return ["em": .number(bestMatch), "f1": .number(bestF1)]
  }

  private static func f1(_ predicted: Set<String>, _ gold: Set<String>) -> Double {
    let shared = Double(gold.intersection(predicted).count)
    let precision = predicted.isEmpty ? 1 : shared / Double(predicted.count)
    let recall = gold.isEmpty ? 1 : shared / Double(gold.count)
    return precision == 0 && recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }

  private static func sharesNumbers(_ gold: Set<String>, _ predicted: Set<String>) -> Bool {
    let numbers = gold.filter { number($0) != nil }
    return numbers.isEmpty || !numbers.isDisjoint(with: predicted.filter { number($0) != nil })
  }

  private static func number(_ text: String) -> Double? {
    let text = PythonText.stripped(text).lowercased()
    let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
    if ["inf", "infinity"].contains(unsigned) { return text.hasPrefix("-") ? -.infinity : .infinity }
    if unsigned == "nan" { return .nan }
    guard let first = unsigned.utf8.first, ".0123456789".utf8.contains(first), !unsigned.contains("x") else {
      return nil
    }
    let padded = unsigned.hasPrefix(".") ? "0" + unsigned : unsigned
    return Double(padded.hasSuffix(".") ? padded + "0" : padded).map { text.hasPrefix("-") ? -$0 : $0 }
  }

  private static func normalized(_ answer: String) throws(BenchmarkError) -> String {
    let articles = try Pattern(#"\b(a|an|the)\b"#)
    var tokens: [String] = []
    for token in answer.unicodeScalars.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "-" })
    {
      var text = String(token).lowercased()
      if number(text) == nil {
        text = String(String.UnicodeScalarView(text.unicodeScalars.filter { !PythonPunctuation.contains($0) }))
      }
      if let number = number(text) { text = PythonValue.text(.number(number)) }
      text = PythonValue.words(try articles.replaced(in: text, with: " ")).joined(separator: " ")
      if !text.isEmpty { tokens.append(text) }
    }
    return PythonText.stripped(tokens.joined(separator: " "))
  }
}
