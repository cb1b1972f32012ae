import Evaluation
import Inference
import Statistics
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// A task on a model: which samples run, what is kept of them, and what a record says.
@Suite struct TaskRunnerTests {
  @Test("A limit takes the first samples of each subject, in the order of the task")
  func limitPerSubject() throws {
    let task = StubTask(subjects: ["a", "a", "b", "a", "b", "b", nil, nil, nil])
    let run = try TaskRunner.run(task, on: Fixtures.model(), limit: 2) { _ in true }
    #expect(run.samples.map(\.id) == ["s0", "s1", "s2", "s4", "s6", "s7"])
    #expect(run.plannedCount == 6 && run.isComplete && run.limit == 2)
    #expect(run.subjects == ["a", "b"])
  }

  @Test("A limit of MMLU counts within each subject, one of GSM8K within the task")
  func limitOfTasks() throws {
    let model = try Fixtures.model()
    let mmlu = try TaskRunner.run(Fixtures.mathematics(), on: model, limit: 2) { _ in true }
    #expect(mmlu.samples.count == 10 && mmlu.subjects.count == 5)
    #expect(
      Array(mmlu.samples.map(\.id).prefix(3)) == ["abstract_algebra/0", "abstract_algebra/1", "college_mathematics/0"])
    let gsm8k = try TaskRunner.run(Fixtures.problems(), on: model, limit: 2) { _ in true }
    #expect(gsm8k.samples.map(\.id) == ["0", "1"])
  }

  @Test("A limit beyond the task, and none, take every sample")
  func noLimit() throws {
    let model = try Fixtures.model()
    let task = StubTask(subjects: [nil, nil, nil])
    #expect(try TaskRunner.run(task, on: model, limit: 99) { _ in true }.samples.count == 3)
    let run = try TaskRunner.run(task, on: model) { _ in true }
    #expect(run.samples.count == 3 && run.limit == nil && run.isComplete)
  }

  @Test("Progress counts the samples done before each one, with their mean, and ends with all")
  func progress() throws {
    var seen: [Progress] = []
    let task = StubTask(subjects: [nil, nil, nil, nil], unscored: [2])
    let run = try TaskRunner.run(task, on: Fixtures.model()) {
      seen.append($0)
      return true
    }
    // A pass that finishes no sample is told too, with the count as it was.
    #expect(Set(seen.map(\.completed)) == [0, 1, 2, 3, 4] && seen.map(\.completed) == seen.map(\.completed).sorted())
    #expect(seen.allSatisfy { $0.total == 4 && $0.stage == .run && $0.message == "tiny · stub" })
    // Samples finish in an order of the engine's choosing; the count and the mean at the end do not depend on it.
    #expect(seen.first?.meanScore == nil && seen.first?.scoredCount == 0)
    #expect(abs((seen.last?.meanScore ?? 0) - 1.0 / 3) < 1e-12 && seen.last?.scoredCount == 3)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.scoredCount <= $1.scoredCount })
    #expect(run.isComplete)
  }

  @Test("A run asked to finish keeps every generation that was under way, and begins no other")
  func finishing() throws {
    let model = try Fixtures.model()
    let task = try Fixtures.problems()
    let whole = try TaskRunner.run(task, on: model) { _ in true }
    #expect(whole.samples.count == 3)
    // Asked before the first sample is done, with as many side by side; one of a time is finished by itself.
    for (sideBySide, expected) in [(3, 3), (2, 2), (1, 1)] {
      let request = GracefulStop()
      var passes = 0
      var limits = BatchLimits(sequences: sideBySide)
      // All prompts go through in a few passes; answers of eight tokens take eight more.
      limits.rows = 4096
      let run = try TaskRunner.run(task, on: model, limits: limits, finishing: request) { progress in
        passes += 1
        if progress.completed == 0, passes == 6 { request.make() }
        return true
      }
      #expect(run.samples.count == expected, "\(sideBySide) side by side")
      #expect(run.isComplete == (expected == 3))
      for sample in run.samples {
        let same = whole.samples.first { $0.id == sample.id }
        #expect(same?.response == sample.response && same?.flags == sample.flags)
      }
    }
  }

  @Test("A run of choices asked to finish ends with the sample at work")
  func finishingChoices() throws {
    let request = GracefulStop()
    let run = try TaskRunner.run(
      try Fixtures.mathematics(), on: Fixtures.model(), limits: Fixtures.narrow, finishing: request
    ) { progress in
      if progress.completed == 2 { request.make() }
      return true
    }
    #expect((2...6).contains(run.samples.count) && !run.isComplete, "\(run.samples.count)")
    let none = GracefulStop()
    none.make()
    #expect(
      try TaskRunner.run(try Fixtures.mathematics(), on: Fixtures.model(), finishing: none) { _ in true }.samples
        .isEmpty)
  }

  @Test("A cancelled run keeps the samples that were done, the same as those of a whole run", arguments: [0, 1, 3])
  func cancellation(after count: Int) throws {
    let model = try Fixtures.model()
    let whole = try TaskRunner.run(Fixtures.mathematics(), on: model) { _ in true }
    let run = try TaskRunner.run(Fixtures.mathematics(), on: model) { $0.completed < count }
    // What the same pass finished besides is kept too.
    #expect(count == 0 ? run.samples.isEmpty : run.samples.count >= count)
    #expect(run.plannedCount == whole.plannedCount && !run.isComplete)
    let ids = Set(run.samples.map(\.id))
    let same = whole.samples.filter { ids.contains($0.id) }
    #expect(run.samples.map(\.promptSHA256) == same.map(\.promptSHA256))
    #expect(run.samples.map(\.response) == same.map(\.response))
    #expect(run.json(level: 0.95).objectValue?["complete"] == false)
    #expect(run.json(level: 0.95).objectValue?["planned_samples"] == 15)
  }

  @Test("Two runs of one task give the same answers and the same count of tokens")
  func repeatable() throws {
    let model = try Fixtures.model()
    for task in [try Fixtures.mathematics(shots: 2), try Fixtures.problems()] {
      let runs = try (0..<2).map { _ in try TaskRunner.run(task, on: model) { _ in true } }
      #expect(runs[0].samples.map(\.response) == runs[1].samples.map(\.response))
      #expect(runs[0].samples.map(\.score) == runs[1].samples.map(\.score))
      #expect(runs[0].tokensAsked == runs[1].tokensAsked && runs[0].tokensComputed == runs[1].tokensComputed)
    }
  }

  @Test("Choices of one question, and solved questions of one subject, are computed once")
  func sharedPrefixes() throws {
    let run = try TaskRunner.run(Fixtures.mathematics(shots: 3), on: Fixtures.model()) { _ in true }
    #expect(run.tokensComputed * 5 < run.tokensAsked)
  }

  @Test("The hash of a record is that of the prompt as the task gives it")
  func promptHash() throws {
    let task = try Fixtures.mathematics(shots: 1)
    let run = try TaskRunner.run(task, on: Fixtures.model(), limit: 1) { _ in true }
    for (sample, position) in zip(run.samples, [0, 3, 6, 9, 12]) {
      let prompt = try task.prompt(at: position)
      #expect(sample.promptSHA256 == SHA256.hexadecimal(prompt.context))
      #expect(sample.target == prompt.target && sample.subject == prompt.subject)
    }
  }

  @Test("A prompt that was cut raises a flag, one that fits does not")
  func truncation() throws {
    let long = String(repeating: "The fox ran. ", count: 20)
    let model = try Fixtures.model(contextLength: 32)
    for request in [
      Request.choice(context: long, continuations: [" A", " B"]),
      .generation(prompt: long, stop: [], maxTokens: 4),
    ] {
      let run = try TaskRunner.run(StubTask(subjects: [nil, nil], request: request), on: model) { _ in true }
      #expect(run.samples.map(\.flags) == [["first", "prompt_truncated"], ["prompt_truncated"]])
      #expect(run.flagCounts.map(\.flag) == ["first", "prompt_truncated"] && run.flagCounts.map(\.count) == [1, 2])
    }
    let short = try TaskRunner.run(StubTask(subjects: [nil]), on: model) { _ in true }
    #expect(short.samples[0].flags == ["first"])
  }

  @Test("A sample that cannot be read ends the run with its error")
  func failure() throws {
    let task = StubTask(subjects: [nil, nil, nil], failure: 1)
    let error = #expect(throws: BenchmarkError.self) { try TaskRunner.run(task, on: Fixtures.model()) { _ in true } }
    #expect(error == BenchmarkError(.invalidFile, "sample 1 is broken"))
  }
}

/// What a record says of its samples.
@Suite struct RunRecordTests {
  private func run(_ task: any BenchmarkTask, limit: Int? = nil) throws -> RunRecord {
    try TaskRunner.run(task, on: Fixtures.model(), limit: limit) { _ in true }
  }

  @Test("A sample of choices holds what is needed to score it again")
  func choiceSample() throws {
    let record = try run(Fixtures.mathematics(), limit: 1)
    let object = try #require(record.samples[0].json.objectValue)
    #expect(
      object.keys == [
        "id", "subject", "prompt_sha256", "target", "prediction", "log_likelihoods", "continuation_tokens", "score",
        "scores", "sums", "flags", "prompt_tokens", "answer_tokens", "seconds",
      ])
    #expect(object["id"] == "abstract_algebra/0" && object["subject"] == "abstract_algebra")
    let values = try #require(object["log_likelihoods"]?.arrayValue).compactMap(\.doubleValue)
    #expect(values.count == 4 && values.allSatisfy { $0 < 0 })
    let likeliest = try #require(values.indices.max { values[$0] < values[$1] })
    #expect(object["prediction"]?.stringValue == ["A", "B", "C", "D"][likeliest])
    #expect(object["scores"]?.objectValue?.keys == ["accuracy", "answer_bits_per_byte"])
    #expect(object["sums"]?.objectValue?.keys == ["answer_bits_per_byte"])
    #expect(object["score"] == object["scores"]?.objectValue?["accuracy"])
    #expect(object["continuation_tokens"] == [1, 1, 1, 1] && object["answer_tokens"] == 4)
    #expect(try JSONReader.parse(record.samples[0].json.text()).objectValue == object)
  }

  @Test("A sample of a generation holds its text and why it ended")
  func generationSample() throws {
    let object = try #require(try run(Fixtures.problems(), limit: 1).samples[0].json.objectValue)
    #expect(object["subject"] == .null && object["log_likelihoods"] == nil)
    #expect(object["response"]?.stringValue != nil && object["target"] == "2,400")
    #expect(["stop_string", "end_of_text", "length"].contains(object["finish_reason"]?.stringValue ?? ""))
    #expect(object["scores"]?.objectValue?.keys == ["strict_match", "flexible_match"])
    #expect((object["answer_tokens"]?.integerValue ?? 0) <= 8)
  }

  @Test("Estimates are those of the samples' scores, over all and by subject")
  func estimates() throws {
    let record = try run(StubTask(subjects: ["a", "a", "b", "b", "b", "b"], unscored: [5]))
    let accuracy = try record.metric(nil)
    let all = record.estimate(accuracy, level: 0.9)
    #expect(all == Estimate(scores: [1, 0, 1, 0, 1, nil], isBinary: true, level: 0.9))
    #expect(all.count == 5 && all.unscoredCount == 1 && all.mean == 0.6)
    #expect(record.estimate(accuracy, level: 0.9, subject: "a").mean == 0.5)
    #expect(record.estimate(accuracy, level: 0.9, subject: "b").count == 3)
    #expect(record.estimate(accuracy, level: 0.9, subject: "c").mean == nil)
    let position = record.estimate(try record.metric("position"), level: 0.9)
    #expect(position.mean == 2 && position.interval?.method == .student)
  }

  @Test("A metric that is none is an error with the nearest")
  func unknownMetric() throws {
    let record = try run(StubTask(subjects: [nil]))
    let error = #expect(throws: BenchmarkError.self) { try record.metric("acuracy") }
    #expect(error?.message.contains("did you mean \"accuracy\"?") == true)
  }

  @Test("The JSON of a run holds the estimates of every metric and subject; what is unknown is null")
  func json() throws {
    let record = try run(StubTask(subjects: ["a", "b"], unscored: [1]))
    let object = try #require(record.json(level: 0.95).objectValue)
    #expect(object["main_metric"] == "accuracy" && object["samples"] == 2 && object["complete"] == true)
    #expect(object["metrics"]?.objectValue?.keys == ["accuracy", "position"])
    let subjects = try #require(object["subjects"]?.objectValue)
    #expect(subjects.keys == ["a", "b"])
    #expect(subjects["a"]?.objectValue?["mean"] == 1.0 && subjects["b"]?.objectValue?["mean"] == .null)
    #expect(subjects["b"]?.objectValue?["unscored"] == 1 && subjects["b"]?.objectValue?["lower"] == .null)
    #expect(object["flags"] == ["first": 1, "unscored": 1])
    #expect(object["model"]?.objectValue?["name"] == "tiny" && object["limit"] == .null)
    #expect(object["tokens_asked"]?.integerValue == record.tokensAsked)
  }

  @Test("The files that were read are in the record, each with its hash")
  func dataFiles() throws {
    let record = try run(Fixtures.problems(), limit: 1)
    #expect(record.dataFiles.count == 2)
    for file in record.dataFiles { #expect(file.sha256.count == 64 && file.path.hasPrefix(Fixtures.gsm8k)) }
  }
}
