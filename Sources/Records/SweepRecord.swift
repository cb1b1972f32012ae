import Plan
import Support
import Tasks

/// The outcome of one cell of a plan.
package struct CellRecord: Sendable {
  package let cell: Cell
  package let taskName: String
  /// The run, or why there is none.
  package let outcome: Result<RunRecord, BenchmarkError>

  package var modelName: String { cell.model.name }

  package init(cell: Cell, taskName: String, outcome: Result<RunRecord, BenchmarkError>) {
    self.cell = cell
    self.taskName = taskName
    self.outcome = outcome
  }
}

/// What became of a plan.
package struct SweepRecord: Sendable {
  /// The file of the store in an output folder.
  package static let storeName = "results.db"

  package let plan: SweepPlan
  /// The cells in the order of the plan, those that were reached.
  package let cells: [CellRecord]
  package let isCancelled: Bool
  /// Whether the store it was read from says that the sweep goes on: it does, or its process was killed.
  package var isRunning = false
  package let seconds: Double
  package let startedAt: String
  /// What it ran on, each machine and build once, in the order of the sessions: objects as of `gb_system_info`.
  package var environments: [JSONValue] = []
  /// Where it is kept: the folder of the store and the number of the sweep in it; nil if in no store.
  package var place: (folder: String, sweep: Int)? = nil

  package init(
    plan: SweepPlan, cells: [CellRecord], isCancelled: Bool, isRunning: Bool = false, seconds: Double,
    startedAt: String, environments: [JSONValue] = [], place: (folder: String, sweep: Int)? = nil
  ) {
    self.plan = plan
    self.cells = cells
    self.isCancelled = isCancelled
    self.isRunning = isRunning
    self.seconds = seconds
    self.startedAt = startedAt
    self.environments = environments
    self.place = place
  }

  /// The tasks that ran once though the plan asks for more.
  package var unrepeatedTasks: [UnrepeatedTask] {
    if plan.runs == 1 { return [] }
    let repeated = Set(cells.filter { $0.cell.run > 1 }.map(\.cell.taskNumber))
    var seen: Set<Int> = []
    return cells.filter { cell in
      // A cancelled sweep may not have reached the second run.
      let isDecided = !isCancelled || cells.contains { $0.modelName == cell.modelName && $0.cell.run > 1 }
      return isDecided && !repeated.contains(cell.cell.taskNumber) && seen.insert(cell.cell.taskNumber).inserted
    }.map { UnrepeatedTask(name: $0.taskName, isTimed: TaskCatalogue.isTimed(type: $0.cell.task.type)) }
  }

  package var runs: [RunRecord] { cells.compactMap { try? $0.outcome.get() } }
}
