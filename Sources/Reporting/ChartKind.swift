import Charts
import Plan
import Records
import Support

/// The charts of one kind, or why there are none.
package enum ChartOutcome: Sendable {
  case charts([Chart])
  case nothing(reason: String)
}

/// A kind of chart of a sweep: a line of `all` publishes it in reports, by name, in `gb_schema` and in docs/charts.md.
package struct ChartKind: Sendable, Hashable {
  /// What charts are made of.
  struct Subject {
    let source: ChartSource
    /// Nil where there is nothing to analyse.
    let analysis: SweepAnalysis?
    let record: SweepRecord
  }

  /// Its charts have this name, or one that begins with it and a hyphen: letters without a hyphen.
  package let name: String
  /// The names of its files: `ranks-TASK`.
  let files: String
  /// What it shows, as documentation says it.
  let shows: String
  /// When there is none.
  let absence: String
  let charts: @Sendable (Subject) -> ChartOutcome

  init(
    _ name: String, files: String? = nil, shows: String, absence: String,
    charts: @escaping @Sendable (Subject) -> ChartOutcome
  ) {
    self.name = name
    self.files = files ?? name
    self.shows = shows
    self.absence = absence
    self.charts = charts
  }

  package static func == (left: ChartKind, right: ChartKind) -> Bool { left.name == right.name }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// The kind as fronts and the generator of docs/charts.md read it.
  package var json: JSONValue {
    [
      "name": .string(name), "files": .string(files), "shows": .string(shows), "left_out_when": .string(absence),
    ]
  }
}

extension ChartKind {
  /// Every kind, in the order of a report.
  package static let all = [
    heatmap, comparison, subjects, differences, significance, ranks, cost, efficiency, latency, memory, quantization,
    calibration, variation, flags,
  ]

  package static let heatmap = ChartKind(
    "heatmap", shows: "models by tasks: score and interval in the cell; darker is better",
    absence: "no task's scores are fractions"
  ) { ScoreCharts(source: $0.source).heatmap }

  package static let comparison = ChartKind(
    "comparison", shows: "each model's score with its interval, one panel per task", absence: "nothing is scored"
  ) { ScoreCharts(source: $0.source).comparison }

  package static let subjects = ChartKind(
    "subjects", files: "subjects-TASK",
    shows: """
      a task's subjects, best first, in the groups that the task publishes (MMLU's four areas); with more than four models, \
      a heatmap
      """, absence: "no task has two subjects with scores"
  ) { ScoreCharts(source: $0.source).subjects }

  package static let differences = ChartKind(
    "differences", shows: "paired differences with interval, raw p and p after Holm's adjustment; hollow dots are ties",
    absence: "fewer than two models share samples"
  ) { DecisionCharts(source: $0.source, analysis: $0.analysis).differences }

  package static let significance = ChartKind(
    "significance", files: "significance-TASK", shows: "row minus column, coloured where significant",
    absence: "as `differences`"
  ) { DecisionCharts(source: $0.source, analysis: $0.analysis).significance }

  package static let ranks = ChartKind(
    "ranks", files: "ranks-TASK", shows: "the probability of each rank for each model, by resampling the items",
    absence: "as `differences`"
  ) { DecisionCharts(source: $0.source, analysis: $0.analysis).ranks }

  package static let cost = ChartKind(
    "cost",
    shows: """
      score against the median computing time of a sample (its share of the forward passes), intervals on both axes, and the \
      Pareto front: the models that no other beats in both. If there is no room for all names, points have numbers from the \
      best down, with a list
      """, absence: "no run has scores and times"
  ) { CostCharts(source: $0.source).cost }

  package static let efficiency = ChartKind(
    "efficiency",
    shows: """
      generated tokens per second and time to first token against output length, one row per prompt: medians over repetitions \
      with intervals
      """, absence: "no run of the efficiency task"
  ) { EfficiencyCharts(source: $0.source).byLength }

  package static let latency = ChartKind(
    "latency", files: "latency-between-tokens",
    shows: """
      the time from a token to the next in the efficiency task's repetitions, median and high percentiles with intervals
      """, absence: "no efficiency task"
  ) { CostCharts(source: $0.source).latency }

  package static let memory = ChartKind(
    "memory",
    shows: """
      the size of the weights (as quantised, if loading quantised them), and the peak resident set size if the efficiency task \
      measured it; a logarithmic axis if sizes differ tenfold
      """, absence: "no run has these numbers"
  ) { CostCharts(source: $0.source).memory }

  package static let quantization = ChartKind(
    "quantization", shows: "score against bits per weight, for models run with several quantisations",
    absence: "no model has several"
  ) { QualityCharts(source: $0.source).quantization }

  package static let calibration = ChartKind(
    "calibration", files: "calibration-TASK",
    shows: "multiple choice: accuracy against the model's confidence, with the expected calibration error",
    absence: "no log-likelihoods of choices"
  ) { QualityCharts(source: $0.source).calibration }

  package static let variation = ChartKind(
    "variation", shows: "the runs of each model on each task, and their mean", absence: "nothing ran more than once"
  ) { QualityCharts(source: $0.source).variation(RepeatedRuns.all($0.record)) }
}
