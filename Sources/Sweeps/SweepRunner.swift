import Engine
import Support
import Tasks

/// What became of one cell of a plan.
public struct CellRecord: Sendable {
  public let cell: Cell
  public let taskName: String
  /// The run, or why there is none.
  public let outcome: Result<RunRecord, BenchmarkError>

  public var modelName: String { cell.model.name }

  public init(cell: Cell, taskName: String, outcome: Result<RunRecord, BenchmarkError>) {
    self.cell = cell
    self.taskName = taskName
    self.outcome = outcome
  }
}

/// What became of a plan.
public struct SweepRecord: Sendable {
  public let plan: SweepPlan
  /// The cells in the order of the plan, those that were reached.
  public let cells: [CellRecord]
  public let isCancelled: Bool
  public let seconds: Double
  public let startedAt: String

  /// The names of tasks that ran once though the plan asks for more: nothing that it varies could change their outcome.
  public var unrepeatedTasks: [String] {
    if plan.runs == 1 { return [] }
    let repeated = Set(cells.filter { $0.cell.run > 1 }.map(\.cell.taskNumber))
    var seen: Set<Int> = []
    return cells.filter { cell in
      // A cancelled sweep may not have reached the second run.
      let isDecided = !isCancelled || cells.contains { $0.modelName == cell.modelName && $0.cell.run > 1 }
      return isDecided && !repeated.contains(cell.cell.taskNumber) && seen.insert(cell.cell.taskNumber).inserted
    }.map(\.taskName)
  }

  public var runs: [RunRecord] { cells.compactMap { try? $0.outcome.get() } }
}

/// Runs every cell of a plan, one model in memory at a time.
public enum SweepRunner {
  /// Runs the plan. Tasks are read first, so that a missing file is known before an hour has gone, and so is a refusal of the Hub; a cell that fails
  /// is recorded with its reason and does not stop the others.
  public static func run(_ plan: SweepPlan, progress: ProgressHandler) throws(BenchmarkError) -> SweepRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    var tasks: [any BenchmarkTask] = []
    for specification in plan.tasks { tasks.append(try TaskCatalogue.load(specification: .object(specification))) }
    for entry in plan.models { try ModelLoader.checkAccess(to: entry.path, cacheFolder: entry.cacheFolder) }
    let planned = plan.cells(variations: tasks.map(\.variations))
    var cells: [CellRecord] = []
    var isCancelled = false
    for (number, entry) in plan.models.enumerated() where !isCancelled {
      let loaded = Result<Model, BenchmarkError> { () throws(BenchmarkError) in
        try load(entry, threads: plan.threads, progress: progress)
      }
      if case .failure(let error) = loaded, error.kind == .cancelled {
        isCancelled = true
        break
      }
      for cell in planned where cell.modelNumber == number && !isCancelled {
        let task = tasks[cell.taskNumber]
        let outcome = Result<RunRecord, BenchmarkError> { () throws(BenchmarkError) in
          try TaskRunner.run(
            task, on: loaded.get(), limit: plan.limit, usesChatTemplate: entry.usesChatTemplate, seeds: cell.seeds,
            stopRule: plan.rule(for: entry.name), level: plan.confidenceLevel, other: plan.other(than: cell, in: cells),
            progress: progress)
        }
        if case .success(let run) = outcome, !run.isComplete { isCancelled = true }
        cells.append(CellRecord(cell: cell, taskName: task.name, outcome: outcome))
      }
    }
    return SweepRecord(
      plan: plan, cells: cells, isCancelled: isCancelled, seconds: Clock.seconds() - start, startedAt: startedAt)
  }

  private static func load(_ entry: SweepPlan.ModelEntry, threads: Int?, progress: ProgressHandler)
    throws(BenchmarkError) -> Model
  {
    let options = Model.Options(
      name: entry.name, threads: threads, contextLength: entry.contextLength, quantization: entry.quantization)
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

  /// The same run of the model that a cell's model is to be told apart from, if it is done.
  fileprivate func other(than cell: Cell, in done: [CellRecord]) -> RunRecord? {
    guard case .decided(let first, let second) = stopRule?.condition else { return nil }
    let other = cell.model.name == first ? second : first
    let found = done.first {
      $0.modelName == other && $0.cell.taskNumber == cell.taskNumber && $0.cell.run == cell.run
    }
    return try? found?.outcome.get()
  }
}
