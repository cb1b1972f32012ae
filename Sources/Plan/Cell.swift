import Support
import Tasks

/// One cell of a plan: a model on a task, for the k-th time.
package struct Cell: Sendable, Equatable {
  /// The model's place in the plan.
  package let modelNumber: Int
  /// The task's place in the plan.
  package let taskNumber: Int
  package let model: SweepPlan.ModelEntry
  package let task: TaskSpecification
  /// The number of the run and what it varies.
  package let seeds: RunSeeds
  /// From 1.
  package var run: Int { seeds.run }

  package init(_ plan: SweepPlan, modelNumber: Int, taskNumber: Int, seeds: RunSeeds) {
    self.modelNumber = modelNumber
    self.taskNumber = taskNumber
    self.model = plan.models[modelNumber]
    self.task = plan.tasks[taskNumber]
    self.seeds = seeds
  }
}

extension SweepPlan {
  /// The cells in the order they run: model by model, run by run, task by task.
  ///
  /// A run that would repeat an earlier one to the bit measures nothing and is left out: a task that no seed could change is
  /// run once, and so is one that varies the order of items alone on a model that no stop rule ends.
  ///
  /// - Parameter variations: what each task can vary, one element a task (`variations(of:)`). Nil, before tasks are loaded:
  ///   as if every task could vary everything.
  package func cells(variations: [[Variation]]? = nil) -> [Cell] {
    var cells: [Cell] = []
    for model in models.indices {
      var planned = [[RunSeeds]](repeating: [], count: tasks.count)
      for run in 1...runs {
        for task in tasks.indices where self.runs(task: task, onModel: model) {
          let varying = vary.filter { variations?[task].contains($0) ?? true }
          let all = design.seeds(run: run, of: runs, planSeed: seed, varying: varying)
          let seeds = mayStop(modelNumber: model) ? all : all.ofAnswers
          if planned[task].contains(where: seeds.repeats) { continue }
          planned[task].append(seeds)
          cells.append(Cell(self, modelNumber: model, taskNumber: task, seeds: seeds))
        }
      }
    }
    return cells
  }
}
