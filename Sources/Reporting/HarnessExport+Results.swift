import Evaluation
import Plan
import Records
import Support
import Tasks

/// results_TIME.json: the keys of `EvaluationTracker.save_results_aggregated` (lm_eval/loggers/evaluation_tracker.py) and of
/// `simple_evaluate` (lm_eval/evaluator.py), those that a store cannot fill with null.
extension HarnessExport {
  /// The results of one model's parts; the hashes are of their samples, by name.
  func results(_ model: String, _ parts: [Part], _ hashes: JSONObject) -> JSONValue {
    var results = JSONObject()
    var groups = JSONObject()
    var members = JSONObject()
    var configurations = JSONObject()
    var versions = JSONObject()
    var shots = JSONObject()
    var better = JSONObject()
    var counts = JSONObject()
    for name in parts.map(\.group) {
      guard let name, groups[name] == nil else { continue }
      // A group stands before its members: tables indent them under it.
      let own = parts.filter { $0.group == name }
      groups[name] = scores(name, own)
      results[name] = groups[name]
      members[name] = .array(own.map { .string($0.name) })
      versions[name] = "N/A"
      shots[name] = own.first.map(Self.shots) ?? 0
      better[name] = own.first.map(Self.directions)
    }
    for part in parts {
      results[part.name] = scores(part.name, [part])
      configurations[part.name] = configuration(part)
      versions[part.name] = .null
      shots[part.name] = Self.shots(part)
      better[part.name] = Self.directions(part)
      counts[part.name] = [
        "original": JSONValue(part.samples.count), "effective": JSONValue(part.samples.count),
      ]
    }
    let facts = parts.first?.run.model.objectValue ?? [:]
    let chat = parts.first?.run.chatTemplate
    let settings = parts.first?.run.settings ?? [:]
    let instruction = settings["system_instruction"]?.stringValue
    var object: JSONObject = [
      "results": .object(results), "group_subtasks": .object(members), "configs": .object(configurations),
      "versions": .object(versions), "n-shot": .object(shots), "higher_is_better": .object(better),
      "n-samples": .object(counts), "config": configuration(of: facts), "git_hash": .null,
      "date": Clock.secondsSinceEpoch(report.record.startedAt).map { JSONValue($0) } ?? .null,
      "pretty_env_info": .string(environment), "transformers_version": .null, "lm_eval_version": .null,
      "gemmabench_version": .string(report.libraryVersion), "upper_git_hash": .null, "tokenizer_pad_token": .null,
      "tokenizer_eos_token": .null, "tokenizer_bos_token": .null,
      "eot_token_id": facts["end_tokens"]?.arrayValue?.first ?? .null, "max_length": facts["context_length"] ?? .null,
      "task_hashes": .object(hashes), "model_source": "gemmabench", "model_name": .string(model),
      "model_name_sanitized": .string(Self.fileName(model)),
      "system_instruction": instruction.map { .string($0) } ?? .null,
      "system_instruction_sha": instruction.map { .string(SHA256.hexadecimal($0)) } ?? .null,
      "fewshot_as_multiturn": chat == nil ? false : settings["fewshot_as_multiturn"] ?? true,
      "chat_template": chat.map { .string($0) } ?? .null,
      "chat_template_sha": settings["chat_template"]?.objectValue?["sha256"]
        ?? (chat == nil ? .null : facts["chat_template"]?.objectValue?["sha256"] ?? .null),
      "total_evaluation_time_seconds": .string("\(report.record.seconds)"),
    ]
    if !groups.members.isEmpty { object["groups"] = .object(groups) }
    return .object(object)
  }

  /// The machine and build, a line each.
  private var environment: String {
    report.record.environments.compactMap(\.objectValue).map { environment in
      environment.members.map { "\($0.key): \($0.value.stringValue ?? $0.value.text())" }.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  private static func shots(_ part: Part) -> JSONValue { part.run.specification["shots"] ?? 0 }

  private static func directions(_ part: Part) -> JSONValue {
    var directions = JSONObject()
    for metric in part.metrics { directions[key(metric).name] = .bool(metric.higherIsBetter) }
    return .object(directions)
  }

  private func configuration(of model: JSONObject) -> JSONValue {
    [
      "model": "gemmabench", "model_args": .object(model), "model_num_parameters": model["parameters"] ?? .null,
      "model_dtype": model["element_type"] ?? .null, "model_revision": .null, "model_sha": .null, "batch_size": "auto",
      "batch_sizes": [], "device": "cpu", "use_cache": .null,
      "limit": report.record.plan.limit.map { JSONValue($0) } ?? .null, "bootstrap_iters": .null, "gen_kwargs": [:],
      "random_seed": .null, "numpy_seed": .null, "torch_seed": .null,
      "fewshot_seed": JSONValue(report.record.plan.seed),
    ]
  }

  /// A task's settings under the harness's names; its templates have no counterpart here.
  private func configuration(_ part: Part) -> JSONValue {
    let specification = part.run.specification
    var isGenerated = false
    if case .generated? = part.samples.first?.response { isGenerated = true }
    var object: JSONObject = ["task": .string(part.name)]
    for key in [
      "dataset_path", "dataset_kwargs", "test_split", "doc_to_text", "doc_to_target", "fewshot_config", "unsafe_code",
    ] { object[key] = .null }
    if specification["draw"] == "first" { object["fewshot_config"] = ["sampler": "first_n"] }
    object["description"] = specification["description"] ?? ""
    object["target_delimiter"] = specification["delimiter"] ?? " "
    object["fewshot_delimiter"] = specification["separator"] ?? "\n\n"
    object["num_fewshot"] = Self.shots(part)
    object["metric_list"] = .array(
      part.metrics.map { metric in
        [
          "metric": .string(Self.key(metric).name), "aggregation": .string(metric.aggregate.rawValue),
          "higher_is_better": .bool(metric.higherIsBetter),
        ]
      })
    object["output_type"] = isGenerated ? "generate_until" : "multiple_choice"
    if isGenerated {
      object["generation_kwargs"] = [
        "until": specification["stop"] ?? .null, "max_gen_toks": specification["max_tokens"] ?? .null,
        "do_sample": .bool((specification["temperature"]?.doubleValue ?? 0) > 0),
        "temperature": specification["temperature"] ?? 0,
      ]
    } else {
      object["doc_to_choice"] = .null
    }
    object["repeats"] = JSONValue(part.run.repeats)
    object["should_decontaminate"] = false
    object["metadata"] = .object(specification)
    return .object(object)
  }

  /// The harness's name of a metric, and of the filter it is read through.
  static func key(_ metric: Metric) -> (name: String, filter: String) {
    guard let parts = metric.harnessName?.split(separator: ",", maxSplits: 1), parts.count == 2 else {
      return (metric.name, "none")
    }
    return (String(parts[0]), String(parts[1]))
  }

  /// The value of a metric of all samples of a part, and how many samples have one; nil where it is not defined.
  private static func ofAllSamples(_ metric: Metric, _ part: Part) -> (value: Double, count: Int)? {
    let items = part.samples.compactMap { $0.score.sums(of: metric.name) }
    let sums = items.reduce([]) { Metric.Aggregate.added($0, $1) ?? $0 }
    return metric.aggregate.value(ofSums: sums).map { ($0, items.count) }
  }

  /// Means and standard errors; of several parts weighted by their sizes, with the pooled error (lm_eval/api/metrics.py).
  private func scores(_ name: String, _ parts: [Part]) -> JSONValue {
    let count = parts.reduce(0) { $0 + $1.samples.count }
    var object: JSONObject = ["name": .string(name), "alias": .string(name), "sample_len": JSONValue(count)]
    if parts.count > 1 || parts.first?.group == name {
      var counts = JSONObject()
      for metric in parts.first?.metrics ?? [] {
        let key = Self.key(metric)
        counts["\(key.name),\(key.filter)"] = JSONValue(
          parts.reduce(0) { sum, part in sum + part.samples.count { $0.score.value(of: metric.name) != nil } })
      }
      object["sample_count"] = .object(counts)
    }
    for metric in parts.first?.metrics ?? [] {
      let key = Self.key(metric)
      if metric.aggregate.isOfCorpus {
        // The value of each part, weighted by its size; the harness has no error of it without a bootstrap either.
        let values = parts.compactMap { Self.ofAllSamples(metric, $0) }
        let total = values.reduce(0) { $0 + Double($1.count) }
        let value = total > 0 ? values.reduce(0) { $0 + $1.value * Double($1.count) } / total : nil
        object["\(key.name),\(key.filter)"] = JSONValue(optional: value)
        object["\(key.name)_stderr,\(key.filter)"] = "N/A"
        continue
      }
      let columns = parts.map { part in
        Moments(part.samples.compactMap { $0.score.value(of: metric.name).flatMap { $0.isFinite ? $0 : nil } })
      }
      let total = columns.reduce(0) { $0 + $1.count }
      let mean = columns.reduce(0) { $0 + $1.mean * Double($1.count) } / Double(total)
      let squares = columns.reduce(0) { $0 + $1.squares }
      let freedom = total - columns.filter { $0.count > 0 }.count
      object["\(key.name),\(key.filter)"] = JSONValue(optional: total > 0 ? mean : nil)
      object["\(key.name)_stderr,\(key.filter)"] =
        freedom > 0 ? .number((squares / Double(freedom) / Double(total)).squareRoot()) : "N/A"
    }
    return .object(object)
  }

  private struct Moments {
    let count: Int
    var mean = 0.0
    /// The sum of squared differences from the mean.
    var squares = 0.0

    init(_ values: [Double]) {
      count = values.count
      if values.isEmpty { return }
      mean = values.reduce(0, +) / Double(count)
      squares = values.reduce(0) { [mean] in $0 + ($1 - mean) * ($1 - mean) }
    }
  }
}
