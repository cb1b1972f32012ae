import Evaluation
import Plan
import Records
import Support
import Tasks

/// The scores of tasks that put the same questions in several ways (`TaskBand`), with the lowest and the highest of each model.
struct BandComparison {
  struct Row {
    let model: String
    /// The score of each way; nil where it was not measured.
    let scores: [Double?]
    let shots: String
    let unit: ValueUnit

    var lowest: Double? { scores.compactMap { $0 }.min() }
    var highest: Double? { scores.compactMap { $0 }.max() }
  }

  let band: TaskBand
  let rows: [Row]

  /// The bands of which a model has at least two ways with the same shots and the same number of questions.
  static func all(_ record: SweepRecord) -> [BandComparison] {
    let source = ChartSource(record)
    return TaskBand.all.compactMap { band in
      var rows: [Row] = []
      for model in source.models {
        // Those that can be set beside each other: with as many examples, on as many questions.
        var groups: [(shots: String, count: Int, scores: [Double?], unit: ValueUnit)] = []
        for task in source.tasks {
          guard let run = task.entries[model]?.runs.first, task.isShare,
            let way = band.tasks.firstIndex(where: { $0.type == run.specification["type"]?.stringValue }),
            let estimate = source.estimate(task, model), let score = estimate.mean ?? estimate.median
          else { continue }
          let shots = run.specification["shots"]?.integerValue.map { "\($0)" } ?? "–"
          let count = run.samples.count
          let index = groups.firstIndex { $0.shots == shots && $0.count == count } ?? groups.count
          if index == groups.count {
            groups.append((shots, count, [Double?](repeating: nil, count: band.tasks.count), task.metric.unit))
          }
          if groups[index].scores[way] == nil { groups[index].scores[way] = score }
        }
        for group in groups where group.scores.count(where: { $0 != nil }) > 1 {
          rows.append(Row(model: model, scores: group.scores, shots: group.shots, unit: group.unit))
        }
      }
      return rows.isEmpty ? nil : BandComparison(band: band, rows: rows)
    }
  }

  var title: String { "\(band.title): how far the scores lie apart" }

  var table: Table {
    Table(
      header: ["model"] + band.tasks.map(\.way) + ["band", "shots"],
      rows: rows.map { row in
        func text(_ value: Double?) -> String { value.map { row.unit.text($0) } ?? "–" }
        return [row.model] + row.scores.map(text) + ["\(text(row.lowest)) – \(text(row.highest))", row.shots]
      }, numericColumns: Set(1...band.tasks.count + 2))
  }

  /// Scores are fractions, as everywhere in the report.
  var json: JSONValue {
    [
      "band": .string(band.name),
      "rows": .array(
        rows.map { row in
          var scores = JSONObject()
          for (task, score) in zip(band.tasks, row.scores) { scores[task.type] = JSONValue(optional: score) }
          return [
            "model": .string(row.model), "shots": .string(row.shots), "scores": .object(scores),
            "lowest": JSONValue(optional: row.lowest), "highest": JSONValue(optional: row.highest),
          ]
        }),
    ]
  }
}
