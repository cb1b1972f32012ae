import Charts
import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// A sweep as charts see it: models by tasks, each with its runs or the reason why there are none.
struct ChartSource {
  struct Entry {
    var runs: [RunRecord] = []
    var failure: String?
  }

  struct TaskColumn {
    /// Its place in the plan.
    let number: Int
    /// The task's name, with the options that tell it from another of that name.
    let name: String
    let metric: Metric
    /// By the model's name.
    let entries: [String: Entry]
    /// Whether scores are shares, so that tasks can be set beside each other.
    var isShare: Bool { metric.isShare }
    /// The task with the metric's direction where it is not the usual one.
    var title: String { metric.directed(name) }
  }

  let level: Double
  /// In the order of the plan.
  let models: [String]
  /// Tasks with a run, in the order of the plan.
  let tasks: [TaskColumn]
  /// Those whose scores are shares.
  var shares: [TaskColumn] { tasks.filter(\.isShare) }

  init(_ record: SweepRecord) {
    level = record.plan.confidenceLevel
    var models: [String] = []
    var entries: [Int: [String: Entry]] = [:]
    for cell in record.cells {
      if !models.contains(cell.modelName) { models.append(cell.modelName) }
      let number = cell.cell.taskNumber
      switch cell.outcome {
      case .failure(let error): entries[number, default: [:]][cell.modelName, default: Entry()].failure = error.message
      case .success(let run): entries[number, default: [:]][cell.modelName, default: Entry()].runs.append(run)
      }
    }
    self.models = models
    let first = entries.mapValues { entries in models.lazy.compactMap { entries[$0]?.runs.first }.first }
    let others = first.values.compactMap { $0 }
    tasks = entries.keys.sorted().compactMap { number in
      guard let run = first[number] ?? nil, let metric = run.metrics.first else { return nil }
      return TaskColumn(
        number: number, name: Self.name(run, among: others), metric: metric, entries: entries[number] ?? [:])
    }
  }

  /// The task's name, and the options in which it differs from others of that name.
  private static func name(_ run: RunRecord, among others: [RunRecord]) -> String {
    let namesakes = others.filter { $0.taskName == run.taskName }
    if namesakes.count < 2 { return run.taskName }
    let options = run.specification.keys.filter { key in
      namesakes.contains { $0.specification[key] != run.specification[key] }
    }
    return run.taskName
      + options.map { " \($0)=\(run.specification[$0]?.text() ?? "")" }.joined(separator: ",")
  }

  /// Mean and interval of a model on a task; with several runs, of the samples' means over runs. Nil without a score.
  func estimate(_ task: TaskColumn, _ model: String) -> Estimate? { estimate(task, model, task.metric) }

  /// The same of another metric of the task.
  func estimate(_ task: TaskColumn, _ model: String, _ metric: Metric) -> Estimate? {
    guard let runs = task.entries[model]?.runs, let run = runs.first else { return nil }
    if runs.count == 1 { return run.estimate(metric, level: level) }
    var scores: [String: [Double]] = [:]
    for sample in runs.flatMap(\.samples) {
      if let value = sample.score.value(of: metric.name), value.isFinite {
        scores[sample.id, default: []].append(value)
      }
    }
    let means = run.samples.map { sample in scores[sample.id].flatMap(Moments.mean) }
    // Runs that all agree leave scores of 0 and 1; a mean lies where its scores do.
    let estimate = Estimate(scores: means, isBinary: metric.isBinary, level: level)
    return estimate.with(
      interval: estimate.interval.map {
        ConfidenceInterval(
          lower: max($0.lower, metric.lowerBound), upper: min($0.upper, metric.upperBound), level: $0.level,
          method: $0.method)
      })
  }

  /// Why a model has no score on a task.
  func absence(_ task: TaskColumn, _ model: String) -> String {
    let place = "\(model) · \(task.name)"
    guard let entry = task.entries[model] else { return "\(place): not run" }
    if let failure = entry.failure { return "\(place): failed: \(failure)" }
    return "\(place): no sample has a score"
  }

  /// "95% interval".
  var intervalName: String {
    let percent = level * 100
    return "\(percent.fixed(percent == percent.rounded() ? 0 : 1))% interval"
  }
}

extension ConfidenceInterval {
  var range: ClosedRange<Double> { lower...max(lower, upper) }
}

extension Metric {
  /// The axis of the metric's means.
  var axis: Axis {
    if isShare { return .share(title) }
    let words = [unit.axisTitle, directionNote].compactMap { $0 }.filter { !$0.isEmpty }
    return Axis(
      title: name + (words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"), format: .value(unit),
      bounds: lowerBound.isFinite && upperBound.isFinite ? lowerBound...upperBound : nil)
  }

  var format: ValueFormat { .value(unit) }
}
