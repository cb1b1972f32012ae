import Engine
import Support
import Tasks

/// What a sweep runs: models by tasks, whichever front wrote it. Parsing loads nothing.
public struct SweepPlan: Sendable, Equatable {
  /// A model of the plan.
  public struct ModelEntry: Sendable, Equatable {
    public let path: String
    public let name: String
    public let contextLength: Int?
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
  private static let modelKeys = ["path", "name", "context_length"]

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

  /// The plan in its canonical form: defaults filled in, keys in a fixed order.
  public var canonical: JSONValue {
    var object: JSONObject = [
      "name": .string(name),
      "models": .array(
        models.map {
          [
            "path": .string($0.path), "name": .string($0.name),
            "context_length": $0.contextLength.map { JSONValue($0) } ?? .null,
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
    guard let path = try text(object["path"], "\(place): path") else {
      throw BenchmarkError(.invalidArgument, "\(place): \"path\" is missing: the folder of the checkpoint")
    }
    return ModelEntry(
      path: path, name: try text(object["name"], "\(place): name") ?? Model.defaultName(of: path),
      contextLength: try count(object["context_length"], "\(place): context_length").flatMap { $0 == 0 ? nil : $0 })
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
    _ = try TaskCatalogue.entry(type)
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
