import DataSets
import Evaluation
import Support

/// A task that is declared rather than programmed: rows of a file, a template for the prompt, and a rule for the answer.
///
/// With `choices` the answer is the most likely of them; without, the text generated, or what an extractor finds in it. Every
/// row is read through every template when the task is made, so a missing field is known, with its line, before a model is.
/// Prompts, draws and scores are those of a described task.
enum CustomTask {
  private static let type = "custom"

  static let entry = TaskEntry(
    type: type, title: "Custom: rows of a file, a prompt template, choices or an extractor, a metric",
    options: CustomTask.options, dataSets: RowSource.dataSets,
    load: { (given: TaskSpecification) throws(BenchmarkError) in try load(given) })

  private static func load(_ given: TaskSpecification) throws(BenchmarkError) -> any BenchmarkTask {
    let source = try RowSource.data(given)
    let name = given.name ?? source.name
    let form = try CustomForm(given)
    let shots = try given.integer("shots")
    let sampling = try SamplingParameters(given)
    let repeats = try given.integer("repeats")
    let stops = try given.optionalTexts("stop") ?? (form.separator.isEmpty ? [] : [form.separator])
    if stops.contains("") { throw given.failure("stop", "has an empty text") }
    if form.isChoice { try refuseGenerationOptions(given) }
    let fewShotSeed = try given.optionalInteger("fewshot_seed")

    let data = try given.about("data") { () throws(BenchmarkError) in try source.read("custom: data") }
    try form.checkTemplates(fields: data.rows.first?.fields.keys ?? [], given)
    try check(data.rows, form)
    let examples = shots > 0 ? try self.examples(given, shots, source, form) : nil
    var pinned = data.pinned
    if let reference = examples?.reference, let commit = examples?.read.commit {
      pinned["examples"] = .string("\(reference)@\(commit)")
    }

    var generation = TaskDescription.Generation(stop: stops)
    generation.maxTokens = try given.integer("max_tokens")
    generation.hasOwnLimit = given.given("max_tokens") != nil
    generation.sample(sampling)
    var seeds = DescribedTask.Seeds(drawsExamples: fewShotSeed != nil, sampling: try given.integer("sampling_seed"))
    if let fewShotSeed { seeds.fewShot = fewShotSeed }
    let task = try DescribedTask(
      TaskDescription(form, named: name, shots: shots, generation: generation), type: type,
      from: CustomRows(rows: data, examples: examples?.read), seeds: seeds, repeats: repeats)
    let dataSets = pinned
    return NamedTask(task, name: name) { task in
      let seeds = (task as? any SeededTask)?.seeds ?? DescribedTask.Seeds()
      var specification = Self.specification(
        name, given, dataSets: dataSets, fewShotSeed: seeds.drawsExamples == true ? seeds.fewShot : nil, stops: stops,
        mainChoiceMetric: form.isChoice ? form.metrics[0].name : nil)
      // Only what is not greedy, so that the task is the same as before there was a choice.
      for option in SamplingParameters.options { specification[option.name] = nil }
      if sampling != .greedy {
        for (key, value) in sampling.specification(seed: seeds.sampling).members { specification[key] = value }
      }
      specification["repeats"] = repeats == 1 ? nil : JSONValue(repeats)
      return specification
    }
  }

  /// The few-shot examples, and the data set that an option of their own names.
  private static func examples(_ given: TaskSpecification, _ shots: Int, _ source: RowSource, _ form: CustomForm)
    throws(BenchmarkError) -> (read: RowSource.Rows, reference: String?)
  {
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
    for (position, row) in read.rows.enumerated() { _ = try CustomItem(row, form, position: position) }
    guard given.given("examples") != nil, case .dataSet(let reference, _) = examples else { return (read, nil) }
    return (read, reference.location)
  }

  /// Throws where a row cannot be read through the templates, or two have one id.
  private static func check(_ rows: [DataRow], _ form: CustomForm) throws(BenchmarkError) {
    var lines: [String: Int] = [:]
    for (position, row) in rows.enumerated() {
      let item = try CustomItem(row, form, position: position)
      if let line = lines.updateValue(row.number, forKey: item.id) {
        throw row.failure(
          "the id \"\(item.id)\" is also in \(row.isLine ? "line" : "row") \(line); each row needs its own")
      }
    }
  }
}
