import Evaluation
import Support

/// A task whose samples, prompts and scores come from callbacks: the one behind `gb_define_task`.
///
/// The samples are read once, when the task is made; their digest is in the specification, so that a changed task is not
/// mistaken for the old one. Prompts and scores are requested when they are needed, on the thread that needs them.
/// A callback that fails, or returns what cannot be used, is an error of kind `.callbackFailed` that names the sample.
package struct CallbackTask: BenchmarkTask {
  /// The functions, each of a position and in JSON; their errors are one line.
  package struct Functions: Sendable {
    package typealias Ask = @Sendable (_ index: Int) throws(BenchmarkError) -> JSONValue
    package typealias Judge = @Sendable (_ index: Int, _ response: JSONValue) throws(BenchmarkError) -> JSONValue

    /// {id, subject, clusters, target, document}; nil: samples are called by their positions and have no target.
    package var sample: Ask?
    /// {prompt, description} with either {continuations} or {stop, max_tokens}.
    package var prompt: Ask
    /// A value of the main metric, or {score | scores, prediction, flags}; nil: the target decides.
    package var score: Judge?

    package init(sample: Ask?, prompt: @escaping Ask, score: Judge?) {
      self.sample = sample
      self.prompt = prompt
      self.score = score
    }
  }

  package static let type = "callbacks"

  package var type: String { Self.type }
  package let name: String
  package let dataFiles: [DataFile] = []
  package let metrics: [Metric]
  package let repeats: Int
  private var sampling: SamplingParameters
  /// As it was given, also where greedy choice has no use for it.
  private var samplingSeed: Int
  private let version: JSONValue
  private let samplesSHA256: String
  private let samples: [Sample]
  private let functions: Functions

  /// Makes the task and asks for its samples.
  ///
  /// - Parameter description: {name, metric | metrics, version}, and of generations repeats, temperature, top_k, top_p and
  ///   sampling_seed; a metric is a name or an object (`Metric.init(described:at:)`).
  package init(description: JSONValue, count: Int, functions: Functions) throws(BenchmarkError) {
    let described = try ObjectDecoder(
      description, DocumentPlace(name: "task"),
      known: ["name", "metric", "metrics", "version"] + SamplingParameters.taskOptions.map(\.name))
    guard let named = try described.value(NamedTask.option), let name = named.text else {
      throw BenchmarkError(.invalidArgument, "a task needs a \"name\", which reports show")
    }
    try NamedTask.check(named, at: described.place["name"])
    if count <= 0 { throw BenchmarkError(.invalidArgument, "\(name): a task needs at least one sample") }
    self.name = name
    self.functions = functions
    metrics = try Metric.list(described.object, of: name)
    sampling = try SamplingParameters(described)
    samplingSeed = described["sampling_seed"]?.integerValue ?? SamplingParameters.standardSeed
    repeats = try described.value(SamplingParameters.repeatsOption)?.integer ?? 1
    version = described["version"] ?? .null
    var samples: [Sample] = []
    var seen: Set<String> = []
    var digest = SHA256()
    for index in 0..<count {
      let sample = try Self.sample(try Self.ask(functions.sample, index, "\(name): sample \(index)"), index, name)
      if !seen.insert(sample.id).inserted {
        throw BenchmarkError(
          .callbackFailed, "\(name): two samples have the id \"\(sample.id)\"; each needs its own")
      }
      var parts: [JSONValue] = [
        .string(sample.id), sample.subject.map { .string($0) } ?? .null, .string(sample.target),
        .object(sample.document),
      ]
      let others = sample.attributes.others
      if !others.members.isEmpty { parts.append(.object(others)) }
      digest.update(Array((JSONValue.array(parts).text(sortedKeys: true) + "\n").utf8))
      samples.append(sample)
    }
    self.samples = samples
    samplesSHA256 = digest.finish()
  }

  package var specification: JSONObject {
    var specification: JSONObject = [
      "type": .string(Self.type), "name": .string(name), "version": version,
      "samples": JSONValue(count), "samples_sha256": .string(samplesSHA256),
      "metrics": Metric.specified(metrics),
    ]
    // Only what is not the default, so that the task is the same as before there was a choice.
    if sampling != .greedy {
      for (key, value) in sampling.specification(seed: samplingSeed).members { specification[key] = value }
    }
    if repeats != 1 { specification["repeats"] = JSONValue(repeats) }
    return specification
  }

  package var variations: [Variation] { sampling != .greedy ? [.sampling] : [] }

  package func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    guard sampling != .greedy, let seed = seeds[.sampling] else { return self }
    var varied = self
    varied.samplingSeed = seed
    varied.sampling = sampling.seeded(UInt64(seed))
    return varied
  }

  package var count: Int { samples.count }

  package func sample(at index: Int) throws(BenchmarkError) -> Sample {
    try checkPosition(index)
    return samples[index]
  }

  package func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    try checkPosition(index)
    let sample = samples[index]
    let place = place(index, "prompt")
    let value = try Self.ask(functions.prompt, index, place)
    let (request, description) = try request(value, place)
    return Prompt(
      sampleID: sample.id, attributes: sample.attributes, request: request, target: sample.target,
      description: description, hasOwnLimit: value.objectValue?["max_tokens"].map { !$0.isNull } ?? false)
  }

  package func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    try checkPosition(index)
    let place = place(index, "score")
    let answer = try AnsweredSample(response, prompt: isChoice(response) ? try prompt(at: index) : nil, place)
    guard let judge = functions.score else { return answer.score(target: samples[index].target, metrics) }
    if let reason = answer.unscoredFlag { return .unscored(metrics, flag: reason) }
    let value: JSONValue
    do throws(BenchmarkError) {
      value = try judge(index, answer.json)
    } catch { throw BenchmarkError(.callbackFailed, "\(place): \(error.message)") }
    // A vote needs an answer of every response: without a prediction, its text.
    return try ScoreReply(value, metrics, place).score(
      adding: answer.flags, vote: repeats > 1 ? answer.answer : nil)
  }

  private func isChoice(_ response: Response) -> Bool {
    if case .logLikelihoods = response { true } else { false }
  }

  private func place(_ index: Int, _ function: String) -> String {
    "\(name): sample \(samples[index].id): \(function)"
  }

  private static func ask(_ function: Functions.Ask?, _ index: Int, _ place: String) throws(BenchmarkError) -> JSONValue
  {
    guard let function else { return .object([:]) }
    do throws(BenchmarkError) {
      return try function(index)
    } catch { throw BenchmarkError(.callbackFailed, "\(place): \(error.message)") }
  }
}

extension CallbackTask {
  private static func sample(_ value: JSONValue, _ index: Int, _ name: String) throws(BenchmarkError) -> Sample {
    let known = ["id", "subject", "clusters", "target", "document"]
    let reply = try Reply(value, known: known, "\(name): sample \(index)")
    return Sample(
      id: try reply.text("id") ?? "\(index)",
      attributes: SampleAttributes(subject: try reply.text("subject"), clusters: try clusters(reply)),
      target: try reply.text("target") ?? "",
      document: reply["document"]?.objectValue ?? [:])
  }

  private static func clusters(_ reply: Reply) throws(BenchmarkError) -> [String: String] {
    guard let value = reply["clusters"] else { return [:] }
    // An empty table of Lua is an empty list.
    if value.arrayValue?.isEmpty == true { return [:] }
    guard let object = value.objectValue else {
      throw reply.failure("\"clusters\" must be an object such as {\"passage\": \"p1\"}, not \(value.typeName)")
    }
    var clusters: [String: String] = [:]
    for kind in object.keys {
      if let reason = SampleAttributes.objection(toKind: kind) { throw reply.failure(reason) }
      guard let label = Reply.text(object[kind] ?? .null) else {
        throw reply.failure("\"clusters\": \"\(kind)\" must be a text")
      }
      clusters[kind] = label
    }
    return clusters
  }

  private func request(_ value: JSONValue, _ place: String) throws(BenchmarkError)
    -> (request: Request, description: String?)
  {
    let known = ["prompt", "description", "continuations", "stop", "max_tokens", Self.olderStop]
    let reply = try Reply(value, known: known, place)
    guard let text = try reply.text("prompt") else { throw reply.failure("\"prompt\" is missing") }
    let description = try reply.text("description")
    if let continuations = try reply.texts("continuations") {
      if continuations.isEmpty || continuations.contains("") {
        throw reply.failure("\"continuations\" must be a list of texts, none of them empty")
      }
      if ["stop", Self.olderStop, "max_tokens"].contains(where: { reply[$0] != nil }) {
        throw reply.failure("\"continuations\" are scored, not generated; leave out \"stop\" and \"max_tokens\"")
      }
      if repeats > 1 || sampling != .greedy {
        throw reply.failure(
          "\"continuations\" are scored, not generated; leave \"\(repeats > 1 ? "repeats" : "temperature")\" out of the"
            + " task")
      }
      return (.choice(context: text, continuations: continuations), description)
    }
    let limit = try reply.value(Self.limit)?.integer
    var stop = try reply.texts("stop")
    if stop == nil { stop = try reply.texts(Self.olderStop) }
    return (
      .generation(
        prompt: text, stop: stop ?? [], maxTokens: limit ?? Self.defaultMaximumTokens, sampling: sampling,
        repeats: repeats),
      description
    )
  }

  /// What "stop" was called before.
  private static let olderStop = "stops"

  /// How long a generation may be if nothing is said.
  static let defaultMaximumTokens = 256

  private static let limit = TaskOption(
    "max_tokens", default: JSONValue(defaultMaximumTokens), range: .from(1, to: 1_000_000),
    help: "maximum number of tokens to generate")
}
