import Support

/// The response of a model, as values: all that a scorer sees.
package enum Response: Sendable, Equatable {
  /// Of each pair of context and continuation, in the order of the request; of a whole text, one.
  case logLikelihoods([LogLikelihood])
  /// The texts generated, one for each repeat.
  case generated([GeneratedText])
  /// What each repetition took.
  case measured([Measurement])

  /// Log-likelihoods with the token counts of their continuations, nothing else being known of them.
  package static func logLikelihoods(_ values: [Double], tokenCounts: [Int]) -> Response {
    .logLikelihoods(
      values.enumerated().map { index, value in
        LogLikelihood(value: value, tokenCount: tokenCounts.indices.contains(index) ? tokenCounts[index] : nil)
      })
  }

  /// One generated text.
  package static func generated(text: String, finishReason: FinishReason) -> Response {
    .generated([GeneratedText(text: text, finishReason: finishReason)])
  }

  /// The log-likelihoods alone; nil of another kind.
  package var logLikelihoodValues: [Double]? {
    if case .logLikelihoods(let values) = self { values.map(\.value) } else { nil }
  }

  /// The text of a request that asks for one; nil of several and of other kinds.
  package var text: GeneratedText? {
    if case .generated(let texts) = self, texts.count == 1 { texts[0] } else { nil }
  }
}

/// The log-likelihood of a continuation after its context, or of a whole text.
package struct LogLikelihood: Sendable, Equatable {
  /// The sum of the log-probabilities of its tokens (natural logarithm).
  package let value: Double
  /// Tokens of the continuation; nil where a record does not say.
  package let tokenCount: Int?
  /// Whether every token of it is the most likely one at its place, so that greedy decoding would have made it; nil where a
  /// record does not say.
  package let isGreedy: Bool?

  package init(value: Double, tokenCount: Int?, isGreedy: Bool? = nil) {
    self.value = value
    self.tokenCount = tokenCount
    self.isGreedy = isGreedy
  }
}

/// A text that a model made.
package struct GeneratedText: Sendable, Equatable {
  /// The answer, without the stop string that ended it and without what was thought before.
  package let text: String
  package let finishReason: FinishReason
  /// Tokens made, those of thoughts, of a stop and of the end included; nil where a record does not say.
  package let outputTokens: Int?
  /// Of these, those that are neither a thought's nor a marker's; nil where a record does not say.
  package let answerTokens: Int?
  /// What was thought before the answer; nil where nothing was, or where thoughts were not kept apart.
  package let thought: Thought?
  /// Whether it reached its limit of tokens in a loop (`TextLoop`).
  package let isLooping: Bool

  /// - Parameter answerTokens: nil: all tokens made where there is no thought, else unknown.
  package init(
    text: String, finishReason: FinishReason, outputTokens: Int? = nil, answerTokens: Int? = nil,
    thought: Thought? = nil, isLooping: Bool = false
  ) {
    self.text = text
    self.finishReason = finishReason
    self.outputTokens = outputTokens
    self.answerTokens = answerTokens ?? (thought == nil ? outputTokens : nil)
    self.thought = thought
    self.isLooping = isLooping
  }
}

/// Why a generation ended.
package enum FinishReason: String, Sendable, Equatable, CaseIterable {
  /// One of the request's stop strings appeared.
  case stop
  /// The model ended the text itself.
  case endOfText = "end_of_text"
  /// The request's count of tokens was spent: the answer may be cut.
  case length
  /// The caller asked to stop.
  case cancelled

  /// The name in records of samples, which differs from the one of a single generation since the first version.
  package var recorded: String { self == .stop ? "stop_string" : rawValue }

  /// The reason of either name; nil if it is none.
  package init?(recorded name: String) {
    guard let reason = FinishReason(rawValue: name == "stop_string" ? "stop" : name) else { return nil }
    self = reason
  }
}

extension Response {
  /// The response as the members of a sample's record.
  package var members: JSONObject {
    switch self {
    case .logLikelihoods(let values):
      return [
        "log_likelihoods": .array(values.map { .number($0.value) }),
        "continuation_tokens": .array(values.compactMap { $0.tokenCount.map { JSONValue($0) } }),
      ]
    case .generated(let texts):
      if let text {
        var object: JSONObject = [
          "response": .string(text.text), "finish_reason": .string(text.finishReason.recorded),
        ]
        if let thought = text.thought {
          object["thought"] = .string(thought.text)
          object["thought_tokens"] = JSONValue(thought.tokens)
          object["thought_end"] = .string(thought.end.rawValue)
          object["text_tokens"] = text.answerTokens.map { JSONValue($0) } ?? .null
        }
        if text.isLooping { object["looping"] = true }
        return object
      }
      var object: JSONObject = [
        "responses": .array(texts.map { .string($0.text) }),
        "finish_reasons": .array(texts.map { .string($0.finishReason.recorded) }),
        "response_tokens": .array(texts.map { $0.outputTokens.map { JSONValue($0) } ?? .null }),
      ]
      if texts.contains(where: { $0.thought != nil }) {
        func list(_ value: (GeneratedText) -> JSONValue?) -> JSONValue { .array(texts.map { value($0) ?? .null }) }
        object["thoughts"] = list { $0.thought.map { .string($0.text) } }
        object["thought_tokens"] = list { $0.thought.map { JSONValue($0.tokens) } }
        object["thought_ends"] = list { $0.thought.map { .string($0.end.rawValue) } }
        object["text_tokens"] = list { $0.answerTokens.map { JSONValue($0) } }
      }
      if texts.contains(where: \.isLooping) { object["looping"] = .array(texts.map { .bool($0.isLooping) }) }
      return object
    case .measured(let measurements): return ["measurements": .array(measurements.map(\.json))]
    }
  }

  /// The response behind the members of a record; nil if they hold none.
  ///
  /// - Parameter isGreedy: whether each continuation is the greedy one, where a store says so.
  package init?(members object: JSONObject, isGreedy: [Bool]? = nil) {
    func reason(_ value: JSONValue?) -> FinishReason? { value?.stringValue.flatMap(FinishReason.init(recorded:)) }
    if let text = object["response"]?.stringValue, let reason = reason(object["finish_reason"]) {
      self = .generated([
        GeneratedText(
          text: text, finishReason: reason, outputTokens: object["answer_tokens"]?.integerValue,
          answerTokens: object["text_tokens"]?.integerValue,
          thought: Thought(object["thought"], tokens: object["thought_tokens"], end: object["thought_end"]),
          isLooping: object["looping"] == true)
      ])
    } else if let texts = object["responses"]?.arrayValue {
      let reasons = (object["finish_reasons"]?.arrayValue ?? []).compactMap(reason)
      let counts = object["response_tokens"]?.arrayValue ?? []
      let words = texts.compactMap(\.stringValue)
      guard words.count == texts.count, reasons.count == texts.count, counts.count == texts.count else { return nil }
      /// A member of one text; nil in records without.
      func member(_ key: String, _ index: Int) -> JSONValue? {
        object[key]?.arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : nil }
      }
      self = .generated(
        words.indices.map {
          GeneratedText(
            text: words[$0], finishReason: reasons[$0], outputTokens: counts[$0].integerValue,
            answerTokens: member("text_tokens", $0)?.integerValue,
            thought: Thought(
              member("thoughts", $0), tokens: member("thought_tokens", $0), end: member("thought_ends", $0)),
            isLooping: member("looping", $0) == true)
        })
    } else if let values = object["log_likelihoods"]?.arrayValue {
      let counts = (object["continuation_tokens"]?.arrayValue ?? []).compactMap(\.integerValue)
      self = .logLikelihoods(
        values.enumerated().map { index, value in
          LogLikelihood(
            value: value.doubleValue ?? .nan, tokenCount: counts.indices.contains(index) ? counts[index] : nil,
            isGreedy: isGreedy.flatMap { $0.indices.contains(index) ? $0[index] : nil })
        })
    } else if let values = object["measurements"]?.arrayValue {
      let measurements = values.compactMap { Measurement($0) }
      if measurements.count != values.count { return nil }
      self = .measured(measurements)
    } else {
      return nil
    }
  }
}
