import DataSets
import Evaluation
import Support

/// A task that is declared rather than programmed: rows of a file, a template for the prompt, and a rule for the answer.
///
/// With `choices` the answer is the most likely of them; without, the text generated, or what an extractor finds in it. Every
/// row is read through every template when the task is made, so a missing field is known, with its line, before a model is.
struct CustomTask: BenchmarkTask {
  static let entry = TaskEntry(
    type: "custom", title: "Custom: rows of a file, a prompt template, choices or an extractor, a metric",
    options: CustomTask.options, dataSets: RowSource.dataSets,
    load: { (given: TaskSpecification) throws(BenchmarkError) in try CustomTask(given) })

  let type = "custom"
  let name: String
  let dataFiles: [DataFile]
  let metrics: [Metric]

  private let items: [CustomItem]
  private let examples: [CustomItem]
  /// For each row, the positions in `examples` of its solved ones.
  private var draws: [[Int]] = []
  private let form: CustomForm
  private let stops: [String]
  private let maximumTokens: Int
  private var sampling: SamplingParameters
  /// As it was given, also where greedy choice has no use for it.
  private var samplingSeed: Int
  let repeats: Int
  private let shots: Int
  /// Seed that samples the few-shot examples; nil: the first of their file.
  private var fewShotSeed: Int?
  private let given: TaskSpecification
  /// The options of the specification that name data sets of the Hub, at the commits that were read.
  private let pinnedDataSets: JSONObject

  init(_ given: TaskSpecification) throws(BenchmarkError) {
    self.given = given
    fewShotSeed = try given.optionalInteger("fewshot_seed")
    let source = try RowSource.data(given)
    name = given.name ?? source.name
    form = try CustomForm(given)
    shots = try given.integer("shots")
    maximumTokens = try given.integer("max_tokens")
    sampling = try SamplingParameters(given)
    samplingSeed = try given.integer("sampling_seed")
    repeats = try given.integer("repeats")
    stops = try given.optionalTexts("stop") ?? (form.separator.isEmpty ? [] : [form.separator])
    if stops.contains("") { throw given.failure("stop", "has an empty text") }
    metrics = form.metrics
    if form.isChoice { try Self.refuseGenerationOptions(given) }

    let data = try given.about("data") { () throws(BenchmarkError) in try source.read("custom: data") }
    try form.checkTemplates(fields: data.rows.first?.fields.keys ?? [], given)
    items = try Self.items(data.rows, form)
    var files = data.files
    var dataSets = data.pinned
    var solved: [CustomItem] = []
    if shots > 0 {
      guard let examples = try RowSource.examples(given) else {
        throw BenchmarkError(
          .invalidArgument,
          "custom: \(shots) shots need \"examples\": a file of few-shot examples, in the format of the data"
            + "; or, of a data set on the Hub, \"examples_split\"",
          key: given.given("shots")?.key)
      }
      if examples.isSame(as: source) {
        throw BenchmarkError(
          .invalidArgument,
          "custom: \"examples\" and \"data\" must be different files or splits, or prompts would contain their own answers",
          key: given.given("examples") == nil ? "examples_split" : "examples")
      }
      let read = try given.about(given.given("examples") == nil ? "examples_split" : "examples") {
        () throws(BenchmarkError) in try examples.read("custom: examples")
      }
      if read.rows.count < shots {
        throw BenchmarkError(
          .invalidFile, "\(read.files.first?.path ?? ""): \(read.rows.count) rows are too few for \(shots) shots")
      }
      for row in read.rows { solved.append(try CustomItem(row, form, position: solved.count)) }
      files += read.files
      if given.given("examples") != nil, let commit = read.commit, case .dataSet(let reference, _) = examples {
        dataSets["examples"] = .string("\(reference.location)@\(commit)")
      }
    }
    pinnedDataSets = dataSets
    examples = solved
    dataFiles = files
    draw()
  }

  /// Draws the solved rows of each row from those there are.
  private mutating func draw() {
    // One generator for the task, advanced once a row in file order: a draw does not depend on a limit.
    var generator = fewShotSeed.map { PythonRandom(seed: $0) }
    draws = items.map { _ in generator?.sample(shots, of: examples.count) ?? Array(0..<shots) }
  }

  var specification: JSONObject {
    var specification = Self.specification(
      name, given, dataSets: pinnedDataSets, fewShotSeed: fewShotSeed, stops: stops,
      mainChoiceMetric: form.isChoice ? metrics[0].name : nil)
    // Only what is not greedy, so that the task is the same as before there was a choice.
    for option in SamplingParameters.options { specification[option.name] = nil }
    if sampling != .greedy {
      for (key, value) in sampling.specification(seed: samplingSeed).members { specification[key] = value }
    }
    specification["repeats"] = repeats == 1 ? nil : JSONValue(repeats)
    return specification
  }

  var count: Int { items.count }

  var variations: [Variation] {
    (examples.count > 1 ? [Variation.fewShotDraws] : []) + (sampling != .greedy ? [.sampling] : [])
  }

  func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    var varied = self
    if let seed = seeds[.fewShotDraws] {
      varied.fewShotSeed = seed
      varied.draw()
    }
    if sampling != .greedy, let seed = seeds[.sampling] {
      varied.samplingSeed = seed
      varied.sampling = sampling.seeded(UInt64(seed))
    }
    return varied
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    try checkPosition(index)
    let item = items[index]
    return Sample(
      id: item.id, attributes: item.attributes, target: item.target, document: item.row.fields)
  }

  func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    try checkPosition(index)
    let item = items[index]
    let parts = PromptParts(
      description: form.description,
      examples: draws[index].map { PromptParts.Example(question: examples[$0].prompt, answer: examples[$0].solution) },
      question: item.prompt, answerPrefix: form.answerPrefix, targetDelimiter: form.delimiter,
      exampleDelimiter: form.separator)
    return Prompt(
      sampleID: item.id, attributes: item.attributes, parts: parts, target: item.target,
      hasOwnLimit: given.given("max_tokens") != nil
    ) {
      form.isChoice
        ? .choice(context: $0, continuations: item.choices.map { parts.choiceDelimiter(inChat: false) + $0 })
        : .generation(
          prompt: $0, stop: stops, maxTokens: maximumTokens, sampling: sampling, repeats: repeats)
    }
  }

  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    try checkPosition(index)
    let item = items[index]
    if form.isChoice { return item.choiceScore(response, metrics) }
    guard let made = response.text else { return .unscored(metrics, flag: ScoreFlag.mismatchedResponse) }
    let answer: String?
    do throws(BenchmarkError) {
      answer = try form.extractor.answer(in: made.text)
    } catch {
      return .unscored(metrics, flag: ScoreFlag.patternLimit)
    }
    let isRight = answer.map { form.metric.isRight($0, target: item.target) } ?? false
    var flags = answer == nil ? [ScoreFlag.noAnswer] : []
    if made.finishReason == .length { flags.append(ScoreFlag.stoppedAtLength) }
    return Score(
      metrics: [MetricValue(name: metrics[0].name, value: isRight ? 1 : 0, prediction: answer)], flags: flags)
  }

  private static func items(_ rows: [DataRow], _ form: CustomForm) throws(BenchmarkError) -> [CustomItem] {
    var items: [CustomItem] = []
    var lines: [String: Int] = [:]
    for row in rows {
      let item = try CustomItem(row, form, position: items.count)
      if let line = lines.updateValue(row.number, forKey: item.id) {
        throw row.failure(
          "the id \"\(item.id)\" is also in \(row.isLine ? "line" : "row") \(line); each row needs its own")
      }
      items.append(item)
    }
    return items
  }
}
