import DataSets
import Support

/// A text with places for the fields of a row: `{question}`, `{choices.0}`, `{author.name}`; `{question|strip}` goes
/// without the white space at its ends; `{{` and `}}` stand for braces.
struct PromptTemplate: Sendable, Equatable {
  private enum Part: Sendable, Equatable {
    case text(String)
    case field(String, isStripped: Bool)
  }

  private let parts: [Part]
  /// Names in doubled braces, as Jinja has its fields: here they are text.
  private let doubledNames: [String]

  /// Reads a template; `place` stands in front of the message of an error.
  init(_ source: String, _ place: String) throws(BenchmarkError) {
    var parts: [Part] = []
    var doubled: [String] = []
    var text = ""
    var rest = Substring(source)
    while let scalar = rest.unicodeScalars.first {
      let after = rest.unicodeScalars.dropFirst()
      if scalar != "{", scalar != "}" {
        text.unicodeScalars.append(scalar)
        rest = Substring(after)
      } else if after.first == scalar {
        if scalar == "{", let name = Self.doubledName(after.dropFirst()) { doubled.append(name) }
        text.unicodeScalars.append(scalar)
        rest = Substring(after.dropFirst())
      } else if scalar == "}" {
        throw BenchmarkError(.invalidArgument, "\(place): unmatched \"}\"; write \"}}\" for a literal brace")
      } else {
        guard let end = after.firstIndex(of: "}") else {
          throw BenchmarkError(.invalidArgument, "\(place): unclosed \"{\"; write \"{{\" for a literal brace")
        }
        let words = String(after[..<end]).split(separator: "|", omittingEmptySubsequences: false).map {
          PythonText.stripped(String($0))
        }
        let field = words[0]
        if words.count > 2 || (words.count == 2 && words[1] != "strip") {
          throw BenchmarkError(.invalidArgument, "\(place): only \"strip\" can follow \"{\(field)|\"")
        }
        if field.hasPrefix("%") || field.hasPrefix("#") {
          throw BenchmarkError(
            .invalidArgument,
            "\(place): \"{\(field)}\" is a Jinja statement; these templates support only fields, such as {question}"
          )
        }
        if field.isEmpty || field.contains("{") {
          throw BenchmarkError(
            .invalidArgument, "\(place): \"{\(field)}\" names no field; write \"{{\" for a literal brace")
        }
        if !text.isEmpty { parts.append(.text(text)) }
        parts.append(.field(field, isStripped: words.count == 2))
        text = ""
        rest = Substring(after[after.index(after: end)...])
      }
    }
    if !text.isEmpty || parts.isEmpty { parts.append(.text(text)) }
    self.parts = parts
    doubledNames = doubled
  }

  /// The name that stands between doubled braces: "question" of `{{ question }}` and of `{{question|trim}}`.
  private static func doubledName(_ rest: Substring.UnicodeScalarView) -> String? {
    guard let end = rest.firstIndex(of: "}"), rest.index(after: end) < rest.endIndex,
      rest[rest.index(after: end)] == "}"
    else { return nil }
    let words = String(rest[..<end]).split(separator: "|").map { PythonText.stripped(String($0)) }
    guard let name = words.first, let first = name.unicodeScalars.first, first.properties.isAlphabetic || first == "_",
      name.unicodeScalars.allSatisfy({
        $0.properties.isAlphabetic || $0.properties.numericType != nil || "_.".unicodeScalars.contains($0)
      })
    else { return nil }
    return name
  }

  var hasField: Bool { parts.contains { if case .field = $0 { true } else { false } } }

  /// Throws where a template cannot be meant: Jinja's doubled braces around a field of the rows, or where a field is needed and
  /// there is none.
  ///
  /// - Parameters:
  ///   - needsField: Whether a text that is the same for every row makes no sense.
  ///   - fields: The names that a row has.
  func check(needsField: Bool, fields: [String], _ place: String) throws(BenchmarkError) {
    let example = doubledNames.first ?? fields.first ?? "question"
    if let name = doubledNames.first(where: { name in
      !hasField || fields.contains { $0 == name || name.hasPrefix($0 + ".") }
    }) {
      throw BenchmarkError(
        .invalidArgument,
        "\(place): \"{{\(name)}}\" is the text \"{\(name)}\" for every row; a field is written in single braces: {\(name)}"
      )
    }
    if needsField, !hasField {
      throw BenchmarkError(
        .invalidArgument,
        "\(place): no field in the template, so every row would be the same text; write a field in braces, such as {\(example)}"
      )
    }
  }

  /// The name of the field where the template is one field and nothing else.
  var onlyField: String? {
    if parts.count == 1, case .field(let name, _) = parts[0] { name } else { nil }
  }

  /// The text for a row; a field that is missing or no text, number or boolean is an error with file, line and field.
  func render(_ row: DataRow) throws(BenchmarkError) -> String {
    var result = ""
    for part in parts {
      switch part {
      case .text(let text): result += text
      case .field(let name, let isStripped):
        let text = try row.text(name)
        result += isStripped ? PythonText.stripped(text) : text
      }
    }
    return result
  }
}

extension DataRow {
  /// The value of a field, of a member of it (`author.name`) or of an element of it (`choices.0`).
  func value(_ name: String) throws(BenchmarkError) -> JSONValue {
    if let value = fields[name], !value.isNull { return value }
    let steps = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    var value = JSONValue.object(fields)
    for step in steps {
      switch value {
      case .object(let object): value = object[step] ?? .null
      case .array(let elements):
        value = Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil } ?? .null
      default: value = .null
      }
    }
    if value.isNull {
      let hint = fields.keys.isEmpty ? "" : NearestName.hint(steps[0], among: fields.keys)
      throw failure("no field \"\(name)\"\(steps.count == 1 || fields[steps[0]] == nil ? hint : "")")
    }
    return value
  }

  /// A field as text.
  func text(_ name: String) throws(BenchmarkError) -> String {
    switch try value(name) {
    case .string(let text): return text
    case .integer(let number): return "\(number)"
    case .number(let number): return JSONValue.number(number).text()
    case .bool(let flag): return "\(flag)"
    case let value: throw failure("the field \"\(name)\" must be a text or a number, not \(value.typeName)")
    }
  }

  /// A field that holds a list of texts or numbers.
  func texts(_ name: String) throws(BenchmarkError) -> [String] {
    guard let elements = try value(name).arrayValue, !elements.isEmpty else {
      throw failure("the field \"\(name)\" must be a list with at least one entry, not \(try value(name).text())")
    }
    var texts: [String] = []
    for index in elements.indices { texts.append(try text("\(name).\(index)")) }
    return texts
  }
}
