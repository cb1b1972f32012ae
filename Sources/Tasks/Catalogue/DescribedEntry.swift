import Evaluation
import Glibc
import Support

/// What entries of described tasks share: options, where the data come from, loading.
enum DescribedEntry {
  static let digestKey = "description_sha256"
  static let revisionKey = "data_revision"

  static let revision = TaskOption(
    revisionKey, .texts, default: .null,
    help: "branch, tag or commit of the data set on the Hub; of several data sets OWNER/NAME@REVISION each")

  static let options: [TaskOption] = [
    TaskOption(
      "shots", .integer, aliases: ["num_fewshot"], default: .null, range: .from(0),
      help: "number of few-shot examples; default: as the task says"),
    TaskOption("fewshot_seed", default: 1234, range: .from(0), help: "seed that samples the few-shot examples"),
    TaskOption(
      "max_tokens", .integer, default: .null, range: .from(1, to: 1_000_000),
      help: "maximum number of tokens to generate; default: as the task says"),
    TaskOption(
      "temperature", .number, default: .null, range: .from(0, to: 100),
      help: "sampling temperature; 0 is greedy; default: as the task says"),
    TaskOption(
      "sampling_seed", default: JSONValue(SamplingParameters.standardSeed), range: .from(0),
      help: "seed of the sampling, where the task samples"),
    TaskOption(
      "repeats", .integer, default: .null, range: .from(1, to: 1024),
      help: "responses to each sample; default: as the task says"),
    TaskOption(
      "stride", .integer, default: .null, range: .from(1, to: 10_000_000),
      help: "tokens that each window of a long text predicts after the first; default: as many as fit the context"),
    TaskOption(
      "data", default: .null,
      help:
        "folder with OWNER/NAME/CONFIGURATION/SPLIT.parquet (or .jsonl, .json, .csv); default GEMMABENCH_DATA, else the"
        + " Hub",
      isPath: true),
    revision,
    TaskOption(
      HarnessEntry.unsafeCodeKey, default: false,
      help:
        "run the programs that the model writes, by python3 (GEMMABENCH_PYTHON): each in a process of its own that can read"
        + " files and calculate, for 3 s; needed by tasks of code"),
    TaskOption(
      digestKey, default: .null, help: "SHA-256 that what the task's files say must have; reports note it"),
  ]

  /// Errors: as of `DescribedLoader.task`; a task that generates nothing with an option of generations; another digest than the
  /// one that is asked for.
  static func load(_ found: DescribedLoader.Found, _ given: TaskSpecification) throws(BenchmarkError)
    -> any BenchmarkTask
  {
    if !found.descriptions.contains(where: { $0.output == .generation }) {
      for key in ["max_tokens", "temperature"] where given.given(key) != nil {
        throw given.failure(key, "is for generated responses, but the task scores given ones; leave it out")
      }
    }
    var changes = DescribedLoader.Changes(
      shots: given.has("shots") ? try given.optionalInteger("shots") : nil)
    if given.has("fewshot_seed") { changes.seeds.fewShot = try given.integer("fewshot_seed") }
    // A task that generates nothing has no options of generations.
    if given.has("sampling_seed") {
      changes.seeds.sampling = try given.integer("sampling_seed")
      changes.repeats = try given.optionalInteger("repeats")
      changes.maxTokens = try given.optionalInteger("max_tokens")
      changes.temperature = try given.optionalNumber("temperature")
    }
    if given.has(HarnessEntry.unsafeCodeKey), try given.flag(HarnessEntry.unsafeCodeKey) {
      changes.runsPrograms = true
      try found.descriptions.lazy.compactMap(\.programs).first?.check()
    }
    if given.has("stride") { changes.stride = try given.optionalInteger("stride") }
    if changes.stride != nil, !found.descriptions.contains(where: { $0.output == .rolling }) {
      throw given.failure("stride", "is for texts that are scored whole, which the task has none of; leave it out")
    }
    let task = try DescribedLoader.task(found, type: given.type, source: try source(given), changes: changes)
    if let digest = try given.optionalText(digestKey),
      let found = task.specification[digestKey]?.stringValue, found != digest
    {
      throw given.failure(
        digestKey, "is \(digest.prefix(16))..., and what the task's files say now has \(found.prefix(16))...")
    }
    return task
  }

  /// The splits of data sets on the Hub that a task reads.
  static func dataSets(_ found: DescribedLoader.Found, _ given: TaskSpecification) throws(BenchmarkError)
    -> [TaskDataSet]
  {
    // A folder that is given has the data or not; without one, the Hub has what is not here.
    if try revisions(given).isEmpty, given.given("data") != nil { return [] }
    return try DescribedLoader.dataSets(
      found, source: try hub(try local(given), given),
      shots: given.has("shots") ? try given.optionalInteger("shots") : nil)
  }

  /// Where the rows come from: the folder that is given, else GEMMABENCH_DATA, else the Hub.
  static func source(_ given: TaskSpecification) throws(BenchmarkError) -> any SplitSource {
    let local = try local(given)
    return given.given("data") == nil ? try hub(local, given) : local
  }

  /// The revisions that are asked for. They are of data sets on the Hub: files that may stand for those are not read then.
  ///
  /// Errors: a folder is given too.
  static func revisions(_ given: TaskSpecification) throws(BenchmarkError) -> [String] {
    let revisions = try given.optionalTexts(revisionKey) ?? []
    if !revisions.isEmpty, given.given("data") != nil {
      throw given.failure(revisionKey, "is of a data set on the Hub, but \"data\" names a folder; leave one out")
    }
    return revisions
  }

  private static func hub(_ local: LocalSplits, _ given: TaskSpecification) throws(BenchmarkError) -> HubSplits {
    let revisions = try revisions(given)
    return try given.about(revisionKey) { () throws(BenchmarkError) in try HubSplits(local, revisions: revisions) }
  }

  private static func local(_ given: TaskSpecification) throws(BenchmarkError) -> LocalSplits {
    let revisions = try revisions(given)
    if let data = try given.optionalText("data").map(Paths.expanded) {
      return LocalSplits(folders: [data, data + "/hub"])
    }
    guard revisions.isEmpty, let root = getenv(DataFolder.environmentVariable), root[0] != 0 else {
      return LocalSplits(folders: [])
    }
    let folder = Paths.expanded(String(cString: root))
    return LocalSplits(folders: [folder, folder + "/hub"])
  }
}
