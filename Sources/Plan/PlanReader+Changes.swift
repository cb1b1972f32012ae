import Support
import Tasks

/// Plans with some of their keys replaced.
extension PlanReader {
  /// A plan with some of its keys replaced (`SweepPlan.changed`): only what changes is decoded anew, and models and tasks that
  /// do not stay as they are.
  static func read(_ changes: JSONObject, changing plan: SweepPlan) throws(BenchmarkError) -> SweepPlan {
    var reader = PlanReader(folder: PlanFolder())
    let place = DocumentPlace(name: "plan")
    var object = plan.canonicalSettings
    var output = plan.output.canonical
    output["path"] = plan.output.path.map { .string($0) } ?? .null
    var (models, tasks) = (plan.models, plan.tasks)
    for (key, value) in changes.members {
      switch (key, value.objectValue) {
      case ("model", let given?):
        for index in models.indices {
          models[index] = try reader.model(models[index], changedBy: given, place["models"][index])
          try checkLastName(of: Array(models[...index]), place["models"][index])
        }
      case ("task", let given?):
        for (name, options) in given.members {
          try reader.change(&tasks, name, options.objectValue ?? [:], place["tasks"])
        }
      case ("models", _), ("tasks", _):
        throw BenchmarkError(.invalidArgument, "changes: \"\(key)\" cannot be changed; edit the plan")
      case ("output", let given?): for (key, value) in given.members { output[key] = value }
      case ("output", nil): output["path"] = value
      default: object[key] = value
      }
    }
    object["output"] = .object(output)
    let top = try ObjectDecoder(.object(object), place, known: Self.keys + Self.foreignKeys)
    reader.relativePaths = plan.origin.relativePaths
    reader.warnings = []
    let settings = try reader.settings(of: top)
    reader.warnings = plan.warnings
    return try reader.plan(settings, models: models, tasks: tasks)
  }

  /// An entry with some of its keys replaced. Where its cache lies is not part of its canonical form, and stays.
  private mutating func model(
    _ entry: SweepPlan.ModelEntry, changedBy changes: JSONObject, _ place: DocumentPlace
  ) throws(BenchmarkError) -> SweepPlan.ModelEntry {
    var object = entry.canonical
    if let folder = entry.cacheFolder { object["cache_dir"] = .string(folder) }
    for (key, value) in changes.members { object[key] = value }
    return try model(nil, .object(object), place, Common())
  }

  /// Replaces options of the tasks of a type or a name.
  private mutating func change(
    _ tasks: inout [TaskSpecification], _ name: String, _ options: JSONObject, _ place: DocumentPlace
  ) throws(BenchmarkError) {
    let names = tasks.flatMap { [$0.type, $0.name].compactMap { $0 } }
    if !names.contains(name) {
      throw BenchmarkError(
        .invalidArgument, "changes: the plan has no task \"\(name)\"\(NearestName.hint(name, among: names))")
    }
    for index in tasks.indices where tasks[index].type == name || tasks[index].name == name {
      tasks[index] = try tasks[index].changed(by: options, at: place[index]) { found(folder.path($0), of: $0, $1) }
    }
  }
}
