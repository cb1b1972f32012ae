import Evaluation
import Support

extension DescribedTask {
  func failure(_ reason: String) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(description.path): \(reason)")
  }

  func choices(_ rule: DocumentRule, _ document: JSONObject) throws(BenchmarkError) -> [String] {
    let value = try rule.value(.choices, of: document, fields: fields, hasChoices: true)
    guard let items = value.arrayValue else { throw failure("\"doc_to_choice\" gives no list: \(value.text())") }
    return items.map(PythonValue.text)
  }

  func choices(_ document: JSONObject) throws(BenchmarkError) -> [String]? {
    try description.choices.map { (rule) throws(BenchmarkError) in try choices(rule, document) }
  }

  /// What `doc_to_text` gives: a text, or a position of the choices.
  func text(_ document: JSONObject) throws(BenchmarkError) -> JSONValue {
    try description.text?.value(.text, of: document, fields: fields, hasChoices: description.choices != nil) ?? ""
  }

  /// What the sample at a position is called, and what it shares with others.
  func identity(_ index: Int) throws(BenchmarkError) -> (String, SampleAttributes) {
    try description.identify?(documents[index], index) ?? ("\(index)", SampleAttributes())
  }

  /// What `doc_to_target` gives for the document at a position.
  func target(at index: Int) throws(BenchmarkError) -> JSONValue {
    try checkPosition(index)
    return try target(documents[index])
  }

  func target(_ document: JSONObject) throws(BenchmarkError) -> JSONValue {
    try description.target?.value(.target, of: document, fields: fields, hasChoices: description.choices != nil) ?? ""
  }

  /// The right answer, as a report shows it.
  func shownTarget(_ document: JSONObject) throws(BenchmarkError) -> String {
    if let rule = description.shownTarget { return try rule.text(of: document) }
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
    let (id, attributes) = try identity(index)
    let order = orders.map { $0[index] }
    let question = try text(order.map { shuffled(document, $0) } ?? document)
    let choices = try choices(document)
    let shown = try shownTarget(document)
    if description.output == .rolling {
      guard let whole = try target(document).stringValue else { throw failure("\"doc_to_target\" gives no text") }
      return Prompt(
        sampleID: id, attributes: attributes,
        request: .rollingLogLikelihood(text: whole, stride: description.stride), target: "")
    }
    if hasSeveralTexts, description.output == .multipleChoice, let choices {
      // The choices stand before one continuation.
      let contexts = try choices.map { (choice) throws(BenchmarkError) in try self.parts(index, question: choice) }
      let continuation = description.targetDelimiter + PythonValue.text(try target(document))
      guard let first = contexts.first else { throw failure("\"doc_to_choice\" gives no choices") }
      let isMutual = description.metrics.contains { $0.name == "acc_mutual_info" }
      if isMutual { throw failure("acc_mutual_info needs choices behind one context") }
      return Prompt(
        sampleID: id, attributes: attributes, parts: first, otherParts: Array(contexts.dropFirst()), target: shown
      ) { _ in
        .logLikelihood(contexts: contexts.map { $0.text() }, continuations: [continuation])
      }
    }
    guard let text = question.stringValue else { throw failure("\"doc_to_text\" gives no text: \(question.text())") }
    let parts = try parts(index, question: text)
    switch description.output {
    case .multipleChoice:
      // The i-th continuation is the letter that the i-th choice of the data stands behind: likelihoods, predictions and targets
      // then speak of the data's letters whatever order is shown.
      let letters = choices ?? []
      let continuations = (order.map { places in places.compactMap { PythonValue.item(letters, $0) } } ?? letters).map {
        description.targetDelimiter + $0
      }
      if continuations.isEmpty { throw failure("\"doc_to_choice\" gives no choices for document \(index)") }
      let isMutual = description.metrics.contains { $0.name == "acc_mutual_info" }
      return Prompt(sampleID: id, attributes: attributes, parts: parts, target: shown) { context in
        if !isMutual { return .choice(context: context, continuations: continuations) }
        return .logLikelihood(
          contexts: continuations.map { _ in context } + continuations.map { _ in "" },
          continuations: continuations + continuations)
      }
    case .logLikelihood:
      let continuation = PythonValue.text(try target(document))
      return Prompt(sampleID: id, attributes: attributes, parts: parts, target: shown) {
        .logLikelihood(contexts: [$0], continuations: [continuation])
      }
    case .generation, .rolling:
      let generation = description.generation
      return Prompt(
        sampleID: id, attributes: attributes, parts: parts, target: shown, hasOwnLimit: generation.hasOwnLimit
      ) {
        .generation(
          prompt: $0, stop: generation.stop, maxTokens: generation.maxTokens, sampling: sampling, repeats: repeats)
      }
    }
  }

  /// A document with each of the choices that letters stand for at its place.
  private func shuffled(_ document: JSONObject, _ places: [Int]) -> JSONObject {
    guard let listed = description.listed, let choices = document[listed]?.arrayValue else { return document }
    var shown = choices
    for (choice, place) in zip(choices, places) { shown[place] = choice }
    var document = document
    document[listed] = .array(shown)
    return document
  }

  /// The parts of a prompt.
  private func parts(_ index: Int, question: String) throws(BenchmarkError) -> PromptParts {
    let document = documents[index]
    let prefix = try description.answerPrefix?.text(of: document)
    let fewShot = description.fewShot
    // A continuation that is the target itself has no delimiter that a chat would take away.
    let isTarget = description.output == .logLikelihood || description.output == .rolling
    let delimiter = isTarget ? "" : description.targetDelimiter
    return PromptParts(
      description: try description.description?.text(of: document) ?? "",
      examples: draws[index].compactMap { position in
        examples[position].map {
          PromptParts.Example(
            question: $0.question, answer: $0.answer, answerPrefix: $0.prefix == prefix ? nil : $0.prefix ?? "",
            targetDelimiter: fewShot.targetDelimiter == delimiter ? nil : fewShot.targetDelimiter)
        }
      }, question: question, answerPrefix: prefix, targetDelimiter: delimiter,
      exampleDelimiter: fewShot.exampleDelimiter,
      prefixDelimiter: hasSeveralTexts ? "" : description.targetDelimiter)
  }
}
