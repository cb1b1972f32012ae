import Support
import Templates

/// How a task file makes a value of a document: `doc_to_text`, `doc_to_target`, `doc_to_choice`.
///
/// The rules are those of `ConfigurableTask` in lm_eval/api/task.py (0.4.13).
enum DocumentRule: Sendable {
  /// The name of a field, or a Jinja template.
  case template(String, Template)
  /// The value that is written: a whole number, a list.
  case value(JSONValue)
  case hook(@Sendable (JSONObject) throws(BenchmarkError) -> JSONValue)

  /// What the value is for.
  enum Purpose { case text, target, choices }

  /// Reads a rule.
  ///
  /// Errors: a value of a kind that the harness does not take; a template that cannot be parsed; a function that is not known.
  init(
    _ value: JSONValue, _ purpose: Purpose, folder: String?, at place: DocumentPlace, python: TaskPython? = nil
  ) throws(BenchmarkError) {
    if let function = TaskFile.function(value) {
      self = .hook(try NativeHooks.value(PythonHook(function, folder: folder, at: place, python: python)))
      return
    }
    switch (value, purpose) {
    case (.string(let source), _):
      self = .template(source, try Template(source, name: "\(place)", settings: .harness))
    case (.integer, .text), (.integer, .target), (.array, .target), (.array, .choices): self = .value(value)
    case (.bool(let flag), .target), (.bool(let flag), .text): self = .value(.integer(flag ? 1 : 0))
    case (.object(let object), .choices): self = .value(.array(object.members.map(\.value)))
    default:
      throw place.error("a template or the name of a field was expected, not \(value.text())")
    }
  }

  /// The value for a document: a text as the rule has it, or of the type that the field has.
  ///
  /// - Parameters:
  ///   - fields: the columns of the data: a text that is one of them is its name.
  ///   - hasChoices: whether the task has choices, so that digits are a position in them.
  func value(_ purpose: Purpose, of document: JSONObject, fields: Set<String>, hasChoices: Bool) throws(BenchmarkError)
    -> JSONValue
  {
    switch self {
    case .value(let value): return value
    case .hook(let function): return try function(document)
    case .template(let source, let template):
      if fields.contains(source), let value = document[source] { return value }
      let text = try template.render(document)
      if purpose == .choices {
        guard let value = PythonLiteral.value(of: text) else {
          throw BenchmarkError(
            .invalidFile, "\(template.name): the choices are no list of Python: \(JSONValue.string(text).text())")
        }
        return value
      }
      if hasChoices, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
        guard let number = PythonLiteral.value(of: text) else {
          throw BenchmarkError(.invalidFile, "\(template.name): \"\(text)\" is no position of a choice")
        }
        return number
      }
      if purpose == .target, text.utf8.count >= 2, text.hasPrefix("["), text.hasSuffix("]") {
        return PythonLiteral.value(of: text) ?? .string(text)
      }
      return .string(text)
    }
  }
}

/// A text for a document: the name of a field, or a template (`description`, `gen_prefix`).
struct TextRule: Sendable {
  private let source: String
  /// nil: the source is the text of every document.
  private let template: Template?

  init(plain text: String) {
    source = text
    template = nil
  }

  init(_ source: String, at place: DocumentPlace) throws(BenchmarkError) {
    self.source = source
    template = try Template(source, name: "\(place)", settings: .harness)
  }

  func text(of document: JSONObject) throws(BenchmarkError) -> String {
    guard let template else { return source }
    if let value = document[source] { return value.isNull ? "" : PythonValue.text(value) }
    return try template.render(document)
  }
}
