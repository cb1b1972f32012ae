import Checkpoints
import Configuration
import Support
import Tasks

/// What a sweep runs: models by tasks by runs, whichever front wrote it. Parsing loads nothing.
package struct SweepPlan: Sendable, Equatable {
  /// A model of the plan.
  package struct ModelEntry: Sendable, Equatable {
    /// A folder, or a name on the Hub.
    package let path: String
    package let name: String
    package let contextLength: Int?
    /// The Hub's cache; nil: where the environment says.
    package let cacheFolder: String?
    /// Whether prompts are put into the model's chat template.
    package let usesChatTemplate: Bool
    /// What matrices are quantised to while loading; nil leaves them as they are stored.
    package let quantization: QuantizationScheme?
    /// What activations are rounded to; nil: what GB_MATMUL says, as a rule 8 bits for quantised weights, float32 for others.
    package let precision: Precision?
    /// What the model is a quantisation of: reports put models of one base side by side. Nil: its path says it.
    package let base: String?

    package init(
      path: String, name: String, contextLength: Int?, cacheFolder: String? = nil, usesChatTemplate: Bool = false,
      quantization: QuantizationScheme? = nil, precision: Precision? = nil, base: String? = nil
    ) {
      self.base = base
      self.path = path
      self.name = name
      self.contextLength = contextLength
      self.cacheFolder = cacheFolder
      self.usesChatTemplate = usesChatTemplate
      self.quantization = quantization
      self.precision = precision
    }

    /// The entry with its defaults. Where a cache lies is not part of what is measured, and left out.
    package var canonical: JSONValue {
      var object: JSONObject = [
        "path": .string(path), "name": .string(name), "context_length": contextLength.map { JSONValue($0) } ?? .null,
        "chat_template": .bool(usesChatTemplate), "quantization": .string(quantization?.name ?? "none"),
      ]
      if let precision { object["precision"] = .string(precision.rawValue) }
      if let base { object["base"] = .string(base) }
      return .object(object)
    }
  }

  package let name: String
  package let models: [ModelEntry]
  /// The specifications of the tasks, each an object with `type`.
  package let tasks: [JSONObject]
  /// How often each model meets each task, 1 or more; each run after the first varies what `vary` says.
  package let runs: Int
  /// The seed that those of every run derive from.
  package let seed: Int
  /// What the runs may differ in; of these, each task varies what it can.
  package let vary: [Variation]
  /// How the runs go through what they vary.
  package let design: RunDesign
  /// Samples of each task (of each subject, where a task has subjects); nil: all.
  package let limit: Int?
  package let threads: Int?
  /// Generations side by side; nil: as many as memory allows. Changes no number, so it is not part of the hash.
  package let batchSize: Int?
  package let confidenceLevel: Double
  /// Whether models are ranked and told apart.
  package let runsStatisticalTests: Bool
  /// When a cell may end early; nil: never.
  package let stopRule: StopRule?
  package let output: OutputSettings
  /// What the plan says and this library has no use for; a sentence each.
  package let warnings: [String]
  /// Where its tasks stand in its text.
  package let places: TaskPlaces

  /// Reads a plan that a program wrote; an unknown key is an error with the nearest known one.
  package init(json text: String) throws(BenchmarkError) { self = try PlanReader.read(text, name: "plan") }

  /// The plan with some of its keys replaced: those that may stand at the top, models and tasks apart; of `output` its own
  /// keys one by one; under `model`, keys of every model; under `task`, keys of the tasks of a type or name, by it.
  ///
  /// Errors: as of reading a plan; a task that the plan does not have.
  package func changed(by changes: JSONObject) throws(BenchmarkError) -> SweepPlan {
    var object = canonical.objectValue ?? [:]
    var section = output.canonical
    section["path"] = output.path.map { .string($0) } ?? .null
    var models = models.map { $0.canonical.objectValue ?? [:] }
    var tasks = tasks
    for (key, value) in changes.members {
      if key == "model", let given = value.objectValue {
        for place in models.indices {
          for (key, value) in given.members { models[place][key] = value }
        }
        continue
      }
      if key == "task", let given = value.objectValue {
        for (name, options) in given.members { try Self.change(&tasks, name, options.objectValue ?? [:]) }
        continue
      }
      if key == "models" || key == "tasks" {
        throw BenchmarkError(.invalidArgument, "changes: \"\(key)\" cannot be changed; edit the plan")
      }
      if key == "output", let given = value.objectValue {
        for (key, value) in given.members { section[key] = value }
      } else if key == "output" {
        section["path"] = value
      } else {
        object[key] = value
      }
    }
    object["output"] = .object(section)
    object["models"] = .array(models.map { .object($0) })
    object["tasks"] = .array(tasks.map { .object($0) })
    let plan = try PlanReader.read(JSONValue.object(object).text(), name: "plan")
    return SweepPlan(
      name: plan.name, models: plan.models(keepingCachesOf: self), tasks: plan.tasks, runs: plan.runs, seed: plan.seed,
      vary: plan.vary,
      design: plan.design,
      limit: plan.limit, threads: plan.threads, batchSize: plan.batchSize, confidenceLevel: plan.confidenceLevel,
      runsStatisticalTests: plan.runsStatisticalTests, stopRule: plan.stopRule, output: plan.output,
      warnings: warnings, places: places)
  }

  /// The models, each with the cache that its like of another plan has: it is not part of the canonical form.
  private func models(keepingCachesOf other: SweepPlan) -> [ModelEntry] {
    zip(models, other.models).map { model, old in
      ModelEntry(
        path: model.path, name: model.name, contextLength: model.contextLength,
        cacheFolder: model.cacheFolder ?? old.cacheFolder, usesChatTemplate: model.usesChatTemplate,
        quantization: model.quantization, precision: model.precision, base: model.base)
    }
  }

  /// Replaces keys of the tasks of a type or a name.
  private static func change(_ tasks: inout [JSONObject], _ name: String, _ options: JSONObject) throws(BenchmarkError)
  {
    let names = tasks.flatMap { [$0["type"]?.stringValue, $0["name"]?.stringValue].compactMap { $0 } }
    if !names.contains(name) {
      throw BenchmarkError(
        .invalidArgument, "changes: the plan has no task \"\(name)\"\(NearestName.hint(name, among: names))")
    }
    for place in tasks.indices
    where tasks[place]["type"]?.stringValue == name || tasks[place]["name"]?.stringValue == name {
      let known = (try? TaskCatalogue.entry(tasks[place]["type"]?.stringValue ?? ""))?.options ?? []
      for (key, value) in options.members {
        // An option that the plan has under another of its names goes: it would be given twice.
        for other in known.first(where: { $0.names.contains(key) })?.names ?? [] { tasks[place][other] = nil }
        tasks[place][key] = value
      }
    }
  }

  /// Reads a plan that a person wrote, YAML or JSON, with line and column in its errors.
  ///
  /// - Parameter name: what errors call the text.
  package init(text: String, name: String = "plan") throws(BenchmarkError) {
    self = try PlanReader.read(text, name: name)
  }

  /// Reads a plan from a file of YAML or JSON; its relative paths are from the file's folder.
  package init(path: String) throws(BenchmarkError) {
    self = try PlanReader.read(try FileSystem.readText(path), name: path, folder: PlanFolder(ofFile: path))
  }

  init(
    name: String, models: [ModelEntry], tasks: [JSONObject], runs: Int, seed: Int, vary: [Variation],
    design: RunDesign, limit: Int?, threads: Int?, batchSize: Int?, confidenceLevel: Double, runsStatisticalTests: Bool,
    stopRule: StopRule?,
    output: OutputSettings,
    warnings: [String], places: TaskPlaces
  ) {
    self.name = name
    self.models = models
    self.tasks = tasks
    self.runs = runs
    self.seed = seed
    self.vary = vary
    self.design = design
    self.limit = limit
    self.threads = threads
    self.batchSize = batchSize
    self.confidenceLevel = confidenceLevel
    self.runsStatisticalTests = runsStatisticalTests
    self.stopRule = stopRule
    self.output = output
    self.warnings = warnings
    self.places = places
  }

  /// Samples of the task at a place of the plan (of each subject, where it has subjects): its own limit, else the plan's;
  /// nil: all.
  package func limit(ofTask number: Int) -> Int? {
    guard let own = tasks[number][Self.limitKey]?.integerValue else { return limit }
    return own == 0 ? nil : own
  }

  /// The option of a task that the plan reads and the task itself does not see.
  package static let limitKey = "limit"

  /// The plan in its canonical form: defaults filled in, keys in a fixed order. Where its output goes is left out: the same
  /// plan in another folder ends in the same files.
  package var canonical: JSONValue {
    var object = measured
    object["vary"] = Self.names(vary)
    if let batchSize { object["batch_size"] = JSONValue(batchSize) }
    object["statistical_tests"] = .bool(runsStatisticalTests)
    object["output"] = .object(output.canonical)
    return .object(object)
  }

  /// What decides the numbers: all but what is written of them.
  private var measured: JSONObject {
    var object: JSONObject = [
      "name": .string(name), "models": .array(models.map(\.canonical)), "tasks": .array(tasks.map { .object($0) }),
      "runs": JSONValue(runs), "seed": JSONValue(seed),
      // Without a stop rule the order of items decides nothing.
      "vary": Self.names(stopRule == nil ? vary.filter(\.changesAnswers) : vary),
      "limit": limit.map { JSONValue($0) } ?? .null, "threads": threads.map { JSONValue($0) } ?? .null,
      "confidence_level": .number(confidenceLevel),
    ]
    // The default is left out: a plan without it has the hash that it always had.
    if design != .together { object["design"] = .string(design.rawValue) }
    if let stopRule { object["stop_when"] = stopRule.json }
    return object
  }

  private static func names(_ variations: [Variation]) -> JSONValue {
    .array(variations.map { .string($0.rawValue) })
  }

  /// Names the plan by what it says: SHA-256 of the canonical form with sorted keys, without its output.
  package var hash: String { SHA256.hexadecimal(JSONValue.object(measured).text(sortedKeys: true)) }

  /// The plan with its hash and its cells, in the order they run. What a task cannot vary shows only once it is loaded; it
  /// is then run once.
  package var json: JSONValue {
    let cells = cells().map { cell -> JSONValue in
      ["model": .string(cell.model.name), "task": .object(cell.task), "run_number": JSONValue(cell.run)]
    }
    var plan = canonical.objectValue ?? [:]
    var output = output.canonical
    output["path"] = self.output.path.map { .string($0) } ?? .null
    plan["output"] = .object(output)
    return [
      "plan": .object(plan), "hash": .string(hash), "cells": .array(cells),
      "warnings": .array(warnings.map { .string($0) }),
    ]
  }
}
