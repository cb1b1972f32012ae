import Plan
import Support
import Tasks

extension SweepRecord {
  /// The plan to do it again from a file in a folder: every default of plan and tasks spelled out, and what was a relative path
  /// relative to that folder.
  package func repeatablePlan(in folder: String) -> JSONValue {
    func path(_ text: String) -> String {
      let isRelative = !text.hasPrefix("/") || plan.origin.relativePaths.contains(text)
      return isRelative ? Paths.relative(text, to: folder) : text
    }
    var object = plan.canonical.objectValue ?? [:]
    object["models"] = .array(
      (object["models"]?.arrayValue ?? []).map { model in
        guard var entry = model.objectValue, let text = entry["path"]?.stringValue, PlanFolder.isPath(text)
        else { return model }
        entry["path"] = .string(path(text))
        return .object(entry)
      })
    object["tasks"] = .array(
      plan.tasks.enumerated().map { number, given in
        let run = runs.first { run in
          cells.contains {
            $0.cell.taskNumber == number && $0.cell.run == run.seeds.run && $0.taskName == run.taskName
          } && run.seeds.run == 1
        }
        guard let entry = try? TaskCatalogue.entry(given.type) else { return .object(given.json) }
        let written = TaskCatalogue.canonical(given.json)
        var task = run?.specification ?? written
        for (key, value) in written.members where task[key] == nil { task[key] = value }
        for option in entry.options where option.isPath {
          if let text = task[option.name]?.stringValue, !text.contains("://") {
            task[option.name] = .string(path(text))
          }
        }
        return .object(task)
      })
    return .object(object)
  }
}
