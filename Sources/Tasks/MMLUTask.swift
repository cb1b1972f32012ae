import DataSets
import Evaluation
import Support

/// MMLU: multiple-choice questions of 57 subjects, answered by the most likely of " A", " B", " C", " D".
///
/// The prompt is that of lm-evaluation-harness's `mmlu` tasks, byte for byte: a line that names the subject, the first
/// questions of the subject's development file with their answers, and the question. Data: the authors' comma-separated
/// files. Source: Hendrycks et al., "Measuring Massive Multitask Language Understanding", ICLR 2021.
struct MMLUTask: BenchmarkTask {
  static let entry = TaskEntry(
    type: "mmlu", title: "MMLU: multiple-choice questions of 57 subjects",
    options: [
      TaskOption(
        "subset", default: "all",
        help: "a subject, or a group: \(MMLUSubjects.groups.map(\.name).joined(separator: ", "))"),
      TaskOption(
        "shots", aliases: ["shot_count"], default: 5, range: .from(0, to: 5), help: "number of few-shot examples"),
      TaskOption(
        "split", default: "test", choices: ["test", "validation"], help: "split that is evaluated: test or validation"),
      TaskOption(
        "fewshot_seed", .integer, aliases: ["few_shot_seed"], default: .null, range: .from(0),
        help: "seed that samples each subject's few-shot examples; without it the first of the file"),
      TaskOption(
        "choice_seed", .integer, default: .null, range: .from(0),
        help: "seed that shuffles the choices; without it their order in the file"),
      TaskOption(
        "data", default: .null, help: "folder with dev/ and test/; default GEMMABENCH_DATA/mmlu", isPath: true),
    ], groups: MMLUSubjects.areas, metrics: declaredMetrics,
    load: { (given: TaskSpecification) throws(BenchmarkError) in try MMLUTask(given) })

  private static let declaredMetrics: [Metric] = [
    Metric(
      name: "accuracy", summary: "the share of questions whose most likely choice is right", harnessName: "acc,none"),
    AnswerBits.metric,
  ]

  static let letters = ["A", "B", "C", "D"]
  static let source = "MMLU's files are in data.tar, linked from https://github.com/hendrycks/test"

  let type = "mmlu"
  let name: String
  let dataFiles: [DataFile]
  let groups = MMLUSubjects.areas
  let metrics = MMLUTask.declaredMetrics

  private let subset: String
  private let split: String
  private let shots: Int
  /// Seed that samples the few-shot examples; nil: the first of the file.
  private var fewShotSeed: Int?
  /// What shuffles the choices; nil: their order in the file.
  private var choiceSeed: Int?
  private var subjects: [Subject]
  /// For each sample, its subject's position in `subjects` and its own in the subject.
  private let places: [(subject: Int, question: Int)]

  private struct Subject: Sendable {
    let name: String
    /// The questions of the development file; empty without shots.
    let development: [Question]
    let questions: [Question]
    /// The description and the solved questions.
    var solved: [PromptParts.Example] = []
    /// For each question, the place that each choice stands at; nil: its own.
    var orders: [[Int]]?
    /// Whether another draw could give other solved questions, or another order of them.
    var canDraw: Bool { development.count > 1 }
  }

  init(_ given: TaskSpecification) throws(BenchmarkError) {
    shots = try given.integer("shots")
    split = try given.text("split")
    let folderOfSplit = split == "test" ? "test" : "val"
    fewShotSeed = try given.optionalInteger("fewshot_seed")
    choiceSeed = try given.optionalInteger("choice_seed")
    let data = try given.optionalText("data")
    // A misspelt subset is worth saying before a missing folder is.
    let located = Result<DataFolder, BenchmarkError> { () throws(BenchmarkError) in
      try DataFolder(option: data, name: "mmlu", source: Self.source)
    }
    let present = (try? located.get())?.stems(in: folderOfSplit, ending: "_\(folderOfSplit).csv") ?? []
    let subset = try given.text("subset")
    let known = MMLUSubjects.subsets + present
    if !known.contains(subset) {
      throw BenchmarkError(
        .invalidArgument, "mmlu: no such subset: \"\(subset)\"\(NearestName.hint(subset, among: known))", key: "subset")
    }
    self.subset = subset
    let folder = try located.get()
    // A score on somebody's own questions must not go by MMLU's name.
    let label = MMLUSubjects.isOwn(present) ? "mmlu_own" : "mmlu"
    name = subset == "all" ? label : "\(label)_\(subset)"

    var files: [DataFile] = []
    var subjects: [Subject] = []
    for subject in MMLUSubjects.subjects(of: subset, present: present) ?? [] {
      var development: [Question] = []
      if shots > 0 {
        let (questions, file) = try Question.read("dev/\(subject)_dev.csv", in: folder)
        if questions.count < shots {
          throw BenchmarkError(
            .invalidFile, "\(file.path): \(questions.count) questions are too few for \(shots) shots")
        }
        development = questions
        files.append(file)
      }
      let (questions, file) = try Question.read("\(folderOfSplit)/\(subject)_\(folderOfSplit).csv", in: folder)
      if questions.isEmpty { throw BenchmarkError(.invalidFile, "\(file.path): no questions") }
      files.append(file)
      subjects.append(Subject(name: subject, development: development, questions: questions))
    }
    dataFiles = files
    self.subjects = subjects
    places = subjects.enumerated().flatMap { position, subject in subject.questions.indices.map { (position, $0) } }
    draw()
  }

  /// Draws what the seeds say of the rows there are.
  private mutating func draw() {
    for position in subjects.indices {
      let subject = subjects[position]
      var solved = Array(subject.development.prefix(shots))
      if let fewShotSeed, shots > 0 {
        var generator = PythonRandom(seed: RunSeeds.derived(fewShotSeed, subject.name))
        solved = generator.sample(shots, of: subject.development.count).map { subject.development[$0] }
      }
      subjects[position].solved = solved.map {
        PromptParts.Example(question: $0.prompt(order: [0, 1, 2, 3]), answer: Self.letters[$0.answer])
      }
      subjects[position].orders = choiceSeed.map {
        Self.orders(of: subject.questions.count, seed: RunSeeds.derived($0, subject.name))
      }
    }
  }

  var specification: JSONObject {
    var specification: JSONObject = [
      "type": .string(type), "subset": .string(subset), "shots": JSONValue(shots), "split": .string(split),
    ]
    if let fewShotSeed { specification["fewshot_seed"] = JSONValue(fewShotSeed) }
    if let choiceSeed { specification["choice_seed"] = JSONValue(choiceSeed) }
    return specification
  }

  var count: Int { places.count }

  var variations: [Variation] {
    subjects.contains(where: \.canDraw) ? [.fewShotDraws, .choiceOrder] : [.choiceOrder]
  }

  func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    if seeds[.fewShotDraws] == nil, seeds[.choiceOrder] == nil { return self }
    var varied = self
    if let seed = seeds[.fewShotDraws] { varied.fewShotSeed = seed }
    if let seed = seeds[.choiceOrder] { varied.choiceSeed = seed }
    varied.draw()
    return varied
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    try checkPosition(index)
    let subject = subjects[places[index].subject]
    let question = subject.questions[places[index].question]
    return Sample(
      id: "\(subject.name)/\(places[index].question)", attributes: SampleAttributes(subject: subject.name),
      target: Self.letters[question.answer],
      document: [
        "question": .string(question.text), "choices": .array(question.choices.map { .string($0) }),
        "answer": JSONValue(question.answer),
      ])
  }

  func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    try checkPosition(index)
    let subject = subjects[places[index].subject]
    let question = subject.questions[places[index].question]
    // The i-th continuation is the letter that the i-th choice of the file stands behind: likelihoods, predictions and
    // targets then speak of the file's letters whatever order was shown.
    let order = subject.orders?[places[index].question] ?? Array(Self.letters.indices)
    return Prompt(
      sampleID: "\(subject.name)/\(places[index].question)", attributes: SampleAttributes(subject: subject.name),
      parts: PromptParts(
        description: Self.description(of: subject.name), examples: subject.solved,
        question: question.prompt(order: order)),
      target: Self.letters[question.answer]
    ) {
      .choice(context: $0, continuations: order.map { " " + Self.letters[$0] })
    }
  }

  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    try checkPosition(index)
    let answer = subjects[places[index].subject].questions[places[index].question].answer
    let score = ContinuationScorer.score(response, names: Self.letters, answer: answer, metrics: metrics)
    guard score.metrics.count == 1, let sums = response.logLikelihoodValues else { return score }
    return score.adding([AnswerBits.value(sums, texts: Self.letters, right: [answer])], flags: [])
  }

  private static func description(of subject: String) -> String {
    let title = String(subject.map { $0 == "_" ? " " : $0 })
    return "The following are multiple choice questions (with answers) about \(title).\n\n"
  }

  /// For each question, the place of each choice, drawn one question after the other.
  private static func orders(of count: Int, seed: Int) -> [[Int]] {
    var generator = PythonRandom(seed: seed)
    return (0..<count).map { _ in generator.sample(letters.count, of: letters.count) }
  }
}

extension MMLUTask {
  /// One row of a file: question, four choices, the letter of the right one.
  struct Question: Sendable {
    let text: String
    let choices: [String]
    let answer: Int

    /// The question as it is put, up to `Answer:`, each choice at its place in the order.
    func prompt(order: [Int]) -> String {
      var shown = choices
      for (choice, place) in zip(choices, order) { shown[place] = choice }
      return "\(PythonText.stripped(text))\n" + zip(letters, shown).map { "\($0). \($1)\n" }.joined() + "Answer:"
    }

    /// The questions of a file; a malformed row is an error with file and line.
    static func read(_ name: String, in folder: DataFolder) throws(BenchmarkError) -> ([Question], DataFile) {
      let (bytes, file) = try folder.read(name)
      var questions: [Question] = []
      for row in try DelimitedText.rows(of: bytes, path: file.path) {
        guard row.fields.count == 6 else {
          throw BenchmarkError(
            .invalidFile,
            "\(file.path):\(row.line): 6 fields (question, A, B, C, D, answer) were expected, not \(row.fields.count)")
        }
        guard let answer = letters.firstIndex(of: row.fields[5]) else {
          throw BenchmarkError(
            .invalidFile, "\(file.path):\(row.line): the answer must be A, B, C or D, not \"\(row.fields[5])\"")
        }
        questions.append(Question(text: row.fields[0], choices: Array(row.fields[1...4]), answer: answer))
      }
      return (questions, file)
    }
  }
}
