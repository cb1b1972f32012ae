import Support

/// Subjects of a task that belong together, as charts group them: what a task publishes, so that no report knows a task.
package struct SampleGroup: Sendable, Equatable {
  /// As charts name it.
  package let title: String
  package let subjects: [String]

  package init(title: String, subjects: [String]) {
    self.title = title
    self.subjects = subjects
  }

  package var json: JSONValue { ["title": .string(title), "subjects": .array(subjects.map { .string($0) })] }

  /// The group behind its JSON; nil if it is none.
  package init?(json value: JSONValue) {
    guard let object = value.objectValue, let title = object["title"]?.stringValue,
      let subjects = object["subjects"]?.arrayValue
    else { return nil }
    self.init(title: title, subjects: subjects.compactMap(\.stringValue))
  }
}
