import Support
import Tasks

extension RunRecord {
  /// The specification without the name that a plan gave the task: what decides the samples and their scores.
  private var question: JSONObject {
    var object = specification
    object["name"] = nil
    return object
  }

  /// Whether two runs ask the same questions in the same way, whatever their plans call the task.
  public func asksTheSame(as other: RunRecord) -> Bool {
    JSONValue.object(question).text(sortedKeys: true) == JSONValue.object(other.question).text(sortedKeys: true)
      && Set(dataFiles.map(\.sha256)) == Set(other.dataFiles.map(\.sha256))
  }

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
