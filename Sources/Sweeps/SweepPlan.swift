import Checkpoints
import Engine
import ModelHub
import Support
import Tasks

/// What a sweep runs: models by tasks, whichever front wrote it. Parsing loads nothing.
public struct SweepPlan: Sendable, Equatable {
  /// A model of the plan.
  public struct ModelEntry: Sendable, Equatable {
    /// A folder, or a name on the Hub.
    public let path: String
    public let name: String
    public let contextLength: Int?
    /// The Hub's cache; nil: where the environment says.
    public let cacheFolder: String?
    /// Whether prompts are put into the model's chat template.
    public let usesChatTemplate: Bool
    /// What matrices are quantised to while loading; nil leaves them as they are stored.
    public let quantization: QuantizationScheme?

    public init(
      path: String, name: String, contextLength: Int?, cacheFolder: String? = nil, usesChatTemplate: Bool = false,
      quantization: QuantizationScheme? = nil
    ) {
      self.path = path
      self.name = name
      self.contextLength = contextLength
      self.cacheFolder = cacheFolder
      self.usesChatTemplate = usesChatTemplate
      self.quantization = quantization
    }
  }

  public let name: String
  public let models: [ModelEntry]
  /// The specifications of the tasks, each an object with `type`.
  public let tasks: [JSONObject]
  /// Samples of each task (of each subject, where a task has subjects); nil: all.
  public let limit: Int?
  public let threads: Int?
  public let confidenceLevel: Double
  /// When a cell may end early; nil: never.
  public let stopRule: StopRule?

  private static let keys = ["name", "models", "tasks", "limit", "threads", "confidence_level", "stop_when"]
  private static let modelKeys = [
    "path", "name", "context_length", "chat_template", "quantization", "cache_dir", "device_map", "revision", "type",
    "generation",
    "size", "variant",
  ]

  /// Reads a plan; an unknown key is an error with the nearest known one.
  public init(json text: String) throws(BenchmarkError) {
    let document: JSONValue
    do throws(BenchmarkError) {
      document = try JSONReader.parse(text, name: "plan")
    } catch { throw BenchmarkError(.invalidArgument, error.message) }
    guard let object = document.objectValue else {
      throw BenchmarkError(.invalidArgument, "plan: an object was expected, not \(document.typeName)")
    }
    try NearestName.checkKeys(of: object, known: Self.keys, in: "plan")
    name = try Self.text(object["name"], "plan: name") ?? "sweep"
    limit = try Self.count(object["limit"], "plan: limit").flatMap { $0 == 0 ? nil : $0 }
    threads = try Self.count(object["threads"], "plan: threads").flatMap { $0 == 0 ? nil : $0 }
    confidenceLevel = try Self.level(object["confidence_level"])
    var models: [ModelEntry] = []
    for (position, value) in try Self.list(object["models"], "models").enumerated() {
      models.append(try Self.model(value, "plan: models[\(position)]"))
    }
    var tasks: [JSONObject] = []
    for (position, value) in try Self.list(object["tasks"], "tasks").enumerated() {
      tasks.append(try Self.task(value, "plan: tasks[\(position)]"))
    }
    for (position, model) in models.enumerated()
    where models[..<position].contains(where: { $0.name == model.name }) {
      throw BenchmarkError(
        .invalidArgument, "plan: two models are called \"\(model.name)\"; give one of them another \"name\"")
    }
    self.models = models
    self.tasks = tasks
    if let rule = object["stop_when"], !rule.isNull {
      stopRule = try StopRule(rule, models: models.map(\.name))
    } else {
      stopRule = nil
    }
  }

  /// The plan in its canonical form: defaults filled in, keys in a fixed order. Where a cache lies is not part of what
  /// is measured, and left out.
  public var canonical: JSONValue {
    var object: JSONObject = [
      "name": .string(name),
      "models": .array(
        models.map {
          [
            "path": .string($0.path), "name": .string($0.name),
            "context_length": $0.contextLength.map { JSONValue($0) } ?? .null,
            "chat_template": .bool($0.usesChatTemplate),
            "quantization": .string($0.quantization?.name ?? "none"),
          ]
        }),
      "tasks": .array(tasks.map { .object($0) }), "limit": limit.map { JSONValue($0) } ?? .null,
      "threads": threads.map { JSONValue($0) } ?? .null, "confidence_level": .number(confidenceLevel),
    ]
    if let stopRule { object["stop_when"] = stopRule.json }
    return .object(object)
  }

  /// Names the plan by what it says: SHA-256 of the canonical form with sorted keys.
  public var hash: String { SHA256.hexadecimal(canonical.text(sortedKeys: true)) }

  /// The plan with its hash and its cells, in the order they run.
  public var json: JSONValue {
    var cells: [JSONValue] = []
    for model in models {
      for task in tasks { cells.append(["model": .string(model.name), "task": .object(task)]) }
    }
    return ["plan": canonical, "hash": .string(hash), "cells": .array(cells)]
  }

  private static func list(_ value: JSONValue?, _ key: String) throws(BenchmarkError) -> [JSONValue] {
    guard let elements = value?.arrayValue, !elements.isEmpty else {
      throw BenchmarkError(.invalidArgument, "plan: \"\(key)\" must be a list with at least one entry")
    }
    return elements
  }

  private static func model(_ value: JSONValue, _ place: String) throws(BenchmarkError) -> ModelEntry {
    var object = JSONObject()
    switch value {
    case .string(let path): object["path"] = .string(path)
    case .object(let given): object = given
    default: throw BenchmarkError(.invalidArgument, "\(place): a path or an object was expected")
    }
    try NearestName.checkKeys(of: object, known: modelKeys, in: place)
    try checkDevice(try text(object["device_map"], "\(place): device_map"), place)
    let path = try path(of: object, place)
    let quantization = try QuantizationScheme(option: object["quantization"], "\(place): quantization")
    return ModelEntry(
      path: path,
      name: try text(object["name"], "\(place): name") ?? Model.defaultName(of: path, quantization: quantization),
      contextLength: try count(object["context_length"], "\(place): context_length").flatMap { $0 == 0 ? nil : $0 },
      cacheFolder: try text(object["cache_dir"], "\(place): cache_dir"),
      usesChatTemplate: try flag(object["chat_template"], "\(place): chat_template"), quantization: quantization)
  }

  private static func flag(_ value: JSONValue?, _ place: String) throws(BenchmarkError) -> Bool {
    guard let value, !value.isNull else { return false }
    guard let flag = value.boolValue else {
      throw BenchmarkError(.invalidArgument, "\(place): true or false was expected, not \(value.typeName)")
    }
    return flag
  }

  /// The path of an entry, or the repository that its short form (type, generation, size, variant) names.
  private static func path(of object: JSONObject, _ place: String) throws(BenchmarkError) -> String {
    let revision = try text(object["revision"], "\(place): revision")
    let shortKeys = ["type", "generation", "size", "variant"].filter { object[$0] != nil }
    let path: String
    if let given = try text(object["path"], "\(place): path") {
      if let key = shortKeys.first(where: { $0 != "type" }) {
        throw BenchmarkError(.invalidArgument, "\(place): \"path\" and \"\(key)\" both name the model; leave one out")
      }
      path = given
    } else if shortKeys.isEmpty {
      throw BenchmarkError(
        .invalidArgument, "\(place): \"path\" is missing: the folder of the checkpoint, or a name on the Hub")
    } else {
      guard let size = try word(object["size"], "\(place): size") else {
        throw BenchmarkError(.invalidArgument, "\(place): \"size\" is missing, such as \"2b\"")
      }
      path = try GemmaNames.repository(
        type: try text(object["type"], "\(place): type") ?? "gemma",
        generation: try word(object["generation"], "\(place): generation"), size: size,
        variant: try text(object["variant"], "\(place): variant"))
    }
    guard let revision else { return path }
    guard let reference = HubReference("\(path)@\(revision)"), !path.contains("@") else {
      throw BenchmarkError(
        .invalidArgument, "\(place): revision \"\(revision)\": only a name on the Hub has revisions, and only one")
    }
    return reference.description
  }

  /// A text, or a number as one: generations are written both ways.
  private static func word(_ value: JSONValue?, _ place: String) throws(BenchmarkError) -> String? {
    if let number = value?.integerValue { return String(number) }
    if let number = value?.doubleValue { return "\(number)" }
    return try text(value, place)
  }

  /// There is one kind of device so far, so `auto` chooses it.
  private static func checkDevice(_ device: String?, _ place: String) throws(BenchmarkError) {
    if let device, device != "auto", device != "cpu" {
      throw BenchmarkError(.unsupported, "\(place): device_map \"\(device)\": auto or cpu")
    }
  }

  private static func task(_ value: JSONValue, _ place: String) throws(BenchmarkError) -> JSONObject {
    let object: JSONObject
    switch value {
    case .string(let type): object = ["type": .string(type)]
    case .object(let given): object = given
    default: throw BenchmarkError(.invalidArgument, "\(place): the name of a task or an object was expected")
    }
    guard let type = object["type"]?.stringValue else {
      throw BenchmarkError(.invalidArgument, "\(place): \"type\" is missing, such as \"mmlu\"")
    }
    if type == CallbackTask.type {
      guard object["name"]?.stringValue != nil else {
        throw BenchmarkError(.invalidArgument, "\(place): a task of type \"\(type)\" is found by its \"name\"")
      }
    } else {
      _ = try TaskCatalogue.entry(type)
    }
    return object
  }

  private static func text(_ value: JSONValue?, _ place: String) throws(BenchmarkError) -> String? {
    guard let value, !value.isNull else { return nil }
    guard let text = value.stringValue, !text.isEmpty else {
      throw BenchmarkError(.invalidArgument, "\(place): a text was expected, not \(value.typeName)")
    }
    return text
  }

  private static func count(_ value: JSONValue?, _ place: String) throws(BenchmarkError) -> Int? {
    guard let value, !value.isNull else { return nil }
    guard let count = value.integerValue, count >= 0 else {
      throw BenchmarkError(.invalidArgument, "\(place): a whole number of 0 or more was expected")
    }
    return count
  }

  private static func level(_ value: JSONValue?) throws(BenchmarkError) -> Double {
    guard let value, !value.isNull else { return 0.95 }
    guard let level = value.doubleValue, level > 0, level < 1 else {
      throw BenchmarkError(.invalidArgument, "plan: confidence_level: a number between 0 and 1 was expected")
    }
    return level
  }
}
