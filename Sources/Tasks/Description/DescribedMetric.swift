import Evaluation
import Support

/// A metric of a task file (`metric_list`): what it is called, how its values become one, what it leaves out.
struct DescribedMetric: Sendable {
  let name: String
  let aggregate: Metric.Aggregate
  let higherIsBetter: Bool
  let ignored: Ignored
  /// What records and people call it under a pipeline, where that is not what the harness calls it.
  var names: [String: (name: String, summary: String)] = [:]
  /// A function of Python that gives the values.
  let function: Function?
  /// Whether Python gives the values, which then may be any numbers.
  let isOfPython: Bool
  /// Of how many programs one must pass its tests; nil: the metric runs none.
  var programs: Int?

  struct Function: Sendable {
    typealias Values =
      @Sendable (
        _ references: [JSONValue], _ hasSeveral: Bool, _ answer: FilteredResponses, _ metric: DescribedMetric
      ) throws(BenchmarkError) -> SampleValue?

    let name: String
    let values: Values
  }

  /// What the harness knows of a metric by itself.
  private struct Known {
    let aggregate: Metric.Aggregate
    let higherIsBetter: Bool
    let outputs: [TaskDescription.Output]
    var isBinary = false
    var bounds: ClosedRange<Double> = 0...1
    let summary: String
  }

  private static let known: [String: Known] = [
    "acc": Known(
      aggregate: .mean, higherIsBetter: true, outputs: [.multipleChoice, .logLikelihood], isBinary: true,
      summary: "the share of samples whose most likely answer is right"),
    "acc_norm": Known(
      aggregate: .mean, higherIsBetter: true, outputs: [.multipleChoice], isBinary: true,
      summary: "the share of samples whose most likely answer for its characters is right"),
    "acc_bytes": Known(
      aggregate: .mean, higherIsBetter: true, outputs: [.multipleChoice], isBinary: true,
      summary: "the share of samples whose most likely answer for its bytes is right"),
    "acc_mutual_info": Known(
      aggregate: .mean, higherIsBetter: true, outputs: [.multipleChoice], isBinary: true,
      summary: "the share of samples whose answer that the question makes likelier than any other is right"),
    "exact_match": Known(
      aggregate: .mean, higherIsBetter: true, outputs: [.generation, .multipleChoice], isBinary: true,
      summary: "the share of responses that are the right text"),
    "brier_score": Known(
      aggregate: .mean, higherIsBetter: false, outputs: [.multipleChoice], bounds: 0...2,
      summary: "the mean of the squared differences between the choices' probabilities and the right answer"),
    "f1": Known(
      aggregate: .f1, higherIsBetter: true, outputs: [.multipleChoice],
      summary: "the F1 score of the second choice over all samples"),
    "mcc": Known(
      aggregate: .matthews, higherIsBetter: true, outputs: [.multipleChoice], bounds: -1...1,
      summary: "Matthews's correlation coefficient of answers and right answers over all samples"),
    "perplexity": Known(
      aggregate: .perplexity, higherIsBetter: false, outputs: [.logLikelihood], bounds: 0...Double.infinity,
      summary: "the perplexity of the right text, a sample counting as one"),
    "word_perplexity": Known(
      aggregate: .weightedPerplexity, higherIsBetter: false, outputs: [.rolling], bounds: 0...Double.infinity,
      summary: "the perplexity for each word of the texts"),
    "byte_perplexity": Known(
      aggregate: .weightedPerplexity, higherIsBetter: false, outputs: [.rolling], bounds: 0...Double.infinity,
      summary: "the perplexity for each byte of the texts"),
    "bits_per_byte": Known(
      aggregate: .bitsPerByte, higherIsBetter: false, outputs: [.rolling], bounds: 0...Double.infinity,
      summary: "the bits that the model needs for each byte of the texts"),
    "bleu": Known(
      aggregate: .bleu, higherIsBetter: true, outputs: [.generation], bounds: 0...100,
      summary: "BLEU of all responses (sacrebleu's, tokenizer 13a)"),
    "chrf": Known(
      aggregate: .chrf, higherIsBetter: true, outputs: [.generation], bounds: 0...100,
      summary: "chrF2 of all responses (sacrebleu's)"),
    "chrf++": Known(
      aggregate: .chrfWords, higherIsBetter: true, outputs: [.generation], bounds: 0...100,
      summary: "chrF2++ of all responses (sacrebleu's)"),
  ]

  /// What the harness takes for a metric where a file names none.
  static func standard(_ output: TaskDescription.Output) -> [DescribedMetric] {
    let names: [String] =
      switch output {
      case .logLikelihood: ["perplexity", "acc"]
      case .rolling: ["word_perplexity", "byte_perplexity", "bits_per_byte"]
      case .multipleChoice: ["acc", "acc_norm"]
      case .generation: ["exact_match"]
      }
    return names.compactMap { name in
      known[name].map {
        DescribedMetric(name: name, aggregate: $0.aggregate, higherIsBetter: $0.higherIsBetter, ignored: .nothing)
      }
    }
  }

  private init(name: String, aggregate: Metric.Aggregate, higherIsBetter: Bool, ignored: Ignored) {
    function = nil
    isOfPython = false
    self.name = name
    self.aggregate = aggregate
    self.higherIsBetter = higherIsBetter
    self.ignored = ignored
  }

  /// A mean under another name than the harness's.
  init(_ name: String, called metric: Metric) {
    self.init(name: name, aggregate: .mean, higherIsBetter: metric.higherIsBetter, ignored: .nothing)
    names = [FilterPipeline.none.name: (metric.name, metric.summary)]
  }

  /// The metrics of an entry that runs programs, one for each count of them; nil: it is another metric.
  static func ofPrograms(
    _ value: JSONValue, _ output: TaskDescription.Output, folder: String?, at place: DocumentPlace, python: TaskPython?
  ) throws(BenchmarkError) -> [DescribedMetric]? {
    guard output == .generation, let reference = value.objectValue?["metric"].flatMap(TaskFile.function),
      try NativeHooks.runsPrograms(PythonHook(reference, folder: folder, at: place["metric"], python: python))
    else { return nil }
    let decoder = try ObjectDecoder(value, place, known: ["metric", "aggregation", "higher_is_better", "k"])
    if let name = try decoder.text("aggregation"), name != "mean" {
      throw place["aggregation"].error("pass@k is a mean, not \"\(name)\"", .unsupported)
    }
    return try CodeHooks.counts(decoder["k"], at: place["k"]).map { count in
      var metric = DescribedMetric(name: "pass@\(count)", aggregate: .mean, higherIsBetter: true, ignored: .nothing)
      metric.programs = count
      return metric
    }
  }

  /// Words in the name of a metric that is a share by what it is.
  private static let shares: Set<String> = ["acc", "accuracy", "match", "em", "recall", "precision"]

  /// Keys that the harness takes; those of other metrics than exact_match mean nothing to them there either.
  private static let keys = [
    "metric", "aggregation", "higher_is_better", "hf_evaluate", "regexes_to_ignore", "ignore_case",
    "ignore_punctuation", "ignore_numbers", "average", "weight_by_size", "k", "high_is_better",
  ]

  /// Reads an entry of the list.
  ///
  /// Errors: an unknown metric, one that the requests of the task do not give, an unknown aggregation.
  /// - Parameters:
  ///   - ofHook: whether a function of Python makes the values, so that any name is one.
  ///   - ofPython: whether that function is run by Python.
  init(
    _ value: JSONValue, _ output: TaskDescription.Output, ofHook: Bool, ofPython: Bool = false, folder: String? = nil,
    at place: DocumentPlace,
    python: TaskPython? = nil
  ) throws(BenchmarkError) {
    let reference = value.objectValue?["metric"].flatMap(TaskFile.function)
    // What else stands beside a function are its arguments.
    let decoder = try ObjectDecoder(value, place, known: reference == nil ? Self.keys : value.objectValue?.keys ?? [])
    if let reference {
      let hook = PythonHook(reference, folder: folder, at: place["metric"], python: python)
      if output != .generation || ofHook {
        throw place["metric"].error("a metric that is a function needs output_type generate_until", .unsupported)
      }
      var arguments = decoder.object
      for key in ["metric", "aggregation", "higher_is_better", "hf_evaluate"] { arguments[key] = nil }
      function = try hook.metric(arguments)
    } else {
      function = nil
    }
    let written = function == nil ? try decoder.text("metric") : nil
    guard let name = function?.name ?? written else { throw place.error("\"metric\" is missing, such as acc") }
    let ofHook = ofHook || function != nil
    isOfPython = ofPython || function != nil
    let known = function == nil ? Self.known[name] : nil
    if known == nil, !ofHook {
      throw place["metric"].error(
        "unknown metric \"\(name)\"\(NearestName.hint(name, among: Self.known.keys.sorted()))", .unsupported)
    }
    if let known, !ofHook, !known.outputs.contains(output) {
      throw place["metric"].error("\"\(name)\" is no metric of \(output.rawValue)")
    }
    self.name = name
    higherIsBetter = try decoder.flag("higher_is_better") ?? known?.higherIsBetter ?? true
    if let function = decoder["aggregation"].flatMap(TaskFile.function) {
      let hook = PythonHook(function, folder: folder, at: place["aggregation"])
      guard ofHook, let aggregate = try NativeHooks.aggregate(hook) else {
        throw hook.place.error("the Python function \(function) has no counterpart here", .unsupported)
      }
      self.aggregate = aggregate
      ignored = .nothing
      return
    }
    aggregate =
      try decoder.text("aggregation").map { (text) throws(BenchmarkError) in
        try Self.aggregate(text, ofHook ? nil : known?.aggregate, at: place["aggregation"])
      } ?? known?.aggregate ?? .mean
    ignored = function == nil ? try Ignored(decoder.object, at: place, isASCII: true) : .nothing
  }

  /// - Parameter own: what the metric's values are made for: values of one sample and sums over all do not go together.
  private static func aggregate(_ name: String, _ own: Metric.Aggregate?, at place: DocumentPlace)
    throws(BenchmarkError) -> Metric.Aggregate
  {
    let known: [String: Metric.Aggregate] = [
      "mean": .mean, "nanmean": .mean, "median": .median, "perplexity": .perplexity,
      "weighted_perplexity": .weightedPerplexity, "bits_per_byte": .bitsPerByte, "f1": .f1,
      "matthews_corrcoef": .matthews, "mcc": .matthews, "bleu": .bleu, "chrf": .chrf, "chrf++": .chrfWords,
      "brier_score": .mean,
    ]
    guard let aggregate = known[name] else {
      throw place.error(
        "unknown aggregation \"\(name)\"\(NearestName.hint(name, among: known.keys.sorted()))", .unsupported)
    }
    if let own, own.isOfCorpus != aggregate.isOfCorpus || own.isOfCorpus && own.sums != aggregate.sums {
      throw place.error("the aggregation \"\(name)\" does not go with this metric", .unsupported)
    }
    return aggregate
  }

  /// The metric under a pipeline.
  ///
  /// - Parameters:
  ///   - isBinary: false where the values are a function's own, or shares.
  ///   - isAlone: whether the task has one pipeline, whose name then adds nothing.
  func metric(pipeline: String, isAlone: Bool, ofHook: Bool, isBinary: Bool) -> Metric {
    if let programs {
      return Metric(
        name: key(pipeline: pipeline, isAlone: isAlone),
        summary: programs == 1
          ? "the share of programs that pass their tests"
          : "the chance that of \(programs) programs for a problem one passes its tests",
        harnessName: "\(name),\(pipeline)", higherIsBetter: true, isBinary: isBinary)
    }
    let known = function == nil ? Self.known[name] : nil
    let isShare = !isOfPython || name.split(separator: "_").contains { Self.shares.contains(String($0)) }
    let bounds =
      known?.bounds ?? TruthfulQAHooks.bounds(name) ?? (isShare ? 0...1 : -Double.infinity...Double.infinity)
    return Metric(
      name: key(pipeline: pipeline, isAlone: isAlone),
      summary: names[pipeline]?.summary ?? known?.summary ?? "the task's own \(name)",
      harnessName: "\(name),\(pipeline)", lowerBound: bounds.lowerBound, upperBound: bounds.upperBound,
      higherIsBetter: higherIsBetter, isBinary: (known?.isBinary ?? false) && isBinary && aggregate == .mean && !ofHook,
      aggregate: aggregate)
  }

  /// The key of the metric's values under a pipeline.
  func key(pipeline: String, isAlone: Bool) -> String {
    names[pipeline]?.name ?? (isAlone ? name : "\(name)_\(pipeline)")
  }
}

extension Ignored {
  static let nothing = Ignored()
}

/// What one sample adds to a metric: a value, or what is summed over the samples before the metric is taken of it.
enum SampleValue: Sendable, Equatable {
  case number(Double)
  case sums([Double])
}
