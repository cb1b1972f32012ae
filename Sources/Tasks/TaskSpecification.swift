import Support

/// An option of a task.
package typealias TaskOption = OptionSpecification

/// A task as it is asked for: its type and the options given, each decoded by the type's schema. What its data decide is not
/// checked yet.
///
/// Two specifications that were written alike are equal wherever they stand.
package struct TaskSpecification: Sendable, Equatable {
  /// What was given for one key.
  private struct Member: Sendable, Equatable {
    /// The name or alias that it was given under.
    let key: String
    /// The option's present name.
    let option: String
    /// Nil for null, which counts as not given.
    let value: OptionValue?
    /// The value as it was written, paths apart: the plan's hash is of it.
    let written: JSONValue
  }

  package let type: String
  /// The options of the type.
  let options: [TaskOption]
  /// What was given, in its order, the type included.
  private var members: [Member] = []
  /// The place of each key in the text, such as `config.yaml:3:22`, and under "" that of the whole; empty where there is none.
  private var places: [String: String] = [:]

  /// The options that a plan reads of its tasks, and that a task itself does not see.
  private static let planOptions = [
    TaskOption("limit", .integer, range: .from(0), help: "samples of the task; 0: all"),
    TaskOption("models", .texts, help: "names of the models that the task is run on; default: all of the plan"),
  ]

  /// Decodes a specification that stands alone: an object with `type` and the options of that type, or a text that is a type.
  ///
  /// Errors: `.notFound` for an unknown type; `.invalidArgument` for an unknown key, a value that the option cannot have, and
  /// an option given twice, all with the nearest name where there is one.
  package init(_ value: JSONValue) throws(BenchmarkError) {
    var object: JSONObject
    switch value {
    case .object(let given): object = given
    case .string(let type): object = ["type": .string(type)]
    default:
      throw BenchmarkError(.invalidArgument, "a task must be an object with \"type\", not \(value.typeName)")
    }
    object = try TaskCatalogue.resolved(object)
    guard let type = object["type"]?.stringValue else {
      throw BenchmarkError(
        .invalidArgument, "a task needs a \"type\": \(TaskCatalogue.entries.map(\.type).joined(separator: ", "))")
    }
    self.type = type
    options = try TaskCatalogue.entry(type).options
    try decode(object, DocumentPlace(name: type), options) { path, _ in path }
  }

  /// Decodes a task of a plan, which may have a limit of its own, and may be one of callbacks.
  ///
  /// Errors: as of one that stands alone, with the place in the plan.
  /// - Parameters:
  ///   - key: what the plan's map calls it, if it is in one: its type, or its name if the type is given; of two tasks of one
  ///     type each needs a name.
  ///   - path: makes the path that is meant of one that is written.
  package init(
    _ value: JSONValue, key: String?, at place: DocumentPlace, path: (String, DocumentPlace) -> String
  ) throws(BenchmarkError) {
    var object: JSONObject
    switch value {
    case .string(let type): object = ["type": .string(type)]
    case .object(let given): object = given
    case .null where key != nil: object = [:]
    default: throw place.error("the name of a task or an object was expected")
    }
    if object["type"] == nil, let key {
      var named: JSONObject = ["type": .string(key)]
      for (option, value) in object.members { named[option] = value }
      object = named
    }
    guard let given = object["type"]?.stringValue else { throw place.error("\"type\" is missing, such as \"mmlu\"") }
    do throws(BenchmarkError) { object = try TaskCatalogue.resolved(object) } catch {
      throw place["type"].error(error.message, error.kind)
    }
    let type = object["type"]?.stringValue ?? given
    if let key, key != given, object["name"] == nil { object["name"] = .string(key) }
    self.type = type
    do throws(BenchmarkError) {
      options = type == CallbackTask.type ? [NamedTask.option] : try TaskCatalogue.entry(type).options
    } catch { throw place["type"].error(error.message, error.kind) }
    try decode(object, place, options + Self.planOptions, path: path)
    if type == CallbackTask.type, name == nil {
      throw place.error("a task of type \"\(type)\" needs its \"name\"")
    }
    places[""] = place.position
    for member in members where value.objectValue?[member.key] != nil {
      places[member.key] = place[member.key].position
    }
  }

  /// - Parameter known: all options there may be.
  private mutating func decode(
    _ object: JSONObject, _ place: DocumentPlace, _ known: [TaskOption], path: (String, DocumentPlace) -> String
  ) throws(BenchmarkError) {
    _ = try ObjectDecoder(.object(object), place, known: ["type"] + known.flatMap(\.names))
    for (key, written) in object.members {
      guard let option = known.first(where: { $0.names.contains(key) }) else {
        members.append(Member(key: key, option: key, value: .text(type), written: written))
        continue
      }
      if let other = members.first(where: { $0.option == option.name }) {
        throw place[key].error("\"\(other.key)\" and \"\(key)\" are the same option; give one of them")
      }
      members.append(try Self.member(key, option, written, place[key], path: path))
    }
  }

  private static func member(
    _ key: String, _ option: TaskOption, _ written: JSONValue, _ place: DocumentPlace,
    path: (String, DocumentPlace) -> String
  ) throws(BenchmarkError) -> Member {
    var written = written
    if written.isNull { return Member(key: key, option: option.name, value: nil, written: written) }
    var value = try option.decode(written, at: place)
    if option.name == NamedTask.option.name { try NamedTask.check(value, at: place) }
    // An address is the same from every folder.
    if option.isPath, let text = value.text, !text.isEmpty, !text.contains("://") {
      let meant = path(text, place)
      (value, written) = (.text(meant), .string(meant))
    }
    return Member(key: key, option: option.name, value: value, written: written)
  }

  /// The specification with some options given anew; null takes one back.
  ///
  /// Errors: as of decoding.
  package func changed(
    by changes: JSONObject, at place: DocumentPlace, path: (String, DocumentPlace) -> String
  ) throws(BenchmarkError) -> TaskSpecification {
    var changed = self
    let known = options + Self.planOptions
    _ = try ObjectDecoder(.object(changes), place, known: known.flatMap(\.names))
    for (key, value) in changes.members {
      guard let option = known.first(where: { $0.names.contains(key) }) else { continue }
      // Remove the old spelling, else the option is given twice.
      changed.members.removeAll { $0.option == option.name }
      for name in option.names { changed.places[name] = nil }
      changed.members.append(try Self.member(key, option, value, place[key], path: path))
    }
    return changed
  }

  /// The value given for an option, by its present name; nil where none is.
  func given(_ option: String) -> (key: String, value: OptionValue, written: JSONValue)? {
    guard let member = members.first(where: { $0.option == option }), let value = member.value else { return nil }
    return (member.key, value, member.written)
  }

  /// The name that reports have for the task; nil: that of its type, or of its data.
  package var name: String? { given(NamedTask.option.name)?.value.text }

  /// How many samples are asked at most, of each subject where it has subjects; 0: all; nil: as the plan says.
  package var limit: Int? { given("limit")?.value.integer }

  /// The names of the plan's models that it is run on; nil: all.
  package var models: [String]? { given("models")?.value.texts }

  /// The specification as it was written, with the paths that were meant.
  package var json: JSONObject {
    members.reduce(into: JSONObject()) { object, member in object[member.key] = member.written }
  }

  /// An error of loading the task, with the place of the option that it is about in front, or of the task if the option is not
  /// given. What speaks of a file of data has its own place.
  func located(_ error: BenchmarkError) -> BenchmarkError {
    guard let key = error.key, error.kind != .invalidFile else { return error }
    let isGiven = members.contains { $0.key == key }
    guard let place = places[isGiven ? key : ""] else { return error }
    return BenchmarkError(error.kind, "\(place): \(error.message)", key: key)
  }

  package static func == (left: TaskSpecification, right: TaskSpecification) -> Bool {
    left.type == right.type && left.members == right.members
  }
}
