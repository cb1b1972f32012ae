import DataSets
import Evaluation
import Support

/// A task that is declared rather than programmed: rows of a file, a template for the prompt, and a rule for the answer.
///
/// With `choices` the answer is the likeliest of them; without, the text generated, or what an extractor finds in it. Every
/// row is read through every template when the task is made, so a missing field is known, with its line, before a model is.
struct CustomTask: BenchmarkTask {
  static let entry = TaskEntry(
    type: "custom", title: "Custom: rows of a file, a prompt template, choices or an extractor, a metric",
    options: CustomTask.options, load: { (object: JSONObject) throws(BenchmarkError) in try CustomTask(object) })

  let type = "custom"
  let name: String
  let specification: JSONObject
  let dataFiles: [DataFile]
  let metrics: [Metric]

  private let items: [CustomItem]
  private let examples: [CustomItem]
  /// For each row, the positions in `examples` of its solved ones.
  private let draws: [[Int]]
  private let form: CustomForm
  private let stops: [String]
  private let maximumTokens: Int

  private let object: JSONObject

  init(_ object: JSONObject) throws(BenchmarkError) {
    self.object = object
    let options = try TaskOptions(object, of: "custom", options: Self.options)
    let path = Paths.expanded(try options.string("data"))
    name = try NamedTask.name(in: object, of: "custom") ?? Self.stem(of: path)
    let format = options.raw("format").isNull ? nil : try options.choice("format", among: DataRows.formats)
    let columns = try options.strings("columns")
    form = try CustomForm(options)
    let shots = try options.integer("shots", in: 0...64)
    let seed = options.raw("fewshot_seed").isNull ? nil : try options.integer("fewshot_seed", in: 0...Int.max)
    maximumTokens = try options.integer("max_tokens", in: 1...1_000_000)
    stops = try options.strings("stop") ?? (form.separator.isEmpty ? [] : [form.separator])
    if stops.contains("") {
      throw options.contradiction("\"stop\"", "has an empty text", key: "stop")
    }
    metrics = form.metrics
    if form.isChoice { try Self.refuseGenerationOptions(object) }

    let (rows, file) = try options.about("data") { () throws(BenchmarkError) in
      try DataRows.read(path, format: format, columns: columns, "custom: data")
    }
    try form.checkTemplates(fields: rows.first?.fields.keys ?? [], options)
    items = try Self.items(rows, form)
    var files = [file]
    var solved: [CustomItem] = []
    if shots > 0 {
      guard let examplesPath = try options.optionalString("examples").map(Paths.expanded) else {
        throw BenchmarkError(
          .invalidArgument, "custom: \(shots) shots need \"examples\": a file of solved rows, in the form of the data",
          key: object["shots"] == nil ? "shot_count" : "shots")
      }
      if examplesPath == path {
        throw BenchmarkError(
          .invalidArgument,
          "custom: \"examples\" must be another file than \"data\", or a question would show its answer",
          key: "examples")
      }
      let (rows, file) = try options.about("examples") { () throws(BenchmarkError) in
        try DataRows.read(examplesPath, format: format, columns: columns, "custom: examples")
      }
      if rows.count < shots {
        throw BenchmarkError(.invalidFile, "\(file.path): \(rows.count) rows are too few for \(shots) shots")
      }
      for row in rows { solved.append(try CustomItem(row, form, position: solved.count)) }
      files.append(file)
    }
    examples = solved
    dataFiles = files
    // One generator for the task, advanced once a row in file order: a draw does not depend on a limit.
    var generator = seed.map { PythonRandom(seed: $0) }
    draws = items.map { _ in generator?.sample(shots, of: solved.count) ?? Array(0..<shots) }
    specification = Self.specification(
      name, options, stops: stops, mainChoiceMetric: form.isChoice ? metrics[0].name : nil)
  }

  var count: Int { items.count }

  var variations: [Variation] { examples.count > 1 ? [.fewShotDraws] : [] }

  func varied(by seeds: RunSeeds) throws(BenchmarkError) -> any BenchmarkTask {
    guard let seed = seeds[.fewShotDraws] else { return self }
    var object = object
    Self.entry.set("fewshot_seed", JSONValue(seed), in: &object)
    return try CustomTask(object)
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
    var context = form.description
    for position in draws[index] {
      let example = examples[position]
      context += example.prompt + form.delimiter + example.solution + form.separator
    }
    context += item.prompt
    let request: Request =
      form.isChoice
      ? .choice(context: context, continuations: item.choices.map { form.delimiter + $0 })
      : .generation(prompt: context, stop: stops, maxTokens: maximumTokens)
    return Prompt(
      sampleID: item.id, attributes: item.attributes, request: request, target: item.target,
      description: form.description.isEmpty ? nil : form.description)
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
        throw row.failure("the id \"\(item.id)\" is that of line \(line) too; each row needs one of its own")
      }
      items.append(item)
    }
    return items
  }

  /// The name of a file without its folder and ending.
  private static func stem(of path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    guard let point = file.lastIndex(of: "."), point > file.startIndex else { return file }
    return String(file[..<point])
  }
}
