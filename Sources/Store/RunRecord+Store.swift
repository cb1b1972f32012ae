import Evaluation
import Plan
import Records
import Support
import Tasks

extension RunRecord {
  /// What a store keeps of a run beside its samples.
  package static func header(
    task: any BenchmarkTask, model: JSONValue, chatTemplate: String?, firstPromptTokens: [Int32]
  ) -> JSONValue {
    [
      "model": model, "specification": .object(task.specification),
      "data_files": .array(task.dataFiles.map { ["path": .string($0.path), "sha256": .string($0.sha256)] }),
      "metrics": .array(task.metrics.map { .object($0.json) }),
      "chat_template": chatTemplate.map { .string($0) } ?? .null,
      "first_prompt_tokens": .array(firstPromptTokens.map { JSONValue(Int($0)) }),
      "groups": .array(task.groups.map(\.json)),
    ]
  }

  /// The run behind a header and the samples that were kept, in their order; nil if the header is not whole.
  init?(
    header: JSONObject, modelName: String, taskName: String, limit: Int?, planned: Int, entries: [CellJournal.Entry],
    startedAt: String
  ) {
    guard let specification = header["specification"]?.objectValue, let metrics = header["metrics"]?.arrayValue else {
      return nil
    }
    self.init(
      modelName: modelName, model: header["model"] ?? .null, taskName: taskName,
      specification: TaskCatalogue.canonical(specification),
      dataFiles: (header["data_files"]?.arrayValue ?? []).compactMap(DataFile.init(saved:)),
      metrics: metrics.compactMap(Metric.init(saved:)), limit: limit, samples: entries.map(\.record),
      plannedCount: planned, seconds: entries.reduce(0) { $0 + $1.record.seconds },
      tokensAsked: entries.reduce(0) { $0 + $1.tokensAsked },
      tokensComputed: entries.reduce(0) { $0 + $1.tokensComputed }, startedAt: startedAt,
      chatTemplate: header["chat_template"]?.stringValue,
      firstPromptTokens: (header["first_prompt_tokens"]?.arrayValue ?? []).compactMap {
        $0.integerValue.flatMap(Int32.init(exactly:))
      })
    groups = Self.groups(header["groups"], specification)
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
