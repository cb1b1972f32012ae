import Support

/// Where the tasks of a plan stand in its text: what is wrong with an option may show only once the data is there. And which of
/// its paths are relative there.
///
/// Two plans of one content are equal wherever their parts stand.
package struct TaskPlaces: Sendable, Equatable {
  /// For each task the place of each of its keys, such as `config.yaml:3:22`, and under "" its own. // [tasks]
  private var places: [[String: String]] = []
  /// The paths of the plan that are relative in its text, of models and tasks, as they are from the current folder.
  package var relativePaths: Set<String> = []

  mutating func append(_ task: JSONObject, _ place: PlanPlace) {
    var found: [String: String] = [:]
    found[""] = place.position
    for key in task.keys { found[key] = place[key].position }
    places.append(found)
  }

  /// An error of loading a task, with the place of the option that it is about in front, or of the task if the option is not
  /// given. What speaks of a file of data has its own place.
  package func located(_ error: BenchmarkError, task number: Int) -> BenchmarkError {
    guard let key = error.key, error.kind != .invalidFile, places.indices.contains(number),
      let place = places[number][key] ?? places[number][""]
    else { return error }
    return BenchmarkError(error.kind, "\(place): \(error.message)", key: key)
  }

  package static func == (_: TaskPlaces, _: TaskPlaces) -> Bool { true }
}
