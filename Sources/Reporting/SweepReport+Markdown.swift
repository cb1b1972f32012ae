import Statistics
import Support
import Sweeps

extension SweepReport {
  /// The report as a page of Markdown: the table, the subjects, what to distrust, and how it was made.
  var markdown: String {
    var page = "# \(Self.plain(record.plan.name))\n\n\(summary.markdown)\n"
    if !notes.isEmpty { page += "## What to know\n\n" + notes.map { "- \(Self.plain($0))\n" }.joined() + "\n" }
    for run in record.runs where run.subjects.count > 1 {
      let title = "\(Self.plain(run.modelName)) · \(Self.plain(run.taskName)) by subject"
      page += "## \(title)\n\n\(subjects(of: run).markdown)\n"
    }
    for (title, table) in analysisTables { page += "## \(Self.plain(title))\n\n\(table.markdown)\n" }
    page += """
      ## How it was made

      Scores are means over samples. Intervals at the \(Self.percent(record.plan.confidenceLevel)) level: Wilson's for \
      scores of 0 and 1, Student's otherwise; they speak of the samples drawn, not of other prompts or shots. Ranks \
      are the span that the pairs leave open (McNemar's mid-p or a t test, after Holm's adjustment); what they do not \
      tell apart is a tie. Where a stop rule ended a run, its interval is a confidence sequence. Greedy \
      decoding, weights as stored, arithmetic in float32. Plan \(record.plan.hash.prefix(12)), gemmabench \
      \(libraryVersion), \(record.startedAt).

      """
    for run in record.runs {
      let specification = JSONValue.object(run.specification).text()
      page += "\n- \(Self.plain(run.modelName)) · \(Self.plain(run.taskName)): `\(specification)`, "
      page += "\(run.tokensAsked) tokens asked, \(run.tokensComputed) computed, \(run.seconds.fixed(1)) s\n"
    }
    return page
  }

  private func subjects(of run: RunRecord) -> Table {
    let level = record.plan.confidenceLevel
    let rows = run.subjects.map { subject -> [String] in
      guard let metric = run.metrics.first else { return [subject, "", "", ""] }
      let estimate = run.estimate(metric, level: level, subject: subject)
      return [
        subject, estimate.mean.map(Self.percent) ?? "–",
        estimate.interval.map { "\(Self.percent($0.lower)) – \(Self.percent($0.upper))" } ?? "no interval",
        "\(estimate.count)",
      ]
    }
    let averages = run.groupAverages(level: level).map { averages -> [[String]] in
      let kinds = [("all samples alike (micro)", averages.micro), ("all subjects alike (macro)", averages.macro)]
      return kinds.map { title, average in
        let interval = run.isStoppedEarly ? nil : average.stratifiedInterval
        return [
          title, Self.percent(average.mean),
          interval.map { "\(Self.percent($0.lower)) – \(Self.percent($0.upper))" } ?? "no interval", "",
        ]
      }
    }
    return Table(
      header: ["subject", "score", "interval", "samples"], rows: rows + (averages ?? []), numericColumns: [1, 2, 3])
  }

  /// A text that Markdown shows as it is, on one line.
  private static func plain(_ text: String) -> String {
    text.map { $0.isNewline ? " " : "\\`*_<>[]#|&".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
