import Support

/// The value of one metric for one sample.
package struct MetricValue: Sendable, Equatable {
  /// The `name` of the metric.
  package let name: String
  /// Nil where the response could not be scored; an answer that is merely wrong or unparsable is 0.
  package let value: Double?
  /// What was taken for the model's answer under this metric; nil where nothing was found.
  package let prediction: String?
  /// What the sample adds to the sums that a metric of all samples is taken of (`Metric.Aggregate`); nil of other metrics.
  package let sums: [Double]?

  package init(name: String, value: Double?, prediction: String? = nil, sums: [Double]? = nil) {
    self.name = name
    self.value = value
    self.prediction = prediction
    self.sums = sums
  }
}

/// What became of one response.
package struct Score: Sendable, Equatable {
  /// The values, in the order of the task's metrics.
  package let metrics: [MetricValue]
  /// What a reader should know of, such as `no_answer`; see `ScoreFlag`. Of several responses each has its flags here.
  package let flags: [String]
  /// The scores of the single responses, where a sample has several; else empty.
  package let responses: [Score]

  package init(metrics: [MetricValue], flags: [String], responses: [Score] = []) {
    self.metrics = metrics
    self.flags = flags
    self.responses = responses
  }

  /// The value of a metric, nil if unscored or unknown.
  package func value(of name: String) -> Double? { metrics.first { $0.name == name }?.value }

  /// What the sample adds to the sums of a metric of all samples; nil of another metric and of an unscored sample.
  package func sums(of name: String) -> [Double]? { metrics.first { $0.name == name }?.sums }

  /// The answer under the main metric or, if that found none, under the first other metric that did.
  package var prediction: String? { metrics.lazy.compactMap(\.prediction).first }

  /// The values as the members of a sample's record: `score` (of the main metric) and `scores`; `sums` of metrics
  /// of all samples; `response_scores`, an object for each response, where there are several.
  package var members: JSONObject {
    var scores = JSONObject()
    for metric in metrics { scores[metric.name] = JSONValue(optional: metric.value) }
    var members: JSONObject = ["score": JSONValue(optional: metrics.first?.value), "scores": .object(scores)]
    let summed = metrics.filter { $0.sums != nil }
    if !summed.isEmpty {
      var sums = JSONObject()
      for metric in summed { sums[metric.name] = .array((metric.sums ?? []).map { .number($0) }) }
      members["sums"] = .object(sums)
    }
    if !responses.isEmpty {
      members["response_scores"] = .array(
        responses.map { response in
          [
            "scores": response.members["scores"] ?? .null, "predictions": .object(response.predictions),
            "flags": .array(response.flags.map { .string($0) }),
          ]
        })
    }
    return members
  }

  /// What was read under each metric, by name.
  package var predictions: JSONObject {
    var predictions = JSONObject()
    for metric in metrics { predictions[metric.name] = metric.prediction.map { .string($0) } ?? .null }
    return predictions
  }

  /// The score behind the members of a record; nil without `scores`.
  ///
  /// Reports show one answer a sample; a store has that of each metric (`predictions`).
  package init?(members object: JSONObject) {
    guard let scores = object["scores"]?.objectValue else { return nil }
    let prediction = object["prediction"]?.stringValue
    let predictions = object["predictions"]?.objectValue
    let sums = object["sums"]?.objectValue
    self.init(
      metrics: scores.members.map { name, value in
        MetricValue(
          name: name, value: value.doubleValue,
          prediction: predictions == nil ? prediction : predictions?[name]?.stringValue,
          sums: sums?[name]?.arrayValue?.map { $0.doubleValue ?? .nan })
      }, flags: (object["flags"]?.arrayValue ?? []).compactMap(\.stringValue),
      responses: (object["response_scores"]?.arrayValue ?? []).compactMap { value in
        value.objectValue.flatMap { Score(members: $0) }
      })
  }

  /// The score with further values and flags behind its own.
  package func adding(_ values: [MetricValue], flags added: [String]) -> Score {
    Score(metrics: metrics + values, flags: flags + added, responses: responses)
  }

  /// The score of a response that cannot be scored.
  package static func unscored(_ metrics: [Metric], flag: String) -> Score {
    Score(metrics: metrics.map { MetricValue(name: $0.name, value: nil) }, flags: [flag])
  }
}

/// The flags of responses, which the built-in tasks raise, or the run whatever the task.
package enum ScoreFlag {
  /// No answer could be read from the text; it scores 0.
  package static let noAnswer = "no_answer"
  /// The answer does not stand where the strict rule looks, though the flexible rule found one.
  package static let unformattedAnswer = "unformatted_answer"
  /// The generation was cut by the token limit, so the answer may be missing or maimed.
  package static let stoppedAtLength = "stopped_at_length"
  /// The thought was closed by force: its budget was spent.
  package static let thoughtForced = "thought_closed_by_force"
  /// The limit of tokens ended the thought, so that there is no answer.
  package static let thoughtCut = "thought_cut"
  /// The model ended its text within the thought, so that there is no answer.
  package static let thoughtUnfinished = "thought_unfinished"
  /// The same words came again and again to the limit of tokens.
  package static let looping = "looping"
  /// Two or more choices share the highest log-likelihood; the first of them counts.
  package static let tiedChoices = "tied_choices"
  /// The data name no right choice that there is; as in lm-evaluation-harness, every choice is wrong.
  package static let noRightChoice = "no_right_choice"
  /// A log-likelihood is not a number; the sample is unscored.
  package static let undefinedLogLikelihood = "undefined_log_likelihood"
  /// The response is not of the kind, or not of the length, that the request asks for; the sample is unscored.
  package static let mismatchedResponse = "mismatched_response"
  /// The task's regular expression took too long on the text; the sample is unscored.
  package static let patternLimit = "pattern_limit"
  /// The model ended its text before the count of tokens was made; it was made to go on.
  package static let endOfTextIgnored = "end_of_text_ignored"
  /// A task of one's own gave no value; the sample is unscored.
  package static let unscoredByTask = "unscored_by_task"
  /// The function that scores failed; the sample is unscored, and the run ends with the reason.
  package static let scoreFailed = "score_failed"
}
