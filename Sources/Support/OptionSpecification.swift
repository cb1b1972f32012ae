/// One option, declared once. Flags of commands, keys of plans, help and documentation all come from it.
package struct OptionSpecification: Sendable, Equatable {
  /// What a value is.
  package enum Kind: String, Sendable {
    /// True or false.
    case flag
    /// True or false, or a text.
    case flagOrText = "flag_or_text"
    case integer
    case number
    case text
    /// A list of texts, or one text.
    case texts
    /// A list of whole numbers.
    case integers
    /// What its help says: an object, a list, a text.
    case any
    /// A function of the caller.
    case callback
  }

  /// The full name, which canonical specifications use.
  package let name: String
  package let kind: Kind
  /// Other names it is accepted under: spellings of earlier versions, and of other programs.
  package let aliases: [String]
  /// The default; null where the option may be absent.
  package let defaultValue: JSONValue
  /// The values that a text may have; nil where any text is one, or only loading knows.
  package let choices: [String]?
  /// The numbers that there may be, alone or in a list; nil where any is one.
  package let range: OptionRange?
  package let help: String
  /// Whether the value is the path of a file or folder.
  package let isPath: Bool

  /// - Parameter kind: nil: that of the default; a text where the default is null.
  package init(
    _ name: String, _ kind: Kind? = nil, aliases: [String] = [], default defaultValue: JSONValue = .null,
    choices: [String]? = nil, range: OptionRange? = nil, help: String, isPath: Bool = false
  ) {
    self.name = name
    self.kind = kind ?? Kind(of: defaultValue)
    self.aliases = aliases
    self.defaultValue = defaultValue
    self.choices = choices
    self.range = range
    self.help = help
    self.isPath = isPath
  }

  /// The name and its aliases.
  package var names: [String] { [name] + aliases }

  /// The option as fronts read it.
  package var json: JSONValue {
    [
      "name": .string(name), "type": .string(kind.rawValue), "default": defaultValue,
      "choices": choices.map { .array($0.map { .string($0) }) } ?? .null,
      "range": range.map { .string($0.words) } ?? .null, "least": range.map { Self.json($0.least) } ?? .null,
      "greatest": range?.greatest.map(Self.json) ?? .null,
      "aliases": .array(aliases.map { .string($0) }), "path": .bool(isPath), "help": .string(help),
    ]
  }

  private static func json(_ number: Double) -> JSONValue {
    Int(exactly: number).map { JSONValue($0) } ?? .number(number)
  }
}

extension OptionSpecification.Kind {
  /// The kind that a default is of.
  init(of value: JSONValue) {
    switch value {
    case .bool: self = .flag
    case .integer: self = .integer
    case .number: self = .number
    case .array(let values): self = values.first?.integerValue == nil ? .texts : .integers
    case .object: self = .any
    case .null, .string: self = .text
    }
  }
}
