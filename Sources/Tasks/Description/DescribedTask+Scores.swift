import Evaluation
import Support

extension DescribedTask {
  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    try checkPosition(index)
    let document = documents[index]
    switch (description.output, response) {
    case (.generation, .generated(let texts)):
      var flags: [String] = []
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
      // What the first pipeline finds is the answer; another one may find it where it should not stand.
      if values.first?.prediction == nil, flags.isEmpty {
        let isFound = values.contains { $0.prediction != nil }
        flags.append(isFound ? ScoreFlag.unformattedAnswer : ScoreFlag.noAnswer)
      }
      if texts.contains(where: { $0.finishReason == .length }) { flags.append(ScoreFlag.stoppedAtLength) }
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
    var prediction: (String) -> String? = { _ in nil }
    var found: (String) throws(BenchmarkError) -> SampleValue? = { _ in nil }
    var bits: [MetricValue] = []
    switch description.output {
    case .multipleChoice:
      let choices = try choices(document) ?? []
      let gold = try gold(document, choices)
      let scores = ChoiceScores(choices: choices, gold: gold, answers: answers)
      let isMutual = description.metrics.contains { $0.name == "acc_mutual_info" }
      if choices.isEmpty || answers.count != choices.count * (isMutual ? 2 : 1) {
        return .unscored(metrics, flag: ScoreFlag.mismatchedResponse)
      }
      prediction = { name in choices[scores.chosen(name)] }
      // Of the metric that stands for the task.
      if scores.isTied(description.metrics.first?.name ?? "acc") { flags.append(ScoreFlag.tiedChoices) }
      found = { name in scores.value(of: name) }
      // -1 marks a split whose answers are not published; it is no position from the end.
      let isKnown = gold.contains { $0.map { choices.indices.contains($0) } ?? false }
      if !isKnown { flags.append(ScoreFlag.noRightChoice) }
      // Where the choices stand before one continuation, that is what is scored.
      let continuation = hasSeveralTexts ? PythonValue.text(try target(document)) : nil
      bits = [
        AnswerBits.value(
          answers.prefix(choices.count).map(\.value), texts: choices.map { continuation ?? $0 },
          right: isKnown ? gold : [])
      ]
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
        values.append(value(metric, pipeline.name, try found(metric.name), prediction(metric.name)))
      }
    }
    return Score(metrics: values + bits, flags: flags)
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
    let found: [JSONValue]
    switch answer {
    case .one(let value): found = [value]
    case .many(let values): found = values
    }
    let text = found.map(PythonValue.text).joined(separator: ", ")
    let prediction = found.allSatisfy { $0 == .string(Extraction.nothing) } ? nil : text
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
    let golds = (hasSeveralTargets ? gold.arrayValue : nil) ?? [gold]
    let references = golds.map(PythonValue.text)
    var values: [MetricValue] = []
    var counts: ProgramTest.Counts?
    for metric in description.metrics {
      let made: SampleValue?
      if let count = metric.programs, let programs = description.programs {
        let tests = references.joined(separator: "\n")
        if counts == nil { counts = try programs.counts(found.map(PythonValue.text), tests: tests) }
        made = counts?.passes(at: count).map { .number($0) }
      } else if let function = metric.function {
        made = try function.values(
          hasSeveralTargets ? golds : references.map { .string($0) }, hasSeveralTargets, answer, metric)
      } else {
        switch metric.name {
        case "exact_match": made = .number(try exactMatch(answer, references, metric.ignored))
        case "bleu", "chrf", "chrf++":
          made = .sums(TextOverlap.sums(metric.aggregate, text, references: references))
        default: made = nil
        }
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
