import Checkpoints
import Configuration
import Evaluation
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
    /// How it is asked, whatever the task.
    package let settings: ModelSettings
    /// What matrices are quantised to while loading; nil leaves them as they are stored.
    package let quantization: QuantizationScheme?
    /// What activations are rounded to; nil: what GB_MATMUL says, as a rule 8 bits for quantised weights, float32 for others.
    package let precision: Precision?
    /// What the model is a quantisation of: reports put models of one base side by side. Nil: its path says it.
    package let base: String?
    /// The model whose published scores its own stand beside: one of `PublishedScore.models`, or `PublishedModel.none`. Nil: its
    /// path says it.
    package let card: String?

    package init(
      path: String, name: String, contextLength: Int?, cacheFolder: String? = nil,
      settings: ModelSettings = ModelSettings(),
      quantization: QuantizationScheme? = nil, precision: Precision? = nil, base: String? = nil, card: String? = nil
    ) {
      self.base = base
      self.card = card
      self.path = path
      self.name = name
      self.contextLength = contextLength
      self.cacheFolder = cacheFolder
      self.settings = settings
      self.quantization = quantization
      self.precision = precision
    }

    /// The model whose published scores stand beside its own; nil: none are known.
    package var publishedName: String? {
      if let card { return card == PublishedModel.none ? nil : card }
      return PublishedModel.find(path) ?? base.flatMap(PublishedModel.find)
    }

    /// What a plan says of a model, by its keys, in the order of the canonical form; nil: nothing. Where a cache lies is not
    /// part of what is measured, and left out.
    private static let facts: [(key: String, value: @Sendable (ModelEntry) -> JSONValue?)] = [
      ("path", { .string($0.path) }), ("name", { .string($0.name) }),
      ("context_length", { $0.contextLength.map { JSONValue($0) } ?? .null }),
      ("quantization", { .string($0.quantization?.name ?? "none") }),
      ("precision", { $0.precision.map { .string($0.rawValue) } }), ("base", { $0.base.map { .string($0) } }),
      ("card", { $0.card.map { .string($0) } }),
    ]

    /// What models of a plan can differ in beside their names.
    package static let axes = facts.map(\.key).filter { $0 != "name" } + ModelSettings.options.map(\.name)

    /// The entry with its defaults; of how it is asked, what differs from them.
    package var canonical: JSONObject {
      var object = Self.facts.reduce(into: JSONObject()) { object, fact in object[fact.key] = fact.value(self) }
      object["chat_template"] = settings.chatTemplate.json
      for (key, value) in settings.json.members { object[key] = value }
      return object
    }
  }

  package let name: String
  package let models: [ModelEntry]
  package let tasks: [TaskSpecification]
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
  /// Whether models are ranked and their differences tested for significance.
  package let runsStatisticalTests: Bool
  /// When a cell may end early; nil: never.
  package let stopRule: StopRule?
  package let output: OutputSettings
  /// What the plan says and this library has no use for; a sentence each.
  package let warnings: [String]
  package let origin: PlanOrigin

  /// Reads a plan that a program wrote; an unknown key is an error with the nearest known one.
  package init(json text: String) throws(BenchmarkError) { self = try PlanReader.read(text, name: "plan") }

  /// Reads a plan that was read before, as its canonical form.
  package init(_ value: JSONValue) throws(BenchmarkError) { self = try PlanReader.read(value, name: "plan") }

  /// The plan with some of its keys replaced: those that may stand at the top, models and tasks apart; of `output` its own
  /// keys one by one; under `model`, keys of every model; under `task`, keys of the tasks of a type or name, by it.
  ///
  /// Errors: as of reading a plan; a task that the plan does not have.
  package func changed(by changes: JSONObject) throws(BenchmarkError) -> SweepPlan {
    try PlanReader.read(changes, changing: self)
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
    name: String, models: [ModelEntry], tasks: [TaskSpecification], runs: Int, seed: Int, vary: [Variation],
    design: RunDesign, limit: Int?, threads: Int?, batchSize: Int?, confidenceLevel: Double, runsStatisticalTests: Bool,
    stopRule: StopRule?,
    output: OutputSettings,
    warnings: [String], origin: PlanOrigin
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
    self.origin = origin
  }

  /// Samples of the task at a place of the plan (of each subject, where it has subjects): its own limit, else the plan's;
  /// nil: all.
  package func limit(ofTask number: Int) -> Int? {
    guard let own = tasks[number].limit else { return limit }
    return own == 0 ? nil : own
  }

  /// Whether the task at a place of the plan is run on the model at one.
  package func runs(task number: Int, onModel model: Int) -> Bool {
    tasks[number].models?.contains(models[model].name) ?? true
  }

  /// The plan in its canonical form: defaults filled in, keys in a fixed order. Where its output goes is left out: the same
  /// plan in another folder ends in the same files.
  package var canonical: JSONValue { .object(canonicalObject) }

  /// The canonical form without models, tasks and output.
  var canonicalSettings: JSONObject {
    var object = canonicalObject
    for key in ["models", "tasks", "output"] { object[key] = nil }
    return object
  }

  private var canonicalObject: JSONObject {
    var object = measured
    object["vary"] = Self.names(vary)
    if let batchSize { object["batch_size"] = JSONValue(batchSize) }
    object["statistical_tests"] = .bool(runsStatisticalTests)
    object["output"] = .object(output.canonical)
    return object
  }

  /// What decides the numbers: all but what is written of them.
  private var measured: JSONObject {
    var object: JSONObject = [
      "name": .string(name), "models": .array(models.map { .object($0.canonical) }),
      "tasks": .array(tasks.map { .object($0.json) }),
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
  package var hash: String {
    var object = measured
    // Plans from before there was a choice have the hash that they always had: their models had no template.
    object["models"] = .array(
      models.map { model in
        var entry = model.canonical
        if model.settings.chatTemplate == .automatic { entry["chat_template"] = false }
        return .object(entry)
      })
    return SHA256.hexadecimal(JSONValue.object(object).text(sortedKeys: true))
  }

  /// The plan with its hash and its cells, in the order they run. What a task cannot vary shows only once it is loaded; it
  /// is then run once.
  package var json: JSONValue {
    let cells = cells().map { cell -> JSONValue in
      ["model": .string(cell.model.name), "task": .object(cell.task.json), "run_number": JSONValue(cell.run)]
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

/// What the text of a plan says beside its content: plans of one content are equal whatever it is.
package struct PlanOrigin: Sendable, Equatable {
  /// The paths that are relative in the text, of models and tasks, as they are from the current folder.
  package let relativePaths: Set<String>

  package static func == (_: PlanOrigin, _: PlanOrigin) -> Bool { true }
}
