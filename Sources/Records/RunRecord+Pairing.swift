import Plan
import Support
import Tasks

extension RunRecord {
  /// What a run asks, as a text that is equal for equal questions: its specification without the name that a plan gave the task,
  /// and the digests of its data.
  var question: String {
    var object = specification
    object["name"] = nil
    return JSONValue.object(object).text(sortedKeys: true)
      + Set(dataFiles.map(\.sha256)).sorted().joined(separator: " ")
  }

  /// Whether two runs ask the same questions in the same way, whatever their plans call the task.
  package func asksTheSame(as other: RunRecord) -> Bool { question == other.question }

  /// Whether samples of two runs may be paired by their names: the same questions, or the same task with other options.
  ///
  /// Of a type that people define themselves, the name tells which task it is, unless the specifications are equal.
  func isOfSameTask(as other: RunRecord) -> Bool {
    if asksTheSame(as: other) { return true }
    let type = specification["type"]?.stringValue ?? ""
    return specification["type"] == other.specification["type"]
      && (!TaskCatalogue.ownTypes.contains(type) || taskName == other.taskName)
  }
}
