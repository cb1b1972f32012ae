import Evaluation
import Support

/// What descriptions of the catalogue say that task files of the harness do not.
extension TaskDescription {
  static let ownKeys = ["choices_field", "dataset_whole", "shown_target", "metric_names"]

  /// Gives metrics the names that records have for them: `metric_names` maps "METRIC,FILTER", as the harness writes it, to
  /// `name` and `summary`.
  static func name(_ metrics: inout [DescribedMetric], _ member: TaskFile.Member, _ filters: [FilterPipeline])
    throws(BenchmarkError)
  {
    guard let object = member.value.objectValue else { throw member.place.error("a map was expected") }
    for (key, value) in object.members {
      let place = member.place[key]
      let decoder = try ObjectDecoder(value, place, known: ["name", "summary"])
      let parts = key.split(separator: ",", maxSplits: 1).map(String.init)
      guard parts.count == 2, let index = metrics.firstIndex(where: { $0.name == parts[0] }),
        filters.contains(where: { $0.name == parts[1] })
      else { throw place.error("no such metric and filter: \(key)") }
      guard let name = try decoder.text("name") else { throw place.error("\"name\" is missing") }
      metrics[index].names[parts[1]] = (name, try decoder.text("summary") ?? "")
    }
  }

  /// Sentences about what the task does that its user should know.
  var said: [String] {
    (programs == nil ? [] : ["programs that the model writes are run (unsafe_code: true)"]) + omissions
  }

  /// What scores hold, the main metric first.
  var scored: [Metric] {
    if let declared { return declared }
    let named = filters.flatMap { pipeline in
      metrics.map {
        $0.metric(
          pipeline: pipeline.name, isAlone: filters.count == 1, ofHook: processResults != nil,
          isBinary: $0.programs == 1 && repeats == 1
            || pipeline.filters.contains { if case .takeFirst = $0 { true } else { false } })
      }
    }
    return named + (output == .multipleChoice ? [AnswerBits.metric] : [])
  }
}

extension MemberReader {
  /// `dataset_whole`: a configuration that holds the rows of all others, and the field that has the other's name.
  func whole() throws(BenchmarkError) -> DescribedData.Whole? {
    guard let member = file["dataset_whole"] else { return nil }
    let decoder = try ObjectDecoder(member.value, member.place, known: ["name", "field"])
    guard let name = try decoder.text("name"), let field = try decoder.text("field") else {
      throw member.place.error("\"name\" and \"field\" were expected: a configuration and a field of its rows")
    }
    return DescribedData.Whole(name: name, field: field)
  }
}
