import Support

/// How the next token is chosen from the logits.
///
/// The logits of tokens that the sequence has already are lowered by the repetition penalty. Greedy then takes the most
/// likely token. Otherwise the logits are divided by the temperature, all but the `topK` most likely tokens are left out,
/// then all beyond the fewest that hold `topP` of what is left, then those less likely than `minP` times the most likely,
/// and one of the rest is sampled with the probabilities that softmax gives them: the order that transformers applies them
/// in (`_get_logits_processor` in its generation/utils.py).
package struct SamplingParameters: Sendable, Equatable {
  /// 0: greedy.
  package let temperature: Double
  /// Tokens that may be sampled; 0: all.
  package let topK: Int
  /// The share of probability that the tokens which may be sampled hold together, above 0; 1: all.
  package let topP: Double
  /// A token may be sampled if its probability is at least this share of the most likely token's; 0: all.
  package let minP: Double
  /// What the logits of tokens that prompt and answer have already are divided by, or multiplied where they are negative;
  /// 1: as they are.
  package let repetitionPenalty: Double
  /// Names the random numbers. The n-th token of a generation takes the n-th: what is sampled beside it changes nothing.
  package let seed: UInt64

  package static let greedy = SamplingParameters(checked: 0, 0, 1, 0, 1, 0)

  private init(
    checked temperature: Double, _ topK: Int, _ topP: Double, _ minP: Double, _ repetitionPenalty: Double,
    _ seed: UInt64
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.seed = seed
  }

  /// Errors: a value outside its range; a filter that has no effect, since greedy choice leaves nothing to filter.
  package init(
    temperature: Double, topK: Int = 0, topP: Double = 1, minP: Double = 0, repetitionPenalty: Double = 1, seed: UInt64
  ) throws(BenchmarkError) {
    func check(_ holds: Bool, _ words: String) throws(BenchmarkError) {
      if !holds { throw BenchmarkError(.invalidArgument, words) }
    }
    try check(temperature >= 0 && temperature <= 100, "temperature \(temperature): must be between 0 (greedy) and 100")
    try check(topK >= 0, "top_k \(topK): must be 1 or more, or 0 for all tokens")
    try check(topP > 0 && topP <= 1, "top_p \(topP): must be above 0 and at most 1")
    try check(minP >= 0 && minP <= 1, "min_p \(minP): must be between 0 (all tokens) and 1")
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite,
      "repetition_penalty \(repetitionPenalty): must be above 0; 1 is no penalty")
    if temperature == 0 {
      try check(topK == 0, "top_k \(topK) has no effect at temperature 0; give a temperature above 0")
      try check(topP == 1, "top_p \(topP) has no effect at temperature 0; give a temperature above 0")
      try check(minP == 0, "min_p \(minP) has no effect at temperature 0; give a temperature above 0")
    }
    self.init(checked: temperature, topK, topP, minP, repetitionPenalty, temperature == 0 ? 0 : seed)
  }

  /// A seed for one sample of many: a function of its names alone, independent of order and batch.
  package static func seed(_ seed: UInt64, of names: String...) -> UInt64 { derived(seed, names) }

  private static func derived(_ seed: UInt64, _ names: [String]) -> UInt64 {
    let words = names.map { "\($0.utf8.count):\($0)" }.joined()
    return UInt64(SHA256.hexadecimal("\(seed) \(words)").prefix(16), radix: 16) ?? seed
  }

  /// The same with another seed.
  package func seeded(_ seed: UInt64) -> SamplingParameters {
    SamplingParameters(checked: temperature, topK, topP, minP, repetitionPenalty, temperature == 0 ? 0 : seed)
  }

  /// The same with the seed of one sample.
  func seeded(for names: [String]) -> SamplingParameters {
    temperature == 0
      ? self : SamplingParameters(checked: temperature, topK, topP, minP, repetitionPenalty, Self.derived(seed, names))
  }

  /// The parameters of the texts of a request that repeats its generation, the first with the seed itself.
  package func ofRepeat(_ index: Int) -> SamplingParameters {
    index == 0 || temperature == 0 ? self : seeded(for: ["repeat", "\(index)"])
  }
}

extension SamplingParameters {
  /// The parameters as JSON; a seed beyond 63 bits is a text. Filters that came later are there where they have an effect,
  /// so that the JSON of others stays what stores have.
  package var json: JSONValue {
    var object: JSONObject = [
      "temperature": .number(temperature), "top_k": JSONValue(topK), "top_p": .number(topP),
      "seed": Int(exactly: seed).map { JSONValue($0) } ?? .string("\(seed)"),
    ]
    if minP != 0 { object["min_p"] = .number(minP) }
    if repetitionPenalty != 1 { object["repetition_penalty"] = .number(repetitionPenalty) }
    return .object(object)
  }

  /// The parameters behind their JSON; nil if they are none.
  package init?(json value: JSONValue) {
    func number(_ value: JSONValue?, or standard: Double) -> Double? { value.map(\.doubleValue) ?? standard }
    guard let object = value.objectValue, let temperature = object["temperature"]?.doubleValue,
      let topK = object["top_k"]?.integerValue, let topP = object["top_p"]?.doubleValue,
      let seed = object["seed"]?.integerValue.flatMap(UInt64.init(exactly:))
        ?? object["seed"]?.stringValue.flatMap({ UInt64($0) }),
      let minP = number(object["min_p"], or: 0), let penalty = number(object["repetition_penalty"], or: 1),
      let read = try? SamplingParameters(
        temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: penalty, seed: seed)
    else { return nil }
    self = read
  }
}
