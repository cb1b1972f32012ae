import Patterns
import Support

/// What the filters of a pipeline make of the responses to a document: a list, or one of them.
enum FilteredResponses: Sendable {
  case many([JSONValue])
  case one(JSONValue)

  /// What a filter of single responses goes over; of a text its characters, as Python does.
  var items: [JSONValue] {
    switch self {
    case .many(let values): values
    case .one(.string(let text)): text.unicodeScalars.map { .string(String($0)) }
    case .one(.array(let values)): values
    case .one: []
    }
  }
}

/// A pipeline of filters under its name (`filter_list`): what is read as the answer before it is scored.
struct FilterPipeline: Sendable {
  let name: String
  let filters: [AnswerFilter]

  /// What the harness does where a task has no filters.
  static let none = FilterPipeline(name: "none", filters: [.takeFirst])

  /// Whether a filter chooses among several responses beyond taking the first.
  var isVoting: Bool {
    filters.contains { filter in
      switch filter {
      case .majorityVote, .takeFirstOf, .all: true
      case .takeFirst, .each: false
      }
    }
  }

  func apply(_ responses: [String], _ document: JSONObject) throws(BenchmarkError) -> FilteredResponses {
    var result = FilteredResponses.many(responses.map { .string($0) })
    for filter in filters { result = try filter.apply(result, document) }
    return result
  }
}

/// A filter of responses; the rules are those of lm_eval/filters (0.4.13).
indirect enum AnswerFilter: Sendable {
  case takeFirst
  case takeFirstOf(Int)
  case majorityVote
  case each(@Sendable (JSONValue, JSONObject) throws(BenchmarkError) -> JSONValue)
  case all(@Sendable (FilteredResponses, JSONObject) throws(BenchmarkError) -> FilteredResponses)

  func apply(_ responses: FilteredResponses, _ document: JSONObject) throws(BenchmarkError) -> FilteredResponses {
    let items = responses.items
    switch self {
    case .takeFirst:
      guard let first = items.first else { return responses }
      return .one(first)
    case .takeFirstOf(let count):
      if items.count < count {
        throw BenchmarkError(
          .invalidArgument,
          "take_first_k: \(count) responses are needed, and there are \(items.count); give \"repeats\"")
      }
      return .many(Array(items.prefix(count)))
    case .majorityVote:
      var counts: [(value: JSONValue, count: Int)] = []
      for item in items {
        if let index = counts.firstIndex(where: { $0.value == item }) {
          counts[index].count += 1
        } else {
          counts.append((item, 1))
        }
      }
      // The first of equals, as Counter.most_common gives it.
      guard let most = counts.map(\.count).max(), let winner = counts.first(where: { $0.count == most }) else {
        return responses
      }
      return .many([winner.value])
    case .each(let change):
      var changed: [JSONValue] = []
      for item in items { changed.append(try change(item, document)) }
      return .many(changed)
    case .all(let change): return try change(responses, document)
    }
  }
}

extension AnswerFilter {
  static let names = [
    "regex", "take_first", "take_first_k", "majority_vote", "remove_whitespace", "lowercase", "uppercase", "map",
    "multi_choice_regex", "custom",
  ]

  /// Reads a filter of a pipeline.
  ///
  /// Errors: an unknown filter or argument; a regular expression that Python would refuse.
  init(_ value: JSONValue, folder: String?, at place: DocumentPlace, python: TaskPython? = nil) throws(BenchmarkError) {
    guard let object = value.objectValue, let function = object["function"] else {
      throw place.error("a filter needs its \"function\", such as regex")
    }
    if let name = TaskFile.function(function) {
      self = try NativeHooks.filter(
        PythonHook(name, folder: folder, at: place["function"], python: python), arguments: object, at: place)
      return
    }
    guard let name = function.stringValue, Self.names.contains(name) else {
      throw place["function"].error(
        "unknown filter \(function.text())\(NearestName.hint(function.stringValue ?? "", among: Self.names))")
    }
    switch name {
    case "regex":
      let extraction = try Extraction(object, at: place, known: [])
      self = .each { (value, _) throws(BenchmarkError) in
        .string(try extraction.first(in: value.stringValue ?? "") ?? extraction.fallback)
      }
    case "take_first":
      _ = try ObjectDecoder(value, place, known: ["function"])
      self = .takeFirst
    case "take_first_k":
      let decoder = try ObjectDecoder(value, place, known: ["function", "k"])
      guard let count = decoder["k"]?.integerValue, count > 0 else {
        throw place["k"].error("a whole number from 1 was expected")
      }
      self = .takeFirstOf(count)
    case "majority_vote": self = .majorityVote
    case "remove_whitespace": self = Self.ofTexts(PythonText.stripped)
    case "lowercase": self = Self.ofTexts { $0.lowercased() }
    case "uppercase": self = Self.ofTexts { $0.uppercased() }
    case "map":
      let decoder = try ObjectDecoder(value, place, known: ["function", "mapping_dict", "default_value"])
      let mapping = decoder["mapping_dict"]?.objectValue ?? [:]
      let fallback = object["default_value"] ?? .null
      self = .each { (value, _) in value.stringValue.flatMap { mapping[$0] } ?? fallback }
    case "multi_choice_regex":
      let choice = try ChoiceExtraction(object, at: place)
      self = .each { (value, document) throws(BenchmarkError) in
        .string(try choice.answer(in: value.stringValue ?? "", choices: ChoiceExtraction.listed(document)))
      }
    default:
      guard let name = object["filter_fn"].flatMap(TaskFile.function) else {
        throw place.error("the filter \"custom\" needs \"filter_fn: !function module.name\"")
      }
      self = try NativeHooks.filter(
        PythonHook(name, folder: folder, at: place["filter_fn"], python: python), arguments: object, at: place)
    }
  }

  static func ofTexts(_ change: @escaping @Sendable (String) -> String) -> AnswerFilter {
    .each { (value, _) in value.stringValue.map { .string(change($0)) } ?? value }
  }
}

/// What a regular expression finds, as the filter `regex` takes it.
struct Extraction: Sendable {
  let pattern: Pattern
  let selected: Int
  let fallback: String

  /// What the harness writes where nothing is found, unless a file says something else.
  static let nothing = "[invalid]"
  static let standardPattern = #"#### (\-?[0-9\.\,]+)"#
  static let keys = ["function", "regex_pattern", "group_select", "fallback"]

  init(_ object: JSONObject, at place: DocumentPlace, known: [String], pattern given: String? = nil)
    throws(BenchmarkError)
  {
    let decoder = try ObjectDecoder(.object(object), place, known: Self.keys + known)
    let written = try decoder.text("regex_pattern", mayBeEmpty: true)
    let source = given ?? written ?? Self.standardPattern
    do throws(BenchmarkError) { pattern = try Pattern(source) } catch {
      throw place["regex_pattern"].error(error.message)
    }
    if let value = decoder["group_select"], value.integerValue == nil {
      throw place["group_select"].error("a whole number was expected, not \(value.text())")
    }
    selected = decoder["group_select"]?.integerValue ?? 0
    fallback = try decoder.text("fallback", mayBeEmpty: true) ?? Self.nothing
  }

  /// What is found in a text, without white space at its ends; nil if nothing is.
  func first(in text: String) throws(BenchmarkError) -> String? { try Self.first(pattern, selected, in: text) }

  /// Of `findall` the one at a position, of its groups the first that is not empty, stripped; nil if there is none.
  static func first(_ pattern: Pattern, _ selected: Int, in text: String) throws(BenchmarkError) -> String? {
    let matches = selected == 0 ? try pattern.firstMatch(in: text).map { [$0] } ?? [] : try pattern.matches(in: text)
    guard let match = PythonValue.item(matches, selected) else { return nil }
    switch match.groups.count {
    case 1, 2: return PythonText.stripped((match.groups.last ?? nil) ?? "")
    default: return match.groups.dropFirst().compactMap(\.self).first { !$0.isEmpty }.map(PythonText.stripped)
    }
  }
}

/// The answer of a question with choices: by a regular expression, else by a choice's text, else by its letter behind a colon.
///
/// It is the filter `multi_choice_regex`, and that of the same kind in the harness's BIG-Bench Hard.
struct ChoiceExtraction: Sendable {
  let extraction: Extraction
  let ignored: Ignored

  init(_ object: JSONObject, at place: DocumentPlace) throws(BenchmarkError) {
    extraction = try Extraction(object, at: place, known: Ignored.keys)
    ignored = try Ignored(object, at: place)
  }

  /// The choices that a document lists.
  static func listed(_ document: JSONObject) throws(BenchmarkError) -> [String] {
    guard let choices = document["choices"]?.arrayValue else {
      throw BenchmarkError(.invalidFile, "multi_choice_regex: the document has no list \"choices\"")
    }
    return choices.map { PythonText.stripped(PythonValue.text($0)) }
  }

  func answer(in text: String, choices: [String]) throws(BenchmarkError) -> String {
    if let found = try extraction.first(in: text), !found.isEmpty { return found }
    var letters: [String: String] = [:]
    var texts: [String] = []
    var alternatives: [String] = []
    for (index, choice) in choices.enumerated() {
      guard let letter = Unicode.Scalar(UInt32(65 + index)) else { break }
      let shown = try ignored.removed(from: choice)
      letters[shown] = "(\(letter))"
      texts.append(Self.escaped(shown))
      alternatives.append(String(letter))
    }
    // The longest first, and of equal ones the first, so that no choice hides a longer one that begins with it.
    let sorted = texts.enumerated().sorted {
      let (first, second) = ($0.element.unicodeScalars.count, $1.element.unicodeScalars.count)
      return first == second ? $0.offset < $1.offset : first > second
    }
    let byText = try Pattern(sorted.map(\.element).joined(separator: "|"))
    if let found = try Extraction.first(byText, extraction.selected, in: try ignored.removed(from: text)),
      !found.isEmpty
    {
      return letters[found] ?? found
    }
    let byLetter = try Pattern(":[\\s]*(" + alternatives.joined(separator: "|") + ")")
    if let found = try Extraction.first(byLetter, extraction.selected, in: text), !found.isEmpty {
      return alternatives.contains(found) ? "(\(found))" : found
    }
    return extraction.fallback
  }

  /// Python's `re.escape`.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".unicodeScalars.contains(scalar) { result.append("\\") }
      result.append(scalar)
    }
    return String(result)
  }
}

/// What is left out of texts before they are compared: matches of expressions, case, punctuation, digits.
struct Ignored: Sendable {
  static let keys = ["regexes_to_ignore", "ignore_case", "ignore_punctuation"]

  private let patterns: [Pattern]
  private let ignoresCase: Bool
  private let ignoresPunctuation: Bool
  private let ignoresNumbers: Bool
  /// Whether punctuation is that of ASCII (Python's `string.punctuation`), else that of Unicode.
  private let isASCII: Bool

  /// Leaves out nothing.
  init() {
    patterns = []
    ignoresCase = false
    ignoresPunctuation = false
    ignoresNumbers = false
    isASCII = true
  }

  init(_ object: JSONObject, at place: DocumentPlace, isASCII: Bool = false) throws(BenchmarkError) {
    let decoder = try ObjectDecoder(.object(object), place, known: object.keys)
    var patterns: [Pattern] = []
    for (position, source) in try TaskFile.texts(object["regexes_to_ignore"], place["regexes_to_ignore"]).enumerated() {
      do throws(BenchmarkError) { patterns.append(try Pattern(source)) } catch {
        throw place["regexes_to_ignore"][position].error(error.message)
      }
    }
    self.patterns = patterns
    ignoresCase = try decoder.flag("ignore_case") ?? false
    ignoresPunctuation = try decoder.flag("ignore_punctuation") ?? false
    ignoresNumbers = isASCII ? try decoder.flag("ignore_numbers") ?? false : false
    self.isASCII = isASCII
  }

  /// Errors: an expression that takes too long.
  func removed(from text: String) throws(BenchmarkError) -> String {
    var text = text
    for pattern in patterns { text = try pattern.replaced(in: text, with: "") }
    if ignoresCase { text = text.lowercased() }
    if ignoresPunctuation {
      text = String(String.UnicodeScalarView(text.unicodeScalars.filter { !isPunctuation($0) }))
    }
    if ignoresNumbers {
      text = String(String.UnicodeScalarView(text.unicodeScalars.filter { !("0"..."9").contains($0) }))
    }
    return text
  }

  private func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if isASCII { return PythonPunctuation.contains(scalar) }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }
}

/// Python's `string.punctuation`.
enum PythonPunctuation {
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }
}

extension Pattern {
  /// The text with another in place of every match, as Python's `re.sub` of a plain text.
  func replaced(in text: String, with replacement: String) throws(BenchmarkError) -> String {
    try replaced(in: text) { _ in replacement }
  }

  /// The text with what a function makes of it in place of every match.
  func replaced(in text: String, with replacement: (Match) -> String) throws(BenchmarkError) -> String {
    let matches = try matches(in: text)
    if matches.isEmpty { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var start = 0
    for match in matches {
      result += bytes[start..<match.range.lowerBound]
      result += Array(replacement(match).utf8)
      start = match.range.upperBound
    }
    result += bytes[start...]
    return String(decoding: result, as: UTF8.self)
  }
}
