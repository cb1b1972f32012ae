import Evaluation
import Support

/// A task under a name of the caller's choosing, so that a report can distinguish two of one type.
struct NamedTask: BenchmarkTask {
  /// The option of every type that gives the name.
  static let option = TaskOption("name", default: .null, help: "name of the task in reports")

  let name: String
  private let task: any BenchmarkTask
  private let specified: @Sendable (any BenchmarkTask) -> JSONObject

  init(_ task: any BenchmarkTask, name: String) {
    self.init(task, name: name) { task in
      var specification = task.specification
      specification[Self.option.name] = .string(name)
      return specification
    }
  }

  /// A task under a specification that its type has, not the one that it was made by.
  init(_ task: any BenchmarkTask, name: String, specified: @escaping @Sendable (any BenchmarkTask) -> JSONObject) {
    self.task = task
    self.name = name
    self.specified = specified
  }

  /// Throws if the value of the option cannot stand in one line of a table.
  static func check(_ value: OptionValue, at place: DocumentPlace) throws(BenchmarkError) {
    let name = value.text ?? ""
    if !isName(name) { throw place.error("one line of text was expected, not \(JSONValue.string(name).text())") }
  }

  static func isName(_ text: String) -> Bool {
    !text.contains(where: \.isNewline) && !PythonText.stripped(text).isEmpty
  }

  var type: String { task.type }
  var specification: JSONObject { specified(task) }
  var dataFiles: [DataFile] { task.dataFiles }
  var metrics: [Metric] { task.metrics }
  var repeats: Int { task.repeats }
  var scoresTogether: Bool { task.scoresTogether }
  var groups: [SampleGroup] { task.groups }
  var notices: [String] { task.notices }
  var count: Int { task.count }
  var variations: [Variation] { task.variations }
  func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    NamedTask(task.varied(by: seeds), name: name, specified: specified)
  }
  func sample(at index: Int) throws(BenchmarkError) -> Sample { try task.sample(at: index) }
  func prompt(at index: Int) throws(BenchmarkError) -> Prompt { try task.prompt(at: index) }
  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score { try task.score(index, response) }
}
