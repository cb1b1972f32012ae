import Support

/// The attributes of a sample, by kind: its subject, its level, the passage or template that it shares with others.
///
/// Samples with the same value of a kind form one cluster: statistics may take them as sampled together, and averages go by
/// the subject.
package struct SampleAttributes: Sendable, Equatable {
  /// The kind that averages and limits go by.
  package static let subjectKey = "subject"

  package let subject: String?
  /// All but the subject, by name; null is none.
  package let others: JSONObject

  /// Attributes by kind, the subject among them.
  package init(_ values: JSONObject = [:]) {
    subject = values[Self.subjectKey].flatMap(Self.text)
    var others = JSONObject()
    for kind in values.keys.sorted() where kind != Self.subjectKey && values[kind]?.isNull == false {
      others[kind] = values[kind]
    }
    self.others = others
  }

  package init(subject: String?, clusters: [String: String] = [:]) {
    var values = JSONObject()
    for (kind, label) in clusters { values[kind] = .string(label) }
    if let subject { values[Self.subjectKey] = .string(subject) }
    self.init(values)
  }

  /// The kinds, the subject first and the others by name.
  package var kinds: [String] { (subject == nil ? [] : [Self.subjectKey]) + others.keys }

  /// The value of a kind as a text that samples can share; nil if there is none.
  package func label(_ kind: String) -> String? {
    kind == Self.subjectKey ? subject : others[kind].flatMap(Self.text)
  }

  private static func text(_ value: JSONValue) -> String? {
    value.isNull ? nil : value.stringValue ?? value.text(sortedKeys: true)
  }

  /// Why a kind beside the subject cannot have a name; nil if it can.
  package static func objection(toKind kind: String) -> String? {
    if kind.isEmpty { return "\"clusters\": the name of a kind is empty" }
    return kind == subjectKey ? "\"clusters\": \"subject\" is reserved; use the option \"subject\"" : nil
  }
}

extension SampleAttributes {
  /// The attributes as the members of a sample's record: `subject`, and `clusters` where there are others.
  package var members: JSONObject {
    var object: JSONObject = ["subject": subject.map { .string($0) } ?? .null]
    if !others.members.isEmpty { object["clusters"] = .object(others) }
    return object
  }

  /// The attributes behind the members of a record.
  package init(members object: JSONObject) {
    var values = object["clusters"]?.objectValue ?? [:]
    values[Self.subjectKey] = object["subject"] ?? .null
    self.init(values)
  }
}
