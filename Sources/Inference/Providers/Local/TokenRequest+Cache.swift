import Evaluation
import Support

extension TokenRequest {
  /// Names the request in a cache of responses: SHA-256 of everything that decides the response but the model itself.
  ///
  /// Whatever is added to a request that can change its response belongs in here.
  package var cacheKey: String {
    var hash = SHA256()
    func add(_ text: String) {
      hash.update(Array("\(text.utf8.count):".utf8))
      hash.update(Array(text.utf8))
    }
    func add(_ tokens: [Int32]) {
      hash.update(Array("\(tokens.count):".utf8))
      tokens.withUnsafeBytes { hash.update($0) }
    }
    switch self {
    case .score(let request):
      add("score")
      add(request.context)
      add(request.continuation)
      add("\(request.tokenCount) \(request.truncatedTokens)")
    case .generate(let request):
      add("generate")
      add(request.prompt)
      add(request.endTokens.sorted())
      add("\(request.maximumTokens) \(request.promptTokenCount) \(request.truncatedTokens)")
      for stop in request.stops { add(stop) }
      if request.sampling != .greedy {
        let sampling = request.sampling
        add("sampling \(sampling.temperature) \(sampling.topK) \(sampling.topP) \(sampling.seed)")
        if sampling.minP != 0 || sampling.repetitionPenalty != 1 {
          add("filters \(sampling.minP) \(sampling.repetitionPenalty)")
        }
      }
      if let thinking = request.thinking {
        let markers = thinking.markers
        for text in ["thinking", markers.opening, markers.closing, markers.label] { add(text) }
        add("\(thinking.budget ?? -1) \(thinking.mostTokens) \(thinking.startsInThought)")
        add(thinking.closing)
        add(thinking.closingAtOnce)
      }
    }
    return hash.finish()
  }
}

extension TokenResponse {
  /// The answer as JSON, to the bit: log-probabilities are the bit patterns of their floats.
  package var stored: JSONValue {
    switch self {
    case .score(let score):
      [
        "bits": .array(score.logProbabilities.map { JSONValue(Int($0.bitPattern)) }), "greedy": .bool(score.isGreedy),
        "tokens": JSONValue(score.tokenCount), "truncated": JSONValue(score.truncatedTokens),
      ]
    case .generate(let made): .object(made.stored)
    }
  }

  /// The answer behind its JSON; nil if it is none.
  package init?(stored: JSONValue) {
    guard let object = stored.objectValue, let tokens = object["tokens"]?.integerValue,
      let truncated = object["truncated"]?.integerValue
    else { return nil }
    if let bits = object["bits"]?.arrayValue?.compactMap({ $0.integerValue.flatMap(UInt32.init(exactly:)) }),
      let isGreedy = object["greedy"]?.boolValue
    {
      self = .score(
        ContinuationScore(
          logProbabilities: bits.map(Float.init(bitPattern:)), isGreedy: isGreedy, tokenCount: tokens,
          truncatedTokens: truncated))
    } else if let text = object["text"]?.stringValue,
      let made = object["made"]?.arrayValue?.compactMap({ $0.integerValue.flatMap(Int32.init(exactly:)) }),
      let reason = object["finish"]?.stringValue.flatMap(FinishReason.init(rawValue:))
    {
      self = .generate(
        Generation(
          text: text, tokens: made, promptTokenCount: tokens, truncatedTokens: truncated, finishReason: reason,
          prefillSeconds: object["prefill_seconds"]?.doubleValue ?? 0,
          decodeSeconds: object["decode_seconds"]?.doubleValue ?? 0,
          thought: Thought(object["thought"], tokens: object["thought_tokens"], end: object["thought_end"]),
          answerTokens: object["answer_tokens"]?.integerValue))
    } else {
      return nil
    }
  }
}

extension Generation {
  /// The members of a response as JSON; those of thoughts where they are kept apart.
  fileprivate var stored: JSONObject {
    var object: JSONObject = [
      "text": .string(text), "made": .array(tokens.map { JSONValue(Int($0)) }),
      "tokens": JSONValue(promptTokenCount), "truncated": JSONValue(truncatedTokens),
      "finish": .string(finishReason.rawValue), "prefill_seconds": .number(prefillSeconds),
      "decode_seconds": .number(decodeSeconds),
    ]
    if let answerTokens { object["answer_tokens"] = JSONValue(answerTokens) }
    if let thought {
      object["thought"] = .string(thought.text)
      object["thought_tokens"] = JSONValue(thought.tokens)
      object["thought_end"] = .string(thought.end.rawValue)
    }
    return object
  }
}
