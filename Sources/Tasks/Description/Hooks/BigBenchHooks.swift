import Patterns
import Support

/// Filters of the harness's BIG-Bench Hard without examples.
enum BigBenchHooks {
  /// The value of the expression that matches (`MapRegexFilter`).
  static let mapped: NativeHooks.Filter = { (object, place) throws(BenchmarkError) in
    let values = object["regex_pattern_to_value"]?.objectValue ?? [:]
    let extraction = try Extraction(
      object, at: place, known: Ignored.keys + ["regex_pattern_to_value"],
      pattern: values.keys.joined(separator: "|"))
    let ignored = try Ignored(object, at: place)
    var patterns: [(Pattern, JSONValue)] = []
    for (source, value) in values.members {
      do throws(BenchmarkError) { patterns.append((try Pattern(source), value)) } catch {
        throw place["regex_pattern_to_value"][source].error(error.message)
      }
    }
    let compiled = patterns
    return .each { (value, _) throws(BenchmarkError) in
      guard let found = try extraction.first(in: try ignored.removed(from: value.stringValue ?? "")), !found.isEmpty
      else {
        return .string(extraction.fallback)
      }
      for (pattern, value) in compiled {
        let match = try Extraction.first(pattern, extraction.selected, in: try ignored.removed(from: found))
        if match?.isEmpty == false { return PythonValue.isTrue(value) ? value : .string(extraction.fallback) }
      }
      return .string(extraction.fallback)
    }
  }

  /// A number in digits, else in words (`NumberParseRegexFilter`).
  static let numbers: NativeHooks.Filter = { (object, place) throws(BenchmarkError) in
    let extraction = try Extraction(object, at: place, known: Ignored.keys)
    let words = try Pattern(NumberWords.pattern)
    return .each { (value, _) throws(BenchmarkError) in
      let text = value.stringValue ?? ""
      if let found = try extraction.first(in: text), !found.isEmpty { return .string(found) }
      if let found = try Extraction.first(words, extraction.selected, in: text.lowercased()), !found.isEmpty,
        let number = NumberWords.value(of: found)
      {
        return .string("\(number)")
      }
      return .string(extraction.fallback)
    }
  }

  /// The words of the list that a response ends with, each at its last place (`WordSortFilter`).
  static let sortedWords: NativeHooks.Filter = { (object, place) throws(BenchmarkError) in
    _ = try ObjectDecoder(.object(object), place, known: ["function"])
    return .each { (value, document) throws(BenchmarkError) in
      let parts = PythonValue.split(try DocumentReader(document).text("input"), "List:")
      guard parts.count > 1 else { throw DocumentReader(document).missing("input", "a text with \"List:\"") }
      let pattern = try Pattern(PythonValue.words(parts[1]).map { "\\b\($0)\\b" }.joined(separator: "|"))
      var words: [String] = []
      for match in try pattern.matches(in: value.stringValue ?? "").reversed() {
        let word = (match.groups[0] ?? "")
        if !words.contains(word) { words.append(word) }
      }
      return .string(words.reversed().joined(separator: " "))
    }
  }

  /// A choice that the question lists as (A), (B), ... (`MultiChoiceRegexFilter`).
  static let choice: NativeHooks.Filter = { (object, place) throws(BenchmarkError) in
    let extraction = try ChoiceExtraction(object, at: place)
    let listed = try Pattern(#"\([A-Z]\)([^\n^(]*)"#)
    return .each { (value, document) throws(BenchmarkError) in
      let matches = try listed.matches(in: try DocumentReader(document).text("input"))
      let choices = matches.map { PythonText.stripped(($0.groups.last ?? nil) ?? "") }
      return .string(try extraction.answer(in: value.stringValue ?? "", choices: choices))
    }
  }
}

/// English numbers in words.
enum NumberWords {
  private static let word =
    "zero|one|two|three|four|five|(?:twen|thir|for|fif|six|seven|nine)(?:teen|ty)|eight(?:|een|y)|ten|eleven|twelve|"
    + "fourteen|hundred|thousand|(?:m|b|tr)illion"
  private static let loose =
    "zero|one|two|three|four|five|(?:twen|thir|for|fif|six|seven|nine)(?:|teen|ty)|eight(?:een|y)|ten|eleven|twelve|"
    + "fourteen|hundred|thousand|(?:m|b|tr)illion"
  private static let last =
    "zero|one|two|three|four|five|(?:twen|thir|for|fif|six|seven|nine)(?:teen|ty)|eight(?:een|y)|ten|eleven|twelve|"
    + "fourteen|hundred|thousand|(?:m|b|tr)illion"
  /// One word of a number, or several with spaces, commas and "and" between them.
  static let pattern = "((?:(?:\(word))(?:\(loose)|[^\\S\\r\\n]|,|and|&)+)?(?:\(last)))"

  private static let small: [String: Int] = [
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
  ]
  private static let large = ["hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000]

  /// The number that words say; nil if they say none, or one that nobody means. What stands with a comma is left out, as word2number does.
  static func value(of text: String) -> Int? {
    let words = PythonValue.words(text.replacing("-", with: " ")).filter { small[$0] != nil || large[$0] != nil }
    if words.isEmpty { return nil }
    for word in ["thousand", "million", "billion"] where words.count(where: { $0 == word }) > 1 { return nil }
    var (total, part) = (0, 0)
    for word in words {
      // A model that loops writes "hundred" without end.
      if part > 1 << 30 { return nil }
      if let value = small[word] {
        part += value
      } else if word == "hundred" {
        part = max(part, 1) * 100
      } else if let value = large[word] {
        total += max(part, 1) * value
        part = 0
      }
    }
    return total + part
  }
}
