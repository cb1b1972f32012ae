import Statistics
import Support
import Sweeps
import Tasks

/// A report in the layout that lm-evaluation-harness 0.4 writes (lm_eval/loggers/evaluation_tracker.py), for what reads that:
/// MODEL/results_TIME.json and, for each task, MODEL/samples_TASK_TIME.jsonl.
///
/// A task with subjects is a group there, and each subject a task. What the harness knows and a store does not (its own
/// version of a task, its git hash) is null. It runs a task once: a plan's later runs lie in MODEL/run_2 and so on.
struct HarnessExport {
  /// The samples of one task of the harness.
  private struct Part {
    let name: String
    /// The task of ours that it is a subject of.
    let group: String?
    let run: RunRecord
    let samples: [SampleRecord]
    let questions: [String: StoredQuestion]
  }

  private let report: SweepReport
  private let store: RunStore
  private let sweep: Int

  init(_ report: SweepReport) throws(BenchmarkError) {
    guard let place = report.record.place else {
      throw BenchmarkError(
        .unsupported,
        "lm-eval's layout shows prompts and documents, which only a store has: run with an output folder, and export that"
      )
    }
    self.report = report
    store = try RunStore(reading: place.folder)
    sweep = place.sweep
  }

  func write(to folder: String) throws(BenchmarkError) -> [String] {
    var written: [String] = []
    let time = report.record.startedAt.map { $0 == ":" ? "-" : $0 == "Z" ? "" : String($0) }.joined()
    let plan = report.record.plan
    for (model, number) in plan.models.flatMap({ model in (1...plan.runs).map { (model.name, $0) } }) {
      var parts: [Part] = []
      for cell in report.record.cells where cell.modelName == model && cell.cell.run == number {
        guard case .success(let run) = cell.outcome else { continue }
        parts += try self.parts(run)
      }
      if parts.isEmpty { continue }
      let place = folder + "/" + Self.fileName(model) + (number > 1 ? "/run_\(number)" : "")
      try FileSystem.makeFolder(place)
      let results = "\(place)/results_\(time).json"
      try FileSystem.write(self.results(model, parts).text(indented: true) + "\n", to: results)
      written.append(results)
      for part in parts {
        let samples = "\(place)/samples_\(Self.fileName(part.name))_\(time).jsonl"
        try FileSystem.write(lines(part), to: samples)
        written.append(samples)
      }
    }
    return written
  }

  /// A name as the harness makes a file's of it.
  private static func fileName(_ name: String) -> String {
    let special: Set<Character> = ["\"", "<", ">", ":", "/", "|", "\\", "?", "*", "[", "]"]
    var text = ""
    var isOpen = false
    for character in name {
      if !special.contains(character) { text.append(character) } else if !isOpen { text += "__" }
      isOpen = special.contains(character)
    }
    return text
  }

  private func parts(_ run: RunRecord) throws(BenchmarkError) -> [Part] {
    let questions = try store.questions(sweep: sweep, model: run.modelName, task: run.taskName, run: run.seeds.run)
    let subjects = run.subjects
    if subjects.isEmpty {
      return [Part(name: run.taskName, group: nil, run: run, samples: run.samples, questions: questions)]
    }
    let type = run.specification["type"]?.stringValue ?? run.taskName
    return subjects.map { subject in
      let name = "\(type)_\(subject)"
      return Part(
        name: name, group: name == run.taskName ? nil : run.taskName, run: run,
        samples: run.samples.filter { $0.subject == subject }, questions: questions)
    }
  }

  // ---- Results

  private func results(_ model: String, _ parts: [Part]) -> JSONValue {
    var results = JSONObject()
    var groups = JSONObject()
    var members = JSONObject()
    var configurations = JSONObject()
    var versions = JSONObject()
    var shots = JSONObject()
    var better = JSONObject()
    var counts = JSONObject()
    for part in parts {
      results[part.name] = scores(part.name, [part])
      configurations[part.name] = [
        "task": .string(part.name), "metadata": .object(part.run.specification),
        "num_fewshot": part.run.specification["shots"] ?? .null,
      ]
      versions[part.name] = .null
      shots[part.name] = part.run.specification["shots"] ?? .null
      var directions = JSONObject()
      for metric in part.run.metrics { directions[Self.key(metric).name] = .bool(metric.higherIsBetter) }
      better[part.name] = .object(directions)
      counts[part.name] = [
        "original": JSONValue(part.samples.count), "effective": JSONValue(part.samples.count),
      ]
    }
    for name in parts.compactMap(\.group) where groups[name] == nil {
      let own = parts.filter { $0.group == name }
      groups[name] = scores(name, own)
      results[name] = groups[name]
      members[name] = .array(own.map { .string($0.name) })
    }
    let chat = parts.first?.run.chatTemplate
    return [
      "results": .object(results), "groups": .object(groups), "group_subtasks": .object(members),
      "configs": .object(configurations), "versions": .object(versions), "n-shot": .object(shots),
      "higher_is_better": .object(better), "n-samples": .object(counts),
      "config": [
        "model": "gemmabench", "model_args": parts.first?.run.model ?? .null, "batch_size": "auto",
        "limit": report.record.plan.limit.map { JSONValue($0) } ?? .null, "random_seed": .null,
      ],
      "git_hash": .null, "date": .string(report.record.startedAt), "model_source": "gemmabench",
      "model_name": .string(model), "model_name_sanitized": .string(Self.fileName(model)),
      "chat_template": chat.map { .string($0) } ?? .null, "chat_template_sha": .null,
      "fewshot_as_multiturn": false, "gemmabench_version": .string(report.libraryVersion),
      "total_evaluation_time_seconds": .string("\(report.record.seconds)"),
    ]
  }

  /// The harness's name of a metric, and of the filter it is read through.
  private static func key(_ metric: Metric) -> (name: String, filter: String) {
    guard let parts = metric.harnessName?.split(separator: ",", maxSplits: 1), parts.count == 2 else {
      return (metric.name, "none")
    }
    return (String(parts[0]), String(parts[1]))
  }

  /// Means and standard errors; of several parts weighted by their sizes, with the pooled error (lm_eval/api/metrics.py).
  private func scores(_ name: String, _ parts: [Part]) -> JSONValue {
    var object: JSONObject = ["alias": .string(name)]
    for metric in parts.first?.run.metrics ?? [] {
      let key = Self.key(metric)
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

  // ---- Samples

  /// A line for each sample and each filter that a metric is read through.
  private func lines(_ part: Part) -> String {
    var filters: [String] = []
    for metric in part.run.metrics where !filters.contains(Self.key(metric).filter) {
      filters.append(Self.key(metric).filter)
    }
    var text = ""
    for filter in filters {
      for (index, sample) in part.samples.enumerated() {
        text += line(part, sample, index, filter).text() + "\n"
      }
    }
    return text
  }

  private func line(_ part: Part, _ sample: SampleRecord, _ index: Int, _ filter: String) -> JSONValue {
    let question = part.questions[sample.id]
    let document = question?.document ?? .null
    let context = question?.context ?? sample.prompt ?? ""
    // The harness's target is what its task reads of the document; ours may be a letter.
    let answer = document.objectValue?["answer"]
    let target = answer?.stringValue ?? answer?.integerValue.map(String.init) ?? sample.target
    var arguments = JSONObject()
    var responses: [JSONValue] = []
    var filtered: [JSONValue] = []
    let metrics = part.run.metrics.filter { Self.key($0).filter == filter }
    switch sample.response {
    case .logLikelihoods(let values, _):
      let continuations = question?.request.objectValue?["continuations"]?.arrayValue ?? []
      for (place, value) in values.enumerated() {
        arguments["gen_args_\(place)"] = [
          "arg_0": .string(context), "arg_1": continuations.indices.contains(place) ? continuations[place] : .null,
        ]
        let isGreedy = question.flatMap { $0.isGreedy.indices.contains(place) ? $0.isGreedy[place] : nil }
        let pair: JSONValue = [
          .string("\(value)"), .string(isGreedy.map { $0 ? "True" : "False" } ?? "None"),
        ]
        responses.append([pair])
        filtered.append(pair)
      }
    case .generated(let text, _):
      let stops = question?.request.objectValue?["stops"] ?? .null
      let tokens = question?.request.objectValue?["max_tokens"] ?? .null
      arguments["gen_args_0"] = [
        "arg_0": .string(context),
        "arg_1": ["until": stops, "max_gen_toks": tokens, "do_sample": false, "temperature": 0],
      ]
      responses = [[.string(text)]]
      let found = metrics.first.flatMap { metric in sample.score.metrics.first { $0.name == metric.name }?.prediction }
      filtered = [.string(found ?? "[invalid]")]
    }
    var object: JSONObject = [
      "doc_id": JSONValue(sample.id.split(separator: "/").last.flatMap { Int($0) } ?? index), "doc": document,
      "target": .string(target), "arguments": .object(arguments), "resps": .array(responses),
      "filtered_resps": .array(filtered), "filter": .string(filter),
      "metrics": .array(metrics.map { .string(Self.key($0).name) }),
      "doc_hash": .string(SHA256.hexadecimal(document.text(indented: true))),
      "prompt_hash": .string(sample.promptSHA256), "target_hash": .string(SHA256.hexadecimal(target)),
    ]
    for metric in metrics { object[Self.key(metric).name] = JSONValue(optional: sample.score.value(of: metric.name)) }
    return .object(object)
  }
}
