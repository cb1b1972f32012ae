import Evaluation
import Support

/// How a task wants its texts sampled. Each sample's random numbers derive from the seed, the task and the sample's name.
extension SamplingParameters {
  /// The options of tasks whose answers are generated.
  package static let options = [
    // Written as numbers, not as whole ones: a plan checks a value against its default's type.
    TaskOption(
      "temperature", default: .number(0), help: "sampling temperature; 0 is greedy"),
    TaskOption("top_k", default: 0, help: "sample from the k most likely tokens; 0: all"),
    TaskOption(
      "top_p", default: .number(1), help: "sample from the most likely tokens whose probabilities add up to p; 1: all"),
    TaskOption("sampling_seed", default: 1234, help: "seed of the sampling"),
  ]

  /// Reads the options. Greedy choice leaves nothing to filter: a filter given with it is an error.
  static func read(_ options: TaskOptions) throws(BenchmarkError) -> SamplingParameters {
    let temperature = try options.number("temperature", in: 0...100)
    let topK = try options.integer("top_k", in: 0...Int.max)
    let topP = try options.number("top_p", in: 1e-9...1)
    let seed = try options.integer("sampling_seed", in: 0...Int.max)
    if temperature == 0 {
      if topK != 0 || topP != 1 {
        throw options.contradiction(
          "top_k and top_p", "have no effect at temperature 0", key: topK != 0 ? "top_k" : "top_p")
      }
      return .greedy
    }
    return try SamplingParameters(temperature: temperature, topK: topK, topP: topP, seed: UInt64(seed))
  }

  /// The options in a specification; the seed as it was given, also where greedy choice has no use for it.
  func specification(seed: Int) -> JSONObject {
    [
      "temperature": .number(temperature), "top_k": JSONValue(topK), "top_p": .number(topP),
      "sampling_seed": JSONValue(seed),
    ]
  }
}
