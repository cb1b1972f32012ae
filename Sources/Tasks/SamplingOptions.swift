import Support

/// How a task wants its texts drawn. Each sample's random numbers derive from the seed, the task and the sample's name.
public struct SamplingOptions: Sendable, Equatable {
  /// Above 0.
  public let temperature: Double
  /// 0: all tokens.
  public let topK: Int
  /// 1: all tokens.
  public let topP: Double
  public let seed: Int

  /// The options of tasks whose answers are generated.
  public static let options = [
    // Written as numbers, not as whole ones: a plan checks a value against its default's type.
    TaskOption(
      "temperature", default: .number(0), help: "sampling temperature; 0 is greedy"),
    TaskOption("top_k", default: 0, help: "sample from the k most likely tokens; 0: all"),
    TaskOption(
      "top_p", default: .number(1), help: "sample from the most likely tokens whose probabilities add up to p; 1: all"),
    TaskOption("sampling_seed", default: 1234, help: "seed of the sampling"),
  ]

  /// Reads the options; nil for greedy choice, which leaves nothing to filter: a filter given with it is an error.
  static func read(_ options: TaskOptions) throws(BenchmarkError) -> SamplingOptions? {
    let temperature = try options.number("temperature", in: 0...100)
    let topK = try options.integer("top_k", in: 0...Int.max)
    let topP = try options.number("top_p", in: 1e-9...1)
    let seed = try options.integer("sampling_seed", in: 0...Int.max)
    if temperature == 0 {
      if topK != 0 || topP != 1 {
        throw options.contradiction(
          "top_k and top_p", "have no effect at temperature 0", key: topK != 0 ? "top_k" : "top_p")
      }
      return nil
    }
    return SamplingOptions(temperature: temperature, topK: topK, topP: topP, seed: seed)
  }

  /// The options in a specification, those of greedy choice for nil.
  static func specification(_ options: SamplingOptions?, seed: Int) -> JSONObject {
    [
      "temperature": .number(options?.temperature ?? 0), "top_k": JSONValue(options?.topK ?? 0),
      "top_p": .number(options?.topP ?? 1), "sampling_seed": JSONValue(seed),
    ]
  }
}
