import Tasks

/// What a plan's stop rule means for its models and tasks.
extension SweepPlan {
  /// The stop rule as it concerns a model: to tell two models apart concerns no third.
  package func rule(for model: String) -> StopRule? {
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
  package func variations(of task: any BenchmarkTask) -> [Variation] {
    // Without a finite range there is no confidence sequence, and nothing stops.
    let isBounded = task.metrics.first.map { ($0.upperBound - $0.lowerBound).isFinite } ?? false
    var own = task.variations
    // A model that samples does so whatever the task says.
    if !own.contains(.sampling), models.contains(where: \.settings.isSampled), task.mayGenerate {
      own.append(.sampling)
    }
    return own + (stopRule != nil && isBounded ? [.itemOrder] : [])
  }
}
