/// An object that somebody wrote, decoded key by key, with errors that say where: what plans, tasks and the answers of callbacks
/// are read by. Null counts as absent.
package struct ObjectDecoder {
  package let object: JSONObject
  package let place: DocumentPlace

  /// Errors: another kind of value; a key that is not known, with the nearest one.
  package init(_ value: JSONValue, _ place: DocumentPlace, known: [String]) throws(BenchmarkError) {
    guard let object = value.objectValue else {
      throw place.error("an object was expected, not \(value.typeName)")
    }
    self.object = object
    self.place = place
    for key in object.keys where !known.contains(key) { throw place.unknownKey(key, among: known) }
  }

  /// The value of a key.
  package subscript(_ key: String) -> JSONValue? { object[key].flatMap { $0.isNull ? nil : $0 } }

  /// The value of an option, in its kind, range and choices; nil where it is absent.
  package func value(_ option: OptionSpecification) throws(BenchmarkError) -> OptionValue? {
    try self[option.name].map { (value) throws(BenchmarkError) in try option.decode(value, at: place[option.name]) }
  }

  package func text(_ key: String, mayBeEmpty: Bool = false) throws(BenchmarkError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.stringValue, mayBeEmpty || !text.isEmpty else {
      throw place[key].error("a text was expected, not \(value.stringValue == nil ? value.typeName : "an empty one")")
    }
    return text
  }

  /// A text, or a number as one: sizes and generations are written both ways.
  package func word(_ key: String) throws(BenchmarkError) -> String? {
    guard let value = self[key] else { return nil }
    if let number = value.integerValue { return String(number) }
    if let number = value.doubleValue { return "\(number)" }
    return try text(key)
  }

  package func flag(_ key: String) throws(BenchmarkError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.boolValue else {
      throw place[key].error("true or false was expected, not \(value.text())")
    }
    return flag
  }

  package func number(_ key: String) throws(BenchmarkError) -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.doubleValue else { throw place[key].error("a number was expected, not \(value.text())") }
    return number
  }

  /// One of the names there are, in a list of them; in the order of those there are.
  package func names(_ key: String, known: [String], what: String) throws(BenchmarkError) -> [String]? {
    guard let value = self[key] else { return nil }
    guard let elements = value.arrayValue else {
      throw place[key].error("a list was expected, not \(value.typeName)")
    }
    for (position, element) in elements.enumerated() where !known.contains(element.stringValue ?? "") {
      let hint = NearestName.hint(element.stringValue ?? element.text(), among: known)
      throw place[key][position].error("\(what) \(element.text())\(hint)")
    }
    return known.filter { elements.contains(.string($0)) }
  }
}
