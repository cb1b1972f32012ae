import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// Where the variance of scores comes from: items, what runs varied, and quantisations of one model, as far as the runs of a
/// task form a full grid.
struct VarianceSplit {
  let modelNames: [String]
  let taskName: String
  let components: VarianceComponents

  /// The runs of one model by themselves; nil for fewer than two, for fewer than two items that all of them have a score for,
  /// and where a run is missing from a crossed design.
  init?(_ runs: [RunRecord], _ metric: Metric) {
    self.init(runs.map { ($0, "") }, metric)
  }

  /// Of each task, the runs of models that differ in their quantisation and in nothing else.
  static func quantizations(_ record: SweepRecord) -> [VarianceSplit] {
    var found: [VarianceSplit] = []
    for task in record.plan.tasks.indices {
      let members = record.cells.filter { $0.cell.taskNumber == task }.compactMap { cell in
        (try? cell.outcome.get()).map { (run: $0, model: cell.cell.model) }
      }
      for (number, model) in record.plan.models.enumerated() {
        if record.plan.models[..<number].contains(where: { $0.differsOnlyInQuantization(from: model) }) { continue }
        var family: [(run: RunRecord, model: SweepPlan.ModelEntry)] = []
        for member in members where member.model.differsOnlyInQuantization(from: model) && member.run.isWhole {
          if !family.contains(where: { member.run.repeats($0.run) }) { family.append(member) }
        }
        // Files of one base differ in what they store; one checkpoint, in what it is quantised to while loading.
        let schemes = family.map { member in
          let stored = model.base == nil ? nil : member.run.model.objectValue?["element_type"]?.stringValue
          return member.model.quantization?.name ?? stored ?? "none"
        }
        // Of times there are medians, not means whose variance could be split.
        guard Set(schemes).count >= 2, let metric = family.first?.run.metrics.first, metric.aggregate == .mean,
          let split = VarianceSplit(Array(zip(family.map(\.run), schemes)), metric)
        else { continue }
        found.append(split)
      }
    }
    return found
  }

  private init?(_ runs: [(run: RunRecord, scheme: String)], _ metric: Metric) {
    guard runs.count >= 2, let first = runs.first?.run else { return nil }
    let tables = runs.map { run, _ in
      var scores: [String: Double] = [:]
      for sample in run.samples {
        if let value = sample.score.value(of: metric.name), value.isFinite { scores[sample.id] = value }
      }
      return scores
    }
    let items = first.samples.map(\.id).filter { id in tables.allSatisfy { $0[id] != nil } }
    let facets = RunFacets(
      runs.map { run, scheme in
        [("quantisation", scheme)]
          + Variation.allCases.filter(\.changesAnswers).map { ($0.words, run.seeds[$0].map { "\($0)" } ?? "") }
      })
    guard items.count >= 2, let components = facets?.components(tables.map { table in items.compactMap { table[$0] } })
    else { return nil }
    var names: [String] = []
    for (run, _) in runs where !names.contains(run.modelName) { names.append(run.modelName) }
    modelNames = names
    taskName = first.taskName
    self.components = components
  }

  /// The share of the variance of single scores that the effects have which involve items, or runs, or both; nil where
  /// there is no variance at all.
  func share(items: Bool, runs: Bool) -> Double? {
    let total = components.components.reduce(0) { $0 + $1.variance }
    let chosen = components.components.filter { part in
      part.facets.contains(RunFacets.items) == items && part.facets.contains { $0 != RunFacets.items } == runs
    }
    return total > 0 ? chosen.reduce(0) { $0 + $1.variance } / total : nil
  }

  /// As JSON; what cannot be said is null.
  var json: JSONValue {
    let total = components.components.reduce(0) { $0 + $1.variance }
    let parts = components.components.map { part -> JSONValue in
      [
        "facets": .array(part.facets.map { .string($0) }), "variance": .number(part.variance),
        "raw_variance": .number(part.rawVariance), "mean_square": .number(part.meanSquare),
        "share": JSONValue(optional: total > 0 ? part.variance / total : nil),
        "contribution": .number(part.contribution), "degrees_of_freedom": JSONValue(part.degreesOfFreedom),
      ]
    }
    let needs = components.needs.map { need -> JSONValue in
      [
        "facet": .string(need.facet), "levels": JSONValue(need.levels),
        "levels_to_halve_error": need.levelsToHalveError.map { JSONValue($0) } ?? .null,
      ]
    }
    return [
      "models": .array(modelNames.map { .string($0) }), "task": .string(taskName), "components": .array(parts),
      "standard_error": .number(components.standardError), "needs": .array(needs),
    ]
  }

  var title: String { "\(modelNames.joined(separator: ", ")) · \(taskName): where the variance comes from" }

  /// One row an effect: its variance, its part in the standard error of the mean, and what would halve that error.
  var table: Table {
    let total = components.components.reduce(0) { $0 + $1.contribution }
    let rows = components.components.map { effect -> [String] in
      let need = effect.facets.count == 1 ? components.needs.first { $0.facet == effect.facets[0] } : nil
      return [
        effect.facets.joined(separator: " × "), effect.variance.fixed(4),
        total > 0 ? SweepReport.percent(effect.contribution / total) : "–", need.map { "\($0.levels)" } ?? "",
        need.map { $0.levelsToHalveError.map { "\($0)" } ?? "no number is enough" } ?? "",
      ]
    }
    return Table(
      header: ["source", "variance of a score", "share of the mean's", "levels", "levels to halve the standard error"],
      rows: rows, numericColumns: [1, 2, 3, 4])
  }
}

extension RunRecord {
  /// Whether nothing ended the run before its last sample.
  var isWhole: Bool { isComplete && !isStoppedEarly }
}

extension SweepPlan.ModelEntry {
  fileprivate func differsOnlyInQuantization(from other: SweepPlan.ModelEntry) -> Bool {
    (base == nil ? path == other.path && other.base == nil : base == other.base) && contextLength == other.contextLength
      && settings == other.settings
      && precision == other.precision
  }
}
