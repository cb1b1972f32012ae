import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// What was published of a sweep's models beside what it measured: every run of a task by which a published score can be
/// measured, whether the plan named a card or not.
///
/// A published value is compatible with a measured one if some value that is printed like it, rounded as its source rounds,
/// lies in the interval of the measured one.
struct PublishedComparison {
  struct Row {
    let model: String
    let score: PublishedScore
    let taskName: String
    let run: RunRecord
    let metric: Metric
    let estimate: Estimate?
    /// Why the two are not set against each other; nil: they are.
    let obstacle: String?

    /// What the measured value is multiplied by to be one of the source.
    var scale: Double { metric.isShare ? 100 : 1 }
    var measured: Double? { estimate.flatMap { $0.mean ?? $0.median } }
    var published: Double { score.value / scale }
    var difference: Double? { measured.map { $0 - published } }
    /// Nil where there is no interval, or something else was measured.
    var isCompatible: Bool? {
      obstacle == nil ? estimate?.interval.map { score.isCompatible(with: $0, scale: scale) } : nil
    }
    var shots: String? { run.specification["shots"]?.integerValue.map { "\($0)" } ?? score.shots }
  }

  /// A published score that no run measured.
  struct Missing {
    let model: String
    let score: PublishedScore
    let reason: String
    /// Whether a task of the catalogue measures it, which the plan does not have.
    let isNotAsked: Bool
  }

  let rows: [Row]
  let missing: [Missing]
  let intervalName: String

  /// Nil where nothing that is published was measured.
  init?(_ record: SweepRecord) {
    let source = ChartSource(record)
    var (rows, missing) = ([Row](), [Missing]())
    for model in record.plan.models {
      guard let name = model.publishedName else { continue }
      for score in PublishedScore.of(name) {
        let found = Self.rows(model.name, score, source)
        rows += found
        if found.isEmpty, score.isOfCard {
          let failure = Self.failure(model.name, score, record)
          let there = score.protocols.contains { $0.task.map(TaskCatalogue.has) ?? false }
          missing.append(
            Missing(
              model: model.name, score: score,
              reason: failure.map { "failed: \($0)" } ?? (there ? "not run" : CardEntry.Panel.reason(score.protocols)),
              isNotAsked: failure == nil && there))
        }
      }
    }
    if rows.isEmpty { return nil }
    self.rows = rows
    let models = Set(rows.map(\.model))
    self.missing = missing.filter { models.contains($0.model) }
    intervalName = source.intervalName
  }

  private static func rows(_ model: String, _ score: PublishedScore, _ source: ChartSource) -> [Row] {
    var rows: [Row] = []
    for task in source.tasks {
      guard let run = task.entries[model]?.runs.first, isWhole(run) else { continue }
      let name = TaskCatalogue.name(of: run.specification)
      for way in score.protocols
      where way.fits(
        score, task: name, shots: run.specification["shots"]?.integerValue, hasChatTemplate: run.chatTemplate != nil)
      {
        for names in way.metrics {
          guard let metric = names.lazy.compactMap({ name in run.metrics.first { $0.name == name } }).first,
            !rows.contains(where: { $0.taskName == task.name && $0.metric == metric })
          else { continue }
          rows.append(
            Row(
              model: model, score: score, taskName: task.name, run: run, metric: metric,
              estimate: source.estimate(task, model, metric), obstacle: obstacle(score, run)))
        }
      }
    }
    return rows
  }

  /// Whether a run is of the benchmark, not of a part of it or of somebody's own questions in its layout.
  private static func isWhole(_ run: RunRecord) -> Bool {
    let type = run.specification["type"]?.stringValue ?? ""
    let options = (try? TaskCatalogue.entry(type))?.options ?? []
    for name in ["subset", "split"] {
      let standard = options.first { $0.name == name }?.defaultValue
      if let standard, let value = run.specification[name], value != standard { return false }
    }
    let known = TaskCatalogue.groups(ofType: type).flatMap(\.subjects)
    return known.isEmpty || run.subjects.isEmpty || run.subjects.contains(where: known.contains)
  }

  /// What was asked otherwise than the source says.
  private static func obstacle(_ score: PublishedScore, _ run: RunRecord) -> String? {
    guard let thinks = score.thinks, thinks != (run.settings["thinking"]?.stringValue == "on") else { return nil }
    return thinks ? "published with thinking, measured without" : "published without thinking, measured with it"
  }

  /// Why the task by which a score is measured has no run.
  private static func failure(_ model: String, _ score: PublishedScore, _ record: SweepRecord) -> String? {
    let tasks = score.protocols.compactMap(\.task)
    for cell in record.cells
    where cell.modelName == model && tasks.contains(TaskCatalogue.name(of: cell.cell.task.json)) {
      if case .failure(let error) = cell.outcome { return error.message }
    }
    return nil
  }

  // MARK: Tables

  /// The models with their cards' names, tables, and what to know beside each.
  ///
  /// - Parameter isShort: without the columns that other tables of the same page have.
  func tables(isShort: Bool = false) -> [(title: String, table: Table, notes: [String])] {
    var models: [String] = []
    for row in rows where !models.contains(row.model) { models.append(row.model) }
    return models.map { model in
      let own = rows.filter { $0.model == model }
      let name = own.first?.score.model ?? ""
      var sources: [String] = []
      for row in own where !sources.contains(row.score.source) { sources.append(row.score.source) }
      return (
        title: "\(model): published (of \(name)) and measured", table: table(own, sources, isShort: isShort),
        notes: sources.enumerated().map { "[\($0 + 1)] \($1)" } + Self.remarks(own)
          + missingNotes(missing.filter { $0.model == model }, name)
      )
    }
  }

  private func table(_ rows: [Row], _ sources: [String], isShort: Bool) -> Table {
    // Of several rows of one benchmark each says what tells it from the others.
    let labels = rows.map { row -> String in
      let namesakes = rows.filter { $0.score.benchmark == row.score.benchmark }
      let hasTasks = namesakes.contains { $0.taskName != row.taskName }
      let hasMetrics = namesakes.contains { $0.taskName == row.taskName && $0.metric != row.metric }
      return row.score.benchmark + (hasTasks ? " · \(row.taskName)" : "") + (hasMetrics ? " · \(row.metric.name)" : "")
    }
    let cells = zip(labels, rows).map { label, row -> [String] in
      let source = sources.firstIndex(of: row.score.source) ?? 0
      var cells = [label, row.score.text + (row.metric.isShare ? "%" : ""), row.measured.map(row.metric.text) ?? "–"]
      cells.append(row.estimate?.interval.map { SweepReport.words($0, row.metric.unit) } ?? "no interval")
      cells.append(row.difference.map(row.metric.unit.change) ?? "–")
      cells.append(row.isCompatible.map { $0 ? "yes" : "no" } ?? "–")
      cells.append(row.shots ?? "–")
      if !isShort { cells += [row.taskName, row.metric.title] }
      cells.append("\(row.run.samples.count)" + (row.run.limit.map { " (limit \($0))" } ?? ""))
      cells.append("[\(source + 1)]")
      return cells
    }
    var header = ["benchmark", "published", "measured", intervalName, "difference", "compatible", "shots"]
    if !isShort { header += ["task", "metric"] }
    return Table(
      header: header + ["questions", "source"], rows: cells, numericColumns: [1, 2, 3, 4, 6, header.count])
  }

  private static func remarks(_ rows: [Row]) -> [String] {
    var remarks: [String] = []
    for row in rows {
      let remark = row.obstacle.map { "\(row.score.benchmark): \($0), so the two are not set against each other" }
      if let remark, !remarks.contains(remark) { remarks.append(remark) }
    }
    if rows.contains(where: { $0.run.limit != nil }) {
      remarks.append("limited runs: intervals are of the questions measured, the published scores of all")
    }
    return remarks
  }

  /// What is not measured: each with its reason, if the plan has all that could be; else their number.
  private func missingNotes(_ missing: [Missing], _ name: String) -> [String] {
    let others = missing.count(where: \.isNotAsked)
    if others > 0 {
      let scores = others.counted("other score")
      return ["\(scores) on the card of \(name) can be measured: `gemmabench run MODEL card` does it"]
    }
    let words = CardEntry.Panel.words(missing.map { ($0.score.benchmark, $0.reason) })
    return missing.isEmpty ? [] : ["not measured: \(words)"]
  }

  // MARK: JSON

  /// Values of shares are fractions, as everywhere in the report.
  var json: JSONValue {
    let rows = rows.map { row -> JSONValue in
      var object: JSONObject = [
        "model": .string(row.model), "card": .string(row.score.model), "benchmark": .string(row.score.benchmark),
        "shots": row.score.shots.map { .string($0) } ?? .null, "published_metric": .string(row.score.metric),
        "published_text": .string(row.score.text), "published": .number(row.published),
        "source": .string(row.score.source), "source_kind": .string(row.score.kind.rawValue),
        "task": .string(row.taskName), "measured_shots": row.run.specification["shots"] ?? .null,
        "metric": .string(row.metric.name), "unit": .string(row.metric.unit.name),
        "measured": JSONValue(optional: row.measured),
      ]
      object["lower"] = JSONValue(optional: row.estimate?.interval?.lower)
      object["upper"] = JSONValue(optional: row.estimate?.interval?.upper)
      object["level"] = JSONValue(optional: row.estimate?.interval?.level)
      object["difference"] = JSONValue(optional: row.difference)
      object["compatible"] = row.isCompatible.map { .bool($0) } ?? .null
      object["obstacle"] = row.obstacle.map { .string($0) } ?? .null
      object["questions"] = JSONValue(row.run.samples.count)
      object["limit"] = row.run.limit.map { JSONValue($0) } ?? .null
      return .object(object)
    }
    let missing = missing.map { entry -> JSONValue in
      [
        "model": .string(entry.model), "card": .string(entry.score.model),
        "benchmark": .string(entry.score.benchmark), "shots": entry.score.shots.map { .string($0) } ?? .null,
        "published_metric": .string(entry.score.metric), "published_text": .string(entry.score.text),
        "source": .string(entry.score.source), "reason": .string(entry.reason),
      ]
    }
    return ["rows": .array(rows), "not_measured": .array(missing)]
  }
}
