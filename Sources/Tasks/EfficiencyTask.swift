import Evaluation
import Statistics
import Support

/// Efficiency: how long a model takes over its first token and over each further one, and what memory it needs.
///
/// A sample is a prompt with a count of tokens to be made after it, exactly that many, whatever the model says. It runs alone,
/// several times over, and each time from nothing: no keys and values of an earlier time are used.
struct EfficiencyTask: BenchmarkTask {
  static let entry = TaskEntry(
    type: "efficiency", title: "Efficiency: latency, tokens per second and memory",
    options: [
      TaskOption(
        "sample_prompts", .texts, default: .null,
        help: "prompts to continue; default: \(defaultPrompts.count) built-in prompts"),
      TaskOption(
        "output_lengths", default: [128, 256, 512], range: .from(2, to: 1_000_000),
        help: "tokens to generate after each prompt"),
      TaskOption(
        "repetitions", default: 5, range: .from(1, to: 1000), help: "measured generations of each prompt and length"),
      TaskOption(
        "warmup", default: 1, range: .from(0, to: 1000), help: "warm-up generations before the measured ones"),
    ], metrics: TimingMetric.metrics,
    load: { (given: TaskSpecification) throws(BenchmarkError) in try EfficiencyTask(given) })

  /// A short, a middling and a long one, of kinds that models are asked.
  static let defaultPrompts = [
    "Explain in two sentences why the sky is blue.",
    """
    A market stall sells apples at 40 cents each and pears at 65 cents each. Anna buys twelve apples and eight pears, pays \
    with a note of twenty, and gives half of her change to her brother. How much money has the brother got now? Show every \
    step of the calculation, and end with the amount alone on a line of its own.
    """,
    """
    Below are the minutes of a meeting. Summarise them in five points, and name for each point who has to do what, and by \
    when.

    The meeting began at nine. The chair asked how the move to the new workshop goes. Maria said that the benches will \
    arrive on Monday, but that the lathe cannot be moved before the floor is dry, which takes until Thursday at least. Tom \
    offered to ask the builders for a written date and to tell everyone on Tuesday. The old workshop has to be empty by the \
    end of the month; whoever still has tools there should label them this week. Then the budget: two thirds of the \
    money is spent, and the heating is not paid for yet. Ines will ask for a second offer, since the first one is higher \
    than last year's by a third. The group agreed to wait with the new sign until the heating is settled. Last, the open \
    day. It is planned for the second Saturday in June. Children may try the small saw only with a grown-up beside them. \
    Paul writes the notice for the newspaper and shows it to the chair before it goes out. The next meeting is in two \
    weeks, at the same time, in the new workshop if there is light.
    """,
  ]

  let type = "efficiency"
  let name = "efficiency"
  let specification: JSONObject
  let dataFiles: [DataFile] = []
  let metrics = TimingMetric.metrics

  private let prompts: [String]
  private let outputLengths: [Int]
  private let repetitions: Int
  private let warmup: Int

  init(_ given: TaskSpecification) throws(BenchmarkError) {
    prompts = try given.optionalTexts("sample_prompts") ?? Self.defaultPrompts
    if prompts.isEmpty || prompts.contains("") {
      throw given.failure("sample_prompts", "must be a list of texts, none of them empty")
    }
    outputLengths = try given.integers("output_lengths")
    repetitions = try given.integer("repetitions")
    warmup = try given.integer("warmup")
    specification = [
      "type": .string(type), "sample_prompts": .array(prompts.map { .string($0) }),
      "output_lengths": .array(outputLengths.map { JSONValue($0) }), "repetitions": JSONValue(repetitions),
      "warmup": JSONValue(warmup),
    ]
  }

  var count: Int { prompts.count * outputLengths.count }

  private func place(_ index: Int) -> (prompt: Int, length: Int) {
    (index / outputLengths.count, outputLengths[index % outputLengths.count])
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    try checkPosition(index)
    let (prompt, length) = place(index)
    return Sample(
      id: "\(prompt + 1)/\(length)", target: "\(length) tokens",
      document: ["prompt": .string(prompts[prompt]), "output_tokens": JSONValue(length)])
  }

  func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    let sample = try sample(at: index)
    let (prompt, length) = place(index)
    return Prompt(
      sampleID: sample.id,
      request: .timing(prompt: prompts[prompt], outputTokens: length, repetitions: repetitions, warmup: warmup),
      target: sample.target)
  }

  /// Medians over the repetitions.
  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    try checkPosition(index)
    guard case .measured(let measurements) = response, measurements.count == repetitions,
      measurements.allSatisfy({ $0.outputTokens == place(index).length })
    else { return .unscored(metrics, flag: ScoreFlag.mismatchedResponse) }
    let values = TimingMetric.allCases.map { metric in
      let values = measurements.compactMap { metric.value(of: $0) }
      return MetricValue(name: metric.rawValue, value: Quantiles.quantile(sorted: values.sorted(), 0.5))
    }
    let isIgnored = measurements.contains { $0.ignoredEndTokens > 0 }
    return Score(metrics: values, flags: isIgnored ? [ScoreFlag.endOfTextIgnored] : [])
  }
}
