import Evaluation
import Plan
import Records
import Support
import Tasks

/// The scores for a terminal of 80 columns, each with what is needed to judge it: interval, chance level, shots, and the
/// model's size, weights and arithmetic. Everything else is in the whole report.
struct ShortReport {
  private let report: SweepReport
  private let source: ChartSource
  private let models: [String]

  /// What a terminal has at least.
  private static let width = 80
  private static let longestName = 28
  /// Notes beyond these are in the whole report.
  private static let mostNotes = 6

  init(_ report: SweepReport) {
    self.report = report
    source = ChartSource(report.record)
    models = Leaderboard(report).models
  }

  func text(_ ink: TerminalInk) -> String {
    var blocks: [String] = []
    if let overall = overall {
      blocks.append(block(Leaderboard.scope(report.analysis?.tasks ?? []), overall, leading: 2, ink))
    }
    for task in source.tasks { blocks.append(block(title(task), table(task), leading: 1, ink)) }
    for (title, table, notes) in report.published?.tables(isShort: true) ?? [] {
      blocks.append(block(title, table, leading: 1, ink) + "\n" + notes.map { Self.wrapped($0) }.joined())
    }
    for band in report.bands { blocks.append(block(band.title, band.table, leading: 1, ink)) }
    let notes = notes
    if !notes.isEmpty { blocks.append(notes.map { Self.wrapped($0) }.joined()) }
    return blocks.joined(separator: "\n")
  }

  private func block(_ title: String, _ table: Table, leading: Int, _ ink: TerminalInk) -> String {
    let tables = table.bands(width: Self.width, leading: leading).map { $0.text(ink) }
    return Self.wrapped(title).split(separator: "\n").map { ink.head(String($0)) + "\n" }.joined() + "\n"
      + tables.joined(separator: "\n")
  }

  /// The ranks of all tasks together; nil where nothing ranks them.
  private var overall: Table? {
    guard let overall = report.analysis?.overall else { return nil }
    let rows = overall.ranking.order.map { model -> [String] in
      let place = overall.ranking.places[model]
      return [SweepReport.ranks(place), Self.shortened(overall.models[model]), SweepReport.percent(place.mean)]
    }
    let order = overall.ranking.order
    return Table(header: ["rank", "model", "mean of tasks"], rows: rows, numericColumns: [0, 2]) { row, column in
      column == 2 ? SweepReport.mark(order[row], overall.ranking) : nil
    }
  }

  /// The task's name with its metric, shots, samples and chance level.
  private func title(_ task: ChartSource.TaskColumn) -> String {
    let runs = models.compactMap { task.entries[$0]?.runs.first }
    var words = [task.metric.title]
    if task.metric.isTimed { words = ["medians of repetitions"] }
    if let run = runs.first {
      if let shots = run.specification["shots"]?.integerValue { words.append("\(shots)-shot") }
      if run.repeats > 1 { words.append("mean@\(run.repeats)") }
      let counts = Set(runs.map(\.samples.count))
      if let least = counts.min(), let most = counts.max() {
        words.append(least == most ? SweepReport.counted(most, "sample") : "\(least) to \(most) samples")
      }
      if let chance = run.chanceLevel(task.metric) { words.append("chance \(task.metric.text(chance))") }
    }
    return "\(task.name): \(words.joined(separator: ", "))"
  }

  private func table(_ task: ChartSource.TaskColumn) -> Table {
    // The order of this task's ranking; models without a rank keep their places behind.
    let part = report.analysis?.tasks.first { $0.number == task.number }
    let ranking = part?.ranking
    let ranked = ranking.map { ranking in ranking.order.map { part?.models[$0] ?? "" } } ?? []
    let names = (ranked + models.filter { !ranked.contains($0) }).filter { task.entries[$0] != nil }
    let run = names.compactMap { task.entries[$0]?.runs.first }.first
    let shown = run.map(SweepReport.shownMetrics) ?? []
    let others = shown.filter { $0 != task.metric }
    let isTimed = task.metric.isTimed
    let hasUnscored = names.contains { (source.estimate(task, $0)?.unscoredCount ?? 0) > 0 }
    var header = ["model"] + (ranking == nil ? [] : ["rank"])
    let score = header.count
    // A few repetitions of a measurement have no interval; then the column would be empty.
    let hasInterval = !isTimed || names.contains { source.estimate(task, $0)?.interval != nil }
    header += [isTimed ? Self.head(task.metric) : "score"] + (hasInterval ? [source.intervalName] : [])
    header += others.map(Self.head)
    header += (hasUnscored ? ["unscored"] : []) + ["size", "weights", "compute"]
    let rows = names.map { name -> [String] in
      let runs = task.entries[name]?.runs ?? []
      let estimate = source.estimate(task, name)
      let value = estimate.flatMap { $0.mean ?? $0.median }.map(task.metric.text)
      let place = part?.models.firstIndex(of: name).flatMap { ranking?.places[$0] }
      var row = [Self.shortened(name)] + (ranking == nil ? [] : [place.map(SweepReport.ranks) ?? "–"])
      row += [value ?? (task.entries[name]?.failure == nil ? "–" : "failed")]
      if hasInterval {
        row.append(
          estimate?.interval.map { SweepReport.words($0, task.metric.unit) } ?? (runs.isEmpty ? "" : "no interval"))
      }
      for metric in others {
        let other = source.estimate(task, name, metric)
        row.append(other.flatMap { $0.mean ?? $0.median }.map(metric.text) ?? "–")
      }
      let facts = runs.first.map { ModelFacts($0) }
      if hasUnscored { row.append(estimate.map { "\($0.unscoredCount)" } ?? "") }
      return row + [facts?.size ?? "", facts?.weights ?? "", facts?.compute ?? ""]
    }
    let texts = Set([0, header.count - 2, header.count - 1])
    return Table(header: header, rows: rows, numericColumns: Set(header.indices).subtracting(texts)) { row, column in
      guard column == score else { return nil }
      return rows[row][column] == "failed" ? .failed : report.mark(ofModel: names[row], taskNumber: task.number)
    }
  }

  /// The head of a metric's column: of what is timed a short one.
  private static func head(_ metric: Metric) -> String {
    switch metric.isTimed ? TimingMetric(rawValue: metric.name) : nil {
    case .decodeRate: "decode tokens"
    case .prefillRate: "prefill tokens"
    case .timeToFirstToken: "first token"
    case .peakMemory: "peak memory"
    default: metric.title
    }
  }

  private var notes: [String] {
    var notes = report.cellNotes
    if notes.count > Self.mostNotes + 1 {
      notes = notes.prefix(Self.mostNotes) + ["and \(notes.count - Self.mostNotes) more notes in the whole report"]
    }
    if source.tasks.isEmpty, notes.isEmpty { notes.append("no cell has a result") }
    return (report.record.isCancelled ? [report.interruption] : []) + notes
  }

  /// A name that leaves room for numbers: its middle goes.
  static func shortened(_ name: String) -> String {
    if name.displayWidth <= longestName { return name }
    let half = (longestName - 1) / 2
    return "\(name.prefix(half))…\(name.suffix(half))"
  }

  /// A text in lines of at most the terminal's width, those after the first set in.
  private static func wrapped(_ text: String) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, line.displayWidth + 1 + String(word).displayWidth > width {
        lines.append(line)
        line = "  " + word
      } else {
        line = line.isEmpty && lines.isEmpty ? String(word) : line + " " + word
      }
    }
    return (lines + [line]).joined(separator: "\n") + "\n"
  }
}
