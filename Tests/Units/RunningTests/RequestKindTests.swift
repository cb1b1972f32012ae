import Evaluation
import Inference
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// Requests that no task of the catalogue makes yet, from a task to its record.
@Suite struct RequestKindTests {
  private func samples(_ request: Request) throws -> [SampleRecord] {
    try TaskRunner.run(StubTask(subjects: ["a", nil], request: request), on: Fixtures.model()) { _ in true }.samples
  }

  /// The record as a file gives it back.
  private func read(_ sample: SampleRecord) throws -> SampleRecord {
    let object = try #require(try JSONReader.parse(sample.json.text()).objectValue)
    return try #require(SampleRecord(saved: object))
  }

  @Test("Several contexts of one continuation have a log-likelihood each, in the record and read back")
  func contexts() throws {
    let contexts = ["The fox ran over the hill.", "The fox", ""]
    for sample in try samples(.logLikelihood(contexts: contexts, continuations: [" Then"])) {
      let values = try #require(sample.response.logLikelihoodValues)
      #expect(values.count == 3 && Set(values).count == 3)
      guard case .logLikelihoods(let scored) = sample.response else { continue }
      #expect(sample.promptSHA256 == SHA256.hexadecimal(contexts[0]))
      #expect(sample.answerTokens >= 3 && sample.answerTokens == scored.compactMap(\.tokenCount).reduce(0, +))
      #expect(try read(sample).response.logLikelihoodValues == values)
      #expect(try read(sample).json == sample.json)
    }
  }

  @Test("A whole text has one log-likelihood, of all of its tokens") func rolling() throws {
    let text = String(repeating: "The fox ran over the hill. ", count: 4)
    let sample = try samples(.rollingLogLikelihood(text: text))[0]
    #expect(sample.response.logLikelihoodValues?.count == 1 && sample.promptSHA256 == SHA256.hexadecimal(text))
    #expect(sample.answerTokens == (try Fixtures.model().promptTokens(text).count))
    #expect(try read(sample).json == sample.json)
    let error = #expect(throws: BenchmarkError.self) {
      try TaskRunner.run(
        StubTask(subjects: [nil], request: .rollingLogLikelihood(text: text)), on: Fixtures.model(),
        settings: .chat
      ) { _ in true }
    }
    #expect(error?.message.contains("leave out chat_template") == true)
  }

  @Test("Repeats are texts that differ from each other and from another sample's, and come back from the record")
  func repeats() throws {
    let sampling = try SamplingParameters(temperature: 2, seed: 5)
    let found = try samples(.generation(prompt: "One day", stop: [], maxTokens: 6, sampling: sampling, repeats: 3))
    var texts: [String] = []
    for sample in found {
      guard case .generated(let made) = sample.response else {
        Issue.record("no texts")
        continue
      }
      #expect(made.count == 3 && sample.answerTokens == made.compactMap(\.outputTokens).reduce(0, +))
      #expect(try read(sample).response == sample.response)
      #expect(try read(sample).json == sample.json)
      texts += made.map(\.text)
    }
    #expect(texts.count == 6 && Set(texts).count >= 5)
  }

  @Test("The chat wraps every context of a request") func chat() throws {
    let prompt = Prompt(
      sampleID: "1", request: .logLikelihood(contexts: ["Q1", "Q2"], continuations: [" yes"]), target: "yes")
    let maker = RequestMaker.chat(try Fixtures.model().chatTemplate())
    let (request, _) = try maker.request(prompt)
    guard case .logLikelihood(let contexts, let continuations) = request else {
      throw BenchmarkError(.internalError, "not log-likelihoods")
    }
    let texts = try ["Q1", "Q2"].map { text in
      let (alone, _) = try maker.request(
        Prompt(sampleID: "1", request: .choice(context: text, continuations: [" yes"]), target: "yes"))
      return alone.context
    }
    #expect(contexts == texts && continuations == ["yes"] && texts[0].contains("Q1") && texts[0] != "Q1")
  }
}
