import DataSets
import Evaluation
import Support

/// GSM8K: grade-school word problems, answered by a worked solution that ends in a number.
///
/// Prompt and scoring are those of lm-evaluation-harness's `gsm8k`: solved problems drawn from the training file anew
/// for each question (or, on request, the same for all), greedy generation, and two readings of the answer. Source:
/// Cobbe et al., "Training Verifiers to Solve Math Word Problems", arXiv:2110.14168.
struct GSM8KTask: BenchmarkTask {
  static let entry = TaskEntry(
    type: "gsm8k", title: "GSM8K: grade-school mathematics in words",
    options: [
      TaskOption(
        "shots", aliases: ["shot_count"], default: 5, range: .from(0, to: 64), help: "number of few-shot examples"),
      TaskOption(
        "chain_of_thought", aliases: ["use_chain_of_thought"], default: true,
        help: "whether few-shot examples show their reasoning steps, or only the answer"),
      TaskOption(
        "fewshot_seed", aliases: ["seed"], default: 1234, range: .from(0), help: "seed of the few-shot examples"),
      TaskOption(
        "draw", default: .string(Draw.each.rawValue), choices: Draw.allCases.map(\.rawValue),
        help: "few-shot examples: each (resampled per question), once (a fixed sample) or first (the first n)"),
      TaskOption(
        "max_tokens", aliases: ["maximum_tokens"], default: 256, range: .from(1, to: 1_000_000),
        help: "maximum number of tokens to generate"),
    ] + SamplingParameters.taskOptions + [
      TaskOption(
        "data", default: .null, help: "folder with train.jsonl and test.jsonl; default GEMMABENCH_DATA/gsm8k",
        isPath: true)
    ], metrics: declaredMetrics,
    load: { (given: TaskSpecification) throws(BenchmarkError) in try GSM8KTask(given) })

  private static let declaredMetrics: [Metric] = [
    Metric(
      name: "strict_match", summary: "the share of responses whose number after \"#### \" is right",
      harnessName: "exact_match,strict-match"),
    Metric(
      name: "flexible_match", summary: "the share of responses whose last number is right",
      harnessName: "exact_match,flexible-extract"),
  ]

  /// Where a question's few-shot examples come from. All but `each` give every prompt the same beginning, which is computed
  /// once.
  enum Draw: String, CaseIterable {
    /// Drawn anew for each question: lm-evaluation-harness's default.
    case each
    /// Drawn once, for all questions.
    case once
    /// The first of the training file, for all questions: the harness's sampler `first_n`.
    case first
  }

  static let stops = ["Question:", "</s>", "<|im_end|>"]
  static let source =
    "GSM8K's files are in grade_school_math/data of https://github.com/openai/grade-school-math"

  let type = "gsm8k"
  let name = "gsm8k"
  let dataFiles: [DataFile]
  let metrics = GSM8KTask.declaredMetrics

  private let shots: Int
  private var fewShotSeed: Int
  private var draw: Draw
  private let problems: [Problem]
  private let training: [Problem]
  private let chainOfThought: Bool
  private let maximumTokens: Int
  /// Whether that was given.
  private let hasOwnLimit: Bool
  /// Greedy by default, as lm-evaluation-harness does it.
  private var sampling: SamplingParameters
  /// As it was given, also where greedy choice has no use for it.
  private var samplingSeed: Int
  let repeats: Int
  /// For each problem, the positions in `training` of its few-shot examples.
  private var draws: [[Int]] = []

  init(_ given: TaskSpecification) throws(BenchmarkError) {
    shots = try given.integer("shots")
    fewShotSeed = try given.integer("fewshot_seed")
    draw = Draw(rawValue: try given.text("draw")) ?? .each
    if draw == .first, given.given("fewshot_seed") != nil {
      throw given.failure("fewshot_seed", "has no effect with draw \"first\", which samples nothing")
    }
    chainOfThought = try given.flag("chain_of_thought")
    maximumTokens = try given.integer("max_tokens")
    hasOwnLimit = given.given("max_tokens") != nil
    sampling = try SamplingParameters(given)
    samplingSeed = try given.integer("sampling_seed")
    repeats = try given.integer("repeats")
    let folder = try DataFolder(option: try given.optionalText("data"), name: "gsm8k", source: Self.source)

    let (problems, file) = try Problem.read("test.jsonl", in: folder)
    if problems.isEmpty { throw BenchmarkError(.invalidFile, "\(file.path): no problems") }
    self.problems = problems
    if shots > 0 {
      let (training, trainingFile) = try Problem.read("train.jsonl", in: folder)
      if training.count < shots {
        throw BenchmarkError(
          .invalidFile, "\(trainingFile.path): \(training.count) problems are too few for \(shots) shots")
      }
      self.training = training
      dataFiles = [file, trainingFile]
    } else {
      training = []
      dataFiles = [file]
    }
    drawSolved()
  }

  /// Samples the few-shot examples of each problem.
  private mutating func drawSolved() {
    // One generator for the task, advanced once a problem in file order: a draw does not depend on a limit.
    var generator = PythonRandom(seed: fewShotSeed)
    draws =
      switch draw {
      case _ where shots == 0: problems.map { _ in [] }
      case .each: problems.map { _ in generator.sample(shots, of: training.count) }
      case .once: Array(repeating: generator.sample(shots, of: training.count), count: problems.count)
      case .first: Array(repeating: Array(0..<shots), count: problems.count)
      }
  }

  var specification: JSONObject {
    var specification: JSONObject = [
      "type": .string(type), "shots": JSONValue(shots), "chain_of_thought": .bool(chainOfThought),
      "fewshot_seed": JSONValue(fewShotSeed), "max_tokens": JSONValue(maximumTokens),
    ]
    // What the default leaves out, so that it is the same task as before there was a choice.
    if draw != .each { specification["draw"] = .string(draw.rawValue) }
    if draw == .first { specification["fewshot_seed"] = nil }
    for (key, value) in sampling.specification(seed: samplingSeed).members { specification[key] = value }
    if repeats != 1 { specification["repeats"] = JSONValue(repeats) }
    return specification
  }

  var count: Int { problems.count }

  var variations: [Variation] {
    (training.count > 1 ? [Variation.fewShotDraws] : []) + (sampling != .greedy ? [.sampling] : [])
  }

  func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    var varied = self
    if let seed = seeds[.fewShotDraws] {
      varied.fewShotSeed = seed
      if draw == .first { varied.draw = .once }
      varied.drawSolved()
    }
    // A seed of sampling means nothing to greedy decoding.
    if sampling != .greedy, let seed = seeds[.sampling] {
      varied.samplingSeed = seed
      varied.sampling = sampling.seeded(UInt64(seed))
    }
    return varied
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    try checkPosition(index)
    let problem = problems[index]
    return Sample(
      id: "\(index)", target: problem.finalAnswer,
      document: ["question": .string(problem.question), "answer": .string(problem.solution)])
  }

  func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    try checkPosition(index)
    let problem = problems[index]
    let solved = draws[index].map { position in
      let example = training[position]
      return PromptParts.Example(
        question: example.prompt, answer: chainOfThought ? example.solution : "#### " + example.finalAnswer)
    }
    return Prompt(
      sampleID: "\(index)", parts: PromptParts(examples: solved, question: problem.prompt), target: problem.finalAnswer,
      hasOwnLimit: hasOwnLimit
    ) {
      .generation(prompt: $0, stop: Self.stops, maxTokens: maximumTokens, sampling: sampling, repeats: repeats)
    }
  }

  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    try checkPosition(index)
    guard let made = response.text else { return .unscored(metrics, flag: ScoreFlag.mismatchedResponse) }
    let bytes = Array(made.text.utf8)
    let strict = GSM8KAnswer.strict(bytes)
    let flexible = GSM8KAnswer.flexible(bytes)
    let reference = GSM8KAnswer.normalized(Array(problems[index].solution.utf8))
    let values = zip(metrics, [strict, flexible]).map { metric, answer in
      let isRight = answer.map { GSM8KAnswer.normalized($0) == reference } ?? false
      return MetricValue(
        name: metric.name, value: isRight ? 1 : 0, prediction: answer.map { String(decoding: $0, as: UTF8.self) })
    }
    var flags: [String] = []
    if strict == nil { flags.append(flexible == nil ? ScoreFlag.noAnswer : ScoreFlag.unformattedAnswer) }
    if made.finishReason == .length { flags.append(ScoreFlag.stoppedAtLength) }
    return Score(metrics: values, flags: flags)
  }
}

extension GSM8KTask {
  /// One line of a file.
  struct Problem: Sendable {
    let question: String
    /// The worked solution, with its `<<..>>` annotations and the final answer after `#### `.
    let solution: String
    /// What stands after the last `#### `.
    let finalAnswer: String

    var prompt: String { "Question: \(question)\nAnswer:" }

    /// The problems of a file; a malformed line is an error with file and line.
    static func read(_ name: String, in folder: DataFolder) throws(BenchmarkError) -> ([Problem], DataFile) {
      let (bytes, file) = try folder.read(name)
      var problems: [Problem] = []
      for row in try LineDelimitedJSON.rows(of: bytes, path: file.path) {
        let question = try row.string("question")
        let solution = try row.string("answer")
        guard let start = GSM8KAnswer.endOfLastMarker(Array(solution.utf8)) else {
          throw row.failure("the answer has no final number after \"#### \"")
        }
        let finalAnswer = String(decoding: Array(solution.utf8)[start...], as: UTF8.self)
        problems.append(Problem(question: question, solution: solution, finalAnswer: finalAnswer))
      }
      return (problems, file)
    }
  }
}
