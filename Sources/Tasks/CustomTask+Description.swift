import DataSets
import Evaluation
import Support

extension TaskDescription {
  /// The splits of a declared task's rows and examples.
  static let customSplits = (rows: "rows", examples: "examples")

  /// The description that a declared task's options say. Its rules read a row through the task's templates, as it was read when
  /// the task was made: none of them can fail any more.
  init(_ form: CustomForm, named name: String, shots: Int, generation: Generation) {
    let read: @Sendable (JSONObject) throws(BenchmarkError) -> CustomItem = { (fields) throws(BenchmarkError) in
      try CustomItem(DataRow(fields: fields, path: name, number: 0, isLine: false), form, position: 0)
    }
    self.name = name
    path = name
    dataset = DescribedData(
      path: name, name: nil, arguments: [:], folder: nil, place: DocumentPlace(name: name), whole: nil)
    trainingSplit = nil
    validationSplit = nil
    testSplit = Self.customSplits.rows
    output = form.isChoice ? .multipleChoice : .generation
    processDocuments = nil
    let results: NativeHooks.Results = { (fields, results) throws(BenchmarkError) in
      let isFound = results.text != Extraction.nothing
      let isRight = isFound ? form.metric.isRight(results.text, target: try read(fields).target) : false
      return [form.metric.metric.name: .number(isRight ? 1 : 0)]
    }
    processResults = form.isChoice ? nil : results
    let text = DocumentRule.hook { (fields) throws(BenchmarkError) in .string(try read(fields).prompt) }
    self.text = text
    target = .hook { (fields) throws(BenchmarkError) in
      let item = try read(fields)
      return form.isChoice ? JSONValue(item.answer) : .string(item.target)
    }
    let listed = DocumentRule.hook { (fields) throws(BenchmarkError) in
      .array(try read(fields).choices.map { .string($0) })
    }
    choices = form.isChoice ? listed : nil
    description = form.description.isEmpty ? nil : TextRule(plain: form.description)
    targetDelimiter = form.delimiter
    answerPrefix = form.answerPrefix.map { TextRule(plain: $0) }
    answerPrefixText = form.answerPrefix
    self.shots = shots
    fewShot = FewShot(
      sampler: .first, split: Self.customSplits.examples, samples: nil, indices: nil, processDocuments: nil, text: text,
      target: .hook { (fields) throws(BenchmarkError) in .string(try read(fields).solution) }, choices: nil,
      answerPrefix: answerPrefix, targetDelimiter: form.delimiter, exampleDelimiter: form.separator)
    self.generation = generation
    let extractor = form.extractor
    let extraction = AnswerFilter.each { (text, _) throws(BenchmarkError) in
      .string(try extractor.answer(in: text.stringValue ?? "") ?? Extraction.nothing)
    }
    filters =
      form.isChoice ? [.none] : [FilterPipeline(name: FilterPipeline.none.name, filters: [extraction, .takeFirst])]
    metrics = form.metrics.filter { $0.name != AnswerBits.metric.name }.map { metric in
      let harness = CustomForm.ChoiceMetric(rawValue: metric.name)?.harnessMetric ?? metric.name
      return DescribedMetric(harness, called: metric)
    }
    declared = form.metrics
    repeats = 1
    self.listed = nil
    shownTarget = nil
    identify = { (fields, index) throws(BenchmarkError) in
      let row = DataRow(fields: fields, path: name, number: 0, isLine: false)
      return (try CustomItem.id(row, form, position: index), try CustomItem.attributes(row, form))
    }
    version = nil
    tags = []
    digest = ""
    madeData = nil
    pythonFiles = []
    programs = nil
    omissions = []
  }
}

/// The rows of a declared task and its examples, which have been read.
struct CustomRows: SplitSource {
  let rows: RowSource.Rows
  let examples: RowSource.Rows?

  func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
    let read = name == TaskDescription.customSplits.examples ? examples : rows
    return DataSplit(rows: read?.rows.map(\.fields) ?? [], files: read?.files ?? [])
  }
}
