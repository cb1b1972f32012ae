import Support

extension GGUFFile {
  /// The value of a key; nil if it is not there.
  package func value(_ key: String) -> GGUFValue? { values[key] }

  /// An error about a key, with the file's name.
  package func failure(_ key: String, _ reason: String, _ kind: BenchmarkError.Kind = .invalidFile) -> BenchmarkError {
    BenchmarkError(kind, "\(path): key \(key): \(reason)")
  }

  /// A string; nil if the key is not there. Errors: a value of another type.
  package func string(_ key: String) throws(BenchmarkError) -> String? { try typed(key, "a string", \.stringValue) }

  /// An integer of any width; nil if the key is not there. Errors: a value of another type, or beyond 63 bits.
  package func integer(_ key: String) throws(BenchmarkError) -> Int? { try typed(key, "an integer", \.integerValue) }

  /// A number of any type; nil if the key is not there. Errors: a value of another type.
  package func number(_ key: String) throws(BenchmarkError) -> Double? { try typed(key, "a number", \.numberValue) }

  /// A truth value; nil if the key is not there. Errors: a value of another type.
  package func bool(_ key: String) throws(BenchmarkError) -> Bool? { try typed(key, "a boolean", \.boolValue) }

  /// An array, whose elements are read when asked for; nil if the key is not there. Errors: a value of another type.
  package func array(_ key: String) throws(BenchmarkError) -> GGUFArray? { try typed(key, "an array", \.arrayValue) }

  private func typed<Value>(_ key: String, _ expected: String, _ convert: (GGUFValue) -> Value?)
    throws(BenchmarkError) -> Value?
  {
    guard let value = values[key] else { return nil }
    guard let converted = convert(value) else {
      let large = value.typeName == expected ? " beyond 63 bits" : ", expected \(expected)"
      throw failure(key, "\(value.typeName)\(large)")
    }
    return converted
  }
}
