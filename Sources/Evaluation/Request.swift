import Support

/// What a model is to do with a text: the same value for every task, engine and store.
package enum Request: Sendable, Equatable {
  /// The log-likelihood of each continuation after its context.
  ///
  /// One context stands before every continuation, or one continuation behind every context (a sentence whose beginning
  /// varies); as many contexts as continuations are paired one by one. See `pairs`.
  case logLikelihood(contexts: [String], continuations: [String])
  /// The log-likelihood of a whole text, which may be longer than the context: then windows predict a part each, all after the
  /// first so many tokens as the stride says, with as much of the text before them as fits; without a stride as many as fit.
  case rollingLogLikelihood(text: String, stride: Int? = nil)
  /// Text after the prompt.
  case generation(TextRequest)
  /// Exactly so many tokens after the prompt, whatever they are, timed: alone, from nothing, and several times.
  case timing(prompt: String, outputTokens: Int, repetitions: Int, warmup: Int)

  /// A choice among continuations of one context.
  package static func choice(context: String, continuations: [String]) -> Request {
    .logLikelihood(contexts: [context], continuations: continuations)
  }

  /// Text after the prompt, without thoughts kept apart.
  package static func generation(
    prompt: String, stop: [String], maxTokens: Int, sampling: SamplingParameters = .greedy, repeats: Int = 1
  ) -> Request {
    .generation(
      TextRequest(prompt: prompt, stop: stop, maxTokens: maxTokens, sampling: sampling, repeats: repeats))
  }

  /// Whether a response depends on the machine and its state, so that a saved value cannot stand for a new one.
  package var isTimed: Bool { if case .timing = self { true } else { false } }

  /// The text that stands before whatever is scored or generated, the first of several; of a whole text that is scored, the
  /// text.
  package var context: String {
    switch self {
    case .logLikelihood(let contexts, _): contexts.first ?? ""
    case .rollingLogLikelihood(let text, _): text
    case .generation(let text): text.prompt
    case .timing(let prompt, _, _, _): prompt
    }
  }

  /// Contexts with their continuations, in the order of the response; empty for other kinds of requests.
  ///
  /// Errors: no context, no continuation, or counts that cannot be paired.
  package func pairs() throws(BenchmarkError) -> [(context: String, continuation: String)] {
    guard case .logLikelihood(let contexts, let continuations) = self else { return [] }
    if let context = contexts.first, contexts.count == 1, !continuations.isEmpty {
      return continuations.map { (context, $0) }
    }
    if let continuation = continuations.first, continuations.count == 1, !contexts.isEmpty {
      return contexts.map { ($0, continuation) }
    }
    guard contexts.count == continuations.count, !contexts.isEmpty else {
      throw BenchmarkError(
        .invalidArgument,
        "\(contexts.count) contexts and \(continuations.count) continuations cannot be paired; give one context, one"
          + " continuation, or as many of each")
    }
    return zip(contexts, continuations).map { ($0, $1) }
  }

  /// Tokens that its answers may have at most, thoughts among them: of thoughts without a budget
  /// `Thinking.assumedTokens` each, since what the context leaves is known to a model alone.
  package var mostOutputTokens: Int {
    switch self {
    case .logLikelihood, .rollingLogLikelihood: 0
    case .generation(let text): text.mostTokens * text.repeats
    case .timing(_, let tokens, let repetitions, let warmup): tokens * (repetitions + warmup)
    }
  }

  /// The request with another text in place of each of its contexts or its prompt.
  package func mapContexts(_ change: (String) throws(BenchmarkError) -> String) throws(BenchmarkError) -> Request {
    switch self {
    case .logLikelihood(let contexts, let continuations):
      var changed: [String] = []
      for context in contexts { changed.append(try change(context)) }
      return .logLikelihood(contexts: changed, continuations: continuations)
    case .rollingLogLikelihood(let text, let stride):
      return .rollingLogLikelihood(text: try change(text), stride: stride)
    case .generation(var text):
      text.prompt = try change(text.prompt)
      return .generation(text)
    case .timing(let prompt, let tokens, let repetitions, let warmup):
      return .timing(prompt: try change(prompt), outputTokens: tokens, repetitions: repetitions, warmup: warmup)
    }
  }

  /// The request with the random numbers of one sample of a task: they follow from the seed and these names alone,
  /// independent of order and batch.
  package func seeded(for names: String...) -> Request {
    guard case .generation(var text) = self, text.sampling != .greedy else { return self }
    text.sampling = text.sampling.seeded(for: names)
    return .generation(text)
  }
}

extension Request {
  /// What is asked after the context, as stores and fronts show it: without the sampling, which the task's specification
  /// has, so that runs of several seeds share the text.
  package var question: JSONObject {
    var object = json
    object["sampling"] = nil
    return object
  }

  /// The request without its context, or the first of them.
  package var json: JSONObject {
    switch self {
    case .logLikelihood(let contexts, let continuations):
      var object: JSONObject = ["continuations": .array(continuations.map { .string($0) })]
      if contexts.count != 1 { object["contexts"] = .array(contexts.map { .string($0) }) }
      return object
    case .rollingLogLikelihood(_, let stride):
      var object: JSONObject = ["rolling": true]
      if let stride { object["stride"] = JSONValue(stride) }
      return object
    case .generation(let text):
      var object: JSONObject = [
        "stops": .array(text.stop.map { .string($0) }), "max_tokens": JSONValue(text.maxTokens),
      ]
      if text.sampling != .greedy { object["sampling"] = text.sampling.json }
      if text.repeats != 1 { object["repeats"] = JSONValue(text.repeats) }
      if let thinking = text.thinking { object["thinking"] = thinking.json }
      return object
    case .timing(_, let tokens, let repetitions, let warmup):
      return [
        "output_tokens": JSONValue(tokens), "repetitions": JSONValue(repetitions), "warmup": JSONValue(warmup),
      ]
    }
  }

  /// The request behind its JSON and its context; nil if it is none.
  package init?(json: JSONObject, context: String) {
    func texts(_ key: String) -> [String]? {
      guard let values = json[key]?.arrayValue else { return nil }
      let texts = values.compactMap(\.stringValue)
      return texts.count == values.count ? texts : nil
    }
    if let continuations = texts("continuations") {
      self = .logLikelihood(contexts: texts("contexts") ?? [context], continuations: continuations)
    } else if json["rolling"] == true {
      if let stride = json["stride"], stride.integerValue == nil { return nil }
      self = .rollingLogLikelihood(text: context, stride: json["stride"]?.integerValue)
    } else if let stop = texts("stops"), let maxTokens = json["max_tokens"]?.integerValue {
      guard let sampling = json["sampling"].map({ SamplingParameters(json: $0) }) ?? .greedy else { return nil }
      let thinking = json["thinking"].map { Thinking(json: $0) }
      if case .some(nil) = thinking { return nil }
      self = .generation(
        TextRequest(
          prompt: context, stop: stop, maxTokens: maxTokens, sampling: sampling,
          repeats: json["repeats"]?.integerValue ?? 1, thinking: thinking ?? nil))
    } else if let tokens = json["output_tokens"]?.integerValue, let repetitions = json["repetitions"]?.integerValue,
      let warmup = json["warmup"]?.integerValue
    {
      self = .timing(prompt: context, outputTokens: tokens, repetitions: repetitions, warmup: warmup)
    } else {
      return nil
    }
  }
}
