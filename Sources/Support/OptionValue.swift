/// The value of an option, of the kind that its schema says.
package enum OptionValue: Sendable, Equatable {
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case texts([String])
  case integers([Int])
  /// What only the option's reader knows.
  case any(JSONValue)
}

extension OptionValue {
  package var flag: Bool? { if case .flag(let value) = self { value } else { nil } }
  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var number: Double? { if case .number(let value) = self { value } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
  package var texts: [String]? { if case .texts(let value) = self { value } else { nil } }
  package var integers: [Int]? { if case .integers(let value) = self { value } else { nil } }
}

extension OptionSpecification {
  /// The value that somebody wrote.
  ///
  /// Errors: another kind of value; a value outside the option's range; an unknown choice, with the nearest.
  package func decode(_ value: JSONValue, at place: DocumentPlace) throws(BenchmarkError) -> OptionValue {
    func failure(_ wanted: String) -> BenchmarkError {
      place.error("\(wanted) was expected, not \(value.text())")
    }
    switch kind {
    case .flag:
      guard let flag = value.boolValue else { throw failure("true or false") }
      return .flag(flag)
    case .flagOrText:
      if let flag = value.boolValue { return .flag(flag) }
      guard let text = value.stringValue, !text.isEmpty else { throw failure("true, false or a text") }
      try checkChoice(text, place)
      return .text(text)
    case .integer:
      guard let number = value.integerValue, range?.contains(Double(number)) ?? true else {
        throw failure("a whole number" + rangeWords)
      }
      return .integer(number)
    case .number:
      guard let number = value.doubleValue, number.isFinite, range?.contains(number) ?? true else {
        throw failure("a number" + rangeWords)
      }
      return .number(number)
    case .text:
      guard let text = value.stringValue else { throw failure("a text") }
      try checkChoice(text, place)
      return .text(text)
    case .texts:
      if let text = value.stringValue {
        try checkChoice(text, place)
        return .texts([text])
      }
      guard let texts = value.arrayValue?.map(\.stringValue), !texts.contains(nil) else {
        throw failure("a list of texts")
      }
      for (position, text) in texts.enumerated() { try checkChoice(text ?? "", place[position]) }
      return .texts(texts.compactMap { $0 })
    case .integers:
      let numbers = value.arrayValue?.compactMap(\.integerValue) ?? []
      if numbers.isEmpty || numbers.count != value.arrayValue?.count || Set(numbers).count != numbers.count
        || !numbers.allSatisfy({ range?.contains(Double($0)) ?? true })
      {
        throw failure("a list of different whole numbers" + rangeWords)
      }
      return .integers(numbers)
    case .any, .callback: return .any(value)
    }
  }

  private func checkChoice(_ text: String, _ place: DocumentPlace) throws(BenchmarkError) {
    guard let choices, !choices.contains(text) else { return }
    throw place.error("no such \(name): \"\(text)\"\(NearestName.hint(text, among: choices))")
  }

  private var rangeWords: String { range.map { " \($0.clause)" } ?? "" }
}
