import Evaluation
import Plan
import Statistics
import Support
import Tasks

/// A task run on a model: its requests, responses, scores and cost.
package struct RunRecord: Sendable {
  package let modelName: String
  /// Facts of the model, as `Provider.facts` gives them.
  package let model: JSONValue
  package let taskName: String
  /// The task's canonical specification.
  package let specification: JSONObject
  package let dataFiles: [DataFile]
  package let metrics: [Metric]
  /// Subjects that belong together, as the task publishes them.
  package var groups: [SampleGroup] = []
  /// Samples a task was limited to (of each subject); nil: all.
  package let limit: Int?
  package let samples: [SampleRecord]
  /// Samples that were asked for; more than `samples` holds if the run was cancelled.
  package let plannedCount: Int
  /// Those of the samples together.
  package let seconds: Double
  /// Tokens that the requests held, and those of them that were computed: the rest was shared with the request before.
  package let tokensAsked: Int
  package let tokensComputed: Int
  package let startedAt: String
  /// How the model was asked: the settings that were given, and the chat template with its digest.
  package var settings = JSONObject()
  /// The tokens of the first sample's prompt, as the model got them: BOS in front, once. // [tokens]
  package var firstPromptTokens: [Int32] = []
  /// The number of the run and what it varied.
  package var seeds = RunSeeds.canonical
  /// What a stop rule did; nil without one.
  package var earlyStop: EarlyStop? = nil
  /// Why a task of one's own ended the run before its last sample; nil if none did.
  package var failure: String? = nil

  package init(
    modelName: String, model: JSONValue, taskName: String, specification: JSONObject, dataFiles: [DataFile],
    metrics: [Metric], groups: [SampleGroup] = [], limit: Int?, samples: [SampleRecord], plannedCount: Int,
    seconds: Double, tokensAsked: Int, tokensComputed: Int, startedAt: String, settings: JSONObject = [:],
    firstPromptTokens: [Int32] = [], seeds: RunSeeds = RunSeeds.canonical, earlyStop: EarlyStop? = nil,
    failure: String? = nil
  ) {
    self.modelName = modelName
    self.model = model
    self.taskName = taskName
    self.specification = specification
    self.dataFiles = dataFiles
    self.metrics = metrics
    self.groups = groups
    self.limit = limit
    self.samples = samples
    self.plannedCount = plannedCount
    self.seconds = seconds
    self.tokensAsked = tokensAsked
    self.tokensComputed = tokensComputed
    self.startedAt = startedAt
    self.settings = settings
    self.firstPromptTokens = firstPromptTokens
    self.seeds = seeds
    self.earlyStop = earlyStop
    self.failure = failure
  }

  /// A run of a header and its samples.
  package init(
    _ header: RunHeader, modelName: String, taskName: String, limit: Int?, samples: [SampleRecord], plannedCount: Int,
    seconds: Double, tokensAsked: Int, tokensComputed: Int, startedAt: String
  ) {
    self.init(
      modelName: modelName, model: header.model, taskName: taskName, specification: header.specification,
      dataFiles: header.dataFiles, metrics: header.metrics, groups: header.groups, limit: limit, samples: samples,
      plannedCount: plannedCount, seconds: seconds, tokensAsked: tokensAsked, tokensComputed: tokensComputed,
      startedAt: startedAt, settings: header.settings, firstPromptTokens: header.firstPromptTokens)
  }

  /// What the chat template is called that prompts were put into; nil: none.
  package var chatTemplate: String? { RunHeader.chatTemplate(settings) }

  /// Tokens whose keys and values another request had left.
  package var tokensSaved: Int { tokensAsked - tokensComputed }

  /// Whether the run measured what the machine took.
  package var isTimed: Bool { metrics.contains(where: \.isTimed) }

  /// Whether a stop rule ended the run before its last sample: then only what holds at any moment may be said of it.
  package var isStoppedEarly: Bool { (earlyStop?.savedCount ?? 0) > 0 }
  package var isComplete: Bool { failure == nil && samples.count + (earlyStop?.savedCount ?? 0) == plannedCount }

  /// The metric of a name, nil: the main one; an error names those there are.
  package func metric(_ name: String?) throws(BenchmarkError) -> Metric {
    guard let name else {
      guard let main = metrics.first else { throw BenchmarkError(.internalError, "\(taskName): a task without metric") }
      return main
    }
    guard let metric = metrics.first(where: { $0.name == name }) else {
      let hint = NearestName.hint(name, among: metrics.map(\.name))
      throw BenchmarkError(.invalidArgument, "\(taskName): no such metric: \"\(name)\"\(hint)")
    }
    return metric
  }

  /// The responses that each sample has.
  package var repeats: Int { specification["repeats"]?.integerValue ?? 1 }

  /// The mean that blind guessing would reach; nil where that is not known.
  ///
  /// Of right and wrong answers: one over the choices, averaged over the samples; 0 for generated text, which nobody guesses.
  package func chanceLevel(_ metric: Metric) -> Double? {
    guard metric.isBinary || repeats > 1, metric.isShare, metric.higherIsBetter, !samples.isEmpty else { return nil }
    var sum = 0.0
    for sample in samples {
      switch sample.response {
      case .logLikelihoods(let values): sum += values.isEmpty ? 0 : 1 / Double(values.count)
      case .generated: break
      case .measured: return nil
      }
    }
    return sum / Double(samples.count)
  }

  /// The subjects in the order of their first sample; empty if the task has none.
  package var subjects: [String] {
    var seen: Set<String> = []
    return samples.compactMap { sample in sample.subject.flatMap { seen.insert($0).inserted ? $0 : nil } }
  }

  /// How many samples raised each flag, by flag; of several responses to a sample each is counted.
  package var flagCounts: [(flag: String, count: Int)] {
    var counts: [String: Int] = [:]
    for flag in samples.flatMap(\.flags) { counts[flag, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { (flag: $0.key, count: $0.value) }
  }

  /// The run as JSON, without its samples.
  package func json(level: Double) -> JSONValue {
    var estimates = JSONObject()
    for metric in metrics {
      var object = estimate(metric, level: level).json.objectValue ?? [:]
      for (key, value) in metric.json.members where key != "name" { object[key] = value }
      object["chance_level"] = JSONValue(optional: chanceLevel(metric))
      if repeats > 1, let variance = responseVariance(metric) {
        object["sampling_variance"] = .number(variance.withinItems)
        object["sampling_share"] = JSONValue(optional: variance.withinShare)
      }
      estimates[metric.name] = .object(object)
    }
    var bySubject = JSONObject()
    if let main = metrics.first {
      for subject in subjects { bySubject[subject] = estimate(main, level: level, subject: subject).json }
    }
    var flags = JSONObject()
    for (flag, count) in flagCounts { flags[flag] = JSONValue(count) }
    let header = RunHeader(self).json
    var object: JSONObject = [
      "model": model, "model_name": .string(modelName), "task": .string(taskName),
      "run_number": JSONValue(seeds.run), "seeds": .object(seeds.json),
      "specification": .object(specification), "data_files": header["data_files"] ?? .null,
      "limit": limit.map { JSONValue($0) } ?? .null, "samples": JSONValue(samples.count),
      "planned_samples": JSONValue(plannedCount), "complete": .bool(isComplete),
    ]
    object["failure"] = failure.map { .string($0) } ?? .null
    object["main_metric"] = metrics.first.map { .string($0.name) } ?? .null
    object["metrics"] = .object(estimates)
    object["subjects"] = .object(bySubject)
    object["averages"] = averages(level: level)
    object["sample_seconds"] = sampleSeconds(level: level)
    object[TimingMetric.recordKey] = timings(level: level)
    object["groups"] = header["groups"]
    object["early_stop"] = earlyStop?.json ?? .null
    object["flags"] = .object(flags)
    object["tokens_asked"] = JSONValue(tokensAsked)
    object["tokens_computed"] = JSONValue(tokensComputed)
    object["tokens_saved"] = JSONValue(tokensSaved)
    object["seconds"] = .number(seconds)
    object["started_at"] = .string(startedAt)
    for key in ["chat_template", "settings", "first_prompt_tokens"] { object[key] = header[key] }
    return .object(object)
  }
}

extension Estimate {
  /// The estimate as JSON; what it cannot say is null.
  package var json: JSONValue {
    if let median {
      return [
        "count": JSONValue(count), "unscored": JSONValue(unscoredCount), "median": .number(median),
        "lower": JSONValue(optional: interval?.lower), "upper": JSONValue(optional: interval?.upper),
        "level": JSONValue(optional: interval?.level),
        "method": interval.map { .string($0.method.rawValue) } ?? .null,
      ]
    }
    return [
      "count": JSONValue(count), "unscored": JSONValue(unscoredCount), "mean": JSONValue(optional: mean),
      "standard_error": JSONValue(optional: standardError), "lower": JSONValue(optional: interval?.lower),
      "upper": JSONValue(optional: interval?.upper), "level": JSONValue(optional: interval?.level),
      "method": interval.map { .string($0.method.rawValue) } ?? .null,
    ]
  }
}
