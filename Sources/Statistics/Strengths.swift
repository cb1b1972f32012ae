/// Where a model does better or worse on a task than its own average and the task's would lead one to expect.
///
/// The residual of the two-way table of means: x(m, t) - x(m, .) - x(., t) + x(., .) (J. Tukey, "Exploratory Data Analysis",
/// 1977, 10, with means). Its variance follows from the items: within a task they are shared by the models, between tasks
/// they are independent. Flagged only if significant after an adjustment for all the cells.
package struct Strength: Sendable, Equatable {
  package let model: Int
  package let task: Int
  /// Above 0: better than expected. In units of the score.
  package let residual: Double
  /// Nil where the items show no spread to judge by.
  package let standardError: Double?
  /// Two-sided, by the t test of `StratifiedContrast`, adjusted for all the cells; nil as `standardError`.
  package let probability: AdjustedProbability?
  /// Whether the adjusted probability lies below 1 - level.
  package let isSignificant: Bool

  /// How probabilities are adjusted.
  package enum Adjustment: String, Sendable, CaseIterable {
    case holm
    case benjaminiHochberg = "benjamini_hochberg"
  }

  /// The strengths of every model on every task, model by model; nil for fewer than two models or two tasks.
  package static func all(_ grid: ScoreGrid, level: Double = 0.95, adjustment: Adjustment = .holm) -> [Strength]? {
    guard grid.modelCount >= 2, grid.taskCount >= 2 else { return nil }
    let (models, tasks) = (grid.modelCount, grid.taskCount)
    // Each item's score less the mean over models: [task][model][item].
    let centred = grid.scores.map { task -> [[Double]] in
      let centres = task[0].indices.map { item in task.reduce(0) { $0 + $1[item] } / Double(models) }
      return task.map { zip($0, centres).map { Moments.difference($0, $1) } }
    }
    var cells: [(model: Int, task: Int, residual: Double, contrast: StratifiedContrast?)] = []
    for model in 0..<models {
      for task in 0..<tasks {
        let groups = (0..<tasks).map { other -> (weight: Double, values: [Double]) in
          ((other == task ? 1 : 0) - 1 / Double(tasks), centred[other][model])
        }
        let residual = groups.reduce(0) { $0 + $1.weight * (Moments.mean($1.values) ?? 0) }
        cells.append((model, task, residual, StratifiedContrast(groups)))
      }
    }
    let adjusted = MultipleComparisons.adjust(cells.map { $0.contrast?.probability })
    return zip(cells, adjusted).map { cell, probability in
      let deciding = adjustment == .holm ? probability?.holm : probability?.benjaminiHochberg
      return Strength(
        model: cell.model, task: cell.task, residual: cell.residual, standardError: cell.contrast?.standardError,
        probability: probability, isSignificant: deciding.map { $0 < 1 - level } ?? false)
    }
  }
}
