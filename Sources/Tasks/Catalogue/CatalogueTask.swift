import CatalogueFiles
import Configuration
import Evaluation
import Glibc
import Support

/// What is said of a task of the catalogue beside how it is asked.
package struct TaskAbout: Sendable {
  package let title: String
  /// Where the data come from: a page.
  package let source: String?
  package let paper: String?
  package let licence: String?
  package let tags: [String]
  /// The samples of the split that is evaluated.
  package let questions: Int?
  /// What guessing scores on the main metric; nil where an answer is generated.
  package let chance: Double?
  /// Whether the data set is given only to those who accept its terms, so that a token is needed.
  package let isGated: Bool
  /// The few-shot examples that the task has by default.
  package let shots: Int
  /// How the questions are put, of a task that is one of a band (`TaskBand`).
  package let way: String?

  package var json: JSONObject {
    [
      "source": source.map { .string($0) } ?? .null, "paper": paper.map { .string($0) } ?? .null,
      "licence": licence.map { .string($0) } ?? .null, "tags": .array(tags.map { .string($0) }),
      "questions": questions.map { JSONValue($0) } ?? .null, "chance": chance.map { .number($0) } ?? .null,
      "gated": .bool(isGated), "shots": JSONValue(shots),
    ]
  }
}

/// A task of the catalogue: what is said of it, and its task file, or those of its subjects.
///
/// A file of the catalogue is YAML: keys about its tasks, `common`, the keys of task files that all of them have, and `tasks`, a
/// map of names to the keys that each has itself. `subjects`, a list of names or a map of names to keys, makes a task of
/// several; `$subject` stands for the name in every text.
struct CatalogueTask: Sendable {
  /// The environment variable that names a folder with files of further tasks.
  static let environmentVariable = "GEMMABENCH_CATALOGUE"

  let name: String
  let about: TaskAbout
  /// The files of the subjects, each of that name; one, of the task's own name, where there are no subjects.
  let files: [TaskFile]
  let hasSubjects: Bool
  /// The members that the file of a subject has, with the subject's name still to be put in.
  private let members: [TaskFile.Member]
  private let place: DocumentPlace
  let output: TaskDescription.Output

  private static let aboutKeys = ["title", "source", "paper", "licence", "tags", "questions", "chance", "gated", "way"]
  private static let subjectsKey = "subjects"
  private static let placeholder = "$subject"

  /// The tasks that come with the library, then those of the folder that `GEMMABENCH_CATALOGUE` names; one of a name that the
  /// library has takes its place.
  static let all = Result { () throws(BenchmarkError) -> [CatalogueTask] in
    var tasks = try own.get()
    guard let folder = getenv(environmentVariable).map({ Paths.expanded(String(cString: $0)) }), !folder.isEmpty else {
      return tasks
    }
    for name in try FileSystem.list(folder) where name.hasSuffix(".yaml") {
      let path = folder + "/" + name
      for task in try read(try FileSystem.read(path), name: path, folder: folder) {
        tasks.removeAll { $0.name == task.name }
        tasks.append(task)
      }
    }
    return tasks
  }

  /// Those that come with the library.
  private static let own = Result { () throws(BenchmarkError) -> [CatalogueTask] in
    var tasks: [CatalogueTask] = []
    var count = 0
    let files = gbc_files(&count)
    for index in 0..<count {
      guard let file = files?[index] else { continue }
      let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
      tasks += try read(bytes, name: String(cString: file.name), folder: nil)
    }
    return tasks
  }

  /// All tasks, or the library's alone where the folder cannot be read.
  static let known = (try? all.get()) ?? (try? own.get()) ?? []

  /// The tasks of a file.
  ///
  /// Errors: YAML that is malformed or no map of the kind; an unknown key, with file, line and column.
  private static func read(_ bytes: [UInt8], name: String, folder: String?) throws(BenchmarkError) -> [CatalogueTask] {
    let document = try YAMLReader.parse(
      bytes, name: name, dialect: .init(isPython: true, tags: [TaskFile.functionTag, TaskFile.nativeTag]))
    let place = DocumentPlace(name: name, document: document, kind: .invalidFile)
    let file = try ObjectDecoder(document.value, place, known: aboutKeys + ["common", "tasks"])
    guard let named = file["tasks"]?.objectValue else {
      throw place.error("\"tasks\" is missing: a map of names to tasks")
    }
    var tasks: [CatalogueTask] = []
    for (name, value) in named.members {
      let own = place["tasks"][name]
      guard let object = value.objectValue else { throw own.error("a map was expected, not \(value.text())") }
      tasks.append(try CatalogueTask(name, object, own, file: file, place, folder: folder))
    }
    return tasks
  }

  private init(
    _ name: String, _ object: JSONObject, _ place: DocumentPlace, file: ObjectDecoder, _ whole: DocumentPlace,
    folder: String?
  ) throws(BenchmarkError) {
    self.name = name
    var members: [TaskFile.Member] = []
    func add(_ object: JSONObject, _ place: DocumentPlace) {
      for (key, value) in object.members where !Self.aboutKeys.contains(key) && key != Self.subjectsKey {
        members.append(TaskFile.Member(key: key, value: value, place: place[key], folder: folder))
      }
    }
    add(file["common"]?.objectValue ?? [:], whole["common"])
    add(object, place)

    var subjects: [(name: String, members: [TaskFile.Member])] = []
    let subjectsPlace = place[Self.subjectsKey]
    switch object[Self.subjectsKey] {
    case nil: break
    case .array(let names)?:
      subjects = try TaskFile.texts(.array(names), subjectsPlace).map { ($0, []) }
    case .object(let changes)?:
      for (name, change) in changes.members {
        let place = subjectsPlace[name]
        guard let object = change.objectValue else { throw place.error("a map was expected, not \(change.text())") }
        let own = object.members.map {
          TaskFile.Member(key: $0.key, value: $0.value, place: place[$0.key], folder: folder)
        }
        subjects.append((name, own))
      }
    case let value?: throw subjectsPlace.error("a list of names or a map was expected, not \(value.text())")
    }
    hasSubjects = !subjects.isEmpty
    self.members = members
    self.place = place
    files =
      subjects.isEmpty
      ? [TaskFile(place.name, name: name, members: members, at: place)]
      : subjects.map { Self.file(of: $0.name, members + $0.members, at: place) }
    output =
      files[0]["output_type"]?.value.stringValue.flatMap { TaskDescription.Output(rawValue: $0) } ?? .generation
    // What a task says of itself wins over what its file says.
    let common = file["common"]?.objectValue
    func said(_ key: String) -> JSONValue? { object[key] ?? common?[key] ?? file[key] }
    let place = object["tags"] == nil ? whole : place
    about = TaskAbout(
      title: said("title")?.stringValue ?? name, source: said("source")?.stringValue, paper: said("paper")?.stringValue,
      licence: said("licence")?.stringValue, tags: try TaskFile.texts(said("tags"), place["tags"]),
      questions: said("questions")?.integerValue, chance: said("chance")?.doubleValue,
      isGated: said("gated")?.boolValue ?? false, shots: files[0]["num_fewshot"]?.value.integerValue ?? 0,
      way: said("way")?.stringValue)
  }

  private static func file(of subject: String, _ members: [TaskFile.Member], at place: DocumentPlace) -> TaskFile {
    TaskFile(
      place.name, name: subject, members: members.map { $0.replacing(placeholder, with: subject) }, at: place)
  }

  /// The file of a subject that the task need not have itself.
  func file(ofSubject subject: String) -> TaskFile { Self.file(of: subject, members, at: place) }

  /// What scores hold, the main metric first.
  var metrics: [Metric] { (try? TaskDescription(files[0]))?.scored ?? [] }
}

extension TaskFile.Member {
  /// The member with another text wherever one stands in its texts.
  fileprivate func replacing(_ text: String, with other: String) -> TaskFile.Member {
    TaskFile.Member(key: key, value: Self.replaced(value, text, other), place: place, folder: folder)
  }

  private static func replaced(_ value: JSONValue, _ text: String, _ other: String) -> JSONValue {
    switch value {
    case .string(let string): return .string(string.replacing(text, with: other))
    case .array(let elements): return .array(elements.map { replaced($0, text, other) })
    case .object(let object):
      return .object(
        object.members.reduce(into: JSONObject()) { $0[$1.key] = replaced($1.value, text, other) })
    default: return value
    }
  }
}
