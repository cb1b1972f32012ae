import Evaluation
import Support

extension CustomTask {
  static let options = formOptions + SamplingParameters.taskOptions

  private static let formOptions = [
    TaskOption(
      "data", default: .null,
      help: "file of the rows (JSON Lines, JSON, CSV, TSV, parquet), or a data set: hf://datasets/OWNER/NAME",
      isPath: true),
    TaskOption(
      "data_config", aliases: ["dataset_name"], default: .null,
      help: "configuration of a data set on the Hub; default the data set's own"),
    TaskOption(
      "data_revision", default: .null, help: "branch, tag or commit of a data set on the Hub; default main"),
    TaskOption(
      "split", aliases: ["test_split"], default: .null, help: "split of a data set on the Hub; default test"),
    TaskOption(
      "format", default: .null, choices: DataRows.formats, help: "form of a file; default by its extension"),
    TaskOption("columns", .texts, default: .null, help: "column names of a CSV or TSV file without a header row"),
    TaskOption(
      "prompt", default: .null,
      help: "template of the prompt: {field}, {field.member}, {list.0}, {field|strip}; {{ and }}"),
    TaskOption("description", default: "", help: "text before every prompt; the system message of a chat"),
    TaskOption("choices", .any, default: .null, help: "list of templates, or the field with the list"),
    TaskOption("answer", default: "{answer}", help: "template of the correct answer"),
    TaskOption(
      "answer_is", default: "text", choices: ["text", "letter", "index", "number"],
      help: "how the answer names a choice: text, letter, index (from 0), number (from 1)"),
    TaskOption(
      "answer_pattern", default: .null, help: "regular expression that extracts the correct answer from `answer`"),
    TaskOption(
      "extract", default: "all", choices: AnswerExtractor.Rule.allCases.map(\.rawValue),
      help:
        "which part of the generated text is the answer: \(AnswerExtractor.Rule.allCases.map(\.rawValue).joined(separator: ", "))"
    ),
    TaskOption("pattern", default: .null, help: "regular expression that extracts the answer from a generation"),
    TaskOption("take", default: "first", choices: ["first", "last"], help: "first or last match of the pattern"),
    TaskOption(
      "metric", .any, default: .null,
      help:
        "\(AnswerMetric.Kind.allCases.map(\.rawValue).joined(separator: ", ")); with choices accuracy_normalized or "
        + "accuracy; or an object with name, unit, higher_is_better, summary"),
    TaskOption(
      "normalize", default: .array([]),
      help:
        "normalisation applied to response and answer: \(AnswerMetric.Normalization.allCases.map(\.rawValue).joined(separator: ", "))"
    ),
    TaskOption(
      "tolerance", .number, default: 0, range: .from(0), help: "largest allowed difference between two numbers"),
    TaskOption(
      "shots", aliases: ["shot_count"], default: 0, range: .from(0, to: 64), help: "number of few-shot examples"),
    TaskOption(
      "examples", default: .null,
      help: "few-shot examples: a file in the format of the data, or a data set on the Hub; default that of the data",
      isPath: true),
    TaskOption(
      "examples_split", aliases: ["fewshot_split"], default: .null,
      help: "split of a data set on the Hub with the few-shot examples"),
    TaskOption("solution", default: .null, help: "template of an example's answer; default the answer"),
    TaskOption(
      "fewshot_seed", .integer, aliases: ["seed"], default: .null, range: .from(0),
      help: "seed that resamples the few-shot examples per row; default: the first rows of the file"),
    TaskOption(
      "gen_prefix", default: "", help: "text that begins the model's answer, and that of every few-shot example"),
    TaskOption("delimiter", default: " ", help: "text between a prompt and its answer"),
    TaskOption("separator", default: "\n\n", help: "text after each few-shot example"),
    TaskOption(
      "stop", .texts, aliases: ["stops"], default: .null, help: "texts that end a generation; default the separator"),
    TaskOption(
      "max_tokens", aliases: ["maximum_tokens"], default: 256, range: .from(1, to: 1_000_000),
      help: "maximum number of tokens to generate"),
    TaskOption("subject", default: .null, help: "field with the row's subject"),
    TaskOption(
      "clusters", .texts, default: .null,
      help: "fields that name a row's clusters, such as passage or template"),
    TaskOption("id", default: .null, help: "field with the row's id; default its index, from 0"),
  ]

  /// The options that are of generations alone: beside choices they would mean nothing.
  static func refuseGenerationOptions(_ given: TaskSpecification) throws(BenchmarkError) {
    let own = ["extract", "pattern", "take", "normalize", "tolerance", "stop", "max_tokens"]
    for name in own + SamplingParameters.taskOptions.map(\.name) where given.given(name) != nil {
      throw given.failure(name, "is for generated responses, but \"choices\" are scored; leave one out")
    }
  }

  /// What decides the questions and their scores; where files lie does not, but a data set of the Hub is what it is called, at
  /// the commit that was read.
  static func specification(
    _ name: String, _ given: TaskSpecification, dataSets: JSONObject, fewShotSeed: Int?, stops: [String],
    mainChoiceMetric: String?
  ) -> JSONObject {
    var result: JSONObject = ["type": "custom", "name": .string(name)]
    for (key, value) in dataSets.members { result[key] = value }
    for option in Self.options where option.name != "data" && option.name != "examples" && result[option.name] == nil {
      let value =
        option.name == "fewshot_seed" ? fewShotSeed.map { JSONValue($0) } ?? .null : given.written(option.name)
      // A later option is there where it has an effect, so that the specification stays what stores have.
      if !value.isNull, option.name != "gen_prefix" || value != "" { result[option.name] = value }
    }
    if let mainChoiceMetric {
      for key in ["extract", "take", "normalize", "tolerance", "max_tokens"] { result[key] = nil }
      if result["metric"]?.objectValue == nil { result["metric"] = .string(mainChoiceMetric) }
    } else {
      result["answer_is"] = nil
      result["stop"] = .array(stops.map { .string($0) })
    }
    return result
  }
}

/// How rows become prompts and answers: the part of a custom task that no file is needed for.
struct CustomForm: Sendable {
  enum Choices: Sendable {
    case field(String)
    case templates([PromptTemplate])
  }

  enum AnswerKind: String, CaseIterable, Sendable { case text, letter, index, number }

  let prompt: PromptTemplate
  let description: String
  let choices: Choices?
  let answer: PromptTemplate
  let answerKind: AnswerKind
  let answerExtractor: AnswerExtractor?
  let solution: PromptTemplate?
  let extractor: AnswerExtractor
  let metric: AnswerMetric
  /// What a score holds, the main metric first.
  let metrics: [Metric]
  /// How every answer begins; nil: nothing is given.
  let answerPrefix: String?
  let delimiter: String
  let separator: String
  let subjectField: String?
  let clusterFields: [String]
  let idField: String?

  var isChoice: Bool { choices != nil }

  init(_ given: TaskSpecification) throws(BenchmarkError) {
    func template(_ name: String, _ text: String) throws(BenchmarkError) -> PromptTemplate {
      try given.about(name) { () throws(BenchmarkError) in try PromptTemplate(text, "custom: \(name)") }
    }
    func pattern(_ name: String, takesLast: Bool) throws(BenchmarkError) -> AnswerExtractor? {
      guard let pattern = try given.optionalText(name) else { return nil }
      return try given.about(name) { () throws(BenchmarkError) in
        try AnswerExtractor(pattern: pattern, takesLast: takesLast, "custom: \(name)")
      }
    }
    prompt = try template("prompt", try given.text("prompt"))
    description = try given.anyText("description")
    answer = try template("answer", try given.text("answer"))
    solution = try given.optionalText("solution").map { text throws(BenchmarkError) in
      try template("solution", text)
    }
    let prefix = try given.anyText("gen_prefix")
    answerPrefix = prefix.isEmpty ? nil : prefix
    delimiter = try given.anyText("delimiter")
    separator = try given.anyText("separator")
    subjectField = try given.optionalText("subject")
    clusterFields = try given.optionalTexts("clusters") ?? []
    for field in clusterFields {
      if let reason = SampleAttributes.objection(toKind: field) {
        throw BenchmarkError(.invalidArgument, "custom: \(reason)")
      }
    }
    idField = try given.optionalText("id")
    choices = try given.about("choices") { () throws(BenchmarkError) in try Self.choices(given) }
    let kind = try given.text("answer_is")
    answerKind = AnswerKind(rawValue: kind) ?? .text
    if choices == nil, answerKind != .text {
      throw BenchmarkError(
        .invalidArgument, "custom: \"answer_is\": \"\(kind)\" needs \"choices\"",
        key: "answer_is")
    }
    answerExtractor = try pattern("answer_pattern", takesLast: false)
    let takesLast = try given.text("take") == "last"
    let rule = try given.text("extract")
    if let found = try pattern("pattern", takesLast: takesLast) {
      if rule != AnswerExtractor.Rule.all.rawValue {
        throw BenchmarkError(
          .invalidArgument, "custom: \"extract\" and \"pattern\" both extract the answer; leave one out",
          key: "pattern")
      }
      extractor = found
    } else {
      extractor = AnswerExtractor(AnswerExtractor.Rule(rawValue: rule) ?? .all)
    }
    let described = try given.about("metric") { () throws(BenchmarkError) in
      try MetricDescription(given.written("metric"), at: DocumentPlace(name: given.type)["metric"])
    }
    metric = try Self.metric(given, described, isChoice: choices != nil)
    metrics = try Self.metrics(described, metric, choices)
  }

  /// Throws where a template has no field that it needs, or Jinja's doubled braces around one.
  ///
  /// An answer and a choice may be the same text for every row: "yes", "A".
  func checkTemplates(fields: [String], _ given: TaskSpecification) throws(BenchmarkError) {
    func check(_ name: String, _ template: PromptTemplate?, needsField: Bool = false, _ place: String)
      throws(BenchmarkError)
    {
      try given.about(name) { () throws(BenchmarkError) in
        try template?.check(needsField: needsField, fields: fields, place)
      }
    }
    try check("prompt", prompt, needsField: true, "custom: prompt")
    try check("answer", answer, "custom: answer")
    try check("solution", solution, "custom: solution")
    guard case .templates(let templates)? = choices else { return }
    for (index, template) in templates.enumerated() { try check("choices", template, "custom: choices[\(index)]") }
  }

  /// The metrics of choices.
  enum ChoiceMetric: String, CaseIterable, Sendable {
    case accuracy
    case normalized = "accuracy_normalized"

    /// What lm-evaluation-harness calls it.
    var harnessMetric: String { self == .normalized ? "acc_norm" : "acc" }

    var metric: Metric {
      switch self {
      case .accuracy:
        Metric(
          name: rawValue, summary: "the share of questions whose most likely choice is right", harnessName: "acc,none")
      case .normalized:
        Metric(
          name: rawValue,
          summary: "the share of questions whose choice with the highest log-likelihood for its length is right",
          harnessName: "acc_norm,none")
      }
    }
  }

  /// The metrics of a task, the main one first.
  ///
  /// Choices that are texts of each row (ARC, HellaSwag) differ in length, so the main metric is the normalised accuracy, which
  /// model cards report; choices that are the same for every row (letters, yes and no) have plain accuracy first.
  private static func metrics(_ description: MetricDescription, _ metric: AnswerMetric, _ choices: Choices?)
    throws(BenchmarkError) -> [Metric]
  {
    guard let choices else { return [description.applied(to: metric.metric)] }
    var main = ChoiceMetric.normalized
    if case .templates(let templates) = choices, !templates.contains(where: \.hasField) { main = .accuracy }
    if let name = description.name {
      guard let chosen = ChoiceMetric(rawValue: name) else {
        let known = ChoiceMetric.allCases.map(\.rawValue)
        throw BenchmarkError(
          .invalidArgument,
          "custom: with \"choices\" the metric must be \(known.joined(separator: " or ")), not \"\(name)\"",
          key: "metric")
      }
      main = chosen
    }
    let others = ChoiceMetric.allCases.filter { $0 != main }
    return [description.applied(to: main.metric)] + others.map { description.directed($0.metric) }
      + [description.opposed(AnswerBits.metric)]
  }

  private static func choices(_ given: TaskSpecification) throws(BenchmarkError) -> Choices? {
    let written = given.written("choices")
    if written.isNull { return nil }
    if let field = written.stringValue {
      // "{options}" says the same as "options".
      let template = try PromptTemplate(field, "custom: choices")
      if !template.hasField { try template.check(needsField: false, fields: [], "custom: choices") }
      return .field(template.onlyField ?? field)
    }
    var templates: [PromptTemplate] = []
    for text in written.arrayValue ?? [] {
      guard let text = text.stringValue else { throw given.failure("choices", "must be a list of texts, or one text") }
      templates.append(try PromptTemplate(text, "custom: choices[\(templates.count)]"))
    }
    if templates.count < 2 { throw BenchmarkError(.invalidArgument, "custom: \"choices\" needs at least two entries") }
    return .templates(templates)
  }

  private static func metric(_ given: TaskSpecification, _ description: MetricDescription, isChoice: Bool)
    throws(BenchmarkError) -> AnswerMetric
  {
    var kind = AnswerMetric.Kind.exactMatch
    if !isChoice, let name = description.name {
      guard let named = AnswerMetric.Kind(rawValue: name) else {
        let hint = NearestName.hint(name, among: AnswerMetric.Kind.allCases.map(\.rawValue))
        throw BenchmarkError(.invalidArgument, "custom: no such metric: \"\(name)\"\(hint)", key: "metric")
      }
      kind = named
    }
    var normalizations: Set<AnswerMetric.Normalization> = []
    for name in try given.optionalTexts("normalize") ?? [] {
      guard let step = AnswerMetric.Normalization(rawValue: name) else {
        let hint = NearestName.hint(name, among: AnswerMetric.Normalization.allCases.map(\.rawValue))
        throw BenchmarkError(.invalidArgument, "custom: no such normalisation: \"\(name)\"\(hint)", key: "normalize")
      }
      normalizations.insert(step)
    }
    let tolerance = try given.number("tolerance")
    if kind == .numericMatch, !normalizations.isEmpty {
      throw BenchmarkError(
        .invalidArgument,
        "custom: \"normalize\" is for texts, but numeric_match compares numbers; leave it out, "
          + "or use exact_match",
        key: "normalize")
    }
    if kind != .numericMatch, tolerance != 0 {
      throw BenchmarkError(
        .invalidArgument, "custom: \"tolerance\" is for numbers; set \"metric\" to \"numeric_match\"",
        key: "tolerance")
    }
    return AnswerMetric(kind: kind, normalizations: normalizations, tolerance: tolerance)
  }
}
