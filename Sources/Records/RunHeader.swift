import Evaluation
import Support
import Tasks

/// What is known of a run besides its samples: the model, the task and how the prompts were made. Stores and reports keep it in
/// one form.
package struct RunHeader: Sendable {
  /// Facts of the model, as `Provider.facts` gives them.
  package var model: JSONValue
  /// The task's canonical specification.
  package var specification: JSONObject
  package var dataFiles: [DataFile]
  package var metrics: [Metric]
  /// Subjects that belong together, as the task publishes them.
  package var groups: [SampleGroup]
  /// How the model was asked: the settings that were given, and the chat template that prompts were put into with its digest.
  package var settings: JSONObject
  /// The tokens of the first sample's prompt, as the model got them: BOS in front, once. // [tokens]
  package var firstPromptTokens: [Int32]

  /// Of a task that is about to run.
  package init(task: any BenchmarkTask, model: JSONValue, settings: JSONObject, firstPromptTokens: [Int32]) {
    self.model = model
    specification = task.specification
    dataFiles = task.dataFiles
    metrics = task.scoreMetrics
    groups = task.groups
    self.settings = settings
    self.firstPromptTokens = firstPromptTokens
  }

  init(_ run: RunRecord) {
    model = run.model
    specification = run.specification
    dataFiles = run.dataFiles
    metrics = run.metrics
    groups = run.groups
    settings = run.settings
    firstPromptTokens = run.firstPromptTokens
  }

  /// What the chat template is called that prompts were put into; nil: none.
  package var chatTemplate: String? { Self.chatTemplate(settings) }

  static func chatTemplate(_ settings: JSONObject) -> String? {
    settings["chat_template"]?.objectValue?["name"]?.stringValue
  }

  /// The header as JSON, with the metrics as a list; a report has an object of estimates in their place.
  package var json: JSONObject {
    [
      "model": model, "specification": .object(specification),
      "data_files": .array(dataFiles.map { ["path": .string($0.path), "sha256": .string($0.sha256)] }),
      "metrics": .array(metrics.map { .object($0.json) }),
      "chat_template": chatTemplate.map { .string($0) } ?? .null, "settings": .object(settings),
      "first_prompt_tokens": .array(firstPromptTokens.map { JSONValue(Int($0)) }),
      "groups": .array(groups.map(\.json)),
    ]
  }

  /// The header in a store's or a report's JSON; nil if "specification" or "metrics" is missing.
  ///
  /// - Parameter samples: show what an old report does not say of a metric.
  package init?(json: JSONObject, samples: [SampleRecord] = []) {
    guard let specification = json["specification"]?.objectValue else { return nil }
    if let list = json["metrics"]?.arrayValue {
      metrics = list.compactMap(Metric.init(saved:))
    } else if let estimates = json["metrics"]?.objectValue {
      let main = json["main_metric"]?.stringValue
      let names = estimates.keys.sorted { ($0 == main ? 0 : 1) < ($1 == main ? 0 : 1) }
      metrics = names.map { Self.metric($0, estimates[$0], samples) }
    } else {
      return nil
    }
    model = json["model"] ?? .null
    self.specification = TaskCatalogue.canonical(specification)
    dataFiles = (json["data_files"]?.arrayValue ?? []).compactMap(DataFile.init(saved:))
    groups = Self.groups(json["groups"], specification)
    // Records from before settings have the name of the template alone.
    settings = json["settings"]?.objectValue ?? [:]
    if settings["chat_template"] == nil, let name = json["chat_template"]?.stringValue {
      settings["chat_template"] = ["name": .string(name)]
    }
    firstPromptTokens = (json["first_prompt_tokens"]?.arrayValue ?? []).compactMap {
      $0.integerValue.flatMap(Int32.init(exactly:))
    }
  }

  /// The groups that a record has or, from before they were kept, those of its type of task.
  private static func groups(_ saved: JSONValue?, _ specification: JSONObject) -> [SampleGroup] {
    guard let saved = saved?.arrayValue else {
      return TaskCatalogue.groups(ofType: specification["type"]?.stringValue ?? "")
    }
    return saved.compactMap { SampleGroup(json: $0) }
  }

  /// What a file says of a metric. Files of version 0.1 say no more than its name and whether it is of right and wrong; then
  /// the scores show the rest: what lies beyond 0 and 1 is no share.
  private static func metric(_ name: String, _ estimate: JSONValue?, _ samples: [SampleRecord]) -> Metric {
    if var object = estimate?.objectValue, object["unit"] != nil {
      object["name"] = .string(name)
      if let metric = Metric(saved: .object(object)) { return metric }
    }
    if case .measured? = samples.first?.response, let timing = TimingMetric(rawValue: name) { return timing.metric }
    let values = samples.compactMap { $0.score.value(of: name) }
    let isBinary = estimate?.objectValue?["binary"]?.boolValue ?? values.allSatisfy { $0 == 0 || $0 == 1 }
    let isShare = values.allSatisfy { (0...1).contains($0) }
    return Metric(
      name: name, summary: "", lowerBound: isShare ? 0 : -.infinity, upperBound: isShare ? 1 : .infinity,
      isBinary: isBinary)
  }
}

private extension DataFile {
  /// The file that a record names; nil if it does not.
  package init?(saved value: JSONValue) {
    guard let object = value.objectValue, let path = object["path"]?.stringValue,
      let hash = object["sha256"]?.stringValue
    else { return nil }
    self.init(path: path, sha256: hash)
  }
}
