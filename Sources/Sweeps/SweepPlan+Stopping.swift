import Tasks

/// What a plan's stop rule means for its models and tasks.
extension SweepPlan {
  /// The stop rule as it concerns a model: to tell two models apart concerns no third.
  func rule(for model: String) -> StopRule? {
    if case .decided(let first, let second) = stopRule?.condition, model != first, model != second { return nil }
    return stopRule
  }

  /// Whether the rule may end a model's cells before their last sample: of two that are to be told apart, the first in the
  /// plan runs whole.
  func mayStop(modelNumber: Int) -> Bool {
    switch stopRule?.condition {
    case nil: false
    case .halfWidth: true
    case .decided(let first, let second):
      models.lastIndex { $0.name == first || $0.name == second } == modelNumber
    }
  }

  /// What runs of a task can differ in: what the task can vary itself and, where the rule may end it, the order of its items.
  func variations(of task: any BenchmarkTask) -> [Variation] {
    // Without a finite range there is no confidence sequence, and nothing stops.
    let isBounded = task.metrics.first.map { ($0.upperBound - $0.lowerBound).isFinite } ?? false
    return task.variations + (stopRule != nil && isBounded ? [.itemOrder] : [])
  }

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
