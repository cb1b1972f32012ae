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

/// Sees what a sweep makes as it is made; false asks to stop.
public struct SweepObserver {
  public var onSample: ((_ modelName: String, _ taskName: String, _ sample: SampleRecord) -> Bool)?
  /// A cell that has ended, and its place in the plan.
  public var onCell: ((_ index: Int, _ cell: CellRecord) -> Bool)?

  public init() {}
}

/// Runs every cell of a plan, one model in memory at a time.
public enum SweepRunner {
  /// Runs the plan. Tasks are read first, so that a missing file is known before an hour has gone; a cell that fails
  /// is recorded with its reason and does not stop the others. `defined` are the tasks of one's own that the plan names.
  public static func run(
    _ plan: SweepPlan, defined: [CallbackTask] = [], observer: SweepObserver = SweepObserver(),
    progress: ProgressHandler
  ) throws(BenchmarkError) -> SweepRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    var tasks: [any BenchmarkTask] = []
    for specification in plan.tasks { tasks.append(try task(specification, defined)) }
    for (position, task) in tasks.enumerated() where tasks[..<position].contains(where: { $0.name == task.name }) {
      throw BenchmarkError(
        .invalidArgument, "plan: two tasks are called \"\(task.name)\"; give one of them another \"name\"")
    }
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
        let onSample = observer.onSample.map { see in { (sample: SampleRecord) in see(entry.name, task.name, sample) } }
        let outcome = Result<RunRecord, BenchmarkError> { () throws(BenchmarkError) in
          try TaskRunner.run(
            task, on: loaded.get(), limit: plan.limit, usesChatTemplate: entry.usesChatTemplate,
            stopRule: plan.rule(for: entry.name), level: plan.confidenceLevel, other: other, onSample: onSample,
            progress: progress)
        }
        if case .success(let run) = outcome { done.append((number, run)) }
        if case .success(let run) = outcome, !run.isComplete, run.failure == nil { isCancelled = true }
        cells.append(CellRecord(modelName: entry.name, taskName: task.name, outcome: outcome))
        if let onCell = observer.onCell, !onCell(cells.count - 1, cells[cells.count - 1]) { isCancelled = true }
      }
    }
    return SweepRecord(
      plan: plan, cells: cells, isCancelled: isCancelled, seconds: Clock.seconds() - start, startedAt: startedAt)
  }

  private static func task(_ specification: JSONObject, _ defined: [CallbackTask]) throws(BenchmarkError)
    -> any BenchmarkTask
  {
    guard specification["type"]?.stringValue == CallbackTask.type else {
      return try TaskCatalogue.load(specification: .object(specification))
    }
    let name = specification["name"]?.stringValue ?? ""
    guard let task = defined.first(where: { $0.name == name }) else {
      let hint = defined.isEmpty ? "" : NearestName.hint(name, among: defined.map(\.name))
      throw BenchmarkError(
        .invalidArgument,
        "plan: the task \"\(name)\" is made of callbacks and was not passed along with the plan\(hint)")
    }
    return task
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

  /// The model that a model is to be told apart from.
  fileprivate func other(than model: String) -> String? {
    guard case .decided(let first, let second) = stopRule?.condition else { return nil }
    return model == first ? second : model == second ? first : nil
  }
}
