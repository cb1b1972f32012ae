import Support

/// Reads the fields of one object of a config.json; its errors name field and file.
package struct ConfigurationReader {
  let object: JSONObject
  let path: String
  /// In front of field names: "" or "text_config.".
  let prefix: String

  func failure(_ field: String, _ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(path): \(prefix)\(field): \(reason)")
  }

  /// An error about what is valid and not supported.
  func refusal(_ field: String, _ reason: String) -> BenchmarkError {
    BenchmarkError(.unsupported, "\(path): \(prefix)\(field): \(reason)")
  }

  /// The value of a field; nil if it is missing or null.
  func value(_ field: String) -> JSONValue? {
    guard let value = object[field], !value.isNull else { return nil }
    return value
  }

  /// A whole number from 1 to a limit; the default, if there is one, stands in for a missing field.
  func extent(_ field: String, default standard: Int? = nil, limit: Int = 1 << 30) throws(BenchmarkError) -> Int {
    guard let value = value(field) else {
      if let standard { return standard }
      throw failure(field, "missing, and the format has no default")
    }
    guard let number = value.integerValue, number >= 1, number <= limit else {
      throw failure(field, "\(value.text()) is not a whole number from 1 to \(limit)")
    }
    return number
  }

  /// A whole number from 0 to a limit; the default stands in for a missing field.
  func count(_ field: String, default standard: Int, limit: Int) throws(BenchmarkError) -> Int {
    guard let value = value(field) else {
      if standard <= limit { return standard }
      throw failure(field, "missing, and its default, \(standard), is above the limit of \(limit)")
    }
    guard let number = value.integerValue, number >= 0, number <= limit else {
      throw failure(field, "\(value.text()) is not a whole number from 0 to \(limit)")
    }
    return number
  }

  /// A number above zero, or also zero; nil if it is missing or null.
  func positive(_ field: String, orZero: Bool = false) throws(BenchmarkError) -> Double? {
    guard let value = value(field) else { return nil }
    guard let number = value.doubleValue, number > 0 || orZero && number == 0, number <= 1e30 else {
      let shown = value.doubleValue.flatMap { $0.isFinite ? nil : $0.description } ?? value.text()
      throw failure(field, "\(shown) is not a number above zero")
    }
    return number
  }

  func flag(_ field: String, default standard: Bool) throws(BenchmarkError) -> Bool {
    guard let value = value(field) else { return standard }
    guard let flag = value.boolValue else { throw failure(field, "\(value.text()) is not true or false") }
    return flag
  }

  /// The first number of the version of transformers that wrote the file; nil if it does not say.
  func writer() throws(BenchmarkError) -> Int? {
    guard let value = value("transformers_version") else { return nil }
    guard let version = value.stringValue else {
      throw failure("transformers_version", "\(value.typeName), not a text")
    }
    return version.split(separator: ".").first.flatMap { Int($0) }
  }

  func object(_ field: String) throws(BenchmarkError) -> ConfigurationReader? {
    guard let value = value(field) else { return nil }
    guard let object = value.objectValue else { throw failure(field, "\(value.typeName), expected an object") }
    return ConfigurationReader(object: object, path: path, prefix: "\(prefix)\(field).")
  }

  /// One token or a list of tokens that end a text; nil if the field is missing or null. A number beyond the table, which no
  /// model can answer with, ends nothing.
  func endTokens(_ field: String, vocabularySize: Int) throws(BenchmarkError) -> [Int32]? {
    try tokens(field, vocabularySize: Int(Int32.max))?.filter { $0 < vocabularySize }
  }

  /// One token or a list of tokens; nil if the field is missing or null.
  func tokens(_ field: String, vocabularySize: Int) throws(BenchmarkError) -> [Int32]? {
    guard let value = value(field) else { return nil }
    var tokens: [Int32] = []
    for element in value.arrayValue ?? [value] {
      guard let token = element.integerValue, token >= 0, token < vocabularySize else {
        throw failure(field, "\(element.text()) is not a token below \(vocabularySize)")
      }
      tokens.append(Int32(token))
    }
    return tokens
  }
}
