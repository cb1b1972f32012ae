import Evaluation
import Plan
import Records
import Statistics
import Support

/// Comparisons as a terminal shows them: of each a line with both scores and what was gained and lost, and the test below it.
package struct ComparisonTable {
  private let comparisons: SweepComparisons

  package init(_ comparisons: SweepComparisons) { self.comparisons = comparisons }

  /// The table with what was left out below it.
  package var text: String {
    let entries = comparisons.entries
    let table = Table(
      header: ["task", "first", "score", "second", "score", "difference", "better", "worse"],
      rows: entries.map(row), numericColumns: [2, 4, 5, 6, 7])
    let lines = table.text.split(separator: "\n", omittingEmptySubsequences: false)
    var text = comparisons.axis.map { "\($0.name): \($0.first) minus \($0.second)\n" }.map(VisibleText.lines) ?? ""
    text += lines.prefix(2).map { $0 + "\n" }.joined()
    for (line, entry) in zip(lines.dropFirst(2), entries) {
      text += line + "\n" + VisibleText.lines(details(entry))
    }
    text += "better, worse: number of samples on which the first scores better, or worse, than the second"
    text +=
      entries.contains { !$0.comparison.metric.higherIsBetter }
      ? "; if lower is better, the lower score is the better one\n" : "\n"
    return text + comparisons.omissions.map { VisibleText.line($0.text) + "\n" }.joined()
  }

  private func row(_ entry: SweepComparisons.Entry) -> [String] {
    let comparison = entry.comparison
    let found = comparison.comparison
    func score(_ mean: Double?) -> String { mean.map(comparison.metric.text) ?? "–" }
    let unit = comparison.metric.unit
    return [
      comparison.taskName + (entry.runNumber > 1 ? " · run \(entry.runNumber)" : ""), comparison.firstName,
      score(found?.firstMean), comparison.secondName, score(found?.secondMean),
      found.map { unit.change($0.difference) + (unit == .fraction ? " points" : "") } ?? "–",
      "\(comparison.gainedCount)", "\(comparison.lostCount)",
    ]
  }

  /// Why there is no interval, in brackets; empty where the data do not say.
  private static func reason(_ comparison: RunComparison) -> String {
    guard !comparison.isStoppedEarly, let found = comparison.comparison else { return "" }
    if found.standardError == nil { return " (fewer than two \(found.clusterCount == nil ? "samples" : "clusters"))" }
    return found.standardError == 0 ? " (all differences are equal)" : ""
  }

  /// Interval, probabilities and verdict, and what a reader must know of the samples.
  private func details(_ entry: SweepComparisons.Entry) -> String {
    let comparison = entry.comparison
    guard let found = comparison.comparison else { return "    no sample with a score in both\n" }
    let unit = comparison.metric.unit
    func probability(_ value: Double?) -> String { value.map { $0 < 0.0001 ? "<0.0001" : $0.fixed(4) } ?? "none" }
    var parts = [comparison.metric.title]
    let interval = comparison.isStoppedEarly ? comparison.sequenceInterval : found.interval
    parts.append(
      interval.map { "[\(unit.change($0.lower)), \(unit.change($0.upper))]" } ?? "no interval" + Self.reason(comparison)
    )
    if comparison.isStoppedEarly {
      parts.append("no p: a stop rule ended one of the runs")
    } else {
      parts.append(
        "p \(probability(found.probability)) (Holm \(probability(entry.adjusted?.holm)), Benjamini-Hochberg"
          + " \(probability(entry.adjusted?.benjaminiHochberg)))")
    }
    var samples = found.count.counted("sample")
    if !comparison.isStoppedEarly, let clusters = found.clusterCount {
      samples += " in \(clusters) clusters (\(comparison.clusterKind ?? ""))"
    }
    parts.append(samples)
    if !comparison.isStoppedEarly, let equivalence = found.equivalence {
      parts.append("equivalence p \(equivalence.probability.fixed(4))")
    }
    let counts = [
      ("unpaired", comparison.unpairedCount), ("unscored", comparison.unscoredCount),
      ("different prompts", comparison.differentPromptCount),
    ]
    for (name, count) in counts where count > 0 { parts.append("\(count) \(name)") }
    let verdict = comparison.better.map { "\($0) is better" } ?? "no significant difference"
    var text = "    \(parts.joined(separator: ", ")): \(verdict)\n"
    if let reason = comparison.disagreement { text += "    note: \(reason)\n" }
    return text
  }
}
