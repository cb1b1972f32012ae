import Evaluation
import Plan
import Records
import Support
import Tasks

extension RunRecord {
  /// The run behind a header and the samples that were kept, in their order.
  init(
    _ header: RunHeader, modelName: String, taskName: String, limit: Int?, planned: Int, entries: [CellJournal.Entry],
    startedAt: String
  ) {
    self.init(
      header, modelName: modelName, taskName: taskName, limit: limit, samples: entries.map(\.record),
      plannedCount: planned, seconds: entries.reduce(0) { $0 + $1.record.seconds },
      tokensAsked: entries.reduce(0) { $0 + $1.tokensAsked },
      tokensComputed: entries.reduce(0) { $0 + $1.tokensComputed }, startedAt: startedAt)
  }
}

extension SampleRecord {
  /// The record as a store keeps it: as reports have it, with what was read under each metric.
  var stored: JSONValue {
    guard var object = json.objectValue else { return .null }
    object["predictions"] = .object(score.predictions)
    object["seconds"] = nil
    return .object(object)
  }
}
