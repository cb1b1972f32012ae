import Support
import Testing

@testable import Evaluation

/// What records hold of responses, metrics and samples: as earlier versions wrote it, and read from them.
@Suite struct RecordTests {
  private func text(_ object: JSONObject) -> String { JSONValue.object(object).text() }

  private func parsed(_ text: String) throws -> JSONObject { try #require(try JSONReader.parse(text).objectValue) }

  @Test("A response is the members that records have always had")
  func responses() throws {
    let cases: [(Response, String)] = [
      (
        .logLikelihoods([
          LogLikelihood(value: -1.5, tokenCount: 1, isGreedy: true), LogLikelihood(value: -2.25, tokenCount: 3),
        ]), #"{"log_likelihoods":[-1.5,-2.25],"continuation_tokens":[1,3]}"#
      ),
      (.generated(text: "a\nb", finishReason: .stop), #"{"response":"a\nb","finish_reason":"stop_string"}"#),
      (.generated(text: "", finishReason: .endOfText), #"{"response":"","finish_reason":"end_of_text"}"#),
      (.generated(text: "x", finishReason: .length), #"{"response":"x","finish_reason":"length"}"#),
      (
        .generated([
          GeneratedText(
            text: "4", finishReason: .endOfText, outputTokens: nil, answerTokens: 2,
            thought: Thought(text: "2+2", tokens: 3, end: .forced))
        ]),
        #"{"response":"4","finish_reason":"end_of_text","thought":"2+2","thought_tokens":3,"thought_end":"forced","#
          + #""text_tokens":2}"#
      ),
      (
        .generated([GeneratedText(text: "a a a", finishReason: .length, isLooping: true)]),
        #"{"response":"a a a","finish_reason":"length","looping":true}"#
      ),
    ]
    for (response, expected) in cases {
      #expect(text(response.members) == expected)
      #expect(text(try #require(Response(members: parsed(expected))).members) == expected)
    }
    let flagged = Response(members: try parsed(cases[0].1), isGreedy: [true, false])
    guard case .logLikelihoods(let values)? = flagged else { throw BenchmarkError(.internalError, "not a choice") }
    #expect(values.map(\.isGreedy) == [true, false] && values.map(\.tokenCount) == [1, 3])
    #expect(Response(members: ["response": "x", "finish_reason": "never"]) == nil)
    #expect(Response(members: [:]) == nil)
  }

  @Test("Several texts of one request come back with the tokens and the end of each")
  func repeats() throws {
    let response = Response.generated([
      GeneratedText(text: "a", finishReason: .stop, outputTokens: 4),
      GeneratedText(text: "b", finishReason: .length, outputTokens: nil),
    ])
    #expect(Response(members: try parsed(text(response.members))) == response)
    #expect(
      text(response.members)
        == #"{"responses":["a","b"],"finish_reasons":["stop_string","length"],"response_tokens":[4,null]}"#)
    let thought = Response.generated([
      GeneratedText(
        text: "a", finishReason: .stop, outputTokens: 9, answerTokens: 4,
        thought: Thought(text: "", tokens: 3, end: .closed)),
      GeneratedText(text: "b", finishReason: .length, outputTokens: 5, isLooping: true),
      GeneratedText(
        text: "", finishReason: .length, outputTokens: 5, answerTokens: 0,
        thought: Thought(text: "b", tokens: 4, end: .cut)),
    ])
    #expect(Response(members: try parsed(text(thought.members))) == thought)
    #expect(thought.members["thought_ends"] == ["closed", .null, "cut"])
    #expect(response.text == nil && Response.generated(text: "a", finishReason: .stop).text?.text == "a")
    #expect(
      Response(members: ["responses": ["a", "b"], "finish_reasons": ["length"], "response_tokens": [1, 2]]) == nil)
  }

  @Test("Both names of a stop are one reason, and single generations keep theirs")
  func finishReasons() {
    #expect(FinishReason(recorded: "stop") == .stop && FinishReason(recorded: "stop_string") == .stop)
    #expect(FinishReason.stop.rawValue == "stop" && FinishReason.stop.recorded == "stop_string")
    for reason in FinishReason.allCases { #expect(FinishReason(recorded: reason.recorded) == reason) }
    #expect(FinishReason(recorded: "") == nil)
  }

  @Test("A measurement comes back from its JSON to the nanosecond")
  func measurements() throws {
    let one = Measurement(
      promptTokens: 9, timeToFirstTokenSeconds: 0.123_456_789, prefillSeconds: 0.1, interTokenSeconds: [0.01, 0.02],
      ignoredEndTokens: 1, peakMemoryBytes: nil, otherProcessorSeconds: 0.5)
    #expect(try Measurement(JSONReader.parse(one.json.text())) == one)
    #expect(Measurement(["prompt_tokens": 1]) == nil)
    #expect(Response(members: ["measurements": [["prompt_tokens": 1]]]) == nil)
  }

  @Test("A metric is stored whole; one from before kinds is timed if it is a median")
  func metrics() throws {
    let plain = Metric(name: "errors", summary: "s", upperBound: .infinity, higherIsBetter: false, isBinary: false)
    for metric in TimingMetric.metrics + [plain] {
      #expect(Metric(saved: try JSONReader.parse(text(metric.json))) == metric)
      var old = metric.json
      old["kind"] = nil
      #expect(Metric(saved: .object(old)) == metric)
    }
    #expect(TimingMetric.metrics.allSatisfy(\.isTimed) && !plain.isTimed)
    #expect(TimingMetric.metrics.filter(\.higherIsBetter).map(\.unit) == [.perSecond, .perSecond])
    // A quality in seconds is not timed.
    #expect(!Metric(name: "error", summary: "", upperBound: .infinity, unit: .seconds).isTimed)
  }

  @Test("Differences and their better side are the metric's to say")
  func ordering() {
    let share = Metric(name: "a", summary: "")
    let errors = Metric(name: "e", summary: "", upperBound: 9, higherIsBetter: false, isBinary: false, unit: .number)
    #expect(share.gap(-0.1234) == "12.3" && share.gap(0.5, digits: 0) == "50" && share.differsByPoints)
    #expect(errors.gap(-2.5) == errors.text(2.5) && !errors.differsByPoints)
    #expect(share.better(0.1, 0.2) == 0.2 && errors.better(1, 2) == 1)
  }

  @Test("Attributes keep the form of records: the subject apart, the others by name")
  func attributes() throws {
    let attributes = SampleAttributes(["level": 3, "subject": "algebra", "book": "b", "none": .null])
    #expect(attributes.subject == "algebra" && attributes.kinds == ["subject", "book", "level"])
    #expect(attributes.label("level") == "3" && attributes.label("none") == nil && attributes.label("x") == nil)
    #expect(text(attributes.members) == #"{"subject":"algebra","clusters":{"book":"b","level":3}}"#)
    #expect(SampleAttributes(members: attributes.members) == attributes)
    #expect(text(SampleAttributes(subject: nil).members) == #"{"subject":null}"#)
    #expect(SampleAttributes(members: ["subject": .null]) == SampleAttributes())
    #expect(SampleAttributes(subject: "s", clusters: ["b": "1", "a": "2"]).others.keys == ["a", "b"])
  }

  @Test("Scores, usage and groups come back from their JSON")
  func others() throws {
    let score = Score(
      metrics: [MetricValue(name: "m", value: 1, prediction: "A"), MetricValue(name: "n", value: nil)], flags: ["f"])
    var members = score.members
    members["predictions"] = .object(score.predictions)
    members["flags"] = ["f"]
    #expect(Score(members: try parsed(text(members))) == score)
    #expect(text(score.members) == #"{"score":1.0,"scores":{"m":1.0,"n":null}}"#)
    let usage = Usage(promptTokens: 5, outputTokens: 2, truncatedTokens: 1, computedTokens: 3, reusedTokens: 4)
    #expect(Usage(json: usage.json) == usage && usage.heldTokens == 7)
    let group = SampleGroup(title: "STEM", subjects: ["anatomy"])
    #expect(SampleGroup(json: group.json) == group && SampleGroup(json: ["title": "x"]) == nil)
  }
}
