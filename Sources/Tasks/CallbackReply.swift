import Evaluation
import Support

/// The reply of a function of a `CallbackTask`: an object with known keys; null is the same as absent.
struct Reply {
  private let decoder: ObjectDecoder

  init(_ value: JSONValue, known: [String], _ place: String) throws(BenchmarkError) {
    decoder = try ObjectDecoder(value, DocumentPlace(name: place, kind: .callbackFailed), known: known)
  }

  subscript(_ key: String) -> JSONValue? { decoder[key] }

  /// The value of an option; nil if absent.
  func value(_ option: OptionSpecification) throws(BenchmarkError) -> OptionValue? { try decoder.value(option) }

  func failure(_ reason: String) -> BenchmarkError { decoder.place.error(reason) }

  /// A text, or a number or boolean as one; nil if absent.
  func text(_ key: String) throws(BenchmarkError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = Self.text(value) else {
      throw failure("\"\(key)\" must be a text, not \(value.typeName)")
    }
    return text
  }

  /// A text, or a number or boolean as one; nil for anything else.
  static func text(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): "\(number)"
    case .number(let number): JSONValue.number(number).text()
    case .bool(let flag): "\(flag)"
    default: nil
    }
  }

  /// A list of texts, or one text as a list of one; nil if absent.
  func texts(_ key: String) throws(BenchmarkError) -> [String]? {
    switch self[key] {
    case nil: return nil
    case .string(let text)?: return [text]
    case .array(let values)?:
      let texts = values.compactMap(\.stringValue)
      if texts.count == values.count { return texts }
      fallthrough
    default: throw failure("\"\(key)\" must be a list of texts")
    }
  }
}

/// A response, as the function that scores it sees it.
struct AnsweredSample {
  let json: JSONValue
  /// What a reader should know whatever the function says.
  let flags: [String]
  /// Why nothing can be said of the response; nil if something can.
  let unscoredFlag: String?
  /// The text generated, or the continuation chosen, without white space at its ends.
  let answer: String

  /// `prompt` is that of a choice: its continuations are the response's.
  init(_ response: Response, prompt: Prompt?, _ place: String) throws(BenchmarkError) {
    switch response {
    case .generated(let texts) where texts.count == 1:
      json = ["text": .string(texts[0].text), "finish_reason": .string(texts[0].finishReason.recorded)]
      flags = texts[0].finishReason == .length ? [ScoreFlag.stoppedAtLength] : []
      unscoredFlag = nil
      answer = PythonText.stripped(texts[0].text)
    case .generated, .measured:
      (json, flags, answer) = (.null, [], "")
      unscoredFlag = ScoreFlag.mismatchedResponse
    case .logLikelihoods(let values):
      let sums = values.map(\.value)
      guard case .logLikelihood(_, let continuations)? = prompt?.request, continuations.count == sums.count else {
        (json, flags, answer) = (.null, [], "")
        unscoredFlag = ScoreFlag.mismatchedResponse
        return
      }
      guard let highest = sums.max(), !sums.contains(where: \.isNaN), let chosen = sums.firstIndex(of: highest) else {
        (json, flags, answer) = (.null, [], "")
        unscoredFlag = ScoreFlag.undefinedLogLikelihood
        return
      }
      answer = PythonText.stripped(continuations[chosen])
      json = [
        "chosen": JSONValue(chosen), "choice": .string(continuations[chosen]),
        "log_likelihoods": .array(sums.map { .number($0) }),
        "continuation_tokens": .array(values.compactMap { $0.tokenCount.map { JSONValue($0) } }),
      ]
      flags = sums.count { $0 == highest } > 1 ? [ScoreFlag.tiedChoices] : []
      unscoredFlag = nil
    }
  }

  /// The score where the task has no function for it: 1 if the answer is the target, both without white space at the ends.
  func score(target: String, _ metrics: [Metric]) -> Score {
    if let unscoredFlag { return .unscored(metrics, flag: unscoredFlag) }
    let value = PythonText.areSame(answer, PythonText.stripped(target)) ? 1.0 : 0.0
    let values = metrics.enumerated().map { position, metric in
      MetricValue(name: metric.name, value: position == 0 ? value : nil, prediction: position == 0 ? answer : nil)
    }
    return Score(metrics: values, flags: flags)
  }
}

/// What a function that scores gave, checked against the metrics of its task.
struct ScoreReply {
  private var values: [String: Double] = [:]
  private var prediction: String?
  private var flags: [String] = []
  private let metrics: [Metric]

  /// - Parameter value: a number, a boolean or null for the main metric; or {score | scores, prediction, flags}.
  init(_ value: JSONValue, _ metrics: [Metric], _ place: String) throws(BenchmarkError) {
    self.metrics = metrics
    guard case .object = value else {
      try add(metrics.first?.name ?? "", value, place)
      return
    }
    let reply = try Reply(value, known: ["score", "scores", "prediction", "flags"], place)
    if let score = reply["score"] { try add(metrics.first?.name ?? "", score, place) }
    if let scores = reply["scores"] {
      guard let scores = scores.objectValue else { throw reply.failure("\"scores\" must be an object of numbers") }
      for (name, score) in scores.members { try add(name, score, place) }
    }
    prediction = try reply.text("prediction")
    flags = try reply.texts("flags") ?? []
  }

  private mutating func add(_ name: String, _ value: JSONValue, _ place: String) throws(BenchmarkError) {
    guard let metric = metrics.first(where: { $0.name == name }) else {
      let hint = NearestName.hint(name, among: metrics.map(\.name))
      throw BenchmarkError(.callbackFailed, "\(place): the task has no metric \"\(name)\"\(hint)")
    }
    if value.isNull { return }
    guard let number = value.boolValue.map({ $0 ? 1.0 : 0.0 }) ?? value.doubleValue, number.isFinite else {
      throw BenchmarkError(
        .callbackFailed, "\(place): \(name) must be a number, a boolean or null, not \(value.text())")
    }
    if number < metric.lowerBound || number > metric.upperBound {
      let (lower, upper) = (JSONValue.number(metric.lowerBound).text(), JSONValue.number(metric.upperBound).text())
      let words = metric.upperBound.isFinite ? "outside \(lower) to \(upper)" : "below \(lower)"
      throw BenchmarkError(
        .callbackFailed,
        "\(place): \(name) is \(value.text()), \(words); give the metric other bounds (\"lower\", \"upper\")")
    }
    if metric.isBinary, number != 0, number != 1 {
      throw BenchmarkError(
        .callbackFailed,
        "\(place): \(name) is \(value.text()), but the metric is binary (0 or 1); set "
          + "\"binary\": false")
    }
    values[name] = number
  }

  /// The score; a metric without a value is unscored, and flagged if it is the main one.
  ///
  /// - Parameter vote: of a response that a vote is taken over: the answer where the function names none, for every metric.
  func score(adding more: [String], vote: String? = nil) -> Score {
    let values = metrics.enumerated().map { position, metric in
      MetricValue(
        name: metric.name, value: self.values[metric.name],
        prediction: vote == nil && position > 0 ? nil : prediction ?? vote)
    }
    return Score(
      metrics: values, flags: flags + more + (values.first?.value == nil ? [ScoreFlag.unscoredByTask] : []))
  }
}
