import Evaluation
import Records
import Support
import Testing

@testable import Reporting

/// Several responses to a sample in the page's browser of samples.
@Suite struct RepeatsSheetTests {
  @Test("Each response stands with its mark and its answer; the sample has the mean and the vote")
  func responses() throws {
    func score(_ value: Double?, _ prediction: String?) -> Score {
      Score(metrics: [MetricValue(name: "accuracy", value: value, prediction: prediction)], flags: [])
    }
    func run(higherIsBetter: Bool) -> RunRecord {
      let metric = Metric(name: "accuracy", summary: "", higherIsBetter: higherIsBetter, isBinary: false)
      let sample = SampleRecord(
        id: "a", promptSHA256: "", target: "7",
        response: .generated(["x", "y", "z"].map { GeneratedText(text: $0, finishReason: .endOfText) }),
        score: Score(
          metrics: [MetricValue(name: "accuracy", value: 0.5, prediction: "7")], flags: ["no_answer", "no_answer"],
          responses: [score(1, "7"), score(0, nil), score(nil, nil)]),
        flags: ["no_answer", "no_answer"], promptTokens: 1, answerTokens: 3, seconds: 1)
      return RunRecord(
        modelName: "m", model: [:], taskName: "t", specification: ["type": "stub", "repeats": 3], dataFiles: [],
        metrics: [metric], limit: nil, samples: [sample], plannedCount: 1, seconds: 1, tokensAsked: 1,
        tokensComputed: 1, startedAt: "2026-01-01T00:00:00Z")
    }
    func shown(_ run: RunRecord) -> JSONObject? {
      let sheet = SampleSheet(name: "t", runs: [run])
      return sheet.blocks.first?.arrayValue?.first?.objectValue?["m"]?.arrayValue?.first?.objectValue
    }
    let answer = try #require(shown(run(higherIsBetter: true)))
    #expect(answer["r"] == [["x", "right", "7"], ["y", "wrong", .null], ["z", "unscored", .null]])
    #expect(answer["x"] == "7" && answer["a"] == nil)
    #expect(shown(run(higherIsBetter: false))?["r"]?.arrayValue?.first == ["x", "wrong", "7"])
    #expect(run(higherIsBetter: true).flagCounts.map(\.count) == [2])
  }
}
