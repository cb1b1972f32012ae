import Evaluation
import Support

/// How a task wants its texts sampled. Each sample's random numbers derive from the seed, the task and the sample's name.
extension SamplingParameters {
  /// How responses are sampled.
  package static let options: [TaskOption] = [
    // Written as numbers, not as whole ones: a plan checks a value against its default's type.
    TaskOption(
      "temperature", default: .number(0), range: .from(0, to: 100), help: "sampling temperature; 0 is greedy"),
    TaskOption("top_k", default: 0, range: .from(0), help: "sample from the k most likely tokens; 0: all"),
    TaskOption(
      "top_p", default: .number(1), range: .above(0, to: 1),
      help: "sample from the most likely tokens whose probabilities add up to p; 1: all"),
    TaskOption("sampling_seed", default: JSONValue(standardSeed), range: .from(0), help: "seed of the sampling"),
  ]

  /// How many responses each sample gets.
  static let repeatsOption = TaskOption(
    "repeats", default: 1, range: .from(1, to: 1024),
    help: "responses to each sample, each sampled anew; more than 1 need a temperature above 0")

  /// All options of tasks whose responses are generated.
  static let taskOptions = options + [repeatsOption]

  /// Reads the options. Greedy choice leaves nothing to filter: a filter given with it is an error.
  init(_ given: TaskSpecification) throws(BenchmarkError) {
    let temperature = try given.number("temperature")
    let topK = try given.integer("top_k")
    let topP = try given.number("top_p")
    if temperature == 0, topK != 0 || topP != 1 {
      throw given.failure(topK != 0 ? "top_k" : "top_p", "has no effect at temperature 0")
    }
    try self.init(temperature: temperature, topK: topK, topP: topP, seed: UInt64(try given.integer("sampling_seed")))
  }

  /// Reads the options of a task's description; what it does not give has its default.
  init(_ described: ObjectDecoder) throws(BenchmarkError) {
    var values: [String: OptionValue] = [:]
    for option in Self.options { values[option.name] = try described.value(option) }
    do throws(BenchmarkError) {
      try self.init(
        temperature: values["temperature"]?.number ?? 0, topK: values["top_k"]?.integer ?? 0,
        topP: values["top_p"]?.number ?? 1, seed: UInt64(values["sampling_seed"]?.integer ?? Self.standardSeed))
    } catch { throw described.place.error(error.message) }
  }

  static let standardSeed = 1234

  /// The options in a specification; the seed as it was given, also where greedy choice has no use for it.
  func specification(seed: Int) -> JSONObject {
    [
      "temperature": .number(temperature), "top_k": JSONValue(topK), "top_p": .number(topP),
      "sampling_seed": JSONValue(seed),
    ]
  }
}
