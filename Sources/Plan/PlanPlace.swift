import Configuration
import Support

/// A part of a plan, as errors speak of it: by its line and column where the plan is a text that has them.
struct PlanPlace: CustomStringConvertible {
  /// What the plan is called: a file, or "plan".
  let name: String
  let document: MarkedDocument?
  /// Keys from the root; positions of lists are written as digits.
  private(set) var path: [String] = []

  init(name: String = "plan", document: MarkedDocument? = nil) {
    self.name = name
    self.document = document
  }

  subscript(_ key: String) -> PlanPlace {
    var place = self
    place.path.append(key)
    return place
  }

  subscript(_ position: Int) -> PlanPlace { self[String(position)] }

  /// `config.yaml:3:12: models[0]: path`, or `plan: models[0]: path`.
  var description: String { spoken(at: document?.mark(of: path)) }

  /// The file, line and column alone; nil where there is no text that has them.
  var position: String? { (document?.mark(of: path)).map { "\(name):\($0.line):\($0.column)" } }

  /// The description with the position of the last key in place of its value's.
  var ofKey: String { spoken(at: document?.keyMark(of: path)) }

  private func spoken(at mark: TextMark?) -> String {
    var words = ""
    for key in path {
      words += key.allSatisfy(\.isNumber) && !words.isEmpty ? "[\(key)]" : (words.isEmpty ? "" : ": ") + key
    }
    let start = mark.map { "\(name):\($0.line):\($0.column)" } ?? name
    return words.isEmpty ? start : "\(start): \(words)"
  }

  func error(_ reason: String, _ kind: BenchmarkError.Kind = .invalidArgument) -> BenchmarkError {
    BenchmarkError(kind, "\(self): \(reason)")
  }
}

/// An object of a plan, read key by key, with errors that say where.
struct PlanObject {
  let object: JSONObject
  let place: PlanPlace

  /// Errors: another kind of value; a key that is not known, with the nearest one.
  init(_ value: JSONValue, _ place: PlanPlace, known: [String]) throws(BenchmarkError) {
    guard let object = value.objectValue else {
      if value == .null, place.path.isEmpty { throw place.error("empty; a plan names models and tasks") }
      throw place.error("an object was expected, not \(value.typeName)")
    }
    self.object = object
    self.place = place
    for key in object.keys where !known.contains(key) {
      let start = place.document == nil ? place.description : place[key].placeOfKeyAlone
      throw BenchmarkError(.invalidArgument, "\(start): unknown key \"\(key)\"\(NearestName.hint(key, among: known))")
    }
  }

  /// The value of a key; null counts as absent.
  subscript(_ key: String) -> JSONValue? { object[key].flatMap { $0.isNull ? nil : $0 } }

  func text(_ key: String) throws(BenchmarkError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.stringValue, !text.isEmpty else {
      throw place[key].error("a text was expected, not \(value.stringValue == nil ? value.typeName : "an empty one")")
    }
    return text
  }

  /// A text, or a number as one: sizes and generations are written both ways.
  func word(_ key: String) throws(BenchmarkError) -> String? {
    guard let value = self[key] else { return nil }
    if let number = value.integerValue { return String(number) }
    if let number = value.doubleValue { return "\(number)" }
    return try text(key)
  }

  func count(_ key: String) throws(BenchmarkError) -> Int? {
    guard let value = self[key] else { return nil }
    guard let count = value.integerValue, count >= 0 else {
      throw place[key].error("a whole number of 0 or more was expected")
    }
    return count
  }

  /// A count of which 0 means the default.
  func positive(_ key: String) throws(BenchmarkError) -> Int? { try count(key).flatMap { $0 == 0 ? nil : $0 } }

  func flag(_ key: String) throws(BenchmarkError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.boolValue else {
      throw place[key].error("true or false was expected, not \(value.text())")
    }
    return flag
  }

  /// One of the names there are, in a list of them.
  func names(_ key: String, known: [String], what: String) throws(BenchmarkError) -> [String]? {
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

extension PlanPlace {
  /// Where the last key stands, with the words of what is around it.
  fileprivate var placeOfKeyAlone: String {
    guard let document else { return description }
    let mark = document.keyMark(of: path)
    var around = self
    around.path.removeLast()
    return around.spoken(at: mark)
  }
}
