import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// What several runs of one model on one task show: how far their scores spread, and where the spread comes from.
package struct RepeatedRuns: Sendable {
  package let modelName: String
  package let taskName: String
  package let metric: Metric
  /// What differs between the runs and changes answers.
  package let varied: [Variation]
  /// The numbers of the runs that have a score, and their scores. // [runs]
  package let runs: [Int]
  package let scores: [Double]
  /// Mean, standard deviation (n - 1) and extremes over runs.
  package let summary: RunSummary
  /// Whether the runs are of a design that crosses several things: they then share levels and are not independent.
  package let isCrossed: Bool
  /// Student's interval over runs, cut to what the metric can be; nil for crossed runs, whose mean is less sure than so many
  /// independent ones would make it.
  package let interval: ConfidenceInterval?
  /// The variance of single scores split into items, what the runs varied and the rest, over the items that every run has a
  /// score for; nil if there are fewer than two of them.
  let variance: VarianceSplit?

  /// One for each model and task that has at least two runs with a score, in the order of the plan.
  package static func all(_ record: SweepRecord) -> [RepeatedRuns] {
    var groups: [(model: String, task: Int, runs: [RunRecord])] = []
    for cell in record.cells {
      // A run that a stop rule ended leans towards what ended it.
      guard case .success(let run) = cell.outcome, !run.isStoppedEarly else { continue }
      let key = (cell.modelName, cell.cell.taskNumber)
      if let index = groups.firstIndex(where: { ($0.model, $0.task) == key }) {
        if !groups[index].runs.contains(where: run.repeats) { groups[index].runs.append(run) }
      } else {
        groups.append((key.0, key.1, [run]))
      }
    }
    return groups.compactMap { RepeatedRuns($0.runs, record.plan) }
  }

  private init?(_ runs: [RunRecord], _ plan: SweepPlan) {
    let level = plan.confidenceLevel
    guard runs.count >= 2, let first = runs.first, let metric = first.metrics.first else { return nil }
    let scored = runs.compactMap { run in run.estimate(metric, level: level).mean.map { (run.seeds.run, $0) } }
    guard scored.count >= 2, let summary = RunSummary(scored.map(\.1), level: level) else { return nil }
    modelName = first.modelName
    taskName = first.taskName
    self.metric = metric
    varied = runs.varied.filter(\.changesAnswers)
    self.runs = scored.map(\.0)
    scores = scored.map(\.1)
    self.summary = summary
    isCrossed = plan.design == .crossed && varied.count > 1
    interval = isCrossed ? nil : summary.interval?.cut(to: metric)
    variance = VarianceSplit(runs, metric)
  }

  /// As JSON; what cannot be said is null.
  var json: JSONValue {
    return [
      "model": .string(modelName), "task": .string(taskName), "metric": .string(metric.name),
      "varied": .array(varied.map { .string($0.rawValue) }), "runs": .array(runs.map { JSONValue($0) }),
      "scores": .array(scores.map { .number($0) }), "mean": JSONValue(optional: summary.mean),
      "standard_deviation": JSONValue(optional: summary.standardDeviation),
      "minimum": JSONValue(optional: summary.minimum), "maximum": JSONValue(optional: summary.maximum),
      "lower": JSONValue(optional: interval?.lower), "upper": JSONValue(optional: interval?.upper),
      "variance": variance?.json ?? .null,
    ]
  }
}

extension RunRecord {
  /// Whether two whole runs of a task are one measurement: of one model, differing in the order of items alone, on which no
  /// score depends.
  func repeats(_ other: RunRecord) -> Bool {
    modelName == other.modelName && seeds[.itemOrder] != nil && seeds.ofAnswers.repeats(other.seeds.ofAnswers)
  }
}

extension [RunRecord] {
  /// What the runs differ in, in the order of `Variation`.
  fileprivate var varied: [Variation] {
    Variation.allCases.filter { variation in contains { $0.seeds[variation] != nil } }
  }
}

extension ConfidenceInterval {
  /// The part of the interval that the mean of a metric can lie in.
  fileprivate func cut(to metric: Metric) -> ConfidenceInterval {
    ConfidenceInterval(
      lower: max(lower, metric.lowerBound), upper: min(upper, metric.upperBound), level: level, method: method)
  }
}

extension SweepReport {
  /// One row a model and task that ran several times; nil if none did.
  var repeatedRunsTable: Table? {
    let repeated = RepeatedRuns.all(record)
    if repeated.isEmpty { return nil }
    func share(_ value: Double?) -> String { value.map(Self.percent) ?? "–" }
    let rows = repeated.map { group -> [String] in
      [
        group.modelName, group.taskName, "\(group.scores.count)", group.summary.mean.map(group.metric.text) ?? "–",
        group.summary.standardDeviation.map { group.metric.gap($0) } ?? "–",
        group.summary.minimum.map(group.metric.text) ?? "–", group.summary.maximum.map(group.metric.text) ?? "–",
        group.interval.map { group.metric.text($0.lower, $0.upper) } ?? "no interval",
        share(group.variance?.share(items: true, runs: false)), share(group.variance?.share(items: false, runs: true)),
        share(group.variance?.share(items: true, runs: true)),
      ]
    }
    return Table(
      header: [
        "model", "task", "runs", "mean", "SD", "minimum", "maximum", "interval over runs", "items", "between runs",
        "residual",
      ],
      rows: rows, numericColumns: Set(2...10))
  }

  /// Where the variance comes from: of each model and task that ran several times, then of quantisations of one model.
  var varianceSplits: [VarianceSplit] {
    RepeatedRuns.all(record).compactMap(\.variance) + VarianceSplit.quantizations(record)
  }

  /// What several responses to a sample and several runs mean, what the runs vary and what they do not; empty for a plan of one
  /// run and one response to each sample.
  var runNotes: [String] {
    let plan = record.plan
    var notes: [String] = []
    let repeated = RepeatedRuns.all(record)
    for task in plan.tasks.indices {
      let runs = record.cells.filter { $0.cell.taskNumber == task }.compactMap { try? $0.outcome.get() }
      guard let run = runs.first, run.repeats > 1, let metric = run.metrics.first else { continue }
      notes.append(
        "\(run.taskName): \(run.repeats) responses to each sample; \(metric.name) is their mean (mean@\(run.repeats)), and"
          + " intervals are over samples")
    }
    for task in plan.tasks.indices {
      let runs = record.cells.filter { $0.cell.taskNumber == task }.compactMap { try? $0.outcome.get() }
      guard let name = runs.first?.taskName, runs.contains(where: { $0.seeds.run > 1 }) else { continue }
      let what = runs.varied.map(\.words).joined(separator: ", ")
      notes.append("\(name): its runs differ in \(what.isEmpty ? "nothing" : what); run 1 is as the task says")
      if repeated.contains(where: { $0.taskName == name && $0.isCrossed }) {
        notes.append(
          "\(name): its runs are crossed, so each source of variance is estimated by itself; they share levels, so "
            + "there is no interval over runs")
      }
      if runs.contains(where: \.isStoppedEarly) {
        notes.append(
          "\(name): a run that stop_when ended has its own interval and is left out of the spread over runs")
      }
    }
    for task in record.unrepeatedTasks {
      notes.append("\(task.name): ran once, not \(plan.runs) times: \(task.reason)")
    }
    return notes
  }

  /// What fewer than three runs cost the reader; nil for three or more.
  var fewRunsNote: String? {
    let level = record.plan.confidenceLevel
    /// The half width of an interval over runs, in standard errors.
    func errors(_ runs: Int) -> String {
      StudentDistribution.quantile((1 + level) / 2, degreesOfFreedom: Double(runs - 1)).map { $0.fixed(1) } ?? "–"
    }
    return switch record.plan.runs {
    case 1:
      "one run: the variation from few-shot examples, choice order and sampling is unknown; intervals cover the choice of "
        + "items only. Three runs or more would show it"
    case 2:
      "two runs: their spread has one degree of freedom, so the \(Self.percent(level)) interval over runs is ± "
        + "\(errors(2)) standard errors; with three runs it is ± \(errors(3)), with five ± \(errors(5))"
    default: nil
    }
  }
}
