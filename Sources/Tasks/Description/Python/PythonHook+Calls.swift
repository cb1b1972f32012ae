import Evaluation
import Support

/// Functions of Python that are run: each kind as lm-evaluation-harness 0.4.13 calls it.
extension PythonHook {
  /// The function, loaded; an error where no Python is run.
  func load() throws(BenchmarkError) -> TaskPython.Function {
    guard let python else { throw unknown() }
    return try python.load(self)
  }

  /// `doc_to_text`, `doc_to_target`, `doc_to_choice`.
  func value() throws(BenchmarkError) -> NativeHooks.Value {
    let function = try load()
    return { (document) throws(BenchmarkError) in try function.call("value", ["document": .object(document)]) }
  }

  /// `process_docs`.
  func rows() throws(BenchmarkError) -> NativeHooks.Rows {
    let function = try load()
    return { (rows) throws(BenchmarkError) in
      try function.rows(try function.call("rows", ["rows": .array(rows.map { .object($0) })]))
    }
  }

  /// Few-shot examples that a function makes.
  func samples() throws(BenchmarkError) -> [JSONObject] {
    let function = try load()
    return try function.rows(try function.call("samples"))
  }

  /// `custom_dataset`: the rows of all splits.
  func splits(_ arguments: JSONObject) throws(BenchmarkError) -> [String: [JSONObject]] {
    let function = try load()
    var splits: [String: [JSONObject]] = [:]
    for (name, rows) in try function.call("data", ["arguments": .object(arguments)]).objectValue?.members ?? [] {
      splits[name] = try function.rows(rows)
    }
    return splits
  }

  /// `process_results`.
  ///
  /// - Parameter isRolling: whether it gets the log-likelihood of a whole text, without a flag.
  func results(_ metrics: [DescribedMetric], isRolling: Bool) throws(BenchmarkError) -> NativeHooks.Results {
    let function = try load()
    let names = JSONValue.array(metrics.map { .string($0.name) })
    return { (document, results) throws(BenchmarkError) in
      var arguments: JSONObject = ["document": .object(document), "metrics": names]
      switch results {
      case .logLikelihoods(let answers) where isRolling:
        arguments["rolling"] = Self.written(answers.first?.value ?? .nan)
      case .logLikelihoods(let answers):
        arguments["likelihoods"] = .array(
          answers.map { .array([Self.written($0.value), $0.isGreedy.map { .bool($0) } ?? .null]) })
      case .responses(let answer): arguments["response"] = answer.json
      }
      let made = try function.call("results", arguments).objectValue ?? [:]
      var values: [String: SampleValue] = [:]
      for metric in metrics {
        guard let value = made[metric.name], !value.isNull else { continue }
        values[metric.name] = try function.sampleValue(value, metric)
      }
      return values
    }
  }

  /// A number that need not be finite, as JSON has it for `float()`.
  private static func written(_ value: Double) -> JSONValue {
    value.isFinite ? .number(value) : .string(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")
  }

  /// A filter: a class (`function`), or what the filter `custom` calls (`filter_fn`).
  func filter(_ arguments: JSONObject) throws(BenchmarkError) -> AnswerFilter {
    let function = try load()
    let isCustom = arguments["filter_fn"] != nil
    var given = arguments
    given["function"] = nil
    let call: JSONObject = ["custom": .bool(isCustom), "arguments": .object(isCustom ? [:] : given)]
    return .all { (responses, document) throws(BenchmarkError) in
      var call = call
      call["responses"] = responses.json
      call["document"] = .object(document)
      let made = try function.call("filter", call).objectValue
      if let items = made?["many"]?.arrayValue { return .many(items) }
      return .one(made?["one"] ?? .null)
    }
  }

  /// A metric that is a function of a reference and a response; its own name, and its values.
  func metric(_ arguments: JSONObject) throws(BenchmarkError) -> DescribedMetric.Function {
    let function = try load()
    return DescribedMetric.Function(name: function.name) {
      (references, hasSeveral, answer, metric) throws(BenchmarkError) in
      let made = try function.call(
        "metric",
        [
          "metric": .string(function.name), "references": .array(references), "several": .bool(hasSeveral),
          "response": answer.json, "arguments": .object(arguments),
        ])
      return made.isNull ? nil : try function.sampleValue(made, metric)
    }
  }
}

extension FilteredResponses {
  /// The responses as a function of Python sees them.
  var json: JSONValue {
    switch self {
    case .many(let values): .array(values)
    case .one(let value): value
    }
  }
}

extension TaskPython.Function {
  fileprivate func failure(_ reason: String) -> BenchmarkError {
    hook.place.error("the Python function \(hook.reference) \(reason)", .callbackFailed)
  }

  fileprivate func rows(_ value: JSONValue) throws(BenchmarkError) -> [JSONObject] {
    let rows = value.arrayValue?.compactMap(\.objectValue)
    guard let rows, rows.count == value.arrayValue?.count else { throw failure("gave no list of documents") }
    return rows
  }

  /// A value of a sample as the metric's aggregation takes it.
  fileprivate func sampleValue(_ value: JSONValue, _ metric: DescribedMetric) throws(BenchmarkError) -> SampleValue {
    let pair = value.arrayValue
    func wrong(_ wanted: String) -> BenchmarkError {
      failure("gave \(value.text().prefix(80)) for \(metric.name), which needs \(wanted)")
    }
    func number(_ value: JSONValue?) -> Double? { value?.boolValue.map { $0 ? 1 : 0 } ?? value?.doubleValue }
    switch metric.aggregate {
    case .mean, .median:
      guard let number = number(value) else { throw wrong("a number") }
      return .number(number)
    case .perplexity:
      guard let number = number(value) else { throw wrong("a log-likelihood") }
      return .sums([number, 1])
    case .weightedPerplexity, .bitsPerByte:
      guard pair?.count == 2, let sum = number(pair?[0]), let weight = number(pair?[1]) else {
        throw wrong("a log-likelihood and a count")
      }
      return .sums([sum, weight])
    case .ratio:
      guard let numbers = pair?.compactMap(number), numbers.count == pair?.count else {
        throw wrong("a list of truth values")
      }
      return .sums([numbers.reduce(0, +), Double(numbers.count)])
    case .f1, .matthews:
      guard pair?.count == 2, let gold = pair?[0].integerValue, let chosen = pair?[1].integerValue,
        (0...1).contains(gold), (0...1).contains(chosen)
      else { throw wrong("a right class and a class, each 0 or 1") }
      var sums = [0.0, 0, 0, 0]
      sums[gold * 2 + chosen] = 1
      return .sums(sums)
    case .bleu, .chrf, .chrfWords:
      guard pair?.count == 2, let references = pair?[0], let answer = pair?[1] else {
        throw wrong("references and a response")
      }
      let texts = references.arrayValue?.map(PythonValue.text) ?? [PythonValue.text(references)]
      let text = PythonValue.text(answer.arrayValue?.first ?? answer)
      return .sums(TextOverlap.sums(metric.aggregate, text, references: texts))
    }
  }
}
