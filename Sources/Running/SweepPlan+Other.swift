import Plan
import Records

extension SweepPlan {
  /// The run that a cell is compared with, if it is done: that of the other model on the same requests.
  func other(than cell: Cell, in done: [CellRecord]) -> RunRecord? {
    guard case .decided(let first, let second) = stopRule?.condition else { return nil }
    let other = cell.model.name == first ? second : first
    let found = done.first {
      $0.modelName == other && $0.cell.taskNumber == cell.taskNumber
        && $0.cell.seeds.ofAnswers.repeats(cell.seeds.ofAnswers)
    }
    return try? found?.outcome.get()
  }
}
