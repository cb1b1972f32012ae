import Evaluation
import Support

/// A task as its file describes it: data, prompts, requests, few-shot examples, filters, metrics.
///
/// The keys are those of `TaskConfig` in lm_eval/config/task.py (lm-evaluation-harness 0.4.13), with its defaults.
package struct TaskDescription: Sendable {
  /// What a model is asked for (`output_type`).
  enum Output: String, CaseIterable, Sendable {
    case multipleChoice = "multiple_choice"
    case logLikelihood = "loglikelihood"
    case rolling = "loglikelihood_rolling"
    case generation = "generate_until"
  }

  /// Where few-shot examples come from and how they are written.
  struct FewShot: Sendable {
    enum Sampler: String, CaseIterable, Sendable {
      /// Drawn anew for each sample.
      case random = "default"
      case first = "first_n"
    }

    let sampler: Sampler
    let split: String?
    /// Examples that the file has itself.
    let samples: [JSONObject]?
    /// Positions of the examples to draw from.
    let indices: [Int]?
    let processDocuments: NativeHooks.Rows?
    let text: DocumentRule?
    let target: DocumentRule?
    let choices: DocumentRule?
    let answerPrefix: TextRule?
    let targetDelimiter: String
    let exampleDelimiter: String
  }

  /// How answers are generated (`generation_kwargs`).
  struct Generation: Sendable {
    var stop: [String]
    var maxTokens = 256
    /// Whether the file says how many tokens.
    var hasOwnLimit = false
    /// 0: greedy.
    var temperature = 0.0
    var topK = 0
    var topP = 1.0
  }

  package let name: String
  /// The file.
  package let path: String
  let dataset: DescribedData
  let trainingSplit: String?
  let validationSplit: String?
  let testSplit: String?
  let output: Output
  let processDocuments: NativeHooks.Rows?
  let processResults: NativeHooks.Results?
  let text: DocumentRule?
  let target: DocumentRule?
  let choices: DocumentRule?
  let description: TextRule?
  let targetDelimiter: String
  let answerPrefix: TextRule?
  /// The prefix as it is written.
  let answerPrefixText: String?
  /// nil where the file says none.
  let shots: Int?
  let fewShot: FewShot
  var generation: Generation
  /// Tokens that each window of a whole text predicts after the first; nil: as many as fit. No key of a file says it.
  var stride: Int?
  let filters: [FilterPipeline]
  let metrics: [DescribedMetric]
  let repeats: Int
  /// The field with the list of choices that the letters of `doc_to_choice` stand for (`choices_field`): their order can be
  /// varied. Not the harness's, like the next one.
  let listed: String?
  /// The right answer as reports show it (`shown_target`); nil: what it is compared with.
  let shownTarget: TextRule?
  /// How samples are called, and what they share with others; nil: by their positions.
  var identify: (@Sendable (JSONObject, _ index: Int) throws(BenchmarkError) -> (String, SampleAttributes))?
  /// What scores hold, where that is not what `metrics` say.
  var declared: [Metric]?
  /// `metadata.version`.
  package let version: String?
  package let tags: [String]
  /// The digest of what the file and those it includes say, and of the Python functions that they name.
  let digest: String
  /// The data that a function of Python makes.
  let madeData: CustomData?
  /// The files of Python that the task runs; empty where its functions have counterparts.
  let pythonFiles: [DataFile]
  /// Runs programs that the model writes (`unsafe_code`); nil: the task runs none.
  let programs: ProgramTest?
  /// What of the file is left out, a sentence each.
  let omissions: [String]

  private static let keys = [
    "task", "task_alias", "tag", "group", "group_alias", "task_list", "class", "include", "custom_dataset",
    "dataset_path", "dataset_name", "dataset_kwargs", "training_split", "validation_split", "test_split",
    "fewshot_split", "process_docs", "doc_to_text", "doc_to_target", "doc_to_image", "doc_to_audio", "unsafe_code",
    "doc_to_choice", "process_results", "use_prompt", "description", "target_delimiter", "fewshot_delimiter",
    "fewshot_config", "num_fewshot", "metric_list", "output_type", "generation_kwargs", "repeats", "filter_list",
    "should_decontaminate", "doc_to_decontamination_query", "gen_prefix", "metadata",
  ]

  /// What the harness has and this reader has not.
  private static let unsupported = [
    "class": "a task that is a class of Python",
    "doc_to_image": "images", "doc_to_audio": "sound", "use_prompt": "prompts of promptsource",
  ]

  /// Reads a task file.
  ///
  /// Errors, each with file, line and column: an unknown key with the nearest one; a value of another kind; a template that
  /// cannot be parsed; what is not supported, among it functions of Python without a counterpart here.
  package init(_ path: String) throws(BenchmarkError) { try self.init(TaskFile(path)) }

  /// - Parameter python: runs functions without a counterpart; nil: they are an error.
  init(_ file: TaskFile, python: TaskPython? = nil) throws(BenchmarkError) {
    let whole = DocumentPlace(name: file.path, kind: .invalidFile)
    var omissions: [String] = []
    for member in file.members where !(Self.keys + (file.isOwn ? Self.ownKeys : [])).contains(member.key) {
      throw whole.error(
        "\(member.place.position ?? ""): unknown key \"\(member.key)\"\(NearestName.hint(member.key, among: Self.keys))"
      )
    }
    for (key, words) in Self.unsupported.sorted(by: { $0.key < $1.key }) {
      if let member = file[key] { throw member.place.error("\(words) cannot be used here", .unsupported) }
    }
    let reader = MemberReader(file: file, python: python)
    path = file.path
    guard let name = try reader.text("task") else { throw whole.error("\"task\" is missing: the name of the task") }
    self.name = name
    tags = try TaskFile.texts(file["tag"]?.value, file["tag"]?.place ?? whole)
    version = file["metadata"]?.value.objectValue?["version"].map(PythonValue.text)
    madeData = try reader.hook("custom_dataset").map { (hook) throws(BenchmarkError) in
      try CustomData(hook, file)
    }
    guard let dataPath = try reader.text("dataset_path", mayBeEmpty: madeData != nil) ?? madeData.map({ _ in "" })
    else {
      throw whole.error("\"dataset_path\" is missing: the name of a data set, or json, csv or parquet")
    }
    dataset = DescribedData(
      path: dataPath, name: try reader.text("dataset_name"),
      arguments: try reader.object("dataset_kwargs") ?? [:], folder: file["dataset_path"]?.folder,
      place: file["dataset_kwargs"]?.place ?? whole, whole: try reader.whole())
    trainingSplit = try reader.text("training_split")
    validationSplit = try reader.text("validation_split")
    testSplit = try reader.text("test_split")
    if validationSplit == nil, testSplit == nil {
      throw whole.error("\"test_split\" or \"validation_split\" is missing: which split is evaluated")
    }
    let outputName = try reader.text("output_type") ?? Output.generation.rawValue
    guard let output = Output(rawValue: outputName) else {
      throw (file["output_type"]?.place ?? whole).error(
        "no such output_type: \"\(outputName)\"\(NearestName.hint(outputName, among: Output.allCases.map(\.rawValue)))")
    }
    self.output = output
    processDocuments = try reader.rows("process_docs")
    text = try reader.rule("doc_to_text", .text)
    target = try reader.rule("doc_to_target", .target)
    choices = try reader.rule("doc_to_choice", .choices)
    if target == nil { throw whole.error("\"doc_to_target\" is missing") }
    if text == nil, output != .rolling { throw whole.error("\"doc_to_text\" is missing") }
    if choices == nil, output == .multipleChoice {
      throw whole.error("\"doc_to_choice\" is missing, which output_type multiple_choice needs")
    }
    description = try reader.template("description")
    targetDelimiter = try reader.text("target_delimiter", mayBeEmpty: true) ?? " "
    let exampleDelimiter = try reader.text("fewshot_delimiter", mayBeEmpty: true) ?? "\n\n"
    answerPrefix = try reader.template("gen_prefix")
    answerPrefixText = try reader.text("gen_prefix", mayBeEmpty: true)
    shots = try reader.count("num_fewshot", from: 0)
    repeats = try reader.count("repeats", from: 1) ?? 1
    listed = try reader.text("choices_field")
    shownTarget = try reader.template("shown_target")
    generation = try Generation(file, exampleDelimiter)
    filters = try reader.pipelines()
    fewShot = try FewShot(
      file, reader, split: try reader.text("fewshot_split"), processDocuments: processDocuments,
      answerPrefix: answerPrefix, targetDelimiter: targetDelimiter, exampleDelimiter: exampleDelimiter)
    let scoring = try reader.hook("process_results")
    let scoredByPython = if let scoring, python != nil { try !NativeHooks.hasResults(scoring) } else { false }
    var metrics: [DescribedMetric] = []
    if let list = file["metric_list"] {
      guard let entries = list.value.arrayValue else { throw list.place.error("a list was expected") }
      for (position, entry) in entries.enumerated() {
        let place = list.place[position]
        if let made = try DescribedMetric.ofPrograms(entry, output, folder: list.folder, at: place, python: python) {
          metrics += made.filter { made in !metrics.contains { $0.name == made.name } }
          continue
        }
        // Values of all samples at once are not kept, so what Python makes of them is left out beside other metrics.
        if let python, let function = entry.objectValue?["aggregation"].flatMap(TaskFile.function),
          try NativeHooks.aggregate(
            PythonHook(function, folder: list.folder, at: place["aggregation"], python: python)) == nil
        {
          let named = entry.objectValue?["metric"] ?? .null
          let name = TaskFile.function(named) ?? PythonValue.text(named)
          let words = "the metric \(name) is left out: its aggregation \(function) needs the values of all samples"
          if position == entries.count - 1, metrics.isEmpty { throw place["aggregation"].error(words, .unsupported) }
          omissions.append(words)
          continue
        }
        let metric = try DescribedMetric(
          entry, output, ofHook: scoring != nil, ofPython: scoredByPython, folder: list.folder, at: place,
          python: python)
        if !metrics.contains(where: { $0.name == metric.name }) { metrics.append(metric) }
      }
      if metrics.isEmpty { throw list.place.error("the list is empty; name a metric, such as acc") }
    } else {
      metrics = DescribedMetric.standard(output)
    }
    if let names = file["metric_names"] { try Self.name(&metrics, names, filters) }
    self.metrics = metrics
    let runsPrograms = file["unsafe_code"].map { $0.value != false } ?? false
    programs = runsPrograms || metrics.contains { $0.programs != nil } ? ProgramTest() : nil
    processResults = try scoring.map {
      [metrics, isRolling = output == .rolling] (hook) throws(BenchmarkError) in
      try NativeHooks.results(hook, metrics, isRolling: isRolling)
    }
    digest = try Self.digest(file, python)
    pythonFiles = try python?.files() ?? []
    self.omissions = omissions
  }

  /// The splits that a task with so many few-shot examples reads.
  func splits(shots: Int) -> [String] {
    let evaluated = testSplit ?? validationSplit ?? ""
    guard shots > 0, let pool = fewShot.split ?? (fewShot.samples == nil ? trainingSplit ?? validationSplit : nil),
      pool != evaluated
    else { return [evaluated] }
    return [evaluated, pool]
  }

  /// A digest of what decides about prompts and scores, wherever the files lie.
  private static func digest(_ file: TaskFile, _ python: TaskPython?) throws(BenchmarkError) -> String {
    var hash = SHA256()
    func add(_ value: JSONValue, _ member: TaskFile.Member) throws(BenchmarkError) {
      if let function = TaskFile.function(value) {
        let hook = PythonHook(function, folder: member.folder, at: member.place, python: python)
        hash.update(Array(try hook.digest().utf8))
      } else if let object = value.objectValue {
        for (key, value) in object.members.sorted(by: { $0.key < $1.key }) {
          hash.update(Array("\(key)\0".utf8))
          try add(value, member)
        }
      } else if let items = value.arrayValue {
        for item in items { try add(item, member) }
      } else {
        hash.update(Array((value.text() + "\0").utf8))
      }
    }
    let silent = [
      "task_alias", "tag", "group", "group_alias", "task_list", "should_decontaminate",
      "doc_to_decontamination_query", "unsafe_code",
    ]
    for member in file.members.sorted(by: { $0.key < $1.key }) where !silent.contains(member.key) {
      hash.update(Array("\(member.key)\0".utf8))
      try add(member.value, member)
    }
    return hash.finish()
  }
}

/// Reads the members of a task file, each with its place.
struct MemberReader {
  let file: TaskFile
  let python: TaskPython?

  func text(_ key: String, mayBeEmpty: Bool = false) throws(BenchmarkError) -> String? {
    guard let member = file[key] else { return nil }
    if let text = member.value.stringValue, mayBeEmpty || !text.isEmpty { return text }
    if member.value.integerValue != nil { return PythonValue.text(member.value) }
    throw member.place.error("a text was expected, not \(member.value.text())")
  }

  func template(_ key: String) throws(BenchmarkError) -> TextRule? {
    guard let member = file[key], let text = try text(key, mayBeEmpty: true), !text.isEmpty else { return nil }
    return try TextRule(text, at: member.place)
  }

  func object(_ key: String) throws(BenchmarkError) -> JSONObject? {
    guard let member = file[key] else { return nil }
    guard let object = member.value.objectValue else {
      throw member.place.error("a map was expected, not \(member.value.text())")
    }
    return object
  }

  func count(_ key: String, from least: Int) throws(BenchmarkError) -> Int? {
    guard let member = file[key] else { return nil }
    guard let count = member.value.integerValue, count >= least else {
      throw member.place.error("a whole number from \(least) was expected, not \(member.value.text())")
    }
    return count
  }

  func hook(_ key: String) throws(BenchmarkError) -> PythonHook? {
    guard let member = file[key] else { return nil }
    guard let name = TaskFile.function(member.value) else {
      throw member.place.error("\"!function module.name\" was expected, not \(member.value.text())")
    }
    return PythonHook(name, folder: member.folder, at: member.place, python: python)
  }

  /// Which rows a task has: a function, or `{field: NAME, equals: VALUE}`.
  func rows(_ key: String) throws(BenchmarkError) -> NativeHooks.Rows? {
    guard let member = file[key] else { return nil }
    guard let object = member.value.objectValue, object["field"] != nil else {
      return try hook(key).map { (hook) throws(BenchmarkError) in try NativeHooks.rows(hook) }
    }
    let decoder = try ObjectDecoder(member.value, member.place, known: ["field", "equals"])
    guard let field = try decoder.text("field"), let value = decoder["equals"] else {
      throw member.place.error("\"field\" and \"equals\" were expected: a field and the value that it must have")
    }
    return { (rows) in rows.filter { $0[field] == value } }
  }

  func rule(_ key: String, _ purpose: DocumentRule.Purpose) throws(BenchmarkError) -> DocumentRule? {
    guard let member = file[key] else { return nil }
    return try DocumentRule(member.value, purpose, folder: member.folder, at: member.place, python: python)
  }

  func pipelines() throws(BenchmarkError) -> [FilterPipeline] {
    guard let member = file["filter_list"] else { return [.none] }
    guard let entries = member.value.arrayValue, !entries.isEmpty else {
      throw member.place.error("a list of pipelines was expected, each with \"name\" and \"filter\"")
    }
    var pipelines: [FilterPipeline] = []
    for (position, entry) in entries.enumerated() {
      let place = member.place[position]
      let decoder = try ObjectDecoder(entry, place, known: ["name", "filter"])
      guard let name = try decoder.text("name"), let steps = decoder["filter"]?.arrayValue else {
        throw place.error("a pipeline needs \"name\" and \"filter\", a list of filters")
      }
      var filters: [AnswerFilter] = []
      for (index, step) in steps.enumerated() {
        filters.append(try AnswerFilter(step, folder: member.folder, at: place["filter"][index], python: python))
      }
      pipelines.removeAll { $0.name == name }
      pipelines.append(FilterPipeline(name: name, filters: filters))
    }
    return pipelines
  }
}

extension TaskDescription.Generation {
  /// Samples as parameters say.
  mutating func sample(_ sampling: SamplingParameters) {
    (temperature, topK, topP) = (sampling.temperature, sampling.topK, sampling.topP)
  }

  private static let keys = [
    "until", "max_gen_toks", "max_new_tokens", "do_sample", "temperature", "top_p", "top_k", "num_beams",
  ]

  init(_ file: TaskFile, _ exampleDelimiter: String) throws(BenchmarkError) {
    guard let member = file["generation_kwargs"] else {
      stop = [exampleDelimiter]
      return
    }
    let decoder = try ObjectDecoder(member.value, member.place, known: Self.keys)
    stop = decoder["until"] == nil ? [exampleDelimiter] : try TaskFile.texts(decoder["until"], member.place["until"])
    stop.removeAll(where: \.isEmpty)
    for key in ["max_new_tokens", "max_gen_toks"] {
      guard let value = decoder[key] else { continue }
      guard let count = value.integerValue, count > 0 else {
        throw member.place[key].error("a whole number from 1 was expected, not \(value.text())")
      }
      maxTokens = count
      hasOwnLimit = true
    }
    if let beams = decoder["num_beams"], beams.integerValue != 1 {
      throw member.place["num_beams"].error("beam search cannot be used here; give 1", .unsupported)
    }
    let samples = try decoder.flag("do_sample") ?? true
    let temperature = try decoder.number("temperature") ?? 0
    if !(temperature >= 0 && temperature <= 100) {
      throw member.place["temperature"].error("a number from 0 to 100 was expected")
    }
    // Without sampling the harness drops what shapes it.
    if samples, temperature > 0 {
      self.temperature = temperature
      topK = decoder["top_k"]?.integerValue ?? 0
      topP = try decoder.number("top_p") ?? 1
      if topK < 0 || !(topP > 0 && topP <= 1) { throw member.place.error("top_k must be from 0, top_p in (0, 1]") }
    }
  }
}

extension TaskDescription.FewShot {
  private static let keys = [
    "sampler", "split", "process_docs", "fewshot_indices", "samples", "doc_to_text", "doc_to_choice", "doc_to_target",
    "gen_prefix", "fewshot_delimiter", "target_delimiter",
  ]

  init(
    _ file: TaskFile, _ reader: MemberReader, split: String?, processDocuments: NativeHooks.Rows?,
    answerPrefix: TextRule?, targetDelimiter: String, exampleDelimiter: String
  ) throws(BenchmarkError) {
    let member = file["fewshot_config"]
    let place = member?.place ?? DocumentPlace(name: file.path, kind: .invalidFile)
    let decoder = try ObjectDecoder(member?.value ?? [:], place, known: Self.keys)
    let samplerName = try decoder.text("sampler") ?? Sampler.random.rawValue
    guard let sampler = Sampler(rawValue: samplerName) else {
      throw place["sampler"].error(
        "no such sampler: \"\(samplerName)\"\(NearestName.hint(samplerName, among: Sampler.allCases.map(\.rawValue)))")
    }
    self.sampler = sampler
    self.split = try decoder.text("split") ?? split
    func hook(_ function: String, _ key: String) -> PythonHook {
      PythonHook(function, folder: member?.folder, at: place[key], python: reader.python)
    }
    if let function = decoder["samples"].flatMap(TaskFile.function) {
      samples = try hook(function, "samples").samples()
    } else if let list = decoder["samples"] {
      guard let items = list.arrayValue else { throw place["samples"].error("a list of examples was expected") }
      var samples: [JSONObject] = []
      for (position, item) in items.enumerated() {
        guard let object = item.objectValue else { throw place["samples"][position].error("a map was expected") }
        samples.append(object)
      }
      self.samples = samples
    } else {
      samples = nil
    }
    if let list = decoder["fewshot_indices"] {
      guard let indices = list.arrayValue?.compactMap(\.integerValue), indices.count == list.arrayValue?.count else {
        throw place["fewshot_indices"].error("a list of whole numbers was expected")
      }
      self.indices = indices.isEmpty ? nil : indices
    } else {
      indices = nil
    }
    func rule(_ key: String, _ purpose: DocumentRule.Purpose) throws(BenchmarkError) -> DocumentRule? {
      guard let value = decoder[key] else { return try reader.rule(key, purpose) }
      return try DocumentRule(value, purpose, folder: member?.folder, at: place[key], python: reader.python)
    }
    text = try rule("doc_to_text", .text)
    target = try rule("doc_to_target", .target)
    choices = try rule("doc_to_choice", .choices)
    if let function = decoder["process_docs"].flatMap(TaskFile.function) {
      self.processDocuments = try NativeHooks.rows(hook(function, "process_docs"))
    } else {
      self.processDocuments = processDocuments
    }
    if let prefix = try decoder.text("gen_prefix", mayBeEmpty: true) {
      self.answerPrefix = prefix.isEmpty ? nil : try TextRule(prefix, at: place["gen_prefix"])
    } else {
      self.answerPrefix = answerPrefix
    }
    self.targetDelimiter = try decoder.text("target_delimiter", mayBeEmpty: true) ?? targetDelimiter
    self.exampleDelimiter = try decoder.text("fewshot_delimiter", mayBeEmpty: true) ?? exampleDelimiter
  }
}
