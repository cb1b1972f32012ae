import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// A report in the layout that lm-evaluation-harness 0.4 writes (lm_eval/loggers/evaluation_tracker.py), for what reads that:
/// MODEL/results_TIME.json and, for each task, MODEL/samples_TASK_TIME.jsonl.
///
/// A task with subjects is a group there, and each subject a task. What the harness knows and a store does not (its own
/// version of a task, its git hash, the seeds of libraries that are not used here) is null. Names and kinds are held to files
/// that the harness wrote (Tests/Goldens/harness). It runs a task once: a plan's later runs lie in MODEL/run_2 and so on.
struct HarnessExport {
  /// The samples of one task of the harness.
  struct Part {
    let name: String
    /// The task of ours that it is a subject of.
    let group: String?
    let run: RunRecord
    let samples: [SampleRecord]
    let questions: [String: StoredQuestion]

    /// The run's metrics without those of all samples that the harness has not: its layout knows the metrics of each kind of
    /// task.
    var metrics: [Metric] { run.metrics.filter { $0.harnessName != nil || !$0.aggregate.isOfCorpus } }
  }

  let report: SweepReport
  private let questions: QuestionSource
  private let place: (folder: String, sweep: Int)

  init(_ report: SweepReport, questions: @escaping QuestionSource) throws(BenchmarkError) {
    guard let place = report.record.place else {
      throw BenchmarkError(
        .unsupported,
        "lm-eval export needs prompts and documents, which only a store has; run with --output and export that folder"
      )
    }
    self.report = report
    self.questions = questions
    self.place = place
  }

  func write(to folder: String, replacing: Bool) throws(BenchmarkError) -> [String] {
    var written: [String] = []
    let time = report.record.startedAt.map { $0 == ":" ? "-" : $0 == "Z" ? "" : String($0) }.joined()
    let plan = report.record.plan
    for (model, number) in plan.models.flatMap({ model in (1...plan.runs).map { (model.name, $0) } }) {
      var parts: [Part] = []
      for cell in report.record.cells where cell.modelName == model && cell.cell.run == number {
        // The harness measures no latencies: what has medians for scores has no place in its files.
        guard case .success(let run) = cell.outcome, !run.isTimed else { continue }
        parts += try self.parts(run, taken: Set(parts.map(\.name)))
      }
      if parts.isEmpty { continue }
      let place = folder + "/" + Self.fileName(model) + (number > 1 ? "/run_\(number)" : "")
      try FileSystem.makeFolder(place)
      let results = "\(place)/results_\(time).json"
      written.append(results)
      if !replacing { try FileSystem.checkFree(results) }
      var hashes = JSONObject()
      for part in parts {
        let samples = "\(place)/samples_\(Self.fileName(part.name))_\(time).jsonl"
        let lines = lines(part)
        hashes[part.name] = .string(Self.hash(of: lines))
        try FileSystem.write(lines.map { JSONValue.object($0).text() + "\n" }.joined(), to: samples)
        written.append(samples)
      }
      try FileSystem.write(self.results(model, parts, hashes).text(indented: true) + "\n", to: results)
    }
    return written
  }

  /// A name as the harness makes a file's of it.
  static func fileName(_ name: String) -> String {
    let special: Set<Character> = ["\"", "<", ">", ":", "/", "|", "\\", "?", "*", "[", "]"]
    var text = ""
    var isOpen = false
    for character in name {
      if !special.contains(character) { text.append(character) } else if !isOpen { text += "__" }
      isOpen = special.contains(character)
    }
    return text
  }

  /// - Parameter taken: names that other tasks have: two of one type may have the same subjects.
  private func parts(_ run: RunRecord, taken: Set<String>) throws(BenchmarkError) -> [Part] {
    let questions = try questions(place.folder, place.sweep, run)
    let subjects = run.subjects
    if subjects.isEmpty {
      return [Part(name: run.taskName, group: nil, run: run, samples: run.samples, questions: questions)]
    }
    // "mmlu_anatomy" is the harness's name; the type of a custom task says nothing.
    let type = run.specification["type"]?.stringValue
    let isOwn = TaskCatalogue.ownTypes.contains(type ?? "")
    let isTaken = subjects.contains { taken.contains("\(type ?? "")_\($0)") }
    let stem = isOwn || isTaken ? run.taskName : type ?? run.taskName
    return subjects.map { subject in
      // The subjects of a group of the harness are its tasks.
      let name = type == TaskCatalogue.harnessType ? subject : "\(stem)_\(subject)"
      return Part(
        name: name, group: name == run.taskName ? nil : run.taskName, run: run,
        samples: run.samples.filter { $0.subject == subject }, questions: questions)
    }
  }

  /// The harness's hash of a task: of the hashes of its samples, one behind the other.
  private static func hash(of lines: [JSONObject]) -> String {
    SHA256.hexadecimal(
      lines.flatMap { line in ["doc_hash", "prompt_hash", "target_hash"].map { line[$0]?.stringValue ?? "" } }.joined())
  }

  /// A line for each sample and each filter that a metric is read through.
  private func lines(_ part: Part) -> [JSONObject] {
    var filters: [String] = []
    for metric in part.metrics where !filters.contains(Self.key(metric).filter) {
      filters.append(Self.key(metric).filter)
    }
    return filters.flatMap { filter in
      part.samples.enumerated().map { index, sample in line(part, sample, index, filter) }
    }
  }

  private func line(_ part: Part, _ sample: SampleRecord, _ index: Int, _ filter: String) -> JSONObject {
    let question = part.questions[sample.id]
    let document = question?.document ?? .null
    let context = question?.context ?? sample.prompt ?? ""
    // The harness's target is what its task reads of the document; ours may be a letter.
    let answer = document.objectValue?["answer"]
    let target = answer?.stringValue ?? answer?.integerValue.map(String.init) ?? sample.target
    var arguments = JSONObject()
    var responses: [JSONValue] = []
    var filtered: [JSONValue] = []
    let metrics = part.metrics.filter { Self.key($0).filter == filter }
    switch sample.response {
    case .logLikelihoods(let likelihoods):
      let values = likelihoods.map(\.value)
      // Each response's own context and continuation: of a sentence whose beginning varies, contexts differ.
      let request = question?.request.objectValue.flatMap { Request(json: $0, context: context) }
      let pairs = (try? request?.pairs()) ?? []
      for (place, value) in values.enumerated() {
        let pair = pairs.indices.contains(place) ? pairs[place] : nil
        arguments["gen_args_\(place)"] = [
          "arg_0": .string(pair?.context ?? context), "arg_1": pair.map { .string($0.continuation) } ?? .null,
        ]
        let isGreedy = question.flatMap { $0.isGreedy.indices.contains(place) ? $0.isGreedy[place] : nil }
        let response: JSONValue = [
          .string("\(value)"), .string(isGreedy.map { $0 ? "True" : "False" } ?? "None"),
        ]
        responses.append([response])
        filtered.append(response)
      }
    case .generated(let texts):
      let stops = question?.request.objectValue?["stops"] ?? .null
      let tokens = question?.request.objectValue?["max_tokens"] ?? .null
      let temperature = part.run.specification["temperature"]?.doubleValue ?? 0
      arguments["gen_args_0"] = [
        "arg_0": .string(context),
        "arg_1": [
          "until": stops, "max_gen_toks": tokens, "do_sample": .bool(temperature > 0),
          "temperature": .number(temperature),
        ],
      ]
      responses = [.array(texts.map { .string($0.text) })]
      let found = metrics.first.flatMap { metric in sample.score.metrics.first { $0.name == metric.name }?.prediction }
      filtered = [.string(found ?? "[invalid]")]
    case .measured: break
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
    return object
  }
}
