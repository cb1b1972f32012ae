/// What a model answered, as values: all that a scorer ever sees of it.
public enum Response: Sendable, Equatable {
  /// The sum of the log-probabilities of each continuation's tokens (natural logarithm), in the order of the request,
  /// and how many tokens each has.
  case logLikelihoods([Double], tokenCounts: [Int])
  /// Generated text, without the stop string that ended it.
  case generated(text: String, finishReason: FinishReason)
  /// What each repetition took.
  case measured([Measurement])
}

/// Why a generation ended.
public enum FinishReason: String, Sendable, Equatable, CaseIterable {
  /// One of the request's stop strings appeared.
  case stopString = "stop_string"
  /// The model ended the text itself.
  case endOfText = "end_of_text"
  /// The request's count of tokens was spent.
  case length = "length"
}

/// The value of one metric for one sample.
public struct MetricValue: Sendable, Equatable {
  /// The `name` of the metric.
  public let name: String
  /// Nil where the response could not be scored; an answer that is merely wrong or unparsable is 0.
  public let value: Double?
  /// What was taken for the model's answer under this metric; nil where nothing was found.
  public let prediction: String?

  public init(name: String, value: Double?, prediction: String? = nil) {
    self.name = name
    self.value = value
    self.prediction = prediction
  }
}

/// What became of one response.
public struct Score: Sendable, Equatable {
  /// The values, in the order of the task's metrics.
  public let metrics: [MetricValue]
  /// What a reader should know of, such as `no_answer`; see `ScoreFlag`.
  public let flags: [String]

  public init(metrics: [MetricValue], flags: [String]) {
    self.metrics = metrics
    self.flags = flags
  }

  /// The value of a metric, nil if unscored or unknown.
  public func value(of name: String) -> Double? { metrics.first { $0.name == name }?.value }

  /// The answer under the main metric or, if that found none, under the first other metric that did.
  public var prediction: String? { metrics.lazy.compactMap(\.prediction).first }

  /// The score of a response that cannot be scored.
  public static func unscored(_ metrics: [Metric], flag: String) -> Score {
    Score(metrics: metrics.map { MetricValue(name: $0.name, value: nil) }, flags: [flag])
  }
}

/// The flags that the built-in tasks raise.
public enum ScoreFlag {
  /// No answer could be read from the text; it scores 0.
  public static let noAnswer = "no_answer"
  /// The answer does not stand where the strict rule looks, though the flexible rule found one.
  public static let unformattedAnswer = "unformatted_answer"
  /// The generation was cut by the token limit, so the answer may be missing or maimed.
  public static let stoppedAtLength = "stopped_at_length"
  /// Two or more choices share the highest log-likelihood; the first of them counts.
  public static let tiedChoices = "tied_choices"
  /// A log-likelihood is not a number; the sample is unscored.
  public static let undefinedLogLikelihood = "undefined_log_likelihood"
  /// The response is not of the kind, or not of the length, that the request asks for; the sample is unscored.
  public static let mismatchedResponse = "mismatched_response"
  /// The task's regular expression took too long on the text; the sample is unscored.
  public static let patternLimit = "pattern_limit"
  /// The model ended its text before the count of tokens was made; it was made to go on.
  public static let endOfTextIgnored = "end_of_text_ignored"
  /// A task of one's own gave no value; the sample is unscored.
  public static let unscoredByTask = "unscored_by_task"
  /// The function that scores failed; the sample is unscored, and the run ends with the reason.
  public static let scoreFailed = "score_failed"
}
