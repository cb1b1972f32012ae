import Configuration
import Support

/// A task file of lm-evaluation-harness with the files that it includes, as one map whose members know where they stand.
///
/// The rules are those of lm_eval/tasks/_yaml_loader.py (0.4.13): an included file is found from the folder of the file that
/// includes it, later ones win over earlier ones, and what a file says itself wins over all of them.
package struct TaskFile: Sendable {
  /// A member with the file that says it.
  package struct Member: Sendable {
    package let key: String
    package let value: JSONValue
    package let place: DocumentPlace
    /// The folder of the file: Python functions are named from it.
    package let folder: String?
  }

  /// A scalar with this tag names a function of Python; it is read as a map with the tag as its key.
  static let functionTag = "!function"
  /// A scalar with this tag names a function that is written here: the catalogue's files have no Python beside them.
  static let nativeTag = "!native"

  package let path: String
  /// Whether it is a part of a file of the catalogue, which has keys that the harness has not.
  let isOwn: Bool
  private var positions: [String: Int] = [:]
  package private(set) var members: [Member] = []

  /// Reads a file and all that it includes.
  ///
  /// Errors: a file that is missing or no YAML map; files that include one another.
  package init(_ path: String) throws(BenchmarkError) {
    var open: [String] = []
    try self.init(path, including: &open)
  }

  private init(_ path: String, including open: inout [String]) throws(BenchmarkError) {
    self.path = path
    isOwn = false
    let absolute = Paths.absolute(path)
    if open.contains(absolute) {
      throw BenchmarkError(.invalidFile, "\(path): files include one another: \(open.joined(separator: ", "))")
    }
    open.append(absolute)
    defer { open.removeLast() }
    let document = try YAMLReader.parse(
      try FileSystem.read(path), name: path, dialect: .init(isPython: true, tags: [Self.functionTag]))
    let place = DocumentPlace(name: path, document: document, kind: .invalidFile)
    guard let object = document.value.objectValue else {
      throw place.error("a map was expected, such as \"task: NAME\", not \(document.value.typeName)")
    }
    let folder = Paths.folder(of: path)
    for (position, name) in try Self.texts(object["include"], place["include"]).enumerated() {
      do throws(BenchmarkError) {
        let included = try TaskFile(Paths.joined(folder, Paths.expanded(name)), including: &open)
        for member in included.members where member.key != "task_list" { set(member) }
      } catch  where error.kind == .notFound {
        throw place["include"][position].error(error.message)
      }
    }
    for (key, value) in object.members where key != "include" {
      set(Member(key: key, value: value, place: place[key], folder: folder))
    }
  }

  /// A task that is a part of another file.
  init(_ path: String, name: String, members: [Member], at place: DocumentPlace) {
    self.path = path
    isOwn = true
    set(Member(key: "task", value: .string(name), place: place, folder: nil))
    for member in members { set(member) }
  }

  private mutating func set(_ member: Member) {
    if let position = positions[member.key] {
      members[position] = member
    } else {
      positions[member.key] = members.count
      members.append(member)
    }
  }

  /// The member of a key; nil where there is none, or null.
  package subscript(key: String) -> Member? {
    positions[key].map { members[$0] }.flatMap { $0.value.isNull ? nil : $0 }
  }

  /// Puts values in the place of members: those that a group gives to its tasks.
  mutating func override(_ values: JSONObject, at place: DocumentPlace, folder: String?) {
    for (key, value) in values.members {
      set(Member(key: key, value: value, place: place[key], folder: folder))
    }
  }

  /// A text, or a list of texts; none where there is nothing.
  static func texts(_ value: JSONValue?, _ place: DocumentPlace) throws(BenchmarkError) -> [String] {
    switch value {
    case nil, .null?: return []
    case .string(let text)?: return [text]
    case .array(let elements)?:
      var texts: [String] = []
      for (position, element) in elements.enumerated() {
        guard let text = element.stringValue else {
          throw place[position].error("a text was expected, not \(element.text())")
        }
        texts.append(text)
      }
      return texts
    case let value?: throw place.error("a text or a list of texts was expected, not \(value.text())")
    }
  }

  /// The function that a value names, as `PythonHook` takes it; nil if it is another value.
  static func function(_ value: JSONValue) -> String? {
    guard let object = value.objectValue, object.members.count == 1 else { return nil }
    return object[functionTag]?.stringValue ?? object[nativeTag]?.stringValue.map { "\(nativeTag) \($0)" }
  }
}
