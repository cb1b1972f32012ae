import Engine
import Support
import Tasks

/// What became of one cell of a plan: a model on a task.
public struct CellRecord: Sendable {
  public let modelName: String
  public let taskName: String
  /// The run, or why there is none.
  public let outcome: Result<RunRecord, BenchmarkError>
}

/// What became of a plan.
public struct SweepRecord: Sendable {
  public let plan: SweepPlan
  /// The cells in the order of the plan, those that were reached.
  public let cells: [CellRecord]
  public let isCancelled: Bool
  public let seconds: Double
  public let startedAt: String

  public var runs: [RunRecord] { cells.compactMap { try? $0.outcome.get() } }
}

/// Runs every cell of a plan, one model in memory at a time.
public enum SweepRunner {
  /// Runs the plan. Tasks are read first, so that a missing file is known before an hour has gone; a cell that fails
  /// is recorded with its reason and does not stop the others.
  public static func run(_ plan: SweepPlan, progress: ProgressHandler) throws(BenchmarkError) -> SweepRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    var tasks: [any BenchmarkTask] = []
    for specification in plan.tasks { tasks.append(try TaskCatalogue.load(specification: .object(specification))) }
    var cells: [CellRecord] = []
    var done: [(task: Int, run: RunRecord)] = []
    var isCancelled = false
    for entry in plan.models where !isCancelled {
      let loaded = Result<Model, BenchmarkError> { () throws(BenchmarkError) in
        try load(entry, threads: plan.threads, progress: progress)
      }
      if case .failure(let error) = loaded, error.kind == .cancelled {
        isCancelled = true
        break
      }
      for (number, task) in tasks.enumerated() where !isCancelled {
        let other = plan.other(than: entry.name).flatMap { name in
          done.first { $0.task == number && $0.run.modelName == name }?.run
        }
        let outcome = Result<RunRecord, BenchmarkError> { () throws(BenchmarkError) in
          try TaskRunner.run(
            task, on: loaded.get(), limit: plan.limit, usesChatTemplate: entry.usesChatTemplate,
            stopRule: plan.rule(for: entry.name), level: plan.confidenceLevel, other: other, progress: progress)
        }
        if case .success(let run) = outcome { done.append((number, run)) }
        if case .success(let run) = outcome, !run.isComplete { isCancelled = true }
        cells.append(CellRecord(modelName: entry.name, taskName: task.name, outcome: outcome))
      }
    }
    return SweepRecord(
      plan: plan, cells: cells, isCancelled: isCancelled, seconds: Clock.seconds() - start, startedAt: startedAt)
  }

  private static func load(_ entry: SweepPlan.ModelEntry, threads: Int?, progress: ProgressHandler)
    throws(BenchmarkError) -> Model
  {
    let options = Model.Options(
      name: entry.name, threads: threads, contextLength: entry.contextLength, quantization: entry.quantization,
      precision: entry.precision)
    return try ModelLoader.load(
      entry.path, options: options, source: ModelLoader.Source(cacheFolder: entry.cacheFolder), progress: progress)
  }
}

extension SweepPlan {
  /// The stop rule as it concerns a model: to tell two models apart concerns no third.
  fileprivate func rule(for model: String) -> StopRule? {
    if case .decided(let first, let second) = stopRule?.condition, model != first, model != second { return nil }
    return stopRule
  }

  /// The model that a model is to be told apart from.
  fileprivate func other(than model: String) -> String? {
    guard case .decided(let first, let second) = stopRule?.condition else { return nil }
    return model == first ? second : model == second ? first : nil
  }
}
