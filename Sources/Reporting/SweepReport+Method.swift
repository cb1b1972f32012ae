import Evaluation
import Plan
import Records
import Support

extension SweepReport {
  /// How the numbers were made, in sentences: intervals, ranks, stop rules, the plan and the library.
  var methodNotes: [String] {
    [
      """
      Scores are means over samples. Intervals at the \(Self.percent(record.plan.confidenceLevel)) level: Wilson's for \
      scores of 0 and 1, Student's otherwise; they cover the choice of samples, not of prompts or shots. Ranks \
      follow from the pairwise tests (McNemar's mid-p, a permutation test or a t test, Holm-adjusted); models without a \
      significant difference are tied. Latencies, rates and memory are medians with bootstrap intervals over repetitions, each of \
      exactly the requested number of tokens: end tokens are ignored. Memory is the peak resident set size, weights \
      included. Where a stop rule ended a run, its interval is a confidence sequence.
      """
    ] + (published == nil ? [] : [Self.publishedMethod]) + arithmeticNotes
      + (record.askingNotes + record.pythonNotes).map { $0 + "." }
      + [
        "Plan \(record.plan.hash.prefix(12)), gemmabench \(libraryVersion)\(commitWords), \(record.startedAt)."
      ]
  }

  private static let publishedMethod = """
    Published scores are compatible with measured ones if some value that is printed like the published one, rounded as its \
    source rounds, lies in the interval of the measured one.
    """

  /// The commits that the sessions were built from, in brackets; empty where none is known.
  private var commitWords: String {
    var commits: [String] = []
    for case let commit? in record.environments.map({ $0.objectValue?["commit"]?.stringValue })
    where !commits.contains(commit) { commits.append(commit) }
    let short = commits.map { $0.prefix(12) + ($0.hasSuffix("-modified") ? ", modified" : "") }
    return short.isEmpty ? "" : " (commit \(short.joined(separator: ", ")))"
  }

  /// What each model computed with, a sentence each.
  private var arithmeticNotes: [String] {
    var seen: Set<String> = []
    return record.runs.filter { seen.insert($0.modelName).inserted }.compactMap { run in
      guard let facts = run.model.objectValue, let weights = facts["element_type"]?.stringValue else { return nil }
      let quantized = facts["quantization"]?.stringValue.map { ", quantised to \($0) while loading" } ?? ""
      let arithmetic = facts["compute_type"]?.stringValue.map { "; activations \($0)" } ?? ""
      let bits = facts["bits_per_weight"]?.doubleValue.map { ", \($0.fixed(2)) bits per weight" } ?? ""
      return "\(run.modelName): weights \(weights)\(quantized)\(bits)\(arithmetic)."
    }
  }

  /// Titles and tables of the subjects of each run that has several.
  var subjectTables: [(title: String, table: Table)] {
    record.runs.filter { $0.subjects.count > 1 && $0.seeds.run == 1 }.map { run in
      (title: "\(run.modelName) · \(sheetName(of: run)) by subject", table: subjects(of: run))
    }
  }

  /// What the page and its tables call a run's task.
  func sheetName(of run: RunRecord) -> String { run.taskName + (run.seeds.run > 1 ? " · run \(run.seeds.run)" : "") }

  private func subjects(of run: RunRecord) -> Table {
    let level = record.plan.confidenceLevel
    let rows = run.subjects.map { subject -> [String] in
      guard let metric = run.metrics.first else { return [subject, "", "", ""] }
      let estimate = run.estimate(metric, level: level, subject: subject)
      return [
        subject, (estimate.mean ?? estimate.median).map(metric.text) ?? "–",
        estimate.interval.map { Self.words($0, metric.unit) } ?? "no interval",
        "\(estimate.count)",
      ]
    }
    let averages = run.groupAverages(level: level).map { averages -> [[String]] in
      let kinds = [("all samples alike (micro)", averages.micro), ("all subjects alike (macro)", averages.macro)]
      let unit = run.metrics.first?.unit ?? .fraction
      return kinds.map { title, average in
        let interval = run.isStoppedEarly ? nil : average.stratifiedInterval
        return [
          title, unit.text(average.mean), interval.map { Self.words($0, unit) } ?? "no interval", "",
        ]
      }
    }
    return Table(
      header: ["subject", "score", "interval", "samples"], rows: rows + (averages ?? []), numericColumns: [1, 2, 3])
  }
}
