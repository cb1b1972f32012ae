import Evaluation
import Glibc
import Statistics
import Support
import Testing

@testable import Tasks

/// Bits per byte of right answers, by their formula.
struct AnswerBitsTests {
  private func bits(_ score: Score) -> Double? { score.value(of: "answer_bits_per_byte") }

  @Test("Of a letter it is the negative logarithm of its probability, whatever order the choices are shown in")
  func letters() throws {
    let task = try TestData.mmlu(["subset": "abstract_algebra"])
    #expect(task.mainMetric == "accuracy" && task.metrics.last == AnswerBits.metric)
    // B is right: 2^-3.
    let response = Response.logLikelihoods([-1, -3 * log(2), -2, -4], tokenCounts: [])
    let score = try task.score(0, response)
    #expect(abs(try #require(bits(score)) - 3) < 1e-12)
    #expect(score.sums(of: "answer_bits_per_byte")?[1] == 1)
    let varied = try TestData.mmlu(["subset": "abstract_algebra", "choice_seed": 3])
    #expect(try varied.score(0, response) == score)
    #expect(try bits(task.score(0, .logLikelihoods([-1, .nan, -2, -4], tokenCounts: []))) == nil)
  }

  @Test("Of texts it is divided by the bytes of UTF-8, over all samples")
  func texts() throws {
    let folder = try TestData.folder(of: [
      (
        "rows.jsonl",
        #"{"q": "Sky?", "o": ["blau", "grün"], "r": 1}"# + "\n" + #"{"q": "Sea?", "o": ["naß", "trocken"], "r": 0}"#
      )
    ])
    let task = try TaskCatalogue.load(
      TaskSpecification([
        "type": "custom", "data": .string(folder + "/rows.jsonl"), "prompt": "{q}", "choices": "o", "answer": "{r}",
        "answer_is": "index",
      ]))
    let scores = [
      try task.score(0, .logLikelihoods([-1, -10 * log(2)], tokenCounts: [])),
      try task.score(1, .logLikelihoods([-2 * log(2), -1], tokenCounts: [])),
    ]
    // Five bytes and four: 10 bits and 2 bits.
    #expect(scores.map { $0.sums(of: "answer_bits_per_byte")?[1] } == [5, 4])
    #expect(abs(try #require(bits(scores[0])) - 2) < 1e-12)
    #expect(abs(try #require(bits(scores[1])) - 0.5) < 1e-12)
    let whole = Estimate(sums: scores.map { $0.sums(of: "answer_bits_per_byte") }) {
      AnswerBits.metric.aggregate.value(ofSums: $0)
    }
    #expect(abs(try #require(whole.mean) - 12.0 / 9) < 1e-12)
  }

  /// A task of choices in a file, over rows of JSON Lines.
  private func described(_ rows: String, _ keys: String) throws -> any BenchmarkTask {
    let folder = try TestData.folder(of: [
      ("rows.jsonl", rows),
      (
        "task.yaml",
        """
        task: made_up
        dataset_path: json
        dataset_kwargs: {data_files: {test: rows.jsonl}}
        test_split: test
        output_type: multiple_choice
        \(keys)
        """
      ),
    ])
    return try TaskCatalogue.load(TaskSpecification(.string(folder + "/task.yaml")))
  }

  @Test("Of several right answers the one with the fewest bits for its bytes counts")
  func several() throws {
    let task = try described(
      #"{"q": "Even?", "o": ["two", "three", "fourteen"], "r": [0, 2]}"#,
      """
      doc_to_text: q
      doc_to_choice: o
      doc_to_target: r
      """)
    let score = try task.score(0, .logLikelihoods([-6 * log(2), -1, -8 * log(2)], tokenCounts: []))
    #expect(abs(try #require(bits(score)) - 1) < 1e-12)
    #expect(score.sums(of: "answer_bits_per_byte")?[1] == 8)
  }

  @Test("Where choices stand before one continuation, that has the bytes; a right answer that is not there has none")
  func contexts() throws {
    let task = try described(
      #"{"a": "The cup fell as the cat", "b": "The cup fell as the egg", "rest": "jumped.", "n": 0}"#,
      """
      doc_to_text: n
      doc_to_choice: "{{[a, b]}}"
      doc_to_target: rest
      """)
    let score = try task.score(0, .logLikelihoods([-14 * log(2), -1], tokenCounts: []))
    #expect(abs(try #require(bits(score)) - 2) < 1e-12)
    let none = try described(
      #"{"q": "Even?", "o": ["two", "three"], "r": 7}"#, "doc_to_text: q\ndoc_to_choice: o\ndoc_to_target: r")
    let unscored = try none.score(0, .logLikelihoods([-1, -2], tokenCounts: []))
    #expect(unscored.value(of: "acc") == 0 && bits(unscored) == nil)
  }
}
