import DataSets
import Evaluation
import Support

/// GSM8K: the catalogue's task with the options that records know, and the authors' files as data beside the Hub's.
///
/// Prompt and scoring are those of lm-evaluation-harness's `gsm8k`: solved problems drawn from the training file anew
/// for each question (or, on request, the same for all), greedy generation, and two readings of the answer.
enum GSM8KEntry {
  private static let type = "gsm8k"
  private static let source =
    "GSM8K's files are in grade_school_math/data of https://github.com/openai/grade-school-math; without a folder the"
    + " Hub's are read"

  /// Where a question's few-shot examples come from. All but `each` give every prompt the same beginning, which is computed
  /// once.
  private enum Draw: String, CaseIterable {
    /// Drawn anew for each question: lm-evaluation-harness's default.
    case each
    /// Drawn once, for all questions.
    case once
    /// The first of the training file, for all questions: the harness's sampler `first_n`.
    case first

    init(_ seeds: DescribedTask.Seeds) {
      self = seeds.drawsExamples == false ? .first : seeds.drawsOnce ? .once : .each
    }
  }

  static func entry(_ catalogue: CatalogueTask) -> TaskEntry {
    TaskEntry(
      type: type, title: catalogue.about.title,
      options: [
        TaskOption(
          "shots", aliases: ["shot_count"], default: 5, range: .from(0, to: 64), help: "number of few-shot examples"),
        TaskOption(
          "chain_of_thought", aliases: ["use_chain_of_thought"], default: true,
          help: "whether few-shot examples show their reasoning steps, or only the answer"),
        TaskOption(
          "fewshot_seed", aliases: ["seed"], default: 1234, range: .from(0), help: "seed of the few-shot examples"),
        TaskOption(
          "draw", default: .string(Draw.each.rawValue), choices: Draw.allCases.map(\.rawValue),
          help: "few-shot examples: each (resampled per question), once (a fixed sample) or first (the first n)"),
        TaskOption(
          "max_tokens", aliases: ["maximum_tokens"], default: 256, range: .from(1, to: 1_000_000),
          help: "maximum number of tokens to generate"),
      ] + SamplingParameters.taskOptions + [
        TaskOption(
          "data", default: .null,
          help:
            "folder with train.jsonl and test.jsonl, or of the Hub's layout; default GEMMABENCH_DATA/gsm8k, else the Hub",
          isPath: true),
        DescribedEntry.revision,
      ], metrics: catalogue.metrics, about: catalogue.about,
      dataSets: { (given: TaskSpecification) throws(BenchmarkError) in
        let found = try found(given, catalogue)
        return try folder(given, found) == nil ? DescribedEntry.dataSets(found, given) : []
      },
      load: { (given: TaskSpecification) throws(BenchmarkError) in try load(given, catalogue) })
  }

  /// The description with what the options change of it; whether they fit together is seen before data are looked for.
  private static func found(_ given: TaskSpecification, _ catalogue: CatalogueTask) throws(BenchmarkError)
    -> DescribedLoader.Found
  {
    if try given.text("draw") == Draw.first.rawValue, given.given("fewshot_seed") != nil {
      throw given.failure("fewshot_seed", "has no effect with draw \"first\", which samples nothing")
    }
    var file = catalogue.files[0]
    if try !given.flag("chain_of_thought") {
      file.override(
        ["fewshot_config": ["doc_to_target": "#### {{answer.split('#### ')[-1]}}"]],
        at: DocumentPlace(name: file.path), folder: nil)
    }
    var description = try TaskDescription(file)
    description.generation.maxTokens = try given.integer("max_tokens")
    description.generation.hasOwnLimit = given.given("max_tokens") != nil
    description.generation.sample(try SamplingParameters(given))
    return DescribedLoader.Found(name: description.name, descriptions: [description], isTask: true)
  }

  /// The folder with the authors' files; nil: the Hub's layout, or the Hub.
  private static func folder(_ given: TaskSpecification, _ found: DescribedLoader.Found) throws(BenchmarkError)
    -> DataFolder?
  {
    try DataFolder.given(
      given, name: type, source: source, dataSet: found.descriptions[0].dataset, split: "test"
    ) { FileSystem.isFile($0.path + "/test.jsonl") }
  }

  private static func load(_ given: TaskSpecification, _ catalogue: CatalogueTask) throws(BenchmarkError)
    -> any BenchmarkTask
  {
    let found = try found(given, catalogue)
    let draw = Draw(rawValue: try given.text("draw")) ?? .each
    let sampling = try SamplingParameters(given)
    let shots = try given.integer("shots")
    let repeats = try given.integer("repeats")
    var changes = DescribedLoader.Changes(shots: shots, repeats: repeats)
    changes.seeds.fewShot = try given.integer("fewshot_seed")
    changes.seeds.drawsExamples = draw != .first
    changes.seeds.drawsOnce = draw != .each
    changes.seeds.sampling = try given.integer("sampling_seed")
    let folder = try folder(given, found)
    let source: any SplitSource = if let folder { GSM8KFiles(folder: folder) } else { try DescribedEntry.source(given) }
    let task = try DescribedLoader.task(found, type: type, source: source, changes: changes)
    let chainOfThought = try given.flag("chain_of_thought")
    let maximumTokens = try given.integer("max_tokens")
    return NamedTask(task, name: task.name) { task in
      let seeds = (task as? any SeededTask)?.seeds ?? DescribedTask.Seeds()
      let draw = Draw(seeds)
      var specification: JSONObject = [
        "type": .string(type), "shots": JSONValue(shots), "chain_of_thought": .bool(chainOfThought),
        "fewshot_seed": JSONValue(seeds.fewShot), "max_tokens": JSONValue(maximumTokens),
      ]
      // What the default leaves out, so that it is the same task as before there was a choice.
      if draw != .each { specification["draw"] = .string(draw.rawValue) }
      if draw == .first { specification["fewshot_seed"] = nil }
      for (key, value) in sampling.specification(seed: seeds.sampling).members { specification[key] = value }
      if repeats != 1 { specification["repeats"] = JSONValue(repeats) }
      specification[DescribedEntry.revisionKey] = task.specification[DescribedEntry.revisionKey]
      return specification
    }
  }
}

/// GSM8K's rows as its authors publish them: train.jsonl and test.jsonl.
struct GSM8KFiles: SplitSource {
  let folder: DataFolder

  /// Errors: a file that is missing or empty; a malformed line, with file and line.
  func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
    let (bytes, file) = try folder.read("\(name).jsonl")
    var rows: [JSONObject] = []
    for row in try LineDelimitedJSON.rows(of: bytes, path: file.path) {
      let question = try row.string("question")
      let answer = try row.string("answer")
      if !PythonValue.contains(answer, "#### ") { throw row.failure("the answer has no final number after \"#### \"") }
      rows.append(["question": .string(question), "answer": .string(answer)])
    }
    if rows.isEmpty { throw BenchmarkError(.invalidFile, "\(file.path): no problems") }
    return DataSplit(rows: rows, files: [file])
  }
}
