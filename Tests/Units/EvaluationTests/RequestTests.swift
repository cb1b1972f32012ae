import Support
import Testing

@testable import Evaluation

/// Requests, how their contexts and continuations are paired, and their JSON.
@Suite struct RequestTests {
  private static let sampled = try? SamplingParameters(temperature: 0.5, topK: 4, topP: 0.75, seed: .max)

  @Test("A request of every kind comes back from its JSON")
  func codec() throws {
    let sampling = try #require(Self.sampled)
    let named = try ThoughtMarkers(opening: "<a>", closing: "</a>", label: "x", afterClosing: "\n")
    let requests: [Request] = [
      .choice(context: "c", continuations: [" a", " b"]),
      .logLikelihood(contexts: ["c", "d"], continuations: [" a"]),
      .rollingLogLikelihood(text: "whole"), .rollingLogLikelihood(text: "whole", stride: 7),
      .generation(prompt: "p", stop: ["\n"], maxTokens: 3),
      .generation(prompt: "p", stop: [], maxTokens: 3, sampling: sampling, repeats: 4),
      .generation(TextRequest(prompt: "p", stop: [], maxTokens: 3, thinking: Thinking(markers: .gemma4))),
      .generation(
        TextRequest(
          prompt: "p", stop: ["x"], maxTokens: 3, sampling: sampling,
          thinking: Thinking(markers: named, budget: 0, startsInThought: true))),
      .timing(prompt: "p", outputTokens: 8, repetitions: 3, warmup: 1),
    ]
    for request in requests {
      let text = JSONValue.object(request.json).text()
      let back = Request(json: try #require(JSONReader.parse(text).objectValue), context: request.context)
      #expect(back == request, "\(text)")
    }
    #expect(Request(json: ["stops": ["a", 1], "max_tokens": 3], context: "") == nil)
    #expect(Request(json: ["stops": [], "max_tokens": 3, "sampling": ["temperature": -1]], context: "") == nil)
    #expect(Request(json: [:], context: "") == nil)
    for thinking: JSONValue in [
      [:], ["opening": "a", "closing": "a"], ["opening": "a", "closing": "b", "budget": -1],
      ["opening": "a", "closing": "b", "budget": "x"],
    ] {
      #expect(Request(json: ["stops": [], "max_tokens": 3, "thinking": thinking], context: "") == nil, "\(thinking)")
    }
  }

  @Test("What stores have of a question is as it was: no context, and no sampling")
  func question() throws {
    func text(_ request: Request) -> String { JSONValue.object(request.question).text() }
    #expect(text(.choice(context: "c", continuations: [" a", " b"])) == #"{"continuations":[" a"," b"]}"#)
    let sampling = try #require(Self.sampled)
    for sampling in [.greedy, sampling] {
      #expect(
        text(.generation(prompt: "p", stop: ["x"], maxTokens: 3, sampling: sampling))
          == #"{"stops":["x"],"max_tokens":3}"#)
    }
    #expect(
      text(.timing(prompt: "p", outputTokens: 8, repetitions: 3, warmup: 1))
        == #"{"output_tokens":8,"repetitions":3,"warmup":1}"#)
  }

  @Test("One context stands before all continuations, one continuation behind all contexts, equal counts pair up")
  func pairs() throws {
    func pairs(_ contexts: [String], _ continuations: [String]) throws -> [String] {
      try Request.logLikelihood(contexts: contexts, continuations: continuations).pairs().map { $0 + "|" + $1 }
    }
    #expect(try pairs(["a"], ["1", "2"]) == ["a|1", "a|2"])
    #expect(try pairs(["a", "b", "c"], ["1"]) == ["a|1", "b|1", "c|1"])
    #expect(try pairs(["a", "b"], ["1", "2"]) == ["a|1", "b|2"])
    for (contexts, continuations) in [(["a", "b"], ["1", "2", "3"]), ([], ["1"]), (["a"], []), ([], [])] {
      let error = #expect(throws: BenchmarkError.self) { try pairs(contexts, continuations) }
      #expect(error?.message.hasPrefix("\(contexts.count) contexts and \(continuations.count) continuations") == true)
    }
  }

  @Test("A sample's random numbers follow from the seed and its names alone; greedy choice has none")
  func seeds() throws {
    let sampling = try SamplingParameters(temperature: 1, seed: 7)
    func seed(_ names: String...) -> UInt64? {
      let request = Request.generation(prompt: "p", stop: [], maxTokens: 3, sampling: sampling, repeats: 2)
      guard case .generation(let text) = request.seeded(for: names[0], names[1]), text.repeats == 2 else { return nil }
      return text.sampling.seed
    }
    #expect(seed("task", "1") == SamplingParameters.seed(7, of: "task", "1"))
    #expect(seed("task", "1") != seed("task", "2") && seed("a", "bc") != seed("ab", "c"))
    let greedy = Request.generation(prompt: "p", stop: [], maxTokens: 3)
    #expect(greedy.seeded(for: "task", "1") == greedy)
    #expect(sampling.ofRepeat(0) == sampling)
    #expect(Set((0..<9).map { sampling.ofRepeat($0).seed }).count == 9)
    #expect(SamplingParameters.greedy.ofRepeat(3) == .greedy)
  }

  @Test("The request itself says whether it is timed, and how many tokens may come of it")
  func kinds() {
    let timing = Request.timing(prompt: "p", outputTokens: 8, repetitions: 3, warmup: 1)
    let generation = Request.generation(prompt: "p", stop: [], maxTokens: 3, repeats: 5)
    #expect(timing.isTimed && !generation.isTimed && !Request.rollingLogLikelihood(text: "t").isTimed)
    #expect(timing.mostOutputTokens == 32 && generation.mostOutputTokens == 15)
    #expect(Request.choice(context: "c", continuations: ["x"]).mostOutputTokens == 0)
    func thinking(_ budget: Int?) -> Request {
      .generation(
        TextRequest(
          prompt: "p", stop: [], maxTokens: 3, repeats: 5, thinking: Thinking(markers: .think, budget: budget)))
    }
    #expect(thinking(7).mostOutputTokens == 50)
    #expect(thinking(nil).mostOutputTokens == 5 * (3 + Thinking.assumedTokens))
  }
}
