import Support
import Tasks

/// How the runs of a plan go through what they vary.
package enum RunDesign: String, CaseIterable, Sendable {
  /// Each run after the first varies everything: runs are independent of each other, and what changes together from one to
  /// the next is one facet of the variance.
  case together
  /// Every level of each thing that varies meets every level of the others, once each: every one is a facet of its own.
  case crossed

  /// The seeds of a run; run 1 is the first level of everything, which is as the task says.
  ///
  /// Of a crossed design, a thing's level k has the seed that run k of the other design gives it. The first thing changes
  /// from run to run, the next whenever the first has gone through its levels. The order of items is not crossed, since no
  /// score depends on it: each run has its own.
  func seeds(run: Int, of runs: Int, planSeed: Int, varying: [Variation]) -> RunSeeds {
    let facets = Self.facets(varying)
    guard self == .crossed, let sizes = Self.levels(runs: runs, facets: facets.count) else {
      return RunSeeds(run: run, planSeed: planSeed, varying: varying)
    }
    var rest = run - 1
    var levels: [(variation: Variation, level: Int)] = []
    for (facet, size) in zip(facets, sizes) {
      levels.append((facet, rest % size + 1))
      rest /= size
    }
    for other in varying where !facets.contains(other) { levels.append((other, run)) }
    return RunSeeds(run: run, planSeed: planSeed, levels: levels)
  }

  /// What of all that varies can be crossed.
  private static func facets(_ varying: [Variation]) -> [Variation] { varying.filter(\.changesAnswers) }

  /// What of all that varies is crossed, each with the number of its levels; empty if nothing is.
  package func crossing(runs: Int, varying: [Variation]) -> [(variation: Variation, levels: Int)] {
    let facets = Self.facets(varying)
    guard self == .crossed, facets.count > 1, let levels = Self.levels(runs: runs, facets: facets.count) else {
      return []
    }
    return zip(facets, levels).map { (variation: $0, levels: $1) }
  }

  /// How many levels each of so many facets has if their product is the number of runs: as equal as can be, the larger ones
  /// first, none below two; nil if there are no such numbers.
  static func levels(runs: Int, facets: Int, least: Int = 2) -> [Int]? {
    if facets < 1 { return nil }
    if facets == 1 { return runs >= least ? [runs] : nil }
    for size in stride(from: runs, through: least, by: -1) where runs % size == 0 {
      if let larger = levels(runs: runs / size, facets: facets - 1, least: size) { return larger + [size] }
    }
    return nil
  }

  /// An error if the runs cannot cross what a task varies, with the numbers of runs that could.
  func check(runs: Int, of task: String, varying: [Variation]) throws(BenchmarkError) {
    let facets = Self.facets(varying)
    if self != .crossed || facets.count < 2 || Self.levels(runs: runs, facets: facets.count) != nil { return }
    let fewer = (1..<runs).last { Self.levels(runs: $0, facets: facets.count) != nil }
    // A power of two always can.
    var more = runs + 1
    while Self.levels(runs: more, facets: facets.count) == nil { more += 1 }
    let numbers = (fewer.map { "\($0) or " } ?? "") + "\(more)"
    let what = facets.map(\.words).joined(separator: " with ")
    throw BenchmarkError(
      .invalidArgument,
      "plan: design: \(runs) runs cannot cross \(what) (\(task)) at two or more levels each; use \(numbers) runs")
  }
}

extension SweepPlan {
  /// What of a task varies in this plan.
  package func varying(_ task: any BenchmarkTask) -> [Variation] { vary.filter { variations(of: task).contains($0) } }

  /// An error if the design cannot cross what a task varies.
  package func checkDesign(_ tasks: [any BenchmarkTask]) throws(BenchmarkError) {
    for task in tasks {
      try design.check(runs: runs, of: task.name, varying: varying(task))
    }
  }
}
