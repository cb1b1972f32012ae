import Evaluation
import Support
import Testing

@testable import Tasks

struct TaskScoreTests {
  @Test("The likeliest choice is the answer, and of equals the first, with a flag")
  func choices() throws {
    let task = try TestData.mmlu(["subset": "abstract_algebra"])
    func score(_ sums: [Double]) throws -> Score {
      try task.score(0, .logLikelihoods(sums, tokenCounts: [1, 1, 1, 1]))
    }
    #expect(try score([-3, -1, -2, -4]).metrics.first == MetricValue(name: "accuracy", value: 1, prediction: "B"))
    #expect(try score([-3, -1, -2, -4]).flags == [])
    #expect(try score([-1, -1, -2, -4]).prediction == "A")
    #expect(try score([-1, -1, -2, -4]).flags == ["tied_choices"])
    #expect(try score([-.infinity, -1, -.infinity, -4]).value(of: "accuracy") == 1)
  }

  @Test("What cannot be scored is unscored and says why")
  func unscored() throws {
    let mmlu = try TestData.mmlu(["subset": "abstract_algebra"])
    let gsm8k = try TestData.gsm8k()
    let undefined = try mmlu.score(0, .logLikelihoods([-1, .nan, -2, -3], tokenCounts: []))
    #expect(undefined.metrics == mmlu.metrics.map { MetricValue(name: $0.name, value: nil) })
    #expect(undefined.flags == ["undefined_log_likelihood"])
    for score in [
      try mmlu.score(0, .generated(text: "B", finishReason: .endOfText)),
      try mmlu.score(0, .logLikelihoods([], tokenCounts: [])),
      try gsm8k.score(0, .logLikelihoods([-1], tokenCounts: [1])),
    ] {
      #expect(score.metrics.allSatisfy { $0.value == nil })
      #expect(score.flags == ["mismatched_response"])
    }
  }

  @Test("An answer that is missing, misplaced or cut is flagged")
  func flags() throws {
    let task = try TestData.gsm8k()
    func score(_ text: String, _ reason: FinishReason = .stop) throws -> Score {
      try task.score(0, .generated(text: text, finishReason: reason))
    }
    #expect(try score("So #### 2400").metrics.map(\.value) == [1, 1])
    #expect(try score("So #### 2400").flags == [])
    #expect(try score("It is $2,400.").metrics.map(\.value) == [0, 1])
    #expect(try score("It is $2,400.").flags == ["unformatted_answer"])
    #expect(try score("It is $2,400.").prediction == "$2,400.")
    #expect(try score("no idea").metrics.map(\.value) == [0, 0])
    #expect(try score("no idea").flags == ["no_answer"])
    #expect(try score("no idea", .length).flags == ["no_answer", "stopped_at_length"])
  }

  @Test("A negative answer keeps its sign")
  func sign() throws {
    let task = try TestData.gsm8k()
    #expect(try task.score(1, .generated(text: "#### -7", finishReason: .endOfText)).metrics.map(\.value) == [1, 1])
    #expect(try task.score(1, .generated(text: "#### 7", finishReason: .endOfText)).metrics.map(\.value) == [0, 0])
  }

  @Test("A position that is not there is an error")
  func positions() throws {
    let task = try TestData.mmlu(["subset": "abstract_algebra"])
    for index in [-1, 3, Int.max, Int.min] {
      #expect(throws: BenchmarkError.self) { try task.prompt(at: index) }
      #expect(throws: BenchmarkError.self) { try task.sample(at: index) }
      #expect(throws: BenchmarkError.self) { try task.score(index, .logLikelihoods([], tokenCounts: [])) }
    }
  }
}
