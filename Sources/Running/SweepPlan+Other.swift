import Plan
import Records

extension SweepPlan {
  /// The run that a cell's is to be told apart from, if it is done: of the other model, with the same questions.
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
