import Support

/// What a task reads of its specification: the values given, else the defaults.
extension TaskSpecification {
  /// The value of an option, or its default; nil where it has none.
  private func value(_ name: String) throws(BenchmarkError) -> OptionValue? {
    if let given = given(name) { return given.value }
    guard let option = options.first(where: { $0.name == name }) else {
      throw BenchmarkError(.internalError, "\(type): the schema has no option \"\(name)\"")
    }
    if option.defaultValue.isNull { return nil }
    return try option.decode(option.defaultValue, at: DocumentPlace(name: "\(type): \(name)", kind: .internalError))
  }

  private func required<Value>(_ name: String, _ read: (OptionValue) -> Value?) throws(BenchmarkError) -> Value {
    guard let value = try value(name) else { throw failure(name, "is missing") }
    guard let found = read(value) else {
      throw BenchmarkError(.internalError, "\(type): the schema has another kind of \"\(name)\"")
    }
    return found
  }

  private func optional<Value>(_ name: String, _ read: (OptionValue) -> Value?) throws(BenchmarkError) -> Value? {
    try value(name) == nil ? nil : try required(name, read)
  }

  func flag(_ name: String) throws(BenchmarkError) -> Bool { try required(name, \.flag) }
  func integer(_ name: String) throws(BenchmarkError) -> Int { try required(name, \.integer) }
  func optionalInteger(_ name: String) throws(BenchmarkError) -> Int? { try optional(name, \.integer) }
  func number(_ name: String) throws(BenchmarkError) -> Double { try required(name, \.number) }
  func optionalNumber(_ name: String) throws(BenchmarkError) -> Double? { try optional(name, \.number) }
  func integers(_ name: String) throws(BenchmarkError) -> [Int] { try required(name, \.integers) }

  /// A text that is not empty.
  func text(_ name: String) throws(BenchmarkError) -> String {
    let text = try required(name, \.text)
    if text.isEmpty { throw failure(name, "is empty") }
    return text
  }

  /// Whether the type has the option.
  func has(_ name: String) -> Bool { options.contains { $0.name == name } }

  func optionalText(_ name: String) throws(BenchmarkError) -> String? {
    try value(name) == nil ? nil : try text(name)
  }

  /// A text that may be empty, such as one to put between others.
  func anyText(_ name: String) throws(BenchmarkError) -> String { try required(name, \.text) }

  /// A list of texts; nil if there is none.
  func optionalTexts(_ name: String) throws(BenchmarkError) -> [String]? { try optional(name, \.texts) }

  /// The value as it was written, else the default: what a canonical specification has.
  func written(_ name: String) -> JSONValue {
    given(name)?.written ?? options.first { $0.name == name }?.defaultValue ?? .null
  }

  /// An error about an option, under the name that it was given by.
  func failure(_ name: String, _ words: String) -> BenchmarkError {
    let key = given(name)?.key ?? name
    return BenchmarkError(.invalidArgument, "\(type): \"\(key)\" \(words)", key: key)
  }

  /// Does something with an option; an error that names no key is about this one.
  func about<Value>(_ name: String, _ body: () throws(BenchmarkError) -> Value) throws(BenchmarkError) -> Value {
    do throws(BenchmarkError) { return try body() } catch {
      throw BenchmarkError(error.kind, error.message, key: error.key ?? given(name)?.key ?? name)
    }
  }
}
