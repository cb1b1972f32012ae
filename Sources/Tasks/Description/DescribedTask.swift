import Evaluation
import Support

/// A task that a file of lm-evaluation-harness describes, with its rows: prompts, requests and scores as the harness makes them.
///
/// The rules are those of `ConfigurableTask` in lm_eval/api/task.py and of lm_eval/api/samplers.py (0.4.13).
struct DescribedTask: BenchmarkTask {
  /// The entry for task files, by their paths or the harness's names.
  static let harnessType = "harness"

  let type: String
  let description: TaskDescription
  let dataFiles: [DataFile]
  let metrics: [Metric]
  let shots: Int
  private let hasOwnShots: Bool
  private let documents: [JSONObject]
  private let fields: Set<String>
  /// Few-shot examples to draw from.
  private let pool: [JSONObject]
  /// Whether a document may be in the pool, so that it must not be drawn for itself.
  private let mayDrawItself: Bool
  /// Whether `doc_to_text` gives a position, so that the choices stand before one continuation.
  private let hasSeveralTexts: Bool
  /// How many choices the first document has; 0 where the task has none.
  let choiceCount: Int
  /// Whether several answers are right.
  private let hasSeveralTargets: Bool
  private var fewShotSeed: Int
  private var isDrawn: Bool
  private var samplingSeed: Int
  let repeats: Int
  /// The commits of the data sets that it reads, if they are of the Hub (`HubSplits.pinned`).
  var revisions = JSONValue.null
  /// For each document, positions in `pool`.
  private var draws: [[Int]] = []
  /// The examples that are drawn, by their positions in `pool`.
  private var examples: [Int: (question: String, answer: String, prefix: String?)] = [:]

  /// Reads the splits that the task needs.
  ///
  /// Errors: those of reading the data; no rows; too few for the shots; a document that a rule cannot be applied to.
  init(
    _ description: TaskDescription, type: String = harnessType, from source: any SplitSource, shots given: Int? = nil,
    fewShotSeed: Int = 1234,
    samplingSeed: Int = 1234, repeats: Int? = nil
  ) throws(BenchmarkError) {
    if let given, description.shots == 0, given > 0 {
      throw BenchmarkError(
        .invalidArgument, "\(description.name): the task has no few-shot examples; \(given) shots cannot be given",
        key: "shots")
    }
    self.description = description
    self.type = type
    shots = given ?? description.shots ?? 0
    hasOwnShots = given != nil
    self.fewShotSeed = fewShotSeed
    self.samplingSeed = samplingSeed
    self.repeats = repeats ?? description.repeats
    isDrawn = description.fewShot.sampler == .random

    var files: [DataFile] = []
    func rows(_ split: String, _ process: NativeHooks.Rows?) throws(BenchmarkError) -> [JSONObject] {
      let read = try source.split(split, of: description.dataset)
      for file in read.files where !files.contains(file) { files.append(file) }
      return try process?(read.rows) ?? read.rows
    }
    let evaluated = description.testSplit ?? description.validationSplit ?? ""
    documents = try rows(evaluated, description.processDocuments)
    guard let first = documents.first else {
      throw BenchmarkError(.invalidFile, "\(description.name): the split \"\(evaluated)\" has no rows")
    }
    fields = Set(first.keys)

    let fewShot = description.fewShot
    var pool: [JSONObject] = []
    if shots > 0 {
      if let split = fewShot.split {
        pool = try rows(split, fewShot.processDocuments)
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
    dataFiles = files

    let hasChoices = description.choices != nil
    let text = try description.text?.value(.text, of: first, fields: fields, hasChoices: hasChoices) ?? ""
    choiceCount =
      try description.choices?.value(.choices, of: first, fields: fields, hasChoices: true).arrayValue?.count ?? 0
    hasSeveralTexts = hasChoices && PythonValue.integer(text) != nil
    let target = try description.target?.value(.target, of: first, fields: fields, hasChoices: hasChoices) ?? ""
    hasSeveralTargets = target.arrayValue != nil
    let pipelines = description.filters
    let isOfHook = description.processResults != nil
    metrics = pipelines.flatMap { pipeline in
      description.metrics.map {
        $0.metric(
          pipeline: pipeline.name, isAlone: pipelines.count == 1, ofHook: isOfHook,
          isBinary: pipeline.filters.contains { if case .takeFirst = $0 { true } else { false } })
      }
    }
    try draw()
  }

  /// Draws the few-shot examples of each document, and writes those that are drawn.
  private mutating func draw() throws(BenchmarkError) {
    let needed = shots + (mayDrawItself && isDrawn ? 1 : 0)
    if shots > 0, pool.count < needed {
      throw BenchmarkError(
        .invalidArgument,
        "\(name): \(pool.count) few-shot examples are too few for \(shots) shots\(needed > shots ? " and one spare" : "")",
        key: hasOwnShots ? "shots" : nil)
    }
    // One generator for the task, advanced once a document in order: a draw does not depend on a limit.
    var generator = PythonRandom(seed: fewShotSeed)
    var draws: [[Int]] = []
    draws.reserveCapacity(documents.count)
    for document in documents {
      if shots == 0 {
        draws.append([])
      } else if !isDrawn {
        var others: [Int] = []
        for index in pool.indices where others.count < shots && !(mayDrawItself && pool[index] == document) {
          others.append(index)
        }
        if others.count < shots {
          throw BenchmarkError(
            .invalidArgument, "\(name): too few few-shot examples beside a document for \(shots) shots")
        }
        draws.append(others)
      } else if !mayDrawItself {
        draws.append(generator.sample(shots, of: pool.count))
      } else {
        var drawn = generator.sample(shots + 1, of: pool.count).filter { pool[$0] != document }
        drawn = Array(drawn.prefix(shots))
        if drawn.count < shots {
          let others = pool.indices.filter { pool[$0] != document }
          if others.count < shots {
            throw BenchmarkError(
              .invalidArgument, "\(name): too few few-shot examples beside a document for \(shots) shots")
          }
          drawn = generator.sample(shots, of: others.count).map { others[$0] }
        }
        draws.append(drawn)
      }
    }
    self.draws = draws
    for index in Set(draws.joined()).sorted() where examples[index] == nil {
      examples[index] = try example(pool[index])
    }
  }

  /// A few-shot example: its question and its answer.
  private func example(_ document: JSONObject) throws(BenchmarkError)
    -> (question: String, answer: String, prefix: String?)
  {
    let rules = description.fewShot
    let hasChoices = description.choices != nil
    let choices = try rules.choices.map { (rule) throws(BenchmarkError) in try self.choices(rule, document) }
    let question = try rules.text?.value(.text, of: document, fields: fields, hasChoices: hasChoices) ?? ""
    let target = try rules.target?.value(.target, of: document, fields: fields, hasChoices: hasChoices) ?? ""
    var text: String?
    var known = choices
    if hasSeveralTexts, let position = PythonValue.integer(question), let choices {
      text = PythonValue.item(choices, position)
      known = nil
    } else {
      text = question.stringValue
    }
    guard let text else { throw failure("\"doc_to_text\" gives no text for a few-shot example: \(question.text())") }
    let answer: String?
    if let known, !known.isEmpty, let position = PythonValue.integer(target) {
      answer = PythonValue.item(known, position)
    } else if let list = target.arrayValue {
      answer = list.first?.stringValue
    } else {
      answer = target.stringValue
    }
    guard let answer else { throw failure("\"doc_to_target\" gives no text for a few-shot example: \(target.text())") }
    return (text, answer, try rules.answerPrefix?.text(of: document))
  }

  private func failure(_ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(description.path): \(reason)")
  }

  private func choices(_ rule: DocumentRule, _ document: JSONObject) throws(BenchmarkError) -> [String] {
    let value = try rule.value(.choices, of: document, fields: fields, hasChoices: true)
    guard let items = value.arrayValue else { throw failure("\"doc_to_choice\" gives no list: \(value.text())") }
    return items.map(PythonValue.text)
  }

  private func choices(_ document: JSONObject) throws(BenchmarkError) -> [String]? {
    try description.choices.map { (rule) throws(BenchmarkError) in try choices(rule, document) }
  }

  /// What `doc_to_text` gives: a text, or a position of the choices.
  private func text(_ document: JSONObject) throws(BenchmarkError) -> JSONValue {
    try description.text?.value(.text, of: document, fields: fields, hasChoices: description.choices != nil) ?? ""
  }

  /// What `doc_to_target` gives for the document at a position.
  func target(at index: Int) throws(BenchmarkError) -> JSONValue {
    try checkPosition(index)
    return try target(documents[index])
  }

  private func target(_ document: JSONObject) throws(BenchmarkError) -> JSONValue {
    try description.target?.value(.target, of: document, fields: fields, hasChoices: description.choices != nil) ?? ""
  }

  var name: String { description.name }

  var specification: JSONObject {
    var specification: JSONObject = ["type": .string(type)]
    if type == Self.harnessType { specification["task"] = .string(description.name) }
    specification["shots"] = JSONValue(shots)
    if shots > 0 { specification["fewshot_seed"] = JSONValue(fewShotSeed) }
    if sampling != .greedy { specification["sampling_seed"] = JSONValue(samplingSeed) }
    if repeats != 1 { specification["repeats"] = JSONValue(repeats) }
    if let stride = description.stride { specification["stride"] = JSONValue(stride) }
    specification[DescribedEntry.digestKey] = .string(description.digest)
    if !revisions.isNull { specification[DescribedEntry.revisionKey] = revisions }
    return specification
  }

  var count: Int { documents.count }

  /// Filters of the file may choose among the responses, so that they see all of them.
  var scoresTogether: Bool {
    repeats > 1 && (description.repeats > 1 || description.filters.contains(where: \.isVoting))
  }

  private var sampling: SamplingParameters {
    let generation = description.generation
    if description.output != .generation || generation.temperature == 0 { return .greedy }
    return
      (try? SamplingParameters(
        temperature: generation.temperature, topK: generation.topK, topP: generation.topP,
        seed: UInt64(samplingSeed.magnitude))) ?? .greedy
  }

  var variations: [Variation] {
    (shots > 0 && pool.count > 1 ? [Variation.fewShotDraws] : []) + (sampling != .greedy ? [.sampling] : [])
  }

  func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    var varied = self
    if let seed = seeds[.fewShotDraws], shots > 0 {
      varied.fewShotSeed = seed
      varied.isDrawn = true
      // The canonical draws stay where other ones cannot be written: the pool has a row too few, or one without an answer.
      if (try? varied.draw()) == nil { varied = self }
    }
    if sampling != .greedy, let seed = seeds[.sampling] { varied.samplingSeed = seed }
    return varied
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    try checkPosition(index)
    let document = documents[index]
    return Sample(id: "\(index)", target: try shownTarget(document), document: document)
  }

  /// The right answer, as a report shows it.
  private func shownTarget(_ document: JSONObject) throws(BenchmarkError) -> String {
    let gold = hasSeveralTexts ? try text(document) : try target(document)
    guard let choices = try choices(document) else { return PythonValue.text(gold) }
    func shown(_ value: JSONValue) -> String {
      PythonValue.integer(value).flatMap { PythonValue.item(choices, $0) } ?? PythonValue.text(value)
    }
    return gold.arrayValue.map { $0.map(shown).joined(separator: ", ") } ?? shown(gold)
  }

  func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    try checkPosition(index)
    let document = documents[index]
    let question = try text(document)
    let choices = try choices(document)
    let shown = try shownTarget(document)
    if description.output == .rolling {
      guard let whole = try target(document).stringValue else { throw failure("\"doc_to_target\" gives no text") }
      return Prompt(
        sampleID: "\(index)", request: .rollingLogLikelihood(text: whole, stride: description.stride), target: "")
    }
    if hasSeveralTexts, description.output == .multipleChoice, let choices {
      // The choices stand before one continuation.
      let contexts = try choices.map { (choice) throws(BenchmarkError) in try self.parts(index, question: choice) }
      let continuation = description.targetDelimiter + PythonValue.text(try target(document))
      guard let first = contexts.first else { throw failure("\"doc_to_choice\" gives no choices") }
      let isMutual = description.metrics.contains { $0.name == "acc_mutual_info" }
      if isMutual { throw failure("acc_mutual_info needs choices behind one context") }
      return Prompt(sampleID: "\(index)", parts: first, otherParts: Array(contexts.dropFirst()), target: shown) { _ in
        .logLikelihood(contexts: contexts.map { $0.text() }, continuations: [continuation])
      }
    }
    guard let text = question.stringValue else { throw failure("\"doc_to_text\" gives no text: \(question.text())") }
    let parts = try parts(index, question: text)
    switch description.output {
    case .multipleChoice:
      let continuations = (choices ?? []).map { description.targetDelimiter + $0 }
      if continuations.isEmpty { throw failure("\"doc_to_choice\" gives no choices for document \(index)") }
      let isMutual = description.metrics.contains { $0.name == "acc_mutual_info" }
      return Prompt(sampleID: "\(index)", parts: parts, target: shown) { context in
        if !isMutual { return .choice(context: context, continuations: continuations) }
        return .logLikelihood(
          contexts: continuations.map { _ in context } + continuations.map { _ in "" },
          continuations: continuations + continuations)
      }
    case .logLikelihood:
      let continuation = PythonValue.text(try target(document))
      return Prompt(sampleID: "\(index)", parts: parts, target: shown) {
        .logLikelihood(contexts: [$0], continuations: [continuation])
      }
    case .generation, .rolling:
      let generation = description.generation
      return Prompt(sampleID: "\(index)", parts: parts, target: shown, hasOwnLimit: generation.hasOwnLimit) {
        .generation(
          prompt: $0, stop: generation.stop, maxTokens: generation.maxTokens, sampling: sampling, repeats: repeats)
      }
    }
  }

  /// The parts of a prompt.
  private func parts(_ index: Int, question: String) throws(BenchmarkError) -> PromptParts {
    let document = documents[index]
    let prefix = try description.answerPrefix?.text(of: document)
    let fewShot = description.fewShot
    return PromptParts(
      description: try description.description?.text(of: document) ?? "",
      examples: draws[index].compactMap { position in
        examples[position].map {
          PromptParts.Example(
            question: $0.question, answer: $0.answer, answerPrefix: $0.prefix ?? "",
            targetDelimiter: fewShot.targetDelimiter)
        }
      }, question: question, answerPrefix: prefix,
      // A continuation that is the target itself has no delimiter that a chat would take away.
      targetDelimiter: description.output == .multipleChoice ? description.targetDelimiter : "",
      exampleDelimiter: fewShot.exampleDelimiter,
      prefixDelimiter: hasSeveralTexts ? "" : description.targetDelimiter)
  }

  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    try checkPosition(index)
    let document = documents[index]
    switch (description.output, response) {
    case (.generation, .generated(let texts)):
      var flags = texts.contains { $0.finishReason == .length } ? [ScoreFlag.stoppedAtLength] : []
      var values: [MetricValue] = []
      for pipeline in description.filters {
        do throws(BenchmarkError) {
          let answer = try pipeline.apply(texts.map(\.text), document)
          values += try generated(document, answer, pipeline.name)
        } catch  where error.kind == .invalidArgument {
          // A regular expression that takes too long on this text.
          values += description.metrics.map { MetricValue(name: key($0, pipeline.name), value: nil) }
          if !flags.contains(ScoreFlag.patternLimit) { flags.append(ScoreFlag.patternLimit) }
        }
      }
      return Score(metrics: values, flags: flags)
    case (.multipleChoice, .logLikelihoods(let answers)), (.logLikelihood, .logLikelihoods(let answers)),
      (.rolling, .logLikelihoods(let answers)):
      if answers.contains(where: \.value.isNaN) { return .unscored(metrics, flag: ScoreFlag.undefinedLogLikelihood) }
      return try likelihoods(document, answers)
    default: return .unscored(metrics, flag: ScoreFlag.mismatchedResponse)
    }
  }

  /// What each pipeline makes of texts, by its name.
  func answers(_ index: Int, _ texts: [String]) throws(BenchmarkError) -> [(name: String, answer: FilteredResponses)] {
    try checkPosition(index)
    return try description.filters.map { (pipeline) throws(BenchmarkError) in
      (pipeline.name, try pipeline.apply(texts, documents[index]))
    }
  }

  private func key(_ metric: DescribedMetric, _ pipeline: String) -> String {
    metric.key(pipeline: pipeline, isAlone: description.filters.count == 1)
  }

  private func value(_ metric: DescribedMetric, _ pipeline: String, _ value: SampleValue?, _ prediction: String?)
    -> MetricValue
  {
    switch value {
    case nil: MetricValue(name: key(metric, pipeline), value: nil, prediction: prediction)
    case .number(let number)?: MetricValue(name: key(metric, pipeline), value: number, prediction: prediction)
    case .sums(let sums)?:
      MetricValue(
        name: key(metric, pipeline), value: metric.aggregate.value(ofSums: sums), prediction: prediction, sums: sums)
    }
  }

  /// The score of log-likelihoods.
  private func likelihoods(_ document: JSONObject, _ answers: [LogLikelihood]) throws(BenchmarkError) -> Score {
    var flags: [String] = []
    var prediction: String?
    var found: (String) throws(BenchmarkError) -> SampleValue? = { _ in nil }
    switch description.output {
    case .multipleChoice:
      let choices = try choices(document) ?? []
      let scores = ChoiceScores(
        choices: choices, gold: try gold(document, choices), hasSeveral: hasSeveralTargets, answers: answers)
      let isMutual = description.metrics.contains { $0.name == "acc_mutual_info" }
      if choices.isEmpty || answers.count != choices.count * (isMutual ? 2 : 1) {
        return .unscored(metrics, flag: ScoreFlag.mismatchedResponse)
      }
      prediction = choices[scores.chosen]
      if scores.isTied { flags.append(ScoreFlag.tiedChoices) }
      found = { name in scores.value(of: name) }
    case .logLikelihood:
      guard let answer = answers.first, answers.count == 1 else {
        return .unscored(metrics, flag: ScoreFlag.mismatchedResponse)
      }
      found = { name in
        name == "perplexity"
          ? .sums([answer.value, 1]) : name == "acc" ? answer.isGreedy.map { .number($0 ? 1 : 0) } : nil
      }
    default:
      guard let answer = answers.first, answers.count == 1 else {
        return .unscored(metrics, flag: ScoreFlag.mismatchedResponse)
      }
      let text = PythonValue.text(try target(document))
      found = { (name) throws(BenchmarkError) in
        .sums([answer.value, name == "word_perplexity" ? try RollingCounts.words(text) : Double(text.utf8.count)])
      }
    }
    if let function = description.processResults {
      let made = try function(document, .logLikelihoods(answers))
      found = { name in made[name] }
    }
    var values: [MetricValue] = []
    for pipeline in description.filters {
      for metric in description.metrics {
        values.append(value(metric, pipeline.name, try found(metric.name), prediction))
      }
    }
    return Score(metrics: values, flags: flags)
  }

  /// The positions of the right choices; nil for one that is not there.
  private func gold(_ document: JSONObject, _ choices: [String]) throws(BenchmarkError) -> [Int?] {
    func position(_ value: JSONValue) -> Int? {
      if let position = PythonValue.integer(value) { return position < choices.count ? position : nil }
      if let text = value.stringValue { return choices.firstIndex { PythonText.areSame($0, text) } }
      return value.integerValue
    }
    let gold = hasSeveralTexts ? try text(document) : try target(document)
    return gold.arrayValue?.map(position) ?? [position(gold)]
  }

  /// The values of what was generated, under one pipeline.
  private func generated(_ document: JSONObject, _ answer: FilteredResponses, _ pipeline: String)
    throws(BenchmarkError) -> [MetricValue]
  {
    let prediction: String
    switch answer {
    case .one(let value): prediction = PythonValue.text(value)
    case .many(let values): prediction = values.map(PythonValue.text).joined(separator: ", ")
    }
    if let function = description.processResults {
      let made = try function(document, .responses(answer))
      return description.metrics.map { value($0, pipeline, made[$0.name], prediction) }
    }
    var gold = try target(document)
    if let choices = try choices(document) {
      guard let right = PythonValue.integer(gold).flatMap({ PythonValue.item(choices, $0) }) else {
        return description.metrics.map { value($0, pipeline, nil, prediction) }
      }
      gold = .string(right)
    }
    let references = (hasSeveralTargets ? gold.arrayValue : nil)?.map(PythonValue.text) ?? [PythonValue.text(gold)]
    var values: [MetricValue] = []
    for metric in description.metrics {
      let made: SampleValue?
      switch metric.name {
      case "exact_match": made = .number(try exactMatch(answer, references, metric.ignored))
      case "bleu": made = .sums(TextOverlap.words(prediction, references: references))
      case "chrf", "chrf++":
        // Of several references the one that gives the highest score.
        let all = references.map {
          TextOverlap.characters(prediction, reference: $0, words: metric.name == "chrf++")
        }
        made = all.max { (metric.aggregate.value(ofSums: $0) ?? 0) < (metric.aggregate.value(ofSums: $1) ?? 0) }
          .map { .sums($0) }
      default: made = nil
      }
      values.append(value(metric, pipeline, made, prediction))
    }
    return values
  }

  /// The share of responses that equal the reference, or of one whether any reference does.
  private func exactMatch(_ answer: FilteredResponses, _ references: [String], _ ignored: Ignored)
    throws(BenchmarkError) -> Double
  {
    func isRight(_ value: JSONValue) throws(BenchmarkError) -> Bool {
      let made = try ignored.removed(from: PythonValue.text(value))
      for reference in references where PythonText.areSame(made, try ignored.removed(from: reference)) { return true }
      return false
    }
    switch answer {
    case .one(let value): return try isRight(value) ? 1 : 0
    case .many(let values):
      var right = 0
      for value in values where try isRight(value) { right += 1 }
      return values.isEmpty ? 0 : Double(right) / Double(values.count)
    }
  }
}
