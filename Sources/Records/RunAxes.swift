import Plan
import Support

/// What the runs of a sweep differ in, as texts by name: `model`, `task`, `run`, and what the plan says of the model, such as
/// `quantization`, `precision`, `context_length`, `path`.
package struct RunAxes: Sendable {
  /// What stands where a plan says nothing.
  package static let unsaid = "default"

  /// All axes there are.
  package static let names = ["model", "task", "run"] + SweepPlan.ModelEntry.axes

  private let values: JSONObject

  init(_ run: RunRecord, _ entry: SweepPlan.ModelEntry) {
    var values = JSONObject()
    for (name, value) in entry.canonical.members
    where SweepPlan.ModelEntry.axes.contains(name) && !value.isNull {
      values[name] = .string(value.stringValue ?? value.text())
    }
    values["model"] = .string(run.modelName)
    values["task"] = .string(run.taskName)
    values["run"] = .string("\(run.seeds.run)")
    self.values = values
  }

  package subscript(name: String) -> String { values[name]?.stringValue ?? Self.unsaid }

  /// The axes of every run of a record, in its order.
  package static func all(_ record: SweepRecord) -> [(run: RunRecord, axes: RunAxes)] {
    record.cells.compactMap { cell in
      (try? cell.outcome.get()).map { ($0, RunAxes($0, cell.cell.model)) }
    }
  }

  /// Throws, with the nearest name, unless there is an axis of the name.
  package static func check(_ name: String, _ option: String) throws(BenchmarkError) {
    if !names.contains(name) {
      throw BenchmarkError(
        .invalidArgument, "\(option): no such axis \"\(name)\"\(NearestName.hint(name, among: names))")
    }
  }
}
