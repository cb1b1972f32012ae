import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

extension SweepReport {
  /// One page of Markdown for a reader in a hurry: who wins what, by how much and how surely, what is hard, what it cost,
  /// what to distrust, how to repeat it.
  var executiveSummary: String {
    var page = "# \(Self.plain(record.plan.name)): summary\n\n"
    page += headline(analysis) + "\n\n"
    page += section("Who wins what", analysis.map { winners($0).markdown } ?? scoreLines)
    if let analysis, analysis.tasks.count(where: { $0.difficulty != nil }) > 1 {
      page += section("What is hard", difficulty(analysis))
    }
    if let overall = analysis?.overall {
      let lines = strengthLines(overall)
      if !lines.isEmpty { page += section("Strengths and weaknesses", Self.list(Self.cut(lines))) }
    }
    if let table = repeatedRunsTable { page += section("How far scores move between runs", Self.cut(table)) }
    page += section("What it cost", Self.cut(costs))
    page += section("What to distrust", Self.list(distrust))
    return page + section("How to repeat it", Self.list(repetition))
  }

  private func section(_ title: String, _ body: String) -> String {
    "## \(title)\n\n\(body)\(body.hasSuffix("\n") ? "" : "\n")\n"
  }

  /// Rows of a table, lines of a list and names of a sentence that one page has room for.
  private static let longestTable = 10
  private static let longestList = 6
  private static let longestSentence = 4

  private static func remark(_ more: Int) -> String { "and \(more) more, in report.html" }

  private static func cut(_ lines: [String]) -> [String] {
    lines.count <= longestList + 1 ? lines : lines.prefix(longestList) + [remark(lines.count - longestList)]
  }

  private static func cut(_ table: Table) -> String {
    let more = table.rows.count - longestTable
    return more <= 1 ? table.markdown : table.first(longestTable).markdown + "\n" + list([remark(more)])
  }

  private static func names(_ names: [String], joinedBy separator: String) -> String {
    let more = names.count - longestSentence
    return more <= 1
      ? names.joined(separator: separator)
      : names.prefix(longestSentence).joined(separator: separator) + " and \(more) more"
  }

  private static func list(_ lines: [String]) -> String { lines.map { "- \(plain($0))\n" }.joined() }

  /// The one sentence that a reader takes away.
  private func headline(_ analysis: SweepAnalysis?) -> String {
    guard let analysis, let ranking = analysis.overall?.ranking ?? analysis.tasks.first?.ranking else {
      let count = record.runs.reduce(0) { $0 + $1.samples.count }
      return
        "\(Self.counted(record.runs.count, "run")), \(Self.counted(count, "sample")). Fewer than two models with results:"
        + " nothing is compared."
    }
    let models = analysis.overall?.models ?? analysis.tasks[0].models
    let scope =
      analysis.overall == nil ? Self.plain(analysis.tasks[0].name) : "all tasks together, each counting the same,"
    let metric = analysis.overall == nil ? analysis.tasks.first?.metric : nil
    return "On \(scope) \(verdict(ranking, models, metric))."
  }

  /// Who is first, by how much before whom, and whether that is more than chance.
  ///
  /// - Parameter metric: of the only task; nil for all tasks together, whose means are shares.
  private func verdict(_ ranking: Ranking, _ models: [String], _ metric: Metric?) -> String {
    let unit = metric?.unit ?? .fraction
    let direction = metric?.directionNote.map { "; \($0)" } ?? ""
    let order = ranking.order
    let (first, second) = (order[0], order[1])
    let pair = ranking.pair(first, second)
    guard let pair, !pair.isTie else {
      let tied = ranking.leaders
      let means = tied.map { ranking.places[$0].mean }
      let names = Self.names(tied.map { "**\(Self.plain(models[$0]))**" }, joinedBy: " and ")
      guard let low = means.min(), let high = means.max(), low != high else {
        return "\(names) are tied (\(unit.text(ranking.places[first].mean))\(direction))" + probabilityWords(pair)
      }
      return "\(names) are tied (\(unit.text(low)) to \(unit.text(high))\(direction)): the difference of"
        + " \(unit.size(high - low)) may be chance" + probabilityWords(tied.count == 2 ? pair : nil)
    }
    let scores = "\(unit.text(ranking.places[first].mean)) against \(unit.text(ranking.places[second].mean))"
    return "**\(Self.plain(models[first]))** is ahead of \(Self.plain(models[second])) by \(unit.size(pair.difference))"
      + " (\(scores)\(direction))" + probabilityWords(pair)
  }

  /// "1 run", "2 runs".
  static func counted(_ count: Int, _ thing: String) -> String { count.counted(thing) }

  private func probabilityWords(_ pair: Ranking.Pair?) -> String {
    guard let probability = pair?.probability?.holm else { return "" }
    return ", p \(probability < 0.0001 ? "< 0.0001" : "= " + probability.fixed(4)) after Holm's adjustment"
  }

  private func winners(_ analysis: SweepAnalysis) -> Table {
    // A head says "points" only if it holds for every row; else each row says its unit.
    let arePoints = analysis.tasks.filter { $0.ranking != nil }.allSatisfy(\.metric.differsByPoints)
    let rows = analysis.tasks.compactMap { part -> [String]? in
      guard let ranking = part.ranking else { return nil }
      let (first, second) = (ranking.order[0], ranking.order[1])
      let pair = ranking.pair(first, second)
      let isTie = pair?.isTie ?? true
      let leaders = isTie ? ranking.leaders : [first]
      let lead =
        part.metric.gap(ranking.places[first].mean - ranking.places[second].mean)
        + (part.metric.differsByPoints && !arePoints ? " points" : "")
      return [
        part.name, (isTie ? "tie: " : "") + Self.names(leaders.map { part.models[$0] }, joinedBy: ", "),
        part.metric.directed(part.metric.text(ranking.places[first].mean)), "\(lead) before \(part.models[second])",
      ] + Self.probabilities(pair?.probability) + ["\(part.grid.scores[0][0].count)"]
    }
    return Table(
      header: ["task", "best", "score", arePoints ? "points" : "lead"]
        + Self.probabilityHeader + ["samples"], rows: rows,
      numericColumns: [2, 4, 5, 6, 7])
  }

  /// The scores alone, where nothing is compared.
  private var scoreLines: String { summary.markdown }

  private func difficulty(_ analysis: SweepAnalysis) -> String {
    let known = analysis.tasks.compactMap { part in part.difficulty.map { (name: part.name, difficulty: $0) } }
    return Self.list(
      known.sorted { $0.difficulty.value > $1.difficulty.value }.map { part in
        let interval = part.difficulty.interval.map { " (\(Self.words($0, .fraction)))" } ?? ""
        return "\(part.name): the models miss \(Self.percent(part.difficulty.value))\(interval)"
      })
  }

  private func strengthLines(_ overall: SweepAnalysis.Overall) -> [String] {
    let found = overall.strengths.filter(\.isSignificant)
    let order = found.indices.sorted { (-found[$0].residual.magnitude, $0) < (-found[$1].residual.magnitude, $1) }
    return order.map { found[$0] }.map { strength in
      let points = (strength.residual.magnitude * 100).fixed(1)
      let word = strength.residual > 0 ? "stronger" : "weaker"
      return "\(overall.models[strength.model]) is \(points) points \(word) in \(overall.tasks[strength.task])"
        + " than expected from its overall score and the task's difficulty"
    }
  }

  private var costs: Table {
    var names: [String] = []
    for run in record.runs where !names.contains(run.modelName) { names.append(run.modelName) }
    let rows = names.map { name -> [String] in
      let runs = record.runs.filter { $0.modelName == name }
      let seconds = runs.reduce(0) { $0 + $1.seconds }
      let computed = runs.reduce(0) { $0 + $1.tokensComputed }
      let samples = runs.reduce(0) { $0 + $1.samples.count }
      let facts = runs.first.map { ModelFacts($0) }
      return [
        name, facts?.weights ?? "", facts?.compute ?? "", "\(seconds.fixed(1)) s", "\(samples)",
        "\(runs.reduce(0) { $0 + $1.tokensAsked })", "\(computed)",
      ]
    }
    return Table(
      header: ["model", "weights", "compute", "time", "samples", "tokens", "computed"], rows: rows,
      numericColumns: [3, 4, 5, 6])
  }

  /// Reasons to distrust the numbers.
  private var distrust: [String] {
    var wide: [(width: Double, line: String)] = []
    for run in record.runs where run.seeds.run == 1 {
      guard let metric = run.metrics.first else { continue }
      let estimate = run.estimate(metric, level: record.plan.confidenceLevel)
      if let interval = estimate.interval, interval.width > 0.2 * (metric.upperBound - metric.lowerBound) {
        let line =
          "\(run.modelName) · \(run.taskName): \(Self.counted(run.samples.count, "sample")) leave an interval of"
          + " \(metric.gap(interval.width, digits: 0))\(metric.differsByPoints ? " points" : "");"
          + " more samples would narrow it"
        wide.append((interval.width / (metric.upperBound - metric.lowerBound), line))
      }
    }
    let widest = wide.indices.sorted { (-wide[$0].width, $0) < (-wide[$1].width, $1) }.map { wide[$0].line }
    var chats: [String] = []
    for notice in record.runs.compactMap(\.chatNotice) where !chats.contains(notice) { chats.append(notice) }
    return notes + chats + (fewRunsNote.map { [$0] } ?? []) + Self.cut(widest)
      + ["unknown: whether a model has seen the questions in training"]
  }

  private var repetition: [String] {
    let files = Set(record.runs.flatMap { $0.dataFiles.map(\.sha256) }).count
    var lines = [
      "gemmabench \(libraryVersion), plan \(record.plan.hash.prefix(12)), seed \(record.plan.seed), started"
        + " \(record.startedAt)",
      "gemmabench run \(Self.planName) --output FOLDER repeats it: the plan with all defaults written out",
      "\(Self.counted(files, "data file")), with SHA-256 in \(Self.reportName)",
    ]
    lines += record.askingNotes + record.pythonNotes
    return lines
  }
}
