import Support

/// An option of a task.
package typealias TaskOption = OptionSpecification

/// Reads the options of one specification, each under its name or an alias, with errors that name the task and the key.
struct TaskOptions {
  private let object: JSONObject
  private let place: String
  private let options: [TaskOption]

  /// Refuses unknown keys, and an option given under two names.
  init(_ object: JSONObject, of place: String, options: [TaskOption]) throws(BenchmarkError) {
    self.object = object
    self.place = place
    self.options = options
    let options = options + [NamedTask.option]
    let known = ["type"] + options.flatMap(\.names)
    try NearestName.checkKeys(of: object, known: known, in: place)
    for option in options {
      let given = option.names.filter { object[$0] != nil }
      if given.count > 1 {
        throw BenchmarkError(
          .invalidArgument, "\(place): \"\(given[0])\" and \"\(given[1])\" are the same option; give one of them",
          key: given[1])
      }
    }
  }

  /// The value given, with the name it was given under, or the default; null counts as not given.
  private func value(_ name: String) -> (key: String, value: JSONValue) {
    guard let option = options.first(where: { $0.name == name }) else { return (name, .null) }
    for key in option.names {
      if let value = object[key], !value.isNull { return (key, value) }
    }
    return (name, option.defaultValue)
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws(BenchmarkError) -> Int {
    let (key, value) = value(name)
    guard let number = value.integerValue, range.contains(number) else {
      let limits =
        range.upperBound == Int.max
        ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
      throw failure(key, value, "a whole number \(limits)")
    }
    return number
  }

  func number(_ name: String, in range: ClosedRange<Double>) throws(BenchmarkError) -> Double {
    let (key, value) = value(name)
    guard let number = value.doubleValue, range.contains(number) else {
      throw failure(key, value, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Options that do not go together.
  func contradiction(_ names: String, _ words: String, key: String? = nil) -> BenchmarkError {
    BenchmarkError(.invalidArgument, "\(place): \(names) \(words)", key: key.map { value($0).key })
  }

  /// A list of whole numbers, with at least one, none of them twice.
  func integers(_ name: String, in range: ClosedRange<Int>) throws(BenchmarkError) -> [Int] {
    let (key, value) = value(name)
    let numbers = value.arrayValue?.compactMap(\.integerValue) ?? []
    if numbers.isEmpty || numbers.count != value.arrayValue?.count || !numbers.allSatisfy(range.contains)
      || Set(numbers).count != numbers.count
    {
      throw failure(
        key, value, "a list of different whole numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return numbers
  }

  /// A list of texts, with at least one and none of them empty; nil if it is absent.
  func optionalStrings(_ name: String) throws(BenchmarkError) -> [String]? {
    let (key, value) = value(name)
    if value.isNull { return nil }
    let texts = value.arrayValue?.compactMap(\.stringValue) ?? []
    if texts.isEmpty || texts.count != value.arrayValue?.count || texts.contains("") {
      throw failure(key, value, "a list of texts, none of them empty")
    }
    return texts
  }

  func optionalInteger(_ name: String, in range: ClosedRange<Int>) throws(BenchmarkError) -> Int? {
    value(name).value.isNull ? nil : try integer(name, in: range)
  }

  func boolean(_ name: String) throws(BenchmarkError) -> Bool {
    let (key, value) = value(name)
    guard let flag = value.boolValue else { throw failure(key, value, "true or false") }
    return flag
  }

  func string(_ name: String) throws(BenchmarkError) -> String {
    let (key, value) = value(name)
    guard let text = value.stringValue, !text.isEmpty else { throw failure(key, value, "a text that is not empty") }
    return text
  }

  func optionalString(_ name: String) throws(BenchmarkError) -> String? {
    value(name).value.isNull ? nil : try string(name)
  }

  /// A text that may be empty, such as one to put between others.
  func anyString(_ name: String) throws(BenchmarkError) -> String {
    let (key, value) = value(name)
    guard let text = value.stringValue else { throw failure(key, value, "a text") }
    return text
  }

  /// A list of texts, or one text as a list of one; nil if there is none.
  func strings(_ name: String) throws(BenchmarkError) -> [String]? {
    let (key, value) = value(name)
    switch value {
    case .null: return nil
    case .string(let text): return [text]
    default:
      let texts = value.arrayValue?.compactMap(\.stringValue)
      guard let texts, texts.count == value.arrayValue?.count else { throw failure(key, value, "a list of texts") }
      return texts
    }
  }

  /// A number of 0 or more.
  func number(_ name: String) throws(BenchmarkError) -> Double {
    let (key, value) = value(name)
    guard let number = value.doubleValue, number >= 0, number.isFinite else {
      throw failure(key, value, "a number of 0 or more")
    }
    return number
  }

  /// Whether an option was given, under whatever name.
  func isGiven(_ name: String) -> Bool {
    options.first { $0.name == name }?.names.contains { object[$0].map { !$0.isNull } ?? false } ?? false
  }

  /// The value of a list or a text, as it was given; null if it was not.
  func raw(_ name: String) -> JSONValue { value(name).value }

  /// One of the names there are; another is an error with the nearest.
  func choice(_ name: String, among choices: [String]) throws(BenchmarkError) -> String {
    let text = try string(name)
    if !choices.contains(text) {
      throw BenchmarkError(
        .invalidArgument, "\(place): no such \(name): \"\(text)\"\(NearestName.hint(text, among: choices))",
        key: value(name).key)
    }
    return text
  }

  /// Does something with an option; an error that names no key is about this one.
  func about<Value>(_ name: String, _ body: () throws(BenchmarkError) -> Value) throws(BenchmarkError) -> Value {
    do throws(BenchmarkError) { return try body() } catch {
      throw BenchmarkError(error.kind, error.message, key: error.key ?? value(name).key)
    }
  }

  private func failure(_ key: String, _ value: JSONValue, _ wanted: String) -> BenchmarkError {
    BenchmarkError(.invalidArgument, "\(place): \"\(key)\" must be \(wanted), not \(value.text())", key: key)
  }
}
