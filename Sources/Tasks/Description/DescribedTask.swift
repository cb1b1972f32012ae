import Evaluation
import Support

/// A task whose draws follow seeds.
protocol SeededTask: BenchmarkTask {
  var seeds: DescribedTask.Seeds { get }
}

/// A task that a description makes of rows, whether a file of lm-evaluation-harness, the catalogue or options say it: prompts,
/// requests and scores as the harness makes them.
///
/// The rules are those of `ConfigurableTask` in lm_eval/api/task.py and of lm_eval/api/samplers.py (0.4.13).
struct DescribedTask: SeededTask {
  /// The entry for task files, by their paths or the harness's names.
  static let harnessType = "harness"

  let type: String
  let description: TaskDescription
  let dataFiles: [DataFile]
  let metrics: [Metric]
  let shots: Int
  let hasOwnShots: Bool
  let documents: [JSONObject]
  let fields: Set<String>
  /// Few-shot examples to draw from.
  let pool: [JSONObject]
  /// Whether a document may be in the pool, so that it must not be drawn for itself.
  let mayDrawItself: Bool
  /// Whether `doc_to_text` gives a position, so that the choices stand before one continuation.
  let hasSeveralTexts: Bool
  /// How many choices the first document has; 0 where the task has none.
  let choiceCount: Int
  /// Whether several answers are right.
  let hasSeveralTargets: Bool
  /// What seeds decide.
  private(set) var seeds: Seeds
  let repeats: Int
  /// The commits of the data sets that it reads, if they are of the Hub (`HubSplits.pinned`).
  var revisions = JSONValue.null
  /// For each document, positions in `pool`.
  var draws: [[Int]] = []
  /// The examples that are drawn, by their positions in `pool`.
  var examples: [Int: (question: String, answer: String, prefix: String?)] = [:]
  /// For each document, the place that each of its choices is shown at; nil: its own.
  var orders: [[Int]]?

  /// The seeds of a task, and what is drawn with them.
  struct Seeds: Sendable {
    var fewShot = 1234
    /// Whether few-shot examples are drawn, not the first ones; nil: as the file says.
    var drawsExamples: Bool?
    /// Whether what is drawn for one document is drawn for all: every prompt then has the same beginning, which is computed once.
    var drawsOnce = false
    /// What shuffles the choices that letters stand for; nil: they keep their order.
    var choices: Int?
    var sampling = 1234
    /// What the seeds of draws are mixed with, so that the tasks of a group draw each for itself; nil: nothing.
    var word: String?

    /// The generator of a seed.
    func generator(_ seed: Int) -> PythonRandom {
      PythonRandom(seed: word.map { RunSeeds.derived(seed, $0) } ?? seed)
    }
  }

  /// Reads the splits that the task needs.
  ///
  /// Errors: the task runs programs of models, and may not; those of reading the data; no rows; too few for the shots; a document that a rule cannot be applied to.
  init(
    _ description: TaskDescription, type: String = harnessType, from source: any SplitSource, shots given: Int? = nil,
    seeds: Seeds = Seeds(), repeats: Int? = nil, readsExamplesFirst: Bool = false, runsPrograms: Bool = false
  ) throws(BenchmarkError) {
    if description.programs != nil, !runsPrograms {
      throw BenchmarkError(
        .invalidArgument,
        "\(description.name): the task runs the programs that the model writes; give \"unsafe_code\": true (--unsafe-code) to have"
          + " them run within limits", key: HarnessEntry.unsafeCodeKey)
    }
    if let given, description.shots == 0, given > 0 {
      throw BenchmarkError(
        .invalidArgument, "\(description.name): the task has no few-shot examples; \(given) shots cannot be given",
        key: "shots")
    }
    self.description = description
    self.type = type
    shots = given ?? description.shots ?? 0
    hasOwnShots = given != nil
    self.seeds = seeds
    self.seeds.drawsExamples = seeds.drawsExamples ?? (description.fewShot.sampler == .random)
    self.repeats = repeats ?? description.repeats

    var files: [DataFile] = []
    func rows(_ split: String, _ process: NativeHooks.Rows?) throws(BenchmarkError) -> [JSONObject] {
      let made = try description.madeData?.split(split)
      let read = if let made { made } else { try source.split(split, of: description.dataset) }
      for file in read.files where !files.contains(file) { files.append(file) }
      return try process?(read.rows) ?? read.rows
    }
    let fewShot = description.fewShot
    var pool: [JSONObject] = []
    if readsExamplesFirst, shots > 0, let split = fewShot.split { pool = try rows(split, fewShot.processDocuments) }
    let evaluated = description.testSplit ?? description.validationSplit ?? ""
    documents = try rows(evaluated, description.processDocuments)
    guard let first = documents.first else {
      throw BenchmarkError(.invalidFile, "\(description.name): the split \"\(evaluated)\" has no rows")
    }
    fields = Set(first.keys)

    if shots > 0 {
      if let split = fewShot.split {
        if !readsExamplesFirst { pool = try rows(split, fewShot.processDocuments) }
      } else if let samples = fewShot.samples {
        pool = samples
      } else {
        let split = description.trainingSplit ?? description.validationSplit ?? evaluated
        pool = split == evaluated ? documents : try rows(split, description.processDocuments)
      }
      if let indices = fewShot.indices {
        let all = pool
        pool = indices.compactMap { PythonValue.item(all, $0) }
      }
    }
    self.pool = pool
    // As the harness compares them, where a split that is not named equals another one.
    mayDrawItself = fewShot.split == description.testSplit
    dataFiles = files + description.pythonFiles

    let hasChoices = description.choices != nil
    let text = try description.text?.value(.text, of: first, fields: fields, hasChoices: hasChoices) ?? ""
    choiceCount =
      try description.choices?.value(.choices, of: first, fields: fields, hasChoices: true).arrayValue?.count ?? 0
    hasSeveralTexts = hasChoices && PythonValue.integer(text) != nil
    let target = try description.target?.value(.target, of: first, fields: fields, hasChoices: hasChoices) ?? ""
    hasSeveralTargets = target.arrayValue != nil
    metrics = description.scored
    try draw()
    if seeds.choices != nil, description.listed == nil {
      throw BenchmarkError(
        .invalidArgument, "\(description.name): the task has no letters that choices could be shuffled behind",
        key: "choice_seed")
    }
    shuffle()
  }

  var name: String { description.name }

  var specification: JSONObject {
    var specification: JSONObject = ["type": .string(type)]
    if type == Self.harnessType { specification["task"] = .string(description.name) }
    specification["shots"] = JSONValue(shots)
    if shots > 0 { specification["fewshot_seed"] = JSONValue(seeds.fewShot) }
    if let seed = seeds.choices { specification["choice_seed"] = JSONValue(seed) }
    if sampling != .greedy { specification["sampling_seed"] = JSONValue(seeds.sampling) }
    if repeats != 1 { specification["repeats"] = JSONValue(repeats) }
    if let stride = description.stride { specification["stride"] = JSONValue(stride) }
    specification[DescribedEntry.digestKey] = .string(description.digest)
    if !revisions.isNull { specification[DescribedEntry.revisionKey] = revisions }
    if !description.pythonFiles.isEmpty { specification[HarnessEntry.hooksKey] = .string(HarnessEntry.Hooks.python) }
    if description.programs != nil { specification[HarnessEntry.unsafeCodeKey] = true }
    return specification
  }

  var notices: [String] { Self.notices(name, description.pythonFiles, description.said) }

  /// What is to be said of a task or a group: which Python is run, whose programs, what is left out.
  static func notices(_ name: String, _ files: [DataFile], _ omissions: [String]) -> [String] {
    let run = files.isEmpty ? [] : ["Python of \(files.map(\.path).joined(separator: ", ")) is run (hooks: python)"]
    return (run + omissions).map { "\(name): \($0)" }
  }

  var count: Int { documents.count }

  /// Filters of the file may choose among the responses, so that they see all of them.
  var scoresTogether: Bool {
    repeats > 1 && (description.repeats > 1 || description.filters.contains(where: \.isVoting))
  }

  var sampling: SamplingParameters {
    let generation = description.generation
    if description.output != .generation || generation.temperature == 0 { return .greedy }
    return
      (try? SamplingParameters(
        temperature: generation.temperature, topK: generation.topK, topP: generation.topP,
        seed: UInt64(seeds.sampling.magnitude))) ?? .greedy
  }

  var variations: [Variation] {
    (shots > 0 && pool.count > 1 ? [Variation.fewShotDraws] : []) + (description.listed == nil ? [] : [.choiceOrder])
      + (sampling != .greedy ? [.sampling] : [])
  }

  func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    var varied = self
    if let seed = seeds[.fewShotDraws] {
      varied.seeds.fewShot = seed
      varied.seeds.drawsExamples = true
      // The canonical draws stay where other ones cannot be written: the pool has a row too few, or one without an answer.
      if (try? varied.draw()) == nil { varied = self }
    }
    if description.listed != nil, let seed = seeds[.choiceOrder] {
      varied.seeds.choices = seed
      varied.shuffle()
    }
    // A seed of sampling means nothing to greedy decoding.
    if sampling != .greedy, let seed = seeds[.sampling] { varied.seeds.sampling = seed }
    return varied
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    try checkPosition(index)
    let document = documents[index]
    let (id, attributes) = try identity(index)
    return Sample(id: id, attributes: attributes, target: try shownTarget(document), document: document)
  }
}
