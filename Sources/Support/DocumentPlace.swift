/// A part of what somebody wrote, as errors speak of it: by its line and column where it is a text that has them.
package struct DocumentPlace: Sendable, CustomStringConvertible {
  /// What the whole is called: a file, "plan", a task.
  package let name: String
  package let document: MarkedDocument?
  /// What its errors are.
  private let kind: BenchmarkError.Kind
  /// Keys from the root; positions of lists are written as digits.
  package private(set) var path: [String] = []

  package init(name: String, document: MarkedDocument? = nil, kind: BenchmarkError.Kind = .invalidArgument) {
    self.name = name
    self.document = document
    self.kind = kind
  }

  package subscript(_ key: String) -> DocumentPlace {
    var place = self
    place.path.append(key)
    return place
  }

  package subscript(_ position: Int) -> DocumentPlace { self[String(position)] }

  /// `config.yaml:3:12: models[0]: path`, or `plan: models[0]: path`.
  package var description: String { spoken(at: document?.mark(of: path)) }

  /// The file, line and column alone; nil where there is no text that has them.
  package var position: String? { (document?.mark(of: path)).map { "\(name):\($0.line):\($0.column)" } }

  /// The description with the position of the last key in place of its value's.
  package var ofKey: String { spoken(at: document?.keyMark(of: path)) }

  private func spoken(at mark: TextPosition?) -> String {
    var words = ""
    for key in path {
      words += key.allSatisfy(\.isNumber) && !words.isEmpty ? "[\(key)]" : (words.isEmpty ? "" : ": ") + key
    }
    let start = mark.map { "\(name):\($0.line):\($0.column)" } ?? name
    return words.isEmpty ? start : "\(start): \(words)"
  }

  /// An error about this place; of the place's kind unless another is given.
  package func error(_ reason: String, _ kind: BenchmarkError.Kind? = nil) -> BenchmarkError {
    BenchmarkError(kind ?? self.kind, "\(self): \(reason)")
  }

  /// An error about a key of the object that is here and should not be, with the nearest of those that may.
  func unknownKey(_ key: String, among known: [String]) -> BenchmarkError {
    // The position of the key, with the words of what is around it.
    let start = document.map { spoken(at: $0.keyMark(of: path + [key])) } ?? description
    return BenchmarkError(kind, "\(start): unknown key \"\(key)\"\(NearestName.hint(key, among: known))")
  }
}
