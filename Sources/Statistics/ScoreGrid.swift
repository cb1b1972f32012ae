/// The scores of several models on the items of several tasks, every model on every item.
package struct ScoreGrid: Sendable {
  /// [task][model][item]
  package let scores: [[[Double]]]
  package let modelCount: Int
  package var taskCount: Int { scores.count }

  /// Nil unless there is a task, a model and an item of each task, every model has a finite score for every item, and the
  /// tasks have the same models.
  package init?(_ scores: [[[Double]]]) {
    guard let modelCount = scores.first?.count, modelCount > 0 else { return nil }
    for task in scores {
      guard task.count == modelCount, let items = task.first?.count, items > 0,
        task.allSatisfy({ $0.count == items && $0.allSatisfy(\.isFinite) })
      else { return nil }
    }
    self.scores = scores
    self.modelCount = modelCount
  }

  /// The mean of a model on a task.
  package func mean(task: Int, model: Int) -> Double { Moments.mean(scores[task][model]) ?? 0 }

  /// The mean of a model's means over tasks, each task counting the same.
  package func mean(model: Int) -> Double {
    (0..<taskCount).reduce(0) { $0 + mean(task: $1, model: model) } / Double(taskCount)
  }

  /// The item-by-item differences of two models on a task.
  func differences(task: Int, _ first: Int, _ second: Int) -> [Double] {
    zip(scores[task][first], scores[task][second]).map { Moments.difference($0, $1) }
  }

  /// How hard each task is: one less the mean over models and items, with an interval over items for these models.
  ///
  /// The interval is Student's on the items' means over models, or Wilson's for one model with scores of 0 and 1; nil as
  /// theirs. For scores between 0 and 1.
  package func difficulties(level: Double = 0.95) -> [(difficulty: Double, interval: ConfidenceInterval?)] {
    scores.map { task in
      let items = task[0].indices.map { item in task.reduce(0) { $0 + $1[item] } / Double(modelCount) }
      let estimate = Estimate(scores: items, isBinary: modelCount == 1, level: level)
      // A mean of values between 0 and 1 lies there too.
      let isBounded = items.allSatisfy { (0...1).contains($0) }
      let interval = estimate.interval.map {
        ConfidenceInterval(
          lower: isBounded ? max(0, 1 - $0.upper) : 1 - $0.upper,
          upper: isBounded ? min(1, 1 - $0.lower) : 1 - $0.lower,
          level: $0.level, method: $0.method)
      }
      return (1 - (estimate.mean ?? 0), interval)
    }
  }
}
