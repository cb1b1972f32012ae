import Plan
import Records
import Statistics
import Support

extension SweepReport {
  /// The report as a page of Markdown: the leaderboard of several models, the table of scores, what was published of
  /// the models, the subjects, what to distrust, and how it was made.
  var markdown: String {
    var page = "# \(Self.plain(record.plan.name))\n\n"
    let leaderboard = Leaderboard(self)
    if leaderboard.models.count >= 2 { page += "## Leaderboard\n\n\(leaderboard.body)\n## Scores\n\n" }
    page += "\(summary.markdown)\n"
    if !notes.isEmpty { page += "## What to know\n\n" + notes.map { "- \(Self.plain($0))\n" }.joined() + "\n" }
    for (title, table, notes) in published?.tables() ?? [] {
      page += "## \(Self.plain(title))\n\n\(table.markdown)\n" + notes.map { "- \(Self.plain($0))\n" }.joined() + "\n"
    }
    for band in bands { page += "## \(Self.plain(band.title))\n\n\(band.table.markdown)\n" }
    for (title, table) in subjectTables { page += "## \(Self.plain(title))\n\n\(table.markdown)\n" }
    for (title, table) in efficiencyTables + analysisTables { page += "## \(Self.plain(title))\n\n\(table.markdown)\n" }
    page += "## How it was made\n\n" + methodNotes.map { Self.plain($0) + "\n" }.joined(separator: "\n") + "\n"
    for run in record.runs {
      let specification = VisibleText.line(JSONValue.object(run.specification).text())
      page += "- \(Self.plain(run.modelName)) · \(Self.plain(sheetName(of: run))): `\(specification)`, "
      page += "\(run.tokensAsked) tokens in all requests, \(run.tokensComputed) computed, \(run.tokensSaved) reused, "
      page += "\(run.seconds.fixed(1)) s\n"
    }
    return page
  }

  /// A text that Markdown shows as it is, on one line.
  static func plain(_ text: String) -> String {
    VisibleText.lines(text).map { $0.isNewline ? " " : "\\`*_<>[]#|&".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
